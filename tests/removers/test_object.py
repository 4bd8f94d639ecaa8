"""The object method, whole: drawn scenes, a real photo, and pictures of any shape."""

import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as PILImage

from bgremove.arrays import Alpha, Image, Mask, resize
from bgremove.errors import NoSubjectWarning, OptionError
from bgremove.removers.object import ObjectRemover

EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"
GOLDEN = Path(__file__).parents[1] / "golden" / "object_astronaut.png"

Colour = tuple[int, int, int]
Part = Callable[[np.ndarray, Colour], object]


def iou(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / (one | other).sum())


def astronaut() -> Image:
    return np.asarray(PILImage.open(EXAMPLE).convert("RGB"))


def circle(x: int, y: int, radius: int) -> Part:
    return lambda image, colour: cv2.circle(image, (x, y), radius, colour, -1, cv2.LINE_AA)


def polygon(*points: tuple[int, int]) -> Part:
    corners = [np.array(points, np.int32)]
    return lambda image, colour: cv2.fillPoly(image, corners, colour, cv2.LINE_AA)


def wall(colour: Colour) -> Image:
    return np.full((600, 800, 3), colour, np.uint8)


def table_before_wall() -> Image:
    image = wall((215, 215, 205))
    image[420:] = (150, 110, 80)
    return image


def lit_wall() -> Image:
    light = np.linspace(90, 230, 800).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(light[None, :, None], (600, 800, 3)))


def crumbs() -> Image:
    image = wall((235, 235, 235))
    for x, y in ((60, 80), (120, 500), (700, 90), (740, 300), (650, 520), (90, 300)):
        cv2.circle(image, (x, y), 8, (100, 60, 20), -1)
    return image


STAR = polygon(
    *(
        (
            round(400 + radius * math.sin(turn * math.pi / 5)),
            round(300 - radius * math.cos(turn * math.pi / 5)),
        )
        for turn, radius in enumerate([230, 95] * 5)
    )
)
BUST = (
    (circle(400, 220, 100), (150, 100, 80)),
    (polygon((240, 599), (280, 320), (520, 320), (560, 599)), (40, 40, 90)),
)

SCENES = {
    "a disc": (wall((230, 230, 230)), [(circle(400, 300, 180), (40, 80, 160))]),
    "a faint disc": (wall((250, 250, 250)), [(circle(400, 300, 180), (236, 236, 236))]),
    "a disc as bright as the wall": (wall((40, 131, 60)), [(circle(400, 300, 180), (200, 60, 60))]),
    "a star": (wall((240, 235, 225)), [(STAR, (220, 150, 20))]),
    "a cup on a table": (
        table_before_wall(),
        [(polygon((280, 180), (520, 180), (480, 500), (320, 500)), (180, 30, 40))],
    ),
    "a cone in falling light": (
        lit_wall(),
        [(polygon((200, 500), (400, 100), (600, 500)), (60, 90, 40))],
    ),
    "a bust cut off below": (wall((200, 210, 220)), BUST),
    "a disc in the corner": (wall((200, 210, 220)), [(circle(80, 520, 220), (150, 100, 80))]),
    "two discs": (
        wall((200, 210, 220)),
        [(circle(220, 300, 120), (150, 100, 80)), (circle(600, 300, 90), (50, 100, 180))],
    ),
    "a disc among crumbs": (crumbs(), [(circle(400, 300, 170), (120, 60, 20))]),
}


def draw(name: str) -> tuple[Image, Mask]:
    background, parts = SCENES[name]
    image, mask = background.copy(), np.zeros(background.shape[:2], np.uint8)
    for part, colour in parts:
        part(image, colour)
        part(mask, (255, 255, 255))
    return image, mask > 127


@pytest.mark.parametrize("name", SCENES)
def test_a_simple_subject_is_cut_out_whole(name: str) -> None:
    image, truth = draw(name)
    matte = ObjectRemover().matte(image)
    assert matte.found
    assert iou(matte.alpha > 0.5, truth) >= 0.97
    inside = cv2.erode(truth.astype(np.uint8), np.ones((41, 41), np.uint8)) > 0
    outside = cv2.dilate(truth.astype(np.uint8), np.ones((61, 61), np.uint8)) == 0
    assert (matte.alpha[inside] == 1).all()
    assert (matte.alpha[outside] == 0).all()


def test_grain_does_not_hide_the_subject() -> None:
    image, truth = draw("a disc")
    grain = np.random.default_rng(0).normal(0, 15, image.shape)
    noisy = np.clip(image + grain, 0, 255).astype(np.uint8)
    assert iou(ObjectRemover().matte(noisy).alpha > 0.5, truth) >= 0.97


