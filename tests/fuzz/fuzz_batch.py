"""Feeds damaged pictures of every format to ``bgremove batch``, and looks for what must not be.

Run: python tests/fuzz/fuzz_batch.py [--inputs 10000] [--seed 0] [--keep FOLDER]

Each input is a small real file of a format, with hostile EXIF, ICC and text in some, that is
then mutated: bits flipped, bytes set to extremes, pieces cut, doubled, moved or taken from
another file. They go through the real command, in rounds. Exits 1, and keeps the inputs, if a
round ends with a traceback, an internal error, a dead worker, a photo over its time, an output
that is no whole PNG, a part of one, or a worker of more than `MOST_MEMORY`.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import ExifTags, ImageCms
from PIL import Image as PILImage

ROUND = 500
TIMEOUT = 20.0
MOST_PIXELS = 4_000_000
MOST_MEMORY = 1_500
"""MiB of a worker: more than libraries and 4 megapixels take, and far less than a bomb."""

ODD_NAMES = ("-r.jpg", "a b.png", "a\nb.gif", "[1].webp", "é.tif", "$HOME.png", "x;y.bmp")


def seeds() -> list[bytes]:
    """Draw small pictures, and save them in every format and many modes."""
    rng = np.random.default_rng(0)
    image = np.full((48, 64, 3), 240, np.uint8)
    image[12:36, 16:48] = (20, 90, 160)
    image += rng.integers(0, 9, image.shape, np.uint8)
    rgb = PILImage.fromarray(image)
    exif = PILImage.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Artist] = "x" * 300
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    frames = {"save_all": True, "append_images": [rgb.rotate(90), rgb.rotate(180)]}
    forms = [
        *(("JPEG", rgb, {"exif": exif, "icc_profile": icc, "dpi": (300, 300)}),),
        *(("JPEG", rgb, {"progressive": True}), ("JPEG", rgb.convert("CMYK"), {})),
        *(("JPEG", rgb.convert("L"), {}), ("PNG", rgb, {"exif": exif, "icc_profile": icc})),
        *(("PNG", rgb.convert("RGBA"), {}), ("PNG", rgb.convert("P"), {"transparency": 3})),
        *(("PNG", rgb.convert("I;16"), {}), ("PNG", rgb.convert("1"), {}), ("PNG", rgb, frames)),
        *(("WEBP", rgb, {"exif": exif}), ("WEBP", rgb.convert("RGBA"), {"lossless": True})),
        *(("WEBP", rgb, frames), ("GIF", rgb, {}), ("GIF", rgb, frames)),
        *(("TIFF", rgb, {"exif": exif, "icc_profile": icc}), ("TIFF", rgb, frames)),
        *(("TIFF", rgb, {"compression": kind}) for kind in ("tiff_lzw", "jpeg", "packbits")),
        *(("TIFF", rgb.convert("I;16"), {}), ("BMP", rgb, {}), ("BMP", rgb.convert("P"), {})),
        *(("AVIF", rgb, {"exif": exif}), ("AVIF", rgb, frames)),
    ]
    if find_spec("pillow_heif"):
        import_module("pillow_heif").register_heif_opener()
        forms += [("HEIF", rgb, {"exif": exif}), ("HEIF", rgb.convert("RGBA"), {})]
    return [encoded(*form) for form in forms]


def encoded(kind: str, picture: PILImage.Image, options: dict[str, object]) -> bytes:
    stream = BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


EXTREMES = (b"\0", b"\xff", b"\x7f", b"\x80", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff")


def mutated(rng: random.Random, files: list[bytes]) -> bytes:
    """Damage one of the files, in one to eight places; the first bytes seldom."""
    data = bytearray(rng.choice(files))
    for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
        here = rng.randrange(0 if rng.random() < 0.1 else min(12, len(data) - 1), len(data))
        there = min(len(data), here + rng.choice((1, 2, 4, 16, 256)))
        action = rng.randrange(6)
        if action == 0:
            data[here] ^= 1 << rng.randrange(8)
        elif action == 1:
            extreme = rng.choice(EXTREMES)
            data[here : here + len(extreme)] = extreme
        elif action == 2:
            del data[here : there if rng.random() < 0.7 else len(data)]
        elif action == 3:
            data[here:here] = data[here:there] * rng.choice((1, 2, 50))
        elif action == 4:
            other = rng.choice(files)
            start = rng.randrange(len(other))
            data[here:there] = other[start : start + rng.choice((4, 64, 1024))]
        else:
            data[here:there] = rng.randbytes(there - here)
        if len(data) < 2:
            break
    return bytes(data)


def write_round(folder: Path, number: int, count: int, seed: int, files: list[bytes]) -> None:
    rng = random.Random(f"{seed}/{number}")
    folder.mkdir()
    for index in range(count):
        name = ODD_NAMES[index] if index < len(ODD_NAMES) else f"{index}.jpg"
        folder.joinpath(name).write_bytes(mutated(rng, files))


COMMAND = """
import resource, sys
from bgremove.cli import main
sys.argv = ["bgremove", *sys.argv[1:]]
if __name__ == "__main__":
    try:
        main()
    finally:
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


