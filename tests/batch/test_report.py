"""What became of each photo, in three forms that say the same."""

import csv
import json
import re
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from bgremove.batch import Outcome, Report, Subject, check_report, summary
from bgremove.batch.report import COLUMNS, entry
from bgremove.errors import ImageWriteError, OptionError

DONE = Outcome(
    name='in/a "1",\n.png',
    status="done",
    frame=1,
    frames=3,
    target=Path("out/a.png"),
    subject=Subject(width=10, height=4, area=0.25, box=(2, 1, 5, 2)),
    seconds={"decode": 0.1, "matte": 0.2, "compose": 0.3, "encode": 0.4, "write": 0.5},
)
FAILED = Outcome(name="b\udcff", status="failed", message="no such file", error="ImageReadError")
COUNTS = summary(Counter({"done": 1, "failed": 1}), not_run=3)

PLAIN = [
    {
        "input": DONE.name,
        "frame": 2,
        "output": str(DONE.target),
        "status": "done",
        "error": None,
        "message": None,
        "size": [10, 4],
        "area": 0.25,
        "box": [2, 1, 5, 2],
        "seconds": dict(DONE.seconds),
    },
    {
        "input": FAILED.name,
        "frame": None,
        "output": None,
        "status": "failed",
        "error": "ImageReadError",
        "message": "no such file",
        "size": None,
        "area": None,
        "box": None,
        "seconds": {},
    },
]


def write(path: str) -> Path:
    report = Report(Path(path))
    report.add(DONE)
    report.add(FAILED)
    report.close(COUNTS)
    return Path(path)


def test_json_has_photos_and_a_summary() -> None:
    assert json.loads(write("r.json").read_text()) == {"photos": PLAIN, "summary": COUNTS}


def test_json_of_no_photos_is_json() -> None:
    Report(Path("r.json")).close(COUNTS)
    assert json.loads(Path("r.json").read_text())["photos"] == []


def test_json_lines_end_with_the_summary() -> None:
    lines = [json.loads(line) for line in write("r.JSONL").read_text().splitlines()]
    assert lines == [*PLAIN, {"summary": COUNTS}]


def test_lines_are_there_as_soon_as_they_are_known() -> None:
    report = Report(Path("r.jsonl"))
    report.add(DONE)
    assert json.loads(Path("r.jsonl").read_text()) == PLAIN[0]
    report.close(COUNTS)


def test_csv_has_a_column_each() -> None:
    path = write("r.csv")
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        done, failed = csv.DictReader(file)
    assert tuple(done) == COLUMNS
    assert (done["input"], done["frame"]) == (DONE.name, "2")
    sides = ("box_left", "box_top", "box_width", "box_height")
    assert [done[side] for side in sides] == ["2", "1", "5", "2"]
    assert done["write_seconds"] == "0.5"
    assert (failed["input"], failed["status"]) == (FAILED.name, "failed")
    assert (failed["frame"], failed["area"]) == ("", "")


def test_the_page_on_reports_tells_each_key_and_column() -> None:
    page = (Path(__file__).parents[2] / "docs" / "batch.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in page.splitlines() if line.startswith("| `")]
    keys, columns = (" ".join(row[i] for row in rows) for i in range(2))
    assert re.findall(r"`(\w+)`", keys) == list(entry(DONE))
    assert re.findall(r"`(\w+)`", columns) == list(COLUMNS)
    assert all(f"`{key}`" in page for key in COUNTS)


def test_a_csv_takes_any_name_that_windows_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "getfilesystemencodeerrors", lambda: "surrogatepass")
    report = Report(Path("r.csv"))
    report.add(replace(DONE, name="\ud800.jpg"))
    report.close(COUNTS)
    assert "\ud800.jpg".encode("utf-8", "surrogatepass") in Path("r.csv").read_bytes()


def test_the_summary_counts_every_status() -> None:
    assert COUNTS == {
        "photos": 5, "done": 1, "no_subject": 0, "skipped": 0, "failed": 1, "not_run": 3,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["r.xml", "r", "json"])
def test_another_ending_is_wrong_use(name: str) -> None:
    message = rf"report must end in \.json, \.jsonl, \.csv, got {name}"
    with pytest.raises(OptionError, match=message):
        check_report(Path(name))


def test_a_report_that_cannot_be_opened_is_told() -> None:
    Path("file").touch()
    with pytest.raises(ImageWriteError, match=r"r\.csv: expected a folder above it, got a file"):
        Report(Path("file/r.csv"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told() -> None:
    Path("r.jsonl").symlink_to("/dev/full")
    report = Report(Path("r.jsonl"))
    with pytest.raises(ImageWriteError, match="the report cannot be written: No space left"):
        report.add(DONE)


def test_the_folder_of_a_report_is_made(tmp_path: Path) -> None:
    with_counts = summary(Counter(), 0)
    Report(tmp_path / "new" / "er" / "r.jsonl").close(with_counts)
    assert json.loads((tmp_path / "new" / "er" / "r.jsonl").read_text())["summary"] == with_counts
