"""What all methods of a network share."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from bgremove.cards import CARD_FILE, PresenceRule, read_card
from bgremove.errors import ModelMismatchError
from bgremove.removers.network import (
    LARGE_PHOTO,
    NetworkRemover,
    drawn_in,
    is_present,
    refined_map,
)
from bgremove.removers.person import PersonRemover
from bgremove.removers.subject import SubjectRemover
from bgremove.second_look import both_looks
from bgremove.thresholding import best_threshold


def test_a_model_without_the_output_is_told(red_model_with: Callable[..., Path]) -> None:
    path = red_model_with(outputs=("person", "hat"))
    with pytest.raises(ModelMismatchError, match="red: expected an output 'subject', the model"):
        SubjectRemover(model=path)


def test_somebody_is_there_if_enough_pixels_are_sure() -> None:
    probability = np.zeros((10, 10), np.float32)
    probability[0, :2] = 0.8
    assert is_present(probability, PresenceRule(probability=0.7, area=0.02))
    assert not is_present(probability, PresenceRule(probability=0.9, area=0.02))
    assert not is_present(probability, PresenceRule(probability=0.7, area=0.03))


@pytest.mark.parametrize("threshold", [0.0, 0.1, 1.0])
def test_a_matte_of_nobody_is_empty_whatever_the_threshold(
    red_model: Path, threshold: float
) -> None:
    image = np.full((6, 8, 3), (255, 215, 215), np.uint8)
    matte = PersonRemover(model=red_model, threshold=threshold).matte(image)
    assert not matte.found
    assert matte.alpha.shape == (6, 8)
    assert not matte.alpha.any()


@pytest.mark.parametrize(("output", "least", "most"), [("person", 0.9, 1), ("subject", 0, 0.1)])
def test_a_narrow_gap_closes_in_people_and_stays_in_things(
    output: str, least: float, most: float
) -> None:
    probability = np.zeros((224, 224), np.float32)
    probability[40:200, 40:184] = 0.98
    probability[60:200, 108:116] = 0.25
    photo = np.repeat(np.where(probability > 0.5, 200, 40).astype(np.uint8)[..., None], 3, axis=2)
    probability = cv2.GaussianBlur(probability, (0, 0), 2)
    alpha = refined_map(probability, photo, output=output, threshold=0.5).on(photo).whole()
    assert least <= alpha[150, 112] <= most


def disc(radius: float) -> np.ndarray:
    """Draw a map of a disc, 64 × 64, that passes from 0 to 1 as a network's does."""
    distance = np.hypot(*(np.indices((64, 64)) - 31.5))
    return (1 / (1 + np.exp(1.5 * (distance - radius)))).astype(np.float32)


@pytest.mark.parametrize("outward", [0.0, 0.3, 0.6, 1.0])
def test_an_outline_moves_in_by_what_the_card_says(outward: float) -> None:
    found = drawn_in(disc(20 + outward), outward)
    missing = (disc(20).sum() - found.sum()) / (2 * np.pi * 20)
    assert missing == pytest.approx(0, abs=0.02 + 0.15 * outward)


def test_what_has_no_outline_is_not_drawn_in() -> None:
    even = np.tile(np.linspace(0.4, 0.5, 64, dtype=np.float32), (64, 1))
    np.testing.assert_allclose(drawn_in(even, 0.6), even, atol=0.001)
    np.testing.assert_allclose(drawn_in(disc(20), 0.6)[22:42, 22:42], 1, atol=0.001)


def test_a_thin_thing_is_not_lost() -> None:
    strap = np.zeros((64, 64), np.float32)
    strap[:, 30:32] = 1
    assert (drawn_in(strap, 0.6)[:, 30:32] > 0.5).all()


@pytest.mark.parametrize("edges", ["soft", "hard", "fine"])
def test_a_card_that_says_so_makes_the_cutout_narrower(
    red_model: Path, red_model_with: Callable[..., Path], edges: str
) -> None:
    image = np.full((96, 96, 3), (0, 0, 255), np.uint8)
    image[18:84, 18:60] = (255, 0, 0)
    before = PersonRemover(model=red_model, edges=edges).matte(image).alpha
    drawn = PersonRemover(model=red_model_with(outward=1.0), edges=edges).matte(image).alpha
    assert drawn.sum() < before.sum()
    assert drawn[40, 40] == before[40, 40] == 1


