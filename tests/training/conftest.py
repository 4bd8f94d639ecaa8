"""A training run that takes seconds."""

from pathlib import Path

import pytest


@pytest.fixture
def config_file(data_folder: Path) -> Path:
    """A run of a few steps on that folder."""
    path = data_folder.parent / "run.toml"
    path.write_text(
        """
network = "fc-densenet-tiny"
data = "data"
learning_rate = 1e-2
warmup_steps = 2
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
""",
        encoding="utf-8",
    )
    return path
