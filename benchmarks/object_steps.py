"""What each step of the object method brings: all of them, then each left out in turn.

``python benchmarks/object_steps.py ../shared/data``

Mean IoU on coco-object (for choosing), on bsds-object (never tuned on) and on product shots. A step
is left out by putting something plainer in its place; nothing is fitted anew.
"""

import argparse
import statistics
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
from _common import machine, say, table
from object_methods import ours
from product_shots import SHOTS, product_shots

from bgremove import backdrop, contour, prior
from bgremove.arrays import Image, Mask
from bgremove.evaluation.metrics import count, iou
from bgremove.labelled_photos import read_index, read_photos

SETS = ("coco-object", "bsds-object")

Change = tuple[Any, str, Any]
"""An object, the name of what it has, and what stands in its place."""


def as_it_is(array: np.ndarray) -> np.ndarray:
    return array


GRADIENTS = contour.gradients
"""As they are, before a change takes their name."""


def grey_gradients(image: Image) -> contour.Gradients:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return GRADIENTS(cv2.merge([grey, grey, grey]))


def prior_alone(logit: np.ndarray, _cells: np.ndarray) -> np.ndarray:
    return prior._logistic(logit)


def no_frame(outline: np.ndarray) -> np.ndarray:
    return np.pad(outline, 1)


WITHOUT: dict[str, tuple[Change, ...]] = {
    "softened": ((contour, "softened", as_it_is),),
    "edges from colour (grey instead)": ((contour, "gradients", grey_gradients),),
    "thresholds from the photo (100, 200)": ((contour, "thresholds", lambda _slopes: (100, 200)),),
    "three levels of edges (one)": ((contour, "STEPS", (1, 1, 1)),),
    "gaps closed": ((contour, "closed", as_it_is),),
    "filled up to the frame": ((contour, "_closed_along_frame", no_frame),),
    "shapes smoothed": ((contour, "smoothed", as_it_is),),
    "backdrop": ((backdrop, "surface", lambda _image: None),),
    "unlike the frame": ((prior, "UNLIKE", 0),),
    "enclosed": ((prior, "ENCLOSED", 0),),
    "central": ((prior, "ACROSS", 0), (prior, "DOWN", 0)),
    "colours judged again": ((prior, "asked_again", prior_alone),),
    "contours taken where they agree": ((contour, "agreeing", lambda shape, _outlined: shape),),
    "small holes filled": ((contour, "without_small_holes", as_it_is),),
    "clutter dropped": ((contour, "CLUTTER", 0),),
}


def mean_iou(method: Callable[[Image], Mask], cases: Iterable[tuple[Image, Mask, Mask]]) -> str:
    """Score a method on images with their masks and what counts of them, as a cell."""
    scores = [iou(count(method(image), truth, valid)) for image, truth, valid in cases]
    return f"{statistics.mean(scores):.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="a folder with index.csv and shards/")
    parser.add_argument("--shots", type=int, default=SHOTS)
    options = parser.parse_args()
    entries = read_index(options.data, lambda entry: entry.set in SETS)
    photos = list(read_photos(options.data, entries))
    cases = {
        name: [
            (photo.image, photo.alpha >= 0.5, ~photo.void)
            for photo in photos
            if photo.entry.set == name
        ]
        for name in SETS
    }
    shots = product_shots(photos, options.shots)
    cases["product shots"] = [(shot, truth, np.ones_like(truth)) for shot, truth in shots]

    lines = [["", *(f"{name}, {len(of_set)}" for name, of_set in cases.items())]]

    def measure(name: str, method: Callable[[Image], Mask], changes: Iterable[Change] = ()) -> None:
        with ExitStack() as changed:
            for change in changes:
                changed.enter_context(patch.object(*change))
            lines.append([name, *(mean_iou(method, of_set) for of_set in cases.values())])

    fast = ours(quality="fast")
    measure("all steps, fast", fast)
    for name, changes in WITHOUT.items():
        measure(f"without: {name}", fast, changes)
    measure("with GrabCut's votes (best)", ours(quality="best"))
    measure("edges hard", ours(edges="hard"))
    say(table(lines))
    say(machine())


if __name__ == "__main__":
    main()
