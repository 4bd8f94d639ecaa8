"""A large data folder: ``index.csv``, and tar archives of pictures in ``shards/``."""

import csv
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
from bgremove.labelled_photos.masks import check_white

INDEX = "index.csv"


def indexed(folder: Path) -> list[Entry]:
    """Read the rows of a data folder's index.

    Raises
    ------
    DataError
        If the index is missing, lacks a column, or has a size that is no number.
    """
    path = folder / INDEX
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [_entry(row) for row in csv.DictReader(file)]
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{path}: expected the index of a data folder: {error}") from error


def _entry(row: dict[str, str]) -> Entry:
    return Entry(
        row["set"],
        row["stem"],
        row["split"],
        row["shard"],
        row["person_label"],
        row["subject_label"],
        (int(row["width"]), int(row["height"])) if "width" in row else None,
    )


def read_shards(folder: Path, entries: Iterable[Entry]) -> Iterator[LabelledPhoto]:
    """Read labelled photos from the shards, shard by shard.

    Raises
    ------
    DataError
        If a shard is missing or broken, or lacks a photo, or a mask in it is neither black
        throughout nor white anywhere.
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
        if alpha is not None:
            check_white(alpha, f"{entry.shard}: {entry.set}/{entry.stem}.mask.png")
    void = picture("void.png", "L")
    nothing = np.zeros(image.shape[:2], np.uint8)
    return LabelledPhoto(
        entry,
        image,
        alpha_from_uint8(nothing if alpha is None else alpha),
        nothing > 0 if void is None else void > 0,
    )
