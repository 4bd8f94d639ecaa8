"""The doctor finds what is there, and what is broken."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from bgremove import doctor
from bgremove.cards import StoredFile, read_card, sha256_of, write_card
from bgremove.devices import why_no_gpu
from bgremove.model_files import DEFAULT_MODEL


def found(topic: str) -> doctor.Finding:
    [finding] = [finding for finding in doctor.examine() if finding.topic == topic]
    return finding


def test_it_tells_the_version_of_everything_that_is_needed() -> None:
    topics = {finding.topic: finding for finding in doctor.examine()}
    for library in ("numpy", "Pillow", "OpenCV"):
        assert topics[library].text[0].isdigit()
        assert not topics[library].broken


def test_it_tells_the_engine_and_its_threads() -> None:
    told = rf"ONNX Runtime [\d.]+ on the CPU, {cv2.getNumThreads()} threads"
    assert re.fullmatch(told, found("engine").text)
    assert not found("engine").broken


def test_without_onnx_runtime_the_engine_is_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert found("engine").text.startswith(f"OpenCV on the CPU, {cv2.getNumThreads()} threads; a ")
    assert 'pip install "bgremove[onnxruntime]"' in found("engine").text
    assert not found("engine").broken


def test_onnx_runtime_that_cannot_be_imported_is_told(
    break_library: Callable[[str], None],
) -> None:
    break_library("onnxruntime")
    assert "; onnxruntime is installed but cannot be imported: DLL lo" in found("engine").text
    assert not found("engine").broken


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (2, "/physical_device:GPU:0, /physical_device:GPU:1"),
        (0, f"none for TensorFlow: {why_no_gpu()}"),
    ],
)
def test_it_tells_the_gpus_or_why_there_are_none(
    count: int, text: str, gpus_seen: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "has_driver", lambda: True)
    gpus_seen(count)
    assert found("GPU") == doctor.Finding(topic="GPU", text=text)


@pytest.mark.parametrize("library", ["cv2", "numpy", "PIL"])
def test_the_command_tells_a_library_that_it_cannot_do_without(library: str) -> None:
    names = {"cv2": "OpenCV", "numpy": "numpy", "PIL": "Pillow"}
    code = f"import sys; sys.modules[{library!r}] = None; from bgremove.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "doctor"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert f"\n{names[library]}: BROKEN: cannot be imported: " in done.stdout


def test_the_other_commands_name_the_doctor_then() -> None:
    code = "import sys; sys.modules['cv2'] = None; from bgremove.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "a.png"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("bgremove: a library cannot be imported: import of cv2 halted")
    assert done.stderr.endswith("; bgremove doctor tells what is broken\n")


def test_a_library_that_is_not_there_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(doctor.CORE_LIBRARIES, "OpenCV", "no_such_library")
    assert found("OpenCV").broken
    assert found("OpenCV").text == "cannot be imported: No module named 'no_such_library'"


def test_an_extra_that_is_not_there_is_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(doctor.EXTRA_LIBRARIES, "TensorFlow", "no-such-library")
    assert not found("TensorFlow").broken
    assert found("TensorFlow").text.startswith("not installed; it is optional")


def test_an_engine_that_cannot_be_imported_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    assert found("engine").broken
    assert found("engine").text.startswith("OpenCV cannot be used: ")


def test_an_older_opencv_that_lies_over_ours_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2.dnn, "ENGINE_NEW")
    monkeypatch.setattr(cv2, "__version__", "4.11.0")
    assert found("engine").broken
    assert found("engine").text.startswith("OpenCV cannot be used: expected OpenCV 5, found 4.11.0")


def test_tensorflow_that_cannot_be_imported_is_broken_where_a_gpu_is(
    monkeypatch: pytest.MonkeyPatch, break_library: Callable[[str], None]
) -> None:
    break_library("tensorflow")
    monkeypatch.setattr(doctor, "has_driver", lambda: True)
    assert found("GPU").broken
    assert "DLL load failed" in found("GPU").text


def test_without_tensorflow_the_gpu_s_line_tells_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert not found("GPU").broken
    assert 'pip install "bgremove[gpu]"' in found("GPU").text


@pytest.fixture
def models(red_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one model that is whole."""
    folder = tmp_path / "models"
    shutil.copytree(red_model.parent, folder / DEFAULT_MODEL)
    model = folder / DEFAULT_MODEL
    (model / "golden.npz").write_bytes(b"golden")
    card = replace(
        read_card(model / "card.json"),
        weights=StoredFile(file="red.onnx", sha256=sha256_of(model / "red.onnx")),
        golden=StoredFile(file="golden.npz", sha256=sha256_of(model / "golden.npz")),
        network="none",
        parameters=1,
        licence="CC0",
        training={"data": "none"},
        metrics={"val": {"iou": 0.5}},
    )
    write_card(card, model / "card.json")
    monkeypatch.setattr(doctor, "models_folder", lambda: folder)
    return folder


def test_a_model_that_is_whole_is_ok(models: Path) -> None:
    assert models.is_dir()
    finding = found("model tiramisu")
    assert not finding.broken
    assert finding.text == "OK: card and sha256"


@pytest.mark.parametrize("name", ["red.onnx", "golden.npz"])
def test_a_file_that_was_changed_is_broken(models: Path, name: str) -> None:
    path = models / DEFAULT_MODEL / name
    path.write_bytes(path.read_bytes() + b" ")
    finding = found("model tiramisu")
    assert finding.broken
    assert f"{name}: expected sha256" in finding.text


def test_a_card_that_is_no_card_is_broken(models: Path) -> None:
    (models / DEFAULT_MODEL / "card.json").write_text("{")
    assert found("model tiramisu").broken


def test_a_missing_default_model_is_broken(models: Path) -> None:
    shutil.rmtree(models / DEFAULT_MODEL)
    finding = found("model tiramisu")
    assert finding.broken
    assert "install bgremove again" in finding.text


def test_the_shipped_models_are_whole() -> None:
    broken = [finding for finding in doctor.examine() if finding.broken]
    assert broken == []
