"""The object method at 1, 4, 12 and 24 megapixels: time, and how far the masks agree.

``python benchmarks/object_sizes.py PHOTO…``, by default the sample photo, enlarged. The time is all
that is neither decoding nor encoding, from the photo to its cutout: medians of `ROUNDS`.
"""

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
from _common import machine, say, table
from PIL import Image as PILImage

from bgremove.arrays import Image, Mask
from bgremove.compose import cutout
from bgremove.evaluation.metrics import count, iou
from bgremove.removers.object import ObjectRemover

EXAMPLE = Path(__file__).parents[1] / "examples" / "astronaut.jpg"
MEGAPIXELS = (1, 4, 12, 24)
ROUNDS = 9


def at_megapixels(photo: PILImage.Image, count: float) -> PILImage.Image:
    """Bring a photo to a number of megapixels."""
    factor = (count * 1e6 / (photo.width * photo.height)) ** 0.5
    size = round(photo.width * factor), round(photo.height * factor)
    return photo.resize(size, PILImage.Resampling.LANCZOS)


def agreement(one: Mask, other: Mask) -> float:
    """IoU of two masks of different sizes, at the second's."""
    picture = PILImage.fromarray(one).resize(other.shape[::-1])
    return iou(count(np.asarray(picture), other, np.ones_like(other)))


def timed(remover: ObjectRemover, image: Image) -> tuple[float, float, float]:
    """Cut an image out: seconds to its matte, and CPU seconds and seconds to its cutout."""
    cpu, wall = time.process_time(), time.perf_counter()
    matte = remover.matte(image)
    found = time.perf_counter() - wall
    cutout(image, matte.source)
    return found, time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, nargs="*", default=[EXAMPLE])
    options = parser.parse_args()
    remover = ObjectRemover()
    lines = [["photo", "megapixels", "matte, wall", "with cutout, CPU", "wall", "IoU with 1"]]
    for path in options.photos:
        largest = at_megapixels(PILImage.open(path).convert("RGB"), max(MEGAPIXELS))
        first = None
        for megapixels in MEGAPIXELS:
            image = np.asarray(at_megapixels(largest, megapixels))
            mask = remover.matte(image).alpha >= 0.5
            first = mask if first is None else first
            rounds = zip(*(timed(remover, image) for _ in range(ROUNDS)), strict=True)
            seconds = [f"{statistics.median(column):.2f} s" for column in rounds]
            same = agreement(mask, first)
            lines.append([path.name, str(megapixels), *seconds, f"{same:.3f}"])
    say(table(lines))
    say(machine())


if __name__ == "__main__":
    main()
