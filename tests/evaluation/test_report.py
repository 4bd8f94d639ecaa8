"""Figures as a table, as CSV, as JSON and on a card."""

import csv
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from bgremove.cards import read_card, write_card
from bgremove.errors import DataError
from bgremove.evaluation import report
from bgremove.evaluation.metrics import Curves
from bgremove.evaluation.run import PhotoScore, Row, SubjectScores
from bgremove.labelled_photos import Entry

WITH = {"photos": 12, "mean_iou": 0.87654321, "share_under_half": 1 / 12}
WITHOUT = {"photos_without": 3, "false_rate": 1 / 3}
ROWS = [
    Row("val", "all", {**WITH, **WITHOUT}),
    Row("val", "voc_more", WITH),
    Row("val", "empty", WITHOUT),
]


def test_a_table_aligns_a_line_for_each_row_and_marks_what_does_not_apply():
    heading, all_sets, people, empty = report.table(ROWS).splitlines()
    assert heading.split()[:4] == ["split", "set", "photos", "IoU"]
    assert all_sets.split()[:4] == ["val", "all", "12", "0.877"]
    assert people.split()[-2:] == ["–", "–"]
    assert empty.split()[2:] == ["–"] * 10 + ["3", "0.333"]
    assert len({len(line) for line in (heading, all_sets, people, empty)}) == 1


def test_json_holds_rounded_figures_by_split_and_set():
    text = report.as_json(ROWS, source="tiny", output="person")
    assert json.loads(text) == {
        "source": "tiny",
        "output": "person",
        "splits": {
            "val": {
                "all": {
                    "photos": 12,
                    "mean_iou": 0.8765,
                    "share_under_half": 0.0833,
                    "photos_without": 3,
                    "false_rate": 0.3333,
                },
                "voc_more": {"photos": 12, "mean_iou": 0.8765, "share_under_half": 0.0833},
                "empty": {"photos_without": 3, "false_rate": 0.3333},
            }
        },
    }


def test_csv_has_a_line_for_each_photo_and_no_scores_where_nobody_is():
    entry = Entry("set", "a,b", "val", "x.tar", "mask", "unknown")
    flat = Curves(np.zeros(256), np.zeros(256))
    scores = [
        PhotoScore(entry, True, SubjectScores(0.123456, 0.5, 0.25, 0.1, 2.5, flat)),
        PhotoScore(Entry("set", "c", "val", "x.tar", "none", "unknown"), False, None),
    ]
    lines = list(csv.DictReader(report.as_csv(scores).splitlines()))
    assert lines == [
        {
            "split": "val",
            "set": "set",
            "stem": "a,b",
            "found": "1",
            "iou": "0.1235",
            "two_class_miou": "0.5",
            "boundary_iou": "0.25",
            "mae": "0.1",
            "sad": "2.5",
        },
        {
            "split": "val",
            "set": "set",
            "stem": "c",
            "found": "0",
            **dict.fromkeys(("iou", "two_class_miou", "boundary_iou", "mae", "sad"), ""),
        },
    ]


def test_a_card_keeps_the_splits_it_had_and_takes_whole_splits_only(brightness, tmp_path):
    card = report.with_metrics(brightness.card, [Row("train", "all", {"mean_iou": 0.5})], "person")
    card = report.with_metrics(card, ROWS, "person")
    card = report.with_metrics(card, [Row("val", "all", {"mean_iou": 0.25})], "subject")
    assert card.metrics == {
        "train": {"mean_iou": 0.5},
        "val": report.rounded({**WITH, **WITHOUT}),
        "val (subject)": {"mean_iou": 0.25},
    }
    write_card(card, tmp_path / "card.json")
    assert read_card(tmp_path / "card.json") == card


def test_a_report_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(DataError, match=f"^{re.escape(str(tmp_path))}: cannot be written"):
        report.write("text", tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"report\.csv: expected a folder above it, got a file"):
        report.write("text", tmp_path / "file" / "report.csv")


def test_a_report_is_there_whole_or_as_it_was(tmp_path):
    path, old = tmp_path / "report.csv", tmp_path / "old.csv"
    path.write_text("yesterday's")
    old.hardlink_to(path)
    report.write("today's\n", path)
    assert path.read_bytes() == b"today's\n"
    assert old.read_text() == "yesterday's"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(os.name == "nt", reason="needs links and devices")
def test_a_report_may_go_to_a_device_or_through_a_link(tmp_path):
    report.write("text", Path("/dev/null"))
    link, file = tmp_path / "stdout", tmp_path / "file"
    link.symlink_to(file)
    for text in ("yesterday's", "text"):
        report.write(text, link)
        assert (link.is_symlink(), file.read_text()) == (True, text)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_named():
    with pytest.raises(DataError, match="/dev/full: cannot be written: No space left"):
        report.write("text", Path("/dev/full"))
