"""What runs in a process of a pool: load the remover once, then one photo after the other."""

import os
import signal
import sys
from contextlib import suppress
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from threading import Thread
from types import FrameType
from typing import Any

from bgremove.batch.jobs import Job
from bgremove.batch.photo import cut_out
from bgremove.batch.recipe import Recipe
from bgremove.errors import BgremoveError, WorkerError, reason_of
from bgremove.terminal import silence_pillow
from bgremove.threads import limit_threads

OF_THE_PARENT = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)
"""Signals that a terminal sends to all its processes, and that the parent answers for all."""


def serve(connection: "Connection[Any, Job | None]", recipe: Recipe, threads: int) -> None:
    """Answer jobs with outcomes until None comes.

    Parameters
    ----------
    connection : Connection
        Sends None first, when the remover is loaded, or the error if it cannot be.
    recipe : Recipe
    threads : int
        That the engines may use.
    """
    for number in OF_THE_PARENT:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    Thread(target=_end_with_parent, daemon=True).start()
    limit_threads(threads)
    silence_pillow()
    try:
        remover = recipe.load()
    except BgremoveError as error:
        connection.send(error)
        return
    except Exception as error:  # noqa: BLE001  (told by the parent, in a line)
        connection.send(WorkerError(f"the remover cannot be loaded: {reason_of(error)}"))
        return
    with suppress(EOFError, ConnectionError):  # the parent has gone
        connection.send(None)
        while job := connection.recv():
            connection.send(cut_out(job, remover, recipe.settings))


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """Unwind, so that no part of a file stays behind."""
    sys.exit(1)


def _end_with_parent() -> None:
    """End at once when the parent is killed: its successor may be at work already."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
