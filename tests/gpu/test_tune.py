"""A tuning run on the drawn photos: killed, it goes on as if nothing had happened."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import torch

from bgremove.network.tiramisu import PRESETS, build
from bgremove.training.config import RunConfig, read_config
from gpu import tune, validation
from gpu.augment import Batch
from gpu.photos import read_photos
from gpu.stored import load_parts
from gpu.train import Run

STEPS = 4
CONFIG = f"""
network = "fc-densenet103-strided"
data = "data"
learning_rate = 1e-3
phases = [
    {{ size = 96, shapes = [[96, 96], [96, 128]], steps = {STEPS - 1}, batch = 2 }},
    {{ size = 64, shapes = [[64, 64], [64, 96]], steps = 1, batch = 3 }},
]
"""


@pytest.fixture
def folder(tmp_path: Path, write_data_folder: Callable[[Path], Path]) -> Path:
    """A config, and in its data folder the first weights and what is to be validated."""
    data = write_data_folder(tmp_path / "data")
    validation.pack(data, data / "validation.npz")
    network = build(PRESETS["fc-densenet103-strided"], size=None)
    weights = {w.path: keras.ops.convert_to_numpy(w.value) for w in network.weights}
    np.savez(data / "start.npz", **weights)
    (tmp_path / "run.toml").write_text(CONFIG)
    return tmp_path


class KilledError(Exception):
    """A run's end."""


class DyingRun(Run):
    """A run that ends in its third step."""

    def add(self, loss: torch.Tensor, family: str, images: int, seconds: float) -> None:
        if self.steps == 2:
            raise KilledError
        super().add(loss, family, images, seconds)


def tuned(kind: type[Run], config: RunConfig, folder: Path, out: Path) -> None:
    """Tune to the config's end, or from where the folder's state ends."""
    network, before = (tune.read_network(config.data / "start.npz") for _ in range(2))
    measured = validation.Validation(config.data / "validation.npz", "cpu")
    photos = read_photos(config, folder / "photos", "cpu")
    out.mkdir(exist_ok=True)
    tune.tune(kind(network, config, out, print), photos, before, measured, config, out / tune.STATE)


def test_a_killed_run_goes_on_as_if_nothing_had_happened(folder: Path) -> None:
    config = replace(read_config(folder / "run.toml"), checkpoint_minutes=0)
    whole, killed = folder / "whole", folder / "killed"
    tuned(Run, config, folder, whole)
    with pytest.raises(KilledError):
        tuned(DyingRun, config, folder, killed)
    assert len(json.loads((killed / "facts.json").read_text())["losses"]) == 2
    tuned(Run, config, folder, killed)

    expected, facts = (json.loads((run / "facts.json").read_text()) for run in (whole, killed))
    assert facts == expected
    assert facts["steps"] == STEPS
    assert len(set(facts["losses"])) == STEPS
    mine, theirs = load_parts(killed, "average"), load_parts(whole, "average")
    assert all(np.array_equal(mine[name], theirs[name]) for name in theirs)
    validated = load_parts(whole, f"average-{STEPS}")
    assert all(np.array_equal(validated[name], theirs[name]) for name in theirs)
    with np.load(config.data / "start.npz") as begun:
        assert np.mean([np.allclose(begun[name], theirs[name], atol=1e-3) for name in begun]) < 0.8


def test_what_it_says_of_mirrored_photos_has_the_photos_place_and_size() -> None:
    seen: list[torch.Tensor] = []

    def asked(images: torch.Tensor) -> torch.Tensor:
        seen.append(images)
        return 8 * images[:, :2] - 4

    images = torch.zeros(2, 3, 224, 320)
    images[..., :80] = 1
    told = tune.mirrored_word(asked, images, tune.coarser((224, 320)))
    assert seen[0].shape == (2, 3, 160, 224)
    assert seen[0][..., :160].max() < 0.01
    assert told.shape == (2, 2, 224, 320)
    assert told[..., :76].min() > 0.98
    assert told[..., 84:].max() < 0.02


def test_a_smaller_batch_counts_where_all_that_a_pixel_shows_counts() -> None:
    images, maps, counts = torch.rand(1, 3, 8, 8), torch.zeros(1, 2, 8, 8), torch.ones(1, 2, 8, 8)
    maps[..., :4], counts[..., 0, 0] = 1, 0
    batch = tune.smaller_batch(Batch(images, maps, counts), (4, 4))
    assert batch.images.shape == (1, 3, 4, 4)
    assert batch.targets[0, 0, 0].tolist() == [1, 1, 0, 0]
    assert batch.counts[0, 0, 0].tolist() == [0, 1, 1, 1]
    assert batch.counts[0, 0, 2].tolist() == [1, 1, 1, 1]
