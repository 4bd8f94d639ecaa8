"""`load_segmenter` finds a model by name or path, and the engine that fits it."""

import logging
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bgremove import model_files
from bgremove.cards import CARD_FILE, StoredFile, read_card, sha256_of, write_card
from bgremove.errors import (
    CardError,
    DeviceError,
    HashError,
    ModelNotFoundError,
    OptionError,
)
from bgremove.segmenter import load_segmenter

IMAGE = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)


@pytest.fixture
def shipped(model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder with one complete model, in place of the package's own."""
    folder = tmp_path / "models" / "tiny"
    shutil.copytree(model_file.parent, folder)
    (folder / "golden.npz").write_bytes(b"golden")
    card = replace(
        read_card(folder / CARD_FILE),
        golden=StoredFile(file="golden.npz", sha256=sha256_of(folder / "golden.npz")),
        parameters=1,
        licence="none",
        training={"photos": 1},
        metrics={"val": {"mean_iou": 0.5}},
    )
    write_card(card, folder / CARD_FILE)
    monkeypatch.setattr(model_files, "models_folder", lambda: folder.parent)
    return folder


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_a_name_runs_on_onnx_runtime_on_the_cpu(
    shipped: Path, device: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bgremove")
    segmenter = load_segmenter("tiny", device)
    assert segmenter.device == "cpu"
    assert caplog.messages == ["tiny: ONNX Runtime on cpu"]
    by_path = load_segmenter(shipped / "model.onnx", device)
    np.testing.assert_array_equal(segmenter.predict(IMAGE), by_path.predict(IMAGE))


@pytest.mark.usefixtures("shipped")
def test_a_name_runs_on_opencv_where_onnx_runtime_is_not_installed(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = load_segmenter("tiny").predict(IMAGE)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    caplog.set_level(logging.INFO, "bgremove")
    segmenter = load_segmenter("tiny")
    assert caplog.messages == ["tiny: OpenCV on cpu"]
    np.testing.assert_allclose(segmenter.predict(IMAGE), expected, atol=1e-5)


@pytest.mark.usefixtures("shipped")
def test_opencv_is_asked_where_onnx_runtime_cannot_be_imported(
    caplog: pytest.LogCaptureFixture, break_library: Callable[[str], None]
) -> None:
    break_library("onnxruntime")
    caplog.set_level(logging.INFO, "bgremove")
    assert load_segmenter("tiny").predict(IMAGE).shape == (64, 64, 2)
    told, used = caplog.messages
    assert "DLL load failed" in told
    assert used == "tiny: OpenCV on cpu"


def test_a_keras_file_runs_on_tensorflow(
    keras_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bgremove")
    segmenter = load_segmenter(str(keras_file), "cpu")
    assert caplog.messages == ["tiny: TensorFlow on cpu"]
    assert segmenter.predict(IMAGE).shape == (64, 64, 2)


@pytest.mark.parametrize("stem", ["card", "model"])
def test_an_onnx_file_finds_its_card_under_either_name(
    model_file: Path, tmp_path: Path, stem: str
) -> None:
    shutil.copy(model_file, tmp_path)
    shutil.copy(model_file.with_name(CARD_FILE), tmp_path / f"{stem}.json")
    assert load_segmenter(tmp_path / "model.onnx").card.name == "tiny"


def test_an_onnx_file_without_a_card_is_an_error(model_file: Path, tmp_path: Path) -> None:
    shutil.copy(model_file, tmp_path)
    expected = r"model\.onnx: expected its card beside it, model\.json or card\.json, found n"
    with pytest.raises(CardError, match=expected):
        load_segmenter(tmp_path / "model.onnx")


def test_other_weights_than_the_cards_are_refused(shipped: Path) -> None:
    weights = shipped / "model.onnx"
    weights.write_bytes(weights.read_bytes() + b"\0")
    for model in ("tiny", weights):
        with pytest.raises(HashError, match=r"model\.onnx: expected sha256"):
            load_segmenter(model)


@pytest.mark.parametrize("length", [0, 1000])
def test_a_file_cut_short_is_told_as_damaged_whatever_the_engine_says(
    shipped: Path, length: int
) -> None:
    weights = shipped / "model.onnx"
    weights.write_bytes(weights.read_bytes()[:length])
    with pytest.raises(HashError, match=r"model\.onnx: expected sha256 .* install bgremove again"):
        load_segmenter("tiny")


@pytest.mark.usefixtures("shipped")
def test_an_unknown_name_lists_those_that_there_are() -> None:
    with pytest.raises(
        ModelNotFoundError, match="no model is called 'tinny'; there are: tiny; did"
    ):
        load_segmenter("tinny")


@pytest.mark.parametrize("device", ["", "GPU", "gpu:", "gpu:-1", "tpu", "cpu:0"])
def test_an_unknown_device_is_refused_before_anything_is_read(device: str) -> None:
    with pytest.raises(OptionError, match="device must be auto, cpu, gpu or gpu:N, got"):
        load_segmenter("no such model", device)


@pytest.mark.usefixtures("shipped")
def test_a_gpu_that_is_not_there_is_an_error() -> None:
    with pytest.raises(DeviceError, match=r"gpu:99 asked for|gpu asked for, none found: .*"):
        load_segmenter("tiny", "gpu:99")
