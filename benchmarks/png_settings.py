"""What PNG encoders and their settings cost and give: seconds and bytes.

Run: python benchmarks/png_settings.py [--data ../shared/data] [--photos 40]

Cutouts of a 12-megapixel photo, clean and with a sensor's grain, and of photos of the data folder
if it is there. One thread, CPU seconds.
"""

import argparse
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from _common import machine, say, table
from PIL import Image

from bgremove import load_remover
from bgremove.image_io import read_photo
from bgremove.labelled_photos import read_index, read_photos
from bgremove.png import png_bytes

PHOTO = Path(__file__).resolve().parent.parent / "examples" / "astronaut.jpg"
GRAIN = 3.0

Z_DEFAULT, Z_RLE = 0, 3
"""zlib's strategies."""


def pillow(level: int, strategy: int) -> Callable[[np.ndarray], int]:
    """Encode with Pillow."""

    def encode(cut: np.ndarray) -> int:
        stream = BytesIO()
        picture = Image.fromarray(cut)
        picture.save(stream, "PNG", compress_level=level, compress_type=strategy)
        return stream.tell()

    return encode


def opencv(level: int, strategy: int, row_filter: int) -> Callable[[np.ndarray], int]:
    """Encode with OpenCV."""
    settings = [cv2.IMWRITE_PNG_COMPRESSION, level, cv2.IMWRITE_PNG_STRATEGY, strategy]
    settings += [cv2.IMWRITE_PNG_FILTER, row_filter]
    return lambda cut: len(
        cv2.imencode(".png", cv2.cvtColor(cut, cv2.COLOR_RGBA2BGRA), settings)[1]
    )


ENCODERS = {
    "bgremove": lambda cut: len(png_bytes([cut], cut.shape, None, None)),
    "Pillow, level 1": pillow(1, Z_DEFAULT),
    "Pillow, level 4": pillow(4, Z_DEFAULT),
    "Pillow, level 6": pillow(6, Z_DEFAULT),
    "Pillow, RLE": pillow(1, Z_RLE),
    "OpenCV, level 1, sub": opencv(1, Z_DEFAULT, cv2.IMWRITE_PNG_FILTER_SUB),
    "OpenCV, RLE, sub": opencv(1, Z_RLE, cv2.IMWRITE_PNG_FILTER_SUB),
    "OpenCV, RLE, average": opencv(1, Z_RLE, cv2.IMWRITE_PNG_FILTER_AVG),
    "OpenCV, RLE, Paeth": opencv(1, Z_RLE, cv2.IMWRITE_PNG_FILTER_PAETH),
}


def main() -> None:
    """Print a table a set of cutouts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--photos", type=int, default=40)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    say(f"{machine()}; OpenCV {cv2.__version__}, Pillow {Image.__version__}")
    for name, cuts in cutouts(options.data, options.photos).items():
        lines = [[name, "CPU s", "MB"]]
        for encoder, encode in ENCODERS.items():
            start = time.process_time()
            size = sum(map(encode, cuts))
            lines.append([encoder, f"{time.process_time() - start:.3f}", f"{size / 1e6:.2f}"])
        say("\n" + table(lines))


def cutouts(data: Path, count: int) -> dict[str, list[np.ndarray]]:
    """Make the cutouts to encode."""
    large = cv2.resize(read_photo(PHOTO).image, (4000, 3000), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(0).normal(0, GRAIN, large.shape)
    grainy = np.clip(np.rint(large + noise), 0, 255).astype(np.uint8)
    sets = {"12 MP, clean": [large], "12 MP, grain": [grainy]}
    if (data / "index.csv").exists():
        entries = read_index(data, lambda entry: entry.split == "val")[:count]
        sets[f"{count} photos"] = [photo.image for photo in read_photos(data, entries)]
    remover = load_remover("contour")
    return {name: [remover(image) for image in images] for name, images in sets.items()}


if __name__ == "__main__":
    main()
