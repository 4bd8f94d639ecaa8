"""Specks beside the subject are left out, and the subject stays as it is."""

import numpy as np
import pytest

from bgremove.pieces import LEAST_SHARE, without_specks


@pytest.fixture
def probability() -> np.ndarray:
    """A large piece with a soft side, a second one a quarter of its size, and a soft speck."""
    probability = np.zeros((64, 64), np.float32)
    probability[10:50, 10:30] = 0.9
    probability[10:50, 30:32] = 0.4
    probability[10:30, 50:60] = 0.8
    probability[56:62, 4:10] = 0.7
    probability[54:64, 2:12][probability[54:64, 2:12] == 0] = 0.3
    return probability


def test_a_speck_goes_with_what_surrounds_it(probability: np.ndarray) -> None:
    cleared = without_specks(probability, 0.5)
    assert cleared[54:, 2:12].max() == 0
    np.testing.assert_array_equal(cleared[:50], probability[:50])


def test_a_piece_of_some_size_stays(probability: np.ndarray) -> None:
    share = probability[10:30, 50:60].size / probability[10:50, 10:30].size
    assert share > LEAST_SHARE
    assert without_specks(probability, 0.5)[20, 55] == np.float32(0.8)


def test_a_hole_stays_open(probability: np.ndarray) -> None:
    probability[20:24, 15:19] = 0
    assert without_specks(probability, 0.5)[20:24, 15:19].max() == 0


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_a_map_without_specks_stays_as_it_is(value: float) -> None:
    flat = np.full((16, 24), value, np.float32)
    np.testing.assert_array_equal(without_specks(flat, 0.5), flat)
