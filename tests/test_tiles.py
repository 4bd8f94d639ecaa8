"""Alphas by tiles are those of the whole."""

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bgremove.arrays import WORKING_SIDE, resize
from bgremove.tiles import (
    TILE,
    bands,
    grown,
    inside,
    part_of,
    placed,
    repeated,
    tiled,
    tiles,
    upsampled,
)

sides = st.integers(1, 700)


@given(height=sides, width=sides)
def test_tiles_cover_each_pixel_once(height: int, width: int) -> None:
    times = np.zeros((height, width), int)
    for tile in tiles(height, width):
        times[tile] += 1
    assert (times == 1).all()


@given(height=sides, width=sides)
def test_an_alpha_comes_back_whole(height: int, width: int) -> None:
    alpha = np.random.default_rng(height).random((height, width), np.float32)
    np.testing.assert_array_equal(tiled(alpha).whole(), alpha)


@given(
    height=sides, width=sides, sides=st.tuples(*[st.integers(0, 699)] * 4), inset=st.integers(0, 9)
)
def test_a_part_of_an_alpha_lies_where_it_was(
    height: int, width: int, sides: tuple[int, int, int, int], inset: int
) -> None:
    top, bottom = sorted(side % height for side in sides[:2])
    left, right = sorted(side % width for side in sides[2:])
    place = slice(top, bottom + 1), slice(left, right + 1)
    shown = tuple(
        slice(part.start + min(inset, (part.stop - part.start) // 2), part.stop) for part in place
    )
    whole = np.random.default_rng(height).random((height, width), np.float32)
    found = placed(tiled(whole[place]), place, shown, height, width)
    expected = np.zeros_like(whole)
    expected[shown] = whole[shown]
    np.testing.assert_array_equal(found.whole(), expected)
    assert found.draft.shape == (height, width) or max(found.draft.shape) == WORKING_SIDE


@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 4), (1, 1), (40, 60)])
def test_a_tile_of_an_enlargement_is_that_of_the_one_resize(shape: tuple[int, ...]) -> None:
    field = np.random.default_rng(0).random(shape, np.float32)
    whole = resize(field, 90, 70)
    for rows, columns in ((slice(0, 70), slice(0, 90)), (slice(30, 41), slice(88, 90))):
        tile = upsampled(field, rows, columns, 70, 90)
        np.testing.assert_allclose(tile, whole[rows, columns], atol=1e-5)


@given(small=st.integers(1, 40), size=st.integers(1, 300), first=st.integers(0, 299))
@example(small=2, size=249, first=0)
def test_a_tile_repeats_the_nearest_pixels(small: int, size: int, first: int) -> None:
    field = np.arange(small * small, dtype=np.float32).reshape(small, small)
    part = slice(min(first, size - 1), size)
    rows = [min(int((row + 0.5) * small / size), small - 1) for row in range(size)][part]
    whole = slice(0, small)
    np.testing.assert_array_equal(repeated(field, part, whole, size, small), field[rows])
    np.testing.assert_array_equal(repeated(field, whole, part, small, size), field[:, rows])


def test_a_part_of_a_tile_has_its_place_in_the_picture() -> None:
    tile, part = (slice(20, 30), slice(5, 9)), (slice(0, 4), slice(2, 3))
    assert part_of(tile, part) == (slice(20, 24), slice(7, 8))


def test_margins_stop_at_the_picture_s_frame() -> None:
    assert grown((slice(2, 10), slice(5, 6)), 3, 12, 30) == (slice(0, 12), slice(2, 9))
    assert inside(slice(2, 10), slice(1, 12)) == slice(1, 9)


@pytest.mark.usefixtures("threads_as_before")
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("shape", [(1, 1), (256, 257), (1100, 300, 4)])
def test_bands_are_the_picture_from_the_top(threads: int, shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    cv2.setNumThreads(threads)
    given_bands = list(bands(*shape[:2], lambda rows, columns: picture[rows, columns]))
    assert len(given_bands[0]) == min(TILE // 4, shape[0])
    assert all(len(band) == TILE for band in given_bands[1:-1])
    np.testing.assert_array_equal(np.concatenate(given_bands), picture)


@pytest.mark.usefixtures("threads_as_before")
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_few_bands_are_ahead_of_who_takes_them(threads: int) -> None:
    begun = set()

    def tile(rows: slice, columns: slice) -> np.ndarray:
        begun.add(rows.start)
        return np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)

    cv2.setNumThreads(threads)
    waiting = bands(100 * TILE, 1, tile)
    next(waiting)
    waiting.close()
    assert len(begun) <= threads


@pytest.mark.usefixtures("threads_as_before")
@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_in_a_band_is_not_lost(threads: int) -> None:
    def tile(rows: slice, columns: slice) -> np.ndarray:
        raise ValueError(f"cannot do {rows.start}, {columns.start}")

    cv2.setNumThreads(threads)
    with pytest.raises(ValueError, match="cannot do 0, 0"):
        list(bands(600, 700, tile))
