"""The commands of training, as a user runs them."""

import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bgremove import PersonRemover
from bgremove.training import curves

BACKENDS = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed"),
    )
    for name in ("tensorflow", "torch", "jax")
]

OFTEN = "checkpoint_minutes = 0\n"

OWN = """
network = "fc-densenet-tiny"
data = "mine"
learning_rate = 1e-2
warmup_steps = 5

[[phases]]
size = 32
steps = 30
batch = 4

[terms]
photos = "drawn for a test"
"""


def start(config: Path, run: Path, backend: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bgremove.training", str(config), "--run", str(run)]
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def finish(config: Path, run: Path, backend: str) -> str:
    process = start(config, run, backend)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return err


MODEL_OPTIONS = ("--name", "x", "--description", "x", "--image", "x", "--out", "x")


@pytest.mark.parametrize(
    ("program", "library", "options"),
    [
        ("training", "keras", ()),
        ("training.export", "keras", ("--config", "x", "--hardware", "x", *MODEL_OPTIONS)),
        ("training.export", "onnx", ("--config", "x", "--hardware", "x", *MODEL_OPTIONS)),
        ("training.resized", "keras", ("--shape", "64", "64", *MODEL_OPTIONS)),
        ("training.soup", "keras", ("--part", "1", "x", "--config", "x", "--out", "x")),
    ],
)
def test_without_a_library_the_extra_is_named(
    program: str, library: str, options: tuple[str, ...], config_file: Path, tmp_path: Path
) -> None:
    arguments = options if program == "training.soup" else (str(config_file), *options)
    script = (
        f"import runpy, sys; sys.modules['{library}'] = None; "
        f"runpy.run_module('bgremove.{program}', run_name='__main__', alter_sys=True)"
    )
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    expected = f'{library} is needed and not installed: pip install "bgremove[training]"'
    assert (done.returncode, done.stderr) == (1, f"bgremove.{program}: {expected}\n")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_that_was_killed_goes_on_to_the_same_curve_and_weights(
    config_file: Path, tmp_path: Path, backend: str
) -> None:
    config_file.write_text(OFTEN + config_file.read_text())
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    finish(config_file, whole, backend)

    process = start(config_file, killed, backend)
    while len(curves.read(killed / "loss.csv")) < 2:
        assert process.poll() is None, "it should be killed before it ends"
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (killed / "checkpoint.npz").exists()
    assert "step 0 of" not in finish(config_file, killed, backend)

    expected, found = (curves.read(run / "loss.csv") for run in (whole, killed))
    assert [row["step"] for row in found] == [row["step"] for row in expected]
    for one, other in zip(found, expected, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-3)
    with np.load(whole / "checkpoint.npz") as ours, np.load(killed / "checkpoint.npz") as theirs:
        for name in ours:
            if name.startswith("average/"):
                np.testing.assert_allclose(theirs[name], ours[name], rtol=1e-2, atol=1e-3)


def test_own_photos_with_masks_train_a_model_that_is_used(tmp_path: Path) -> None:
    """Eight photos of a bright square on dark ground, and 30 steps of the tiny network."""
    rng = np.random.default_rng(0)
    for kind in ("images", "masks"):
        (tmp_path / "mine" / kind).mkdir(parents=True)
    for number in range(8):
        image = rng.integers(0, 60, (64, 64, 3), np.uint8)
        mask = np.zeros((64, 64), np.uint8)
        left, top = rng.integers(4, 30, 2)
        image[top : top + 28, left : left + 28] += 180
        mask[top : top + 28, left : left + 28] = 255
        Image.fromarray(image).save(tmp_path / "mine" / "images" / f"{number}.jpg", quality=95)
        Image.fromarray(mask).save(tmp_path / "mine" / "masks" / f"{number}.png")
    config = tmp_path / "mine.toml"
    config.write_text(OWN)
    finish(config, tmp_path / "run", "tensorflow")

    photo, model = tmp_path / "mine" / "images" / "7.jpg", tmp_path / "model"
    export = [
        sys.executable,
        "-m",
        "bgremove.training.export",
        str(tmp_path / "run/checkpoint.npz"),
    ]
    export += ["--config", str(config), "--name", "mine", "--description", "squares"]
    export += ["--image", str(photo), "--out", str(model), "--hardware", "any", "--licence", "CC0"]
    subprocess.run(export, check=True, capture_output=True, timeout=300)

    alpha = PersonRemover(model=model / "model.onnx").alpha(np.asarray(Image.open(photo)))
    mask = np.asarray(Image.open(tmp_path / "mine" / "masks" / "7.png")) > 0
    assert alpha[mask].mean() > alpha[~mask].mean() + 0.2
