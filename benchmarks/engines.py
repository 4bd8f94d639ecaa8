"""What one cold process takes to load and run a network on the CPU, by engine.

Run: python benchmarks/engines.py [--model FILE.onnx] [--runs 5] [--rounds 3]
CPU seconds, so that other work on the machine counts little; pip install "bgremove[onnxruntime]"
to compare.
"""

import argparse
import statistics
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from _common import machine, say, table

MODEL = Path(__file__).resolve().parent.parent / "models" / "tiramisu" / "model.onnx"

ENGINES = ("opencv", "onnxruntime")

MEASURE = """
import resource, sys, time
from pathlib import Path
import cv2, numpy as np
engine, path, runs = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
image = np.random.default_rng(0).random((1, 224, 224, 3), np.float32)
start = time.process_time()
if engine == "opencv":
    from bgremove.segmenter.opencv_runner import read
else:
    from bgremove.segmenter.onnxruntime_runner import read
run = read(path)
loaded = time.process_time()
run(image)
first = time.process_time()
clock = time.perf_counter()
for _ in range(runs):
    run(image)
later, wall = time.process_time(), time.perf_counter()
megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(loaded - start, first - loaded, (later - first) / runs, (wall - clock) / runs, megabytes)
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=str(MODEL))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    engines = [name for name in ENGINES if name == "opencv" or find_spec(name)]
    measured: dict[str, list[list[float]]] = {name: [] for name in engines}
    for _ in range(options.rounds):
        for name in engines:
            measured[name].append(measure(name, options.model, options.runs))

    say(f"{machine()}; CPU seconds, medians of {options.rounds} fresh processes, in turns\n")
    lines = [["engine", "load", "first run", "later run", "later run, wall", "peak MB"]]
    for name, rounds in measured.items():
        columns = zip(*rounds, strict=True)
        *seconds, megabytes = (statistics.median(column) for column in columns)
        lines.append([name, *(f"{value:.2f}" for value in seconds), f"{megabytes:.0f}"])
    say(table(lines))


def measure(engine: str, model: str, runs: int) -> list[float]:
    """Run one fresh process; give its seconds and peak memory."""
    command = [sys.executable, "-c", MEASURE, engine, model, str(runs)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [float(number) for number in output.split()]


if __name__ == "__main__":
    main()
