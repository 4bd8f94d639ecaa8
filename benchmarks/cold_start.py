"""How long fresh processes take: the interpreter, the command, and the network on both engines.

Run: python benchmarks/cold_start.py [--photo PHOTO] [--model NAME or FILE] [--rounds 5]
"""

import argparse
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from _common import machine, median_seconds, say, table

PHOTO = Path(__file__).resolve().parent.parent / "examples" / "astronaut.jpg"
BARE = "bare interpreter"

ON_TENSORFLOW = """
import sys
from bgremove.devices import parse_device
from bgremove.image_io import read_photo
from bgremove.model_files import locate_model
from bgremove.segmenter.keras_engine import load_keras

photo, model = sys.argv[1:]
card, path = locate_model(model)
load_keras(path, card, parse_device("cpu")).predict(read_photo(photo).image)
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photo", default=str(PHOTO))
    parser.add_argument("--model", default="tiramisu")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as out:
        medians = median_seconds(commands(options.photo, options.model, out), options.rounds)
    bare = medians[BARE]
    say(f"{machine()}; medians of {options.rounds} rounds, in turns\n")
    lines = [["fresh process", "seconds", "beyond bare", "times bare"]]
    for name, seconds in medians.items():
        lines.append([name, f"{seconds:.3f}", f"{seconds - bare:.3f}", f"{seconds / bare:.1f}"])
    say(table(lines))


def commands(photo: str, model: str, out: str) -> dict[str, list[str]]:
    """Give each command by its name."""
    python = sys.executable
    bgremove = [python, "-m", "bgremove"]
    into = ["--out", out, "--overwrite", "--quiet"]
    result = {
        BARE: [python, "-c", "pass"],
        "bgremove --help": [*bgremove, "--help"],
        "--method contour": [*bgremove, photo, "--method", "contour", *into],
        "--method person": [*bgremove, photo, "--method", "person", "--model", model, *into],
    }
    if find_spec("tensorflow"):
        result["the same model, TensorFlow"] = [python, "-c", ON_TENSORFLOW, photo, model]
    else:
        say('TensorFlow is not installed, and left out: pip install "bgremove[tensorflow]"')
    return result


if __name__ == "__main__":
    main()
