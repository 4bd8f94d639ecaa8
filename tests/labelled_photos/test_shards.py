"""Labelled photos come out of the shards as they went in."""

import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pictures import encoded, put_into
from PIL import Image

from bgremove.errors import DataError
from bgremove.labelled_photos import read_index, read_photos


def everything(_entry) -> bool:
    return True


def test_the_index_is_read_by_split_and_set(data_folder) -> None:
    entries = read_index(data_folder, lambda e: e.split == "train" and e.set == "people")
    assert [entry.stem for entry in entries] == ["a", "b"]
    assert entries[0].person == "mask"


def test_a_photo_comes_with_its_mask_and_its_void(data_folder) -> None:
    entries = read_index(data_folder, everything)
    photos = {photo.entry.stem: photo for photo in read_photos(data_folder, entries)}
    a, d = photos["a"], photos["d"]
    assert a.image.shape == (40, 60, 3)
    assert a.alpha[20, 30] == 1
    assert a.alpha[0, 0] == 0
    assert a.void[:, 19].all()
    assert a.void.sum() == 40
    assert not photos["b"].void.any()
    assert not d.alpha.any()


HEADING = "set,stem,split,shard,width,height,person_label,subject_label\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n", "line 2: expected a column 'set'"),
        (HEADING + "s,1,val,x.tar,60,wide,mask,none\n", "line 2: invalid literal .* 'wide'"),
        (HEADING + "s,1,val,x.tar,60,0,mask,none\n", "line 2: expected .* above 0, got 60 and 0"),
        (HEADING + "s,1,val,x.tar,-6,4,mask,none\n", "line 2: expected .* above 0, got -6 and 4"),
        (HEADING + "s,1,val,x.t", "line 2: expected 8 values, one for each column"),
        (HEADING + "\ns,1,val,x.tar,6,4,mask,none,0,0\n", "line 3: expected 8 values"),
        (
            HEADING + "s,1,val,x.tar,6,4,mask,none\n" + "s,1,train,x.tar,6,4,mask,none\n",
            "line 3: expected each photo once, got s/1 again",
        ),
        (HEADING + "x" * 200_000, "field larger than field limit"),
        (
            HEADING + "s,1,val,x.tar,60,40,msak,mask\n",
            "line 2: person_label must be mask, none or unknown, got 'msak'",
        ),
        (
            HEADING + "s,1,val,x.tar,60,40,mask,\n",
            "line 2: subject_label must be mask, none or unknown, got ''",
        ),
    ],
)
def test_an_index_that_does_not_fit_is_told(tmp_path, text, told) -> None:
    (tmp_path / "index.csv").write_text(text)
    with pytest.raises(DataError, match=f"index.csv: expected the index of a data folder: {told}"):
        read_index(tmp_path, everything)


def test_an_index_as_excel_writes_it_is_read(data_folder) -> None:
    index = data_folder / "index.csv"
    index.write_text(index.read_text(), encoding="utf-8-sig")
    assert len(read_index(data_folder, everything)) == 5


def test_a_choice_without_photos_is_told(data_folder) -> None:
    told = (
        "no photo of the sets or the split that were asked for; "
        "there are the splits train, val and the sets nobody, people, things"
    )
    with pytest.raises(DataError, match=told):
        read_index(data_folder, lambda entry: entry.set == "cats")


def test_an_index_without_photos_is_told(tmp_path) -> None:
    (tmp_path / "index.csv").write_text(HEADING)
    with pytest.raises(DataError, match=r"index\.csv: expected photos, found none"):
        read_index(tmp_path, everything)


def test_of_no_entries_nothing_is_read(data_folder) -> None:
    assert list(read_photos(data_folder, [])) == []


def test_a_photo_that_its_shard_lacks_is_told(data_folder) -> None:
    entry = replace(read_index(data_folder, everything)[0], stem="gone")
    with pytest.raises(DataError, match=r"photos\.tar: expected a photo people/gone\.webp"):
        list(read_photos(data_folder, [entry]))


def test_a_broken_shard_is_told(data_folder) -> None:
    entries = read_index(data_folder, everything)
    (data_folder / "shards" / "photos.tar").write_bytes(b"no archive")
    with pytest.raises(DataError, match=r"photos\.tar: the shard cannot be read"):
        list(read_photos(data_folder, entries))


@pytest.fixture
def put_into_shard(data_folder: Path) -> Callable[[str, np.ndarray], None]:
    """Add a picture to the shard; of two of a name, the later one is read."""

    def put(name: str, array: np.ndarray) -> None:
        with tarfile.open(data_folder / "shards" / "photos.tar", "a") as tar:
            put_into(tar, name, encoded(Image.fromarray(array), "png"))

    return put


def test_a_mask_that_is_nowhere_white_is_told(data_folder, put_into_shard) -> None:
    put_into_shard("people/b.mask.png", np.eye(40, 60, dtype=np.uint8))
    told = r"photos\.tar: people/b\.mask\.png: expected a mask of 0 and 255, got values up to 1"
    with pytest.raises(DataError, match=told):
        list(read_photos(data_folder, read_index(data_folder, everything)))


def test_a_true_alpha_may_be_faint(data_folder, put_into_shard) -> None:
    put_into_shard("people/b.alpha.png", np.eye(40, 60, dtype=np.uint8))
    photos = list(read_photos(data_folder, read_index(data_folder, lambda e: e.stem == "b")))
    assert photos[0].alpha.max() == np.float32(1 / 255)


@pytest.mark.parametrize("kind", ["alpha.png", "mask.png", "void.png"])
def test_a_mask_of_another_size_is_told(data_folder, put_into_shard, kind: str) -> None:
    put_into_shard(f"people/b.{kind}", np.full((30, 60), 255, np.uint8))
    told = rf"photos\.tar: people/b\.{kind}: expected the photo's size, 60×40, got 60×30"
    with pytest.raises(DataError, match=told):
        list(read_photos(data_folder, read_index(data_folder, everything)))
