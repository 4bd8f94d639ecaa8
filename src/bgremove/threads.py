"""How many threads the engines of this process may use."""

import os

import cv2


def limit_threads(count: int) -> None:
    """Hold OpenCV, and what runs networks if it is loaded from now on, to a number of threads.

    Parameters
    ----------
    count : int
        At least 1.
    """
    cv2.setNumThreads(count)
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = str(count)
