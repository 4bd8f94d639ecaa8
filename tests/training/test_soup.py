"""A soup is the weighted mean of several weights."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bgremove.errors import DataError, ModelMismatchError
from bgremove.network.tiramisu import PRESETS, build
from bgremove.training.checkpoint import load_average, save_average
from bgremove.training.onnx_graph import onnx_bytes
from bgremove.training.soup import main, write_soup

TINY = "fc-densenet-tiny"


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return build(PRESETS[TINY], size=32)


@pytest.fixture
def checkpoint(network: keras.Model, tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, level: float, step: int = 1) -> Path:
        values = [np.full(weight.shape, level, np.float32) for weight in network.weights]
        save_average(tmp_path / name, values, step)
        return tmp_path / name

    return write


def levels(path: Path) -> tuple[float, float]:
    """Give the least and the largest weight of a checkpoint, and check that there are all."""
    network = build(PRESETS[TINY], size=32)
    load_average(network, path)
    values = [keras.ops.convert_to_numpy(weight) for weight in network.weights]
    return min(value.min() for value in values), max(value.max() for value in values)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(one=st.floats(0, 4), other=st.floats(0.5, 4))
def test_shares_count_relative_to_one_another(
    one: float, other: float, checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    first, second = checkpoint("first.npz", 1, step=5), checkpoint("second.npz", 3, step=7)
    write_soup([(one, first), (other, second)], tmp_path / "soup.npz", TINY)
    expected = (one + 3 * other) / (one + other)
    assert levels(tmp_path / "soup.npz") == pytest.approx((expected, expected), rel=1e-6)
    with np.load(tmp_path / "soup.npz") as soup:
        assert soup["step"] == 7
        assert soup["average/0"].dtype == np.float32


def test_a_model_is_a_part_too_and_the_step_is_a_checkpoint_s(
    network: keras.Model, checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    for weight in network.weights:
        weight.assign(np.full(weight.shape, 0.5, np.float32))
    (tmp_path / "model.onnx").write_bytes(onnx_bytes(network))
    parts = [(3, checkpoint("a.npz", 1, step=5)), (1, tmp_path / "model.onnx")]
    write_soup(parts, tmp_path / "soup.npz", TINY)
    assert levels(tmp_path / "soup.npz") == pytest.approx((0.875, 0.875))
    with np.load(tmp_path / "soup.npz") as soup:
        assert soup["step"] == 5


@pytest.mark.parametrize(
    "shares", [(0, 0), (1.5, -0.5), (math.nan, 1), (1, math.nan), (math.inf, 1)]
)
def test_shares_that_make_no_mean_are_told(
    shares: tuple[float, float], checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    path = checkpoint("a.npz", 1)
    with pytest.raises(DataError, match="shares must be finite, 0 or more, and not all 0, got"):
        write_soup([(share, path) for share in shares], tmp_path / "soup.npz", TINY)


def test_a_soup_never_replaces_a_part(checkpoint: Callable[..., Path]) -> None:
    path = checkpoint("a.npz", 1)
    before = path.read_bytes()
    with pytest.raises(DataError, match=r"a\.npz: expected a new place, got a file that is read"):
        write_soup([(1, path), (1, checkpoint("b.npz", 2))], path, TINY)
    assert path.read_bytes() == before


def test_weights_of_another_network_are_told(
    checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    wider = build(replace(PRESETS[TINY], growth_rate=5), size=32)
    (tmp_path / "wider.onnx").write_bytes(onnx_bytes(wider))
    save_average(tmp_path / "wider.npz", [np.zeros(w.shape) for w in wider.weights], step=1)
    parts = [(1.0, checkpoint("a.npz", 1))]
    with pytest.raises(DataError, match=r"wider\.npz: expected shape .*another network"):
        write_soup([*parts, (1, tmp_path / "wider.npz")], tmp_path / "soup.npz", TINY)
    with pytest.raises(ModelMismatchError, match=r"wider\.onnx: expected shape .* found"):
        write_soup([*parts, (1, tmp_path / "wider.onnx")], tmp_path / "soup.npz", TINY)
    assert not (tmp_path / "soup.npz").exists()


def test_a_file_that_is_no_checkpoint_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no checkpoint")
    for path in (tmp_path / "text.npz", tmp_path / "missing.npz"):
        with pytest.raises(DataError, match="expected a run's checkpoint"):
            write_soup([(1, path)], tmp_path / "soup.npz", TINY)


def test_the_command_writes_it_and_tells_errors_in_a_line(
    checkpoint: Callable[..., Path], config_file: Path, tmp_path: Path
) -> None:
    path, out = checkpoint("a.npz", 2), tmp_path / "soup.npz"
    wanted = ["--config", str(config_file), "--out", str(out)]
    assert CliRunner().invoke(main, ["--part", "1", str(path), *wanted]).exit_code == 0
    assert levels(out) == (2, 2)
    failed = CliRunner().invoke(main, ["--part", "0", str(path), *wanted])
    assert failed.exit_code == 1
    assert failed.stderr.startswith("bgremove.training.soup: shares must be")
