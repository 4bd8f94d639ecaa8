"""From an image and an alpha to a cutout."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bgremove.arrays import alpha_from_uint8
from bgremove.compose import cutout


def pixel(*rgb: int) -> np.ndarray:
    return np.array([[rgb]], np.uint8)


def alpha(value: float) -> np.ndarray:
    return np.full((1, 1), value, np.float32)


@pytest.mark.parametrize(
    ("rgb", "value", "rgba"),
    [
        ((10, 20, 30), 1.0, (10, 20, 30, 255)),
        ((10, 20, 30), 0.0, (0, 0, 0, 0)),
        ((10, 20, 30), 0.2, (10, 20, 30, 51)),
        ((10, 20, 30), 0.49 / 255, (0, 0, 0, 0)),
        ((10, 20, 30), 0.51 / 255, (10, 20, 30, 1)),
        ((0, 0, 0), 1.0, (0, 0, 0, 255)),
        ((255, 255, 255), 1.0, (255, 255, 255, 255)),
    ],
)
def test_pixel_keeps_its_colour_unless_nothing_of_it_is_seen(
    rgb: tuple[int, ...], value: float, rgba: tuple[int, ...]
) -> None:
    np.testing.assert_array_equal(cutout(pixel(*rgb), alpha(value)), [[rgba]])


@pytest.mark.parametrize(
    ("value", "own", "rgba"),
    [
        (1.0, 1.0, (10, 20, 30, 255)),
        (1.0, 0.2, (10, 20, 30, 51)),
        (0.2, 1.0, (10, 20, 30, 51)),
        (0.5, 0.4, (10, 20, 30, 51)),
        (1.0, 0.0, (0, 0, 0, 0)),
        (0.0, 1.0, (0, 0, 0, 0)),
    ],
)
def test_alpha_that_the_picture_came_with_is_multiplied_in(
    value: float, own: float, rgba: tuple[int, ...]
) -> None:
    np.testing.assert_array_equal(cutout(pixel(10, 20, 30), alpha(value), alpha(own)), [[rgba]])


shapes = st.tuples(st.integers(1, 8), st.integers(1, 8))
opaque_empty_or_between = st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 1, width=32))
images_and_alphas = shapes.flatmap(
    lambda shape: st.tuples(
        arrays(np.uint8, (*shape, 3)),
        arrays(np.float32, shape, elements=opaque_empty_or_between),
        arrays(np.uint8, shape),
    )
)


@given(images_and_alphas)
def test_every_pixel_is_bit_exact_where_opaque_and_zero_where_not_seen(
    drawn: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    image, matte, _ = drawn
    result = cutout(image, matte)
    assert (result.dtype, result.shape) == (np.uint8, (*image.shape[:2], 4))
    opaque, seen = result[..., 3] == 255, result[..., 3] > 0
    np.testing.assert_array_equal(result[opaque, :3], image[opaque])
    np.testing.assert_array_equal(result[~seen], 0)
    np.testing.assert_array_equal(seen, np.rint(matte * 255) > 0)


@given(images_and_alphas)
def test_opaque_alpha_gives_the_alpha_that_the_picture_came_with(
    drawn: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    image, _, own = drawn
    opaque = np.ones(own.shape, np.float32)
    result = cutout(image, opaque, alpha_from_uint8(own))
    np.testing.assert_array_equal(result[..., 3], own)


@given(images_and_alphas)
def test_two_alphas_multiply_and_neither_input_changes(
    drawn: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    image, matte, own = drawn
    before = image.copy(), matte.copy()
    result = cutout(image, matte, alpha_from_uint8(own))
    np.testing.assert_allclose(result[..., 3], matte * own.astype(np.float32), atol=0.5001)
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(matte, before[1])
