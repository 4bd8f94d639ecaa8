"""A large data folder: ``index.csv``, and tar archives of pictures in ``shards/``."""

import io
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bgremove.arrays import alpha_from_uint8
from bgremove.errors import DataError
from bgremove.labelled_photos.entries import Entry, LabelledPhoto
from bgremove.labelled_photos.masks import check_size, check_white
from bgremove.labelled_photos.tables import Row, label_in, read_table

INDEX, SHARDS = "index.csv", "shards"

ALPHA, MASK, VOID = "alpha.png", "mask.png", "void.png"
"""What a shard may hold of a photo beside it; where there is an alpha, the mask does not count."""


def indexed(folder: Path) -> list[Entry]:
    """Read the rows of a data folder's index.

    Raises
    ------
    DataError
        If the index is missing or broken, lacks a column, or has a row that is cut off, a label
        that is none, or a size that is no number above 0.
    """
    return read_table(folder / INDEX, "the index of a data folder", _entry)


def _entry(row: Row) -> Entry:
    return Entry(
        row["set"],
        row["stem"],
        row["split"],
        row["shard"],
        label_in(row, "person_label"),
        label_in(row, "subject_label"),
        _size(row) if "width" in row else None,
    )


def _size(row: Row) -> tuple[int, int]:
    width, height = int(row["width"]), int(row["height"])
    if min(width, height) < 1:
        raise ValueError(f"expected a width and a height above 0, got {width} and {height}")
    return width, height


def read_shards(folder: Path, entries: Iterable[Entry]) -> Iterator[LabelledPhoto]:
    """Read labelled photos from the shards, shard by shard.

    Raises
    ------
    DataError
        If a shard is missing or broken, or lacks a photo, or a mask in it is of another size than
        its photo, or neither black throughout nor white anywhere.
    """
    by_shard: dict[str, list[Entry]] = {}
    for entry in entries:
        by_shard.setdefault(entry.shard, []).append(entry)
    for shard, shard_entries in sorted(by_shard.items()):
        path = folder / SHARDS / shard
        try:
            with tarfile.open(path) as tar:
                names = set(tar.getnames())
                for entry in shard_entries:
                    yield _read_photo(tar, names, entry)
        except (OSError, tarfile.TarError) as error:
            raise DataError(f"{path}: the shard cannot be read: {error}") from error


def _read_photo(tar: tarfile.TarFile, names: set[str], entry: Entry) -> LabelledPhoto:
    stem = f"{entry.set}/{entry.stem}"

    def picture(kind: str, mode: str) -> NDArray[np.uint8] | None:
        name = f"{stem}.{kind}"
        file = tar.extractfile(name) if name in names else None
        if file is None:
            return None
        return np.asarray(Image.open(io.BytesIO(file.read())).convert(mode))

    image = picture("webp", "RGB")
    if image is None:
        raise DataError(f"{entry.shard}: expected a photo {stem}.webp")
    marked: dict[str, NDArray[np.uint8]] = {}
    for kind in (ALPHA, MASK, VOID):
        found = picture(kind, "L")
        if found is not None:
            check_size(found, image, f"{entry.shard}: {stem}.{kind}")
            marked[kind] = found
    if MASK in marked:
        check_white(marked[MASK], f"{entry.shard}: {stem}.{MASK}")
    nothing = np.zeros(image.shape[:2], np.uint8)
    alpha = marked.get(ALPHA, marked.get(MASK, nothing))
    void = marked.get(VOID, nothing)
    return LabelledPhoto(entry, image, alpha_from_uint8(alpha), void > 0)
