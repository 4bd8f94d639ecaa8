"""Make README's picture: the sample photo beside its cutout on a chequerboard.

python docs/before_after.py
"""

from pathlib import Path

import numpy as np
from PIL import Image

from bgremove import remove_person

ROOT = Path(__file__).parent.parent
SQUARE = 16


def chequerboard(width: int, height: int) -> Image.Image:
    """Draw what editors show behind transparent pixels."""
    row, column = np.indices((height, width)) // SQUARE
    return Image.fromarray(np.where((row + column) % 2, 255, 215).astype(np.uint8)).convert("RGBA")


def main() -> None:
    """Write ``docs/before-after.jpg``."""
    photo = Image.open(ROOT / "examples" / "astronaut.jpg")
    after = Image.alpha_composite(chequerboard(*photo.size), remove_person(photo))
    pair = Image.new("RGB", (2 * photo.width + SQUARE, photo.height), "white")
    pair.paste(photo, (0, 0))
    pair.paste(after.convert("RGB"), (photo.width + SQUARE, 0))
    pair.save(ROOT / "docs" / "before-after.jpg", quality=88)


if __name__ == "__main__":
    main()
