"""Edges lie where the threshold and the photo say: soft, fine or hard."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bgremove import tiles
from bgremove.arrays import resize, working_copy
from bgremove.errors import OptionError
from bgremove.guided import EdgeGuide
from bgremove.refine import (
    EDGES,
    NARROW,
    OPENNESS,
    AlongEdges,
    Edges,
    back_projected,
    find_edges,
    fine_edges,
    hard_edges,
    recentred,
    soft_edges,
    undecided,
    without_ghosts,
    without_grain,
)
from bgremove.removers.object import OPENNESS as OF_CONTOURS
from bgremove.tiles import Tile

RAMP = np.tile(np.linspace(0, 1, 101, dtype=np.float32), (8, 1))
GREY = np.full((8, 101, 3), 128, np.uint8)

probabilities = arrays(
    np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(0, 1, width=32)
)
thresholds = st.floats(0, 1)


def step_at(column: int, size: int) -> np.ndarray:
    """Draw a photo that is red on the right of a column, and green on its left."""
    image = np.zeros((size, size, 3), np.uint8)
    image[:, :column, 1] = 200
    image[:, column:, 0] = 200
    return image


def transition(centre: float, width: float, size: int = 64) -> np.ndarray:
    """Draw a map that passes from 0 to 1 around a column, within some pixels."""
    row = 1 / (1 + np.exp(-4 * (np.arange(size) + 0.5 - centre) / width))
    return np.tile(row.astype(np.float32), (size, 1))


def whole(edges: Edges, probability: np.ndarray, image: np.ndarray, threshold: float) -> np.ndarray:
    """Give the whole alpha of a photo, by way of its working copy."""
    return edges(probability, working_copy(image), threshold, OPENNESS).on(image).whole()


def edge_of(alpha: np.ndarray) -> np.ndarray:
    """Tell how many columns of each row lie in the background."""
    return (alpha < 0.5).sum(axis=1)


@pytest.mark.parametrize("threshold", [0.25, 0.5, 0.75])
def test_the_threshold_becomes_half_an_alpha_where_the_photo_has_no_edge(threshold: float) -> None:
    alpha = whole(soft_edges, RAMP, GREY, threshold)[0]
    assert alpha[round(threshold * 100)] == pytest.approx(0.5, abs=0.06)
    assert (np.diff(alpha) >= -1e-3).all()
    assert (alpha[0], alpha[-1]) == (0, 1)


@pytest.mark.parametrize("threshold", [0.01, 0.1, 0.5, 0.9, 0.99])
def test_a_map_is_bent_so_that_the_threshold_is_its_middle(threshold: float) -> None:
    bent = recentred(np.array([0, threshold, 1], np.float32), threshold)
    np.testing.assert_allclose(bent, [0, 0.5, 1], atol=1e-6)


@pytest.mark.parametrize("name", ["soft", "fine"])
@pytest.mark.parametrize("size", [128, 1000])
def test_an_edge_that_the_map_hesitates_about_moves_to_the_photo_s(name: str, size: int) -> None:
    scale = size / 64
    true = round(32 * scale)
    alpha = whole(EDGES[name], transition(33.5, 8), step_at(true, size), 0.5)
    off = np.abs(edge_of(alpha) - true)
    assert off.max() <= 0.2 * scale, (
        f"an edge off by 1.5 of the map's pixels stays off by {off.max()}"
    )


def test_what_the_map_doubts_leaves_no_haze_where_the_photo_says_nothing() -> None:
    doubtful = np.full((100, 100), 0.35, np.float32)
    doubtful[:, 60:] = np.linspace(0.35, 1, 40)
    alpha = whole(soft_edges, doubtful, GREY, 0.5)
    assert alpha[:, :55].max() == 0


def test_an_edge_that_the_map_knows_stays_though_the_photo_has_another() -> None:
    known = np.zeros((64, 64), np.float32)
    known[:, 34:] = 1
    alpha = whole(soft_edges, known, step_at(128, 256), 0.5)
    assert (edge_of(alpha) == 136).all()


def test_an_alpha_s_averages_come_nearer_to_the_map() -> None:
    rng = np.random.default_rng(0)
    known = resize(rng.random((4, 4), np.float32), 16, 16)
    start = np.full((64, 64), 0.5, np.float32)
    before = np.abs(resize(start, 16, 16) - known).mean()
    after = np.abs(resize(back_projected(start, known, np.ones_like(known)), 16, 16) - known).mean()
    assert after < before / 300


@given(top=st.integers(0, 39), left=st.integers(0, 49), side=st.integers(1, 12))
def test_the_photo_is_asked_round_what_is_open_alone_and_says_the_same(top, left, side) -> None:
    image = np.random.default_rng(side).integers(0, 256, (40, 50, 3), np.uint8)
    doubted = np.zeros((40, 50), np.float32)
    doubted[top : top + side, left : left + side] = 0.5
    everywhere = EdgeGuide(image, NARROW, (slice(0, 40), slice(0, 50))).followed(doubted)
    place = undecided(doubted, 4)
    nearby = EdgeGuide(image, NARROW, place).followed(doubted)
    left_open = doubted > 0
    np.testing.assert_allclose(nearby[left_open], everywhere[left_open], atol=1e-3)
    nearby[place] = doubted[place]
    np.testing.assert_array_equal(nearby, doubted)


def test_a_map_that_leaves_nothing_open_asks_no_photo() -> None:
    sure = np.zeros((5, 6), np.float32)
    assert undecided(sure, 2) == (slice(0, 0), slice(0, 0))
    guide = EdgeGuide(GREY[:5, :6], NARROW, undecided(sure, 2))
    assert guide.followed(sure).max() == 0
    assert guide.fitted(sure).field.max() == 0


def test_hard_edges_are_zero_or_one_as_the_original_had_them() -> None:
    alpha = whole(hard_edges, RAMP, GREY, 0.5)
    assert set(np.unique(alpha)) == {0, 1}
    assert alpha[0].sum() == 51


@pytest.mark.parametrize("size", [80, 1000])
def test_soft_edges_are_antialiased_at_the_photos_size(size: int) -> None:
    step = np.zeros((8, 8), np.float32)
    step[:, 4:] = 1
    alpha = whole(soft_edges, step, np.full((size, size, 3), 90, np.uint8), 0.5)
    between = (alpha > 0) & (alpha < 1)
    assert between.any(axis=1).all()
    assert between.mean() < 0.2


@given(probability=probabilities, threshold=thresholds, width=st.integers(1, 30))
def test_any_map_and_threshold_give_an_alpha(probability, threshold, width) -> None:
    image = np.random.default_rng(width).integers(0, 256, (12, width, 3), np.uint8)
    for edges in EDGES.values():
        alpha = whole(edges, probability, image, threshold)
        assert alpha.shape == (12, width)
        assert alpha.dtype == np.float32
        assert 0 <= alpha.min() <= alpha.max() <= 1


@pytest.mark.parametrize("level", [0.0, 1.0])
@pytest.mark.parametrize("name", list(EDGES))
def test_a_map_that_is_sure_everywhere_leaves_nothing_between(name: str, level: float) -> None:
    image = np.random.default_rng(0).integers(0, 256, (900, 700, 3), np.uint8)
    alpha = whole(EDGES[name], np.full((9, 9), level, np.float32), image, 0.5)
    np.testing.assert_array_equal(alpha, level)


@pytest.mark.parametrize("name", list(EDGES))
def test_an_alpha_does_not_depend_on_its_tiles(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.random.default_rng(0).integers(0, 256, (900, 700, 3), np.uint8)
    source = EDGES[name](transition(30, 5), working_copy(image), 0.5).on(image)
    by_tiles = source.whole()
    monkeypatch.setattr(tiles, "TILE", 1000)
    np.testing.assert_allclose(source.whole(), by_tiles, atol=1e-5)


def test_grain_of_a_large_photo_leaves_no_specks_along_an_edge() -> None:
    clean = step_at(700, 1500).astype(float) * 0.1 + 80
    noise = np.random.default_rng(0).normal(0, 6, clean.shape)
    image = np.clip(clean + noise, 0, 255).round().astype(np.uint8)
    mask = (whole(soft_edges, transition(29.9, 5), image, 0.5) >= 0.5).astype(np.uint8)
    subjects, grounds = (cv2.connectedComponents(part)[0] - 1 for part in (mask, 1 - mask))
    assert (subjects, grounds) == (1, 1)


def test_smoothing_grain_keeps_a_hair_and_an_edge() -> None:
    image = step_at(20, 40)
    image[:, 30] = (90, 90, 90)
    smooth = without_grain(image, (slice(0, 40), slice(0, 40)))
    assert np.abs(smooth.astype(int) - image).max() <= 1


@pytest.mark.parametrize(
    "place", [np.s_[0:1, 0:1], np.s_[100:107, 3:260], np.s_[250:300, 301:400], np.s_[9:10, 0:400]]
)
def test_grain_is_smoothed_alike_wherever_a_part_ends(place: Tile) -> None:
    image = np.random.default_rng(0).integers(100, 140, (300, 400, 3), np.uint8)
    everywhere = without_grain(image, (slice(0, 300), slice(0, 400)))
    np.testing.assert_array_equal(without_grain(image, place), everywhere[place])


def test_a_photo_that_is_its_own_working_copy_keeps_the_alpha_found_on_it() -> None:
    image = np.random.default_rng(0).integers(0, 256, (512, 300, 3), np.uint8)
    found = soft_edges(transition(30, 5), image, 0.5)
    assert isinstance(found, AlongEdges)
    np.testing.assert_array_equal(found.on(image).whole(), found.alpha)


def test_edges_are_found_by_name() -> None:
    assert find_edges("hard") is hard_edges
    assert find_edges("soft") is soft_edges
    assert find_edges("fine") is fine_edges


def test_unknown_edges_are_told() -> None:
    with pytest.raises(OptionError, match="edges must be one of soft, hard, fine, got 'fuzzy'"):
        find_edges("fuzzy")


def test_pieces_that_are_nowhere_half_there_go_and_faint_ends_stay() -> None:
    alpha = np.zeros((9, 12), np.float32)
    alpha[2:5, 1:5], alpha[5, 5], alpha[6, 6] = 1, 0.3, 0.1
    ghosts = alpha.copy()
    ghosts[1:3, 9:11] = 0.4
    np.testing.assert_array_equal(without_ghosts(ghosts), alpha)
    np.testing.assert_array_equal(without_ghosts(alpha), alpha)


def test_what_is_nowhere_half_there_is_left_where_there_is_nothing_else() -> None:
    faint = np.full((4, 4), 0.4, np.float32)
    np.testing.assert_array_equal(without_ghosts(faint), faint)


@pytest.mark.parametrize("edges", [soft_edges, fine_edges])
def test_a_smudge_beside_the_subject_leaves_nothing_visible(edges: Edges) -> None:
    probability = np.zeros((64, 64), np.float32)
    probability[16:48, 8:24] = 1
    probability = cv2.GaussianBlur(probability, (0, 0), 1)
    probability[28:36, 44:52] = 0.45
    alpha = whole(edges, probability, np.full((64, 64, 3), 90, np.uint8), 0.5)
    assert (alpha[20:44, 12:20] == 1).all()
    assert not alpha[:, 40:].any()


def test_what_a_network_hardly_doubts_is_less_of_a_haze_than_a_contour_s_blur() -> None:
    image = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
    doubt = transition(48, 20, 96)
    alphas = [
        soft_edges(doubt, image, 0.5, openness).on(image).whole()
        for openness in (OPENNESS, OF_CONTOURS)
    ]
    hazy, hazier = (np.count_nonzero((alpha > 0.05) & (alpha < 0.95)) for alpha in alphas)
    assert hazy < 0.7 * hazier
    np.testing.assert_array_equal(*(alpha >= 0.5 for alpha in alphas))
