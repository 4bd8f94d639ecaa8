"""Checks that options of all kinds share."""

import difflib
import math
import reprlib
from collections.abc import Iterable
from numbers import Real
from typing import TypeGuard

from bgremove.errors import OptionError


def told(value: object) -> str:
    """Give a value for a message: in one line, and a long one in part."""
    return " ".join(reprlib.repr(value).split())


def did_you_mean(word: str, known: Iterable[str], *, cutoff: float = 0.6, kind: str = "") -> str:
    """Give the end of a message that names the nearest of what is known; nothing if none is near.

    `cutoff` tells how alike the two must be, in [0, 1], by `difflib.get_close_matches`; `kind`
    is what stands before it.
    """
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return f"; did you mean {kind}{near[0]}?" if near else ""


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether a value is a finite number, of Python's or NumPy's."""
    try:
        return isinstance(value, Real) and math.isfinite(value)
    except OverflowError:
        return False


def check_number(name: str, value: object, least: int, most: int) -> None:
    """Check that an option is a number in a range.

    Raises
    ------
    OptionError
        If it is not.
    """
    if not (is_number(value) and least <= float(value) <= most):
        raise OptionError(f"{name} must be a number in {least}…{most}, got {told(value)}")


def check_text(name: str, value: object, example: str) -> None:
    """Check that an option, of which what it says is still to be read, is text.

    Raises
    ------
    OptionError
        If it is not.
    """
    if not isinstance(value, str):
        raise OptionError(f"{name} must be a str as {example!r}, got {told(value)}")


def check_choice(name: str, value: object, known: Iterable[str]) -> None:
    """Check that an option is one of those words that are known.

    Raises
    ------
    OptionError
        If it is not.
    """
    words = tuple(known)
    if not isinstance(value, str) or value not in words:
        raise OptionError(f"{name} must be one of {', '.join(words)}, got {told(value)}")
