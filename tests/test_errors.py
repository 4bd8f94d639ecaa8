"""The errors form one tree, drawn as it is, and each knows its exit code."""

import inspect
import re

import pytest

from bgremove import errors
from bgremove.errors import BgremoveError, NoSubjectWarning, reason_of

ERRORS = [
    member
    for _, member in inspect.getmembers(errors, inspect.isclass)
    if issubclass(member, BgremoveError)
]


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__)
    assert sorted(drawn) == sorted(e.__name__ for e in ERRORS if e is not BgremoveError)


def test_the_stages_of_the_tree_are_base_classes() -> None:
    depth_of = {}
    parents = {0: "BgremoveError"}
    for line in errors.__doc__.splitlines():
        found = re.match(r"^    ((?:│   |    )*)[├└]── (\w+)", line)
        if found:
            depth = len(found[1]) // 4 + 1
            parents[depth] = found[2]
            depth_of[found[2]] = parents[depth - 1]
    for name, parent in depth_of.items():
        assert issubclass(getattr(errors, name), getattr(errors, parent)), (name, parent)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_has_a_sentence_and_an_exit_code(error: type[BgremoveError]) -> None:
    assert error.__doc__.strip().splitlines()[0].endswith(".")
    assert error.exit_code in (1, 2)


def test_only_wrong_use_exits_with_two() -> None:
    assert [error.__name__ for error in ERRORS if error.exit_code == 2] == ["OptionError"]


def test_built_in_kinds_are_kept_where_they_fit() -> None:
    assert issubclass(errors.OptionError, ValueError)
    assert issubclass(errors.InputError, TypeError)
    assert issubclass(errors.MissingExtraError, ImportError)
    assert issubclass(NoSubjectWarning, UserWarning)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FileNotFoundError(2, "No such file or directory", "x.jpg"), "No such file or directory"),
        (OSError("encoder error -2"), "encoder error -2"),
        (ValueError("two\nlines"), r"two\nlines"),
        (OSError(), "OSError"),
    ],
)
def test_a_reason_is_one_line_and_never_empty(error: Exception, told: str) -> None:
    assert reason_of(error) == told
