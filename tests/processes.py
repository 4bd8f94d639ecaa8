"""Processes that tests start: the command, a shell, and a terminal to write to."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

COMMAND = [sys.executable, "-m", "bgremove"]


def environment(**more: str) -> dict[str, str]:
    """Give the environment in which a process imports what this one does."""
    path = os.pathsep.join(path for path in sys.path if path)
    return {**os.environ, "PYTHONPATH": path, **more}


def in_shell(arguments: str, before: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the command with what a shell makes of its arguments, redirections among them."""
    return subprocess.run(
        ["sh", "-c", f"{before} exec {shlex.join(COMMAND)} {arguments}"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def interrupts_heeded() -> Iterator[None]:
    """Background jobs ignore SIGINT, and so does what they start: CI may be such a job."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def at_terminal(*arguments: str, streams: tuple[str, ...], **env: str) -> tuple[int, str]:
    """Run the command with a terminal as some of its streams; give its code and what it showed."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        env=environment(**env),
        **{
            name: theirs if name in streams else subprocess.DEVNULL
            for name in ("stdin", "stdout", "stderr")
        },
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # Linux's end of file
        pass
    os.close(ours)
    return process.wait(60), shown.decode()


def as_shells_tell(code: int) -> int:
    """Tell an exit code as shells do: 128 and the signal's number for a process that it ended.

    Interrupted in an `eval` of text, as a namedtuple's, ``python -m`` ends itself by SIGINT in the
    end, whatever code it was given.
    """
    return code if code >= 0 else 128 - code
