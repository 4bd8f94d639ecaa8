"""How many threads this process may use, and work that is done in them."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import cv2

Part = TypeVar("Part")
Result = TypeVar("Result")


def limit_threads(count: int) -> None:
    """Hold OpenCV, and what runs networks if it is loaded from now on, to a number of threads.

    Parameters
    ----------
    count : int
        At least 1.
    """
    cv2.setNumThreads(count)
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = str(count)


def in_threads(work: Callable[[Part], Result], parts: Iterable[Part]) -> list[Result]:
    """Do some work in parts, as of a picture, in as many threads as OpenCV may use.

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
    with ThreadPoolExecutor(cv2.getNumThreads()) as pool:
        return list(pool.map(work, parts))
