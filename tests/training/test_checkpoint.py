"""A checkpoint comes back as it was saved; one that is damaged is told."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from bgremove.errors import DataError
from bgremove.network.tiramisu import PRESETS, build
from bgremove.training.checkpoint import load_average, load_checkpoint, read_step, save_checkpoint

Edit = Callable[[dict[str, np.ndarray]], object]


@pytest.fixture
def checkpoint(network: keras.Model, tmp_path: Path) -> Path:
    path = tmp_path / "checkpoint.npz"
    save_checkpoint(path, network, [weight + 1 for weight in network.get_weights()], step=12)
    return path


def load(path: Path, network: keras.Model) -> tuple[list[np.ndarray], int]:
    average = network.get_weights()
    step = load_checkpoint(network, path, average)
    return [keras.ops.convert_to_numpy(array) for array in average], step


def test_what_was_saved_comes_back(network: keras.Model, checkpoint: Path) -> None:
    average, step = load(checkpoint, network)
    assert step == read_step(checkpoint) == 12
    for array, weight in zip(average, network.get_weights(), strict=True):
        np.testing.assert_array_equal(array, weight + 1)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda saved: saved.pop("step"), "expected a run's checkpoint: .*step"),
        (lambda saved: saved.update(step=np.array(-1)), "step must be a whole .*, got -1"),
        (lambda saved: saved.update(step=np.array([1, 2])), r"step must be .*, got \[1, 2\]"),
        (lambda saved: saved.update(step=np.array("x")), "step must be a whole .*, got 'x'"),
        (
            lambda saved: saved.pop("average/3"),
            "expected 110 arrays of the average, average/0 to average/109, found 109; .* damaged",
        ),
        (
            lambda saved: saved.update({"model/x": saved.pop("model/3")}),
            "expected 110 arrays of the model, model/0 to model/109, found 110; .* damaged",
        ),
        (
            lambda saved: saved.update({"average/3": np.zeros((3, 3))}),
            r"expected shape \(.*\) for .*, found \(3, 3\); the checkpoint is damaged",
        ),
        (
            lambda saved: [saved.pop(name) for name in list(saved) if name.startswith("opt")],
            "expected 2 arrays of the optimizer, .* found 0; the checkpoint is damaged",
        ),
    ],
)
def test_a_checkpoint_that_lacks_something_is_told(
    edit: Edit, message: str, network: keras.Model, checkpoint: Path
) -> None:
    with np.load(checkpoint) as saved:
        arrays = dict(saved)
    edit(arrays)
    np.savez(checkpoint, allow_pickle=False, **arrays)
    with pytest.raises(DataError, match=rf"checkpoint\.npz: .*{message}"):
        load(checkpoint, network)


def test_a_checkpoint_that_was_cut_or_changed_is_told_if_at_all(
    network: keras.Model, checkpoint: Path
) -> None:
    whole = checkpoint.read_bytes()
    for length in (0, 10, 1000, len(whole) // 2, len(whole) - 1):
        checkpoint.write_bytes(whole[:length])
        with pytest.raises(
            DataError, match=r"expected a run's checkpoint: it is no \.npz, or not a"
        ):
            read_step(checkpoint)
    places = [*range(100), *range(len(whole) // 2, len(whole) // 2 + 100)]
    for place in [*places, *range(len(whole) - 200, len(whole))]:
        checkpoint.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        with suppress(DataError):
            load(checkpoint, network)


@pytest.mark.parametrize("write", [np.save, lambda file, _: file.write(b"text")])
def test_a_file_of_another_kind_is_told(
    write: Callable[..., object], network: keras.Model, checkpoint: Path
) -> None:
    with checkpoint.open("wb") as file:
        write(file, np.zeros(3))
    with pytest.raises(DataError, match=r"expected a run's checkpoint: it is no \.npz, or not a"):
        load(checkpoint, network)


def test_a_checkpoint_of_another_network_is_told(checkpoint: Path) -> None:
    with pytest.raises(DataError, match=r"expected \d+ arrays of the average, .*, found 110"):
        load_average(build(PRESETS["fc-densenet56"], size=32), checkpoint)
    wider = replace(PRESETS["fc-densenet-tiny"], growth_rate=5)
    with pytest.raises(DataError, match=r"expected shape .* for .*, found .* of another network"):
        load_average(build(wider, size=32), checkpoint)
