"""The PNG encoder: the very pixels, and what goes with them."""

import tracemalloc
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image as PILImage

from bgremove.png import png_bytes

CHANNELS = st.sampled_from([(), (3,), (4,)])
PIXELS = st.tuples(array_shapes(min_dims=2, max_dims=2, max_side=20), CHANNELS).flatmap(
    lambda shapes: arrays(np.uint8, shapes[0] + shapes[1])
)


@given(PIXELS)
def test_pixels_come_back_as_they_were(pixels: np.ndarray) -> None:
    with PILImage.open(BytesIO(png_bytes([pixels], pixels.shape, None, None))) as picture:
        assert picture.mode == ("L" if pixels.ndim == 2 else "RGBA"[: pixels.shape[2]])
        np.testing.assert_array_equal(picture, pixels)


@pytest.mark.parametrize("profile", [None, b"colours" * 1000])
@pytest.mark.parametrize("dpi", [None, (300.0, 72.0)])
def test_colour_space_and_resolution_go_with_them(
    profile: bytes | None, dpi: tuple[float, float] | None
) -> None:
    data = png_bytes([np.zeros((2, 3, 4), np.uint8)], (2, 3, 4), profile, dpi)
    with PILImage.open(BytesIO(data)) as picture:
        picture.load()
        assert picture.info.get("icc_profile") == profile
        assert picture.info.get("dpi") == (dpi and pytest.approx(dpi, abs=0.02))


def test_pixels_that_are_no_block_of_memory_are_taken() -> None:
    pixels = np.arange(96, dtype=np.uint8).reshape(4, 6, 4)[:, ::2]
    with PILImage.open(BytesIO(png_bytes([pixels], pixels.shape, None, None))) as picture:
        np.testing.assert_array_equal(picture, pixels)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("writeable", [True, False])
def test_pixels_are_left_as_they_were(channels: int, writeable: bool) -> None:
    rng = np.random.default_rng(channels)
    pixels = rng.integers(0, 256, (600, 7, channels), np.uint8)
    before = pixels.copy()
    pixels.flags.writeable = writeable
    with PILImage.open(BytesIO(png_bytes([pixels], pixels.shape, None, None))) as picture:
        np.testing.assert_array_equal(picture, before)
    np.testing.assert_array_equal(pixels, before)


@given(PIXELS, st.data())
def test_bands_are_encoded_as_the_whole_is(pixels: np.ndarray, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(pixels)))
    in_two = png_bytes([pixels[:cut], pixels[cut:]], pixels.shape, None, None)
    with PILImage.open(BytesIO(in_two)) as picture:
        np.testing.assert_array_equal(picture, pixels)


@pytest.mark.parametrize("shape", [(600, 7, 4), (600, 7, 3), (600, 7), (130, 2000, 4)])
def test_every_row_has_those_above_and_to_the_left_for_its_filter(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    pixels.flags.writeable = False
    with PILImage.open(BytesIO(png_bytes([pixels], shape, None, None))) as picture:
        np.testing.assert_array_equal(picture, pixels)


def test_a_large_picture_is_not_copied_for_it() -> None:
    pixels = np.zeros((4000, 4000, 4), np.uint8)
    tracemalloc.start()
    png_bytes([pixels], pixels.shape, None, None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < pixels.nbytes / 4
