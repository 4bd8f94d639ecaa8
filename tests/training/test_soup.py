"""A soup is the weighted mean of checkpoints' averaged weights."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bgremove.errors import DataError
from bgremove.training.soup import main, write_soup


def checkpoint(path: Path, level: float, step: int = 1, size: int = 3) -> Path:
    kernel, bias = np.full((size, 2), level, np.float32), np.full(2, -level, np.float32)
    np.savez(path, **{"average/0": kernel, "average/1": bias, "model/0": kernel}, step=step)
    return path


@given(one=st.floats(0, 4), other=st.floats(0.5, 4))
def test_shares_count_relative_to_one_another(one: float, other: float, tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("soup")
    first = checkpoint(folder / "first.npz", 1, step=5)
    second = checkpoint(folder / "second.npz", 3, step=7)
    write_soup([(one, first), (other, second)], folder / "soup.npz")
    with np.load(folder / "soup.npz") as soup:
        assert sorted(soup) == ["average/0", "average/1", "step"]
        expected = (one + 3 * other) / (one + other)
        np.testing.assert_allclose(soup["average/0"], np.full((3, 2), expected), rtol=1e-6)
        np.testing.assert_allclose(soup["average/1"], np.full(2, -expected), rtol=1e-6)
        assert soup["step"] == 7
        assert soup["average/0"].dtype == np.float32


@pytest.mark.parametrize("shares", [(0, 0), (1.5, -0.5)])
def test_shares_that_make_no_mean_are_told(shares: tuple[float, float], tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "a.npz", 1)
    with pytest.raises(DataError, match="shares must be 0 or more, and not all 0, got"):
        write_soup([(share, path) for share in shares], tmp_path / "soup.npz")


def test_weights_of_another_network_are_told(tmp_path: Path) -> None:
    first = checkpoint(tmp_path / "a.npz", 1)
    second = checkpoint(tmp_path / "b.npz", 1, size=4)
    with pytest.raises(DataError, match=r"b\.npz: expected weights of the network of .*a\.npz"):
        write_soup([(1, first), (1, second)], tmp_path / "soup.npz")


def test_a_file_that_is_no_checkpoint_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no checkpoint")
    for path in (tmp_path / "text.npz", tmp_path / "missing.npz"):
        with pytest.raises(DataError, match="expected a run's checkpoint"):
            write_soup([(1, path)], tmp_path / "soup.npz")


def test_the_command_writes_it_and_tells_errors_in_a_line(tmp_path: Path) -> None:
    path, out = checkpoint(tmp_path / "a.npz", 2), tmp_path / "soup.npz"
    assert CliRunner().invoke(main, ["--part", "1", str(path), "--out", str(out)]).exit_code == 0
    assert out.exists()
    failed = CliRunner().invoke(main, ["--part", "0", str(path), "--out", str(out)])
    assert failed.exit_code == 1
    assert failed.stderr.startswith("bgremove.training.soup: shares must be")
