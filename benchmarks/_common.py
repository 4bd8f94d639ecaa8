"""What the benchmarks share: fresh processes timed in turns, a table, the machine."""

import os
import platform
import statistics
import subprocess
import sys
import time


def say(text: str) -> None:
    """Write a result."""
    sys.stdout.write(f"{text}\n")


def machine() -> str:
    """Describe what the figures were measured on."""
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}"
    )


def table(lines: list[list[str]]) -> str:
    """Lay cells out in columns, the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def median_seconds(commands: dict[str, list[str]], rounds: int) -> dict[str, float]:
    """Time commands in fresh processes, in turns, so that a busy moment hits all of them.

    One round before the first fills the system's file cache and isn't counted. A command that
    fails stops the benchmark with what it wrote.
    """
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            seconds = _seconds(command)
            if turn:
                times[name].append(seconds)
    return {name: statistics.median(values) for name, values in times.items()}


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)}\nexited with {done.returncode}:\n{done.stderr}")
    return seconds
