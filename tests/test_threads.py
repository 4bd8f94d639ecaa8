"""Engines are held to a number of threads, and work in parts is done in as many."""

import os
import threading
import time

import cv2
import numpy as np
import pytest

from bgremove.threads import in_threads, limit_threads, thread_count
from bgremove.tiles import Tile, tiles

pytestmark = pytest.mark.usefixtures("threads_as_before")


@pytest.fixture(autouse=True)
def undone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        monkeypatch.setenv(name, "")


def test_opencv_keeps_to_the_limit_and_tensorflow_will() -> None:
    limit_threads(1)
    assert cv2.getNumThreads() == 1
    assert os.environ["TF_NUM_INTRAOP_THREADS"] == os.environ["TF_NUM_INTEROP_THREADS"] == "1"


def test_the_limit_holds_where_opencv_heeds_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a Mac, OpenCV names all cores, whatever it was told."""
    monkeypatch.setattr(cv2, "getNumThreads", lambda: 8)
    assert thread_count() == 8
    limit_threads(2)
    seen: set[int] = set()

    def work(_: int) -> None:
        time.sleep(0.001)
        seen.add(threading.get_ident())

    in_threads(work, range(100))
    assert len(seen) <= thread_count() == 2


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_part_is_worked_on_once_by_any_number_of_threads(threads: int) -> None:
    times = np.zeros((600, 700), np.uint8)

    def work(tile: Tile) -> None:
        times[tile] += 1

    cv2.setNumThreads(threads)
    in_threads(work, tiles(600, 700))
    assert (times == 1).all()


def test_an_error_in_a_thread_is_not_lost() -> None:
    def work(tile: Tile) -> None:
        raise ValueError(f"cannot do {tile[0].start}")

    with pytest.raises(ValueError, match="cannot do 0"):
        in_threads(work, tiles(600, 700))
