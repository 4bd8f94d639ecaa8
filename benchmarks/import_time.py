"""How long ``import bgremove`` takes, and which heavy libraries it loads.

Run: python benchmarks/import_time.py [--statement "import bgremove"] [--rounds 5]
"""

import argparse
import statistics
import subprocess
import sys

from _common import machine, say, table

HEAVY = ("tensorflow", "keras", "torch", "onnx", "onnxruntime", "ray", "cv2", "PIL", "numpy")
SHOWN = 10


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--statement", default="import bgremove")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    runs = [own_milliseconds(options.statement) for _ in range(options.rounds)]
    bare = [own_milliseconds("pass") for _ in range(options.rounds)]
    own = {name: statistics.median(run.get(name, 0.0) for run in runs) for name in runs[-1]}
    added = {name: time for name, time in own.items() if name not in bare[-1]}
    slowest = sorted(added, key=lambda name: added[name], reverse=True)[:SHOWN]
    say(machine())
    say(f"{options.statement}: {sum(added.values()):.1f} ms in {len(added)} modules")
    loaded = [library for library in HEAVY if library in added]
    say(f"heavy libraries loaded: {', '.join(loaded) or 'none'}\n")
    say(table([["slowest modules", "ms"], *([name, f"{added[name]:.1f}"] for name in slowest)]))


def own_milliseconds(statement: str) -> dict[str, float]:
    """Run a statement in a fresh interpreter; give each module's own time."""
    command = [sys.executable, "-X", "importtime", "-c", statement]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()
    rows = [line.removeprefix("import time:").split("|") for line in lines if "|" in line]
    return {row[2].strip(): int(row[0]) / 1000 for row in rows if row[0].strip().isdigit()}


if __name__ == "__main__":
    main()
