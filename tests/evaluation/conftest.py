"""A data folder drawn in code, and a segmenter whose scores can be worked out by hand."""

import csv
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper
from pictures import encoded, put_into
from PIL import Image

from bgremove.cards import CARD_FILE, InputSpec, ModelCard, StoredFile, sha256_of, write_card

HEIGHT, WIDTH = 32, 48


@dataclass(frozen=True)
class Drawn:
    """A photo to be: bright where `bright` is true, of whatever people have marked in it."""

    set: str
    stem: str
    bright: NDArray[np.bool_]
    mask: NDArray[np.bool_] | None = None
    void: NDArray[np.bool_] | None = None
    alpha: NDArray[np.uint8] | None = None
    split: str = "val"
    person: str = "mask"
    subject: str = "unknown"


class Brightness:
    """A segmenter that takes bright pixels for people, and dark ones for subjects."""

    device = "cpu"
    card = ModelCard(
        name="brightness",
        description="Bright is a person, dark is a subject.",
        input=InputSpec(height=HEIGHT, width=WIDTH),
        outputs=("person", "subject"),
    )

    def predict(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        person = image.mean(axis=2, dtype=np.float32) / np.float32(255)
        return np.dstack([person, 1 - person])


@pytest.fixture
def brightness() -> Brightness:
    return Brightness()


@pytest.fixture
def brightness_model(tmp_path: Path) -> Path:
    """The same as an ONNX file with its card, to be loaded as any model is."""
    path = tmp_path / "model" / "brightness.onnx"
    path.parent.mkdir()
    path.write_bytes(_brightness_network().SerializeToString())
    weights = StoredFile(file=path.name, sha256=sha256_of(path))
    write_card(replace(Brightness.card, weights=weights), path.parent / CARD_FILE)
    return path


def _brightness_network() -> onnx.ModelProto:
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["image"], ["person"], axes=[3], keepdims=1),
            helper.make_node("Sub", ["one", "person"], ["subject"]),
            helper.make_node("Concat", ["person", "subject"], ["probability"], axis=3),
        ],
        "brightness",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, HEIGHT, WIDTH, 3])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, [1, HEIGHT, WIDTH, 2])],
        [helper.make_tensor("one", TensorProto.FLOAT, [], [1.0])],
    )
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8)


@pytest.fixture
def columns() -> Callable[[int, int], NDArray[np.bool_]]:
    """Masks of the columns from one to another, of 32 pixels each."""

    def mask(start: int, stop: int) -> NDArray[np.bool_]:
        result = np.zeros((HEIGHT, WIDTH), np.bool_)
        result[:, start:stop] = True
        return result

    return mask


@pytest.fixture
def drawn() -> type[Drawn]:
    return Drawn


@pytest.fixture
def write_folder(tmp_path: Path) -> Callable[[list[Drawn]], Path]:
    """Write an index and one shard, as training and evaluation data are stored."""

    def write(photos: list[Drawn]) -> Path:
        folder = tmp_path / "data"
        (folder / "shards").mkdir(parents=True)
        with tarfile.open(folder / "shards" / "drawn-00.tar", "w") as tar:
            for photo in photos:
                for ending, content in _files(photo).items():
                    put_into(tar, f"{photo.set}/{photo.stem}.{ending}", content)
        with (folder / "index.csv").open("w", newline="", encoding="utf-8") as file:
            rows = [_row(photo) for photo in photos]
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return folder

    return write


def _row(photo: Drawn) -> dict[str, str | int | float]:
    return {
        "set": photo.set,
        "stem": photo.stem,
        "split": photo.split,
        "shard": "drawn-00.tar",
        "width": WIDTH,
        "height": HEIGHT,
        "person_label": photo.person,
        "subject_label": photo.subject,
        "area": 0.0 if photo.mask is None else round(float(photo.mask.mean()), 4),
    }


def _files(photo: Drawn) -> dict[str, bytes]:
    grey = Image.fromarray((photo.bright * 255).astype(np.uint8))
    files = {"webp": encoded(grey.convert("RGB"), "webp", lossless=True)}
    for name in ("mask", "void", "alpha"):
        marked = getattr(photo, name)
        if marked is not None:
            files[f"{name}.png"] = encoded(Image.fromarray(marked), "png")
    return files
