"""The matte agrees with the image's colours and with what is sure."""

import numpy as np

from bgremove.matting import KNOWN, Laplacian, closed_form

WEAK = 0.01


def test_the_laplacian_is_symmetric_and_leaves_a_constant_at_nothing() -> None:
    rng = np.random.default_rng(0)
    laplacian = Laplacian(rng.integers(0, 256, (20, 30, 3), np.uint8))
    one, two = rng.random((2, 20, 30), np.float32)
    forth, back = np.vdot(one, laplacian.times(two)), np.vdot(two, laplacian.times(one))
    np.testing.assert_allclose(forth, back, rtol=1e-3)
    np.testing.assert_allclose(laplacian.times(np.ones((20, 30), np.float32)), 0, atol=1e-4)


def test_a_band_is_filled_by_colour_and_the_rest_stays() -> None:
    image = np.full((32, 32, 3), (0, 180, 0), np.uint8)
    image[:, 18:] = (180, 0, 0)
    guess = np.tile((np.arange(32) >= 16).astype(np.float32), (32, 1))
    band = np.zeros((32, 32), bool)
    band[:, 12:22] = True
    matte = closed_form(image, guess, band, np.full_like(guess, WEAK))
    np.testing.assert_array_equal(matte[~band], guess[~band])
    assert matte[:, 12:17].max() < 0.2
    assert matte[:, 19:22].min() > 0.8


def test_the_matte_is_the_one_that_solves_the_equations() -> None:
    side = 24
    image = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    guess = np.tile((np.arange(side) >= side // 2).astype(np.float32), (side, 1))
    band = np.zeros((side, side), bool)
    band[:, side // 4 : -side // 4] = True
    pixels = np.eye(side * side, dtype=np.float32).reshape(-1, side, side)
    laplacian = np.column_stack([Laplacian(image).times(pixel).ravel() for pixel in pixels])
    weights = np.where(band, WEAK, KNOWN).ravel()
    solved = np.linalg.solve(laplacian + np.diag(weights), weights * guess.ravel())
    expected = np.where(band, np.clip(solved.reshape(side, side), 0, 1), guess)
    matte = closed_form(image, guess, band, np.full_like(guess, WEAK))
    np.testing.assert_allclose(matte, expected, atol=1e-3)


def test_without_a_band_the_guess_stays() -> None:
    image = np.random.default_rng(0).integers(0, 256, (9, 8, 3), np.uint8)
    guess = np.eye(9, 8, dtype=np.float32)
    matte = closed_form(image, guess, np.zeros((9, 8), bool), np.ones_like(guess))
    np.testing.assert_array_equal(matte, guess)