def test_a_dark_subject_on_white_keeps_its_white_label() -> None:
    image, truth = draw("a disc")
    cv2.rectangle(image, (350, 260), (450, 340), (230, 230, 230), -1)
    assert iou(ObjectRemover().matte(image).alpha > 0.5, truth) >= 0.97


def test_a_thing_as_grey_as_a_shadow_is_whole_within_its_outline() -> None:
    image = np.full((200, 240, 3), 200, np.uint8)
    truth = np.zeros((200, 240), np.uint8)
    cv2.ellipse(truth, (120, 100), (60, 50), 0, 0, 360, 255, -1)
    image[truth > 0] = 170
    cv2.ellipse(truth, (120, 100), (60, 50), 0, 0, 360, 255, 3)
    cv2.ellipse(image, (120, 100), (60, 50), 0, 0, 360, (60, 60, 60), 3)
    found = ObjectRemover().matte(image).alpha > 0.5
    assert iou(found, truth > 0) > 0.95


def test_a_thing_of_the_backdrop_s_own_colour_is_whole_within_its_outline() -> None:
    image, truth = wall((235, 235, 230)), np.zeros((600, 800), np.uint8)
    cv2.circle(image, (400, 300), 180, (150, 150, 150), 1, cv2.LINE_AA)
    cv2.circle(truth, (400, 300), 180, 255, -1)
    assert iou(ObjectRemover().matte(image).alpha > 0.5, truth > 0) > 0.95


@pytest.mark.parametrize(
    "name", ["a star", "a cup on a table", "a bust cut off below", "a disc among crumbs"]
)
def test_a_large_photo_gives_the_cutout_of_its_small_copy(name: str) -> None:
    image, _ = draw(name)
    height, width = image.shape[:2]
    large = cv2.resize(image, (4 * width, 4 * height), interpolation=cv2.INTER_CUBIC)
    remover = ObjectRemover()
    found = resize(remover.matte(large.astype(np.uint8)).alpha, width, height)
    assert iou(found > 0.5, remover.matte(image).alpha > 0.5) >= 0.97


def test_the_astronaut_is_cut_out_as_before() -> None:
    golden = np.asarray(PILImage.open(GOLDEN).convert("L")) > 127
    assert iou(ObjectRemover().matte(astronaut()).alpha > 0.5, golden) >= 0.995


def test_soft_edges_have_levels_between_and_hard_ones_have_none() -> None:
    image, _ = draw("a disc")
    soft = ObjectRemover(edges="soft").matte(image).alpha
    hard = ObjectRemover(edges="hard").matte(image).alpha
    assert len(np.unique(soft)) > 10
    assert set(np.unique(hard)) == {0, 1}
    assert ((soft > 0.5) == (hard > 0.5)).mean() > 0.98


def test_an_array_comes_back_with_colours_kept_and_nothing_behind_the_subject() -> None:
    image, truth = draw("a disc")
    cutout = ObjectRemover()(image)
    assert (cutout[cutout[..., 3] == 255][:, :3] == image[cutout[..., 3] == 255]).all()
    assert (cutout[cutout[..., 3] == 0] == 0).all()
    assert abs((cutout[..., 3] == 0).mean() - (~truth).mean()) < 0.02


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_flat_picture_has_no_object(level: int) -> None:
    matte = ObjectRemover().matte(np.full((300, 400, 3), level, np.uint8))
    assert not matte.found
    assert_valid(matte.alpha, (300, 400))
    assert not matte.alpha.any()


def test_grain_alone_has_no_object() -> None:
    grain = np.random.default_rng(0).normal(128, 20, (600, 800, 3))
    assert not ObjectRemover().matte(np.clip(grain, 0, 255).astype(np.uint8)).found


def test_an_empty_wall_is_warned_of() -> None:
    with pytest.warns(NoSubjectWarning, match="no object found"):
        ObjectRemover()(wall((200, 200, 200)))


def test_thresholds_above_the_edge_hide_it() -> None:
    image, _ = draw("a faint disc")
    assert ObjectRemover(low=10, high=20).matte(image).found
    assert not ObjectRemover(low=100, high=200).matte(image).found


@pytest.mark.parametrize(
    ("one", "both"),
    [({"low": 50}, {"low": 50, "high": 100}), ({"high": 100}, {"low": 50, "high": 100})],
)
def test_one_threshold_sets_the_other(one: dict[str, float], both: dict[str, float]) -> None:
    image = astronaut()
    assert (
        ObjectRemover(**one).matte(image).alpha == ObjectRemover(**both).matte(image).alpha
    ).all()


@pytest.mark.parametrize("name", ["low", "high"])
@pytest.mark.parametrize("value", [-1, 2041, math.nan])
def test_a_threshold_out_of_range_is_refused(name: str, value: float) -> None:
    with pytest.raises(OptionError, match=rf"{name} must be a number in 0…2040, got {value}"):
        ObjectRemover(**{name: value})


