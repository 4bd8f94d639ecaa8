"""From drawn photos to the figures of splits and sets."""

import numpy as np
import pytest

from bgremove.errors import DataError
from bgremove.evaluation import run
from bgremove.labelled_photos import read_photos
from bgremove.removers import remover_class


@pytest.fixture
def scored(brightness_model):
    """Score all photos of a folder that are labelled, by brightness."""

    def score(folder, output="person", splits=(), sets=()):
        entries = run.labelled_entries(folder, splits=splits, sets=sets, output=output)
        remover = remover_class(output)(model=brightness_model)
        return [
            run.score_photo(photo, remover.matte(photo.image), output)
            for photo in read_photos(folder, entries)
        ]

    return score


def test_a_photo_gets_the_scores_that_were_worked_out_by_hand(write_folder, drawn, columns, scored):
    folder = write_folder([drawn("set", "half", columns(0, 24), mask=columns(12, 36))])
    (score,) = scored(folder)
    assert score.found
    assert score.scores.iou == pytest.approx(12 / 36)
    assert score.scores.two_class_miou == pytest.approx((12 / 36 + 12 / 36) / 2)
    assert score.scores.boundary_iou == pytest.approx(24 / (108 + 108 - 24))
    assert score.scores.mae == pytest.approx(24 / 48)
    assert score.scores.sad == pytest.approx(24 * 32 / 1000)


def test_void_pixels_change_no_score(write_folder, drawn, columns, scored):
    photo = drawn("set", "a", columns(0, 24), mask=columns(12, 24), void=columns(0, 12))
    (score,) = scored(write_folder([photo]))
    assert (score.scores.iou, score.scores.mae, score.scores.sad) == (1, 0, 0)


def test_a_true_matte_is_held_against_the_alpha_and_halved_for_masks(
    write_folder, drawn, columns, scored
):
    matte = np.where(columns(0, 24), 255, 0).astype(np.uint8)
    matte[:, 24:30] = 51
    photo = drawn("set", "a", columns(0, 24), mask=columns(0, 24), alpha=matte)
    (score,) = scored(write_folder([photo]))
    assert score.scores.iou == 1
    assert score.scores.mae == pytest.approx(0.2 * 6 / 48)


def test_a_photo_without_people_is_only_asked_if_somebody_was_found(
    write_folder, drawn, columns, scored
):
    folder = write_folder(
        [
            drawn("empty", "dark", columns(0, 0), person="none"),
            drawn("empty", "bright", columns(0, 9), person="none", mask=columns(0, 9)),
        ]
    )
    dark, bright = scored(folder)
    assert (dark.scores, dark.found) == (None, False)
    assert (bright.scores, bright.found) == (None, True)


def test_the_subject_output_is_scored_where_the_subject_is_labelled(
    write_folder, drawn, columns, scored
):
    folder = write_folder(
        [
            drawn("set", "both", columns(0, 24), mask=columns(24, 48), subject="mask"),
            drawn("set", "person", columns(0, 24), mask=columns(0, 24)),
        ]
    )
    (score,) = scored(folder, output="subject")
    assert score.entry.stem == "both"
    assert score.scores.iou == 1


def test_rows_hold_each_split_before_its_sets_and_average_photos(
    write_folder, drawn, columns, scored
):
    perfect, missed = columns(0, 24), columns(24, 48)
    folder = write_folder(
        [
            drawn("b", "1", perfect, mask=perfect),
            drawn("a", "1", perfect, mask=perfect),
            drawn("a", "2", perfect, mask=missed),
            drawn("a", "3", perfect, mask=missed, split="train"),
            drawn("c", "1", perfect, person="none", split="train"),
        ]
    )
    rows = run.rows(scored(folder))
    assert [(row.split, row.set) for row in rows] == [
        ("train", "all"),
        ("train", "a"),
        ("train", "c"),
        ("val", "all"),
        ("val", "a"),
        ("val", "b"),
    ]
    val = rows[3].figures
    assert val["photos"] == 3
    assert val["mean_iou"] == pytest.approx(2 / 3)
    assert val["median_iou"] == 1
    assert val["two_class_miou"] == pytest.approx(2 / 3)
    assert val["mae"] == pytest.approx(1 / 3)
    assert val["sad"] == pytest.approx(1.536 / 3)
    assert val["share_under_half"] == pytest.approx(1 / 3)
    assert val["max_f_beta"] == pytest.approx(2 / 3)
    assert "false_rate" not in val
    assert rows[0].figures["photos_without"] == 1
    assert rows[0].figures["false_rate"] == 1
    assert rows[2].figures == {"photos_without": 1, "false_rate": 1}


