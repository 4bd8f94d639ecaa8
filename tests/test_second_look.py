"""When the network is asked again, and what both answers make together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bgremove.second_look import both_looks, is_doubtful


def grey(value: float, height: int = 6, width: int = 8) -> np.ndarray:
    return np.full((height, width), value, np.float32)


@pytest.mark.parametrize(("value", "doubtful"), [(0.99, False), (0.7, False), (0.6, True)])
def test_a_map_is_doubtful_if_its_best_part_is(value: float, doubtful: bool) -> None:
    probability = grey(0)
    probability[2:4, 2:6] = value
    assert is_doubtful(probability) is doubtful


def test_opposite_looks_meet_in_the_middle_and_the_surer_one_counts_more() -> None:
    np.testing.assert_allclose(both_looks(grey(0.9), grey(0.1)), 0.5, atol=1e-6)
    np.testing.assert_allclose(both_looks(grey(0.99), grey(0.3)), 0.867, atol=1e-3)


def test_the_coarse_look_fills_the_place_that_it_saw() -> None:
    coarse = grey(0.05, 3, 4)
    coarse[1, 1:3] = 0.95
    found = both_looks(grey(0.4), coarse)
    assert found.shape == (6, 8)
    assert found.dtype == np.float32
    assert (found[2:4, 3:5] > 0.5).all()
    assert (found[[0, -1]] < 0.3).all()


PROBABILITIES = st.floats(0, 1, width=32)


@given(
    fine=arrays(np.float32, (5, 7), elements=PROBABILITIES),
    coarse=arrays(np.float32, (3, 4), elements=PROBABILITIES),
)
def test_what_comes_is_a_probability(fine: np.ndarray, coarse: np.ndarray) -> None:
    found = both_looks(fine, coarse)
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() <= 1
