"""The command, with a real model and with the alphas of another program."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from bgremove.cards import read_card
from bgremove.evaluation.__main__ import main


@pytest.fixture
def folder(write_folder, drawn, columns):
    """One perfect photo, one a third right, and one of nobody with a bright wall."""
    left = columns(0, 24)
    return write_folder(
        [
            drawn("people", "perfect", left, mask=left, subject="mask"),
            drawn("people", "third", left, mask=columns(12, 36)),
            drawn("scenes", "wall", left, person="none", split="negatives_val"),
        ]
    )


@pytest.fixture
def run(folder):
    def invoke(*arguments):
        return CliRunner().invoke(main, [*map(str, arguments), "--data", str(folder)])

    return invoke


def cells(stdout: str) -> list[list[str]]:
    return [line.split() for line in stdout.splitlines()]


def test_a_model_is_scored_split_by_split(run, brightness_model):
    result = run("--model", brightness_model, "--split", "val", "--split", "negatives_val")
    assert result.exit_code == 0, result.stderr
    _, empty, scenes, val, people = cells(result.stdout)
    assert empty[:2] + empty[-2:] == ["negatives_val", "all", "1", "1.000"]
    assert scenes[:2] == ["negatives_val", "scenes"]
    assert val[:5] == ["val", "all", "2", "0.667", "0.667"]
    assert people[2:] == val[2:]


def test_a_name_that_the_output_s_encoding_lacks_costs_nothing(
    write_folder, drawn, columns, brightness_model
):
    left = columns(0, 24)
    folder = write_folder([drawn("été", "a", left, mask=left)])
    arguments = ["--model", brightness_model, "--set", "été", "--data", folder]
    result = CliRunner(charset="ascii").invoke(main, list(map(str, arguments)))
    assert result.exit_code == 0, result.stderr
    assert cells(result.stdout)[2][:2] == ["val", "?t?"]


def test_the_subject_output_can_be_scored(run, brightness_model):
    result = run("--model", brightness_model, "--set", "people", "--output", "subject")
    assert result.exit_code == 0, result.stderr
    assert cells(result.stdout)[1][:4] == ["val", "all", "1", "0.000"]


def test_reports_are_written_where_they_are_asked_for(run, brightness_model, tmp_path):
    files = {kind: tmp_path / f"report.{kind}" for kind in ("csv", "json", "png")}
    result = run(
        *("--model", brightness_model, "--split", "val", "--csv", files["csv"]),
        *("--json", files["json"], "--sheet", files["png"]),
    )
    assert result.exit_code == 0, result.stderr
    with files["csv"].open(newline="") as file:
        assert [line["iou"] for line in csv.DictReader(file)] == ["1.0", "0.3333"]
    report = json.loads(files["json"].read_text())
    assert report["source"] == str(brightness_model)
    assert report["splits"]["val"]["people"]["mean_iou"] == 0.6667
    with Image.open(files["png"]) as sheet:
        assert sheet.size == (960, 176)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--csv", "missing/x.csv"], "missing/x.csv: cannot be written: No such file or directory"),
        (["--json", "missing/x.json"], "missing/x.json: cannot be written"),
        (["--sheet", "missing/x.png"], "missing/x.png: cannot be written"),
        (["--sheet", "x.foo"], "x.foo: expected the ending of a picture, as .png, got .foo"),
        (["--sheet", "x"], "x: expected the ending of a picture, as .png, got none"),
    ],
)
def test_what_cannot_be_written_is_told_before_any_photo_is_scored(
    run, brightness_model, bare_folder, arguments, told
):
    before = sorted(bare_folder.iterdir())
    result = run("--model", brightness_model, "--split", "val", *arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert told in line
    assert sorted(bare_folder.iterdir()) == before


def test_a_report_that_is_there_stays_until_there_is_another(run, tmp_path):
    (tmp_path / "report.csv").write_text("yesterday's")
    result = run("--predictions", tmp_path, "--split", "val", "--csv", tmp_path / "report.csv")
    assert result.exit_code == 1
    assert (tmp_path / "report.csv").read_text() == "yesterday's"


def test_the_figures_go_to_the_card_by_split(run, brightness_model):
    for split in ("val", "negatives_val"):
        result = run("--model", brightness_model, "--split", split, "--write-card")
        assert result.exit_code == 0, result.stderr
    metrics = read_card(brightness_model.parent / "card.json").metrics
    assert metrics["val"]["mean_iou"] == 0.6667
    assert metrics["negatives_val"] == {"photos_without": 1, "false_rate": 1}


def test_the_alphas_of_another_program_are_scored(run, columns, tmp_path):
    for name in ("people-perfect", "people-third"):
        Image.fromarray(columns(0, 24)).save(tmp_path / f"{name}.png")
    result = run("--predictions", tmp_path, "--split", "val")
    assert result.exit_code == 0, result.stderr
    assert cells(result.stdout)[1][:4] == ["val", "all", "2", "0.667"]


def test_masks_of_0_and_1_are_not_scored_as_alphas(run, columns, tmp_path):
    for name in ("people-perfect", "people-third"):
        Image.fromarray(columns(0, 24).astype(np.uint8)).save(tmp_path / f"{name}.png")
    result = run("--predictions", tmp_path, "--split", "val")
    assert result.exit_code == 1
    assert "multiply masks of 0 and 1 by 255" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected at least one --split or --set"),
        (["--set", "people", "--write-card"], "leave out --set, --predictions"),
        (["--split", "val", "--predictions", ".", "--write-card"], "leave out --set"),
        (["--split", "val", "--output", "hair"], "'hair' is not one of 'person', 'subject'"),
    ],
)
def test_wrong_use_exits_2(run, arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_a_failure_is_told_in_one_line_on_stderr(run, tmp_path):
    result = run("--predictions", tmp_path, "--split", "val")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "bgremove.evaluation: expected a prediction at" in result.stderr.splitlines()[-1]
