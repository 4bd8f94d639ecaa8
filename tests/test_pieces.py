"""Specks beside the subject are left out, and narrow gaps in it close where the map doubts."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bgremove.hesitation import hesitation
from bgremove.pieces import LEAST_SHARE, nearest_piece, with_gaps_closed, without_specks


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


@pytest.mark.parametrize("point", [(7, 59), (0, 63), (14, 56)])
def test_the_piece_nearest_to_a_point_is_kept_however_small(
    probability: np.ndarray, point: tuple[int, int]
) -> None:
    kept = nearest_piece(probability, 0.5, point)
    assert not kept[:50].any()
    np.testing.assert_array_equal(kept[54:64, 2:12], probability[54:64, 2:12])


def test_where_no_piece_is_the_map_stays(probability: np.ndarray) -> None:
    np.testing.assert_array_equal(nearest_piece(probability, 0.95, (5, 5)), probability)


def test_a_hole_stays_open(probability: np.ndarray) -> None:
    probability[20:24, 15:19] = 0
    assert without_specks(probability, 0.5)[20:24, 15:19].max() == 0


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_a_map_without_specks_stays_as_it_is(value: float) -> None:
    flat = np.full((16, 24), value, np.float32)
    np.testing.assert_array_equal(without_specks(flat, 0.5), flat)


def body_with_gap(value: float, width: int) -> np.ndarray:
    """A sure body, 224 × 224, with a gap of one value down its middle."""
    probability = np.zeros((224, 224), np.float32)
    probability[40:200, 40:184] = 0.98
    probability[60:200, 112 - width // 2 : 112 + width // 2] = value
    return cv2.GaussianBlur(probability, (0, 0), 2 if value else 0.5)


def test_a_gap_to_something_doubtful_beside_the_subject_stays() -> None:
    probability = body_with_gap(0.25, 8)
    probability[:, 112:] *= 0.65
    closed = with_gaps_closed(probability, hesitation(probability))
    np.testing.assert_allclose(closed[100:190, 110:115], probability[100:190, 110:115], atol=1e-6)


def test_a_narrow_gap_of_which_the_map_is_not_sure_closes() -> None:
    probability = body_with_gap(0.25, 8)
    assert probability[150, 112] < 0.5
    assert with_gaps_closed(probability, hesitation(probability))[150, 112] > 0.6


def test_a_wide_part_of_which_the_map_is_not_sure_stays_open() -> None:
    probability = body_with_gap(0.25, 40)
    assert with_gaps_closed(probability, hesitation(probability))[150, 112] < 0.3


def test_a_gap_of_which_the_map_is_sure_stays_open() -> None:
    probability = body_with_gap(0, 8)
    assert with_gaps_closed(probability, hesitation(probability))[150, 112] < 0.05


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 30), st.integers(1, 30)),
        elements=st.floats(0, 1, width=32),
    )
)
def test_closing_gaps_takes_nothing_away(probability: np.ndarray) -> None:
    closed = with_gaps_closed(probability, hesitation(probability))
    assert (closed >= np.minimum(probability, 0.998) - 1e-6).all()
    assert closed.max() <= 1