def test_a_low_threshold_above_the_high_one_is_refused() -> None:
    with pytest.raises(OptionError, match="low must not exceed high, got low 200 and high 100"):
        ObjectRemover(low=200, high=100)


def test_an_unknown_kind_of_edges_is_refused() -> None:
    with pytest.raises(OptionError, match="edges must be one of soft, hard, fine, got 'round'"):
        ObjectRemover(edges="round")


ODD_SIZES = [(1, 1), (1, 2), (2, 1), (3, 2), (1, 5000), (5000, 1), (3, 3000), (7, 513), (512, 2)]


@pytest.mark.parametrize("size", ODD_SIZES)
@pytest.mark.parametrize("thresholds", [{}, {"low": 0, "high": 0}])
def test_pictures_of_odd_sizes_give_a_matte(
    size: tuple[int, int], thresholds: dict[str, float]
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    matte = ObjectRemover(**thresholds).matte(image)
    assert_valid(matte.alpha, size)
    assert matte.found == matte.alpha.any()


@settings(max_examples=40)
@given(
    image=st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)).flatmap(
        lambda shape: arrays.arrays(np.uint8, shape)
    ),
    edges=st.sampled_from(["soft", "hard", "fine"]),
    high=st.none() | st.integers(0, 300),
)
def test_any_picture_gives_a_matte(image: Image, edges: str, high: int | None) -> None:
    matte = ObjectRemover(high=high, edges=edges).matte(image)
    assert_valid(matte.alpha, image.shape[:2])
    assert matte.found == matte.alpha.any()


def assert_valid(alpha: Alpha, size: tuple[int, ...]) -> None:
    assert alpha.dtype == np.float32
    assert alpha.shape == size
    assert ((alpha >= 0) & (alpha <= 1)).all()


def test_24_megapixels_give_the_same_cutout_as_their_copy_of_one() -> None:
    photo = PILImage.open(EXAMPLE).resize((4900, 4900), PILImage.Resampling.BICUBIC)
    copy = photo.resize((1000, 1000), PILImage.Resampling.LANCZOS)
    remover = ObjectRemover()
    large, small = (remover.alpha(np.asarray(picture)) >= 0.5 for picture in (photo, copy))
    shrunk = np.asarray(PILImage.fromarray(large).resize(copy.size))
    assert iou(shrunk, small) >= 0.97


def test_the_best_quality_cuts_out_what_the_fast_one_does() -> None:
    image, truth = draw("a cup on a table")
    assert iou(ObjectRemover(quality="best").matte(image).alpha > 0.5, truth) >= 0.95


def test_an_unknown_quality_is_refused() -> None:
    with pytest.raises(OptionError, match="quality must be one of fast, best, got 'good'"):
        ObjectRemover(quality="good")


@pytest.mark.parametrize("hint", [{"point": (600, 300)}, {"box": (450, 150, 300, 300)}])
def test_of_two_things_the_one_that_is_meant_is_kept(hint: dict[str, tuple[int, ...]]) -> None:
    image, _ = draw("two discs")
    alpha = ObjectRemover(**hint).matte(image).alpha
    assert alpha[300, 600] == 1
    assert not alpha[:, :400].any()


def test_a_hole_through_which_the_wall_is_seen_stays_a_hole() -> None:
    image, _ = draw("a disc")
    cv2.circle(image, (400, 300), 90, (230, 230, 230), -1, cv2.LINE_AA)
    alpha = ObjectRemover().matte(image).alpha
    assert alpha[300, 400] == 0
    assert alpha[300, 530] == 1


@pytest.mark.parametrize(("inner", "kept"), [(50, True), (20, False)])
def test_a_plain_backdrop_is_seen_through_a_handle(inner: int, kept: bool) -> None:
    image = np.full((600, 800, 3), (235, 235, 230), np.uint8)
    cv2.rectangle(image, (260, 150), (480, 450), (150, 40, 40), -1, cv2.LINE_AA)
    cv2.ellipse(image, (480, 300), (inner + 11,) * 2, 0, -90, 90, (150, 40, 40), 22, cv2.LINE_AA)
    alpha = ObjectRemover().matte(image).alpha
    assert alpha[300, 480 + inner + 11] == 1
    assert alpha[300, 480 + inner // 2] == (0 if kept else 1)


def test_the_steps_are_those_of_the_cutout() -> None:
    image, truth = draw("a cup on a table")
    steps = ObjectRemover().steps(image)
    assert steps.image.shape == (384, 512, 3)
    for picture in (steps.edges, steps.closed, steps.enclosed, steps.prior, steps.mask):
        assert picture.shape == (384, 512)
    assert iou(steps.mask > 0, resize(truth.astype(np.float32), 512, 384) > 0.5) >= 0.97
