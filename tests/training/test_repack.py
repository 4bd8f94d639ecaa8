"""The small copy of a data folder trains as the folder does."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from bgremove.errors import DataError
from bgremove.labelled_photos import Entry, read_index
from bgremove.training import repack
from bgremove.training.data import SquarePhotos, square_photos


def everything(_entry: Entry) -> bool:
    return True


def squares(folder: Path, cache: Path) -> SquarePhotos:
    photos = square_photos(folder, read_index(folder, everything), cache)
    order = np.argsort([f"{entry.set}/{entry.stem}" for entry in photos.entries])
    entries = [photos.entries[i] for i in order]
    return SquarePhotos(entries, photos.images[order], photos.labels[order], photos.aspects[order])


def test_the_copy_holds_the_same_photos_and_masks(data_folder: Path, tmp_path: Path) -> None:
    (shard,) = repack.repack(data_folder, tmp_path / "small")
    assert shard.name == "small-00.tar"
    ours = squares(data_folder, tmp_path / "ours")
    theirs = squares(tmp_path / "small", tmp_path / "theirs")
    for one, other in zip(ours.entries, theirs.entries, strict=True):
        assert (one.set, one.stem, one.split) == (other.set, other.stem, other.split)
        assert (one.person, one.subject) == (other.person, other.subject)
    np.testing.assert_array_equal(theirs.labels, ours.labels)
    np.testing.assert_array_equal(theirs.aspects, ours.aspects)
    assert np.abs(theirs.images.astype(int) - ours.images).mean() < 8


def test_a_shard_that_is_full_is_followed_by_another(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repack, "SHARD_BYTES", 4000)
    shards = repack.repack(data_folder, tmp_path / "small")
    assert len(shards) > 1
    assert len(read_index(tmp_path / "small", everything)) == 5
    squares(tmp_path / "small", tmp_path / "cache")


def test_the_command_tells_each_shards_size(data_folder: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(repack.main, [str(data_folder), str(tmp_path / "small")])
    assert result.exit_code == 0
    assert "small-00.tar: 0.1 MB" in result.stderr


def test_a_folder_that_holds_something_is_left_alone(data_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match="small: expected a new or an empty folder"):
        repack.repack(data_folder, tmp_path / "small")
    assert (tmp_path / "small" / "notes.txt").read_text() == "mine"


def test_a_copy_that_failed_can_be_tried_again(data_folder: Path, tmp_path: Path) -> None:
    index = data_folder / "index.csv"
    rows = index.read_text()
    index.write_text(rows.replace("people,e,", "people,gone,"))
    with pytest.raises(DataError, match=r"photos\.tar: expected a photo people/gone\.webp"):
        repack.repack(data_folder, tmp_path / "small")
    index.write_text(rows)
    repack.repack(data_folder, tmp_path / "small")
    assert len(read_index(tmp_path / "small", everything)) == 5


def test_what_is_no_data_folder_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a folder of pictures"):
        repack.repack(tmp_path, tmp_path / "small")
    result = CliRunner().invoke(repack.main, [str(tmp_path), str(tmp_path / "small")])
    assert result.exit_code == 1
    assert result.stderr.startswith("bgremove.training.repack: ")
    assert len(result.stderr.splitlines()) == 1


LABELS = "set,stem,new_set,person_label\n"


def test_photos_can_be_labelled_anew_on_the_way(data_folder: Path, tmp_path: Path) -> None:
    first, *others = read_index(data_folder, everything)
    labels = tmp_path / "labels.csv"
    labels.write_text(f"{LABELS}{first.set},{first.stem},seen,none\n")
    out = tmp_path / "small"
    result = CliRunner().invoke(repack.main, [str(data_folder), str(out), "--labels", str(labels)])
    assert result.exit_code == 0
    (changed,) = read_index(out, lambda entry: entry.set == "seen")
    assert (changed.stem, changed.person, changed.subject) == (first.stem, "none", first.subject)
    assert len(read_index(out, everything)) == 1 + len(others)
    ours = squares(data_folder, tmp_path / "ours")
    theirs = squares(out, tmp_path / "theirs")
    assert sorted(map(bytes, theirs.labels)) == sorted(map(bytes, ours.labels))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, ".*No such file"),
        ("set,stem\na,b\n", "line 2: expected a column 'new_set'"),
        (LABELS + "a,b,c,some\n", "line 2: person_label must be .* or unknown, got 'some'"),
        (LABELS + "a,b,c,mask\na,b\n", "line 3: expected 4 values, one for each column"),
        (LABELS + "a,b,c,some\na,b\n", "line 2: person_label must be"),
        (LABELS + "a,b,c,none\na,b,c,mask\n", "line 3: expected each photo once, got a/b again"),
        (LABELS + "x" * 200_000, "field larger than field limit"),
    ],
)
def test_labels_that_do_not_fit_are_told(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "labels.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DataError, match=rf"labels\.csv: expected labels of photos: {message}"):
        repack.read_labels(path)


def test_labels_as_excel_writes_them_are_read(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(f"{LABELS}a,b,c,mask\n", encoding="utf-8-sig")
    assert repack.read_labels(path) == {("a", "b"): repack.Label("c", "mask")}


def test_labels_of_a_photo_that_is_not_there_are_told(data_folder: Path, tmp_path: Path) -> None:
    labels = {("people", name): repack.Label("seen", "none") for name in ("a", "77")}
    told = "labels of people/77: expected a photo of train or val, found none"
    with pytest.raises(DataError, match=told):
        repack.repack(data_folder, tmp_path / "small", labels)
    assert not (tmp_path / "small").exists()


def test_the_project_s_own_labels_can_be_read() -> None:
    labels = repack.read_labels(Path(__file__).parents[2] / "configs" / "duts-people.csv")
    assert {label.set for label in labels.values()} == {"duts_tr_nobody", "duts_tr_people"}