def test_a_large_photo_has_the_mask_of_its_small_copy_time_and_again(red_model: Path) -> None:
    remover = PersonRemover(model=red_model, edges="hard")
    small = np.full((40, 50, 3), (0, 0, 255), np.uint8)
    small[10:30, 10:40] = (255, 0, 0)
    large = np.kron(small, np.ones((200, 125, 1), np.uint8))
    assert large.shape[0] * large.shape[1] == LARGE_PHOTO
    expected = remover.matte(small).alpha > 0.5
    for _ in range(2):
        found = remover.matte(large).alpha[100::200, 62::125] > 0.5
        np.testing.assert_array_equal(found, expected)


@pytest.fixture
def looks_twice(red_model: Path, red_model_with: Callable[..., Path]) -> Path:
    once = read_card(red_model.with_name(CARD_FILE)).input
    return red_model_with(input=replace(once, coarse_shapes=((4, 4),)))


def test_a_doubtful_person_is_looked_at_again(red_model: Path, looks_twice: Path) -> None:
    image = np.full((96, 96, 3), 255, np.uint8)
    image[18:84, 18:60, 1:] = 110
    remover = PersonRemover(model=looks_twice)
    segmenter = remover.segmenter
    fine = segmenter.predict(image)[..., 0]
    coarse = segmenter.predict(image, segmenter.card.input.coarse())[..., 0]
    assert fine.shape == (32, 32)
    assert coarse.shape == (4, 4)
    found = both_looks(fine, coarse)
    threshold = best_threshold(found, most=0.5)
    expected = refined_map(found, image, output="person", threshold=threshold).on(image).whole()
    np.testing.assert_allclose(remover.matte(image).alpha, expected, atol=1e-5)
    once = PersonRemover(model=red_model).matte(image).alpha
    assert np.abs(expected - once).max() > 0.1


@pytest.mark.parametrize(
    ("remover", "colour"), [(PersonRemover, (255, 0, 0)), (SubjectRemover, (110, 110, 255))]
)
def test_who_is_sure_and_what_is_no_person_is_looked_at_once(
    red_model: Path,
    looks_twice: Path,
    remover: type[NetworkRemover],
    colour: tuple[int, int, int],
) -> None:
    image = np.full((96, 96, 3), 255, np.uint8)
    image[18:84, 18:60] = colour
    once, twice = (remover(model=model).matte(image) for model in (red_model, looks_twice))
    assert once.found
    np.testing.assert_allclose(once.alpha, twice.alpha, atol=1e-5)


class Mine(PersonRemover):
    """A remover that a user has made."""

    def __init__(self, name: str, model: Path) -> None:
        super().__init__(model=model, edges="hard")
        self.name = name


def test_a_remover_of_one_s_own_can_be_sent_as_it_is(red_model: Path) -> None:
    mine = Mine("mine", red_model)
    mine.threshold = 0.25
    sent = pickle.loads(pickle.dumps(mine))
    assert (type(sent), sent.name, sent.threshold) == (Mine, "mine", 0.25)
    image = np.full((60, 80, 3), (255, 0, 0), np.uint8)
    np.testing.assert_array_equal(sent(image), mine(image))


@pytest.mark.parametrize("most", [0.5, 0.2])
def test_by_default_the_threshold_is_the_map_s_own_and_at_most_the_card_s(
    red_model_with: Callable[..., Path], most: float
) -> None:
    path = red_model_with(threshold=most)
    image = np.full((320, 320, 3), 255, np.uint8)
    image[40:120, 100:200, 1:] = 25
    image[120:300, 60:240, 1:] = 145
    remover = PersonRemover(model=path)
    level = best_threshold(remover.segmenter.predict(image)[..., 0], most=0.5)
    assert 0.2 < level < 0.4
    expected = PersonRemover(model=path, threshold=min(level, most)).alpha(image)
    np.testing.assert_allclose(remover.alpha(image), expected, atol=1e-5)
    at_half = PersonRemover(model=path, threshold=0.5).alpha(image)
    assert np.abs(expected - at_half).max() > 0.1
