"""Who writes where, and what becomes of each photo."""

import errno
import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as PILImage

from bgremove.batch import Job, Plan, plan, run, settle_format
from bgremove.batch.manifest import Manifest
from bgremove.errors import OptionError
from bgremove.output import Output
from bgremove.removers.object import ObjectRemover

Draw: TypeAlias = Callable[..., Path]


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
    def test_a_file_is_itself(self, draw: Draw) -> None:
        draw("a.jpg")
        assert plan(["a.jpg"]) == Plan(
            jobs=(Job(name="a.jpg", source=Path("a.jpg"), target=Path("a-cutout.png")),),
            refused=(),
        )

    def test_a_folder_is_its_pictures_in_order(self, draw: Draw) -> None:
        names = ("b.PNG", "a.jpg", "c.webp", ".hidden.jpg", "a-cutout.png", "in/d.jpg")
        draw(*(f"photos/{name}" for name in names))
        Path("photos", "notes.txt").touch()
        assert [source for source, _ in ways(plan(["photos"], overwrite=True))] == [
            "photos/a.jpg",
            "photos/b.PNG",
            "photos/c.webp",
        ]

    def test_a_pattern_is_what_it_matches(self, draw: Draw) -> None:
        draw("a1.jpg", "a2.jpg", "b1.jpg", "a3/c.jpg")
        sources = [source for source, _ in ways(plan(["a*"]))]
        assert sources == ["a1.jpg", "a2.jpg", "a3/c.jpg"]

    def test_a_file_with_brackets_in_its_name_is_no_pattern(self, draw: Draw) -> None:
        draw("a[1].jpg", "a1.jpg")
        assert ways(plan(["a[1].jpg"])) == [("a[1].jpg", "a[1]-cutout.png")]

    def test_standard_input_goes_to_the_caller(self) -> None:
        assert ways(plan(["-"])) == [(None, None)]

    def test_what_is_named_twice_counts_once(self, draw: Draw) -> None:
        draw("in/a.jpg")
        Path("link").symlink_to("in", target_is_directory=True)
        named = ["in/a.jpg", "./in/a.jpg", "in", "in/*.jpg", "link/a.jpg", os.path.abspath("in")]  # noqa: PTH100
        assert ways(plan(named)) == [("in/a.jpg", "in/a-cutout.png")]
        assert ways(plan(["-", "-"])) == [(None, None)]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("missing.jpg", "expected a picture or a folder, found nothing of this name"),
            ("", "expected a picture or a folder, found nothing of this name"),
            ("https://x.org/a.jpg", "expected a file, got an address, and bgremove works offline"),
            ("http://x.org/a.jpg?w=9", "expected a file, got an address"),
            ("*.jpg", "expected a pattern that a photo matches, found none"),
            ("empty", "expected a folder with photos in it (.avif .bmp .gif"),
        ],
    )
    def test_what_leads_nowhere_is_refused_and_the_others_go_on(
        self, draw: Draw, text: str, message: str
    ) -> None:
        Path("empty").mkdir()
        draw("a.png")
        planned = plan([text, "a.png"])
        assert ways(planned) == [("a.png", "a-cutout.png")]
        [(name, reason)] = complaints(planned)
        assert name == text
        assert message in reason

    def test_a_folder_whose_photos_lie_deeper_is_refused_with_the_way_to_them(
        self, draw: Draw
    ) -> None:
        draw("photos/july/a.jpg")
        hint = "; bgremove batch --recursive (recursive=True) searches the folders in it, too"
        [(_, reason)] = complaints(plan(["photos"]))
        assert reason.endswith(f"found none{hint}")
        assert len(plan(["photos"], recursive=True).jobs) == 1
        Path("hidden", ".git").mkdir(parents=True)
        Path("empty", "july").mkdir(parents=True)
        for planned in (plan(["hidden"]), plan(["empty"], recursive=True), plan(["*.jpg"])):
            [(_, reason)] = complaints(planned)
            assert reason.endswith("found none")

    def test_a_folder_that_cannot_be_listed_is_refused(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(path: Path) -> None:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

        monkeypatch.setattr(Path, "iterdir", refuse)
        assert complaints(plan(["."])) == [(".", "cannot be read: Permission denied")]

    def test_a_name_that_no_file_can_have_is_refused(self) -> None:
        [(name, reason)] = complaints(plan(["\0/*"]))
        assert name == "\0/*"
        assert re.match("cannot be read: .*embedded null (byte|character)", reason)

    @given(st.lists(st.text(alphabet="ab*?[]-. \0\n\udcff", max_size=6), max_size=4))
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_no_name_is_too_odd_to_be_refused(self, names: list[str]) -> None:
        planned = plan(names)
        refused = {outcome.name for outcome in planned.refused}
        assert refused | {job.name for job in planned.jobs} == set(names)


class TestOutputs:
    def test_an_output_is_called_by_its_format(self, draw: Draw) -> None:
        draw("a.jpg")
        [job] = plan(["a.jpg"], output=Output(format="webp")).jobs
        assert job.target == Path("a-cutout.webp")

    @pytest.mark.parametrize(
        ("inputs", "out", "targets"),
        [
            (["in/a.jpg"], None, ["in/a-cutout.png"]),
            (["in/a.b.jpg"], None, ["in/a.b-cutout.png"]),
            (["in/a.jpg"], "x.png", ["x.png"]),
            (["in/a.jpg"], "x", ["x/a-cutout.png"]),
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
        self, draw: Draw, inputs: list[str], out: str | None, targets: list[str | None]
    ) -> None:
        draw("in/a.jpg", "in/a.b.jpg", "one/c.jpg")
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
            (
                ["a.jpg"],
                "x.jpeg",
                r"out must end with \.png to match .*, got x\.jpeg; choose",
            ),
            (
                ["a.jpg"],
                "x.gif",
                r"out must end with \.png, \.webp, \.jpg or \.tif, got x\.gif: "
                r"pictures as \.gif are read, not written",
            ),
            (
                ["a.jpg", "b.jpg"],
                "x.png",
                "out must be a folder for several photos, got x.png; for a folder of this name: "
                "x.png/",
            ),
        ],
    )
    def test_an_out_that_cannot_be_is_wrong_use(
        self, draw: Draw, inputs: list[str], out: str, message: str
    ) -> None:
        draw("a.jpg", "b.jpg")
        with pytest.raises(OptionError, match=message):
            plan(inputs, out)

    @pytest.mark.parametrize("ending", [".jpg", ".jpeg"])
    def test_a_format_goes_by_each_of_its_endings(self, draw: Draw, ending: str) -> None:
        draw("a.jpg")
        output = Output(output="mask", format="jpeg")
        assert ways(plan(["a.jpg"], f"x{ending}", output=output)) == [("a.jpg", f"x{ending}")]

    def test_two_photos_with_one_output_are_both_refused_by_name(self, draw: Draw) -> None:
        draw("a.jpg", "a.png", "b.jpg")
        planned = plan(["a.jpg", "a.png", "b.jpg"], overwrite=True)
        assert ways(planned) == [("b.jpg", "b-cutout.png")]
        reason = (
            "a-cutout.png would be the output of a.jpg and of a.png; nothing was written; "
            "bgremove batch --name '{stem}-{suffix}.{ext}' keeps them apart"
        )
        assert complaints(planned) == [("a.jpg", reason), ("a.png", reason)]

    def test_one_output_by_two_ways_is_one_output(self, draw: Draw) -> None:
        draw("x/a.jpg", "y/a.jpg")
        planned = plan(["x/a.jpg", "y/a.jpg"], "out")
        assert planned.jobs == ()
        assert len(planned.refused) == 2

    @pytest.mark.parametrize("overwrite", [False, True])
    @pytest.mark.parametrize("link", [None, os.symlink, os.link])
    def test_an_output_never_goes_over_an_input(
        self, draw: Draw, link: object, overwrite: bool
    ) -> None:
        draw("a.jpg")
        if link is None:
            draw("a-cutout.png")
        else:
            draw("b.png")
            link("b.png", "a-cutout.png")  # type: ignore[operator]
        other = "a-cutout.png" if link is None else "b.png"
        planned = plan(["a.jpg", other], overwrite=overwrite)
        reason = f"a-cutout.png would overwrite the input {other}; nothing was written"
        assert complaints(planned) == [("a.jpg", reason)]

    @pytest.mark.parametrize("link", [None, os.symlink, os.link])
    def test_an_output_never_goes_over_a_file_that_the_run_needs(
        self, draw: Draw, link: object
    ) -> None:
        draw("a.jpg")
        needed = draw("a-cutout.png" if link is None else "background.png")
        if link is not None:
            link("background.png", "a-cutout.png")  # type: ignore[operator]
        planned = plan(["a.jpg"], overwrite=True, needed=[needed, Path("not-there")])
        reason = f"a-cutout.png would overwrite {needed}, which the run needs; nothing was written"
        assert complaints(planned) == [("a.jpg", reason)]

    def test_a_photo_is_not_its_own_output(self, draw: Draw) -> None:
        draw("a.png")
        planned = plan(["a.png"], "./a.png", overwrite=True)
        assert complaints(planned) == [
            ("a.png", "a.png would overwrite the input a.png; nothing was written")
        ]

    def test_an_output_that_exists_is_kept_unless_told(self, draw: Draw) -> None:
        draw("a.jpg", "b.jpg", "a-cutout.png")
        planned = plan(["a.jpg", "b.jpg"])
        assert ways(planned) == [("b.jpg", "b-cutout.png")]
        assert complaints(planned) == [
            (
                "a.jpg",
                "a-cutout.png: exists already; pass --overwrite (overwrite=True) to replace it",
            )
        ]
        assert len(plan(["a.jpg", "b.jpg"], overwrite=True).jobs) == 2

    def test_nothing_is_made_by_planning(self, draw: Draw, folder: Path) -> None:
        draw("a.jpg")
        plan(["a.jpg"], "new/folder/")
        assert [path.name for path in folder.iterdir()] == ["a.jpg"]


