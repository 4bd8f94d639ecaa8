"""How many threads this process may use, and work that is done in them."""

import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import cv2

Part = TypeVar("Part")
Result = TypeVar("Result")


_limit = sys.maxsize


def limit_threads(count: int) -> None:
    """Hold OpenCV, and what runs networks if it is loaded from now on, to a number of threads.

    Parameters
    ----------
    count : int
        At least 1.
    """
    global _limit
    _limit = count
    cv2.setNumThreads(count)
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = str(count)


def thread_count() -> int:
    """Tell how many threads this process may use: OpenCV's count, and no more than the limit.

    On a Mac OpenCV counts all cores, whatever limit it was given.
    """
    return min(_limit, cv2.getNumThreads())


def in_threads(work: Callable[[Part], Result], parts: Iterable[Part]) -> list[Result]:
    """Do some work in parts, as of a picture, in `thread_count` threads.

    Parameters
    ----------
    work : callable
        Must not write to what its work in another part reads or writes.
    parts : iterable

    Returns
    -------
    list
        What the work gave, in the parts' order.
    """
    with ThreadPoolExecutor(thread_count()) as pool:
        return list(pool.map(work, parts))
