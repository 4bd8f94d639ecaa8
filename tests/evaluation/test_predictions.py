"""Alphas that other programs wrote."""

import numpy as np
import pytest
from pictures import png_header, png_of_chunks
from PIL import Image

from bgremove.errors import DataError
from bgremove.evaluation.predictions import check_levels, stored_matte
from bgremove.evaluation.run import labelled_entries
from bgremove.labelled_photos import read_photos


@pytest.fixture
def photo(write_folder, drawn, columns):
    folder = write_folder([drawn("a", "1", columns(0, 24), mask=columns(0, 24))])
    entries = labelled_entries(folder, splits=["val"], sets=[], output="person")
    (photo,) = read_photos(folder, entries)
    return photo


def levels(columns) -> np.ndarray:
    values = np.zeros((32, 48), np.uint8)
    values[columns(0, 10)] = 255
    values[columns(10, 20)] = 51
    return values


def as_rgba(values):
    red = np.full_like(values, 200)
    return Image.fromarray(np.dstack([red, red, red, values]))


def as_palette(values):
    """Index 0 is transparent, every other is opaque."""
    picture = Image.fromarray(values).convert("P")
    picture.info["transparency"] = 0
    return picture


@pytest.mark.parametrize("name", ["a/1.png", "a-1.png"])
@pytest.mark.parametrize("kind", [Image.fromarray, as_rgba], ids=["grey", "rgba"])
def test_an_alpha_is_read_from_either_name_and_either_kind(photo, columns, tmp_path, name, kind):
    path = tmp_path / "them" / name
    path.parent.mkdir(parents=True)
    kind(levels(columns)).save(path)
    matte = stored_matte(photo, folder=tmp_path / "them")
    assert matte.found
    np.testing.assert_allclose(matte.alpha, levels(columns) / 255, atol=1e-6)


def test_a_one_bit_mask_and_a_transparent_palette_are_alphas_too(photo, columns, tmp_path):
    for name, picture in (
        ("mask", Image.fromarray(columns(0, 10))),
        ("palette", as_palette(np.where(columns(0, 10), 9, 0).astype(np.uint8))),
    ):
        (tmp_path / name).mkdir()
        picture.save(tmp_path / name / "a-1.png")
        matte = stored_matte(photo, folder=tmp_path / name)
        np.testing.assert_array_equal(matte.alpha, columns(0, 10))


def test_an_empty_alpha_has_found_nobody(photo, columns, tmp_path):
    Image.fromarray(columns(0, 0)).save(tmp_path / "a-1.png")
    assert not stored_matte(photo, folder=tmp_path).found


def test_a_missing_prediction_is_named(photo, tmp_path):
    with pytest.raises(DataError, match=r"expected a prediction at .*1\.png or .*a-1\.png"):
        stored_matte(photo, folder=tmp_path)


def test_a_prediction_of_another_size_is_refused(photo, tmp_path):
    Image.new("L", (24, 16)).save(tmp_path / "a-1.png")
    with pytest.raises(DataError, match="expected the photo's size, 48×32, got 24×16"):
        stored_matte(photo, folder=tmp_path)


def test_a_picture_without_alpha_is_refused(photo, tmp_path):
    Image.new("RGB", (48, 32)).save(tmp_path / "a-1.png")
    with pytest.raises(DataError, match="grey picture or one with alpha, got mode RGB"):
        stored_matte(photo, folder=tmp_path)


def test_a_prediction_of_more_pixels_than_any_photo_is_refused(photo, tmp_path):
    bomb = png_of_chunks(png_header(20_000, 20_000, 8, 0), (b"IDAT", b""), (b"IEND", b""))
    (tmp_path / "a-1.png").write_bytes(bomb)
    with pytest.raises(DataError, match=r"a-1\.png: expected a PNG: .* exceeds limit"):
        stored_matte(photo, folder=tmp_path)


def test_a_file_that_is_no_picture_is_refused(photo, tmp_path):
    (tmp_path / "a-1.png").write_bytes(b"not a picture")
    with pytest.raises(DataError, match=r"a-1\.png: expected a PNG"):
        stored_matte(photo, folder=tmp_path)


@pytest.fixture
def entries(write_folder, drawn, columns):
    nobody = {"person": "none", "split": "negatives_val"}
    left = columns(0, 24)
    folder = write_folder([drawn("a", "1", left, mask=left), drawn("a", "2", left, **nobody)])
    return labelled_entries(folder, splits=[], sets=[], output="person")


def write_levels(folder, **highest) -> None:
    """Write alphas with one bright pixel."""
    for name, level in highest.items():
        values = np.zeros((32, 48), np.uint8)
        values[16, 24] = level
        Image.fromarray(values).save(folder / f"a-{name.removeprefix('photo')}.png")


def test_masks_of_0_and_1_are_told_from_alphas(entries, tmp_path):
    write_levels(tmp_path, photo1=1, photo2=0)
    told = "expected alphas of 0 to 255, got no value but 0 and 1; multiply masks of 0 and 1 by 255"
    with pytest.raises(DataError, match=told):
        check_levels(entries, tmp_path)


@pytest.mark.parametrize(
    "highest",
    [
        pytest.param({"photo1": 2, "photo2": 1}, id="faint"),
        pytest.param({"photo1": 255, "photo2": 1}, id="a trace where nobody is"),
        pytest.param({"photo1": 0, "photo2": 0}, id="nobody found"),
    ],
)
def test_faint_alphas_are_alphas(entries, tmp_path, highest):
    write_levels(tmp_path, **highest)
    check_levels(entries, tmp_path)
