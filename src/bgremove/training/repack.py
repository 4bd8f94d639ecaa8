"""``python -m bgremove.training.repack DATA OUT``: a small copy of a data folder, to carry along.

Training sees squares of 256 pixels (`bgremove.training.data.STORED_SIZE`), so nothing more needs
to travel to the machine that trains: about 7 KB a photo.
"""

import csv
import io
import sys
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import click
from PIL import Image as PILImage

from bgremove.errors import BgremoveError, DataError
from bgremove.labelled_photos import Entry, LabelledPhoto, read_index, read_photos
from bgremove.training.data import squared

SPLITS = ("train", "val")
"""What training reads."""

WEBP_QUALITY = 70

SHARD_BYTES = 30_000_000
"""Where the next shard begins: a shard and the tree are to fit into one transfer of 64 MiB."""

COLUMNS = ("set", "stem", "split", "shard", "person_label", "subject_label")


def repack(data: Path, out: Path) -> list[Path]:
    """Write the small copy.

    Parameters
    ----------
    data : Path
        A data folder.
    out : Path
        The folder of the copy: ``index.csv`` and ``shards/small-NN.tar``.

    Returns
    -------
    list of Path
        The shards.

    Raises
    ------
    DataError
        If `data` is no data folder, if a picture cannot be read, or if `out` holds anything.
    """
    entries = read_index(data, lambda entry: entry.split in SPLITS)
    if out.exists() and any(out.iterdir()):
        raise DataError(f"{out}: expected a new or an empty folder")
    (out / "shards").mkdir(parents=True)
    placed = []
    for entry, name, files in _sharded(read_photos(data, entries)):
        with tarfile.open(out / "shards" / name, "a") as tar:
            for suffix, content in files.items():
                info = tarfile.TarInfo(f"{entry.set}/{entry.stem}.{suffix}")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        placed.append(replace(entry, shard=name))
    _write_index(placed, out / "index.csv")
    return sorted({out / "shards" / entry.shard for entry in placed})


def _sharded(photos: Iterable[LabelledPhoto]) -> Iterator[tuple[Entry, str, dict[str, bytes]]]:
    """Give each photo with its shard's name and its files."""
    number, filled = 0, 0
    for photo in photos:
        files = _files(photo)
        filled += sum(map(len, files.values()))
        if filled > SHARD_BYTES:
            number, filled = number + 1, 0
        yield photo.entry, f"small-{number:02}.tar", files


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


def _write_index(entries: list[Entry], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for each in entries:
            writer.writerow(
                [each.set, each.stem, each.split, each.shard, each.person, each.subject]
            )


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
def main(data: Path, out: Path) -> None:
    """Write a small copy of the data folder DATA to OUT, for training on another machine."""
    try:
        shards = repack(data, out)
    except BgremoveError as error:
        click.echo(f"bgremove.training.repack: {error}", err=True)
        sys.exit(error.exit_code)
    for shard in shards:
        click.echo(f"{shard}: {shard.stat().st_size / 1e6:.1f} MB", err=True)


if __name__ == "__main__":
    main()
