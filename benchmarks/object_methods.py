"""The object method beside the original's steps and a box GrabCut: quality and CPU time a photo.

``python benchmarks/object_methods.py ../shared/data --set coco-object``
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from _common import machine, say, table

from bgremove.arrays import Image, Mask, resize
from bgremove.evaluation.metrics import count, iou
from bgremove.labelled_photos import LabelledPhoto, read_index, read_photos
from bgremove.removers.object import ObjectRemover

BOX_SIDE = 320
"""Longest side of the picture that the box GrabCut sees."""

BOX_MARGIN = 0.05
"""The box is centred and leaves this share of the picture on each side."""

BOX_ITERATIONS = 5


def original(image: Image) -> Mask:
    """The steps of 2019: grey, Canny 100/200, closed, each contour filled convex, smoothed."""
    square = np.ones((3, 3), np.uint8)
    lines = cv2.Canny(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 100, 200)
    lines = cv2.erode(cv2.dilate(lines, square), square)
    contours, _ = cv2.findContours(lines, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    shape = np.zeros_like(lines)
    for contour in contours:
        cv2.fillConvexPoly(shape, contour, 255)
    shape = cv2.erode(cv2.dilate(shape, square, iterations=10), square, iterations=10)
    return cv2.GaussianBlur(shape, (21, 21), 0) > 127


def box_grabcut(image: Image) -> Mask:
    """GrabCut (Rother et al. 2004) from a centred box."""
    height, width = image.shape[:2]
    factor = min(1.0, BOX_SIDE / max(height, width))
    small = resize(image, max(1, round(width * factor)), max(1, round(height * factor)))
    labels = np.zeros(small.shape[:2], np.uint8)
    across, down = (round(side * BOX_MARGIN) for side in (small.shape[1], small.shape[0]))
    box = (across, down, small.shape[1] - 2 * across, small.shape[0] - 2 * down)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(small, labels, box, *models, BOX_ITERATIONS, cv2.GC_INIT_WITH_RECT)
    found = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    return resize(found, width, height) >= 0.5


def ours(**options: str) -> Callable[[Image], Mask]:
    remover = ObjectRemover(**options)
    return lambda image: remover.matte(image).alpha >= 0.5


METHODS: dict[str, Callable[[Image], Mask]] = {
    "the original's steps": original,
    "box GrabCut": box_grabcut,
    "ours, fast": ours(quality="fast"),
    "ours, best": ours(quality="best"),
}


def measure(method: Callable[[Image], Mask], photos: list[LabelledPhoto]) -> list[str]:
    """Give a method's mean and median IoU and its CPU time a photo, as cells."""
    method(photos[0].image)
    scores, seconds = [], []
    for photo in photos:
        start = time.process_time()
        found = method(photo.image)
        seconds.append(time.process_time() - start)
        scores.append(iou(count(found, photo.alpha >= 0.5, ~photo.void)))
    mean, median = statistics.mean(scores), statistics.median(scores)
    return [f"{mean:.3f}", f"{median:.3f}", f"{1000 * statistics.mean(seconds):.0f} ms"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="a folder with index.csv and shards/")
    parser.add_argument("--set", default="coco-object", dest="name")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    options = parser.parse_args()
    entries = read_index(options.data, lambda entry: entry.set == options.name)
    photos = list(read_photos(options.data, entries))
    lines = [[options.name, "mean IoU", "median", "CPU time"]]
    lines += [[name, *measure(METHODS[name], photos)] for name in options.methods]
    say(table(lines))
    say(f"{len(photos)} photos, {machine()}")


if __name__ == "__main__":
    main()
