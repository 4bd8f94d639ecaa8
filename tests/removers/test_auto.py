"""The default method asks for people first, and for the subject where there are none."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bgremove.errors import ModelNotFoundError, OptionError
from bgremove.removers.auto import AutoRemover
from bgremove.removers.person import PersonRemover
from bgremove.removers.subject import SubjectRemover


def square(colour: tuple[int, int, int]) -> np.ndarray:
    """A coloured square on white: 40 to 100 of 160 pixels, in both directions."""
    image = np.full((160, 160, 3), 255, np.uint8)
    image[40:100, 40:100] = colour
    return image


def test_somebody_is_cut_out_as_the_person_method_does(red_model: Path) -> None:
    image = square((255, 0, 0))
    matte = AutoRemover(model=red_model).matte(image)
    assert matte.found
    np.testing.assert_array_equal(matte.alpha, PersonRemover(model=red_model).matte(image).alpha)
    assert matte.alpha[70, 70] == 1
    assert matte.alpha[10, 10] == 0


def test_where_nobody_is_found_the_subject_is_cut_out(red_model: Path) -> None:
    image = square((0, 0, 255))
    assert not PersonRemover(model=red_model).matte(image).found
    matte = AutoRemover(model=red_model).matte(image)
    assert matte.found
    np.testing.assert_array_equal(matte.alpha, SubjectRemover(model=red_model).matte(image).alpha)
    assert matte.alpha[70, 70] == 1


def test_a_model_of_people_only_is_asked_for_people_only(
    red_model_with: Callable[..., Path],
) -> None:
    path = red_model_with(outputs=("person", "hat"))
    assert AutoRemover(model=path).matte(square((255, 0, 0))).found
    assert not AutoRemover(model=path).matte(square((0, 0, 255))).found


def test_where_nothing_is_found_either_the_matte_says_so(red_model: Path) -> None:
    matte = AutoRemover(model=red_model).matte(np.full((50, 60, 3), 255, np.uint8))
    assert not matte.found
    assert matte.alpha.shape == (50, 60)
    assert not matte.alpha.any()


@pytest.mark.parametrize(
    ("colour", "line"),
    [((255, 0, 0), "found: person"), ((0, 0, 255), "found: subject")],
)
def test_the_log_tells_which_of_the_two_it_took(
    red_model: Path,
    caplog: pytest.LogCaptureFixture,
    colour: tuple[int, int, int],
    line: str,
) -> None:
    remover = AutoRemover(model=red_model)
    with caplog.at_level(logging.INFO, "bgremove"):
        remover.matte(square(colour))
    assert line in caplog.messages


def test_hard_edges_hold_for_both_methods(red_model: Path) -> None:
    remover = AutoRemover(model=red_model, edges="hard")
    for colour in ((255, 0, 0), (0, 0, 255)):
        assert set(np.unique(remover.matte(square(colour)).alpha)) == {0, 1}


def test_options_are_checked_at_once(red_model: Path) -> None:
    with pytest.raises(OptionError, match="threshold must be a number in 0…1, got 2"):
        AutoRemover(model=red_model, threshold=2)


def test_a_model_that_is_missing_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=r"none\.onnx"):
        AutoRemover(model=tmp_path / "none.onnx")
