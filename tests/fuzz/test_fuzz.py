"""The fuzz runs, on hundreds of inputs; the script itself takes any number."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from processes import environment

SCRIPT = Path(__file__).parent / "fuzz_batch.py"


@pytest.mark.skipif(os.name == "nt", reason="a child's memory is measured as Unix does")
def test_hundreds_of_damaged_pictures_do_no_harm() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--inputs", "300", "--seed", "1"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("300 inputs of ")