class TestSettleFormat:
    @pytest.mark.parametrize(
        ("out", "format_name"),
        [
            ("x.webp", "webp"),
            ("X.JPEG", "jpeg"),
            ("x.tif", "tiff"),
            ("x.png", "png"),
            ("x.gif", "auto"),
            ("x", "auto"),
            ("x.webp/", "auto"),
            ("there.webp", "auto"),
            ("-", "auto"),
            (None, "auto"),
        ],
    )
    def test_a_file_says_which_format_it_wants(
        self, folder: Path, out: str | None, format_name: str
    ) -> None:
        (folder / "there.webp").mkdir()
        mask = Output(output="mask")
        assert settle_format(mask, out) == replace(mask, format=format_name)

    @pytest.mark.parametrize("out", [None, "x.webp/", "there.webp"])
    @pytest.mark.parametrize(
        ("name", "format_name"),
        [("{stem}.tif", "tiff"), ("{stem}.{ext}", "auto"), ("{stem}.{suffix}", "auto")],
    )
    def test_a_folder_leaves_that_to_the_names_in_it(
        self, folder: Path, out: str | None, name: str, format_name: str
    ) -> None:
        (folder / "there.webp").mkdir()
        assert settle_format(Output(), out, name) == Output(format=format_name)

    def test_a_format_that_was_asked_for_stays(self) -> None:
        assert settle_format(Output(format="tiff"), "x.webp") == Output(format="tiff")

    @pytest.mark.parametrize("out", ["new", "v1.2", "there.png", "new.png/"])
    def test_for_one_photo_too_what_ends_as_no_picture_is_a_folder(
        self, draw: Draw, out: str
    ) -> None:
        draw("a.jpg")
        Path("there.png").mkdir()
        assert ways(plan(["a.jpg"], out)) == [("a.jpg", Path(out, "a-cutout.png").as_posix())]

    def test_a_file_that_is_there_is_a_file_whatever_its_ending(self, draw: Draw) -> None:
        draw("a.jpg")
        Path("tmp.x9").touch()
        assert ways(plan(["a.jpg"], "tmp.x9", overwrite=True)) == [("a.jpg", "tmp.x9")]

    def test_a_cutout_is_no_jpeg(self) -> None:
        with pytest.raises(OptionError, match="jpeg has no transparency: pass --background white"):
            settle_format(Output(), "x.jpg")


