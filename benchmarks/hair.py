"""How well edges follow hair: drawn heads before real photos, whose true mattes are known.

Each head has a style (straight, curly, fuzzy) and a colour, and stands before a photo of nobody,
sharp or out of focus. What the network would say is drawn, too: it sees the head without its loose
strands, and its outline is off by a pixel of its own. The same heads four times as large show
what becomes of a large photo. Printed are errors within the region where the truth is not
plain, and `seen`, the mean error of the cutout's colours on black and on white, of 255 levels: it
tells of a halo, too.

Run: python benchmarks/hair.py [--heads 24] [--sides 384 1536] [--pictures FOLDER]
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from _common import machine, say, table
from edges import wrong_by

from bgremove.arrays import resize, slope, working_copy
from bgremove.compose import cutout
from bgremove.evaluation.run import MASK_LEVEL, labelled_entries
from bgremove.evaluation.sheet import on_magenta
from bgremove.labelled_photos import LabelledPhoto, read_photos
from bgremove.labelled_photos.entries import Entry
from bgremove.refine import EDGES, OPENNESS

FINER = 4
"""Strands are drawn so many times as large, and then averaged."""

COLOURS = ((28, 22, 20), (92, 62, 42), (205, 170, 110), (150, 70, 35), (150, 148, 145))
STYLES = ("straight", "curly", "fuzzy")
NEAR = 0.02
"""Share of the photo's side, around all that is not plain, in which errors count."""

JPEG_QUALITY = 92
HEADER = ["side, edges", "SAD/1000", "MSE/.001", "gradient", "seen", "CPU ms"]


@dataclass(frozen=True)
class Head:
    """A drawn head, and what is true of it.

    Attributes
    ----------
    image : (H, W, 3) ndarray of uint8, RGB
    alpha : (H, W) ndarray of float32 in [0, 1]
    colours : (H, W, 3) ndarray of uint8, RGB
        The subject's own.
    probability : (h, w) ndarray of float32 in [0, 1]
        What a network would say.
    """

    image: np.ndarray
    alpha: np.ndarray
    colours: np.ndarray
    probability: np.ndarray


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--heads", type=int, default=24)
    parser.add_argument("--sides", type=int, nargs="+", default=[384, 1536])
    parser.add_argument("--edges", nargs="+", default=["soft", "fine"], choices=list(EDGES))
    parser.add_argument("--pictures", type=Path, help="a folder for the heads and their cutouts")
    options = parser.parse_args()
    say(f"{options.heads} heads; {machine()}\n")
    lines = [HEADER]
    for side in options.sides:
        found: dict[str, list[list[float]]] = {name: [] for name in options.edges}
        for index, head in enumerate(heads(options.data, options.heads, side)):
            for name, scores in found.items():
                start = time.process_time()
                working = working_copy(head.image)
                refined = EDGES[name](head.probability, working, MASK_LEVEL, OPENNESS)
                alpha = refined.on(head.image).whole()
                seconds = time.process_time() - start
                cut = cutout(head.image, alpha)
                scores.append([*errors(head, cut), 1000 * seconds])
                if options.pictures:
                    save(options.pictures / f"{side}-{index:02}-{name}.png", head, cut)
        lines += [line(f"{side}, {name}", scores) for name, scores in found.items()]
    say(table(lines))


def line(name: str, scores: list[list[float]]) -> list[str]:
    """Lay the means out."""
    sad, mse, gradient, seen, ms = np.mean(scores, axis=0)
    return [name, f"{sad:.3f}", f"{mse:.2f}", f"{gradient:.1f}", f"{seen:.2f}", f"{ms:.0f}"]


def errors(head: Head, cut: np.ndarray) -> list[float]:
    """Give SAD, MSE, the gradient's error and that of the colours seen, of one cutout."""
    side = round(NEAR * min(head.alpha.shape)) * 2 + 1
    plain = cv2.dilate(head.alpha, np.ones((side, side))) == cv2.erode(
        head.alpha, np.ones((side, side))
    )
    alpha = cut[..., 3].astype(np.float32) / 255
    wrong = np.abs(alpha - head.alpha)[~plain]
    smooth = [cv2.GaussianBlur(each, (0, 0), 1.4) for each in (alpha, head.alpha)]
    steeper = (slope(smooth[0]) - slope(smooth[1]))[~plain]
    own, theirs = alpha[..., None], head.alpha[..., None]
    on_black = cut[..., :3] * own - head.colours * theirs
    on_white = on_black + 255 * (theirs - own)
    seen = np.mean([np.abs(on_black[~plain]).mean(), np.abs(on_white[~plain]).mean()])
    return [
        float(wrong.sum()) / 1000,
        float((wrong**2).mean()) * 1000,
        float((steeper**2).sum()),
        float(seen),
    ]


