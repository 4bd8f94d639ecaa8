"""A run's curves: one line a step, and a plot of them."""

import csv
from pathlib import Path

from bgremove.errors import TrainingError, reason_of
from bgremove.extras import import_extra

Row = dict[str, float]


def append(path: Path, **row: float) -> None:
    """Add a line to a table, with a heading if it is the first."""
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row.keys())
        if new:
            writer.writeheader()
        writer.writerow(row)


def read(path: Path, *needed: str) -> list[Row]:
    """Read a table; a last line that was cut off is left out.

    Parameters
    ----------
    path : Path
    *needed : str
        Columns that must be there.

    Returns
    -------
    list of dict of str to float
        By column; empty where there is no table.

    Raises
    ------
    TrainingError
        If it is no table of numbers, or lacks a column.
    """
    if not path.exists():
        return []
    try:
        *lines, _ = path.read_text(encoding="utf-8").split("\n")
        heading, *rows = csv.reader(lines or [",".join(needed)])
        if not {*needed} <= {*heading}:
            raise ValueError(f"its columns are {','.join(heading)}")
        return [
            dict(zip(heading, map(float, row), strict=True))
            for row in rows
            if len(row) == len(heading) and all(row)
        ]
    except (ValueError, csv.Error) as error:
        columns = f" with {', '.join(needed)}" if needed else ""
        raise TrainingError(
            f"{path}: expected a table of numbers{columns}: {reason_of(error)}; "
            "move it away, and the run goes on"
        ) from error


def forget_from(path: Path, step: int, *needed: str) -> None:
    """Drop the lines of a step and later: a run that goes on from there writes them again.

    Raises
    ------
    TrainingError
        If it is no table of numbers, or lacks a column, ``step`` or one that is needed, too.
    """
    kept = [row for row in read(path, "step", *needed) if row["step"] < step]
    path.unlink(missing_ok=True)
    for row in kept:
        append(path, **row)


SMOOTHED_OVER = 50
"""Steps that a point of the plotted loss is the mean of."""


def plot(losses: list[Row], validations: list[Row], path: Path) -> None:
    """Draw the loss and, where there is any, the validation over the steps.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    import_extra("matplotlib", "training")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    left = figure.add_subplot(xlabel="step", ylabel=f"loss, mean of {SMOOTHED_OVER} steps")
    chunks = [losses[i : i + SMOOTHED_OVER] for i in range(0, len(losses), SMOOTHED_OVER)]
    left.plot(
        [chunk[-1]["step"] for chunk in chunks],
        [sum(row["loss"] for row in chunk) / len(chunk) for chunk in chunks],
        color="tab:grey",
    )
    right = left.twinx()
    right.set(ylabel="mean IoU on val", ylim=(0, 1))
    for name in [key for key in (validations or [{}])[0] if key.endswith("_iou")]:
        steps = [row["step"] for row in validations]
        right.plot(steps, [row[name] for row in validations], marker="o", label=name)
    if right.lines:
        right.legend()
    figure.savefig(path)
