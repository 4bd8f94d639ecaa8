"""The command: exit code, standard output and standard error, each on its own."""

import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from inspect import signature
from io import BytesIO
from pathlib import Path

import click
import numpy as np
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result
from pictures import exif_with
from PIL import Image as PILImage
from processes import COMMAND, as_shells_tell, at_terminal, environment, in_shell, interrupts_heeded

import bgremove
from bgremove.batch.plan import DEFAULT_NAME
from bgremove.cli import command
from bgremove.image_io import DEFAULT_MAX_PIXELS
from bgremove.output import FORMATS, KINDS, Output
from bgremove.refine import EDGES
from bgremove.removers import METHODS, remover_class
from bgremove.removers.object import QUALITIES

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
REPOSITORY = Path(__file__).parent.parent


def draw(*paths: str, colour: tuple[int, int, int] = BLUE) -> bytes:
    """Write a coloured square on white to each file, and give a file's bytes."""
    image = np.full((96, 96, 3), 255, np.uint8)
    image[24:72, 24:72] = colour
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        PILImage.fromarray(image).save(path)
    return Path(paths[0]).read_bytes()


pytestmark = pytest.mark.usefixtures("bare_folder")


@pytest.fixture
def person(red_model: Path) -> list[str]:
    return ["--method", "person", "--model", str(red_model)]


def run(*arguments: str, stdin: bytes | None = None, **env: str) -> Result:
    return CliRunner().invoke(
        command, arguments, input=stdin, env=env, prog_name="bgremove", catch_exceptions=False
    )


def contour(*arguments: str, stdin: bytes | None = None, **env: str) -> Result:
    return run("--method", "contour", *arguments, stdin=stdin, **env)


def told(result: Result) -> tuple[int, str, str]:
    return result.exit_code, result.stdout, result.stderr


