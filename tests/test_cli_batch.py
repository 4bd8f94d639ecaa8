"""``bgremove batch``: exit code, both streams, the report, and what is left on the disk."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image as PILImage
from processes import COMMAND, as_shells_tell, at_terminal, environment, in_shell, interrupts_heeded

from bgremove.batch.manifest import MANIFEST_FILE
from bgremove.cli import command
from bgremove.removers import METHODS

BatchWhoseWorkers: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]

KILLS = 20
PHOTOS = 60


def draw(path: str | Path, *, side: int = 64, seed: int = 0) -> None:
    """Write a dark box on white, at a place that the seed decides."""
    image = np.full((side, side, 3), 255, np.uint8)
    left, top = np.random.default_rng(seed).integers(side // 8, side // 3, 2)
    image[top : top + side // 2, left : left + side // 2] = 30
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    PILImage.fromarray(image).save(path)


pytestmark = pytest.mark.usefixtures("bare_folder")


def batch(*arguments: str, stdin: bytes | None = None, **env: str) -> Result:
    return CliRunner().invoke(
        command,
        ["batch", "--method", "contour", "--jobs", "1", *arguments],
        input=stdin,
        env=env,
        prog_name="bgremove",
        catch_exceptions=False,
    )


def told(result: Result) -> tuple[int, str, str]:
    """Exit code and streams, without the progress that a slow machine sees."""
    stderr = re.sub(r"^bgremove: \d+/\d+, .*\n", "", result.stderr, flags=re.MULTILINE)
    return result.exit_code, result.stdout, stderr


def outputs(folder: str = "out") -> dict[str, bytes]:
    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files
        if path.name != MANIFEST_FILE
    }


class TestRun:
    def test_a_tree_is_mirrored_reported_and_summed_up(self) -> None:
        draw("in/a.png")
        draw("in/x/b.png")
        Path("in/x/c.png").write_bytes(b"no picture")
        code, out, err = told(batch("in", "-r", "--out", "out", "--report", "r.json"))
        assert (code, out) == (1, "")
        bad, summary = err.splitlines()
        assert bad.startswith("bgremove: in/x/c.png: not a picture")
        assert summary == "bgremove: 3 photos: 2 cut out, 1 failed"
        assert sorted(outputs()) == ["a-cutout.png", "x/b-cutout.png"]
        report = json.loads(Path("r.json").read_text())
        assert [photo["status"] for photo in report["photos"]] == ["done", "done", "failed"]
        assert report["summary"]["photos"] == 3

    def test_a_report_s_box_can_be_passed_on(self) -> None:
        draw("in/a.png")
        assert batch("in", "--out", "out", "--report", "r.jsonl").exit_code == 0
        report = Path("r.jsonl").read_text().splitlines()
        box = ",".join(map(str, json.loads(report[0])["box"]))
        result = batch("in", "--out", "boxed", "--box", box, "--report", "again.jsonl")
        assert result.exit_code == 0
        alpha, boxed = (
            PILImage.open(f"{folder}/a-cutout.png").getchannel("A") for folder in ("out", "boxed")
        )
        left, top, width, height = map(int, box.split(","))
        sides = (left, top, left + width, top + height)
        assert alpha.point(lambda level: level >= 128).getbbox() == sides
        assert boxed.tobytes() == alpha.tobytes()

    def test_the_outputs_are_those_of_the_plain_command(self) -> None:
        draw("in/a.png", side=200)
        assert batch("in", "--out", "out").exit_code == 0
        plain = ["in/a.png", "--method", "contour", "--out", "plain.png"]
        assert CliRunner().invoke(command, plain).exit_code == 0
        assert outputs()["a-cutout.png"] == Path("plain.png").read_bytes()

    def test_a_second_run_needs_resume_or_overwrite(self) -> None:
        draw("in/a.png")
        assert batch("in", "--out", "out").exit_code == 0
        assert "exists already" in batch("in", "--out", "out").stderr
        resumed = told(batch("in", "--out", "out", "--resume"))
        assert resumed == (0, "", "bgremove: 1 photo: 0 cut out, 1 skipped\n")
        other = told(batch("in", "--out", "out", "--resume", "--edges", "hard"))
        assert other == (0, "", "bgremove: 1 photo: 1 cut out\n")
        assert batch("in", "--out", "out", "--overwrite", "-q").exit_code == 0

    def test_options_are_taken_from_the_environment(self) -> None:
        draw("a.png")
        assert batch("a.png", BGREMOVE_OUT="x", BGREMOVE_FORMAT="webp").exit_code == 0
        assert list(outputs("x")) == ["a-cutout.webp"]

    @pytest.mark.parametrize(
        ("variable", "message"),
        [
            ("JOBS", "Invalid value for 'BGREMOVE_JOBS': expected auto or a whole number"),
            ("FORMAT", "Invalid value for 'BGREMOVE_FORMAT': 'x' is not one of"),
            ("NAME", "(BGREMOVE_NAME is set)"),
        ],
    )
    def test_a_wrong_value_in_the_environment_is_known_by_its_variable(
        self, variable: str, message: str
    ) -> None:
        draw("in/a.png")
        bad = "x" if variable != "NAME" else "{x}"
        result = CliRunner().invoke(
            command, ["batch", "in", "--out", "out"], env={f"BGREMOVE_{variable}": bad}
        )
        assert result.exit_code == 2
        assert message in " ".join(result.stderr.split())

    def test_a_report_never_replaces_the_model_s_card(self) -> None:
        draw("a.png")
        for name in ("net.onnx", "net.json"):
            Path(name).write_text("mine")
        arguments = ("--out", "out", "--method", "person", "--model", "net.onnx")
        code, _, err = told(batch("a.png", *arguments, "--report", "net.json"))
        assert code == 2
        assert "report net.json would overwrite net.json, which the run needs" in err
        assert Path("net.json").read_text() == "mine"

    def test_a_report_never_replaces_a_photo(self) -> None:
        draw("a.png")
        photo = Path("a.png").rename("a.csv").read_bytes()
        for inputs in (["a.csv"], ["gone.png", "a.csv"]):
            code, _, err = told(batch(*inputs, "--out", "out", "--report", "./a.csv"))
            assert code == 2
            assert "report a.csv would overwrite a.csv, which the run needs" in err
            assert Path("a.csv").read_bytes() == photo

    @pytest.mark.parametrize(
        ("option", "file"),
        [("--from-file", "list.txt"), ("--report", "r.json"), ("--background", "sky.png")],
    )
    def test_an_output_never_replaces_what_the_run_needs(self, option: str, file: str) -> None:
        draw("a.png")
        draw("sky.png")
        for name in ("list.txt", "r.json"):
            Path(name).write_text("a.png")
        before = Path(file).read_bytes()
        inputs = [] if option == "--from-file" else ["a.png"]
        options = ["--out", ".", "--name", file, "--overwrite", option, file]
        code, _, err = told(batch(*inputs, *options))
        assert code == 1
        assert f"a.png: {file} would overwrite {file}, which the run needs" in err
        assert (Path(file).read_bytes() == before) == (option != "--report")

    def test_a_dry_run_tells_who_writes_where_and_does_nothing(self) -> None:
        draw("in/a.png")
        draw("in/a.jpg")
        draw("in/b\n.jpg")
        code, out, err = told(batch("in", "--out", "out", "--dry-run"))
        assert (code, out) == (1, "in/b\\n.jpg -> out/b\\n-cutout.png\n")
        assert err.count("would be the output of in/a.jpg and of in/a.png") == 2
        assert not Path("out").exists()

    def test_a_dry_run_tells_what_is_left_to_resume(self) -> None:
        for name in ("in/a.png", "in/b.png", "in/c.png"):
            draw(name)
        batch("in/a.png", "in/b.png", "--out", "out")
        draw("in/b.png", seed=1)
        draw("out/c-cutout.png")
        before = outputs()
        code, out, err = told(batch("in", "--out", "out", "--resume", "--dry-run"))
        assert (code, out) == (1, "in/b.png -> out/b-cutout.png\n")
        assert err.startswith("bgremove: in/c.png: out/c-cutout.png: exists already, and is not")
        code, out, err = told(batch("in", "--out", "out", "--resume", "--dry-run", "--overwrite"))
        assert (code, err) == (0, "")
        assert out.splitlines() == [f"in/{name}.png -> out/{name}-cutout.png" for name in "bc"]
        assert outputs() == before
        assert told(batch("in", "--out", "new", "--resume", "--dry-run"))[0] == 0
        assert not Path("new").exists()

    def test_a_list_comes_by_standard_input_or_from_a_file(self) -> None:
        names = ["-v.png", "a\nb.png", " c.png", os.fsdecode(b"d\xff.png"), "x/[e].png"]
        for name in names:
            draw(name)
        zeros = b"".join(os.fsencode(name) + b"\0" for name in names)
        assert told(batch("--from-file", "-", "--out", "out", "-q", stdin=zeros)) == (0, "", "")
        assert len(outputs()) == 5
        Path("list").write_bytes(b" c.png\nx/[e].png\n")
        assert told(batch("--from-file", "list", "--out", "two", "-q")) == (0, "", "")
        assert sorted(outputs("two")) == [" c-cutout.png", "x/[e]-cutout.png"]

    def test_all_frames_are_photos(self) -> None:
        frames = [PILImage.new("RGB", (32, 32), colour) for colour in ("white", "black")]
        frames[0].save("a.gif", save_all=True, append_images=frames[1:])
        code, _, err = told(batch("a.gif", "--all-frames", "--out", "out"))
        assert code == 0
        assert err.splitlines()[-1] == "bgremove: 2 photos: 0 cut out, 2 without a subject"
        assert sorted(outputs()) == ["a-cutout-1.png", "a-cutout-2.png"]

    @pytest.mark.parametrize("again", [[], ["--resume"], ["--resume", "--require-subject"]])
    def test_a_report_tells_each_frame_by_its_photo_and_its_number(self, again: list[str]) -> None:
        frames = [PILImage.new("RGB", (32, 32), colour) for colour in ("white", "black")]
        draw("in/b.png")
        frames[0].save("in/a.gif", save_all=True, append_images=frames[1:])
        arguments = ("in", "--all-frames", "--out", "out", "--report", "r.json", "-v")
        batch(*arguments)
        err = batch(*arguments, *again).stderr
        photos = json.loads(Path("r.json").read_text())["photos"]
        assert sorted((photo["input"], photo["frame"] or 0) for photo in photos) == [
            ("in/a.gif", 1), ("in/a.gif", 2), ("in/b.png", 0),
        ]  # fmt: skip
        for name in ("in/a.gif [1 of 2]: ", "in/a.gif [2 of 2]: ", "in/b.png: "):
            assert f"bgremove: {name}" in err

    def test_a_report_never_replaces_a_photo_whose_frames_are_refused(self) -> None:
        frames = [PILImage.new("RGB", (32, 32), colour) for colour in ("white", "black")]
        frames[0].save("a.csv", "gif", save_all=True, append_images=frames[1:])
        before = Path("a.csv").read_bytes()
        assert batch("a.csv", "--all-frames", "--out", "out").exit_code == 0
        code, _, err = told(batch("a.csv", "--all-frames", "--out", "out", "--report", "a.csv"))
        assert code == 2
        assert "report a.csv would overwrite a.csv, which the run needs" in " ".join(err.split())
        assert Path("a.csv").read_bytes() == before

    def test_verbose_tells_each_photo(self) -> None:
        draw("in/a.png")
        _, _, err = told(batch("in", "--out", "out", "-v"))
        assert "bgremove: in/a.png: wrote out/a-cutout.png" in err
        _, _, err = told(batch("in", "--out", "out", "-v", "--resume"))
        assert "bgremove: in/a.png: skipped out/a-cutout.png" in err

    def test_a_model_that_is_missing_is_told_once(self) -> None:
        draw("in/a.png")
        arguments = ["batch", "in", "--out", "out", "--model", "none.onnx"]
        result = CliRunner().invoke(command, arguments)
        assert told(result) == (1, "", "bgremove: none.onnx: expected a model file, found none\n")

    def test_an_engine_that_is_not_installed_names_its_extra(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "ray", None)
        draw("in/a.png")
        code, out, err = told(batch("in", "--out", "out", "--engine", "ray"))
        assert (code, out) == (1, "")
        assert err == 'bgremove: ray is needed and not installed: pip install "bgremove[ray]"\n'

    @pytest.mark.parametrize(("flags", "waits"), [([], False), (["--fsync"], True)])
    def test_it_waits_for_the_disk_where_that_is_wanted(
        self, flags: list[str], waits: bool, batch_whose_workers: BatchWhoseWorkers
    ) -> None:
        draw("a.png")
        assert batch_whose_workers("open('waited', 'w').close()", "a.png", *flags).returncode == 0
        assert Path("waited").exists() == waits

    def test_a_photo_may_take_as_long_as_is_said(
        self, batch_whose_workers: BatchWhoseWorkers
    ) -> None:
        draw("a.png")
        done = batch_whose_workers("time.sleep(20)", "a.png", "--fsync", "--timeout", "0.5")
        assert done.returncode == 1
        assert "took longer than 0.5 seconds; nothing was written (--timeout)" in done.stderr

    @pytest.mark.parametrize(("device", "workers"), [("cpu", 2), ("gpu", 1), ("gpu:0", 1)])
    def test_every_core_has_a_worker_but_a_gpu_has_one(
        self,
        device: str,
        workers: int,
        red_model: Path,
        break_library: Callable[[str], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        started = []
        start = SpawnProcess.start
        monkeypatch.setattr(SpawnProcess, "start", lambda self: started.append(start(self)))
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
        monkeypatch.setattr(os, "cpu_count", lambda: 2)
        break_library("tensorflow")
        draw("in/a.png")
        draw("in/b.png")
        options = ("--method", "person", "--model", str(red_model), "--jobs", "auto")
        batch("in", "--out", "out", *options, "--device", device)
        assert len(started) == workers

    def test_a_report_that_fills_the_disk_fails_the_run_and_stops_no_photo(self) -> None:
        if not Path("/dev/full").exists():
            pytest.skip("needs /dev/full")
        draw("in/a.png")
        Path("r.jsonl").symlink_to("/dev/full")
        code, _, err = told(batch("in", "--out", "out", "--report", "r.jsonl"))
        assert code == 1
        assert "r.jsonl: the report cannot be written: No space left on device" in err
        assert sorted(outputs()) == ["a-cutout.png"]


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
class TestReportOnStandardOutput:
    ARGUMENTS = "batch in --out out --method contour --jobs 1 --report -"

    def test_it_is_json_lines_and_nothing_else(self) -> None:
        for name in ("a", "b"):
            draw(f"in/{name}.png")
        done = in_shell(self.ARGUMENTS)
        assert done.returncode == 0
        first, second, last = map(json.loads, done.stdout.splitlines())
        assert [first["input"], second["input"]] == ["in/a.png", "in/b.png"]
        assert last["summary"]["done"] == 2
        assert done.stderr == "bgremove: 2 photos: 2 cut out\n"
        assert sorted(path.name for path in Path().iterdir()) == ["in", "out"]

    def test_a_reader_that_leaves_stops_no_photo(self) -> None:
        for index in range(4):
            draw(f"in/{index}.png")
        pipes = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
        arguments = [*COMMAND, *self.ARGUMENTS.split()]
        with subprocess.Popen(arguments, env=environment(), **pipes) as process:
            process.stdout.close()
            assert process.stderr.read().decode().splitlines() == [
                "bgremove: standard output: the report cannot be written: Broken pipe",
                "bgremove: 4 photos: 4 cut out",
            ]
        assert process.returncode == 1
        assert len(outputs()) == 4

    def test_a_standard_output_that_is_closed_is_told_before_anything_is_done(self) -> None:
        draw("in/a.png")
        done = in_shell(f"{self.ARGUMENTS} >&-")
        reason = "standard output: the report cannot be written: Bad file descriptor"
        assert (done.returncode, done.stderr) == (1, f"bgremove: {reason}\n")
        assert not outputs()

    def test_no_bar_runs_into_its_lines_at_a_terminal(self) -> None:
        for index in range(3):
            draw(f"in/{index}.png", side=300, seed=index)
        code, shown = at_terminal(*self.ARGUMENTS.split(), streams=("stdout", "stderr"))
        assert code == 0
        *lines, summary = shown.splitlines()
        assert [json.loads(line).get("status") for line in lines] == ["done"] * 3 + [None]
        assert summary == "bgremove: 3 photos: 3 cut out"


class TestWrongUse:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["in"], "Missing option '-o' / '--out'"),
            (["--out", "out"], "Missing argument 'INPUTS...', or --from-file"),
            (["-", "--out", "out"], "- is for one photo; a list of them is read by --from-file -"),
            (["in", "--out", "-"], "--out must name a folder"),
            (["in", "--out", "in/a.png"], "out must be a folder for several photos"),
            (["in", "--out", "out", "--jobs", "0"], "a whole number of at least 1, got '0'"),
            (["in", "--out", "out", "--jobs", "many"], "a whole number of at least 1, got 'many'"),
            (["in", "--out", "out", "--jobs", "9" * 5000], "a whole number of at least 1, got"),
            (["in", "--out", "out", "--report", "r.xml"], "report must end in .json, .jsonl, .csv"),
            (
                ["in", "--out", "out", "--report", "-", "--dry-run"],
                "--dry-run lists on standard output and writes no report: leave out --report -",
            ),
            (["in", "--out", "out", "--name", "{x}"], "name may hold {stem}, {suffix}, {ext}"),
            (["in", "--out", "out", "--from-file", "no"], "from-file no: cannot be read: No such"),
            (["in", "--out", "out", "-q", "-v"], "--quiet and --verbose exclude each other"),
            (["in", "--out", "out", "--timeout", "0"], "0.0 is not in the range x>0"),
            (["in", "--out", "out", "--timeout", "nan"], "'nan' is not a number of seconds"),
            (
                ["--from-file", "list.csv", "--out", "out", "--report", "./list.csv"],
                "report list.csv would overwrite list.csv, which the run needs",
            ),
            (
                ["in", "--out", "out", "--report", f"out/{MANIFEST_FILE}"],
                f"report out/{MANIFEST_FILE} would overwrite out/{MANIFEST_FILE}",
            ),
            (["in", "--out", "out", "--engine", "x"], "'x' is not one of 'local', 'ray'"),
        ],
    )
    def test_it_exits_2_with_usage_and_reason(self, arguments: list[str], message: str) -> None:
        draw("in/a.png")
        Path("list.csv").write_text("in/a.png")
        code, out, err = told(batch(*arguments))
        assert (code, out) == (2, "")
        assert Path("list.csv").read_text() == "in/a.png"
        assert message in " ".join(err.split())
        assert err.startswith("Usage: bgremove batch ")
        assert not Path("out").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
class TestHostileInputs:
    def test_pipes_devices_and_what_is_gone_cost_themselves_only(self) -> None:
        draw("a.png")
        os.mkfifo("pipe.png")
        names = ["a.png", "pipe.png", "/dev/zero", "gone.png"]
        listed = "\n".join(names).encode()
        code, _, err = told(batch("--from-file", "-", "--out", "out", stdin=listed))
        assert code == 1
        assert "pipe.png: expected a picture file, got a pipe, socket or device" in err
        assert "/dev/zero: expected a picture file, got a pipe, socket or device" in err
        assert "gone.png: no such file" in err
        assert sorted(outputs()) == ["a-cutout.png"]

    def test_a_bomb_is_refused(self) -> None:
        PILImage.new("1", (20_000, 20_000)).save("bomb.png")
        code, _, err = told(batch("bomb.png", "--out", "out"))
        assert code == 1
        assert "20000 × 20000 is 400,000,000 pixels, over the limit of 200,000,000" in err

    def test_a_file_where_the_outputs_go_is_told(self) -> None:
        draw("in/x/a.png")
        Path("out").mkdir()
        Path("out/x").touch()
        code, _, err = told(batch("in", "-r", "--out", "out"))
        assert code == 1
        assert "in/x/a.png: out/x/a-cutout.png: expected a folder above it, got a file" in err

    def test_a_full_disk_costs_what_does_not_fit_and_leaves_no_parts(self) -> None:
        Path("out").mkdir()
        if subprocess.call(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "out"], stderr=subprocess.DEVNULL
        ):
            pytest.skip("no tmpfs can be mounted here")
        try:
            for number in range(3):
                noise = np.random.default_rng(number).integers(0, 9, (200, 200, 3), np.uint8)
                noise[50:150, 50:150] += 200
                Path("in").mkdir(exist_ok=True)
                PILImage.fromarray(noise).save(f"in/{number}.png")
            code, _, err = told(batch("in", "--out", "out"))
            assert code == 1
            assert "cannot be written: No space left on device" in err
            assert "Traceback" not in err
            assert not list(Path("out").rglob("*.part"))
            for path in Path("out").glob("*.png"):
                PILImage.open(path).load()
        finally:
            subprocess.run(["umount", "out"], check=True)


@contextmanager
def started(*arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A real command, in a session of its own, heeding SIGINT even where CI does not."""
    with interrupts_heeded():
        process = subprocess.Popen(
            [*COMMAND, "batch", "--method", "contour", *arguments],
            env=environment(),
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    with process:
        try:
            yield process
        finally:
            with_children_gone(process)


def with_children_gone(process: "subprocess.Popen[bytes]") -> None:
    """Wait until all that the command has started has ended, by itself."""
    process.kill()
    process.wait()
    for _ in range(600):
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    raise AssertionError("workers have outlived their command")


def events() -> int:
    manifest = Path("out", MANIFEST_FILE)
    return manifest.read_bytes().count(b"\n") if manifest.exists() else 0


def wait_for_events(process: "subprocess.Popen[bytes]", count: int) -> None:
    while events() < count and process.poll() is None:
        time.sleep(0.001)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
class TestSignals:
    def test_killed_again_and_again_and_resumed_it_gives_what_one_run_gives(self) -> None:
        for number in range(PHOTOS):
            draw(f"in/{number % 3}/{number}.png", side=200, seed=number)
        assert batch("in", "-r", "--out", "whole", "-q").exit_code == 0
        rng = random.Random(5)
        for _ in range(KILLS):
            with started("in", "-r", "--out", "out", "--resume", "--jobs", "2") as process:
                wait_for_events(process, events() + rng.randint(1, 6))
                time.sleep(rng.random() * 0.02)
                process.kill()
                process.wait()
        result = batch("in", "-r", "--out", "out", "--resume", "--report", "r.json")
        assert result.exit_code == 0
        assert outputs() == outputs("whole")
        counts = json.loads(Path("r.json").read_text())["summary"]
        assert counts["done"] + counts["skipped"] == PHOTOS
        assert counts["skipped"] > 0

    @pytest.mark.usefixtures("hangup")
    @pytest.mark.parametrize(
        ("name", "code", "word"),
        [
            ("SIGINT", 130, "interrupted"),
            ("SIGTERM", 143, "terminated"),
            ("SIGHUP", 129, "terminated"),
        ],
    )
    def test_it_ends_at_once_and_cleanly(self, name: str, code: int, word: str) -> None:
        for index in range(PHOTOS):
            draw(f"in/{index}.png", side=400, seed=index)
        with started("in", "--out", "out", "--jobs", "2", "--report", "r.json") as process:
            wait_for_events(process, 4)
            os.killpg(process.pid, getattr(signal, name))
            assert as_shells_tell(process.wait(60)) == code
            said = process.stderr.read().decode()
        assert f"bgremove: {word}\n" in said
        assert "Traceback" not in said
        assert re.search(r"60 photos: \d+ cut out, \d+ not run", said)
        assert not list(Path("out").rglob("*.part"))
        report = json.loads(Path("r.json").read_text())
        assert report["summary"]["not_run"] == PHOTOS - len(report["photos"])
        assert batch("in", "--out", "out", "--resume").exit_code == 0
        assert len(outputs()) == PHOTOS

    def test_windows_ctrl_break_ends_it_as_cleanly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """By another signal, which stands in for the one that only Windows has."""
        Path("site").mkdir()
        Path("site/sitecustomize.py").write_text("import signal; signal.SIGBREAK = signal.SIGUSR1")
        monkeypatch.syspath_prepend("site")
        for index in range(PHOTOS):
            draw(f"in/{index}.png", side=400, seed=index)
        with started("in", "--out", "out", "--jobs", "2") as process:
            wait_for_events(process, 4)
            os.killpg(process.pid, signal.SIGUSR1)
            assert process.wait(60) == 128 + signal.SIGUSR1
            said = process.stderr.read().decode()
        assert "bgremove: terminated\n" in said
        assert "Traceback" not in said
        assert not list(Path("out").rglob("*.part"))

    def test_under_nohup_it_goes_on(self, hangup: int) -> None:
        for index in range(PHOTOS):
            draw(f"in/{index}.png", side=400, seed=index)
        signal.signal(hangup, signal.SIG_IGN)
        with started("in", "--out", "out", "--jobs", "2") as process:
            wait_for_events(process, 4)
            os.killpg(process.pid, hangup)
            assert process.wait(60) == 0
        assert len(outputs()) == PHOTOS

    @pytest.mark.skipif(not Path("/proc").exists(), reason="workers are found in /proc")
    def test_twice_is_by_force(self) -> None:
        for index in range(8):
            draw(f"in/{index}.png", side=400, seed=index)
        with started("in", "--out", "out", "--jobs", "1") as process:
            wait_for_events(process, 1)
            worker = worker_of(process.pid)
            os.kill(worker, signal.SIGSTOP)
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            assert as_shells_tell(process.wait(60)) == 130
            assert b"Traceback" not in process.stderr.read()
        assert not list(Path("out").rglob("*.part"))


def worker_of(parent: int) -> int:
    """The child that runs a spawned process, and not the one that tracks resources."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            status = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            if int(status[1]) == parent and b"spawn_main" in (entry / "cmdline").read_bytes():
                return int(entry.name)
    raise AssertionError("no worker")


def test_steps_are_drawn_by_the_main_command_alone() -> None:
    draw("a.png")
    code, _, err = told(batch("a.png", "--out", "out", "--explain", "steps"))
    assert code == 2
    assert "No such option '--explain'" in err or "No such option: --explain" in err


def test_help_shows_its_own_options_the_shared_ones_and_the_methods() -> None:
    result = CliRunner().invoke(command, ["batch", "--help"], prog_name="bgremove")
    assert result.exit_code == 0
    for word in ("--resume", "--report", "--jobs", "--engine", "--method", "--threshold"):
        assert word in result.stdout
    _, methods = result.stdout.split("\nMethods:\n")
    for name, method in METHODS.items():
        assert re.search(rf"^  {name} +{re.escape(method.help)}$", methods, re.MULTILINE)
    assert result.stdout.startswith("Usage: bgremove batch [OPTIONS] [INPUTS]...")


def test_the_terminal_shows_a_bar() -> None:
    pytest.importorskip("pty", reason="Windows has no pseudo-terminals")
    for index in range(3):
        draw(f"in/{index}.png", side=300, seed=index)
    arguments = ("batch", "in", "--out", "o", "--method", "contour")
    code, shown = at_terminal(*arguments, streams=("stderr",))
    assert code == 0
    assert re.search(r"\[#+-*\] \d/3, [\d.]+ photos/s, 0:\d\d:\d\d left, 0 failed", shown)
    assert "bgremove: 3 photos: 3 cut out" in shown
    assert "\x1b" not in shown  # which Windows' older consoles would show
