"""How many threads the engines of this process may use."""

import os

import cv2

_limit = 0


def limit_threads(count: int) -> None:
    """Hold OpenCV, and the engines that are loaded from now on, to a number of threads.

    Parameters
    ----------
    count : int
        At least 1.
    """
    global _limit
    _limit = count
    cv2.setNumThreads(count)
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = str(count)


def thread_limit() -> int:
    """Give the number of threads that `limit_threads` has set; 0 stands for the engine's own."""
    return _limit