class TestOnePhoto:
    def test_nothing_is_said_of_odd_exif(self) -> None:
        odd = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01\x03\0\xff\xff\xff\x7f\x08\0\0\0"
        draw("a.png")
        PILImage.open("a.png").save("a.jpg", exif=odd)
        assert told(contour("a.jpg")) == (0, "", "")

    @pytest.mark.parametrize("suffix", FORMATS.values())
    def test_where_when_and_by_whom_it_was_taken_is_not_passed_on(self, suffix: str) -> None:
        draw("a.png")
        secret = b"Secret"
        exif = exif_with(Artist=secret.decode(), GPSInfo={1: secret.decode()})
        PILImage.open("a.png").save("a.jpg", exif=exif, comment=secret, xmp=secret)
        assert Path("a.jpg").read_bytes().count(secret) == 4
        arguments = ("--background", "white", "--out", f"b{suffix}")
        assert told(contour("a.jpg", *arguments)) == (0, "", "")
        assert secret not in Path(f"b{suffix}").read_bytes()

    def test_a_cutout_comes_beside_the_photo_and_nothing_is_said(self) -> None:
        before = draw("a.png")
        assert told(contour("a.png")) == (0, "", "")
        assert Path("a.png").read_bytes() == before
        with PILImage.open("a-cutout.png") as cutout:
            assert cutout.mode == "RGBA"
            assert np.asarray(cutout)[48, 48].tolist() == [0, 0, 255, 255]
            assert np.asarray(cutout)[2, 2].tolist() == [0, 0, 0, 0]

    def test_a_name_that_ends_as_no_picture_does_is_a_folder_s(self) -> None:
        draw("a.png", "b.png")
        for name in ("a.png", "b.png"):
            assert told(contour(name, "-o", "white")) == (0, "", "")
        names = sorted(path.name for path in Path("white").iterdir())
        assert names == ["a-cutout.png", "b-cutout.png"]

    @pytest.mark.parametrize("name", ["jpg", "JPEG"])
    def test_a_jpeg_may_be_called_jpg(self, name: str) -> None:
        draw("a.png")
        arguments = ("--format", name, "--background", "white", "--size", "80X60")
        assert told(contour("a.png", *arguments)) == (0, "", "")
        with PILImage.open("a-cutout.jpg") as picture:
            assert (picture.format, picture.size) == ("JPEG", (80, 60))

    def test_the_ending_of_an_output_says_its_format(self) -> None:
        draw("a.png")
        assert told(contour("a.png", "--out", "b.webp")) == (0, "", "")
        with PILImage.open("b.webp") as cutout:
            assert (cutout.format, cutout.mode) == ("WEBP", "RGBA")

    def test_the_command_gives_what_python_gives(self, person: list[str], red_model: Path) -> None:
        draw("a.png", colour=RED)
        assert told(run("a.png", *person, "--edges", "hard", "--threshold", "0.3")) == (0, "", "")
        expected = bgremove.remove_person("a.png", model=red_model, edges="hard", threshold=0.3)
        with PILImage.open("a-cutout.png") as cutout:
            np.testing.assert_array_equal(cutout, expected)

    def test_nobody_is_said_and_the_cutout_is_transparent(self, person: list[str]) -> None:
        draw("a.png", colour=BLUE)
        line = "bgremove: a.png: no person found; the cutout is fully transparent\n"
        assert told(run("a.png", *person)) == (0, "", line)
        with PILImage.open("a-cutout.png") as cutout:
            assert not np.any(cutout)

    def test_nobody_is_a_failure_where_somebody_is_required(self, person: list[str]) -> None:
        draw("a.png", colour=BLUE)
        line = "bgremove: a.png: no person found; nothing was written\n"
        assert told(run("a.png", *person, "--require-subject")) == (1, "", line)
        assert not Path("a-cutout.png").exists()

    def test_auto_is_the_default_and_takes_the_subject_where_nobody_is(
        self, red_model: Path
    ) -> None:
        draw("a.png", colour=BLUE)
        assert told(run("a.png", "--model", str(red_model))) == (0, "", "")
        with PILImage.open("a-cutout.png") as cutout:
            assert np.asarray(cutout)[48, 48].tolist() == [0, 0, 255, 255]

    def test_verbose_tells_engine_device_method_and_output(self, red_model: Path) -> None:
        draw("a.png", colour=BLUE)
        loaded_here_first = ["--threshold", "0.4321"]
        code, out, err = told(run("a.png", "--model", str(red_model), "-v", *loaded_here_first))
        assert (code, out) == (0, "")
        assert err.splitlines() == [
            "bgremove: red: ONNX Runtime on cpu",
            "bgremove: found: subject",
            "bgremove: a.png: wrote a-cutout.png",
        ]

    def test_verbose_ends_with_the_command(self, red_model: Path) -> None:
        for _ in range(2):
            draw("a.png", colour=RED)
            code, _, err = told(run("a.png", "--model", str(red_model), "-v", "--overwrite"))
            assert code == 0
            assert err.count("wrote a-cutout.png") == 1
            assert err.count("found: person") == 1

    def test_overwrite_never_replaces_the_model(self, red_model: Path) -> None:
        draw("a.png", colour=RED)
        for file in (red_model, red_model.with_name("card.json")):
            before = file.read_bytes()
            to_model = ["--model", str(red_model), "--out", str(file), "--overwrite"]
            code, _, err = told(run("a.png", *to_model))
            assert code == 1
            assert f"{file} would overwrite {file}, which the run needs" in err
            assert file.read_bytes() == before

    def test_a_file_that_is_called_as_a_command_is_reached_by_its_path(self) -> None:
        draw("models.png")
        Path("models.png").rename("models")
        assert told(contour("./models")) == (0, "", "")
        assert Path("models-cutout.png").is_file()

    def test_a_name_with_a_dash_follows_two(self) -> None:
        draw("-v.png")
        assert told(contour("--", "-v.png")) == (0, "", "")
        assert Path("-v-cutout.png").is_file()

    def test_a_line_is_one_line_whatever_the_name(self) -> None:
        name = os.fsdecode(b"a\n\xff\x1b[31m.png")
        Path(name).touch()
        code, out, err = told(contour(name, "b\n.png"))
        assert (code, out) == (1, "")
        lines = err.splitlines()
        assert lines[0].startswith("bgremove: b\\n.png: expected a picture or a folder")
        assert lines[1] == "bgremove: a\\n\\udcff\\x1b[31m.png: the file is empty"
        assert lines[2] == "bgremove: 2 photos: 0 cut out, 2 failed"


