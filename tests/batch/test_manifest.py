"""What a second run may skip, must do again, and must not touch."""

import json
import ntpath
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PureWindowsPath
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from processes import environment

from bgremove.batch import MANIFEST_FILE, Job, Manifest, Outcome, Past, plan, read_records, run
from bgremove.batch.jobs import Subject
from bgremove.batch.manifest import Record, recorded_places, stamp
from bgremove.batch.places import place_of
from bgremove.errors import ImageWriteError
from bgremove.image_io import write_atomically
from bgremove.removers.object import ObjectRemover

Draw: TypeAlias = Callable[..., Path]


@pytest.fixture
def job(draw: Draw) -> Job:
    draw("in/a.png")
    [job] = plan(["in"], "out").jobs
    return job


def do(job: Job, recipe: str = "r", out: str = "out") -> Outcome:
    """Run one job, as a batch does."""
    with Manifest(Path(out), recipe) as manifest:
        manifest.begin(job)
        [outcome] = run([job], ObjectRemover())
        manifest.end(job, outcome)
    return outcome


def sort_out(
    job: Job, recipe: str = "r", out: str = "out", **options: bool
) -> tuple[list[Job], list[Outcome]]:
    with Manifest(Path(out), recipe) as manifest:
        return manifest.sort_out([job], **options)


def test_what_is_done_is_skipped_with_what_was_known(job: Job) -> None:
    outcome = do(job)
    to_do, [skipped] = sort_out(job)
    assert to_do == []
    assert skipped == replace(outcome, status="skipped")
    assert skipped.subject == outcome.subject


def test_a_first_run_has_everything_to_do(job: Job) -> None:
    assert sort_out(job) == ([job], [])


def test_another_recipe_does_it_again_and_may_replace(job: Job) -> None:
    do(job)
    assert sort_out(job, "other") == ([replace(job, overwrite=True)], [])


def test_a_changed_photo_is_done_again(job: Job, draw: Draw) -> None:
    do(job)
    draw("in/a.png", side=72)
    assert sort_out(job) == ([replace(job, overwrite=True)], [])


def test_a_photo_that_was_only_touched_is_done_again(job: Job) -> None:
    do(job)
    os.utime("in/a.png", ns=(1, 1))
    assert sort_out(job) == ([replace(job, overwrite=True)], [])


def test_another_folder_s_photo_of_the_same_size_and_time_is_another(job: Job, draw: Draw) -> None:
    do(job)
    shutil.copystat("in/a.png", draw("other/a.png"))
    [other] = plan(["other"], "out", overwrite=True).jobs
    assert (other.target, stamp(other.source)) == (job.target, stamp(job.source))
    to_do, [refused] = sort_out(other)
    assert to_do == []
    reason = f"and is of another photo, {place_of(job.source)}; --overwrite replaces it"
    assert refused.message == f"{job.target}: exists already, {reason}"
    assert sort_out(other, overwrite=True) == ([other], [])
    Path("in/a.png").unlink()
    assert sort_out(other) == ([other], [])


SPELLINGS = [("in", "out"), ("./in", "x/../out"), ("link/in", "far/out"), ("{}/in", "{}/out")]


@pytest.mark.parametrize(("photos", "out"), SPELLINGS)
@pytest.mark.parametrize(("photos_before", "out_before"), SPELLINGS)
def test_a_photo_is_the_same_however_it_and_the_outputs_are_spelled(
    draw: Draw, folder: Path, photos_before: str, out_before: str, photos: str, out: str
) -> None:
    draw("in/a.png")
    for name in ("x", "far", "out"):
        Path(name).mkdir()
    Path("link").symlink_to(".", target_is_directory=True)
    Path("far/out").symlink_to("../out", target_is_directory=True)

    [job] = plan([photos_before.format(folder)], out_before.format(folder)).jobs
    do(job, out=out_before.format(folder))
    [again] = plan([photos.format(folder)], out.format(folder), overwrite=True).jobs
    assert sort_out(again, out=out.format(folder))[1][0].status == "skipped"


def test_a_photo_that_was_moved_along_with_the_outputs_is_the_same(job: Job) -> None:
    do(job)
    Path("moved").mkdir()
    for folder in ("in", "out"):
        Path(folder).rename(Path("moved", folder))
    os.chdir("moved")
    assert sort_out(job)[1][0].status == "skipped"


