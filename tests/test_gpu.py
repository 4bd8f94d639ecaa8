"""The tests of ``gpu/`` run in a process of their own: torch and TensorFlow don't share one."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

needs_torch = pytest.mark.skipif(
    find_spec("torch") is None or find_spec("timm") is None, reason="needs torch and timm"
)


@needs_torch
def test_all_of_gpus_own_tests_pass() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/gpu", "-q"],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
