"""A training run that takes seconds."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image as PILImage

from bgremove.network.tiramisu import PRESETS, build

CONFIG = """
network = "fc-densenet-tiny"
data = "data"
learning_rate = 1e-2
warmup_steps = 2
decay_steps = 1
seed = 7

[[phases]]
size = 32
steps = 4
batch = 2

[[phases]]
size = 64
steps = 2
batch = 2

[weights]
people = 2
things = 1
nobody = 1
"""


@pytest.fixture
def network() -> keras.Model:
    """In a state of training: its weights are not their average."""
    network = build(PRESETS["fc-densenet-tiny"], size=None)
    network.compile(optimizer=keras.optimizers.SGD(), loss="mse")
    network.optimizer.build(network.trainable_variables)
    return network


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture for a golden pair."""
    values = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    PILImage.fromarray(values).save(tmp_path / "photo.png", dpi=(72, 72))
    return tmp_path / "photo.png"


@pytest.fixture
def config_file(data_folder: Path) -> Path:
    """A run of a few steps on the drawn photos."""
    return _write_config(data_folder.parent)


@pytest.fixture(scope="session")
def finished_run(
    tmp_path_factory: pytest.TempPathFactory, write_data_folder: Callable[[Path], Path]
) -> tuple[Path, Path]:
    """That run, done once for all tests: its config and its folder."""
    from bgremove.training.config import read_config
    from bgremove.training.loop import train

    folder = tmp_path_factory.mktemp("training")
    write_data_folder(folder / "data")
    config = _write_config(folder)
    train(read_config(config), folder / "run")
    return config, folder / "run"


def _write_config(folder: Path) -> Path:
    path = folder / "run.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path
