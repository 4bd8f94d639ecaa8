"""The parameters that docstrings list are those that there are."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "bgremove"
SECTION = re.compile(r"^Parameters\n-+\n(.*?)(?=\n\n\S[^\n]*\n-+\n|\Z)", re.MULTILINE | re.DOTALL)


def listed(docstring: str) -> list[str] | None:
    """Give the names in the section on parameters; None where there is none."""
    section = SECTION.search(docstring)
    if section is None:
        return None
    lines = re.findall(r"^\S.*", section[1], re.MULTILINE)
    return [name.lstrip("*") for line in lines for name in line.split(" : ")[0].split(", ")]


def taken(node: ast.AST) -> list[str]:
    """Give the names that a function takes or, of a class, its ``__init__`` or its fields."""
    if isinstance(node, ast.ClassDef):
        for each in node.body:
            if isinstance(each, ast.FunctionDef) and each.name == "__init__":
                return taken(each)
        return [each.target.id for each in node.body if isinstance(each, ast.AnnAssign)]
    every = node.args
    named = [*every.posonlyargs, *every.args, every.vararg, *every.kwonlyargs, every.kwarg]
    return [each.arg for each in named if each and each.arg not in ("self", "cls")]


def explained() -> Iterator[object]:
    """Give all that has a section on parameters, with the names in it."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names = listed(ast.get_docstring(node) or "")
                if names is not None:
                    place = f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}"
                    yield pytest.param(node, names, id=place)


@pytest.mark.parametrize(("node", "names"), list(explained()))
def test_every_parameter_is_listed_and_no_other(node: ast.AST, names: list[str]) -> None:
    assert sorted(names) == sorted(taken(node))


def test_several_on_a_line_are_several() -> None:
    docstring = """Try.

Parameters
----------
low, high : float
    Both: of a kind.
*others : int

Returns
-------
int
"""
    assert listed(docstring) == ["low", "high", "others"]
    assert listed("Try.") is None
