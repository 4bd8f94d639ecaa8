"""Photos with what people have marked in them: an index, and shards of pictures."""

import csv
import io
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bgremove.arrays import alpha_from_uint8
from bgremove.errors import DataError


@dataclass(frozen=True)
class Entry:
    """One row of the index.

    Attributes
    ----------
    person, subject : str
        ``mask`` where the mask shows it, ``none`` where the photo has none of it, ``unknown``
        where nobody has said.
    """

    set: str
    stem: str
    split: str
    shard: str
    person: str
    subject: str


@dataclass(frozen=True)
class LabelledPhoto:
    """A photo as it is stored, with what is known of it.

    Attributes
    ----------
    image : (H, W, 3) ndarray of uint8, RGB
    alpha : (H, W) ndarray of float32 in [0, 1]
        All zero where the photo has no mask.
    void : (H, W) ndarray of bool
        Pixels to leave out of loss and score.
    """

    entry: Entry
    image: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    void: NDArray[np.bool_]


def read_index(folder: Path, keep: Callable[[Entry], bool]) -> list[Entry]:
    """Read the rows of a data folder's ``index.csv`` that `keep` is true for.

    Raises
    ------
    DataError
        If the folder has no index, or no row is kept.
    """
    path = folder / "index.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            entries = [_entry(row) for row in csv.DictReader(file)]
    except (OSError, KeyError) as error:
        raise DataError(f"{path}: expected the index of a data folder: {error}") from error
    kept = [entry for entry in entries if keep(entry)]
    if not kept:
        raise DataError(f"{path}: no photo of the sets or the split that were asked for")
    return kept


def _entry(row: dict[str, str]) -> Entry:
    return Entry(
        row["set"],
        row["stem"],
        row["split"],
        row["shard"],
        row["person_label"],
        row["subject_label"],
    )


def read_photos(folder: Path, entries: Iterable[Entry]) -> Iterator[LabelledPhoto]:
    """Read labelled photos from the shards, shard by shard.

    Raises
    ------
    DataError
        If a shard is missing or broken, or lacks a photo.
    """
    by_shard: dict[str, list[Entry]] = {}
    for entry in entries:
        by_shard.setdefault(entry.shard, []).append(entry)
    for shard, shard_entries in sorted(by_shard.items()):
        path = folder / "shards" / shard
        try:
            with tarfile.open(path) as tar:
                names = set(tar.getnames())
                for entry in shard_entries:
                    yield _read_photo(tar, names, entry)
        except (OSError, tarfile.TarError) as error:
            raise DataError(f"{path}: the shard cannot be read: {error}") from error


def _read_photo(tar: tarfile.TarFile, names: set[str], entry: Entry) -> LabelledPhoto:
    def picture(kind: str, mode: str) -> NDArray[np.uint8] | None:
        name = f"{entry.set}/{entry.stem}.{kind}"
        file = tar.extractfile(name) if name in names else None
        if file is None:
            return None
        return np.asarray(Image.open(io.BytesIO(file.read())).convert(mode))

    image = picture("webp", "RGB")
    if image is None:
        raise DataError(f"{entry.shard}: expected a photo {entry.set}/{entry.stem}.webp")
    alpha = picture("alpha.png", "L")
    if alpha is None:
        alpha = picture("mask.png", "L")
    void = picture("void.png", "L")
    nothing = np.zeros(image.shape[:2], np.uint8)
    return LabelledPhoto(
        entry,
        image,
        alpha_from_uint8(nothing if alpha is None else alpha),
        nothing > 0 if void is None else void > 0,
    )
