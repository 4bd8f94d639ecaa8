"""Engines are held to a number of threads."""

import os
from collections.abc import Iterator

import cv2
import pytest

from bgremove.threads import limit_threads


@pytest.fixture(autouse=True)
def undone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        monkeypatch.setenv(name, "")
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


def test_opencv_keeps_to_the_limit_and_tensorflow_will() -> None:
    limit_threads(1)
    assert cv2.getNumThreads() == 1
    assert os.environ["TF_NUM_INTRAOP_THREADS"] == os.environ["TF_NUM_INTEROP_THREADS"] == "1"
