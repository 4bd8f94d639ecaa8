"""Draw 24 photos with people, chosen by lot, beside their cutouts on magenta.

python docs/people_sheet.py ../shared/data
"""

import random
import sys
import warnings
from pathlib import Path

from PIL import Image, ImageOps

from bgremove import NoSubjectWarning, Output, PersonRemover
from bgremove.labelled_photos import read_index, read_photos

LOT, SPLITS, EACH = 2019, ("val", "holdout_person"), 12
ACROSS, SIDE = 4, 200
ON_MAGENTA = Output(background="magenta")


def main(data: Path) -> None:
    """Write ``docs/people.jpg``."""
    lot = random.Random(LOT)
    people = read_index(data, lambda entry: entry.person == "mask")
    entries = [
        entry
        for split in SPLITS
        for entry in lot.sample([entry for entry in people if entry.split == split], EACH)
    ]
    remover = PersonRemover()
    lines = -(-len(entries) // ACROSS)
    sheet = Image.new("RGB", (ACROSS * 2 * SIDE, lines * SIDE), "white")
    warnings.simplefilter("ignore", NoSubjectWarning)
    for place, photo in enumerate(read_photos(data, entries)):
        line, column = divmod(place, ACROSS)
        picture = Image.fromarray(photo.image)
        pair = picture, remover(picture, output=ON_MAGENTA)
        for left, shown in enumerate(pair, 2 * column):
            fitted = ImageOps.pad(shown, (SIDE, SIDE), Image.Resampling.LANCZOS, color="white")
            sheet.paste(fitted, (left * SIDE, line * SIDE))
    sheet.save(Path(__file__).parent / "people.jpg", quality=85)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
