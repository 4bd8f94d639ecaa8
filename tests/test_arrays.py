"""The arrays that have names: what is refused, ranges there and back, and the one resize."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from bgremove.arrays import (
    alpha_from_uint8,
    alpha_to_uint8,
    check_picture,
    resize,
    sampled,
    slope,
    uint8_from_uint16,
    working_copy,
)
from bgremove.errors import InputError

EXPECTED = "expected a uint8 array of shape (H, W, 3) or (H, W, 4), got "

# Pictures from outside


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 1, 4), (5, 7, 3)])
def test_picture_comes_back_as_the_same_array(shape: tuple[int, ...]) -> None:
    picture = np.zeros(shape, np.uint8)
    assert check_picture(picture) is picture


@pytest.mark.parametrize("shape", [(), (3,), (6, 4, 2), (6, 4, 5), (0, 4, 3), (4, 0, 4)])
def test_array_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(f'{EXPECTED}shape {shape}')}$"):
        check_picture(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(
    ("shape", "remedy"),
    [
        ((4, 5), "of grey, pass np.dstack([array] * 3)"),
        ((4, 5, 1), "of grey, pass np.dstack([array] * 3)"),
        ((3, 4, 5), "the channels come last: pass array.transpose(1, 2, 0)"),
        ((4, 4, 5), "the channels come last: pass array.transpose(1, 2, 0)"),
        ((2, 4, 5, 3), "pass one picture at a time"),
    ],
)
def test_array_of_a_usual_shape_is_told_how_to_become_a_picture(
    shape: tuple[int, ...], remedy: str
) -> None:
    told = f"{EXPECTED}shape {shape}; {remedy}"
    with pytest.raises(InputError, match=f"^{re.escape(told)}$"):
        check_picture(np.zeros(shape, np.uint8))


def test_array_of_16_bits_is_told_how_to_become_a_picture() -> None:
    told = f"{EXPECTED}dtype uint16; of 16 bits, pass (array // 257).astype(np.uint8)"
    with pytest.raises(InputError, match=f"^{re.escape(told)}$"):
        check_picture(np.zeros((2, 2, 3), np.uint16))


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.bool_, np.complex64, object])
def test_array_of_another_dtype_is_refused(dtype: type) -> None:
    told = f"{EXPECTED}dtype {np.dtype(dtype)}"
    with pytest.raises(InputError, match=f"^{re.escape(told)}$"):
        check_picture(np.zeros((2, 2, 3), dtype))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_float_array_is_told_how_to_become_a_picture(dtype: type) -> None:
    told = f"{EXPECTED}dtype {np.dtype(dtype)}; if it is in 0…1, pass "
    told += "np.rint(array * 255).astype(np.uint8)"
    for shape in ((2, 2, 3), (0, 2, 3)):
        with pytest.raises(InputError, match=f"^{re.escape(told)}$"):
            check_picture(np.zeros(shape, dtype))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_float_array_that_is_not_finite_is_told_so(value: float) -> None:
    picture = np.zeros((2, 2, 3), np.float32)
    picture[1, 1, 2] = value
    told = f"{EXPECTED}dtype float32 with NaN or infinity in it"
    with pytest.raises(InputError, match=f"^{re.escape(told)}$"):
        check_picture(picture)


# Ranges


def test_all_256_values_survive_going_to_alpha_and_back() -> None:
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    alpha = alpha_from_uint8(values)
    assert alpha.dtype == np.float32
    assert (alpha.min(), alpha.max()) == (0, 1)
    np.testing.assert_array_equal(alpha_to_uint8(alpha), values)
    assert alpha_to_uint8(alpha).dtype == np.uint8


@pytest.mark.parametrize(
    ("alpha", "value"),
    [(0.0, 0), (0.49 / 255, 0), (0.51 / 255, 1), (254.51 / 255, 255), (1.0, 255)],
)
def test_alpha_is_rounded_not_cut(alpha: float, value: int) -> None:
    np.testing.assert_array_equal(alpha_to_uint8(np.full((1, 1), alpha, np.float32)), [[value]])


def test_all_65536_values_are_rounded_to_the_nearest_of_256() -> None:
    wide = np.arange(65536, dtype=np.uint16)
    narrow = uint8_from_uint16(wide)
    assert narrow.dtype == np.uint8
    np.testing.assert_array_equal(narrow, np.rint(wide / 257))
    np.testing.assert_array_equal(
        uint8_from_uint16(np.arange(256, dtype=np.uint16) * 257), range(256)
    )


# Resize


sides = st.integers(1, 40)
pictures = st.one_of(
    arrays(np.uint8, array_shapes(min_dims=2, max_dims=3, max_side=4)),
    arrays(
        np.float32,
        array_shapes(min_dims=2, max_dims=3, max_side=4),
        elements=st.floats(0, 1, width=32),
    ),
)


@given(pictures)
def test_resize_to_the_same_size_gives_the_same_array(array: np.ndarray) -> None:
    assert resize(array, array.shape[1], array.shape[0]) is array


@given(pictures, sides, sides)
def test_resize_keeps_dtype_and_range_and_gives_the_size(
    array: np.ndarray, width: int, height: int
) -> None:
    resized = resize(array, width, height)
    assert resized.shape[:2] == (height, width)
    assert resized.dtype == array.dtype
    assert resized.min() >= array.min() - 1e-6
    assert resized.max() <= array.max() + 1e-6


@given(sides, sides, sides, sides, st.sampled_from([0, 1, 100, 255]))
def test_resize_keeps_a_constant_picture_constant(
    width: int, height: int, new_width: int, new_height: int, value: int
) -> None:
    resized = resize(np.full((height, width, 3), value, np.uint8), new_width, new_height)
    np.testing.assert_array_equal(resized, np.full((new_height, new_width, 3), value))


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("size", [(1, 1), (3, 5), (224, 224), (500, 2)])
def test_resize_keeps_a_constant_alpha_constant(value: float, size: tuple[int, int]) -> None:
    resized = resize(np.full((224, 224), value, np.float32), *size)
    np.testing.assert_allclose(resized, value, atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (1, 1, 4)])
def test_resize_of_a_single_pixel_repeats_it(shape: tuple[int, ...]) -> None:
    pixel = np.arange(7, 7 + np.prod(shape), dtype=np.uint8).reshape(shape)
    np.testing.assert_array_equal(
        resize(pixel, 3, 2), np.tile(pixel, (2, 3) + (1,) * (pixel.ndim - 2))
    )


def test_shrinking_averages_over_each_new_pixel_so_that_nothing_aliases() -> None:
    checkerboard = (np.indices((8, 8)).sum(axis=0) % 2).astype(np.float32)
    np.testing.assert_allclose(resize(checkerboard, 4, 4), 0.5)
    np.testing.assert_allclose(resize(checkerboard, 1, 1), 0.5)


def test_growing_interpolates_linearly_between_pixel_centres() -> None:
    row = np.array([[0, 1]], np.float32)
    np.testing.assert_allclose(resize(row, 4, 1), [[0, 0.25, 0.75, 1]])


def test_one_axis_may_shrink_while_the_other_grows() -> None:
    columns = np.array([[0, 100, 200, 100]], np.uint8)
    np.testing.assert_array_equal(resize(columns, 2, 3), [[50, 150]] * 3)


@pytest.mark.parametrize("shape", [(600, 800, 3), (600, 800), (604, 802, 4), (599, 801, 3)])
def test_a_much_larger_picture_is_averaged_all_the_same(shape: tuple[int, ...]) -> None:
    rows, columns = np.indices(shape[:2])
    grey = 127 + 120 * np.sin(rows / 90) * np.cos(columns / 110)
    picture = np.rint(np.broadcast_to(grey.reshape(*shape[:2], *[1] * (len(shape) - 2)), shape))
    exact = resize(resize(picture.astype(np.float32), 50, shape[0]), 50, 40)
    np.testing.assert_allclose(resize(picture.astype(np.uint8), 50, 40), exact, atol=2)


def test_what_is_sampled_are_pixels_of_the_picture() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    some = sampled(picture, 10, 6)
    assert some.shape == (6, 10, 3)
    colours = {tuple(colour) for colour in picture.reshape(-1, 3).tolist()}
    assert {tuple(colour) for colour in some.reshape(-1, 3).tolist()} <= colours


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (3000, 4000, (384, 512)),
        (4000, 3000, (512, 384)),
        (300, 512, (300, 512)),
        (1, 5000, (1, 512)),
        (1, 1, (1, 1)),
    ],
)
def test_the_working_copy_is_bounded_and_never_enlarged(
    height: int, width: int, expected: tuple[int, int]
) -> None:
    assert working_copy(np.zeros((height, width, 3), np.uint8)).shape == (*expected, 3)


def test_the_slope_of_a_ramp_is_its_rise_a_pixel() -> None:
    rows, columns = np.indices((9, 12), np.float32)
    ramp = 3 * rows + 4 * columns
    np.testing.assert_allclose(slope(ramp)[1:-1, 1:-1], 5, rtol=1e-6)


def test_a_slope_does_not_depend_on_where_an_array_lies() -> None:
    values = np.random.default_rng(1).random((33, 47), np.float32)
    expected = slope(values)
    for offset in range(1, 16):
        memory = np.empty(values.size + 16, np.float32)
        moved = memory[offset : offset + values.size].reshape(values.shape)
        moved[:] = values
        assert (slope(moved) == expected).all()
