"""A run's tables can be cut anywhere and written on."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bgremove.errors import TrainingError
from bgremove.training import curves


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "loss.csv"
    for step in range(5):
        curves.append(path, step=step, loss=1 / (step + 1))
    return path


def test_what_is_written_is_read(table: Path) -> None:
    rows = curves.read(table)
    assert [row["step"] for row in rows] == [0, 1, 2, 3, 4]
    assert rows[3]["loss"] == 0.25


def test_a_line_that_was_cut_off_is_left_out(table: Path) -> None:
    whole = table.read_bytes()
    for cut in range(len(b"\r\n"), len(b"4,0.2\r\n")):
        table.write_bytes(whole[:-cut])
        assert [row["step"] for row in curves.read(table)] == [0, 1, 2, 3]


def test_a_run_that_goes_on_forgets_what_it_will_do_again(table: Path) -> None:
    curves.forget_from(table, 2)
    curves.append(table, step=2, loss=9.0)
    assert [row["loss"] for row in curves.read(table)] == [1, 0.5, 9]


def test_a_table_that_is_not_there_has_no_lines(tmp_path: Path) -> None:
    assert curves.read(tmp_path / "none.csv") == []
    curves.forget_from(tmp_path / "none.csv", 0)
    assert not (tmp_path / "none.csv").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a,b\n1,2\n", "its columns are a,b"),
        (b"\n", "its columns are "),
        (b"\xff\xfe\n", "'utf-8' codec can't decode"),
        (b"step,size,loss\nx,y,z\n", "could not convert string to float: 'x'"),
        (b'step,loss\n1,"' + 200_000 * b"2" + b'"\n', "field larger than field limit"),
    ],
)
def test_what_is_no_table_is_told(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "loss.csv"
    path.write_bytes(content)
    expected = rf"loss\.csv: expected a table of numbers with step, loss: {reason}.*; move it away"
    with pytest.raises(TrainingError, match=expected):
        curves.forget_from(path, 1, "loss")
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", ["", "step,si"])
def test_a_heading_that_was_cut_off_is_written_again(tmp_path: Path, content: str) -> None:
    path = tmp_path / "loss.csv"
    path.write_text(content)
    curves.forget_from(path, 1, "loss")
    curves.append(path, step=1, loss=0.5)
    assert curves.read(path) == [{"step": 1, "loss": 0.5}]


@pytest.mark.parametrize("validations", [[], [{"step": 4.0, "size": 32.0, "person_iou": 0.5}]])
def test_the_plot_is_a_picture(table: Path, validations: list[curves.Row]) -> None:
    path = table.with_name("curve.png")
    curves.plot(curves.read(table), validations, path)
    with Image.open(path) as picture:
        assert picture.width > picture.height > 100
        assert len(np.unique(np.asarray(picture.convert("L")))) > 10
