"""The ground of a photo: its subject gone, and nothing that was hidden shown."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgremove.ground import filled, without_subject

WHITE, GREEN, PINK = (255, 255, 255), (20, 120, 40), (255, 0, 255)


def disc(size: int, radius: float) -> np.ndarray:
    """Draw a disc in the middle of a square, antialiased: its alpha, of uint8."""
    distance = np.hypot(*(np.indices((size, size)) + 0.5 - size / 2))
    return np.rint(255 * np.clip(radius - distance + 0.5, 0, 1)).astype(np.uint8)


def seen_over(colour: tuple[int, ...], below: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Lay a colour over a picture."""
    share = alpha[..., None] / 255
    return np.rint(np.array(colour) * share + below * (1 - share)).astype(np.uint8)


@pytest.mark.parametrize("size", [60, 700, 1500])
def test_where_the_subject_was_its_surroundings_are(size: int) -> None:
    ground = np.full((size, size, 3), GREEN, np.uint8)
    alpha = disc(size, size / 4)
    np.testing.assert_allclose(
        without_subject(seen_over(WHITE, ground, alpha), alpha, None).astype(int), ground, atol=1
    )


def test_each_side_is_filled_from_its_own() -> None:
    ground = np.zeros((200, 300, 3), np.uint8)
    ground[:, 150:] = 240
    alpha = np.zeros((200, 300), np.uint8)
    alpha[80:120, 50:250] = 255
    photo = np.where(alpha[..., None] > 0, np.uint8(128), ground)
    found = without_subject(photo, alpha, None)
    assert found[:, :120].max() < 40
    assert found[:, 180:].min() > 200


def test_what_is_far_from_the_subject_stays_exact() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (900, 1200, 3), np.uint8)
    alpha = np.zeros((900, 1200), np.uint8)
    alpha[300:500, 700:900] = 255
    found = without_subject(photo, alpha, None)
    np.testing.assert_array_equal(found[:, :680], photo[:, :680])
    np.testing.assert_array_equal(found[520:], photo[520:])


@pytest.mark.parametrize("level", [0, 255])
def test_no_subject_or_one_that_is_everywhere_leaves_the_photo(level: int) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    alpha = np.full((40, 50), level, np.uint8)
    np.testing.assert_array_equal(without_subject(photo, alpha, None), photo)


@pytest.mark.parametrize("size", [80, 1500])
def test_what_the_photo_itself_hides_is_not_shown(size: int) -> None:
    visible = disc(size, size / 2.5)
    photo = np.where(visible[..., None] > 0, np.array(GREEN, np.uint8), np.array(PINK, np.uint8))
    alpha = disc(size, size / 6)
    photo[alpha > 0] = WHITE
    found = without_subject(photo, alpha, (visible / 255).astype(np.float32))
    assert np.abs(found.astype(int) - GREEN).max() <= 2


def test_a_subject_that_is_all_that_is_visible_gives_its_own_colours() -> None:
    visible = disc(100, 30)
    photo = np.where(visible[..., None] > 0, np.array(GREEN, np.uint8), np.array(PINK, np.uint8))
    found = without_subject(photo, visible, (visible / 255).astype(np.float32))
    assert np.abs(found.astype(int) - GREEN).max() <= 2


def test_a_ground_that_is_half_transparent_is_a_ground() -> None:
    photo = np.full((90, 90, 3), GREEN, np.uint8)
    alpha = disc(90, 20) // 2
    photo[alpha > 0] = WHITE
    found = without_subject(photo, alpha, np.full((90, 90), 0.5, np.float32))
    assert np.abs(found.astype(int) - GREEN).max() <= 2


def test_a_photo_that_hides_all_gives_black() -> None:
    photo = np.full((9, 7, 3), PINK, np.uint8)
    nothing = np.zeros((9, 7), np.uint8)
    assert not without_subject(photo, nothing, nothing.astype(np.float32)).any()


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    seed=st.integers(0, 9),
    has_own=st.booleans(),
)
def test_any_photo_has_a_ground_within_its_colours(height, width, seed, has_own) -> None:
    rng = np.random.default_rng(seed)
    photo = rng.integers(90, 160, (height, width, 3), np.uint8)
    alpha = rng.choice(np.array([0, 3, 120, 255], np.uint8), (height, width))
    own = rng.choice(np.array([0, 0.5, 1], np.float32), (height, width)) if has_own else None
    found = without_subject(photo, alpha, own)
    assert found.shape == photo.shape
    assert found.dtype == np.uint8
    shown = own is None or own.any()
    assert not shown or (found.min() >= 85 and found.max() <= 165)


def test_what_is_known_is_kept_and_the_rest_is_between_its_neighbours() -> None:
    colours = np.tile(np.linspace(0, 200, 64, dtype=np.float32)[None, :, None], (64, 1, 3))
    weights = np.ones((64, 64), np.float32)
    weights[24:40, 24:40] = 0
    result = filled(np.dstack([colours * weights[..., None], weights]))
    known = weights > 0
    assert np.abs(result - colours)[known].max() < 4
    assert np.abs(result - colours)[~known].max() < 40
