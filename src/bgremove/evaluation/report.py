"""Figures as a table, as CSV, as JSON and on a model's card."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bgremove.cards import ModelCard
from bgremove.errors import DataError, ImageWriteError, reason_of
from bgremove.evaluation.run import ALL_SETS, Figures, PhotoScore, Row
from bgremove.image_io import write_atomically

HEADINGS = {
    "photos": "photos",
    "mean_iou": "IoU",
    "median_iou": "median",
    "two_class_miou": "mIoU",
    "boundary_iou": "boundary",
    "mae": "MAE",
    "sad": "SAD/1000",
    "mean_f_beta": "mean F",
    "max_f_beta": "max F",
    "share_under_half": "IoU<.5",
    "photos_without": "empty",
    "false_rate": "false",
}
"""The table's columns: a figure and what stands above it."""

DIGITS = 4
"""Digits that a figure is stored with, after the point."""


def table(rows: Iterable[Row]) -> str:
    """Lay figures out as text, one line a row, columns aligned."""
    lines = [["split", "set", *HEADINGS.values()]]
    lines += [[row.split, row.set, *(_cell(row.figures, key) for key in HEADINGS)] for row in rows]
    return aligned(lines, words=2)


def _cell(figures: Figures, key: str) -> str:
    if key not in figures:
        return "–"
    value = figures[key]
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def aligned(lines: list[list[str]], *, words: int) -> str:
    """Lay cells out in columns: the first ones, `words`, to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index < words else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def rounded(figures: Figures) -> Figures:
    """Round figures to as many digits as are stored."""
    return {key: round(value, DIGITS) for key, value in figures.items()}


def as_csv(scores: Iterable[PhotoScore]) -> str:
    """Give one line a photo; the scores are empty where the photo shows no subject."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = ("iou", "two_class_miou", "boundary_iou", "mae", "sad")
    writer.writerow(("split", "set", "stem", "found", *names))
    for score in scores:
        values = [
            "" if score.scores is None else round(getattr(score.scores, name), DIGITS)
            for name in names
        ]
        entry = score.entry
        writer.writerow((entry.split, entry.set, entry.stem, int(score.found), *values))
    return text.getvalue()


def as_json(rows: Iterable[Row], *, source: str, output: str) -> str:
    """Give the figures by split and set, and what they are of."""
    splits: dict[str, dict[str, Any]] = {}
    for row in rows:
        splits.setdefault(row.split, {})[row.set] = rounded(row.figures)
    table = {"source": source, "output": output, "splits": splits}
    return json.dumps(table, indent=2, ensure_ascii=False) + "\n"


def with_metrics(card: ModelCard, rows: Iterable[Row], output: str) -> ModelCard:
    """Put the figures of whole splits on a card, beside those that are there.

    Returns
    -------
    ModelCard
        Its metrics hold the split's name for the person output, ``SPLIT (OUTPUT)`` for another.
    """
    new = {
        row.split if output == "person" else f"{row.split} ({output})": rounded(row.figures)
        for row in rows
        if row.set == ALL_SETS
    }
    return replace(card, metrics={**(card.metrics or {}), **new})


def check_writable(path: Path) -> None:
    """Check that a file can be written, and leave what is there as it is.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    is_there = path.exists()
    try:
        path.open("ab").close()
        if not is_there:
            path.unlink()
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {reason_of(error)}") from error


def write(text: str, path: Path) -> None:
    """Write a report: a file whole or not at all; through a link, or to a device, as it comes.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            path.write_bytes(text.encode())
        else:
            write_atomically(text.encode(), path, overwrite=True)
    except ImageWriteError as error:
        raise DataError(str(error)) from error
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {reason_of(error)}") from error