class TestTrees:
    def test_folders_below_are_mirrored(self, draw: Draw) -> None:
        draw("in/a.jpg", "in/x/a.jpg", "in/x/y/b.jpg", "in/.git/c.jpg")
        assert ways(plan(["in"], "out", recursive=True)) == [
            ("in/a.jpg", "out/a-cutout.png"),
            ("in/x/a.jpg", "out/x/a-cutout.png"),
            ("in/x/y/b.jpg", "out/x/y/b-cutout.png"),
        ]

    def test_without_being_told_no_folder_below_is_searched(self, draw: Draw) -> None:
        draw("in/a.jpg", "in/x/a.jpg")
        assert ways(plan(["in"], "out")) == [("in/a.jpg", "out/a-cutout.png")]

    @pytest.mark.parametrize("pattern", ["in/**/*.jpg", "in/*/*.jpg", "in/*"])
    def test_a_pattern_mirrors_what_is_below_its_plain_part(self, draw: Draw, pattern: str) -> None:
        draw("in/x/a.jpg")
        assert ways(plan([pattern], "out")) == [("in/x/a.jpg", "out/x/a-cutout.png")]

    def test_two_trees_that_meet_are_refused_by_name(self, draw: Draw) -> None:
        draw("one/x/a.jpg", "two/x/a.jpg")
        planned = plan(["one", "two"], "out", recursive=True)
        reason = "out/x/a-cutout.png would be the output of one/x/a.jpg and of two/x/a.jpg"
        assert [message for _, message in complaints(planned)] == [
            f"{reason}; nothing was written"
        ] * 2

    @pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="disks are so there anyway")
    def test_names_that_a_disk_takes_for_one_are_refused(self, draw: Draw) -> None:
        draw("in/A.jpg", "in/a.png", "in/b.png")
        Path("out").mkdir()
        assert len(plan(["in"], "out").jobs) == 3
        Path("OUT").symlink_to("out")  # so that it is with both names, as where case is ignored
        planned = plan(["in"], "out/new/", overwrite=True)
        assert ways(planned) == [("in/b.png", "out/new/b-cutout.png")]
        assert "out/new/A-cutout.png would be the output of" in planned.refused[0].message

    def test_where_the_current_folder_is_gone_whole_names_are_written(
        self, draw: Draw, folder: Path, request: pytest.FixtureRequest
    ) -> None:
        photo = str(draw(folder / "a.png"))
        request.getfixturevalue("removed_folder")
        whole, relative = plan([photo], str(folder / "b.png")), plan([photo], "b.png")
        done, failed = run([*whole.jobs, *relative.jobs], ObjectRemover())
        assert done.status == "done"
        assert failed.message == "b.png: cannot be written: No such file or directory"

    def test_a_loop_of_links_ends(self, draw: Draw) -> None:
        draw("in/x/a.jpg")
        Path("in/x/up").symlink_to(Path("in").absolute(), target_is_directory=True)
        Path("in/same").symlink_to(Path("in/x").absolute(), target_is_directory=True)
        assert len(plan(["in"], "out", recursive=True).jobs) == 1

    def test_a_link_to_a_folder_elsewhere_is_followed(self, draw: Draw) -> None:
        draw("elsewhere/a.jpg")
        Path("in").mkdir()
        Path("in/link").symlink_to(Path("elsewhere").absolute(), target_is_directory=True)
        planned = plan(["in"], "out", recursive=True)
        assert ways(planned) == [("in/link/a.jpg", "out/link/a-cutout.png")]

    def test_outputs_inside_the_inputs_are_no_inputs(self, draw: Draw) -> None:
        draw("in/a.jpg", "in/cut/b.jpg")
        planned = plan(["in"], "in/cut/", recursive=True)
        assert ways(planned) == [("in/a.jpg", "in/cut/a-cutout.png")]

    def test_a_folder_may_be_its_own_out(self, draw: Draw) -> None:
        draw("in/a.jpg", "in/x/b.jpg", "in/x/b-cutout.png")
        planned = plan(["in"], "in/", recursive=True, overwrite=True)
        assert ways(planned) == [
            ("in/a.jpg", "in/a-cutout.png"),
            ("in/x/b.jpg", "in/x/b-cutout.png"),
        ]

    @pytest.mark.parametrize("pattern", ["in/**/*.*", "in/*"])
    def test_outputs_inside_what_a_pattern_matches_are_no_inputs(
        self, draw: Draw, pattern: str
    ) -> None:
        draw("in/a.jpg", "in/cut/a-nobg.png")
        planned = plan([pattern], "in/cut", overwrite=True)
        assert ways(planned) == [("in/a.jpg", "in/cut/a-cutout.png")]
        assert len(plan(["in/cut/*"], "in/cut").jobs) == 1

    def test_what_a_run_has_written_among_its_inputs_is_no_input(self, draw: Draw) -> None:
        draw("in/a.jpg", "in/a-nobg.png")
        job = Job(name="in/a.jpg", source=Path("in/a.jpg"), target=Path("in/a-nobg.png"))
        with Manifest(Path("in"), "recipe") as manifest:
            manifest.begin(job)
        for inputs in (["in"], ["in/*"]):
            planned = plan(inputs, "in/", name="{stem}-nobg.{ext}", overwrite=True)
            assert ways(planned) == [("in/a.jpg", "in/a-nobg.png")]
        assert len(plan(["in/a-nobg.png"], "in/").jobs) == 1

    def test_an_earlier_run_s_frames_are_no_inputs(self, draw: Draw) -> None:
        draw("in/a.jpg", "in/a-cutout-1.png", "in/a-cutout-12.png", "in/a-cutout-b.png")
        assert [job.name for job in plan(["in"]).jobs] == ["in/a-cutout-b.png", "in/a.jpg"]

    def test_a_folder_below_that_cannot_be_listed_costs_itself(
        self, draw: Draw, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        draw("in/a.jpg", "in/lost/b.jpg", "in/x/c.jpg")
        scandir = os.scandir

        def refuse_one(path: str) -> object:
            if Path(path).name == "lost":
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refuse_one)
        planned = plan(["in"], "out", recursive=True)
        assert ways(planned) == [
            ("in/a.jpg", "out/a-cutout.png"),
            ("in/x/c.jpg", "out/x/c-cutout.png"),
        ]
        assert complaints(planned) == [("in/lost", "cannot be read: Permission denied")]

    def test_a_photo_whose_folder_may_be_listed_only_costs_itself(
        self, draw: Draw, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        draw("in/a.jpg", "in/x/b.jpg")
        stat = os.stat

        def refuse_one(path: object, **options: object) -> os.stat_result:
            if Path(str(path)).name == "b.jpg":
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
            return stat(path, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(os, "stat", refuse_one)
        monkeypatch.setattr(Path, "stat", refuse_one)  # Python 3.10's keeps os.stat as it was
        planned = plan(["in"], "out", recursive=True)
        assert [job.name for job in planned.jobs] == ["in/a.jpg", "in/x/b.jpg"]
        (alone,) = plan(["in/x/b.jpg"], "out/").jobs
        outcomes = run(planned.jobs, ObjectRemover())
        assert [outcome.status for outcome in outcomes] == ["done", "failed"]
        (outcome,) = run([alone], ObjectRemover())
        assert outcome.message.endswith("b.jpg: cannot be read: Permission denied")

    def test_a_folder_without_photos_that_a_pattern_matches_costs_nothing(self, draw: Draw) -> None:
        draw("in/a.jpg", "in/z.jpg")
        Path("in/docs").mkdir()
        planned = plan(["in/*"], "out")
        assert [job.name for job in planned.jobs] == ["in/a.jpg", "in/z.jpg"]
        assert complaints(planned) == []
        reason = "expected a pattern that a photo matches, found none"
        assert complaints(plan(["in/d*"])) == [("in/d*", reason)]


class TestLists:
    def test_a_list_is_mirrored_as_it_is_written(self, draw: Draw) -> None:
        draw("a.jpg", "x/a.jpg", "x/y/[1].jpg")
        listed = ["a.jpg", "./x/a.jpg", "x/y/[1].jpg", "x/../a.jpg"]
        assert ways(plan([], "out", listed=listed)) == [
            ("a.jpg", "out/a-cutout.png"),
            ("x/a.jpg", "out/x/a-cutout.png"),
            ("x/y/[1].jpg", "out/x/y/[1]-cutout.png"),
        ]

    def test_what_lies_outside_is_mirrored_from_the_root(
        self, draw: Draw, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        draw("x/a.jpg")
        Path("here").mkdir()
        monkeypatch.chdir("here")
        target = Path("out", *folder.parts[1:], "x/a-cutout.png").as_posix()
        for name in ("../x/a.jpg", str(folder / "x/a.jpg")):
            assert [target for _, target in ways(plan([], "out", listed=[name]))] == [target]


class TestNames:
    @pytest.mark.parametrize(
        ("template", "name"),
        [
            ("{stem}.{ext}", "a.b.png"),
            ("{stem}-{suffix}.{ext}", "a.b-jpg.png"),
            ("cut {{{stem}}}.png", "cut {a.b}.png"),
        ],
    )
    def test_a_template_names_the_outputs(self, draw: Draw, template: str, name: str) -> None:
        draw("in/a.b.jpg")
        assert ways(plan(["in"], "out", name=template)) == [("in/a.b.jpg", f"out/{name}")]

    @pytest.mark.parametrize(
        ("template", "message"),
        [
            ("{stem", "name must be a template as .*, got '{stem'"),
            ("{name}.png", r"name may hold {stem}, {suffix}, {ext}, got {name} in '{name}\.png'"),
            ("{stem.__class__}", "name may hold .*, got {stem.__class__}"),
            ("{stem!r}", "name may hold .*, got {stem}"),
            ("{stem:>9}", "name may hold .*, got {stem}"),
            ("{}", "name may hold .*, got {}"),
            ("x/{stem}", "name must be a file's name, without folders, got 'x/{stem}'"),
            ("..", r"name must be a file's name, without folders, got '\.\.'"),
            ("", "name must be a file's name, without folders, got ''"),
            (
                "{stem}.jpg",
                r"name must end with \.png to match .*, got {stem}\.jpg; choose",
            ),
            ("{stem}.AVIF", r"name must end with \.png, .*, got {stem}\.AVIF: .* not written"),
        ],
    )
    def test_a_template_that_cannot_be_is_wrong_use(self, template: str, message: str) -> None:
        with pytest.raises(OptionError, match=message):
            plan(["a.jpg"], "out", name=template)

    def test_a_png_is_not_called_as_the_photo_is(self, draw: Draw) -> None:
        draw("a.jpg", "b.png")
        planned = plan(["a.jpg", "b.png"], "out", name="{stem}.{suffix}")
        assert ways(planned) == [("b.png", "out/b.png")]
        reason = "out/a.jpg would be a .png; end the name with .{ext}"
        assert complaints(planned) == [("a.jpg", reason)]

    def test_one_name_for_two_is_a_collision(self, draw: Draw) -> None:
        draw("in/a.jpg", "in/b.jpg")
        planned = plan(["in"], "out", name="x.png")
        assert [name for name, _ in complaints(planned)] == ["in/a.jpg", "in/b.jpg"]


class TestFrames:
    def test_each_frame_can_be_a_photo(self, draw: Draw) -> None:
        frames = [PILImage.new("RGB", (8, 8), colour) for colour in ("white", "black", "red")]
        frames[0].save("a.gif", save_all=True, append_images=frames[1:])
        draw("b.jpg")
        planned = plan(["a.gif", "b.jpg"], "out", all_frames=True)
        assert [(job.label, job.frame, str(job.target)) for job in planned.jobs] == [
            ("a.gif [1 of 3]", 0, "out/a-cutout-1.png"),
            ("a.gif [2 of 3]", 1, "out/a-cutout-2.png"),
            ("a.gif [3 of 3]", 2, "out/a-cutout-3.png"),
            ("b.jpg", None, "out/b-cutout.png"),
        ]

    def test_without_being_told_a_file_is_one_photo(self) -> None:
        frames = [PILImage.new("RGB", (8, 8), colour) for colour in ("white", "black")]
        frames[0].save("a.gif", save_all=True, append_images=frames[1:])
        assert len(plan(["a.gif"]).jobs) == 1
