"""Photos with what people have marked in them, from folders of two kinds."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bgremove.errors import DataError
from bgremove.labelled_photos.entries import Entry, LabelledPhoto
from bgremove.labelled_photos.pairs import pair_versions, paired, read_pairs
from bgremove.labelled_photos.shards import INDEX, indexed, read_shards

__all__ = ["Entry", "LabelledPhoto", "read_index", "read_photos", "versions"]


def read_index(folder: Path, keep: Callable[[Entry], bool]) -> list[Entry]:
    """List the photos of a data folder that `keep` is true for.

    Parameters
    ----------
    folder : Path
        With ``index.csv`` and ``shards/``, or with ``images/`` and ``masks/``.
    keep : callable
        Tells of an `Entry` whether it is listed.

    Raises
    ------
    DataError
        If the folder is neither, or no photo is kept.
    """
    entries = indexed(folder) if (folder / INDEX).exists() else paired(folder)
    if not entries:
        raise DataError(f"{folder / INDEX}: expected photos, found none")
    kept = [entry for entry in entries if keep(entry)]
    if not kept:
        splits = ", ".join(sorted({entry.split for entry in entries}))
        sets = ", ".join(sorted({entry.set for entry in entries}))
        raise DataError(
            f"{folder}: no photo of the sets or the split that were asked for; "
            f"there are the splits {splits} and the sets {sets}"
        )
    return kept


def read_photos(folder: Path, entries: Iterable[Entry]) -> Iterator[LabelledPhoto]:
    """Read labelled photos, shard by shard.

    Raises
    ------
    DataError
        If a photo, a mask or a shard is missing or broken.
    """
    is_indexed = (folder / INDEX).exists()
    yield from read_shards(folder, entries) if is_indexed else read_pairs(folder, entries)


def versions(folder: Path, entries: Iterable[Entry]) -> list[str]:
    """Tell the photos' versions, so as to see which have changed; shards are never changed.

    Raises
    ------
    DataError
        If the folder cannot be listed.
    """
    entries = list(entries)
    if any(entry.shard for entry in entries):
        return [""] * len(entries)
    return pair_versions(folder, entries)