class TestStreams:
    def test_standard_input_goes_to_standard_output(self) -> None:
        result = contour("-", stdin=draw("a.png"))
        assert (result.exit_code, result.stderr) == (0, "")
        with PILImage.open(BytesIO(result.stdout_bytes)) as cutout:
            assert cutout.size == (96, 96)
        assert os.listdir() == ["a.png"]  # noqa: PTH208

    def test_a_photo_goes_to_standard_output(self) -> None:
        draw("a.png")
        result = contour("a.png", "--out", "-")
        assert result.stdout_bytes.startswith(b"\x89PNG")
        assert (result.exit_code, result.stderr) == (0, "")

    def test_what_is_no_picture_leaves_standard_output_empty(self) -> None:
        assert told(contour("-", stdin=b"")) == (1, "", "bgremove: -: the file is empty\n")

    def test_standard_input_can_go_to_a_file(self) -> None:
        assert told(contour("-", "--out", "x.png", stdin=draw("a.png"))) == (0, "", "")
        assert Path("x.png").is_file()


class TestSeveral:
    def test_one_bad_photo_costs_itself_only(self) -> None:
        before = [draw("a.png"), draw("c.png")]
        Path("b.png").write_bytes(b"no picture")
        code, out, err = told(contour("a.png", "b.png", "missing.png", "c.png"))
        assert (code, out) == (1, "")
        missing, bad, summary = err.splitlines()
        assert missing.startswith("bgremove: missing.png: expected a picture or a folder")
        assert bad.startswith("bgremove: b.png: not a picture; expected one of")
        assert summary == "bgremove: 4 photos: 2 cut out, 2 failed"
        assert sorted(Path().glob("*-cutout.png")) == [Path("a-cutout.png"), Path("c-cutout.png")]
        assert [Path("a.png").read_bytes(), Path("c.png").read_bytes()] == before

    def test_the_summary_counts_those_without_a_subject(self, person: list[str]) -> None:
        draw("in/a.png", colour=RED)
        draw("in/b.png", colour=BLUE)
        code, _, err = told(run("in", *person, "--out", "out"))
        assert code == 0
        assert err.splitlines()[-1] == "bgremove: 2 photos: 1 cut out, 1 without a subject"
        assert len(list(Path("out").iterdir())) == 2

    def test_quiet_only_complains(self) -> None:
        draw("a.png", "b.png")
        assert told(contour("a.png", "b.png", "-q")) == (0, "", "")
        code, out, err = told(contour("a.png", "b.png", "-q"))
        assert (code, out) == (1, "")
        assert [line.split(": exists")[0] for line in err.splitlines()] == [
            "bgremove: a.png: a-cutout.png",
            "bgremove: b.png: b-cutout.png",
        ]

    def test_a_second_run_needs_overwrite(self) -> None:
        draw("a.png")
        assert contour("a.png").exit_code == 0
        assert contour("a.png").exit_code == 1
        assert told(contour("a.png", "--overwrite")) == (0, "", "")

    def test_overwrite_never_replaces_the_background(self) -> None:
        draw("a.png", "sky.png")
        before = Path("sky.png").read_bytes()
        code, _, err = told(
            contour("a.png", "--background", "sky.png", "--out", "sky.png", "--overwrite")
        )
        assert code == 1
        assert "sky.png would overwrite sky.png, which the run needs; nothing was written" in err
        assert Path("sky.png").read_bytes() == before

    def test_patterns_and_folders_are_expanded(self) -> None:
        draw("a1.png", "a2.png", "in/b.png")
        assert contour("a*.png", "in").exit_code == 0
        assert len(list(Path().rglob("*-cutout.png"))) == 3

    def test_who_names_an_output_last_is_told_of_out(self) -> None:
        draw("a.png")
        code, _, err = told(contour("a.png", "b.png"))
        assert code == 1
        assert "found nothing of this name; to write there: --out b.png" in err
        for others in (["c.png", "a.png"], ["a.png", "b.png", "c.png"], ["a.png", "c"]):
            assert "to write there" not in contour(*others, "--overwrite").stderr
        assert "to write there" not in contour("a.png", "b.png", "--out", "o").stderr
        assert "to write there" not in contour("a.png", "https://x.org/b.png").stderr

    @pytest.mark.parametrize("word", ["i", "p"])
    def test_who_comes_from_rembg_is_told_how_it_is_here(self, word: str) -> None:
        draw("a.png")
        code, out, err = told(contour(word, "a.png", "b.png"))
        assert (code, out) == (2, "")
        assert (
            f"bgremove has no command {word}, unlike rembg: use bgremove INPUT --out OUTPUT" in err
        )
        assert not Path("a-cutout.png").exists()
        draw(f"{word}.png")
        Path(f"{word}.png").rename(word)
        assert contour(word, "a.png", "--out", "o").exit_code == 0

    @pytest.mark.parametrize(
        ("word", "meant"), [("modls", "models"), ("Doctor", "doctor"), ("bach", "batch")]
    )
    def test_who_misspells_a_command_is_told_its_name(self, word: str, meant: str) -> None:
        code, out, err = told(contour(word))
        assert (code, out) == (1, "")
        assert err.endswith(f"found nothing of this name; did you mean the command {meant}?\n")

    @pytest.mark.parametrize("word", ["model", "modls.png", "in/modls", "cats"])
    def test_what_is_there_or_is_no_word_is_no_command(self, word: str) -> None:
        Path("model").write_bytes(draw("in/a.png"))
        assert "did you mean" not in contour(word).stderr
        assert "did you mean" not in contour("in", "modls").stderr

    def test_a_photo_over_the_limit_is_refused(self) -> None:
        draw("a.png")
        code, _, err = told(contour("a.png", "--max-pixels", "9000"))
        assert code == 1
        assert err.startswith("bgremove: a.png: 96 × 96 is 9,216 pixels, over the limit of 9,000")