def heads(data: Path, number: int, side: int) -> Iterator[Head]:
    """Draw heads before photos of nobody."""
    entries = labelled_entries(data, splits=["negatives_val"], sets=[], output="person")
    chosen = entries[:: len(entries) // number][:number]
    for index, photo in enumerate(read_photos(data, chosen)):
        yield head(photo.image, index, side)


def head(photo: np.ndarray, index: int, side: int) -> Head:
    """Draw one head, always the same."""
    rng = np.random.default_rng(index)
    alpha, colours = drawn(rng, STYLES[index % 3], COLOURS[index % len(COLOURS)], side)
    behind = resize(middle(photo), side, side)
    focus = float(rng.choice([0, 0.004, 0.015])) * side
    behind = cv2.GaussianBlur(behind, (0, 0), focus) if focus else behind
    share = alpha[..., None]
    mixed = np.rint(share * colours + (1 - share) * behind).astype(np.uint8)
    packed = cv2.imencode(".jpg", mixed, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
    solid = without_strands(alpha)
    entry = Entry("drawn", f"head-{index:06}", "", "", "mask", "mask")
    known = LabelledPhoto(entry, mixed, solid, np.zeros(solid.shape, bool))
    return Head(cv2.imdecode(packed, cv2.IMREAD_COLOR), alpha, colours, wrong_by(known, 1))


def middle(photo: np.ndarray) -> np.ndarray:
    """Cut the middle square out of a photo."""
    size = min(photo.shape[:2])
    top, left = (photo.shape[0] - size) // 2, (photo.shape[1] - size) // 2
    return photo[top : top + size, left : left + size]


def without_strands(alpha: np.ndarray) -> np.ndarray:
    """Leave out all that is thinner than a twentieth of the side, as a network does."""
    size = len(alpha) // 20
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return cv2.morphologyEx((alpha >= MASK_LEVEL).astype(np.float32), cv2.MORPH_OPEN, disc)


# Drawing, in a square of side 1


def drawn(
    rng: np.random.Generator, style: str, colour: tuple[int, ...], side: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a head's alpha and colours."""
    size = side * FINER
    while size > 6144:
        size //= 2
    alpha = np.zeros((size, size), np.uint8)
    colours = np.full((size, size, 3), colour, np.uint8)
    centre, radii = np.array([0.5, 0.45]), np.array([0.2, 0.25])
    body = (np.array([0.5, 1.05]) * size).astype(int), (np.array([0.42, 0.35]) * size).astype(int)
    cv2.ellipse(alpha, *map(tuple, map(np.ndarray.tolist, body)), 0, 0, 360, 255, -1)
    cloth = rng.integers(30, 220, 3).tolist()
    cv2.ellipse(colours, *map(tuple, map(np.ndarray.tolist, body)), 0, 0, 360, cloth, -1)
    whole = [tuple((values * size).astype(int).tolist()) for values in (centre, radii)]
    cv2.ellipse(alpha, *whole, 0, 0, 360, 255, -1)
    cv2.ellipse(colours, *whole, 0, 0, 360, colour, -1)
    for loose in (False, True):
        for _ in range(600 if loose else 2500):
            line = strand(rng, style, centre, radii, loose=loose)
            shade = np.clip(np.array(colour) * rng.uniform(0.6, 1.5) + rng.normal(0, 4), 0, 255)
            width = max(1, round(size * rng.uniform(0.0005, 0.0025)))
            points = [np.rint(line * size * 8).astype(np.int32)]
            cv2.polylines(colours, points, False, shade.tolist(), width + 2, cv2.LINE_AA, 3)
            cv2.polylines(alpha, points, False, 255, width, cv2.LINE_AA, 3)
    size = (side, side)
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return small, cv2.resize(colours, size, interpolation=cv2.INTER_AREA)


def strand(
    rng: np.random.Generator, style: str, centre: np.ndarray, radii: np.ndarray, *, loose: bool
) -> np.ndarray:
    """Draw one strand, from the hair outward if it is loose: (n, 2) ndarray of columns and rows."""
    angle = rng.uniform(-1.25 * np.pi, 0.25 * np.pi)
    out = np.array([np.cos(angle), np.sin(angle)])
    start = centre + radii * out * (rng.uniform(0.9, 1.0) if loose else rng.uniform(0.1, 0.95))
    length = rng.exponential({"straight": 0.06, "curly": 0.09, "fuzzy": 0.03}[style])
    length = min(length, 0.2) if loose else 0.06
    along = out * rng.uniform(0.3, 1) + np.array([0, 1]) * rng.uniform(0, 1)
    if not loose:
        along = np.array([-out[1], out[0]])
    turns = {"straight": 0.8, "curly": 7.0, "fuzzy": 1.5}[style] * rng.normal()
    steps = np.linspace(0, 1, 24)
    heading = np.arctan2(along[1], along[0]) + turns * steps + rng.normal(0, 0.2)
    moved = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], axis=1), axis=0)
    line: np.ndarray = start + moved * length / len(steps)
    if not loose:
        inside = (((line - centre) / radii) ** 2).sum(axis=1) < 0.95
        line = line[inside] if inside.sum() > 1 else line[:2]
    return line


def save(path: Path, head: Head, cut: np.ndarray) -> None:
    """Write a head, its true cutout and the one found, on magenta."""
    path.parent.mkdir(parents=True, exist_ok=True)
    true = np.dstack([head.colours, np.rint(head.alpha * 255)])
    shown = [head.image, *(on_magenta(each[..., :3], each[..., 3] / 255) for each in (true, cut))]
    cv2.imwrite(str(path), np.hstack(shown)[..., ::-1])


if __name__ == "__main__":
    main()
