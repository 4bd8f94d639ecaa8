"""Labelled photos come out of the shards as they went in."""

from dataclasses import replace

import pytest

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


def test_an_index_without_the_columns_is_told(tmp_path) -> None:
    (tmp_path / "index.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="expected the index of a data folder: 'set'"):
        read_index(tmp_path, everything)


def test_a_size_that_is_no_number_is_told(data_folder) -> None:
    index = data_folder / "index.csv"
    index.write_text(index.read_text().replace(",60,40,", ",60,wide,", 1))
    with pytest.raises(DataError, match=r"expected the index of a data folder: invalid .* 'wide'"):
        read_index(data_folder, everything)


def test_a_choice_without_photos_is_told(data_folder) -> None:
    with pytest.raises(DataError, match="no photo of the sets or the split"):
        read_index(data_folder, lambda entry: entry.set == "cats")


def test_a_photo_that_its_shard_lacks_is_told(data_folder) -> None:
    entry = replace(read_index(data_folder, everything)[0], stem="gone")
    with pytest.raises(DataError, match=r"photos\.tar: expected a photo people/gone\.webp"):
        list(read_photos(data_folder, [entry]))


def test_a_broken_shard_is_told(data_folder) -> None:
    entries = read_index(data_folder, everything)
    (data_folder / "shards" / "photos.tar").write_bytes(b"no archive")
    with pytest.raises(DataError, match=r"photos\.tar: the shard cannot be read"):
        list(read_photos(data_folder, entries))
