"""A plain data folder, as anyone can make one: ``images/NAME.jpg`` and ``masks/NAME.png``.

A mask is white where the subject is, and counts for people and for subjects alike; a photo whose
mask is black throughout shows nobody. Every eighth photo is for validation.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgremove.arrays import alpha_from_uint8
from bgremove.errors import DataError, ImageReadError, reason_of
from bgremove.image_io import Photo, read_photo
from bgremove.labelled_photos.entries import Entry, LabelledPhoto
from bgremove.labelled_photos.masks import check_size, check_white

IMAGES, MASKS = "images", "masks"

SET = "photos"
"""What the photos of a plain folder are called together."""

VALIDATION_EVERY = 8
FEWEST = 2
"""One photo to train with and one to validate with."""


def paired(folder: Path) -> list[Entry]:
    """List the photos of a plain folder.

    Raises
    ------
    DataError
        If there are fewer than two photos, or a mask is missing, cannot be read, is transparent
        somewhere, or is neither black throughout nor white anywhere.
    """
    images, masks = _pictures(folder / IMAGES), _pictures(folder / MASKS)
    if len(images) < FEWEST:
        raise DataError(f"{folder / IMAGES}: expected at least {FEWEST} photos, got {len(images)}")
    missing = sorted(images.keys() - masks.keys())
    if missing:
        raise DataError(f"{folder / MASKS}: expected a mask called {missing[0]}, found none")
    labels = ["mask" if _read_mask(masks[stem]).any() else "none" for stem in images]
    return [
        Entry(SET, stem, _split(index, len(images)), "", label, label)
        for index, (stem, label) in enumerate(zip(images, labels, strict=True))
    ]


def read_pairs(folder: Path, entries: Iterable[Entry]) -> Iterator[LabelledPhoto]:
    """Read photos of a plain folder, and their masks.

    Raises
    ------
    DataError
        If one cannot be read, or the two differ in size.
    """
    images, masks = _pictures(folder / IMAGES), _pictures(folder / MASKS)
    for entry in entries:
        image, mask = _read(images[entry.stem]).image, _read_mask(masks[entry.stem])
        check_size(mask, image, str(masks[entry.stem]))
        yield LabelledPhoto(entry, image, alpha_from_uint8(mask), np.zeros(mask.shape, np.bool_))


def pair_versions(folder: Path, entries: Iterable[Entry]) -> list[str]:
    """Tell, for each photo of a plain folder, how large and how old its two files are.

    Raises
    ------
    DataError
        If the folder cannot be listed.
    """
    images, masks = _pictures(folder / IMAGES), _pictures(folder / MASKS)
    files = ((images[entry.stem].stat(), masks[entry.stem].stat()) for entry in entries)
    return [" ".join(f"{s.st_size}@{s.st_mtime_ns}" for s in pair) for pair in files]


def _split(index: int, count: int) -> str:
    is_eighth = index % VALIDATION_EVERY == VALIDATION_EVERY - 1
    is_last_of_few = index == count - 1 and count < VALIDATION_EVERY
    return "val" if is_eighth or is_last_of_few else "train"


def _pictures(folder: Path) -> dict[str, Path]:
    """List a folder's pictures by name, in order."""
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise DataError(
            f"{folder}: expected a folder of pictures: {reason_of(error)}; a data folder holds "
            f"{IMAGES}/ and {MASKS}/, or index.csv and shards/"
        ) from error
    by_name = {path.stem: path for path in paths}
    if len(by_name) < len(paths):
        twice = next(path for path in paths if by_name[path.stem] != path)
        raise DataError(f"{folder}: expected one picture called {twice.stem}, found more")
    return by_name


def _read_mask(path: Path) -> NDArray[np.uint8]:
    picture = _read(path)
    if picture.alpha is not None and picture.alpha.min() < 1:
        raise DataError(
            f"{path}: expected a mask, white where the subject is, got one with transparency; "
            "save its alpha channel as a grey picture"
        )
    mask: NDArray[np.uint8] = picture.image.max(axis=2)
    check_white(mask, str(path))
    return mask


def _read(path: Path) -> Photo:
    try:
        return read_photo(path)
    except ImageReadError as error:
        raise DataError(str(error)) from error
