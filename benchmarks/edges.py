"""How well edges follow the photo: the same small maps, brought to full size in four ways.

The maps are a network's predictions (kept in a file, so that a second run is quick), the true
masks shrunk to the network's size and to a quarter of it (a photo four times as large), and true
masks whose outline is off by a pixel or two, as a network's is.

Run: python benchmarks/edges.py [--model NAME] [--every N] [--maps predicted true ...]
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from _common import machine, say, table

from bgremove.arrays import resize, working_copy
from bgremove.evaluation import metrics
from bgremove.evaluation.run import MASK_LEVEL, labelled_entries
from bgremove.labelled_photos import LabelledPhoto, read_photos
from bgremove.model_files import DEFAULT_MODEL
from bgremove.refine import EDGES
from bgremove.segmenter import load_segmenter
from bgremove.segmenter.base import Segmenter

SPLITS = ("val", "edges_eval", "holdout_person")
SIDE = 224
SMOOTH = 6.0
"""Sigma, in the map's pixels, of the noise that moves an outline."""

Way = Callable[[np.ndarray, np.ndarray], np.ndarray]


def main() -> None:
    """Print one table a split."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--split", nargs="+", default=SPLITS)
    parser.add_argument("--maps", nargs="+", default=list(MAPS), choices=list(MAPS))
    parser.add_argument("--every", type=int, default=1, help="take each Nth photo only")
    parser.add_argument("--kept", type=Path, help="the folder where predictions are kept")
    options = parser.parse_args()
    kept = options.kept or Path(tempfile.gettempdir()) / "bgremove-edges"
    segmenter = load_segmenter(options.model, "cpu")
    say(f"{options.model}; {machine()}\n")
    for split in options.split:
        entries = labelled_entries(options.data, splits=[split], sets=[], output="person")
        entries = [entry for entry in entries if entry.person == "mask"][:: options.every]
        scores = score(read_photos(options.data, entries), options.maps, segmenter, kept)
        say(f"{split}: {len(entries)} photos")
        say(table([HEADER, *lines(scores)]) + "\n")


HEADER = ["map, edges", "Boundary IoU", "IoU", "MAE", "SAD/1000", "CPU ms"]


def plain(probability: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Enlarge bilinearly: what everything is compared with."""
    return resize(probability, image.shape[1], image.shape[0])


def ways() -> dict[str, Way]:
    """Give each way to full size by its name."""

    def by(name: str) -> Way:
        def way(probability: np.ndarray, image: np.ndarray) -> np.ndarray:
            refined = EDGES[name](probability, working_copy(image), MASK_LEVEL)
            return refined.on(image).whole()

        return way

    return {"plain": plain, **{name: by(name) for name in EDGES}}


def shrunk(photo: LabelledPhoto, side: int) -> np.ndarray:
    """Shrink a photo's true alpha."""
    return resize(photo.alpha, side, side)


def wrong_by(photo: LabelledPhoto, pixels: float) -> np.ndarray:
    """Move a true mask's outline by smooth noise of so many pixels, and blur it as much."""
    mask = (shrunk(photo, SIDE) >= MASK_LEVEL).astype(np.uint8)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    outside = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    seed = int.from_bytes(photo.entry.stem.encode()[-6:], "big")
    noise = np.random.default_rng(seed).standard_normal(mask.shape).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), SMOOTH)
    distance = inside - outside + pixels * noise / noise.std()
    return (1 / (1 + np.exp(-np.clip(distance / pixels, -30, 30)))).astype(np.float32)


MAPS: dict[str, Callable[[LabelledPhoto], np.ndarray] | None] = {
    "predicted": None,
    "true": lambda photo: shrunk(photo, SIDE),
    "true/4": lambda photo: shrunk(photo, SIDE // 4),
    "off-by-1": lambda photo: wrong_by(photo, 1),
    "off-by-2": lambda photo: wrong_by(photo, 2),
}


def predicted(photo: LabelledPhoto, segmenter: Segmenter, kept: Path) -> np.ndarray:
    """Ask the network, or what it said the last time."""
    digest = segmenter.card.weights.sha256[:12] if segmenter.card.weights else "own"
    entry = photo.entry
    height, width = segmenter.card.input.shape_for(*photo.image.shape[:2])
    seen = f"{segmenter.card.name}-{digest}-{height}x{width}"
    path = kept / seen / f"{entry.set}-{entry.stem}.npy"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        channel = segmenter.card.channel_of("person")
        np.save(path, segmenter.predict(photo.image)[..., channel])
    return np.load(path)


def score(
    photos: object, names: list[str], segmenter: Segmenter, kept: Path
) -> dict[tuple[str, str], np.ndarray]:
    """Give the means of boundary IoU, IoU, MAE, SAD and seconds, by map and way."""
    found: dict[tuple[str, str], list[list[float]]] = {}
    for photo in photos:
        for name in names:
            make = MAPS[name]
            small = predicted(photo, segmenter, kept) if make is None else make(photo)
            for way, enlarge in ways().items():
                start = time.process_time()
                alpha = enlarge(small, photo.image)
                seconds = time.process_time() - start
                found.setdefault((name, way), []).append([*compare(photo, alpha), seconds])
    return {key: np.mean(values, axis=0) for key, values in found.items()}


def compare(photo: LabelledPhoto, alpha: np.ndarray) -> list[float]:
    """Give boundary IoU, IoU, MAE and SAD of one alpha."""
    mask, truth, counted = alpha >= MASK_LEVEL, photo.alpha >= MASK_LEVEL, ~photo.void
    return [
        metrics.boundary_iou(mask, truth, counted),
        metrics.iou(metrics.count(mask, truth, counted)),
        metrics.mean_absolute_error(alpha, photo.alpha, counted),
        metrics.sum_of_absolute_differences(alpha, photo.alpha, counted),
    ]


def lines(scores: dict[tuple[str, str], np.ndarray]) -> list[list[str]]:
    """Lay the means out."""
    return [
        [f"{name}, {way}", *(f"{value:.4f}" for value in row[:4]), f"{row[4] * 1000:.0f}"]
        for (name, way), row in scores.items()
    ]


if __name__ == "__main__":
    main()