class TestSteps:
    def test_explain_draws_the_steps_of_each_photo(self) -> None:
        draw("a.png")
        assert told(contour("a.png", "--explain", "steps", "--quality", "best")) == (0, "", "")
        assert [path.name for path in Path("steps").iterdir()] == ["a-steps.png"]

    def test_steps_that_cannot_be_drawn_are_a_failure(self) -> None:
        draw("a.png")
        Path("file").touch()
        code, out, err = told(contour("a.png", "--explain", "file"))
        assert (code, out) == (2, "")
        assert "--explain must name a folder, got the file file" in err
        code, out, err = told(contour("a.png", "--explain", "file/below"))
        assert (code, out) == (1, "")
        assert "file/below/a-steps.png: expected a folder above it, got a file" in err

    def test_steps_never_replace_a_photo(self) -> None:
        draw("a.png")
        photo = draw("a-steps.png", colour=RED)
        code, _, err = told(contour("a.png", "a-steps.png", "--explain", ".", "--overwrite"))
        assert code == 1
        assert "a.png: a-steps.png would overwrite the input a-steps.png" in err
        assert "2 photos: 2 cut out" in err
        assert Path("a-steps.png").read_bytes() == photo

    def test_steps_are_mirrored_as_cutouts_are(self) -> None:
        draw("in/x/a.png", "in/y/a.png")
        assert contour("in/*/a.png", "--out", "o/", "--explain", "steps", "-q").exit_code == 0
        assert Path("steps/x/a-steps.png").is_file()
        assert Path("steps/y/a-steps.png").is_file()

    def test_two_photos_never_share_a_strip(self) -> None:
        draw("x/a.png", "y/a.png")
        code, _, err = told(contour("x/a.png", "y/a.png", "--explain", "steps"))
        assert code == 1
        assert "would be the output of x/a.png and of y/a.png" in err
        assert not Path("steps").exists()

    def test_a_photo_that_failed_is_told_once(self) -> None:
        draw("a.png")
        Path("bad.png").write_bytes(b"no picture")
        code, _, err = told(contour("a.png", "bad.png", "--explain", "steps"))
        assert (code, err.count("bad.png")) == (1, 1)
        assert "2 photos: 1 cut out, 1 failed" in err

    def test_a_point_says_which_thing_is_meant(self) -> None:
        draw("a.png")
        assert told(contour("a.png", "--point", "48,48", "--box", "10,10,80,80")) == (0, "", "")


