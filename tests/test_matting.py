"""The matte agrees with the image's colours and with what is sure."""

import numpy as np

from bgremove.matting import Laplacian, closed_form


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
    matte = closed_form(image, guess, band, band.astype(np.float32))
    np.testing.assert_array_equal(matte[~band], guess[~band])
    assert matte[:, 12:17].max() < 0.2
    assert matte[:, 19:22].min() > 0.8
