"""The object method on 200 product shots: subjects of labelled photos on studio backdrops.

``python benchmarks/product_shots.py ../shared/data [--sheet shots.png]``
"""

import argparse
import statistics
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
from _common import machine, say, table
from PIL import Image as PILImage

from bgremove.arrays import Image, Mask
from bgremove.evaluation.metrics import count, iou
from bgremove.evaluation.sheet import on_magenta
from bgremove.labelled_photos import LabelledPhoto, read_index, read_photos
from bgremove.removers.object import ObjectRemover

SHOTS = 200
SIDE = 640
LEAST_SHARE = 0.02
"""Subjects that cover less of their photo are too coarse to be enlarged."""


def product_shots(photos: Iterable[LabelledPhoto], count: int) -> Iterator[tuple[Image, Mask]]:
    """Draw shots and their masks of photos in turn, the same ones each time."""
    usable = [photo for photo in photos if photo.alpha.mean() > LEAST_SHARE]
    rng = np.random.default_rng(0)
    for number in range(count):
        yield product_shot(usable[number % len(usable)], rng)


def product_shot(photo: LabelledPhoto, rng: np.random.Generator) -> tuple[Image, Mask]:
    """Lay a photo's subject on a lit backdrop, with a soft shadow and grain."""
    subject, alpha = _enlarged(photo, rng)
    truth = alpha > 0.5
    backdrop = _backdrop(rng)
    backdrop *= 1 - _shadow(alpha, rng)[..., None]
    shot = subject * alpha[..., None] + backdrop * (1 - alpha[..., None])
    shot += rng.normal(0, rng.uniform(0, 2), shot.shape)
    return np.clip(np.rint(shot), 0, 255).astype(np.uint8), truth


def _enlarged(photo: LabelledPhoto, rng: np.random.Generator) -> tuple[Image, np.ndarray]:
    """Crop to the subject, bring it to 45 to 75 % of the shot, and place it off the frame."""
    rows, columns = np.nonzero(photo.alpha > 0.5)
    window = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    image, alpha = photo.image[window], photo.alpha[window]
    factor = rng.uniform(0.45, 0.75) * SIDE / max(alpha.shape)
    size = tuple(max(1, round(side * factor)) for side in alpha.shape[::-1])
    image = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    alpha = np.clip(cv2.GaussianBlur(cv2.resize(alpha, size), (0, 0), 1), 0, 1)
    left, top = (round((SIDE - side) * rng.uniform(0.35, 0.65)) for side in size)
    around = (top, SIDE - top - size[1], left, SIDE - left - size[0])
    return (
        cv2.copyMakeBorder(image, *around, cv2.BORDER_REPLICATE).astype(np.uint8),
        cv2.copyMakeBorder(alpha, *around, cv2.BORDER_CONSTANT, value=0),
    )


def _backdrop(rng: np.random.Generator) -> np.ndarray:
    """White, grey or pale backdrop whose light falls off across it and towards the corners."""
    colour = rng.uniform(150, 245) + rng.uniform(-12, 12, 3)
    down, across = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    turn = rng.uniform(0, 2 * np.pi)
    slope = rng.uniform(0, 0.12) * (across * np.cos(turn) + down * np.sin(turn))
    light = 1 + slope - rng.uniform(0, 0.08) * (across**2 + down**2)
    return np.clip(light[..., None] * colour, 0, 255)


def _shadow(alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A soft shadow of up to 35 % beneath the subject, moved to one side."""
    move = np.float32([[1, 0, rng.uniform(-25, 25)], [0, 1, rng.uniform(5, 25)]])
    moved = cv2.warpAffine(alpha, move, (SIDE, SIDE))
    return rng.uniform(0.1, 0.35) * cv2.GaussianBlur(moved, (0, 0), rng.uniform(10, 25))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="a folder with index.csv and shards/")
    parser.add_argument("--sets", nargs="+", default=["bsds-object", "coco-object"])
    parser.add_argument("--shots", type=int, default=SHOTS)
    parser.add_argument("--sheet", type=Path, help="where to draw the 24 worst")
    options = parser.parse_args()
    entries = read_index(options.data, lambda entry: entry.set in options.sets)
    photos = list(read_photos(options.data, entries))
    remover = ObjectRemover()
    results = []
    start = time.process_time()
    for shot, truth in product_shots(photos, options.shots):
        alpha = remover.matte(shot).alpha
        results.append((iou(count(alpha >= 0.5, truth, np.ones_like(truth))), shot, alpha))
    seconds = (time.process_time() - start) / options.shots
    scores = [score for score, _, _ in results]
    under = sum(score < 0.9 for score in scores)
    figures = [f"{statistics.mean(scores):.3f}", f"{statistics.median(scores):.3f}", str(under)]
    head = ["product shots", "mean IoU", "median", "under .9", "CPU time with drawing"]
    say(table([head, [str(options.shots), *figures, f"{1000 * seconds:.0f} ms"]]))
    say(machine())
    if options.sheet:
        worst = sorted(results, key=lambda result: result[0])[:24]
        tiles = [np.hstack([shot, on_magenta(shot, alpha)])[::4, ::4] for _, shot, alpha in worst]
        lines = [np.hstack(tiles[i : i + 4]) for i in range(0, len(tiles) - 3, 4)]
        PILImage.fromarray(np.vstack(lines)).save(options.sheet)


if __name__ == "__main__":
    main()
