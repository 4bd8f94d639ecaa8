"""CSV files that tell of photos by set and stem, read whole or told what is wrong with them."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from bgremove.errors import DataError

LABELS = ("mask", "none", "unknown")
"""What may be said of a photo's people, and of its subject (see `Entry`)."""

Row: TypeAlias = dict[str, str]
"""Values by column."""

Made = TypeVar("Made")


def read_table(path: Path, kind: str, make: Callable[[Row], Made]) -> list[Made]:
    """Read a CSV file.

    Parameters
    ----------
    path : Path
    kind : str
        What messages call what is expected in the file.
    make : callable
        Gives what a row stands for; a `ValueError` of it is told with the row's line.

    Raises
    ------
    DataError
        If the file is missing or broken, a column is missing, a row is shorter or longer than
        the heading or tells of a photo of which another has told, or `make` refuses it.
    """
    told: set[tuple[str, str]] = set()

    def made(row: Row) -> Made:
        _check_length(row)
        photo = row["set"], row["stem"]
        if photo in told:
            raise ValueError(f"expected each photo once, got {'/'.join(photo)} again")
        told.add(photo)
        return make(row)

    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            return [_at_line(rows.line_num, made, row) for row in rows]
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: expected {kind}: {error}") from error


def label_in(row: Row, column: str) -> str:
    """Give a label of a row.

    Raises
    ------
    ValueError
        If it is none of `LABELS`.
    """
    if row[column] not in LABELS:
        raise ValueError(f"{column} must be mask, none or unknown, got {row[column]!r}")
    return row[column]


def _at_line(line: int, made: Callable[[Row], Made], row: Row) -> Made:
    try:
        return made(row)
    except KeyError as error:
        raise ValueError(f"line {line}: expected a column {error}") from error
    except ValueError as error:
        raise ValueError(f"line {line}: {error}") from error


def _check_length(row: dict[Any, Any]) -> None:
    """Check that no column of a `csv.DictReader` lacks its value, and no value its column."""
    if None in row or None in row.values():
        columns = len(row.keys() - {None})
        raise ValueError(f"expected {columns} values, one for each column")
