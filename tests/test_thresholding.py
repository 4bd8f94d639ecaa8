"""The threshold of a map is half the Dice score that can be hoped for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bgremove.thresholding import LEAST, best_threshold, expected_dice

probabilities = arrays(
    np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(0, 1, width=32)
)


def test_a_map_of_0_and_1_has_half_as_its_threshold() -> None:
    sure = np.zeros((20, 30), np.float32)
    sure[5:15, 5:25] = 1
    assert expected_dice(sure) == 1
    assert best_threshold(sure, 0.5) == 0.5


def test_the_expected_dice_is_that_of_a_hand_worked_map() -> None:
    # one pixel taken: 2 · 0.8 / (1 + 1.2); two: 2 · 1.2 / (2 + 1.2)
    assert expected_dice(np.array([[0.4, 0.8, 0]], np.float32)) == pytest.approx(2.4 / 3.2)


def test_what_a_map_doubts_throughout_is_taken_whole() -> None:
    doubtful = np.zeros((20, 30), np.float32)
    doubtful[5:15, 5:25] = 0.4
    assert expected_dice(doubtful) == pytest.approx(2 * 0.4 / 1.4)
    assert best_threshold(doubtful, 0.5) == pytest.approx(0.4 / 1.4)


def test_a_threshold_keeps_to_its_bounds() -> None:
    assert best_threshold(np.zeros((3, 4), np.float32), 0.5) == LEAST
    assert best_threshold(np.ones((3, 4), np.float32), 0.3) == 0.3
    assert best_threshold(np.zeros((3, 4), np.float32), 0.05) == 0.05


@given(probability=probabilities)
def test_no_other_threshold_can_hope_for_more(probability: np.ndarray) -> None:
    def hoped_for(threshold: float) -> float:
        taken = probability[probability >= threshold].astype(float)
        return 2 * taken.sum() / max(taken.size + probability.sum(dtype=float), 1e-9)

    best = expected_dice(probability)
    assert max(map(hoped_for, np.linspace(0, 1, 101))) <= best + 1e-6
    assert hoped_for(best / 2 - 1e-6) == pytest.approx(best, abs=1e-4)
