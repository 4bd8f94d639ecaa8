"""Make the pictures of docs/edges.md: the sample photo's hair in three ways, and every output.

python docs/edges_pictures.py
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from bgremove import Output, PersonRemover

ROOT = Path(__file__).parent.parent
PHOTO = ROOT / "examples" / "astronaut.jpg"
HAIR = (110, 0, 240, 110)
"""The part of the sample photo that is shown, as left, top, right, bottom."""

ENLARGED = 3
MAGENTA = "#ff00ff"
EDGES = ("hard", "soft", "fine")
OUTPUTS = {
    "cutout": Output(),
    "mask": Output(output="mask"),
    "alpha": Output(output="alpha"),
    "foreground": Output(output="foreground"),
    "background #2a6": Output(background="#22aa66"),
    "background blur": Output(background="blur"),
    "crop, margin 5%": Output(crop=True, margin="5%"),
    "size 300x200, position 0%,50%": Output(size="300x200", position="0%,50%"),
}
SIDE, LINE = 240, 18


def main() -> None:
    """Write ``docs/edges.jpg`` and ``docs/outputs.jpg``."""
    hair = [cut_hair(name) for name in EDGES]
    write([*zip(EDGES, hair, strict=True)], hair[0].size, ROOT / "docs" / "edges.jpg")
    remover = PersonRemover()
    shown = [(name, fitted(remover(PHOTO, output=out))) for name, out in OUTPUTS.items()]
    write(shown, (SIDE, SIDE), ROOT / "docs" / "outputs.jpg")


def cut_hair(edges: str) -> Image.Image:
    """Cut out the sample photo with some edges, on magenta, and enlarge the hair."""
    picture = PersonRemover(edges=edges)(PHOTO, output=Output(background=MAGENTA)).crop(HAIR)
    size = picture.width * ENLARGED, picture.height * ENLARGED
    return picture.resize(size, Image.Resampling.NEAREST)


def fitted(picture: Image.Image) -> Image.Image:
    """Show a picture small, on squares where it is transparent."""
    picture = picture.convert("RGBA")
    picture.thumbnail((SIDE, SIDE))
    row, column = np.indices((picture.height, picture.width)) // 8
    squares = np.where((row + column) % 2, 255, 205).astype(np.uint8)
    below = Image.fromarray(squares).convert("RGBA")
    return Image.alpha_composite(below, picture).convert("RGB")


def write(shown: list[tuple[str, Image.Image]], size: tuple[int, int], path: Path) -> None:
    """Lay pictures out, four a row, with their names above."""
    columns = min(4, len(shown))
    width, height = size[0] + 8, size[1] + LINE
    rows = -(-len(shown) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height), "white")
    draw = ImageDraw.Draw(sheet)
    for index, (name, picture) in enumerate(shown):
        left, top = index % columns * width, index // columns * height
        draw.text((left + 2, top + 3), name, fill="black")
        sheet.paste(picture.convert("RGB"), (left, top + LINE))
    sheet.save(path, quality=88)


if __name__ == "__main__":
    main()
