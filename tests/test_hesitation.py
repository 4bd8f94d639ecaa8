"""A map hesitates where its transitions are wide, and is moved there only."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bgremove.hesitation import from_log_odds, hesitation, log_odds, moved

probabilities = arrays(
    np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(0, 1, width=32)
)


def transition(width: float) -> np.ndarray:
    """A map of 64 × 64 that goes from 0 to 1 in the middle, within so many pixels."""
    columns = (np.arange(64) - 31.5) / width + 0.5
    return np.tile(np.clip(columns, 0, 1).astype(np.float32), (64, 1))


def test_it_is_the_same_wherever_the_map_lies_in_memory() -> None:
    room = np.empty(96 * 80 + 16, np.float32)
    probability = np.random.default_rng(0).random((96, 80), np.float32)
    expected = hesitation(probability)
    for first in range(16):
        elsewhere = room[first : first + probability.size].reshape(probability.shape)
        elsewhere[:] = probability
        np.testing.assert_array_equal(hesitation(elsewhere), expected)


@pytest.mark.parametrize(("width", "least", "most"), [(1, 0, 0.05), (4, 0.2, 0.8), (12, 1, 1)])
def test_a_map_hesitates_where_its_transition_is_wide(
    width: float, least: float, most: float
) -> None:
    assert least <= hesitation(transition(width))[32, 32] <= most


def test_evidence_moves_the_odds_where_the_map_hesitates() -> None:
    probability = transition(12)
    evidence = np.full((64, 64), np.log(3), np.float32)
    after = moved(probability, evidence, hesitation(probability))
    odds = probability[32, 30] / (1 - probability[32, 30])
    assert after[32, 30] / (1 - after[32, 30]) == pytest.approx(3 * odds, rel=1e-3)


def test_no_evidence_moves_a_sharp_map() -> None:
    sharp = np.zeros((64, 64), np.float32)
    sharp[:, 32:] = 1
    evidence = np.full((64, 64), 5, np.float32)
    np.testing.assert_array_equal(moved(sharp, evidence, hesitation(sharp)), sharp)


@given(probability=probabilities, evidence=st.floats(-10, 10, width=32))
def test_what_is_moved_stays_a_probability(probability: np.ndarray, evidence: float) -> None:
    everywhere = np.full(probability.shape, evidence, np.float32)
    after = moved(probability, everywhere, hesitation(probability))
    assert after.dtype == np.float32
    assert after.min() >= 0
    assert after.max() <= 1


def test_log_odds_are_those_of_the_probability_and_finite() -> None:
    odds = log_odds(np.array([0, 0.25, 0.5, 1], np.float32))
    np.testing.assert_allclose(odds[1:3], [-np.log(3), 0], atol=1e-6)
    assert np.isfinite(odds).all()


def test_log_odds_lead_back_to_their_probability() -> None:
    probability = np.linspace(0.002, 0.998, 100, dtype=np.float32)
    back = from_log_odds(log_odds(probability))
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, probability, atol=1e-6)
