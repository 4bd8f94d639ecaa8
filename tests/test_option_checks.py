"""Checks that options of all kinds share."""

from fractions import Fraction

import numpy as np
import pytest

from bgremove.errors import OptionError
from bgremove.option_checks import (
    check_choice,
    check_number,
    check_text,
    did_you_mean,
    is_number,
    told,
)


@pytest.mark.parametrize(
    "value", [1, 0.5, np.int64(1), np.float32(0.5), np.uint8(1), Fraction(1, 2)]
)
def test_numbers_of_python_and_numpy_are_numbers(value: object) -> None:
    assert is_number(value)
    check_number("threshold", value, 0, 1)


@pytest.mark.parametrize("value", ["0.5", None, [0.5], np.array([0.5]), 1j, float("nan"), 10**400])
def test_what_is_no_number_is_told(value: object) -> None:
    assert not is_number(value)
    with pytest.raises(OptionError, match="threshold must be a number in 0…1, got"):
        check_number("threshold", value, 0, 1)


def test_the_infinite_is_no_number_that_can_be_used() -> None:
    assert not is_number(float("inf"))


@pytest.mark.parametrize("value", [-1, 101, np.int16(-1), 100.1])
def test_a_number_outside_the_range_is_told(value: float) -> None:
    with pytest.raises(OptionError, match="quality must be a number in 0…100, got"):
        check_number("quality", value, 0, 100)


def test_what_is_no_text_is_told() -> None:
    check_text("size", "10x10", "800x600")
    with pytest.raises(OptionError, match=r"size must be a str as '800x600', got \(10, 10\)"):
        check_text("size", (10, 10), "800x600")


def test_a_long_value_is_told_in_part_and_in_one_line() -> None:
    assert told("soft") == "'soft'"
    assert len(told(np.zeros((99, 99)))) < 50
    assert "\n" not in told(np.zeros((99, 99)))


@pytest.mark.parametrize("value", ["medium", None, ["soft"], np.array(["soft", "hard"])])
def test_what_is_no_known_word_is_told(value: object) -> None:
    check_choice("edges", "hard", ["soft", "hard"])
    with pytest.raises(OptionError, match="edges must be one of soft, hard, got"):
        check_choice("edges", value, ["soft", "hard"])


def test_the_nearest_of_what_is_known_is_named() -> None:
    assert did_you_mean("vall", ["train", "val"]) == "; did you mean val?"
    assert did_you_mean("x", ["train", "val"]) == did_you_mean("x", []) == ""
    assert did_you_mean("trim", ["train"]) == "; did you mean train?"
    assert did_you_mean("trim", ["train"], cutoff=0.9) == ""
