"""What ``import bgremove`` offers, and what it does not load."""

import doctest
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import bgremove
from bgremove import api, errors

REPOSITORY = Path(__file__).parent.parent
NETWORK_LIBRARIES = {"tensorflow", "keras", "torch", "onnx", "onnxruntime"}
PICTURE_LIBRARIES = {"numpy", "cv2", "PIL"}


def test_all_is_sorted_and_names_nothing_twice() -> None:
    assert list(bgremove.__all__) == sorted(set(bgremove.__all__))


@pytest.mark.parametrize("name", bgremove.__all__)
def test_every_public_name_is_there_and_explained(name: str) -> None:
    value = getattr(bgremove, name)
    assert value.__doc__
    assert name in dir(bgremove)


def test_a_name_that_is_not_there_is_told() -> None:
    with pytest.raises(AttributeError, match="module 'bgremove' has no attribute 'nothing'"):
        bgremove.nothing  # noqa: B018


def test_a_star_import_brings_the_public_names_only() -> None:
    space: dict[str, object] = {}
    exec("from bgremove import *", space)
    assert set(space) - {"__builtins__"} == set(bgremove.__all__)


@pytest.mark.parametrize("module", [bgremove, api])
def test_the_examples_in_docstrings_run(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(REPOSITORY)
    failed, tried = doctest.testmod(module)
    assert tried > 0
    assert failed == 0


def test_public_errors_are_those_of_the_tree() -> None:
    for name in bgremove.__all__:
        if name.endswith(("Error", "Warning")):
            assert getattr(bgremove, name) is getattr(errors, name)


def test_typed_programs_pass_the_type_checker() -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "tests/typed_uses.py"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_version_is_the_project_s() -> None:
    project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'^version = "(.+)"$', project, re.MULTILINE)[1] == bgremove.__version__


CUT = """
import numpy, bgremove
picture = numpy.full((64, 64, 3), 255, "uint8")
picture[16:48, 16:48] = 0
assert bgremove.remove_object(picture)[32, 32, 3] == 255
"""

COMMAND = """
import sys
sys.argv = ["bgremove", *{arguments!r}]
from bgremove.cli import main
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
"""


def loaded_by(code: str) -> set[str]:
    """Names of the top modules that a fresh interpreter has loaded after some code."""
    listing = "import sys; print(); print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{listing}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        pytest.param("import bgremove", NETWORK_LIBRARIES | PICTURE_LIBRARIES, id="import"),
        pytest.param(
            COMMAND.format(arguments=["--help"]),
            NETWORK_LIBRARIES | PICTURE_LIBRARIES,
            id="help",
        ),
        pytest.param(
            COMMAND.format(arguments=["--version"]),
            NETWORK_LIBRARIES | PICTURE_LIBRARIES,
            id="version",
        ),
        pytest.param(COMMAND.format(arguments=["models"]), NETWORK_LIBRARIES, id="models"),
        pytest.param(CUT, NETWORK_LIBRARIES, id="contour"),
    ],
)
def test_a_fresh_interpreter_loads_no_library_before_it_is_needed(
    code: str, unwanted: set[str]
) -> None:
    loaded = loaded_by(code)
    assert "bgremove" in loaded
    assert loaded & unwanted == set()
