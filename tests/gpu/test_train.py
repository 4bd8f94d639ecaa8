"""A run on the drawn photos, from packing to a checkpoint."""

import json
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
import timm
import torch
from click.testing import CliRunner

from bgremove.network.tiramisu import PRESETS, build
from bgremove.training.checkpoint import load_average, read_step, save_average
from bgremove.training.repack import repack
from gpu import carry, train
from gpu.stored import load_parts
from gpu.teacher import ENCODER, Teacher, load_encoder, pack_encoder

CONFIG = """
network = "fc-densenet103-strided"
data = "data"
learning_rate = 1e-3
phases = [{ size = 224, steps = 1, batch = 2 }, { size = 160, steps = 1, batch = 2 }]

[weights]
people = 2
things = 1
nobody = 1
"""


@pytest.fixture
def folder(tmp_path: Path, write_data_folder: Callable[[Path], Path]) -> Path:
    data = write_data_folder(tmp_path / "data")
    repack(data, tmp_path / "small")
    network = build(PRESETS["fc-densenet103-strided"], size=None)
    values = [keras.ops.convert_to_numpy(weight.value) for weight in network.weights]
    save_average(tmp_path / "start.npz", values, 7)
    torch.save(timm.create_model(ENCODER).state_dict(), tmp_path / "encoder.pth")
    (tmp_path / "run.toml").write_text(CONFIG)
    return tmp_path


def invoke(command: object, *arguments: object) -> None:
    done = CliRunner().invoke(command, [str(each) for each in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output


def test_it_leaves_a_teacher_and_a_checkpoint(folder: Path) -> None:
    packed, run = folder / "packed", folder / "run"
    start = ("--start", folder / "start.npz", "--encoder", folder / "encoder.pth")
    photos = ("--photos", folder / "small", "--data", folder / "data")
    invoke(carry.main, "pack", *photos, *start, "--out", packed)
    goes = (folder / "run.toml", "--data", packed, "--out", run, "--seconds", 3)
    invoke(train.main, *goes, "--teacher-seconds", 2)
    facts = json.loads((run / "facts.json").read_text())
    assert facts["steps"] == len(facts["losses"]) > 0
    assert np.isfinite(facts["losses"]).all()
    assert {line.split()[2] for line in facts["validations"]} == {"large", "small"}

    invoke(carry.main, "unpack", run, folder / "end.npz", "--steps", facts["steps"])
    assert read_step(folder / "end.npz") == facts["steps"]
    network = build(PRESETS["fc-densenet103-strided"], size=None)
    load_average(network, folder / "end.npz")
    with np.load(folder / "start.npz") as begun:
        changed = [
            not np.allclose(begun[f"average/{i}"], weight, rtol=1e-3, atol=1e-4)
            for i, weight in enumerate(network.get_weights())
        ]
    assert np.mean(changed) > 0.2

    for part in run.glob("teacher-*.npz"):
        part.rename(packed / part.name)
    invoke(train.main, *goes)
    again, before = load_parts(run, "teacher"), load_parts(packed, "teacher")
    assert all(np.array_equal(again[name], before[name]) for name in before)


def test_an_encoder_of_another_network_is_refused(tmp_path: Path) -> None:
    state = timm.create_model(ENCODER).state_dict()
    state["conv_stem.weight"] = torch.zeros(8, 3, 3, 3)
    torch.save(state, tmp_path / "other.pth")
    with pytest.raises(ValueError, match=r"conv_stem\.weight: expected .*32, 3, 3, 3.*, found"):
        pack_encoder(tmp_path / "other.pth", tmp_path / "encoder.npz")


def test_an_encoder_begins_with_the_packed_weights(tmp_path: Path) -> None:
    torch.manual_seed(1)
    whole = timm.create_model(ENCODER)
    torch.save(whole.state_dict(), tmp_path / "encoder.pth")
    pack_encoder(tmp_path / "encoder.pth", tmp_path / "encoder.npz")
    teacher = Teacher()
    load_encoder(teacher, tmp_path / "encoder.npz")
    mine, theirs = teacher.encoder.state_dict(), whole.state_dict()
    for name, value in mine.items():
        torch.testing.assert_close(value, theirs[name], rtol=1e-3, atol=1e-5)
