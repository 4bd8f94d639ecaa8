"""What becomes of each photo, one after the other in this process."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import pytest
from pictures import p3_profile
from PIL import Image as PILImage

from bgremove.arrays import Image
from bgremove.batch import Job, Outcome, Settings, Subject, cut_out, plan, run
from bgremove.batch.photo import measured
from bgremove.output import Output
from bgremove.removers.base import Matte, Remover
from bgremove.removers.object import ObjectRemover

NO_MEMORY = "not enough memory for a picture of this size"

Draw: TypeAlias = Callable[..., Path]


class Failing(Remover):
    """Fails as no remover should."""

    subject = "thing"

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def matte(self, image: Image) -> Matte:
        if image.shape[0] == 64:
            raise self.error
        return Matte(np.ones(image.shape[:2], np.float32), found=True)


class TestRun:
    def test_a_cutout_is_written_beside_its_photo(self, draw: Draw) -> None:
        before = draw("a.png").read_bytes()
        [outcome] = run(plan(["a.png"]).jobs, ObjectRemover())
        assert outcome == Outcome(name="a.png", status="done", target=Path("a-cutout.png"))
        assert Path("a.png").read_bytes() == before
        with PILImage.open("a-cutout.png") as cutout:
            np.testing.assert_array_equal(cutout, ObjectRemover()(PILImage.open("a.png")))

    def test_a_blurred_background_shows_nothing_that_its_photo_hides(self, draw: Draw) -> None:
        with PILImage.open(draw("a.png")) as drawn:
            picture = np.array(drawn.convert("RGBA"))
        picture[:8] = (255, 0, 255, 0)
        PILImage.fromarray(picture).save("a.png")
        settings = Settings(output=Output(background="blur:3"))
        [outcome] = run(plan(["a.png"]).jobs, ObjectRemover(), settings)
        with PILImage.open("a-cutout.png") as written:
            shown = np.array(written)
        assert outcome.status == "done"
        np.testing.assert_array_equal(shown, ObjectRemover()(picture, output=settings.output))
        np.testing.assert_allclose(shown[0].astype(int), picture[-1, :, :3], atol=2)

    def test_a_background_looks_the_same_in_the_photo_s_colour_profile(self, draw: Draw) -> None:
        with PILImage.open(draw("a.png")) as drawn:
            drawn.save("a.png", icc_profile=p3_profile())
        output = Output(background="#3ca03c")
        [outcome] = run(plan(["a.png"]).jobs, ObjectRemover(), Settings(output=output))
        assert outcome.status == "done"
        with PILImage.open("a-cutout.png") as written:
            np.testing.assert_array_equal(written, ObjectRemover()("a.png", output=output))
            assert written.info["icc_profile"] == p3_profile()
            assert written.getpixel((0, 0)) == (89, 158, 73)

    def test_folders_of_the_output_are_made(self, draw: Draw) -> None:
        draw("a.png")
        [outcome] = run(plan(["a.png"], "new/folder/").jobs, ObjectRemover())
        assert outcome.target == Path("new/folder/a-cutout.png")
        assert outcome.target.is_file()

    def test_without_a_file_to_write_the_bytes_are_given(self, draw: Draw) -> None:
        draw("a.png")
        [outcome] = run(plan(["a.png"], "-").jobs, ObjectRemover())
        assert outcome.data is not None
        assert outcome.data.startswith(b"\x89PNG")
        assert sorted(path.name for path in Path().iterdir()) == ["a.png"]

    def test_a_bad_photo_costs_itself_only(self, draw: Draw) -> None:
        draw("a.png")
        Path("b.png").write_bytes(b"no picture")
        draw("c.png")
        outcomes = list(run(plan(["a.png", "b.png", "c.png"]).jobs, ObjectRemover()))
        assert [outcome.status for outcome in outcomes] == ["done", "failed", "done"]
        assert outcomes[1].message.startswith("b.png: not a picture")
        assert not Path("b-cutout.png").exists()

    def test_where_nothing_is_found_it_says_so_and_writes(self, draw: Draw) -> None:
        draw("a.png", empty=True)
        [outcome] = run(plan(["a.png"]).jobs, ObjectRemover())
        assert outcome.status == "no-subject"
        assert outcome.message == "no object found; the cutout is fully transparent"
        with PILImage.open("a-cutout.png") as cutout:
            assert not np.any(cutout)

    def test_where_a_subject_is_required_it_fails_and_writes_nothing(self, draw: Draw) -> None:
        draw("a.png", empty=True)
        [outcome] = run(plan(["a.png"]).jobs, ObjectRemover(), Settings(require_subject=True))
        assert outcome.status == "failed"
        assert outcome.message == "no object found; nothing was written"
        assert not Path("a-cutout.png").exists()

    def test_a_photo_over_the_limit_fails(self, draw: Draw) -> None:
        draw("a.png")
        [outcome] = run(plan(["a.png"]).jobs, ObjectRemover(), Settings(max_pixels=64 * 64 - 1))
        assert outcome.status == "failed"
        assert "4,096 pixels, over the limit of 4,095" in outcome.message

    def test_an_output_that_came_since_the_plan_is_kept(self, draw: Draw) -> None:
        draw("a.png")
        jobs = plan(["a.png"]).jobs
        Path("a-cutout.png").write_text("mine")
        [outcome] = run(jobs, ObjectRemover())
        assert outcome.message.startswith("a-cutout.png: exists already")
        assert Path("a-cutout.png").read_text() == "mine"
        [outcome] = run([replace(job, overwrite=True) for job in jobs], ObjectRemover())
        assert outcome.status == "done"

    def test_a_folder_that_cannot_be_made_fails(self, draw: Draw) -> None:
        draw("a.png")
        Path("file").touch()
        [outcome] = run(plan(["a.png"], "file/x.png").jobs, ObjectRemover())
        assert outcome.status == "failed"
        assert outcome.message.startswith("file/x.png: ")

    @pytest.mark.parametrize(
        ("error", "message"),
        [
            (MemoryError(), "not enough memory for a picture of this size"),
            (
                cv2.error("Failed to allocate 9 bytes"),
                "not enough memory for a picture of this size",
            ),
            (ZeroDivisionError("oops"), "internal error: ZeroDivisionError: oops"),
        ],
    )
    def test_any_other_error_costs_one_photo_too(
        self, draw: Draw, error: Exception, message: str
    ) -> None:
        draw("a.png")
        PILImage.new("RGB", (10, 10)).save("b.png")
        outcomes = list(run(plan(["a.png", "b.png"]).jobs, Failing(error)))
        assert [outcome.status for outcome in outcomes] == ["failed", "done"]
        assert outcomes[0].message == message

    def test_our_own_bugs_are_logged_with_their_traceback(
        self, draw: Draw, caplog: pytest.LogCaptureFixture
    ) -> None:
        draw("a.png")
        with caplog.at_level(logging.DEBUG, "bgremove"):
            list(run(plan(["a.png"]).jobs, Failing(ZeroDivisionError("oops"))))
        assert "ZeroDivisionError: oops" in caplog.text
        assert "Traceback" in caplog.text

    def test_ctrl_c_ends_the_batch(self, draw: Draw) -> None:
        draw("a.png")
        with pytest.raises(KeyboardInterrupt):
            list(run(plan(["a.png"]).jobs, Failing(KeyboardInterrupt())))

    def test_a_file_at_hand_is_not_read_again(self, draw: Draw) -> None:
        data = draw("a.png").read_bytes()
        job = Job(name="s3://a.png", source=None, target=None)
        outcome = cut_out(job, ObjectRemover(), Settings(), data=data)
        [expected] = run(plan(["a.png"], "-").jobs, ObjectRemover())
        assert outcome.data == expected.data

    def test_the_first_of_several_frames_is_taken_with_a_word(self) -> None:
        frames = [PILImage.new("RGB", (32, 32), colour) for colour in ("white", "black", "red")]
        frames[0].save("a.gif", save_all=True, append_images=frames[1:])
        [outcome] = run(plan(["a.gif"]).jobs, Failing(ZeroDivisionError()))
        assert outcome.status == "done"
        expected = "the first of its 3 frames; bgremove batch --all-frames takes all"
        assert outcome.message == expected

    def test_each_stage_is_timed(self, draw: Draw) -> None:
        draw("a.png")
        [outcome] = run(plan(["a.png"]).jobs, ObjectRemover())
        assert list(outcome.seconds) == ["decode", "matte", "compose", "encode", "write"]


class TestMeasured:
    def test_the_box_is_given_as_one_is_taken_and_the_area_is_a_share(self) -> None:
        alpha = np.zeros((4, 10), np.uint8)
        alpha[1:3, 2:7] = 128
        alpha[0, 0] = 127
        assert measured(alpha) == Subject(width=10, height=4, area=0.25, box=(2, 1, 5, 2))

    def test_nothing_has_no_box(self) -> None:
        empty = Subject(width=2, height=3, area=0.0, box=None)
        assert measured(np.zeros((3, 2), np.uint8)) == empty

    def test_one_pixel_is_a_subject(self) -> None:
        whole = Subject(width=1, height=1, area=1.0, box=(0, 0, 1, 1))
        assert measured(np.full((1, 1), 255, np.uint8)) == whole
