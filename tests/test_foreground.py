"""Soft edges have the subject's own colours, not the background's."""

import numpy as np
import pytest

from bgremove.compose import cutout

RED, GREEN = np.array([220, 40, 30]), np.array([20, 160, 60])


def soft_disc(size: int, softness: float) -> np.ndarray:
    """Draw the alpha of a disc whose edge is so many pixels wide."""
    y, x = np.indices((size, size)) - (size - 1) / 2
    return np.clip((size / 4 - np.hypot(x, y)) / softness + 0.5, 0, 1).astype(np.float32)


def mixed(alpha: np.ndarray, subject: np.ndarray, background: np.ndarray) -> np.ndarray:
    share = alpha[..., None]
    return np.rint(share * subject + (1 - share) * background).astype(np.uint8)


def colour_error(cut: np.ndarray, alpha: np.ndarray, subject: np.ndarray) -> float:
    """Mean difference from the true colour at soft pixels, as they are seen over anything."""
    soft = (alpha > 0.02) & (alpha < 0.98)
    wrong = np.abs(cut[..., :3].astype(float) - subject).mean(axis=-1)
    return float((wrong * alpha)[soft].mean() / alpha[soft].mean())


def textured(size: int, colour: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 6, (size, size, 1))
    slope = np.linspace(-15, 15, size)[None, :, None]
    return np.clip(colour + noise + slope, 0, 255)


@pytest.mark.parametrize(("size", "softness"), [(160, 6), (160, 20), (900, 12)])
def test_a_composite_s_colours_err_by_a_fifth_of_the_naive_cutout_s_at_most(
    size: int, softness: float
) -> None:
    alpha = soft_disc(size, softness)
    subject, background = textured(size, RED, 1), textured(size, GREEN, 2)
    image = mixed(alpha, subject, background)
    naive = np.dstack([image, np.rint(alpha * 255).astype(np.uint8)])
    ours = colour_error(cutout(image, alpha), alpha, subject)
    theirs = colour_error(naive, alpha, subject)
    assert ours <= theirs / 5, f"ours {ours:.2f}, naive {theirs:.2f}"


def test_opaque_pixels_are_bit_exact_and_invisible_ones_zero() -> None:
    alpha = soft_disc(600, 9)
    image = np.random.default_rng(0).integers(0, 256, (600, 600, 3), np.uint8)
    result = cutout(image, alpha)
    opaque, invisible = result[..., 3] == 255, result[..., 3] == 0
    np.testing.assert_array_equal(result[opaque][:, :3], image[opaque])
    np.testing.assert_array_equal(result[invisible], 0)
    np.testing.assert_array_equal(result[..., 3], np.rint(alpha * 255))


def test_a_subject_in_front_of_its_own_colour_keeps_it() -> None:
    alpha = soft_disc(100, 10)
    image = np.full((100, 100, 3), (200, 100, 50), np.uint8)
    result = cutout(image, alpha)
    seen = result[..., 3] > 0
    np.testing.assert_allclose(result[seen][:, :3].astype(int), image[seen].astype(int), atol=1)


def test_what_was_transparent_in_the_photo_keeps_its_straight_colour() -> None:
    image = np.random.default_rng(0).integers(0, 256, (50, 50, 3), np.uint8)
    own = np.full((50, 50), 0.5, np.float32)
    result = cutout(image, np.ones((50, 50), np.float32), own)
    np.testing.assert_array_equal(result[..., :3], image)
    np.testing.assert_array_equal(result[..., 3], 128)
