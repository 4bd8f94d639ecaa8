"""Colours decide where the network hesitates, and only there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bgremove.colour_evidence import with_colour_evidence
from bgremove.hesitation import hesitation

ORANGE, GREY = (230, 100, 30), (120, 125, 130)


@pytest.fixture
def image() -> np.ndarray:
    """An orange suit on grey."""
    image = np.full((128, 128, 3), GREY, np.uint8)
    image[:, 40:88] = ORANGE
    return image


@pytest.fixture
def probability() -> np.ndarray:
    """Sure of the suit's upper part, in doubt about all that is below."""
    probability = np.full((64, 64), 0.02, np.float32)
    probability[:40, 20:44] = 0.98
    probability[44:, :] = 0.45
    return probability


def test_a_doubtful_part_of_the_subjects_colour_joins_it(
    image: np.ndarray, probability: np.ndarray
) -> None:
    assert with_colour_evidence(probability, image, hesitation(probability))[52:, 24:40].min() > 0.6


def test_a_doubtful_part_of_the_backgrounds_colour_joins_that(
    image: np.ndarray, probability: np.ndarray
) -> None:
    assert with_colour_evidence(probability, image, hesitation(probability))[52:, 48:].max() < 0.25


def test_a_sharp_map_stays_as_it_is(image: np.ndarray) -> None:
    sharp = np.zeros((64, 64), np.float32)
    sharp[16:48, 10:50] = 1
    np.testing.assert_array_equal(with_colour_evidence(sharp, image, hesitation(sharp)), sharp)


def test_one_colour_throughout_says_next_to_nothing(probability: np.ndarray) -> None:
    moved = with_colour_evidence(
        probability, np.full((128, 128, 3), GREY, np.uint8), hesitation(probability)
    )
    assert np.abs(moved - probability).max() < 0.01


@given(
    arrays.arrays(np.float32, (16, 20), elements=st.floats(0, 1, width=32)),
    arrays.arrays(np.uint8, (16, 20, 3)),
)
def test_what_comes_out_is_a_probability(probability: np.ndarray, image: np.ndarray) -> None:
    moved = with_colour_evidence(probability, image, hesitation(probability))
    assert moved.shape == probability.shape
    assert moved.dtype == np.float32
    assert moved.min() >= 0
    assert moved.max() <= 1
