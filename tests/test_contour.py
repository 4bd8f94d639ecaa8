"""The object method's steps, each alone, on drawn pictures."""

import cv2
import numpy as np
import pytest

from bgremove import contour
from bgremove.arrays import Image

GREY = 200


def canvas(height: int, width: int, colour: tuple[int, int, int] = (GREY,) * 3) -> Image:
    return np.full((height, width, 3), colour, np.uint8)


def outline(*segments: tuple[tuple[int, int], tuple[int, int]], side: int = 512) -> contour.Outline:
    lines = np.zeros((side, side), np.uint8)
    for start, stop in segments:
        cv2.line(lines, start, stop, 255)
    return lines


def box(left: int, top: int, right: int, bottom: int, side: int = 512) -> contour.Shape:
    shape = np.zeros((side, side), np.uint8)
    shape[top:bottom, left:right] = 255
    return shape


def test_softening_keeps_a_flat_picture_and_calms_grain() -> None:
    grain = np.random.default_rng(0).integers(0, 256, (512, 512, 3), dtype=np.uint8)
    assert (contour.softened(canvas(40, 40)) == GREY).all()
    assert contour.softened(grain).std() < 0.4 * grain.std()


def test_thresholds_lie_between_the_weak_gradients_and_the_strong_ones() -> None:
    image = canvas(100, 100)
    image[:, 30:] = 180
    image[:, 70:] = 20
    low, high = contour.thresholds(contour.gradients(image))
    assert 4 * 20 <= high < 4 * 160
    assert low == high / 2


def test_thresholds_of_a_flat_picture_are_those_of_the_faintest_edge() -> None:
    assert contour.thresholds(contour.gradients(canvas(50, 50))) == (9, 18)


def test_thresholds_rise_above_grain() -> None:
    grain = np.random.default_rng(0).integers(100, 156, (400, 400, 3), dtype=np.uint8)
    image = contour.softened(grain)
    assert not contour.edges(
        contour.gradients(image), *contour.thresholds(contour.gradients(image))
    ).any()


def test_edges_follow_a_step_and_only_the_step() -> None:
    image = canvas(60, 60)
    image[:, 30:] = 100
    found = contour.edges(contour.gradients(image), 50, 100)
    assert found.dtype == np.uint8
    assert set(np.flatnonzero(found.any(axis=0))) <= {29, 30}
    assert (found.max(axis=1) == 255).all()


def test_edges_between_colours_of_equal_brightness_are_found() -> None:
    image = canvas(60, 60, (200, 60, 60))
    image[:, 30:] = (40, 131, 60)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(int)
    assert abs(grey[0, 0] - grey[0, -1]) < 15
    assert contour.edges(contour.gradients(image), 100, 200).any(axis=1).all()


def test_a_threshold_above_the_step_finds_nothing() -> None:
    image = canvas(60, 60)
    image[:, 30:] = 190
    assert not contour.edges(contour.gradients(image), 50, 100).any()


def test_closing_bridges_a_small_gap_and_adds_nothing_else() -> None:
    whole = outline(((100, 100), (200, 100)))
    gappy = whole.copy()
    gappy[100, 150:152] = 0
    assert (contour.closed(gappy) == whole).all()


def test_an_outline_is_filled_with_its_hollows_left_open() -> None:
    corners = [(100, 100), (400, 100), (400, 400), (300, 400), (300, 200), (100, 200)]
    drawn = outline(*zip(corners, corners[1:] + corners[:1], strict=True))
    expected = cv2.fillPoly(np.zeros_like(drawn), [np.array(corners, np.int32)], 255)
    assert (contour.filled(drawn) == expected).all()
    assert contour.filled(drawn)[300, 200] == 0


def test_an_outline_cut_off_by_the_picture_is_filled_up_to_its_frame() -> None:
    arch = outline(((100, 511), (100, 300)), ((100, 300), (300, 300)), ((300, 300), (300, 511)))
    assert (contour.filled(arch) == box(100, 300, 301, 512)).all()


def test_an_outline_round_a_corner_of_the_picture_is_filled_into_the_corner() -> None:
    cut = outline(((0, 400), (100, 400)), ((100, 400), (100, 511)))
    assert (contour.filled(cut) == box(0, 400, 101, 512)).all()