class TestWrongUse:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "Missing argument 'INPUTS...'"),
            (["a.png", "--method", "persons"], "'persons' is not one of"),
            (["a.png", "--threshold", "1.5"], "1.5 is not in the range 0<=x<=1"),
            (["a.png", "--threshold", "nan"], "threshold must be a number in 0…1, got nan"),
            (["a.png", "--edges", "round"], "'round' is not one of"),
            (["a.png", "--max-pixels", "0"], "0 is not in the range x>=1"),
            (["a.png", "--device", "tpu"], "device must be auto, cpu, gpu or gpu:N, got 'tpu'"),
            (["a.png", "--method", "contour", "--low", "-1"], "low must be a number in 0"),
            (
                ["a.png", "--method", "contour", "--model", "x"],
                "contour method has no option model",
            ),
            (["a.png", "--method", "person", "--low", "9"], "person method has no option low"),
            (["a.png", "--method", "contour", "--box", "1,2"], "box must be 4 numbers, got 1,2"),
            (
                ["a.png", "--method", "contour", "--point", "x"],
                "expected X,Y in the photo's pixels",
            ),
            (["a.png", "--method", "person", "--quality", "best"], "has no option quality"),
            (["a.png", "--explain", "steps"], "--explain shows the contour method's steps"),
            (
                ["a.png", "--method", "contour", "--explain", ""],
                "--explain must name a folder, got an empty name",
            ),
            (["a.png", "--out", "-", "b.png"], "out - takes one photo, got 2"),
            (["a.png", "--out", "x.jpg"], "jpeg has no transparency: pass --background white"),
            (["a.png", "b.png", "--out", "x.png"], "out must be a folder for several photos"),
            (["a.png", "-q", "-v"], "--quiet and --verbose exclude each other"),
            (["a.png", "--nonsense"], "No such option"),
            (["models", "a.png"], "unexpected extra argument"),
        ],
    )
    def test_it_exits_2_with_usage_reason_and_a_hint(
        self, arguments: list[str], message: str
    ) -> None:
        draw("a.png", "b.png")
        code, out, err = told(run(*arguments))
        assert (code, out) == (2, "")
        assert message in err
        assert err.startswith("Usage: bgremove ")
        assert re.search(r"Try 'bgremove.* (-h|--help)' for help", err)
        assert not list(Path().glob("*-cutout.png"))

    def test_a_model_that_is_missing_is_told_once(self) -> None:
        draw("a.png", "b.png")
        code, out, err = told(run("a.png", "b.png", "--model", "none.onnx"))
        assert (code, out) == (1, "")
        assert err == "bgremove: none.onnx: expected a model file, found none\n"

    def test_no_model_is_loaded_for_nothing(self) -> None:
        code, _, err = told(run("missing.png", "--model", "none.onnx"))
        assert code == 1
        assert "none.onnx" not in err


class TestEnvironment:
    def test_options_are_taken_from_it(self) -> None:
        draw("a.png")
        assert told(run("a.png", BGREMOVE_METHOD="contour", BGREMOVE_OUT="x/")) == (0, "", "")
        assert Path("x/a-cutout.png").is_file()

    def test_the_command_line_goes_first(self) -> None:
        draw("a.png")
        assert contour("a.png", BGREMOVE_METHOD="person").exit_code == 0

    def test_what_is_for_another_method_is_no_wrong_use_there(self) -> None:
        draw("a.png")
        assert told(contour("a.png", BGREMOVE_MODEL="x", BGREMOVE_DEVICE="gpu")) == (0, "", "")

    def test_steps_that_another_method_would_draw_are_no_wrong_use(self, red_model: Path) -> None:
        draw("a.png", colour=RED)
        person = ("--method", "person", "--model", str(red_model))
        assert told(run("a.png", *person, BGREMOVE_EXPLAIN="steps")) == (0, "", "")
        assert not Path("steps").exists()

    def test_a_wrong_value_is_wrong_use(self) -> None:
        code, _, err = told(run("a.png", BGREMOVE_THRESHOLD="much"))
        assert code == 2
        assert "Invalid value for 'BGREMOVE_THRESHOLD': 'much' is not a valid float" in err

    def test_the_option_is_blamed_where_it_overrules_the_variable(self) -> None:
        arguments = ("a.png", "--threshold", "less")
        _, _, err = told(run(*arguments, BGREMOVE_THRESHOLD="much", BGREMOVE_BOX="1,2,3,4"))
        assert "Invalid value for '--threshold': 'less' is not a valid float" in err
        assert "BGREMOVE" not in err

    @pytest.mark.parametrize(
        ("variable", "value", "message"),
        [
            ("SIZE", "huge", "got 'huge' (BGREMOVE_SIZE is set)"),
            ("QUIET", "1", "exclude each other (BGREMOVE_QUIET is set)"),
            ("MARGIN", "5%", "pass --crop (crop=True), too (BGREMOVE_MARGIN is set)"),
        ],
    )
    def test_a_value_that_is_refused_later_is_known_by_its_variable_too(
        self, variable: str, value: str, message: str
    ) -> None:
        others = {"BGREMOVE_METHOD": "contour", f"BGREMOVE_{variable}": value}
        code, _, err = told(run("a.png", "-v", **others))
        assert code == 2
        assert message in " ".join(err.split())
        assert "BGREMOVE_METHOD" not in err

    def test_a_version_in_it_is_no_option(self) -> None:
        draw("a.png")
        assert told(contour("a.png", BGREMOVE_VERSION="1")) == (0, "", "")


