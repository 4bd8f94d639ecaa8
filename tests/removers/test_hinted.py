"""Who is asked about a box or a point looks there, and nowhere else."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PILImage

from bgremove import api
from bgremove.errors import InputError, OptionError
from bgremove.removers.hinted import HintedRemover
from bgremove.removers.object import ObjectRemover
from bgremove.removers.person import PersonRemover
from bgremove.removers.subject import SubjectRemover

COLOURS = {"person": (255, 0, 0), "subject": (0, 0, 255), "contour": (255, 0, 0)}
"""What a small network of the tests takes for people, and for subjects."""

SAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"

LEFT, RIGHT = (20, 20, 60, 120), (120, 20, 60, 120)


@pytest.fixture(params=list(COLOURS))
def method(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def two(method: str) -> np.ndarray:
    """Two things on white, each in its box with ten pixels around it."""
    image = np.full((160, 200, 3), 255, np.uint8)
    for x, y, width, height in (LEFT, RIGHT):
        image[y + 10 : y + height - 10, x + 10 : x + width - 10] = COLOURS[method]
    return image


@pytest.fixture
def remover(method: str, red_model: Path) -> HintedRemover:
    return api.load_remover(method, model=None if method == "contour" else red_model)


def test_only_what_is_in_the_box_is_cut_out(remover: HintedRemover, two: np.ndarray) -> None:
    alpha = remover.at(box=RIGHT).alpha(two)
    assert alpha.shape == two.shape[:2]
    assert not alpha[:, :120].any()
    assert (alpha[40:120, 140:160] > 0.9).all()


def test_only_the_piece_at_the_point_is_cut_out(remover: HintedRemover, two: np.ndarray) -> None:
    alpha = remover.at(point=(40, 60)).alpha(two)
    assert (alpha[40:120, 40:60] > 0.9).all()
    assert not alpha[:, 110:].any()


def test_a_box_may_reach_beyond_the_photo(remover: HintedRemover, two: np.ndarray) -> None:
    alpha = remover.at(box=(110, -30, 1e300, 1e300)).alpha(two)
    assert (alpha[40:120, 140:160] > 0.9).all()
    assert not alpha[:, :110].any()


@pytest.mark.parametrize(
    ("hint", "message"),
    [
        ({"box": (200, 0, 9, 9)}, "box 200,0,9,9 lies outside the photo of 200×160 pixels"),
        ({"point": (10, 160)}, "point 10,160 lies outside the photo of 200×160 pixels"),
    ],
)
def test_what_lies_outside_the_photo_is_told(
    remover: HintedRemover, two: np.ndarray, hint: dict[str, tuple[int, ...]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        remover.at(**hint).matte(two)


@pytest.mark.parametrize("class_", [PersonRemover, SubjectRemover, ObjectRemover])
def test_what_is_no_box_is_refused_when_it_is_given(class_: type[HintedRemover]) -> None:
    with pytest.raises(OptionError, match="box must be 4 numbers, got 1,2"):
        class_(box=(1, 2))
    with pytest.raises(OptionError, match="point must lie in the box 0,0,9,9, got 9,10"):
        class_().at(box=(0, 0, 9, 9), point=(9, 10))


def test_another_box_loads_nothing_and_leaves_the_remover_as_it_was(red_model: Path) -> None:
    remover = PersonRemover(model=red_model, threshold=0.4)
    there = remover.at(box=LEFT)
    assert there.segmenter is remover.segmenter
    assert (remover.box, there.box, there.threshold) == (None, LEFT, 0.4)
    assert "box=(20, 20, 60, 120)" in repr(there)
    assert pickle.loads(pickle.dumps(there)).box == LEFT


def test_boxes_in_turn_take_the_one_network_that_is_loaded(red_model: Path) -> None:
    one, other = (api.load_remover("person", model=red_model, box=box) for box in (LEFT, RIGHT))
    assert isinstance(one, PersonRemover)
    assert isinstance(other, PersonRemover)
    assert one.segmenter is other.segmenter


def test_a_box_that_holds_nothing_is_told(remover: HintedRemover, two: np.ndarray) -> None:
    assert not remover.at(box=(0, 0, 200, 15)).matte(two).found


def test_of_two_people_the_one_in_the_box_is_cut_out_as_if_alone() -> None:
    one = np.asarray(PILImage.open(SAMPLE).convert("RGB"))
    height, width = one.shape[:2]
    alone = api.load_remover("person").alpha(one)
    both = np.concatenate([one[:, ::-1], one], axis=1)
    found = api.load_remover("person", box=(width, 0, width, height)).alpha(both)
    assert not found[:, :width].any()
    inside, expected = found[:, width:] > 0.5, alone > 0.5
    assert (inside & expected).sum() / (inside | expected).sum() > 0.95
