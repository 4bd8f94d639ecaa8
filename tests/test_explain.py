"""The strip of the object method's steps."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PILImage

from bgremove.batch import Job
from bgremove.errors import BgremoveError
from bgremove.explain import strip, write_strips
from bgremove.removers.object import ObjectRemover


def scene() -> np.ndarray:
    image = np.full((150, 200, 3), 225, np.uint8)
    image[50:110, 60:140] = (40, 80, 160)
    return image


def jobs(folder: Path, target: str, *, overwrite: bool = False) -> list[Job]:
    path = folder / "thing.png"
    PILImage.fromarray(scene()).save(path)
    return [Job(name=str(path), source=path, target=folder / target, overwrite=overwrite)]


def test_a_strip_shows_seven_pictures_that_end_with_the_cutout_on_white() -> None:
    drawn = np.asarray(strip(scene(), ObjectRemover()))
    assert drawn.shape == (150 + 18, 7 * 200 + 6 * 4, 3)
    last = drawn[18:, -200:]
    assert (last[80, 100] == (40, 80, 160)).all()
    assert (last[5, 5] == 255).all()


def test_a_strip_is_written_for_each_photo(tmp_path: Path) -> None:
    assert write_strips(jobs(tmp_path, "new/s.png"), {}, max_pixels=30_000) == []
    with PILImage.open(tmp_path / "new" / "s.png") as drawn:
        assert drawn.size == (7 * 200 + 6 * 4, 150 + 18)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (told,) = write_strips(jobs(tmp_path, "file/s.png"), {}, max_pixels=30_000)
    assert "s.png: expected a folder above it, got a file" in told


def test_what_is_there_stays_unless_it_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "s.png").write_bytes(b"mine")
    (told,) = write_strips(jobs(tmp_path, "s.png"), {}, max_pixels=30_000)
    assert "s.png: exists already; pass --overwrite" in told
    assert (tmp_path / "s.png").read_bytes() == b"mine"
    assert write_strips(jobs(tmp_path, "s.png", overwrite=True), {}, max_pixels=30_000) == []


def test_a_photo_over_the_limit_has_no_strip(tmp_path: Path) -> None:
    (told,) = write_strips(jobs(tmp_path, "s.png"), {}, max_pixels=29_999)
    assert "over the limit of 29,999" in told


def test_standard_input_has_no_strip(tmp_path: Path) -> None:
    job = Job(name="-", source=None, target=tmp_path / "s.png")
    (told,) = write_strips([job], {}, max_pixels=30_000)
    assert told == "-: has no name to draw its steps under; pass a file"


def test_options_of_another_kind_are_refused() -> None:
    with pytest.raises(BgremoveError, match="quality must be one of fast, best, got 'good'"):
        write_strips([], {"quality": "good"}, max_pixels=30_000)
