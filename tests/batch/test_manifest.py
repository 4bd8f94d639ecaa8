"""What a second run may skip, must do again, and must not touch."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bgremove.batch import Job, Manifest, Outcome, plan, run
from bgremove.batch.manifest import MANIFEST_FILE, recorded_places, stamp
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


def do(job: Job, recipe: str = "r") -> Outcome:
    """Run one job, as a batch does."""
    with Manifest(Path("out"), recipe) as manifest:
        manifest.begin(job)
        [outcome] = run([job], ObjectRemover())
        manifest.end(job, outcome)
    return outcome


def sort_out(job: Job, recipe: str = "r", **options: bool) -> tuple[list[Job], list[Outcome]]:
    with Manifest(Path("out"), recipe) as manifest:
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


def test_another_photo_of_the_same_size_and_time_is_done(job: Job) -> None:
    do(job)
    Path("other").mkdir()
    shutil.copy2("in/a.png", "other/a.png")
    [other] = plan(["other"], "out", overwrite=True).jobs
    assert other.target == job.target
    assert sort_out(other) == ([other], [])


def test_a_photo_is_itself_whatever_leads_to_it(job: Job) -> None:
    do(job)
    Path("link").symlink_to("in")
    for spelling in ("./in/../in", str(Path("in").absolute()), "link"):
        [again] = plan([spelling], "out", overwrite=True).jobs
        assert sort_out(again)[1][0].status == "skipped"


def test_photos_and_outputs_may_be_moved_together(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(job)
    Path("moved").mkdir()
    for name in ("in", "out"):
        Path(name).rename(Path("moved", name))
    monkeypatch.chdir("moved")
    assert sort_out(job)[1][0].status == "skipped"


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


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


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


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
EVENTS = st.fixed_dictionaries(
    {"file": st.just("a-cutout.png") | ANYTHING, "subject": ANYTHING},
    optional=dict.fromkeys(("source", "input", "output", "recipe", "status", "message"), ANYTHING),
).map(lambda event: json.dumps(event).encode())


@given(st.binary(max_size=80) | EVENTS)
@example(b'{"file": "a\\u0000.png", "subject": null}')
@example(b'{"file": "a\\ud800.png", "subject": null}')
@example(b'{"file": "a-cutout.png", "subject": null, "status": "done", "message": "\\ud800"}')
@example(b'{"file": "a-cutout.png", "subject": ' + b"[" * 99_999)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_no_manifest_is_too_broken_to_begin_with(job: Job, text: bytes) -> None:
    Path("out").mkdir(exist_ok=True)
    Path("out", MANIFEST_FILE).write_bytes(text)
    [to_do], settled = sort_out(job)
    assert replace(to_do, overwrite=False) == job
    assert settled == []
    assert all(map(os.path.isabs, recorded_places(Path("out"))))


def test_two_runs_never_write_to_one_folder() -> None:
    pytest.importorskip("fcntl", reason="files are locked where there is fcntl")
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


def test_a_device_in_its_place_is_told() -> None:
    Path("out").mkdir()
    Path("out", MANIFEST_FILE).symlink_to(os.devnull)
    with pytest.raises(ImageWriteError, match="expected a file, got a folder or device"):
        Manifest(Path("out"), "r")


def test_what_has_come_in_an_output_s_place_is_no_output(job: Job) -> None:
    do(job)
    assert recorded_places(Path("out")) == {place_of(job.target)}
    job.target.write_bytes(b"another photo")
    assert recorded_places(Path("out")) == frozenset()


def test_what_has_failed_left_no_output(job: Job) -> None:
    Path("in/a.png").write_bytes(b"no picture")
    do(job)
    job.target.write_bytes(b"a photo")
    assert recorded_places(Path("out")) == frozenset()


@pytest.mark.parametrize("line", [b'{"file": 5, "subject": null}', b'{"file": "a', b"5", b"\xff"])
def test_a_line_that_says_nothing_names_no_output(line: bytes) -> None:
    Path("out").mkdir()
    assert recorded_places(Path("out")) == frozenset()
    good = b'{"file": "x/a.png", "subject": null}'
    Path("out", MANIFEST_FILE).write_bytes(b"\n".join([line, good, line]))
    assert recorded_places(Path("out")) == {place_of(Path("out/x/a.png"))}


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
    draw(Path(os.fsdecode(b"in/\xff\n.png")))
    [job] = plan(["in"], "out").jobs
    do(job)
    assert sort_out(job)[1][0].status == "skipped"


def test_a_stamp_is_size_and_time() -> None:
    Path("a").write_bytes(b"123")
    os.utime("a", ns=(5, 7))
    assert stamp(Path("a")) == [3, 7]
    assert stamp(Path("none")) is None
    assert stamp(None) is None