class TestHelp:
    @pytest.mark.parametrize("flag", ["-h", "--help"])
    def test_it_tells_options_methods_and_commands(self, flag: str) -> None:
        code, out, err = told(run(flag))
        assert (code, err) == (0, "")
        for word in (*METHODS, "--require-subject", "models", "doctor", "BGREMOVE_METHOD"):
            assert word in out

    def test_the_version_is_told(self) -> None:
        assert told(run("--version")) == (0, f"bgremove {bgremove.__version__}\n", "")

    @pytest.mark.parametrize(
        ("name", "choices"),
        [
            ("edges", EDGES),
            ("quality", QUALITIES),
            ("output", KINDS),
            ("format", ("auto", *FORMATS)),
        ],
    )
    def test_the_choices_that_it_names_are_the_library_s(
        self, name: str, choices: Iterable[str]
    ) -> None:
        [option] = [option for option in command.params if option.name == name]
        assert isinstance(option.type, click.Choice)
        assert list(option.type.choices) == list(choices)

    def test_the_defaults_that_it_names_are_the_library_s(self) -> None:
        library = {"name": DEFAULT_NAME, **asdict(Output())}
        for method in METHODS:
            library |= {
                name: option.default
                for name, option in signature(remover_class(method)).parameters.items()
            }
        told = {
            option.name: found[1]
            for option in (*command.params, *command.others[0].params)
            if (found := re.search(r"\[default: (.+)\]$", getattr(option, "help", None) or ""))
        }
        in_words = {"threshold", "out", "max_pixels"}
        assert {name: text for name, text in told.items() if name not in in_words} == {
            name: str(value)
            for name, value in library.items()
            if value not in (None, False) and name != "model"
        }
        assert told["max_pixels"] == "200 million"
        assert DEFAULT_MAX_PIXELS == 200e6

    @pytest.mark.parametrize("flag", ["-h", "--help"])
    @pytest.mark.parametrize("name", ["batch", "models", "doctor"])
    def test_the_other_commands_have_theirs(self, name: str, flag: str) -> None:
        code, out, err = told(run(name, flag))
        assert (code, err) == (0, "")
        assert out.startswith(f"Usage: bgremove {name} [OPTIONS]")


