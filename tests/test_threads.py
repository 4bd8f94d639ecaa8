"""The limit on threads holds for the engines that are loaded after it."""

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from bgremove import threads
from bgremove.segmenter import load_segmenter
from bgremove.threads import limit_threads, thread_limit


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Undo the limit, which is of the whole process."""
    before = cv2.getNumThreads()
    monkeypatch.setattr(threads, "_limit", 0)
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        monkeypatch.setenv(name, "")
    yield
    cv2.setNumThreads(before)


def test_there_is_none_at_first() -> None:
    assert thread_limit() == 0


def test_it_holds_for_opencv_and_tensorflow() -> None:
    limit_threads(1)
    assert thread_limit() == 1
    assert cv2.getNumThreads() == 1
    assert os.environ["TF_NUM_INTRAOP_THREADS"] == "1"


def test_it_holds_for_onnx_runtime(red_model: Path) -> None:
    limit_threads(1)
    segmenter = load_segmenter(red_model)
    assert segmenter._session.get_session_options().intra_op_num_threads == 1
