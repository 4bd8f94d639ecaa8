"""Draw 24 photos chosen by lot beside their cutouts on magenta, for each method.

python docs/cutout_sheets.py ../shared/data [people.jpg] [objects.jpg]
"""

import random
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from bgremove import NoSubjectWarning, ObjectRemover, Output, PersonRemover, Remover
from bgremove.labelled_photos import Entry, read_index, read_photos

LOT, EACH = 2019, 12
ACROSS, SIDE = 4, 200
ON_MAGENTA = Output(background="magenta")


@dataclass(frozen=True)
class Sheet:
    """By which method, and from which groups of photos `EACH` are drawn."""

    remover: Callable[[], Remover]
    groups: tuple[Callable[[Entry], bool], ...]


SHEETS = {
    "people.jpg": Sheet(
        PersonRemover,
        (
            lambda entry: entry.split == "val" and entry.person == "mask",
            lambda entry: entry.split == "holdout_person",
        ),
    ),
    "objects.jpg": Sheet(
        ObjectRemover,
        (lambda entry: entry.set == "coco-object", lambda entry: entry.set == "bsds-object"),
    ),
}


def main(data: Path, names: list[str]) -> None:
    """Write the sheets of these names, or all, beside this file."""
    warnings.simplefilter("ignore", NoSubjectWarning)
    for name in names or SHEETS:
        draw(data, SHEETS[name]).save(Path(__file__).parent / name, quality=85)


def draw(data: Path, sheet: Sheet) -> Image.Image:
    """Draw one sheet: photo, cutout, photo, cutout."""
    lot = random.Random(LOT)
    entries = [
        entry for group in sheet.groups for entry in lot.sample(read_index(data, group), EACH)
    ]
    remover = sheet.remover()
    lines = -(-len(entries) // ACROSS)
    drawn = Image.new("RGB", (ACROSS * 2 * SIDE, lines * SIDE), "white")
    for place, photo in enumerate(read_photos(data, entries)):
        line, column = divmod(place, ACROSS)
        picture = Image.fromarray(photo.image)
        for left, shown in enumerate((picture, remover(picture, output=ON_MAGENTA)), 2 * column):
            fitted = ImageOps.pad(shown, (SIDE, SIDE), Image.Resampling.LANCZOS, color="white")
            drawn.paste(fitted, (left * SIDE, line * SIDE))
    return drawn


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
