"""What a user says of where the subject is."""

import math
from collections import deque
from typing import Any

import numpy as np
import pytest

from bgremove.errors import InputError, OptionError
from bgremove.hints import attention, checked_hints, frame, meant, view

PHOTO, SMALL = (400, 600, 3), (200, 300, 3)


def test_without_a_hint_the_subject_is_looked_for_everywhere_but_in_the_frame() -> None:
    where = attention(PHOTO, SMALL, None, None)
    assert where.inside.all()
    assert (where.background == frame(200, 300)).all()
    assert (where.centre, where.reach, where.point) == ((150, 100), (150, 100), None)


def test_a_box_is_the_only_place_and_all_around_it_is_background() -> None:
    where = attention(PHOTO, SMALL, (100, 40, 200, 80), None)
    assert where.inside.sum() == 100 * 40
    assert where.inside[20:60, 50:150].all()
    assert (where.background == ~where.inside).all()
    assert (where.centre, where.reach) == ((100, 40), (50, 20))


def test_a_box_of_the_whole_photo_says_nothing() -> None:
    where = attention(PHOTO, SMALL, (-5, -5, 1000, 1000), None)
    assert where.inside.all()
    assert (where.background == frame(200, 300)).all()


def test_a_point_is_where_the_subject_is_expected() -> None:
    where = attention(PHOTO, SMALL, None, (500, 100))
    assert where.point == (250, 50)
    assert where.centre == (250.5, 50.5)


@pytest.mark.parametrize(("point", "left"), [((5, 5), True), ((95, 5), False), ((60, 20), False)])
def test_the_piece_in_which_or_nearest_to_which_the_point_lies_is_kept(
    point: tuple[int, int], left: bool
) -> None:
    shape = np.zeros((40, 100), np.uint8)
    shape[:, :20] = shape[:, 80:] = 255
    kept = meant(shape, attention((40, 100), (40, 100), None, point))
    assert kept[:, :20].all() == left
    assert kept[:, 80:].all() == (not left)


def test_what_lies_outside_the_box_is_dropped() -> None:
    shape = np.full((40, 100), 255, np.uint8)
    kept = meant(shape, attention((40, 100), (40, 100), (10, 10, 20, 20), None))
    assert kept.sum() == 255 * 20 * 20


@pytest.mark.parametrize(
    ("hints", "message"),
    [
        ({"box": (1, 2, 3), "point": None}, "box must be 4 numbers, got 1,2,3"),
        ({"box": (1, 2, math.nan, 3), "point": None}, "box must be 4 numbers, got 1,2,nan,3"),
        ({"box": (1, 2, 0, 3), "point": None}, "width and a height above 0, got 1,2,0,3"),
        ({"box": None, "point": (1, "a")}, "point must be 2 numbers, got 1,'a'"),
        ({"box": (1, 2, 3, 4), "point": (0, 3)}, "point must lie in the box 1,2,3,4, got 0,3"),
        ({"box": (1, 2, 3, 4), "point": (4, 7)}, "point must lie in the box 1,2,3,4, got 4,7"),
        ({"box": 5, "point": None}, "box must be 4 numbers, got 5"),
        ({"box": None, "point": (10**400, 1)}, "point must be 2 numbers, got "),
        ({"box": np.ones((1, 4), int), "point": None}, r"box must be 4 numbers, got array\("),
    ],
)
def test_what_is_no_box_or_point_is_refused(hints: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        checked_hints(**hints)


def test_a_detector_s_box_and_point_are_taken() -> None:
    box, point = np.array([100, 40, 200, 80], np.float32), np.array([150, 100])
    checked_hints(tuple(box), tuple(point))
    near_the_edge = np.array([200, 40, 100, 80], np.uint8)
    assert attention(PHOTO, SMALL, tuple(near_the_edge), None).inside[30, 140]
    expected = attention(PHOTO, SMALL, (100, 40, 200, 80), (150, 100))
    found = attention(PHOTO, SMALL, tuple(box), tuple(point))
    np.testing.assert_array_equal(found.inside, expected.inside)
    assert found.point == expected.point


def test_hints_are_taken_over_whatever_holds_them() -> None:
    box = np.array([1, 2, 3, 4], np.uint8)
    taken, _ = checked_hints(box, None)
    box[:] = 9
    assert taken == (1, 2, 3, 4)
    for values in (deque([2, 3]), iter([2, 3]), {"x": 2, "y": 3}.values(), np.float16([2, 3])):
        assert checked_hints(None, values) == (None, (2, 3))


def test_a_box_outside_the_photo_is_refused() -> None:
    with pytest.raises(InputError, match="box 700,0,10,10 lies outside the photo of 600×400"):
        attention(PHOTO, SMALL, (700, 0, 10, 10), None)


def test_a_point_outside_the_photo_is_refused() -> None:
    with pytest.raises(InputError, match="point 600,0 lies outside the photo of 600×400"):
        attention(PHOTO, SMALL, None, (600, 0))


def test_a_network_is_shown_a_box_and_what_is_around_it() -> None:
    seen = view(PHOTO, (100.5, 40, 200, 80), (110, 50))
    assert seen.place == (slice(20, 140), slice(50, 351))
    assert seen.allowed == (slice(40, 120), slice(100, 301))
    assert (seen.box, seen.point) == ((50.5, 20, 200, 80), (60, 30))
    where = seen.attention((120, 301))
    assert where.inside[20:100, 50:251].all()
    assert where.inside.sum() == 80 * 201
    assert where.point == (60, 30)


def test_without_a_box_a_network_is_shown_all() -> None:
    seen = view(PHOTO, None, (5, 7))
    assert seen.place == seen.allowed == (slice(0, 400), slice(0, 600))
    assert seen.attention((200, 300)).point == (2, 3)


@pytest.mark.parametrize("box", [(-1e308, -1e308, 1.7e308, 1.7e308), (0, 0, 1e308, 1e308)])
def test_a_box_without_end_is_the_whole_photo(box: tuple[float, ...]) -> None:
    assert view(PHOTO, box, None).allowed == (slice(0, 400), slice(0, 600))


@pytest.mark.parametrize(
    "hints", [((600, 0, 5, 5), None), ((0, -5, 5, 5), None), (None, (0, 400)), (None, (-1, 0))]
)
def test_a_network_is_shown_nothing_outside_the_photo(hints: tuple[Any, Any]) -> None:
    with pytest.raises(InputError, match="lies outside the photo of 600×400 pixels"):
        view(PHOTO, *hints)
