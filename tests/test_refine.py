"""Edges lie where the threshold says, soft or hard."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bgremove.errors import OptionError
from bgremove.refine import find_edges, hard_edges, soft_edges

RAMP = np.tile(np.linspace(0, 1, 101, dtype=np.float32), (8, 1))

probabilities = arrays(
    np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(0, 1, width=32)
)
thresholds = st.floats(0, 1)


@pytest.mark.parametrize("threshold", [0.1, 0.25, 0.5, 0.75, 0.9])
def test_the_threshold_becomes_half_an_alpha(threshold: float) -> None:
    alpha = soft_edges(RAMP, 101, 8, threshold)[0]
    assert alpha[round(threshold * 100)] == pytest.approx(0.5, abs=1e-3)
    assert (np.diff(alpha) >= 0).all()
    assert alpha[0] == 0
    assert alpha[-1] == 1


def test_hard_edges_are_zero_or_one_as_the_original_had_them() -> None:
    alpha = hard_edges(RAMP, 101, 8, 0.5)
    assert set(np.unique(alpha)) == {0, 1}
    assert alpha[0].sum() == 51


def test_soft_edges_are_antialiased_at_the_photos_size() -> None:
    step = np.zeros((8, 8), np.float32)
    step[:, 4:] = 1
    alpha = soft_edges(step, 80, 80, 0.5)
    between = (alpha > 0) & (alpha < 1)
    assert between.any(axis=1).all()
    assert between.mean() < 0.1


@given(probability=probabilities, threshold=thresholds, width=st.integers(1, 30))
def test_any_threshold_gives_an_alpha(probability, threshold, width) -> None:
    for edges in (soft_edges, hard_edges):
        alpha = edges(probability, width, 12, threshold)
        assert alpha.shape == (12, width)
        assert alpha.dtype == np.float32
        assert 0 <= alpha.min() <= alpha.max() <= 1


@given(probability=probabilities, threshold=thresholds)
def test_soft_and_hard_agree_on_which_side_a_pixel_lies(probability, threshold) -> None:
    height, width = probability.shape
    soft = soft_edges(probability, width, height, threshold)
    hard = hard_edges(probability, width, height, threshold)
    assert (soft[hard == 1] >= 0.5 - 1e-4).all()
    assert (soft[hard == 0] <= 0.5 + 1e-4).all()


def test_edges_are_found_by_name() -> None:
    assert find_edges("hard") is hard_edges
    assert find_edges("soft") is soft_edges


def test_unknown_edges_are_told() -> None:
    with pytest.raises(OptionError, match="edges must be one of soft, hard, got 'fuzzy'"):
        find_edges("fuzzy")
