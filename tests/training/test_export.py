"""A checkpoint becomes a model that says what it is."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from bgremove.cards import InputSpec, ModelCard, check_hash, read_card, sha256_of
from bgremove.errors import DataError
from bgremove.network.tiramisu import PRESETS, build
from bgremove.segmenter import load_segmenter
from bgremove.training.checkpoint import save_checkpoint
from bgremove.training.config import read_config
from bgremove.training.export import export_model, input_of, main, training_facts

ROOT = Path(__file__).parents[2]

CONFIG = """
network = "fc-densenet-tiny"
data = "data"
learning_rate = 1e-3

[[phases]]
size = 96
steps = 10
batch = 4

[[phases]]
size = 224
steps = 5
batch = 2

[weights]
ccp = 0.7
urban100 = 0.3
"""

ROWS = (
    ("ccp", "a", "train", "mask"),
    ("ccp", "b", "train", "mask"),
    ("ccp", "c", "val", "mask"),
    ("urban100", "d", "train", "none"),
    ("ecssd", "e", "train", "mask"),
)


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    with (tmp_path / "data" / "index.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["set", "stem", "split", "shard", "person_label", "subject_label"])
        for name, stem, split, person in ROWS:
            writer.writerow([name, stem, split, "photos.tar", person, "unknown"])
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def average(network: keras.Model) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.uniform(0.05, 0.4, weight.shape).astype(np.float32) for weight in network.weights]


@pytest.fixture
def checkpoint(network: keras.Model, average: list[np.ndarray], tmp_path: Path) -> Path:
    path = tmp_path / "checkpoint.npz"
    save_checkpoint(path, network, average, step=12)
    return path


def export(checkpoint: Path, folder: Path, config_file: Path, photo: Path) -> ModelCard:
    return export_model(
        checkpoint,
        folder,
        config=read_config(config_file),
        name="tiny",
        description="for tests",
        photo=photo,
        hardware="2 CPU cores",
        licence="Apache-2.0",
    )


@pytest.fixture
def model(checkpoint: Path, config_file: Path, photo: Path, tmp_path: Path) -> ModelCard:
    return export(checkpoint, tmp_path / "model", config_file, photo)


def test_the_model_loads_and_repeats_its_golden_pair(model: ModelCard, tmp_path: Path) -> None:
    segmenter = load_segmenter(tmp_path / "model" / "model.onnx")
    with np.load(tmp_path / "model" / "golden.npz") as golden:
        image, probability = golden["image"], golden["probability"]
    assert image.shape == (224, 224, 3)
    assert image.dtype == np.uint8
    assert probability.shape == (224, 224, 2)
    assert probability.dtype == np.float32
    np.testing.assert_allclose(segmenter.predict(image), probability, atol=1e-4)
    assert segmenter.card == model


def test_the_model_has_the_averaged_weights(
    model: ModelCard, average: list[np.ndarray], tmp_path: Path
) -> None:
    from bgremove.segmenter.stored_weights import load_stored_weights

    assert model.network is not None
    fresh = build(PRESETS[model.network], size=224)
    load_stored_weights(fresh, tmp_path / "model" / "model.onnx")
    for mine, theirs in zip(fresh.get_weights(), average, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=2**-11)


def test_the_card_tells_the_hashes_and_the_size(model: ModelCard, tmp_path: Path) -> None:
    assert model == read_card(tmp_path / "model" / "card.json")
    for stored in (model.weights, model.golden):
        assert stored is not None
        check_hash(tmp_path / "model" / stored.file, stored.sha256)
    network = build(PRESETS["fc-densenet-tiny"])
    assert model.parameters == network.count_params()
    assert model.outputs == ("person", "subject")


def test_the_card_tells_what_the_network_has_learned_from(model: ModelCard) -> None:
    assert model.training is not None
    facts = json.loads(json.dumps(model.training))
    assert facts["sets"]["ccp"]["photos"] == 2
    assert facts["sets"]["urban100"] == {
        "photos": 1,
        "source": "super-resolution benchmark sets",
        "terms": "none stated",
    }
    assert facts["sets"].keys() == {"ccp", "urban100"}
    assert facts["photos"] == 3
    assert facts["steps"] == 12
    assert facts["images_seen"] == 10 * 4 + 2 * 2
    assert facts["sizes"] == [96, 224]
    assert facts["hardware"] == "2 CPU cores"


def test_the_card_tells_which_weights_the_run_began_with(config_file: Path, tmp_path: Path) -> None:
    (tmp_path / "first.npz").write_bytes(b"weights")
    config_file.write_text(f'start = "first.npz"\n{CONFIG}')
    facts = training_facts(read_config(config_file), 1, "2 CPU cores")
    assert facts["start"] == {"file": "first.npz", "sha256": sha256_of(tmp_path / "first.npz")}
    (tmp_path / "first.npz").unlink()
    with pytest.raises(DataError, match=r"first\.npz: expected the weights that the run began"):
        training_facts(read_config(config_file), 1, "2 CPU cores")


def test_the_card_tells_who_taught_the_network(config_file: Path) -> None:
    assert "teacher" not in training_facts(read_config(config_file), 1, "2 CPU cores")
    config_file.write_text(f'teacher = "a larger one of ours"\n{CONFIG}')
    facts = training_facts(read_config(config_file), 1, "2 CPU cores")
    assert facts["teacher"] == "a larger one of ours"


def rename_a_set(config_file: Path) -> None:
    """Let a run take a set whose terms nobody knows."""
    for path in (config_file, config_file.parent / "data" / "index.csv"):
        path.write_text(path.read_text().replace("urban100", "mine"))


def test_a_set_without_terms_stops_the_export(config_file: Path) -> None:
    rename_a_set(config_file)
    with pytest.raises(DataError, match="mine: on what terms its photos are used is not known"):
        training_facts(read_config(config_file), 1, "2 CPU cores")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_an_export_that_fails_leaves_the_model_that_is_there(
    model: ModelCard,
    network: keras.Model,
    average: list[np.ndarray],
    config_file: Path,
    photo: Path,
    tmp_path: Path,
) -> None:
    before = contents(tmp_path / "model")
    save_checkpoint(tmp_path / "other.npz", network, [a / 2 for a in average], step=13)
    rename_a_set(config_file)
    with pytest.raises(DataError, match="mine: on what terms"):
        export(tmp_path / "other.npz", tmp_path / "model", config_file, photo)
    assert contents(tmp_path / "model") == before
    assert load_segmenter(tmp_path / "model").card == model


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e6], ids=str)
def test_weights_that_cannot_be_stored_are_told(
    value: float,
    network: keras.Model,
    average: list[np.ndarray],
    config_file: Path,
    photo: Path,
    tmp_path: Path,
) -> None:
    average[0][0, 0, 0, 0] = value
    save_checkpoint(tmp_path / "wild.npz", network, average, step=12)
    expected = r"wild\.npz: expected finite weights, up to 65504 .* stem_conv/kernel; "
    with pytest.raises(DataError, match=expected):
        export(tmp_path / "wild.npz", tmp_path / "model", config_file, photo)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("sizes", "shapes"),
    [
        ("size = 64", [(64, 64)]),
        ("size = 64\nshapes = [[32, 64], [64, 32]]", [(32, 64), (64, 32)]),
    ],
)
def test_a_model_is_asked_at_the_shapes_that_its_largest_phase_saw(
    sizes: str,
    shapes: list[tuple[int, int]],
    checkpoint: Path,
    config_file: Path,
    photo: Path,
    tmp_path: Path,
) -> None:
    text = CONFIG.replace("size = 96", sizes).replace("size = 224", "size = 32")
    config_file.write_text(text)
    card = export(checkpoint, tmp_path / "model", config_file, photo)
    assert card == read_card(tmp_path / "model" / "card.json")
    assert card.input == InputSpec().at(shapes)
    with np.load(tmp_path / "model" / "golden.npz") as golden:
        image, probability = golden["image"], golden["probability"]
    assert image.shape[:2] == shapes[0]
    found = load_segmenter(tmp_path / "model").predict(image)
    np.testing.assert_allclose(found, probability, atol=1e-4)


def test_the_shipped_network_s_shapes_are_those_of_its_run() -> None:
    shipped = read_card(ROOT / "models" / "tiramisu" / "card.json").input
    config = read_config(ROOT / "configs" / "tiramisu-12.toml")
    assert input_of(config) == replace(shipped, coarse_shapes=())


def test_a_model_never_replaces_what_it_is_made_of(
    checkpoint: Path, config_file: Path, photo: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    expected = "expected a new place, got a file that is read; choose another --out"
    for name in ("model.onnx", "golden.npz"):
        (folder / name).write_bytes(checkpoint.read_bytes())
    with pytest.raises(DataError, match=rf"golden\.npz: {expected}"):
        export(folder / "golden.npz", folder, config_file, photo)
    config_file.write_text(f'start = "model/model.onnx"\n{CONFIG}')
    with pytest.raises(DataError, match=rf"model\.onnx: {expected}"):
        export(checkpoint, folder, config_file, photo)


@pytest.mark.parametrize(
    "content",
    [None, b"", b"text", b"PK\x03\x04" + bytes(40)],
    ids=["missing", "empty", "text", "truncated"],
)
def test_a_file_that_is_no_checkpoint_is_told(
    content: bytes | None, config_file: Path, photo: Path, tmp_path: Path
) -> None:
    path = tmp_path / "other.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"other\.npz: expected a run's checkpoint"):
        export(path, tmp_path / "model", config_file, photo)
    assert not (tmp_path / "model").exists()


def command(checkpoint: Path, config_file: Path, photo: Path, folder: Path) -> list[str]:
    return [
        *(str(checkpoint), "--config", str(config_file), "--name", "tiny", "--image", str(photo)),
        *("--description", "for tests", "--hardware", "2 CPU cores", "--out", str(folder)),
    ]


def test_the_command_makes_the_model(
    checkpoint: Path, config_file: Path, photo: Path, tmp_path: Path
) -> None:
    words = command(checkpoint, config_file, photo, tmp_path / "made")
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(f"{tmp_path / 'made'}: tiny, ")
    assert read_card(tmp_path / "made" / "card.json").name == "tiny"


def test_the_command_tells_an_error_on_stderr(
    config_file: Path, photo: Path, tmp_path: Path
) -> None:
    words = command(tmp_path / "none.npz", config_file, photo, tmp_path / "made")
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("bgremove.training.export: ")
    assert "none.npz: expected a run's checkpoint" in result.stderr
