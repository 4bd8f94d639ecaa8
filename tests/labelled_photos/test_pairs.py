"""Anyone's own photos: images/ and masks/."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bgremove.errors import DataError
from bgremove.labelled_photos import read_index, read_photos


def everything(_entry) -> bool:
    return True


def write(folder: Path, kind: str, name: str, array: np.ndarray) -> None:
    (folder / kind).mkdir(exist_ok=True)
    Image.fromarray(array).save(folder / kind / name)


def write_pair(folder: Path, number: int, *, filled: bool = True) -> None:
    image = np.full((20, 30, 3), 40 + number, np.uint8)
    mask = np.zeros((20, 30), np.uint8)
    mask[5:15, 10:20] = 255 * filled
    write(folder, "images", f"photo{number:02}.png", image)
    write(folder, "masks", f"photo{number:02}.png", mask)


def test_each_photo_comes_with_its_mask(tmp_path: Path) -> None:
    for number in range(3):
        write_pair(tmp_path, number)
    photos = list(read_photos(tmp_path, read_index(tmp_path, everything)))
    assert [photo.entry.stem for photo in photos] == ["photo00", "photo01", "photo02"]
    assert [int(photo.image[0, 0, 0]) for photo in photos] == [40, 41, 42]
    assert photos[0].alpha[10, 15] == 1
    assert photos[0].alpha[0, 0] == 0
    assert not photos[0].void.any()


def test_a_mask_counts_for_people_and_subjects_and_a_black_one_for_nobody(tmp_path: Path) -> None:
    write_pair(tmp_path, 0)
    write_pair(tmp_path, 1, filled=False)
    labels = [(entry.person, entry.subject) for entry in read_index(tmp_path, everything)]
    assert labels == [("mask", "mask"), ("none", "none")]


@pytest.mark.parametrize(("count", "validation"), [(2, [1]), (7, [6]), (8, [7]), (17, [7, 15])])
def test_every_eighth_photo_is_for_validation_and_at_least_one(
    tmp_path: Path, count: int, validation: list[int]
) -> None:
    for number in range(count):
        write_pair(tmp_path, number)
    entries = read_index(tmp_path, everything)
    assert [i for i, entry in enumerate(entries) if entry.split == "val"] == validation


def test_a_single_photo_is_too_few(tmp_path: Path) -> None:
    write_pair(tmp_path, 0)
    with pytest.raises(DataError, match=r"images: expected at least 2 photos, got 1"):
        read_index(tmp_path, everything)


def test_a_photo_without_mask_is_named(tmp_path: Path) -> None:
    for number in range(3):
        write_pair(tmp_path, number)
    (tmp_path / "masks" / "photo01.png").unlink()
    with pytest.raises(DataError, match=r"masks: expected a mask called photo01, found none"):
        read_index(tmp_path, everything)


def test_a_mask_of_another_size_is_named(tmp_path: Path) -> None:
    for number in range(2):
        write_pair(tmp_path, number)
    write(tmp_path, "masks", "photo01.png", np.full((20, 29), 255, np.uint8))
    entries = read_index(tmp_path, everything)
    with pytest.raises(DataError, match=r"photo01\.png: expected the photo's size, 30×20, got"):
        list(read_photos(tmp_path, entries))


@pytest.mark.parametrize("white", [1, 2, 127])
def test_a_mask_that_is_nowhere_white_is_told_from_a_black_one(tmp_path: Path, white: int) -> None:
    for number in range(2):
        write_pair(tmp_path, number)
    indices = np.zeros((20, 30), np.uint8)
    indices[5:15, 10:20] = white
    write(tmp_path, "masks", "photo01.png", indices)
    told = rf"photo01\.png: expected a mask of 0 and 255, got values up to {white}; save"
    with pytest.raises(DataError, match=told):
        read_index(tmp_path, everything)


def test_a_mask_in_a_pictures_alpha_channel_is_told(tmp_path: Path) -> None:
    for number in range(2):
        write_pair(tmp_path, number)
    cutout = np.full((20, 30, 4), 255, np.uint8)
    cutout[:5, :, 3] = 0
    write(tmp_path, "masks", "photo01.png", cutout)
    told = r"photo01\.png: expected a mask, white .* got one with transparency; save its alpha"
    with pytest.raises(DataError, match=told):
        read_index(tmp_path, everything)


def test_a_mask_with_an_alpha_channel_of_no_use_is_a_mask(tmp_path: Path) -> None:
    write_pair(tmp_path, 0)
    write_pair(tmp_path, 1, filled=False)
    for name in ("photo00.png", "photo01.png"):
        with Image.open(tmp_path / "masks" / name) as mask:
            mask.convert("RGBA").save(tmp_path / "masks" / name)
    labels = [entry.person for entry in read_index(tmp_path, everything)]
    assert labels == ["mask", "none"]


def test_two_pictures_of_one_name_are_told(tmp_path: Path) -> None:
    for number in range(2):
        write_pair(tmp_path, number)
    write(tmp_path, "images", "photo01.bmp", np.zeros((20, 30, 3), np.uint8))
    with pytest.raises(DataError, match=r"images: expected one picture called photo01, found more"):
        read_index(tmp_path, everything)


def test_a_picture_that_is_none_is_told(tmp_path: Path) -> None:
    for number in range(2):
        write_pair(tmp_path, number)
    (tmp_path / "masks" / "photo00.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"photo00\.png: not a picture; expected one of JPEG"):
        read_index(tmp_path, everything)


def test_a_folder_that_is_no_data_folder_is_told(tmp_path: Path) -> None:
    told = r"images: expected a folder of pictures: .*a data folder holds images/ and masks/"
    with pytest.raises(DataError, match=told):
        read_index(tmp_path, everything)
