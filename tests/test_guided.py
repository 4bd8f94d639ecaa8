"""A guided filter gives linear functions of colour."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bgremove.guided import fit


@given(level=st.floats(0, 1, width=32), radius=st.integers(1, 6))
def test_a_constant_stays_and_colours_have_no_say(level: float, radius: int) -> None:
    image = np.random.default_rng(radius).integers(0, 256, (12, 9, 3), np.uint8)
    alpha = fit(image, np.full((12, 9), level, np.float32), radius).applied(image)
    np.testing.assert_allclose(alpha, level, atol=1e-4)


def test_a_blurred_target_takes_the_image_s_edge() -> None:
    image = np.zeros((40, 40, 3), np.uint8)
    image[:, 20:] = 255
    blurred = np.tile(np.clip((np.arange(40) - 13) / 14, 0, 1).astype(np.float32), (40, 1))
    alpha = fit(image, blurred, 8).applied(image)
    assert alpha[:, 20].min() - alpha[:, 19].max() > 0.4


def test_pixels_of_no_confidence_are_not_heard() -> None:
    image = np.zeros((10, 20, 3), np.uint8)
    image[:, 10:] = 255
    target = (image[..., 0] > 0).astype(np.float32)
    wrong, confidence = target.copy(), np.ones((10, 20), np.float32)
    wrong[:, 8:10], confidence[:, 8:10] = 1, 0
    alpha = fit(image, wrong, 4, confidence).applied(image)
    heard = fit(image, wrong, 4).applied(image)
    assert (alpha[:, 8:10] < heard[:, 8:10] / 2).all()
