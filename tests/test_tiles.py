"""Alphas by tiles are those of the whole."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgremove.arrays import resize
from bgremove.tiles import Tile, grown, in_threads, inside, source_range, tiled, tiles, upsampled

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


@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 4), (1, 1), (40, 60)])
def test_a_tile_of_an_enlargement_is_that_of_the_one_resize(shape: tuple[int, ...]) -> None:
    field = np.random.default_rng(0).random(shape, np.float32)
    whole = resize(field, 90, 70)
    for rows, columns in ((slice(0, 70), slice(0, 90)), (slice(30, 41), slice(88, 90))):
        tile = upsampled(field, rows, columns, 70, 90)
        np.testing.assert_allclose(tile, whole[rows, columns], atol=1e-5)


def test_a_tile_is_made_from_few_source_pixels() -> None:
    assert source_range(slice(100, 120), 1000, 100) == (9, 13)


def test_margins_stop_at_the_picture_s_frame() -> None:
    assert grown(slice(2, 10), 3, 12) == slice(0, 12)
    assert inside(slice(2, 10), slice(1, 12)) == slice(1, 9)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_part_is_worked_on_once_by_any_number_of_threads(threads: int) -> None:
    before = cv2.getNumThreads()
    times = np.zeros((600, 700), np.uint8)

    def work(tile: Tile) -> None:
        times[tile] += 1

    cv2.setNumThreads(threads)
    try:
        in_threads(work, tiles(600, 700))
    finally:
        cv2.setNumThreads(before)
    assert (times == 1).all()


def test_an_error_in_a_thread_is_not_lost() -> None:
    def work(tile: Tile) -> None:
        raise ValueError(f"cannot do {tile[0].start}")

    with pytest.raises(ValueError, match="cannot do 0"):
        in_threads(work, tiles(600, 700))