def test_a_horizon_encloses_nothing() -> None:
    horizon = outline(((0, 300), (511, 300)))
    assert (contour.filled(horizon) == horizon).all()


def test_two_outlines_that_meet_the_frame_are_not_joined_along_it() -> None:
    posts = outline(((100, 511), (100, 300)), ((200, 511), (200, 300)))
    assert (contour.filled(posts) == posts).all()


def test_smoothing_closes_an_outline_with_wide_gaps_and_fills_it() -> None:
    corners = [(150, 150), (350, 150), (350, 350), (150, 350)]
    gappy = outline(*zip(corners, corners[1:] + corners[:1], strict=True))
    gappy[150, 240:255] = 0
    found = contour.smoothed(contour.filled(contour.closed(gappy)))
    assert (found[160:340, 160:340] == 255).all()
    assert not found[:140].any()


def test_smoothing_drops_lines_that_enclose_nothing() -> None:
    shape = box(200, 200, 300, 300)
    with_line = shape | outline(((0, 250), (511, 250)))
    found = contour.smoothed(with_line)
    assert not found[:, :180].any()
    assert not found[:, 320:].any()
    assert (found[210:290, 210:290] == 255).all()


def test_smoothing_does_not_draw_a_shape_to_the_frame() -> None:
    near = box(5, 200, 100, 300)
    assert not contour.smoothed(near)[:, :5].any()


def test_what_more_outlines_enclose_is_surer() -> None:
    arch = outline(((100, 511), (100, 300)), ((100, 300), (300, 300)), ((300, 300), (300, 511)))
    with_gap_and_line = arch | outline(((0, 100), (511, 100)))
    with_gap_and_line[300, 200:202] = 0
    corners = [(150, 350), (250, 350), (250, 450), (150, 450)]
    square = outline(*zip(corners, corners[1:] + corners[:1], strict=True))
    found = contour.enclosed([with_gap_and_line, arch, square])
    assert found.dtype == np.float32
    assert found[400, 200] == 1
    assert found[490, 200] == pytest.approx(2 / 3)
    assert not found[:290].any()


def test_tidying_drops_specks_and_whiskers_and_closes_cracks() -> None:
    whole = box(100, 100, 300, 300)
    untidy = whole | box(400, 400, 403, 403) | outline(((0, 200), (511, 200)))
    untidy[:, 200:203] = 0
    found = contour.tidied(untidy)
    assert (found[110:290, 110:290] == 255).all()
    assert not found[whole == 0].any()


@pytest.mark.parametrize(("height", "agree"), [(75, True), (74, False)])
def test_contours_are_taken_where_colours_mean_about_the_same(height: int, agree: bool) -> None:
    shape, outlined = box(0, 0, 100, 100), box(0, 0, 100, height)
    assert (contour.agreeing(shape, outlined) == (outlined if agree else shape)).all()


@pytest.mark.parametrize(
    ("side", "rim", "kept"), [(20, 5, False), (50, 50, False), (50, 5, True), (100, 100, True)]
)
def test_holes_that_are_large_or_in_a_handle_stay(side: int, rim: int, kept: bool) -> None:
    whole = box(100, 100, 400, 400)
    holed = whole & ~box(100 + rim, 200, 100 + rim + side, 200 + side)
    assert (contour.without_small_holes(holed) == (holed if kept else whole)).all()


def test_no_shape_has_no_holes() -> None:
    assert not contour.without_small_holes(box(0, 0, 0, 0)).any()


def test_the_largest_shape_and_those_of_like_size_are_kept() -> None:
    large, like, crumb = box(50, 50, 200, 200), box(300, 50, 400, 150), box(300, 300, 330, 330)
    assert (contour.subject(large | like | crumb) == large | like).all()


@pytest.mark.parametrize("shape", [box(0, 0, 0, 0), box(100, 100, 120, 120)])
def test_no_shape_or_a_tiny_one_is_no_subject(shape: contour.Shape) -> None:
    assert not contour.subject(shape).any()


def test_blurring_leaves_the_edge_where_it_was() -> None:
    shape = box(100, 100, 400, 400)
    found = contour.blurred(shape)
    assert found.dtype == np.float32
    assert ((found[250] > 0.5) == (shape[250] > 0)).all()
    assert (found[120:380, 120:380] == 1).all()
    assert (found[:, :85] == 0).all()
