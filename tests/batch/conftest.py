"""What the tests of batches share."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PILImage


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def removed_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A current folder that somebody has removed."""
    if os.name == "nt":
        pytest.skip("Windows keeps a folder that somebody is in")
    gone = folder / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()


@pytest.fixture
def draw() -> Callable[..., Path]:
    """Write a dark square on white, or white alone, to files; give the first."""
    return _draw


def _draw(*paths: str | Path, empty: bool = False, side: int = 64) -> Path:
    image = np.full((side, side, 3), 255, np.uint8)
    if not empty:
        image[side // 4 : side * 3 // 4, side // 4 : side * 3 // 4] = 30
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        PILImage.fromarray(image).save(path)
    return Path(paths[0])
