"""The strip of the object method's steps."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PILImage
from PIL.ImageFile import ImageFile

from bgremove.batch import Job, Plan
from bgremove.batch.jobs import failed
from bgremove.errors import BgremoveError
from bgremove.explain import plan_strips, strip, write_strips
from bgremove.removers.object import ObjectRemover


def scene() -> np.ndarray:
    image = np.full((150, 200, 3), 225, np.uint8)
    image[50:110, 60:140] = (40, 80, 160)
    return image


def job(source: str | None, target: str | None) -> Job:
    paths = (None if name is None else Path(name) for name in (source, target))
    source_path, target_path = paths
    return Job(name=source or "-", source=source_path, target=target_path)


@pytest.mark.usefixtures("bare_folder")
class TestPlan:
    def test_each_photo_has_its_strip_in_the_folder(self) -> None:
        planned = Plan(jobs=(job("in/a.png", "a-cutout.webp"), job("b.png", None)), refused=())
        strips = plan_strips(planned, Path("steps"), overwrite=True)
        assert [each.target for each in strips.jobs] == [
            Path("steps/a-steps.png"),
            Path("steps/b-steps.png"),
        ]
        assert [each.overwrite for each in strips.jobs] == [True, True]
        assert strips.refused == ()

    def test_a_strip_costs_no_photo_whether_that_is_cut_out_or_not(self) -> None:
        for name in ("a.png", "a-steps.png", "b.png", "b-steps.png"):
            Path(name).touch()
        jobs = (job("a.png", "a-c.png"), job("a-steps.png", "c.png"), job("b.png", "b-c.png"))
        planned = Plan(jobs=jobs, refused=(failed("b-steps.png", "exists already", ""),))
        strips = plan_strips(planned, Path(), overwrite=True)
        assert [each.name for each in strips.jobs] == ["a-steps.png"]
        assert [outcome.message for outcome in strips.refused] == [
            f"{name}-steps.png would overwrite the input {name}-steps.png; nothing was written"
            for name in "ab"
        ]

    def test_a_strip_costs_no_cutout(self) -> None:
        planned = Plan(jobs=(job("a.png", "steps/a-steps.png"),), refused=())
        strips = plan_strips(planned, Path("steps"), overwrite=True)
        assert strips.jobs == ()
        assert "would be the output of a.png and of a.png" in strips.refused[0].message

    def test_two_photos_never_share_a_strip(self) -> None:
        planned = Plan(jobs=(job("x/a.png", "1.png"), job("y/a.png", "2.png")), refused=())
        strips = plan_strips(planned, Path("steps"), overwrite=True)
        assert strips.jobs == ()
        assert "would be the output of x/a.png and of y/a.png" in strips.refused[0].message

    def test_folders_are_mirrored(self) -> None:
        jobs = tuple(replace(job(f"in/{x}/a.png", None), folder=Path(x)) for x in "xy")
        strips = plan_strips(Plan(jobs=jobs, refused=()), Path("steps"), overwrite=True)
        targets = [each.target for each in strips.jobs]
        assert targets == [Path("steps/x/a-steps.png"), Path("steps/y/a-steps.png")]

    def test_standard_input_has_no_strip(self) -> None:
        strips = plan_strips(Plan(jobs=(job(None, "c.png"),), refused=()), Path(), overwrite=True)
        (told,) = strips.refused
        assert told.message == "has no name to draw its steps under; pass a file"


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


def test_too_little_memory_costs_one_strip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(ImageFile, "load", fail)
    (told,) = write_strips(jobs(tmp_path, "s.png"), {}, max_pixels=30_000)
    assert told.endswith("thing.png: not enough memory to draw its steps")


def test_options_of_another_kind_are_refused() -> None:
    with pytest.raises(BgremoveError, match="quality must be one of fast, best, got 'good'"):
        write_strips([], {"quality": "good"}, max_pixels=30_000)
