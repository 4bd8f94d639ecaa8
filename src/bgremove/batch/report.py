"""What became of each photo, as a file: JSON, JSON lines or CSV.

Each is written as the outcomes come, so that memory does not grow with their number.
"""

import csv
import errno
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO, get_args

from bgremove.batch.jobs import Outcome, Status
from bgremove.batch.places import identity, place_of
from bgremove.errors import ImageWriteError, OptionError, reason_of
from bgremove.image_io import make_folder
from bgremove.paths import STREAM

STAGES = ("decode", "matte", "compose", "encode", "write")
"""Of `bgremove.batch.cut_out`, in order."""

COLUMNS = (
    *("input", "frame", "output", "status", "error", "message", "width", "height", "area"),
    *("box_left", "box_top", "box_width", "box_height"),
    *(f"{stage}_seconds" for stage in STAGES),
)
"""Of a CSV report."""


def summary(counts: Counter[str], not_run: int) -> dict[str, int]:
    """Count a run's photos by what became of them."""
    return {
        "photos": counts.total() + not_run,
        **{status.replace("-", "_"): counts[status] for status in get_args(Status)},
        "not_run": not_run,
    }


class Report:
    """An open report.

    Parameters
    ----------
    path : Path
        A file that is there is replaced. ``-`` is standard output, for JSON lines.

    Raises
    ------
    OptionError
        If the name's ending is none of ``.json``, ``.jsonl`` and ``.csv``.
    ImageWriteError
        If it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        check_report(path)
        self._path = path
        form = _JsonLines if _is_stream(path) else _FORMS[path.suffix.lower()]
        self._form = form()
        make_folder(path.parent, f"report {path}")
        try:
            self._file = _opened(path)
        except OSError as error:
            raise _unwritten(path, error) from error
        self._write(self._form.start())

    def add(self, outcome: Outcome) -> None:
        """Write one photo's line."""
        self._write(self._form.photo(outcome))

    def close(self, counts: dict[str, int]) -> None:
        """Write the summary, where the form has a place for one, and end."""
        self._write(self._form.end(counts))
        self._try(self._file.close)

    def _write(self, text: str) -> None:
        self._try(lambda: self._file.write(text))
        self._try(self._file.flush)

    def _try(self, action: Callable[[], Any]) -> None:
        try:
            action()
        except OSError as error:
            with suppress(OSError):
                self._file.close()
            raise _unwritten(self._path, error) from error


def _is_stream(path: Path) -> bool:
    return str(path) == STREAM


def _opened(path: Path) -> TextIO:
    names_kept = sys.getfilesystemencodeerrors()
    if not _is_stream(path):
        return path.open("w", encoding="utf-8", errors=names_kept, newline="")
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    of_its_own = os.dup(sys.stdout.fileno())  # to be closed, whatever becomes of the other
    return os.fdopen(of_its_own, "w", encoding="utf-8", errors=names_kept, newline="")


def _unwritten(path: Path, error: OSError) -> ImageWriteError:
    name = "standard output" if _is_stream(path) else path
    return ImageWriteError(f"{name}: the report cannot be written: {reason_of(error)}")


def check_report(path: Path, *, needed: Iterable[Path] = ()) -> None:
    """Check a report's name.

    Parameters
    ----------
    path : Path
    needed : iterable of Path
        Files that the run needs, which no report may replace.

    Raises
    ------
    OptionError
        If its ending is none that is known, or if it is one of those files. ``-`` is neither.
    """
    if _is_stream(path):
        return
    known, where = identity(path), place_of(path)
    for other in needed:
        if identity(other) == known if known else place_of(other) == where:
            raise OptionError(f"report {path} would overwrite {other}, which the run needs")
    if path.suffix.lower() not in _FORMS:
        raise OptionError(f"report must end in {', '.join(_FORMS)}, got {path}")


def entry(outcome: Outcome) -> dict[str, Any]:
    """Give an outcome as plain data.

    Returns
    -------
    dict
        ``input``, ``frame``, ``output``, ``status``, ``error``, ``message``, ``size``, ``area``,
        ``box`` and ``seconds``; None for what is not known.
    """
    subject = outcome.subject
    return {
        "input": outcome.name,
        "frame": None if outcome.frame is None else outcome.frame + 1,
        "output": None if outcome.target is None else str(outcome.target),
        "status": outcome.status,
        "error": outcome.error or None,
        "message": outcome.message or None,
        "size": subject and [subject.width, subject.height],
        "area": subject and subject.area,
        "box": subject and subject.box,
        "seconds": dict(outcome.seconds),
    }


class _Json:
    def __init__(self) -> None:
        self._separator = "\n"

    def start(self) -> str:
        return '{"photos": ['

    def photo(self, outcome: Outcome) -> str:
        text = self._separator + json.dumps(entry(outcome))
        self._separator = ",\n"
        return text

    def end(self, counts: dict[str, int]) -> str:
        return f'\n], "summary": {json.dumps(counts)}}}\n'


class _JsonLines:
    def start(self) -> str:
        return ""

    def photo(self, outcome: Outcome) -> str:
        return json.dumps(entry(outcome)) + "\n"

    def end(self, counts: dict[str, int]) -> str:
        return json.dumps({"summary": counts}) + "\n"


class _Csv:
    def start(self) -> str:
        return _csv_line(COLUMNS)

    def photo(self, outcome: Outcome) -> str:
        told = entry(outcome)
        size, box = told["size"] or (None,) * 2, told["box"] or (None,) * 4
        seconds = [told["seconds"].get(stage) for stage in STAGES]
        named = [told[name] for name in COLUMNS[:6]]
        return _csv_line([*named, *size, told["area"], *box, *seconds])

    def end(self, _counts: dict[str, int]) -> str:
        return ""


def _csv_line(cells: Any) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerow(cells)
    return stream.getvalue()


_FORMS: dict[str, type[_Json] | type[_JsonLines] | type[_Csv]] = {
    ".json": _Json,
    ".jsonl": _JsonLines,
    ".csv": _Csv,
}
