"""What the command writes, and how: lines, a log, a bar."""

import errno
import logging
import os
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import click

from bgremove.errors import BgremoveError, place_and_reason, printable, reason_of

BAR_WIDTH = 30
SHORTEST_BAR = 5

USUAL_COLUMNS = 80
"""Of a terminal that does not tell."""

SECONDS_BETWEEN_LINES = 10.0
"""How often progress is told where no terminal shows a bar."""

SECONDS_BETWEEN_BARS = 0.1


def say(line: str, *, before: str = "") -> None:
    """Write a line to standard error."""
    _write_error(f"{before}bgremove: {line}\n")


def _write_error(text: str) -> None:
    """Write to standard error; where that cannot be, nothing more is told, and the work goes on."""
    try:
        click.echo(text, err=True, nl=False)
    except OSError:
        _lead_nowhere(sys.stderr)


def _lead_nowhere(stream: TextIO) -> None:
    """Let what a stream still holds, and all that is written to it later, go away quietly."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether a stream is there, and a terminal."""
    return stream is not None and stream.isatty()


def print_line(line: str) -> None:
    """Write a line to standard output, if there is one, in what its encoding has.

    Raises
    ------
    BgremoveError
        If it cannot be written, as on a full disk.
    """
    if sys.stdout is None:
        return
    encoding = sys.stdout.encoding or "utf-8"
    with output_told():
        click.echo(line.encode(encoding, "replace").decode(encoding))


@contextmanager
def output_told() -> Iterator[None]:
    """Say in one line that standard output cannot be written; a reader that left is not told.

    Raises
    ------
    BgremoveError
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        _lead_nowhere(sys.stdout)
        reason = reason_of(error)
        raise BgremoveError(f"standard output: cannot be written: {reason}") from error


@contextmanager
def errors_told(program: str) -> Iterator[None]:
    """End a program that meets an error of ours, or of the system, with a line and its code."""
    try:
        yield
    except BgremoveError as error:
        click.echo(f"{program}: {printable(str(error))}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        click.echo(f"{program}: {place_and_reason(error)}", err=True)
        sys.exit(1)


def say_of(name: str, line: str, *, before: str = "") -> None:
    """Write a line on a photo to standard error; its name is said once."""
    name = printable(name)
    reason = printable(line).removeprefix(f"{name}: ")
    say(f"{name}: {reason}", before=before)


def silence_pillow() -> None:
    """Say nothing of Pillow's warnings, as of odd EXIF: what matters is raised."""
    warnings.filterwarnings("ignore", module=r"PIL\.")


@contextmanager
def log_on_stderr(*, shown: bool) -> Iterator[None]:
    """Show bgremove's log on standard error for a while."""
    if not shown:
        yield
        return
    logger = logging.getLogger("bgremove")
    level = logger.level
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("bgremove: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


class Progress:
    """How far a batch is: a bar on a terminal, a line now and then elsewhere.

    Parameters
    ----------
    total : int
        Photos.
    shown : bool
        Whether anything is told at all.
    """

    def __init__(self, total: int, *, shown: bool) -> None:
        self.total, self._shown = total, shown
        self._bar = is_terminal(sys.stderr)
        self._start = self._told = time.monotonic()

    @property
    def before_line(self) -> str:
        """What to write before any other line."""
        return _clear_line() if self._bar and self._shown else ""

    def tell(self, counts: Counter[str]) -> None:
        """Tell how far it is, if it is time to."""
        now = time.monotonic()
        pause = SECONDS_BETWEEN_BARS if self._bar else SECONDS_BETWEEN_LINES
        if not self._shown or now - self._told < pause:
            return
        self._told = now
        text = progress_line(counts, self.total, now - self._start)
        if self._bar:
            share = counts.total() / self.total
            _write_error(_clear_line() + with_bar(text, share, _columns()))
        else:
            say(text)

    def end(self) -> None:
        """Clear the bar away."""
        _write_error(self.before_line)


def _clear_line() -> str:
    """Give what clears a terminal's line: spaces, since Windows' older consoles know no codes."""
    return f"\r{' ' * (_columns() - 1)}\r"


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or USUAL_COLUMNS
    except OSError:
        return USUAL_COLUMNS


def with_bar(text: str, share: float, columns: int) -> str:
    """Put a bar, filled by a share in [0, 1], before a text, as far as both go into one line.

    What is longer than the terminal's columns wraps, and cannot be cleared.
    """
    width = min(BAR_WIDTH, columns - len(text) - len("[] ") - 1)
    if width < SHORTEST_BAR:
        return text[: columns - 1]
    filled = int(width * share)
    return f"[{'#' * filled}{'-' * (width - filled)}] {text}"


def progress_line(counts: Counter[str], total: int, seconds: float) -> str:
    """Tell count, speed, time left and failures, by the photos' statuses and the time so far.

    What was skipped says nothing of the speed.
    """
    worked = counts.total() - counts["skipped"]
    parts = [f"{counts.total()}/{total}"]
    if worked and seconds:
        speed = worked / seconds
        left = round((total - counts.total()) / speed)
        minutes = f"{left // 3600}:{left // 60 % 60:02}:{left % 60:02}"
        parts += [f"{speed:.1f} photos/s", f"{minutes} left"]
    return ", ".join([*parts, f"{counts['failed']} failed"])
