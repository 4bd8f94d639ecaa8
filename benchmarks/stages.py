"""Where the time of one photo goes: decode, resize, network, refine, compose, encode.

Run: python benchmarks/stages.py [--photo PHOTO] [--megapixels 1 12 48] [--model NAME] [--rounds 5]

The photo is scaled to each size, with the grain of a sensor, and saved as JPEG. Times are
medians of CPU seconds, which other programs disturb little, and of wall seconds. The floor is
decode + network + encode: what no program can leave out; the last line of each table tells the
whole photo, from file to file, against it.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from _common import machine, say, table
from PIL import Image

from bgremove.arrays import working_copy
from bgremove.batch import Job, Settings, cut_out
from bgremove.compose import cutout
from bgremove.image_io import encode_png, read_photo
from bgremove.removers.person import PersonRemover
from bgremove.segmenter.base import prepare

PHOTO = Path(__file__).resolve().parent.parent / "examples" / "astronaut.jpg"

GRAIN = 2.0
"""Standard deviation of the noise, in levels: clean upscaled photos compress too well."""

FLOOR = ("decode", "network", "encode")


def main() -> None:
    """Print a table a size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photo", type=Path, default=PHOTO)
    parser.add_argument("--megapixels", nargs="+", type=float, default=[1, 12, 48])
    parser.add_argument("--model", default=None)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    remover = PersonRemover(**({"model": options.model} if options.model else {}))
    say(f"{machine()}; {remover.segmenter.card.name}; medians of {options.rounds} rounds")
    with tempfile.TemporaryDirectory() as scratch:
        for size in options.megapixels:
            photo = scaled(options.photo, size, Path(scratch))
            say(f"\n{size:g} megapixels")
            say(table(stages(photo, remover, options.rounds)))


def scaled(photo: Path, megapixels: float, folder: Path) -> Path:
    """Write a photo at a size."""
    image = read_photo(photo).image
    factor = (megapixels * 1e6 / (image.shape[0] * image.shape[1])) ** 0.5
    large = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(0).normal(0, GRAIN, large.shape).astype(np.float32)
    grainy = np.clip(np.rint(large + noise), 0, 255).astype(np.uint8)
    path = folder / f"{megapixels:g}.jpg"
    Image.fromarray(grainy).save(path, quality=92)
    return path


def stages(path: Path, remover: PersonRemover, rounds: int) -> list[list[str]]:
    """Time each stage alone, and the whole."""
    spec = remover.segmenter.card.input
    photo = read_photo(path)
    matte = remover.matte(photo.image)
    joined = cutout(photo.image, matte.alpha, photo.alpha)
    height, width = spec.shape_for(*photo.image.shape[:2])
    small = np.ascontiguousarray(cv2.resize(photo.image, (width, height)))
    job = Job(name=str(path), source=path, target=path.with_suffix(".png"), overwrite=True)
    actions: dict[str, Callable[[], Any]] = {
        "decode": lambda: read_photo(path),
        "resize": lambda: prepare(working_copy(photo.image), spec),
        "network": lambda: remover.segmenter.predict(small),
        "matte": lambda: remover.matte(photo.image),
        "compose": lambda: cutout(photo.image, matte.alpha, photo.alpha),
        "encode": lambda: encode_png(joined, photo),
        "whole": lambda: cut_out(job, remover, Settings(durable=False)),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in actions}
    for turn in range(rounds + 1):
        for name, action in actions.items():
            taken = timed(action)
            if turn:
                times[name].append(taken)
    medians = {
        name: [statistics.median(column) for column in zip(*values, strict=True)]
        for name, values in times.items()
    }
    parts = (medians["matte"], medians["resize"], medians["network"])
    medians["refine"] = [max(0.0, m - r - n) for m, r, n in zip(*parts, strict=True)]
    medians["floor"] = [sum(column) for column in zip(*(medians[n] for n in FLOOR), strict=True)]
    order = ("decode", "resize", "network", "refine", "compose", "encode", "floor", "whole")
    lines = [["stage", "CPU ms", "wall ms"]]
    lines += [[name, *(f"{1000 * value:.1f}" for value in medians[name])] for name in order]
    ratios = [
        whole / floor for whole, floor in zip(medians["whole"], medians["floor"], strict=True)
    ]
    return [*lines, ["whole / floor", *(f"{ratio:.2f}" for ratio in ratios)]]


def timed(action: Callable[[], Any]) -> tuple[float, float]:
    """Give CPU and wall seconds of an action."""
    cpu, wall = time.process_time(), time.perf_counter()
    action()
    return time.process_time() - cpu, time.perf_counter() - wall


if __name__ == "__main__":
    main()
