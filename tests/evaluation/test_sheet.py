"""The contact sheet of the worst photos."""

import numpy as np
import pytest
from PIL import Image

from bgremove.errors import DataError, ImageWriteError
from bgremove.evaluation import run, sheet
from bgremove.labelled_photos import read_photos
from bgremove.removers.base import Matte
from bgremove.removers.person import PersonRemover


@pytest.fixture
def drawn_sheet(write_folder, drawn, columns, brightness_model):
    """A sheet of three photos, of which the first is the worst."""
    folder = write_folder(
        [
            drawn("set", "perfect", columns(0, 24), mask=columns(0, 24)),
            drawn("set", "fair", columns(0, 24), mask=columns(0, 12)),
            drawn("set", "missed", columns(0, 24), mask=columns(24, 48)),
        ]
    )
    entries = run.labelled_entries(folder, splits=["val"], sets=[], output="person")
    remover = PersonRemover(model=brightness_model)
    photos = list(read_photos(folder, entries))
    ranked = run.worst(
        [run.score_photo(photo, remover.matte(photo.image), "person") for photo in photos], 20
    )
    return sheet.contact_sheet(photos, ranked, lambda photo: remover.matte(photo.image))


def colour(drawn_sheet, index: int, column: int, x: int) -> tuple[int, ...]:
    """Colour of a photo's tile, at a column of the photo's pixels, in its middle row."""
    left = index % sheet.ACROSS * 3 * sheet.TILE + column * sheet.TILE
    top = index // sheet.ACROSS * (sheet.TILE + sheet.CAPTION) + sheet.CAPTION
    return drawn_sheet.getpixel((left + x, top + 16))


WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def test_the_worst_photo_stands_first_as_photo_truth_and_cutout(drawn_sheet):
    assert [colour(drawn_sheet, 0, column, 10) for column in range(3)] == [
        WHITE,
        sheet.MAGENTA,
        WHITE,
    ]
    assert [colour(drawn_sheet, 0, column, 40) for column in range(3)] == [
        BLACK,
        BLACK,
        sheet.MAGENTA,
    ]


def test_the_best_photo_stands_last_on_a_line_of_its_own(drawn_sheet):
    assert drawn_sheet.size == (2 * 3 * sheet.TILE, 2 * (sheet.TILE + sheet.CAPTION))
    assert [colour(drawn_sheet, 2, column, 40) for column in range(3)] == [
        BLACK,
        sheet.MAGENTA,
        sheet.MAGENTA,
    ]


def test_half_an_alpha_is_half_magenta():
    blend = sheet.on_magenta(np.full((1, 1, 3), 100, np.uint8), np.full((1, 1), 0.5, np.float32))
    np.testing.assert_array_equal(blend, [[[178, 50, 178]]])


@pytest.mark.parametrize("name", ["missing/sheet.png", "sheet.unknown"])
def test_a_sheet_that_cannot_be_written_is_named(tmp_path, name):
    with pytest.raises(ImageWriteError, match=r"sheet\..*: cannot be written"):
        sheet.write_sheet(Image.new("RGB", (2, 2)), tmp_path / name)


def test_a_sheet_of_no_photos_is_refused():
    with pytest.raises(DataError, match="to draw a sheet of; got none"):
        sheet.contact_sheet([], [], lambda _: Matte(np.zeros((1, 1), np.float32), found=False))
