"""An image becomes a network's input as the card says."""

import numpy as np
import pytest

from bgremove.cards import InputSpec
from bgremove.segmenter.base import prepare


def test_a_white_image_is_one_and_a_black_one_zero() -> None:
    spec = InputSpec(height=4, width=6)
    for value, expected in ((255, 1), (0, 0)):
        batch = prepare(np.full((10, 10, 3), value, np.uint8), spec)
        assert batch.shape == (1, 4, 6, 3)
        assert batch.dtype == np.float32
        assert (batch == expected).all()


def test_mean_and_deviation_are_taken_channel_by_channel() -> None:
    spec = InputSpec(height=1, width=1, mean=(0.5, 0.0, 1.0), std=(0.25, 1.0, 2.0))
    batch = prepare(np.full((1, 1, 3), 255, np.uint8), spec)
    assert batch.tolist() == [[[[2.0, 1.0, 0.0]]]]


def test_fine_stripes_become_grey_instead_of_aliasing() -> None:
    stripes = np.zeros((448, 448, 3), np.uint8)
    stripes[:, ::2] = 255
    batch = prepare(stripes, InputSpec())
    assert batch.min() == pytest.approx(0.5, abs=0.01)
    assert batch.max() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("photo", "expected"), [((60, 80), (3, 4)), ((400, 300), (4, 3)), ((7, 7), (4, 4))]
)
def test_of_several_shapes_the_nearest_to_the_photo_s_own_is_taken(
    photo: tuple[int, int], expected: tuple[int, int]
) -> None:
    spec = InputSpec(height=4, width=4, shapes=((4, 4), (3, 4), (4, 3)))
    assert prepare(np.zeros((*photo, 3), np.uint8), spec).shape == (1, *expected, 3)
