"""A square copy of each labelled photo, in memory or mapped from a file."""

import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgremove.arrays import Image, Mask
from bgremove.errors import DataError
from bgremove.image_io import write_atomically
from bgremove.labelled_photos import Entry, LabelledPhoto, read_index, read_photos, versions
from bgremove.training.config import RunConfig

STORED_SIZE = 384
"""Side of the square copies that training keeps in memory, in pixels: more than the longest side
that a network sees, so that it learns from photos as sharp as those it is asked about."""

MASK_BIT, VOID_BIT = 1, 2

KEY = "names.npy"
"""Which photos a cache holds: there only while it holds them all."""


def chosen_photos(config: RunConfig, split: str) -> list[Entry]:
    """List the photos of a split that a run takes: of the sets it weighs, or of all.

    Raises
    ------
    DataError
        If there is no data folder, or no such photo in it.
    """
    return read_index(
        config.data,
        lambda entry: entry.split == split and (not config.weights or entry.set in config.weights),
    )


def set_weights(config: RunConfig, entries: list[Entry]) -> dict[str, float]:
    """Give how often each set is drawn: as the config says, or as many photos as it has.

    Raises
    ------
    DataError
        If the config weighs a set that has no photos to train on.
    """
    photos = Counter(entry.set for entry in entries)
    for name in config.weights:
        if name not in photos:
            raise DataError(
                f"weights.{name}: expected training photos of this set in {config.data}, found "
                f"none; of the others there are: {', '.join(sorted(photos))}"
            )
    return config.weights or dict(photos)


@dataclass(frozen=True)
class SquarePhotos:
    """Many labelled photos, all at `STORED_SIZE`, in memory or mapped from a file.

    Attributes
    ----------
    images : (N, S, S, 3) ndarray of uint8, RGB
    labels : (N, S, S) ndarray of uint8
        `MASK_BIT` and `VOID_BIT`.
    aspects : (N,) ndarray of float32
        Width over height of the photos as they came.
    """

    entries: list[Entry]
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    aspects: NDArray[np.float32]


def square_photos(folder: Path, entries: list[Entry], cache: Path) -> SquarePhotos:
    """Decode photos once into square copies, kept in `cache` for the next time."""
    entries = sorted(entries, key=lambda entry: (entry.shard, entry.set, entry.stem))
    photos = zip(entries, versions(folder, entries), strict=True)
    key = [f"{STORED_SIZE} px", *(f"{each.set}/{each.stem}{version}" for each, version in photos)]
    if not _is_kept(cache, key):
        (cache / KEY).unlink(missing_ok=True)
        _decode(folder, entries, cache)
        write_atomically(_npy(key), cache / KEY, overwrite=True)
    return SquarePhotos(entries, *_kept(cache))


def squared(photo: LabelledPhoto) -> tuple[Image, Mask, Mask]:
    """Give a photo, its mask and its void at `STORED_SIZE`, whatever their aspect."""

    def square(picture: NDArray[Any]) -> NDArray[Any]:
        return cv2.resize(picture, (STORED_SIZE, STORED_SIZE), interpolation=cv2.INTER_AREA)

    return square(photo.image), square(photo.alpha) >= 0.5, square(photo.void.astype(np.uint8)) > 0


def _is_kept(cache: Path, key: list[str]) -> bool:
    """Tell whether a cache holds the photos of a key; one that was cut off holds none."""
    try:
        lengths = {len(array) for array in _kept(cache)}
        return lengths == {len(key) - 1} and np.load(cache / KEY).tolist() == key
    except (OSError, EOFError, ValueError):
        return False


def _kept(cache: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]]:
    images, labels = (
        np.load(cache / f"{part}.npy", mmap_mode="r") for part in ("images", "labels")
    )
    return images, labels, np.load(cache / "aspects.npy")


def _npy(names: list[str]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array(names))
    return stream.getvalue()


def _decode(folder: Path, entries: list[Entry], cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    side = STORED_SIZE
    images = np.lib.format.open_memmap(
        cache / "images.npy", "w+", np.uint8, (len(entries), side, side, 3)
    )
    labels = np.lib.format.open_memmap(
        cache / "labels.npy", "w+", np.uint8, (len(entries), side, side)
    )
    aspects = np.empty(len(entries), np.float32)
    for index, photo in enumerate(read_photos(folder, entries)):
        images[index], mask, void = squared(photo)
        labels[index] = mask * MASK_BIT | void * VOID_BIT
        width, height = photo.size_as_found
        aspects[index] = width / height
    images.flush()
    labels.flush()
    np.save(cache / "aspects.npy", aspects)