def run_round(folder: Path, out: Path) -> tuple[list[str], Counter[str], float]:
    """Run one round; give what is wrong, the statuses, and the largest worker's MiB."""
    script, report = folder.parent / "command.py", folder.parent / "report.json"
    script.write_text(COMMAND)
    arguments = ["batch", str(folder), "--out", str(out), "--report", str(report), "--quiet"]
    limits = ["--timeout", str(TIMEOUT), "--max-pixels", str(MOST_PIXELS)]
    done = subprocess.run(
        [sys.executable, str(script), *arguments, "--method", "contour", *limits],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=ROUND * TIMEOUT,
    )
    photos = json.loads(report.read_text())["photos"]
    wrong = [f"{p['input']}: {p['message']}" for p in photos if is_wrong(p)]
    wrong += ["a traceback:\n" + done.stderr] if "Traceback" in done.stderr else []
    wrong += [f"exit code {done.returncode}"] if done.returncode not in (0, 1) else []
    wrong += [f"{path}: a part" for path in out.rglob("*.part")]
    wrong += [f"{path}: not whole" for path in out.rglob("*.png") if not is_whole(path)]
    memory = float(done.stdout.split()[-1])
    wrong += [f"a worker of {memory:.0f} MiB"] if memory > MOST_MEMORY else []
    wrong += [] if len(photos) == len(list(folder.iterdir())) else ["photos without a word"]
    return wrong, Counter(p["status"] for p in photos), memory


def is_wrong(photo: dict[str, str]) -> bool:
    return photo["error"] == "WorkerError" or "internal error" in (photo["message"] or "")


def is_whole(path: Path) -> bool:
    try:
        with PILImage.open(path) as picture:
            picture.load()
            return picture.mode == "RGBA"
    except OSError:
        return False


def main() -> None:
    """Run the rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=None)
    options = parser.parse_args()
    files, total, worst = seeds(), Counter(), 0.0
    start, left, number = time.monotonic(), options.inputs, 0
    while left > 0:
        count = min(ROUND, left)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
            folder = Path(options.keep or scratch, f"round-{number}")
            write_round(folder, number, count, options.seed, files)
            wrong, statuses, memory = run_round(folder, Path(scratch, "out"))
        total, worst = total + statuses, max(worst, memory)
        for line in wrong:
            sys.stdout.write(f"round {number}: {line}\n")
        if wrong:
            sys.exit(1)
        left, number = left - count, number + 1
    told = ", ".join(f"{count} {status}" for status, count in total.most_common())
    seconds = time.monotonic() - start
    sys.stdout.write(
        f"{options.inputs} inputs of {len(files)} files, seed {options.seed}: {told}; "
        f"no traceback, no hang, no part; largest worker {worst:.0f} MiB; {seconds:.0f} s\n"
    )


if __name__ == "__main__":
    main()
