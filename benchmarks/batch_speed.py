"""How fast batches are: one process against several, and against rembg where it is installed.

Run: python benchmarks/batch_speed.py --data ../shared/data [--photos 300] [--large 20]
     [--methods contour person] [--rounds 3]

The photos are of the data folder's val split, the first of them once more at 12 megapixels. The
commands run in turns, so that a busy moment hits all of them. Also prints the parent's peak
memory at a few points of a run.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import threading
import time
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import cv2
from _common import machine, median_seconds, say, table
from PIL import Image

from bgremove.labelled_photos import read_index, read_photos

LARGE = (4000, 3000)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--photos", type=int, default=300)
    parser.add_argument("--large", type=int, default=20)
    parser.add_argument("--methods", nargs="+", default=["contour", "person"])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        photos, out = Path(scratch, "photos"), Path(scratch, "out")
        write_photos(options.data, photos, options.photos, options.large)
        versions = ", ".join(map(version_of, ("numpy", "pillow", "rembg")))
        say(f"{machine()}; OpenCV {cv2.__version__}, {versions}")
        say(f"{options.photos} photos and {options.large} of 12 MP; {options.rounds} rounds\n")
        for method in options.methods:
            say(compared(method, photos, out, options.rounds) + "\n")
        say(memory_of_parent(photos, out))


def write_photos(data: Path, folder: Path, count: int, large: int) -> None:
    """Write photos as JPEG, and the first of them again at 12 megapixels."""
    folder.mkdir()
    entries = read_index(data, lambda entry: entry.split == "val")[:count]
    for number, photo in enumerate(read_photos(data, entries)):
        Image.fromarray(photo.image).save(folder / f"{number:04}.jpg", quality=92)
        if number < large:
            upscaled = cv2.resize(photo.image, LARGE, interpolation=cv2.INTER_CUBIC)
            Image.fromarray(upscaled).save(folder / f"large-{number:04}.jpg", quality=92)


def batch(method: str, photos: Path, out: Path, jobs: str) -> list[str]:
    """Give a batch's command."""
    program = [sys.executable, "-m", "bgremove", "batch", str(photos), "--out", str(out)]
    return [*program, "--method", method, "--jobs", jobs, "--overwrite", "--quiet"]


def compared(method: str, photos: Path, out: Path, rounds: int) -> str:
    """Time the commands in turns."""
    commands = {
        f"{method}, --jobs {n}": batch(method, photos, out / method, n) for n in ("1", "auto")
    }
    if method == "person" and find_spec("rembg"):
        rembg = [sys.executable, "-m", "rembg.cli", "p", "-m", "u2netp"]
        commands["rembg p, u2netp"] = [*rembg, str(photos), str(out / "rembg")]
    medians = median_seconds(commands, rounds)
    count, first = len(list(photos.iterdir())), next(iter(medians.values()))
    lines = [["command", "seconds", "photos/s", "times the first"]]
    for name, seconds in medians.items():
        lines.append([name, f"{seconds:.1f}", f"{count / seconds:.1f}", f"{first / seconds:.2f}"])
    return table(lines)


def memory_of_parent(photos: Path, out: Path) -> str:
    """Watch the parent's peak memory while a batch runs: it must not grow with the photos."""
    if platform.system() != "Linux":
        return "The parent's memory is measured on Linux only."
    report = out / "report.jsonl"
    out.mkdir(exist_ok=True)
    command = [*batch("contour", photos, out / "memory", "auto"), "--report", str(report)]
    seen: dict[int, int] = {}
    with subprocess.Popen(command) as process:
        watch = threading.Thread(target=_watch, args=(process, report, seen))
        watch.start()
        process.wait()
        watch.join()
    summary = json.loads(report.read_text().splitlines()[-1])["summary"]
    told = [f"{count} photos {kib / 1024:.1f} MiB" for count, kib in sorted(seen.items())]
    return f"parent's peak memory after {', '.join(told)} (of {summary['photos']})"


def _watch(process: "subprocess.Popen[bytes]", report: Path, seen: dict[int, int]) -> None:
    steps = [10, 50, 100, 150, 200, 250, 300]
    while process.poll() is None and steps:
        done = report.read_bytes().count(b"\n") if report.exists() else 0
        if done >= steps[0]:
            status = Path(f"/proc/{process.pid}/status").read_text()
            seen[steps.pop(0)] = int(status.split("VmHWM:")[1].split()[0])
        time.sleep(0.01)


def version_of(name: str) -> str:
    """Name a package with its version."""
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"no {name}"


if __name__ == "__main__":
    main()
