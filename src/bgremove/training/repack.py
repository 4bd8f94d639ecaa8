"""``python -m bgremove.training.repack DATA OUT``: a small copy of a data folder, to carry along.

Training sees squares of 384 pixels (`bgremove.training.data.STORED_SIZE`), so nothing more needs
to travel to the machine that trains: about 15 KB a photo. On the way, photos can get labels that
the data folder has not.
"""

import csv
import io
import itertools
import shutil
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import click
from PIL import Image as PILImage

from bgremove.errors import DataError
from bgremove.labelled_photos import Entry, LabelledPhoto, read_index, read_photos
from bgremove.labelled_photos.shards import INDEX, SHARDS
from bgremove.labelled_photos.tables import Row, label_in, read_table
from bgremove.terminal import errors_told
from bgremove.training.data import squared

SPLITS = ("train", "val")
"""What training reads."""

WEBP_QUALITY = 70

SHARD_BYTES = 30_000_000
"""Where the next shard begins: a shard and the tree are to fit into one transfer of 64 MiB."""

COLUMNS = ("set", "stem", "split", "shard", "width", "height", "person_label", "subject_label")


@dataclass(frozen=True)
class Label:
    """What is said anew of a photo: its set, and whether people are in it (see `Entry`)."""

    set: str
    person: str


Labels: TypeAlias = Mapping[tuple[str, str], Label]
"""By set and stem."""


def repack(data: Path, out: Path, labels: Labels | None = None) -> list[Path]:
    """Write the small copy; what was begun of one that fails is cleared away.

    Parameters
    ----------
    data : Path
        A data folder.
    out : Path
        The folder of the copy: ``index.csv`` and ``shards/small-NN.tar``.
    labels : mapping of (str, str) to Label, optional
        Photos, by set and stem, that are labelled anew.

    Returns
    -------
    list of Path
        The shards.

    Raises
    ------
    DataError
        If `data` is no data folder, if a picture cannot be read, if a label is of no photo that
        is copied, or if `out` holds anything.
    """
    labels = labels or {}
    entries = read_index(data, lambda entry: entry.split in SPLITS)
    _check_labels(labels, entries)
    if out.exists() and any(out.iterdir()):
        raise DataError(f"{out}: expected a new or an empty folder")
    (out / SHARDS).mkdir(parents=True)
    try:
        return _write(read_photos(data, entries), out, labels)
    except BaseException:
        shutil.rmtree(out / SHARDS)
        (out / INDEX).unlink(missing_ok=True)
        raise


def read_labels(path: Path) -> dict[tuple[str, str], Label]:
    """Read labels from a CSV file with the columns set, stem, new_set and person_label.

    Raises
    ------
    DataError
        If the file is missing or broken, lacks a column, or has a row that is cut off, or another
        label than mask, none, unknown.
    """
    return dict(read_table(path, "labels of photos", _label))


def _label(row: Row) -> tuple[tuple[str, str], Label]:
    return (row["set"], row["stem"]), Label(row["new_set"], label_in(row, "person_label"))


def _check_labels(labels: Labels, entries: Iterable[Entry]) -> None:
    unknown = sorted(labels.keys() - {(entry.set, entry.stem) for entry in entries})
    if unknown:
        photo = "/".join(unknown[0])
        raise DataError(f"labels of {photo}: expected a photo of {' or '.join(SPLITS)}, found none")


def relabelled(entry: Entry, labels: Labels) -> Entry:
    """Give a photo's entry with its new label, if it has one."""
    label = labels.get((entry.set, entry.stem))
    return entry if label is None else replace(entry, set=label.set, person=label.person)


def _write(photos: Iterable[LabelledPhoto], out: Path, labels: Labels) -> list[Path]:
    rows: list[tuple[Entry, tuple[int, int]]] = []
    for name, packed in itertools.groupby(_sharded(photos), key=lambda each: each[0]):
        with tarfile.open(out / SHARDS / name, "w") as tar:
            for _, photo, files in packed:
                entry = relabelled(replace(photo.entry, shard=name), labels)
                for suffix, content in files.items():
                    info = tarfile.TarInfo(f"{entry.set}/{entry.stem}.{suffix}")
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))
                rows.append((entry, photo.size_as_found))
    _write_index(rows, out / INDEX)
    return sorted({out / SHARDS / entry.shard for entry, _ in rows})


def _sharded(
    photos: Iterable[LabelledPhoto],
) -> Iterator[tuple[str, LabelledPhoto, dict[str, bytes]]]:
    """Give each shard's name, shard by shard, with a photo and its files."""
    number, filled = 0, 0
    for photo in photos:
        files = _files(photo)
        filled += sum(map(len, files.values()))
        if filled > SHARD_BYTES:
            number, filled = number + 1, 0
        yield f"small-{number:02}.tar", photo, files


def _files(photo: LabelledPhoto) -> dict[str, bytes]:
    image, mask, void = squared(photo)
    files = {"webp": _encoded(PILImage.fromarray(image), "webp", quality=WEBP_QUALITY)}
    if mask.any():
        files["mask.png"] = _encoded(PILImage.fromarray(mask), "png")
    if void.any():
        files["void.png"] = _encoded(PILImage.fromarray(void), "png")
    return files


def _encoded(picture: PILImage.Image, kind: str, **options: int) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def _write_index(rows: Iterable[tuple[Entry, tuple[int, int]]], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for entry, size in rows:
            labels = entry.person, entry.subject
            writer.writerow([entry.set, entry.stem, entry.split, entry.shard, *size, *labels])


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    help="A CSV file of photos that are labelled anew: set, stem, new_set, person_label.",
)
def main(data: Path, out: Path, labels: Path | None) -> None:
    """Write a small copy of the data folder DATA to OUT, for training on another machine."""
    with errors_told("bgremove.training.repack"):
        shards = repack(data, out, read_labels(labels) if labels else None)
    for shard in shards:
        click.echo(f"{shard}: {shard.stat().st_size / 1e6:.1f} MB", err=True)


if __name__ == "__main__":
    main()