def test_a_manifest_that_tells_no_sources_still_counts(job: Job) -> None:
    do(job)
    path = Path("out", MANIFEST_FILE)
    events = [json.loads(line) for line in path.read_text().splitlines()]
    for event in events:
        del event["source"]
    path.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    assert sort_out(job)[1][0].status == "skipped"


def test_a_photo_that_no_way_from_the_outputs_leads_to_is_told_by_its_whole_name(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    relpath = os.path.relpath

    def as_if_on_two_drives(path: str, start: str) -> str:
        if not Path(path).absolute().is_relative_to(Path(start).absolute()):
            raise ValueError("path is on mount 'D:', start on mount 'C:'")
        return relpath(path, start)

    monkeypatch.setattr(os.path, "relpath", as_if_on_two_drives)
    do(job)
    assert read_records(Path("out"))["a-cutout.png"].source == place_of(job.source)
    assert sort_out(job)[1][0].status == "skipped"


def test_on_windows_files_are_written_down_as_elsewhere(
    draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that WSL, or another system that sees the same folders, can go on."""
    draw("in/x/A.png")
    [job] = plan(["in"], "out", recursive=True).jobs
    with Manifest(Path("out"), "r") as manifest, monkeypatch.context() as patch:
        patch.setattr("bgremove.batch.manifest.Path", PureWindowsPath)
        patch.setattr(os, "path", ntpath)
        manifest.begin(job)
    [(output, record)] = read_records(Path("out")).items()
    assert (output, record.source) == ("x/A-cutout.png", "../in/x/A.png")


def test_a_lost_output_is_made_again(job: Job) -> None:
    do(job)
    job.target.unlink()
    assert sort_out(job) == ([job], [])


def test_an_output_that_somebody_has_changed_is_theirs(job: Job) -> None:
    do(job)
    job.target.write_bytes(b"retouched")
    to_do, [refused] = sort_out(job)
    assert to_do == []
    assert refused.status == "failed"
    reason = "exists already, and is not as an earlier run left it; --overwrite replaces it"
    assert refused.message == f"{job.target}: {reason}"
    assert sort_out(job, overwrite=True) == ([replace(job, overwrite=True)], [])


def test_an_output_that_no_run_has_made_is_theirs(job: Job) -> None:
    job.target.parent.mkdir()
    job.target.write_bytes(b"mine")
    assert sort_out(job)[1][0].status == "failed"


def test_what_was_begun_is_done_again_and_its_parts_go(job: Job) -> None:
    with Manifest(Path("out"), "r") as manifest:
        manifest.begin(job)
    write_atomically(b"half", job.target)
    part, other = left_of(job.target), left_of(Path("out/other.png"))
    assert sort_out(job) == ([replace(job, overwrite=True)], [])
    assert not part.exists()
    assert other.exists()


def left_of(path: Path) -> Path:
    """What a process leaves of a file if it is killed while it waits for the disk."""
    code = f"""
import os, signal
from pathlib import Path
from bgremove.image_io import write_atomically
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
write_atomically(b"x", Path({str(path)!r}), overwrite=True)
"""
    before = set(path.parent.glob("*.part"))
    subprocess.run([sys.executable, "-c", code], check=False, env=environment())
    [part] = set(path.parent.glob("*.part")) - before
    return part


def test_a_failure_is_tried_again(job: Job) -> None:
    Path("in/a.png").write_bytes(b"no picture")
    assert do(job).status == "failed"
    assert sort_out(job) == ([job], [])


def test_a_file_that_came_while_a_photo_failed_is_somebody_else_s(job: Job) -> None:
    with Manifest(Path("out"), "r") as manifest:
        manifest.begin(job)
        job.target.write_bytes(b"mine")
        [outcome] = run([job], ObjectRemover())
        manifest.end(job, outcome)
    assert outcome.status == "failed"
    to_do, [refused] = sort_out(job)
    assert to_do == []
    assert "exists already, and is not as an earlier run left it" in refused.message


def test_an_output_outlives_a_failed_second_try(job: Job, draw: Draw) -> None:
    do(job)
    Path("in/a.png").write_bytes(b"no picture")
    [again], _ = sort_out(job)
    assert do(again).status == "failed"
    draw("in/a.png")
    assert sort_out(job) == ([replace(job, overwrite=True)], [])


def test_a_line_that_was_cut_off_counts_for_nothing(job: Job) -> None:
    do(job)
    path = Path("out", MANIFEST_FILE)
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[0][:30])
    assert sort_out(job)[1][0].status == "skipped"
    do(replace(job, overwrite=True), "later")
    assert sort_out(job, "later")[1][0].status == "skipped"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
stamps = st.tuples(values, values) | values
subjects = st.fixed_dictionaries(
    {"width": st.just(9) | values, "height": st.just(9), "area": st.just(0.5) | values},
    optional={"box": st.tuples(values, values, values, values) | values},
)
events = st.fixed_dictionaries(
    {"file": st.just("a-cutout.png") | values, "status": st.just("begun") | values},
    optional={
        "input": stamps,
        "output": stamps,
        "recipe": st.just("r") | values,
        "message": values,
        "subject": st.none() | subjects | values,
        "source": values,
        "later": values,
    },
)
lines = (events | values).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=80)


@given(st.lists(lines, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_manifest_is_too_broken_to_go_by(job: Job, lines: list[bytes]) -> None:
    Path("out").mkdir(exist_ok=True)
    Path("out", MANIFEST_FILE).write_bytes(b"\n".join(lines))
    recorded_places(Path("out"))
    records = read_records(Path("out"))
    [to_do], _ = Past(Path("out"), "r", records).sort_out([job])
    assert to_do.source == job.source
    assert all(is_fit_to_tell(record) for record in records.values())


def is_fit_to_tell(record: Record) -> bool:
    return isinstance(record.message, str) and (
        record.subject is None or 0 <= record.subject.area <= 1
    )


LINE = {
    "file": "a-cutout.png",
    "input": [1, 2],
    "output": [3, 4],
    "recipe": "r",
    "status": "done",
    "message": "",
    "subject": {"width": 9, "height": 9, "area": 0.5, "box": [0, 0, 9, 9]},
    "source": "../in/a.png",
}


def test_a_line_is_told_as_it_was_written() -> None:
    Path("out").mkdir()
    Path("out", MANIFEST_FILE).write_text(json.dumps(LINE))
    assert read_records(Path("out")) == {
        "a-cutout.png": Record(
            input=[1, 2],
            output=[3, 4],
            recipe="r",
            status="done",
            subject=Subject(width=9, height=9, area=0.5, box=(0, 0, 9, 9)),
            source="../in/a.png",
        )
    }


@pytest.mark.parametrize(
    "wrong",
    [
        *({"file": name} for name in (5, None, "a\0", "\ud800", ["a"])),
        *({"source": name} for name in (5, "a\0", "\ud800")),
        *({"input": known} for known in ([1], [1, 2, 3], ["1", "2"], [1.5, 2], "12", {"a": 1})),
        *({"output": known} for known in (True, [True, 2], [None, None])),
        *({key: 5} for key in ("recipe", "status", "message", "subject", "later")),
        *({"subject": {**LINE["subject"], "box": box}} for box in ([], [1, 2], "1234", 5)),
        *({"subject": {**LINE["subject"], "area": area}} for area in ("a", None, float("nan"), 2)),
        {"subject": {**LINE["subject"], "width": "9"}},
        {"subject": {"width": 9, "height": 9}},
    ],
)
def test_a_line_of_other_kinds_says_nothing(wrong: dict[str, object]) -> None:
    Path("out").mkdir()
    Path("out", MANIFEST_FILE).write_text(json.dumps(LINE | wrong))
    assert read_records(Path("out")) == {}


@pytest.mark.parametrize("key", ["file", "status"])
def test_a_line_that_lacks_what_counts_says_nothing(key: str) -> None:
    Path("out").mkdir()
    line = {name: value for name, value in LINE.items() if name != key}
    Path("out", MANIFEST_FILE).write_text(json.dumps(line))
    assert read_records(Path("out")) == {}


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 100_000, b"9" * 10_000])
def test_a_line_that_nobody_can_parse_says_nothing(text: bytes) -> None:
    Path("out").mkdir()
    Path("out", MANIFEST_FILE).write_bytes(text + b"\n" + json.dumps(LINE).encode())
    assert set(read_records(Path("out"))) == {"a-cutout.png"}


def test_two_runs_never_write_to_one_folder() -> None:
    with (
        Manifest(Path("out"), "r"),
        pytest.raises(ImageWriteError, match="out: another run is writing there; wait for it"),
    ):
        Manifest(Path("out"), "r")
    with Manifest(Path("out"), "r"):
        pass


def test_a_folder_that_cannot_be_made_is_told() -> None:
    Path("file").touch()
    with pytest.raises(ImageWriteError, match=r"manifest\.jsonl: cannot be written: "):
        Manifest(Path("file"), "r")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_in_its_place_holds_nothing_up() -> None:
    Path("out").mkdir()
    os.mkfifo(Path("out", MANIFEST_FILE))
    assert read_records(Path("out")) == {}
    with pytest.raises(ImageWriteError, match="expected a file, got a folder or device"):
        Manifest(Path("out"), "r")


def test_a_device_in_its_place_is_told() -> None:
    Path("out").mkdir()
    Path("out", MANIFEST_FILE).symlink_to(os.devnull)
    with pytest.raises(ImageWriteError, match="expected a file, got a folder or device"):
        Manifest(Path("out"), "r")


@pytest.mark.parametrize("line", [b'{"file": 5, "subject": null}', b'{"file": "a', b"5", b"\xff"])
def test_a_line_that_says_nothing_names_no_output(line: bytes) -> None:
    Path("out").mkdir()
    assert recorded_places(Path("out")) == frozenset()
    good = b'{"file": "x/a.png", "status": "begun", "subject": null}'
    Path("out", MANIFEST_FILE).write_bytes(b"\n".join([line, good, line]))
    assert recorded_places(Path("out")) == {place_of(Path("out/x/a.png"))}


def test_an_output_is_at_its_place_until_somebody_changes_it(job: Job) -> None:
    do(job)
    assert recorded_places(Path("out")) == {place_of(job.target)}
    job.target.write_bytes(b"retouched")
    assert recorded_places(Path("out")) == frozenset()
    job.target.unlink()
    assert recorded_places(Path("out")) == frozenset()


def test_an_output_that_was_begun_is_at_its_place(job: Job) -> None:
    with Manifest(Path("out"), "r") as manifest:
        manifest.begin(job)
    assert recorded_places(Path("out")) == {place_of(job.target)}


def test_a_photo_in_the_place_of_an_output_that_failed_is_found(draw: Draw) -> None:
    draw("in/a.jpg").write_bytes(b"no picture")
    [job] = plan(["in"], "in", name="{stem}-new.png").jobs
    with Manifest(Path("in"), "r") as manifest:
        manifest.begin(job)
        manifest.end(job, *run([job], ObjectRemover()))
    theirs = draw(job.target)
    assert [each.source for each in plan(["in"], "in").jobs] == [theirs, job.source]


@pytest.mark.parametrize(("room", "reason"), [(0, "File too large"), (10, "no space left")])
def test_a_full_disk_is_told(job: Job, room: int, reason: str) -> None:
    resource = pytest.importorskip("resource", reason="a file's size is limited by Unix only")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Manifest(Path("out"), "r") as manifest:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
        try:
            with pytest.raises(ImageWriteError, match=f"cannot be written: {reason}"):
                manifest.begin(job)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_names_that_are_no_text_are_kept(draw: Draw) -> None:
    draw(Path(os.fsdecode(b"in\xfe/\xff\n.png")))
    [job] = plan([os.fsdecode(b"in\xfe")], "out").jobs
    do(job)
    assert sort_out(job)[1][0].status == "skipped"


def test_where_the_current_folder_is_gone_it_is_told(
    job: Job, folder: Path, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("removed_folder")
    relative = replace(job, target=Path("../out/a.png"))
    with pytest.raises(ImageWriteError, match=r"out/a\.png: the current folder is gone; go to one"):
        sort_out(relative, out="../out")
    whole = replace(job, source=folder / job.source, target=folder / "out/a.png")
    assert sort_out(whole, out=str(folder / "out")) == ([whole], [])


def test_a_stamp_is_size_and_time() -> None:
    Path("a").write_bytes(b"123")
    os.utime("a", ns=(5, 7))
    assert stamp(Path("a")) == [3, 7]
    assert stamp(Path("none")) is None
    assert stamp(None) is None
