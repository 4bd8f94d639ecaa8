"""Along an outline the colours close by find strands, and nothing else of their colour."""

import cv2
import numpy as np
import pytest

from bgremove.hair import OUT, along_outline, only_strands, told_apart
from bgremove.refine import OPENNESS, fine_edges, soft_edges

HAIR, SKY = (90, 60, 40), (120, 160, 210)
SIDE = 200


def grained(colours: np.ndarray) -> np.ndarray:
    """Add a photo's noise."""
    noise = np.random.default_rng(0).normal(0, 3, colours.shape)
    return np.clip(colours + noise, 0, 255).round().astype(np.uint8)


def head_with_strands() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw a photo of a head, its true alpha, and what a map of a quarter of its size says."""
    size = 4 * SIDE
    large = np.zeros((size, size), np.uint8)
    cv2.circle(large, (size // 2, size // 2), size // 4, 255, -1)
    solid = large.copy()
    for angle in np.linspace(0, 2 * np.pi, 16, endpoint=False):
        out = np.array([np.cos(angle), np.sin(angle)])
        ends = [(size * (0.5 + share * out)).astype(int).tolist() for share in (0.2, 0.29)]
        cv2.line(large, *ends, 255, 6)
    whole, bald = (
        cv2.resize(each, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        for each in (large, solid)
    )
    share = whole[..., None]
    photo = grained(share * HAIR + (1 - share) * SKY)
    return photo, whole, cv2.resize(bald, (SIDE // 2, SIDE // 2), interpolation=cv2.INTER_AREA)


def test_strands_that_the_map_leaves_out_are_found() -> None:
    photo, truth, probability = head_with_strands()
    near = cv2.dilate(truth, np.ones((9, 9))) > cv2.erode(truth, np.ones((9, 9)))
    soft, fine = (
        np.abs(edges(probability, photo, 0.5, OPENNESS).on(photo).whole() - truth)[near].mean()
        for edges in (soft_edges, fine_edges)
    )
    assert fine < 0.7 * soft, f"fine errs by {fine:.3f}, soft by {soft:.3f}"


def test_colours_that_lie_apart_tell_a_pixel_s_share() -> None:
    ramp = np.clip((np.arange(60) - 20) / 20, 0, 1)[None, :, None]
    photo = grained(np.repeat(ramp * HAIR + (1 - ramp) * SKY, 60, axis=0))
    columns = np.tile(np.arange(60), (60, 1))
    share, trust = told_apart(photo, columns >= 40, columns < 20, 30)
    assert trust[:, 20:40].min() > 0.9
    np.testing.assert_allclose(share[:, 30], 0.5, atol=0.12)
    assert share[:, :20].max() == 0
    assert share[:, 40:].min() == 1


@pytest.mark.parametrize("subject", [0, 60])
def test_colours_that_are_the_same_or_missing_tell_nothing(subject: int) -> None:
    photo = grained(np.full((60, 60, 3), 120.0))
    columns = np.tile(np.arange(60), (60, 1))
    _, trust = told_apart(photo, columns < subject, columns >= 40, 30)
    assert trust.max() < 0.05


def test_what_is_wider_than_a_strand_beyond_the_outline_is_cleared_away() -> None:
    beyond = np.tile(np.maximum(0, np.arange(40, dtype=np.float32) - 9), (40, 1))
    share = (beyond == 0).astype(np.float32)
    share[5, 10:20] = 1
    share[20:34, 10:30] = 1
    cleared = only_strands(share, beyond, 1)
    np.testing.assert_array_equal(cleared[beyond == 0], 1)
    np.testing.assert_array_equal(cleared[5, 12:20], 1)
    assert cleared[23:31, 13:27].max() == 0


def test_a_matte_is_sought_on_both_sides_of_an_outline_and_nowhere_else() -> None:
    alpha = np.zeros((50, 50), np.float32)
    alpha[:, :25] = 1
    asked = along_outline(grained(np.full((50, 50, 3), 120.0)), alpha, np.zeros((50, 50), bool), 2)
    assert np.flatnonzero(asked.band[0]).tolist() == [*range(23, 25 + round(2 * OUT))]
    np.testing.assert_array_equal(asked.guess[~asked.band], alpha[~asked.band])


@pytest.mark.parametrize("level", [0, 1])
def test_where_there_is_no_outline_nothing_is_asked(level: int) -> None:
    alpha = np.full((20, 30), level, np.float32)
    photo = grained(np.full((20, 30, 3), 120.0))
    assert not along_outline(photo, alpha, np.zeros((20, 30), bool), 1).band.any()
