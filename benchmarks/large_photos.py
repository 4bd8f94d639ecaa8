"""What each stage of a large photo costs: seconds, CPU seconds, and the process's peak memory.

Each size runs in a fresh process. The photo is the sample, enlarged and grained; where the
network does not find a person in it, a drawn map stands in, so that there are edges to refine.

Run: python benchmarks/large_photos.py [--megapixels 12 100] [--edges soft] [--photo PHOTO]
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _common import machine, say, table

PHOTO = Path(__file__).resolve().parent.parent / "examples" / "astronaut.jpg"
HEADER = ["stage", "seconds", "CPU seconds", "peak MB so far"]


def main() -> None:
    """Print one table a size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photo", default=str(PHOTO))
    parser.add_argument("--megapixels", nargs="+", type=float, default=[12, 100])
    parser.add_argument("--edges", default="soft")
    parser.add_argument("--model", default="tiramisu")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    parser.add_argument("--whole", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.whole:
        whole_command(Path(options.whole), options.edges, options.model)
        return
    if options.inside:
        stages(options.inside, options.edges, options.model)
        return
    say(machine())
    with tempfile.TemporaryDirectory() as folder:
        for megapixels in options.megapixels:
            path = Path(folder, f"{megapixels:g}.jpg")
            call = [sys.executable, __file__, "--edges", options.edges, "--model", options.model]
            enlarge = "from large_photos import enlarged; import sys; enlarged(*sys.argv[1:])"
            here = Path(__file__).parent
            command = [sys.executable, "-c", enlarge, options.photo, str(megapixels), str(path)]
            subprocess.run(command, cwd=here, check=True)
            say(f"\n{megapixels:g} megapixels, edges {options.edges}")
            subprocess.run([*call, "--inside", str(path)], check=True)
            subprocess.run([*call, "--whole", str(path)], check=True)


def enlarged(photo: str, megapixels: str, path: str) -> None:
    """Write a photo of that size as a JPEG, 4:3, with grain."""
    import numpy as np
    from PIL import Image

    height = round((float(megapixels) * 1e6 * 3 / 4) ** 0.5)
    width = round(float(megapixels) * 1e6 / height)
    with Image.open(photo) as picture:
        large = np.array(picture.convert("RGB").resize((width, height), Image.Resampling.BICUBIC))
    rng = np.random.default_rng(0)
    for top in range(0, height, 512):
        part = large[top : top + 512]
        grained = part + rng.integers(-3, 4, part.shape, np.int8)
        large[top : top + 512] = np.clip(grained, 0, 255)
    Image.fromarray(large).save(path, quality=92)


def stages(path: str, edges: str, model: str) -> None:
    """Run the person method's stages on a photo and print what each took."""
    lines = [HEADER]
    base = ["start of process", "", "", f"{peak():.0f}"]

    def timed(name: str, work: object) -> object:
        start, cpu = time.perf_counter(), time.process_time()
        result = work()
        seconds = time.perf_counter() - start
        lines.append([name, f"{seconds:.3f}", f"{time.process_time() - cpu:.3f}", f"{peak():.0f}"])
        return result

    from bgremove.arrays import working_copy
    from bgremove.compose import tiled_cutout
    from bgremove.image_io import encode_png_bands, read_photo
    from bgremove.refine import EDGES
    from bgremove.removers.network import is_present, refined_map
    from bgremove.segmenter import load_segmenter

    lines.append(base)
    segmenter = timed("load the network", lambda: load_segmenter(model, "cpu"))
    photo = timed("decode", lambda: read_photo(path, max_pixels=10**9))
    working = timed("working copy", lambda: working_copy(photo.image))
    channel = segmenter.card.channel_of("person")
    probability = timed("network", lambda: segmenter.predict(working)[..., channel])
    if not is_present(probability, segmenter.card.presence_of("person")):
        probability = drawn(probability.shape)
    options = {"output": "person", "threshold": 0.5, "to_alpha": EDGES[edges]}
    options["outward"] = segmenter.card.outward
    refined = timed(f"refine, {edges}", lambda: refined_map(probability, working, **options))
    source = timed("carry on", lambda: refined.on(photo.image))
    cut = timed("colours around", lambda: tiled_cutout(photo.image, source))
    shape = (*photo.image.shape[:2], 4)
    data = timed("cutout and PNG, in bands", lambda: encode_png_bands(cut.bands(), shape, photo))
    decoded = photo.image.nbytes / 1e6
    say(table(lines))
    say(f"decoded {decoded:.0f} MB, PNG {len(data) / 1e6:.0f} MB, peak {peak() / decoded:.2f} ×")


def whole_command(path: Path, edges: str, model: str) -> None:
    """Run the command on a photo and print what it took, and its peak memory."""
    options = ["--method", "person", "--edges", edges, "--model", model, "--max-pixels", str(10**9)]
    command = [sys.executable, "-m", "bgremove", str(path), *options]
    start = time.perf_counter()
    subprocess.run(command, cwd=path.parent, check=True)
    seconds = time.perf_counter() - start
    say(f"the command: {seconds:.2f} s, peak {peak(resource.RUSAGE_CHILDREN):.0f} MB")


def drawn(shape: tuple[int, ...]) -> object:
    """Draw a map of head and shoulders, with an unsure outline."""
    import cv2
    import numpy as np

    height, width = shape
    mask = np.zeros(shape, np.float32)
    cv2.circle(mask, (width // 2, height // 3), height // 5, 1, -1)
    cv2.ellipse(mask, (width // 2, height), (width // 3, height // 2), 0, 0, 360, 1, -1)
    return cv2.GaussianBlur(mask, (0, 0), 2)


def peak(who: int = resource.RUSAGE_SELF) -> float:
    """Give the peak resident memory of the process, or of its largest child, in megabytes."""
    size = resource.getrusage(who).ru_maxrss
    return size / 1e6 if sys.platform == "darwin" else size * 1024 / 1e6


if __name__ == "__main__":
    main()
