"""Who writes where, and what becomes of each photo."""

import errno
import logging
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as PILImage

from bgremove.arrays import Image
from bgremove.batch import Job, Outcome, Plan, plan, run
from bgremove.errors import OptionError
from bgremove.removers.base import Matte, Remover
from bgremove.removers.object import ObjectRemover


def draw(path: Path, *, empty: bool = False) -> Path:
    """Write a dark square on white, or white alone."""
    image = np.full((64, 64, 3), 255, np.uint8)
    if not empty:
        image[16:48, 16:48] = 30
    path.parent.mkdir(parents=True, exist_ok=True)
    PILImage.fromarray(image).save(path)
    return path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ways(planned: Plan) -> list[tuple[str | None, str | None]]:
    """From where to where, with forward slashes."""
    return [
        (
            None if job.source is None else job.source.as_posix(),
            None if job.target is None else job.target.as_posix(),
        )
        for job in planned.jobs
    ]


def complaints(planned: Plan) -> list[tuple[str, str]]:
    assert {outcome.status for outcome in planned.refused} <= {"failed"}
    return [(outcome.name, outcome.message) for outcome in planned.refused]


class TestInputs:
    def test_a_file_is_itself(self) -> None:
        draw(Path("a.jpg"))
        assert plan(["a.jpg"]) == Plan(
            jobs=(Job(name="a.jpg", source=Path("a.jpg"), target=Path("a-cutout.png")),),
            refused=(),
        )

    def test_a_folder_is_its_pictures_in_order(self) -> None:
        for name in ("b.PNG", "a.jpg", "c.webp", ".hidden.jpg", "a-cutout.png", "in/d.jpg"):
            draw(Path("photos", name))
        Path("photos", "notes.txt").touch()
        assert [source for source, _ in ways(plan(["photos"], overwrite=True))] == [
            "photos/a.jpg",
            "photos/b.PNG",
            "photos/c.webp",
        ]

    def test_a_pattern_is_what_it_matches(self) -> None:
        for name in ("a1.jpg", "a2.jpg", "b1.jpg", "a3/c.jpg"):
            draw(Path(name))
        sources = [source for source, _ in ways(plan(["a*"]))]
        assert sources == ["a1.jpg", "a2.jpg", "a3/c.jpg"]

    def test_a_file_with_brackets_in_its_name_is_no_pattern(self) -> None:
        for name in ("a[1].jpg", "a1.jpg"):
            draw(Path(name))
        assert ways(plan(["a[1].jpg"])) == [("a[1].jpg", "a[1]-cutout.png")]

    def test_standard_input_goes_to_the_caller(self) -> None:
        assert ways(plan(["-"])) == [(None, None)]

    def test_what_is_named_twice_counts_once(self) -> None:
        draw(Path("in/a.jpg"))
        Path("link").symlink_to("in", target_is_directory=True)
        named = ["in/a.jpg", "./in/a.jpg", "in", "in/*.jpg", "link/a.jpg", os.path.abspath("in")]  # noqa: PTH100
        assert ways(plan(named)) == [("in/a.jpg", "in/a-cutout.png")]
        assert ways(plan(["-", "-"])) == [(None, None)]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("missing.jpg", "expected a picture or a folder, found nothing of this name"),
            ("", "expected a picture or a folder, found nothing of this name"),
            ("*.jpg", "expected a pattern that a file matches, found none"),
            ("empty", "expected a folder with photos in it (.bmp .gif"),
        ],
    )
    def test_what_leads_nowhere_is_refused_and_the_others_go_on(
        self, text: str, message: str
    ) -> None:
        Path("empty").mkdir()
        draw(Path("a.png"))
        planned = plan([text, "a.png"])
        assert ways(planned) == [("a.png", "a-cutout.png")]
        [(name, reason)] = complaints(planned)
        assert name == text
        assert message in reason

    def test_a_folder_that_cannot_be_listed_is_refused(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(path: Path) -> None:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

        monkeypatch.setattr(Path, "iterdir", refuse)
        assert complaints(plan(["."])) == [(".", "cannot be read: Permission denied")]

    def test_a_name_that_no_file_can_have_is_refused(self) -> None:
        assert complaints(plan(["\0/*"])) == [("\0/*", "cannot be read: embedded null byte")]

    @given(st.lists(st.text(alphabet="ab*?[]-. \0\n\udcff", max_size=6), max_size=4))
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_no_name_is_too_odd_to_be_refused(self, names: list[str]) -> None:
        planned = plan(names)
        refused = {outcome.name for outcome in planned.refused}
        assert refused | {job.name for job in planned.jobs} == set(names)


class TestOutputs:
    @pytest.mark.parametrize(
        ("inputs", "out", "targets"),
        [
            (["in/a.jpg"], None, ["in/a-cutout.png"]),
            (["in/a.b.jpg"], None, ["in/a.b-cutout.png"]),
            (["in/a.jpg"], "x.png", ["x.png"]),
            (["in/a.jpg"], "x", ["x"]),
            (["in/a.jpg"], "x/", ["x/a-cutout.png"]),
            (["in/a.jpg"], "there", ["there/a-cutout.png"]),
            (["in/a.jpg"], "-", [None]),
            (["in/a.jpg", "in/a.b.jpg"], "x", ["x/a-cutout.png", "x/a.b-cutout.png"]),
            (["one"], "x", ["x/c-cutout.png"]),
            (["one/*"], "x", ["x/c-cutout.png"]),
            (["-"], None, [None]),
            (["-"], "-", [None]),
            (["-"], "x.png", ["x.png"]),
            (["-"], "there", ["there/stdin-cutout.png"]),
            (["-", "in/a.jpg"], None, [None, "in/a-cutout.png"]),
        ],
    )
    def test_where_a_cutout_goes(
        self, inputs: list[str], out: str | None, targets: list[str | None]
    ) -> None:
        for name in ("in/a.jpg", "in/a.b.jpg", "one/c.jpg"):
            draw(Path(name))
        Path("there").mkdir()
        planned = plan(inputs, out)
        assert [target for _, target in ways(planned)] == targets
        assert planned.refused == ()

    @pytest.mark.parametrize(
        ("inputs", "out", "message"),
        [
            (["a.jpg", "b.jpg"], "-", "out - takes one photo, got 2; name a folder"),
            (["a.jpg", "b.jpg"], "b.jpg", "out must be a folder for several photos, got the file"),
            (["a.jpg"], "", "out must name a file or a folder, got an empty name"),
            (["a.jpg"], "x.jpeg", r"out must end with \.png, got x\.jpeg; name the format"),
        ],
    )
    def test_an_out_that_cannot_be_is_wrong_use(
        self, inputs: list[str], out: str, message: str
    ) -> None:
        for name in ("a.jpg", "b.jpg"):
            draw(Path(name))
        with pytest.raises(OptionError, match=message):
            plan(inputs, out)

    def test_two_photos_with_one_output_are_both_refused_by_name(self) -> None:
        for name in ("a.jpg", "a.png", "b.jpg"):
            draw(Path(name))
        planned = plan(["a.jpg", "a.png", "b.jpg"], overwrite=True)
        assert ways(planned) == [("b.jpg", "b-cutout.png")]
        reason = "a-cutout.png would be the output of a.jpg and of a.png; nothing was written"
        assert complaints(planned) == [("a.jpg", reason), ("a.png", reason)]

    def test_one_output_by_two_ways_is_one_output(self) -> None:
        for name in ("x/a.jpg", "y/a.jpg"):
            draw(Path(name))
        planned = plan(["x/a.jpg", "y/a.jpg"], "out")
        assert planned.jobs == ()
        assert len(planned.refused) == 2

    @pytest.mark.parametrize("overwrite", [False, True])
    @pytest.mark.parametrize("link", [None, os.symlink, os.link])
    def test_an_output_never_goes_over_an_input(self, link: object, overwrite: bool) -> None:
        draw(Path("a.jpg"))
        if link is None:
            draw(Path("a-cutout.png"))
        else:
            draw(Path("b.png"))
            link("b.png", "a-cutout.png")  # type: ignore[operator]
        other = "a-cutout.png" if link is None else "b.png"
        planned = plan(["a.jpg", other], overwrite=overwrite)
        reason = f"a-cutout.png would overwrite the input {other}; nothing was written"
        assert complaints(planned) == [("a.jpg", reason)]

    def test_a_photo_is_not_its_own_output(self) -> None:
        draw(Path("a.png"))
        planned = plan(["a.png"], "./a.png", overwrite=True)
        assert complaints(planned) == [
            ("a.png", "a.png would overwrite the input a.png; nothing was written")
        ]

    def test_an_output_that_exists_is_kept_unless_told(self) -> None:
        for name in ("a.jpg", "b.jpg", "a-cutout.png"):
            draw(Path(name))
        planned = plan(["a.jpg", "b.jpg"])
        assert ways(planned) == [("b.jpg", "b-cutout.png")]
        assert complaints(planned) == [
            (
                "a.jpg",
                "a-cutout.png: exists already; pass --overwrite (overwrite=True) to replace it",
            )
        ]
        assert len(plan(["a.jpg", "b.jpg"], overwrite=True).jobs) == 2

    def test_nothing_is_made_by_planning(self, folder: Path) -> None:
        draw(Path("a.jpg"))
        plan(["a.jpg"], "new/folder/")
        assert [path.name for path in folder.iterdir()] == ["a.jpg"]


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
    def test_a_cutout_is_written_beside_its_photo(self) -> None:
        before = draw(Path("a.png")).read_bytes()
        [outcome] = run(plan(["a.png"]).jobs, ObjectRemover())
        assert outcome == Outcome(name="a.png", status="done", target=Path("a-cutout.png"))
        assert Path("a.png").read_bytes() == before
        with PILImage.open("a-cutout.png") as cutout:
            np.testing.assert_array_equal(cutout, ObjectRemover()(PILImage.open("a.png")))

    def test_folders_of_the_output_are_made(self) -> None:
        draw(Path("a.png"))
        [outcome] = run(plan(["a.png"], "new/folder/").jobs, ObjectRemover())
        assert outcome.target == Path("new/folder/a-cutout.png")
        assert outcome.target.is_file()

    def test_without_a_file_to_write_the_bytes_are_given(self) -> None:
        draw(Path("a.png"))
        [outcome] = run(plan(["a.png"], "-").jobs, ObjectRemover())
        assert outcome.data is not None
        assert outcome.data.startswith(b"\x89PNG")
        assert sorted(path.name for path in Path().iterdir()) == ["a.png"]

    def test_a_bad_photo_costs_itself_only(self) -> None:
        draw(Path("a.png"))
        Path("b.png").write_bytes(b"no picture")
        draw(Path("c.png"))
        outcomes = list(run(plan(["a.png", "b.png", "c.png"]).jobs, ObjectRemover()))
        assert [outcome.status for outcome in outcomes] == ["done", "failed", "done"]
        assert outcomes[1].message.startswith("b.png: not a picture")
        assert not Path("b-cutout.png").exists()

    def test_where_nothing_is_found_it_says_so_and_writes(self) -> None:
        draw(Path("a.png"), empty=True)
        [outcome] = run(plan(["a.png"]).jobs, ObjectRemover())
        assert outcome.status == "no-subject"
        assert outcome.message == "no object found; the cutout is fully transparent"
        with PILImage.open("a-cutout.png") as cutout:
            assert not np.any(cutout)

    def test_where_a_subject_is_required_it_fails_and_writes_nothing(self) -> None:
        draw(Path("a.png"), empty=True)
        [outcome] = run(plan(["a.png"]).jobs, ObjectRemover(), require_subject=True)
        assert outcome.status == "failed"
        assert outcome.message == "no object found; nothing was written"
        assert not Path("a-cutout.png").exists()

    def test_a_photo_over_the_limit_fails(self) -> None:
        draw(Path("a.png"))
        [outcome] = run(plan(["a.png"]).jobs, ObjectRemover(), max_pixels=64 * 64 - 1)
        assert outcome.status == "failed"
        assert "4,096 pixels, over the limit of 4,095" in outcome.message

    def test_an_output_that_came_since_the_plan_is_kept(self) -> None:
        draw(Path("a.png"))
        jobs = plan(["a.png"]).jobs
        Path("a-cutout.png").write_text("mine")
        [outcome] = run(jobs, ObjectRemover())
        assert outcome.message.startswith("a-cutout.png: exists already")
        assert Path("a-cutout.png").read_text() == "mine"
        [outcome] = run(jobs, ObjectRemover(), overwrite=True)
        assert outcome.status == "done"

    def test_a_folder_that_cannot_be_made_fails(self) -> None:
        draw(Path("a.png"))
        Path("file").touch()
        [outcome] = run(plan(["a.png"], "file/x.png").jobs, ObjectRemover())
        assert outcome.status == "failed"
        assert outcome.message.startswith("file/x.png: ")

    @pytest.mark.parametrize(
        ("error", "message"),
        [
            (MemoryError(), "not enough memory for a picture of this size"),
            (ZeroDivisionError("oops"), "internal error: ZeroDivisionError: oops"),
        ],
    )
    def test_any_other_error_costs_one_photo_too(self, error: Exception, message: str) -> None:
        draw(Path("a.png"))
        PILImage.new("RGB", (10, 10)).save("b.png")
        outcomes = list(run(plan(["a.png", "b.png"]).jobs, Failing(error)))
        assert [outcome.status for outcome in outcomes] == ["failed", "done"]
        assert outcomes[0].message == message

    def test_our_own_bugs_are_logged_with_their_traceback(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        draw(Path("a.png"))
        with caplog.at_level(logging.DEBUG, "bgremove"):
            list(run(plan(["a.png"]).jobs, Failing(ZeroDivisionError("oops"))))
        assert "ZeroDivisionError: oops" in caplog.text
        assert "Traceback" in caplog.text

    def test_ctrl_c_ends_the_batch(self) -> None:
        draw(Path("a.png"))
        with pytest.raises(KeyboardInterrupt):
            list(run(plan(["a.png"]).jobs, Failing(KeyboardInterrupt())))
