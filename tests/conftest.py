"""What all tests share."""

import csv
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import settings
from pictures import encoded, put_into
from PIL import Image
from processes import environment

from bgremove import threads
from bgremove.cards import CARD_FILE, InputSpec, ModelCard, read_card, write_card

settings.register_profile("bgremove", deadline=None)
settings.load_profile("bgremove")


@pytest.fixture
def bare_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and no settings from outside."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("BGREMOVE_")]:
        monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def hangup() -> Iterator[int]:
    """SIGHUP, which commands heed now, even where the tests run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield signal.SIGHUP
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def break_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a library in the way of the one of its name, that cannot be imported."""

    def broken(name: str) -> None:
        (tmp_path / f"{name}.py").write_text("raise ImportError('DLL load failed')")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, name, raising=False)

    return broken


@pytest.fixture
def gpus_seen(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let TensorFlow see so many GPUs, beside the CPU."""
    config = pytest.importorskip("tensorflow").config

    def see(count: int) -> None:
        kinds = [("CPU", 0), *(("GPU", number) for number in range(count))]
        seen = [config.PhysicalDevice(f"/physical_device:{k}:{n}", k) for k, n in kinds]
        monkeypatch.setattr(
            config,
            "list_physical_devices",
            lambda kind=None: [device for device in seen if kind in (None, device.device_type)],
        )

    return see


@pytest.fixture
def batch_whose_workers() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the batch command, with workers that do something where they would wait for the disk."""
    return _batch_whose_workers


def _batch_whose_workers(do: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = Path("script.py")
    script.write_text(f"""
import os, signal, time
if __name__ == "__main__":
    from bgremove.cli import main
    main()
os.fsync = lambda _: {do}
""")
    options = ("--out", "out", "--method", "contour", "--jobs", "1")
    return subprocess.run(
        [sys.executable, str(script), "batch", *arguments, *options],
        env=environment(),
        capture_output=True,  # ends with the last of its processes
        text=True,
        check=False,
    )


@pytest.fixture
def threads_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = cv2.getNumThreads()
    monkeypatch.setattr(threads, "_limit", threads._limit)
    yield
    cv2.setNumThreads(before)


@pytest.fixture(scope="session")
def red_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network for which red is a person, ``max(R - G, 0)``, and blue a subject, at any size."""
    onnx = pytest.importorskip("onnx")
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    slices = {"red": (0, 1), "green": (1, 2), "blue": (2, 3)}
    bounds = {
        f"{name}_{end}": helper.make_tensor(f"{name}_{end}", onnx.TensorProto.INT64, [1], [value])
        for name, ends in slices.items()
        for end, value in zip(("from", "to", "axis"), (*ends, 3), strict=True)
    }
    nodes = [
        helper.make_node(
            "Slice", ["image", *(f"{name}_{end}" for end in ("from", "to", "axis"))], [name]
        )
        for name in slices
    ]
    nodes += [
        helper.make_node("Sub", ["red", "green"], ["more_red"]),
        helper.make_node("Sub", ["blue", "green"], ["more_blue"]),
        helper.make_node("Concat", ["more_red", "more_blue"], ["difference"], axis=3),
        helper.make_node("Relu", ["difference"], ["probability"]),
    ]
    graph = helper.make_graph(
        nodes,
        "red",
        [helper.make_tensor_value_info("image", floats, (1, "height", "width", 3))],
        [helper.make_tensor_value_info("probability", floats, (1, "height", "width", 2))],
        list(bounds.values()),
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
    path = tmp_path_factory.mktemp("red_model") / "red.onnx"
    onnx.save(model, path)
    spec = InputSpec(height=32, width=32)
    card = ModelCard(
        name="red",
        description="red is a person, blue a subject",
        input=spec,
        outputs=("person", "subject"),
    )
    write_card(card, path.with_name("card.json"))
    return path


@pytest.fixture
def red_model_with(red_model: Path, tmp_path: Path) -> Callable[..., Path]:
    """Make a copy of the red network whose card has other values."""

    def changed(**values: object) -> Path:
        path = tmp_path / red_model.name
        path.write_bytes(red_model.read_bytes())
        card = read_card(red_model.with_name(CARD_FILE))
        write_card(replace(card, **values), path.with_name(CARD_FILE))
        return path

    return changed


ROWS = (
    ("people", "a", "train", "mask", "mask"),
    ("people", "b", "train", "mask", "mask"),
    ("things", "c", "train", "unknown", "mask"),
    ("nobody", "d", "train", "none", "unknown"),
    ("people", "e", "val", "mask", "mask"),
)
COLUMNS = (
    *("set", "stem", "split", "shard", "width", "height"),
    *("person_label", "subject_label", "area"),
)


@pytest.fixture(scope="session")
def write_data_folder() -> Callable[[Path], Path]:
    """Write five photos, 60×40: a bright box on noise; the photo "a" has a void column."""
    return _write_data_folder


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    return _write_data_folder(tmp_path / "data")


def _write_data_folder(folder: Path) -> Path:
    (folder / "shards").mkdir(parents=True)
    rng = np.random.default_rng(0)
    with (folder / "index.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for name, stem, split, person, subject in ROWS:
            writer.writerow([name, stem, split, "photos.tar", 60, 40, person, subject, 0.2])
    with tarfile.open(folder / "shards" / "photos.tar", "w") as tar:
        for name, stem, _split, person, subject in ROWS:
            image = rng.integers(0, 90, (40, 60, 3), np.uint8)
            mask = np.zeros((40, 60), np.uint8)
            if "mask" in (person, subject):
                image[10:30, 20:40] = 240
                mask[10:30, 20:40] = 255
            photo = encoded(Image.fromarray(image), "webp", lossless=True)
            members = {
                f"{stem}.webp": photo,
                f"{stem}.mask.png": encoded(Image.fromarray(mask), "png"),
            }
            if stem == "a":
                void = np.zeros((40, 60), np.uint8)
                void[:, 19] = 255
                members[f"{stem}.void.png"] = encoded(Image.fromarray(void), "png")
            for member, content in members.items():
                put_into(tar, f"{name}/{member}", content)
    return folder
