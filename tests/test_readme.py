"""README says nothing that doesn't run."""

import os
import re
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as PILImage

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


COMMANDS = [
    line.split("#")[0].strip()
    for block in blocks("sh")
    for line in block.splitlines()
    if line.startswith(("bgremove ", "cat "))
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A newcomer's folder: some photos, a folder of photos, and README's sample."""
    sample = ROOT / "examples" / "astronaut.jpg"
    names = ("photo", "cat", "team", "street", "shoe", "cup", "photos/one", "photos/two")
    for name in (*names, "examples/astronaut"):
        target = tmp_path / f"{name}.jpg"
        target.parent.mkdir(exist_ok=True)
        shutil.copy(sample, target)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.filterwarnings("ignore::bgremove.errors.NoSubjectWarning")
def test_the_python_lines_run_as_printed(folder: Path) -> None:
    assert len(blocks("python")) == 3
    space: dict[str, Any] = {}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), space)
    assert (folder / "astronaut.png").exists()
    answer = space["on_white"]((ROOT / "examples" / "astronaut.jpg").read_bytes())
    with PILImage.open(BytesIO(answer)) as picture:
        assert (picture.format, picture.mode) == ("WEBP", "RGB")


def test_the_commands_are_those_that_are_tested() -> None:
    assert len(COMMANDS) == 15


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs_as_printed(command: str, folder: Path) -> None:
    program = f'"{sys.executable}" -m bgremove '
    done = subprocess.run(
        re.sub(r"\bbgremove ", lambda _: program, command),
        shell=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


def test_the_pictures_and_pages_that_it_links_are_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert len(links) >= 4
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_ci_runs_the_second_command() -> None:
    install_and_test = blocks("sh")[1].replace('"', "'")  # cmd knows double quotes alone
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for part in ("python3 -m venv", "-e '.[test]'", "-m pytest"):
        assert part in install_and_test
        assert part in ci