class TestCompletion:
    @pytest.mark.parametrize(
        ("words", "started", "offered"),
        [
            ("", "photo", [("file", "photo")]),
            ("", "mod", [("file", "mod"), ("plain", "models")]),
            ("a.jpg", "mod", [("file", "mod")]),
            ("a.jpg --out", "", [("file", "")]),
            ("--explain", "s", [("dir", "s")]),
            ("--background", "sk", [("file", "sk")]),
            ("--model", "tiramisu-", [("file", "tiramisu-"), ("plain", "tiramisu-fast")]),
            ("--method", "c", [("plain", "contour")]),
            ("batch", "mod", [("file", "mod")]),
            ("batch --out", "", [("dir", "")]),
            ("batch --report", "r", [("file", "r")]),
            ("batch --from-file", "", [("file", "")]),
            ("doctor", "--j", [("plain", "--json")]),
        ],
    )
    def test_the_shell_is_told_what_may_follow(
        self, words: str, started: str, offered: list[tuple[str, str]]
    ) -> None:
        shell = ShellComplete(command, {}, "bgremove", "_BGREMOVE_COMPLETE")
        items = shell.get_completions(words.split(), started)
        assert [(item.type, item.value) for item in items] == offered

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_each_shell_gets_its_script(self, shell: str) -> None:
        asking = environment(_BGREMOVE_COMPLETE=f"{shell}_source")
        done = subprocess.run(COMMAND, env=asking, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert "bgremove" in done.stdout


class TestModels:
    def test_the_shipped_models_are_listed_with_their_quality(self) -> None:
        code, out, err = told(run("models"))
        assert (code, err) == (0, "")
        assert "tiramisu (default): " in out
        assert re.search(r"^  holdout_person: .*0\.\d", out, re.MULTILINE)
        assert re.search(r"^  val: .*0\.\d", out, re.MULTILINE)

    def test_a_script_gets_their_cards(self) -> None:
        code, out, err = told(run("models", "--json"))
        assert (code, err) == (0, "")
        listed = json.loads(out)
        assert [card["name"] for card in listed if card["default"]] == ["tiramisu"]
        for card in listed:
            file = Path(REPOSITORY, "models", card["name"], "card.json")
            assert {**json.loads(file.read_text()), "default": card["default"]} == card


class TestDoctor:
    def test_it_tells_what_there_is_and_exits_by_what_is_broken(self) -> None:
        code, out, err = told(run("doctor"))
        assert err == ""
        assert f"bgremove: {bgremove.__version__}" in out
        assert "GPU: " in out
        assert code == ("BROKEN" in out)

    def test_a_script_gets_the_same(self) -> None:
        code, out, err = told(run("doctor", "--json"))
        assert err == ""
        findings = json.loads(out)
        assert findings[0] == {
            "topic": "bgremove", "text": bgremove.__version__, "broken": False,
        }  # fmt: skip
        lines = run("doctor").stdout.replace("BROKEN: ", "").splitlines()
        assert [f"{found['topic']}: {found['text']}" for found in findings] == lines
        assert code == any(found["broken"] for found in findings)


@pytest.fixture
def waiting() -> Iterator["subprocess.Popen[bytes]"]:
    """A real command that waits for standard input, as its first line tells."""
    arguments = [*COMMAND, "missing.png", "-", "--method", "contour"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with interrupts_heeded():
        process = subprocess.Popen(arguments, env=environment(), **pipes)
    with process:
        assert process.stderr.readline().startswith(b"bgremove: missing.png: ")
        yield process
        process.kill()


INTERRUPTED_SUMMARY = b"bgremove: 2 photos: 0 cut out, 1 failed, 1 not run\n"


class TestProcess:
    """What only a real process shows."""

    def test_python_m_bgremove_is_the_command(self) -> None:
        draw("a.png")
        arguments = [*COMMAND, "a.png", "missing.png", "--method", "contour"]
        done = subprocess.run(
            arguments, env=environment(), capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("bgremove: missing.png: ")
        assert Path("a-cutout.png").is_file()

    def test_a_photo_goes_through_pipes(self, waiting: "subprocess.Popen[bytes]") -> None:
        out, err = waiting.communicate(draw("a.png"))
        assert out.startswith(b"\x89PNG")
        assert err == b"bgremove: 2 photos: 1 cut out, 1 failed\n"
        assert waiting.returncode == 1

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a child")
    def test_ctrl_c_ends_it_with_130_and_a_line(self, waiting: "subprocess.Popen[bytes]") -> None:
        waiting.send_signal(signal.SIGINT)
        assert as_shells_tell(waiting.wait(30)) == 130
        assert waiting.stderr.read() == INTERRUPTED_SUMMARY + b"bgremove: interrupted\n"

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM for a child")
    def test_being_ended_is_told_as_an_interrupt_is(
        self, waiting: "subprocess.Popen[bytes]"
    ) -> None:
        waiting.send_signal(signal.SIGTERM)
        assert waiting.wait(30) == 128 + signal.SIGTERM
        assert waiting.stderr.read() == INTERRUPTED_SUMMARY + b"bgremove: terminated\n"

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no shell that closes a stream")
    @pytest.mark.parametrize(
        "arguments",
        ["a.png b.png --method contour", "batch a.png --out o --method contour", "models"],
    )
    @pytest.mark.parametrize("closed", ["1", "2"])
    def test_a_stream_that_is_closed_stops_nothing(self, arguments: str, closed: str) -> None:
        draw("a.png", "b.png")
        done = in_shell(f"{arguments} {closed}>&-")
        assert done.returncode == 0
        assert "Traceback" not in done.stderr

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    @pytest.mark.parametrize(
        "arguments",
        ["a.png no.png b.png -v --method contour", "batch a.png b.png --out . --method contour"],
    )
    def test_what_cannot_be_told_stops_nothing(self, arguments: str) -> None:
        draw("a.png", "b.png")
        assert in_shell(f"{arguments} 2> /dev/full").returncode == ("no.png" in arguments)
        assert Path("a-cutout.png").is_file()
        assert Path("b-cutout.png").is_file()

    @pytest.mark.skipif(os.name == "nt", reason="Windows removes no folder that is in use")
    @pytest.mark.parametrize(
        ("arguments", "code"),
        [("--out b.png", 1), ("--out {}/b.png", 0), ("--out -", 0), ("batch --out o", 1)],
    )
    def test_a_current_folder_that_is_gone_is_no_traceback(
        self, bare_folder: Path, arguments: str, code: int
    ) -> None:
        draw("a.png")
        words = [word.replace("{}", str(bare_folder)) for word in arguments.split()]
        line = shlex.join([*words, "--method", "contour", str(bare_folder / "a.png")])
        done = in_shell(f"{line} > ../out", before="mkdir d && cd d && rmdir ../d &&")
        assert done.returncode == code
        assert len(done.stderr.splitlines()) == code

    @pytest.mark.skipif(os.name == "nt", reason="needs a shell")
    def test_an_input_that_is_open_for_writing_alone_is_told(self) -> None:
        done = in_shell("- --method contour --out a.png 0> file")
        assert done.returncode == 1
        assert done.stderr == "bgremove: -: cannot be read: Bad file descriptor\n"

    @pytest.mark.skipif(os.name == "nt", reason="Windows tells a broken pipe in another way")
    def test_a_reader_that_has_left_is_no_traceback(
        self, waiting: "subprocess.Popen[bytes]"
    ) -> None:
        waiting.stdout.close()
        waiting.stdin.write(draw("a.png"))
        waiting.stdin.close()
        assert waiting.wait(30) == 1
        assert waiting.stderr.read() == b""

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    @pytest.mark.parametrize(
        ("arguments", "whose"), [("models", ""), ("a.png --out - --method contour", "a.png: ")]
    )
    def test_a_full_disk_behind_standard_output_is_told(self, arguments: str, whose: str) -> None:
        draw("a.png")
        done = in_shell(f"{arguments} > /dev/full")
        assert done.returncode == 1
        reason = "standard output: cannot be written: No space left on device"
        assert done.stderr == f"bgremove: {whose}{reason}\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals")
class TestTerminal:
    """At a terminal, and only there."""

    def test_several_photos_get_a_progress_bar(self) -> None:
        draw("a.png", "b.png")
        arguments = ["a.png", "b.png", "missing.png", "--method", "contour"]
        code, shown = at_terminal(*arguments, streams=("stderr",))
        assert code == 1
        assert re.search(r"\[#+-*\] \d/3, ", shown)
        assert "bgremove: missing.png: " in shown
        assert "bgremove: 3 photos: 2 cut out, 1 failed" in shown

    @pytest.mark.parametrize("arguments", [["a.png"], ["a.png", "b.png", "-q"]])
    def test_one_photo_or_quiet_gets_none(self, arguments: list[str]) -> None:
        draw("a.png", "b.png")
        assert at_terminal(*arguments, "--method", "contour", streams=("stderr",)) == (0, "")

    @pytest.mark.parametrize("words", [(), ("batch", "--out", "o")])
    def test_no_colour_is_ever_written(self, words: tuple[str, ...]) -> None:
        draw("a.png", "b.png")
        Path("c.png").write_bytes(b"no picture")
        arguments = (*words, "a.png", "b.png", "c.png", "--method", "contour")
        _, shown = at_terminal(*arguments, streams=("stderr",), FORCE_COLOR="1")
        assert "bgremove: c.png: not a picture" in shown
        assert "\x1b" not in shown

    def test_it_never_waits_for_a_photo_to_be_typed(self) -> None:
        code, shown = at_terminal("-", "--method", "contour", streams=("stdin", "stderr"))
        assert code == 2
        assert "- reads standard input, and nothing is piped in" in shown

    def test_it_never_waits_for_a_list_to_be_typed(self) -> None:
        arguments = ("batch", "--from-file", "-", "--out", "o")
        code, shown = at_terminal(*arguments, streams=("stdin", "stderr"))
        assert code == 2
        assert "--from-file - reads standard input, and nothing is piped in" in shown

    def test_it_never_shows_a_png_as_text(self) -> None:
        draw("a.png")
        arguments = ["a.png", "--out", "-", "--method", "contour"]
        code, shown = at_terminal(*arguments, streams=("stdout", "stderr"))
        assert code == 2
        assert "a picture is no text for a terminal: pipe it on, or name --out" in shown