def test_the_worst_photos_come_first_and_empty_ones_not_at_all(
    write_folder, drawn, columns, scored
):
    folder = write_folder(
        [
            drawn("set", "good", columns(0, 24), mask=columns(0, 24)),
            drawn("set", "bad", columns(0, 24), mask=columns(24, 48)),
            drawn("set", "fair", columns(0, 24), mask=columns(0, 30)),
            drawn("set", "empty", columns(0, 24), person="none"),
        ]
    )
    stems = [score.entry.stem for score in run.worst(scored(folder), 2)]
    assert stems == ["bad", "fair"]


def test_sets_and_splits_both_narrow_the_photos(write_folder, drawn, columns):
    folder = write_folder(
        [
            drawn("a", "1", columns(0, 9), mask=columns(0, 9)),
            drawn("a", "2", columns(0, 9), mask=columns(0, 9), split="train"),
            drawn("b", "3", columns(0, 9), mask=columns(0, 9)),
            drawn("a", "4", columns(0, 9), person="unknown"),
        ]
    )
    entries = run.labelled_entries(folder, splits=["val"], sets=["a"], output="person")
    assert [entry.stem for entry in entries] == ["1"]


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (
            {"splits": ["val", "vla"], "sets": []},
            "split 'vla' is labelled for person; there are: train, val; did you mean val\\?",
        ),
        (
            {"splits": [], "sets": ["ape", "z"]},
            "set 'z' is labelled for person; there are: ape, bee$",
        ),
        (
            {"splits": ["train", "val"], "sets": ["ape"]},
            "split 'train' is labelled for person in the sets asked for; there are: val$",
        ),
        (
            {"splits": ["val"], "sets": ["ape", "bee"]},
            "set 'bee' is labelled for person in the splits asked for; there are: ape$",
        ),
    ],
)
def test_a_split_or_set_without_labelled_photos_is_named(
    write_folder, drawn, columns, choice, told
):
    folder = write_folder(
        [
            drawn("ape", "1", columns(0, 9), mask=columns(0, 9)),
            drawn("bee", "1", columns(0, 9), mask=columns(0, 9), split="train"),
            drawn("cat", "1", columns(0, 9), person="unknown", split="other"),
        ]
    )
    with pytest.raises(DataError, match=f"no photo of {told}"):
        run.labelled_entries(folder, output="person", **choice)


def test_a_folder_without_labels_for_an_output_is_told(write_folder, drawn, columns):
    folder = write_folder([drawn("a", "1", columns(0, 9), mask=columns(0, 9))])
    told = "data: no photo of split 'val' is labelled for subject; there are: none"
    with pytest.raises(DataError, match=told):
        run.labelled_entries(folder, splits=["val"], sets=[], output="subject")


def test_a_missing_shard_is_a_data_error(write_folder, drawn, columns):
    folder = write_folder([drawn("a", "1", columns(0, 9), mask=columns(0, 9))])
    entries = run.labelled_entries(folder, splits=["val"], sets=[], output="person")
    (folder / "shards" / "drawn-00.tar").write_bytes(b"no archive")
    with pytest.raises(DataError, match="the shard cannot be read"):
        list(read_photos(folder, entries))
