"""The same weights make a model of another input size."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from bgremove.cards import (
    CARD_FILE,
    InputSpec,
    ModelCard,
    StoredFile,
    read_card,
    sha256_of,
    write_card,
)
from bgremove.errors import DataError
from bgremove.network.tiramisu import PRESETS, build
from bgremove.segmenter import load_segmenter
from bgremove.training.onnx_graph import onnx_bytes
from bgremove.training.resized import main, resized_model

OPTIONS = ("--shape", "64", "64", "--name", "small", "--description", "x", "--image")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "large"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(onnx_bytes(build(PRESETS["fc-densenet-tiny"], size=96)))
    card = ModelCard(
        name="large",
        description="for tests",
        input=InputSpec(height=96, width=96),
        outputs=("person", "subject"),
        weights=StoredFile(file="model.onnx", sha256=sha256_of(folder / "model.onnx")),
        network="fc-densenet-tiny",
        metrics={"val": {"mean_iou": 0.5}},
    )
    write_card(card, folder / CARD_FILE)
    return folder


@pytest.fixture
def small_of(photo: Path) -> Callable[..., ModelCard]:
    """Make a small model of another one's weights, of 64 pixels or other shapes."""
    told = {"name": "small", "description": "sees less", "photo": photo}
    return partial(resized_model, **{"shapes": [(64, 64)], **told})


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_it_runs_at_its_size_and_repeats_its_golden_pair(
    model: Path, small_of: Callable[..., ModelCard], tmp_path: Path, device: str
) -> None:
    out = tmp_path / "models" / "small"
    card = small_of(model, out)
    assert read_card(out / CARD_FILE) == card
    assert (card.name, card.input.height, card.input.width) == ("small", 64, 64)
    assert card.metrics is None
    segmenter = load_segmenter(out, device)
    with np.load(out / "golden.npz") as golden:
        image, probability = golden["image"], golden["probability"]
    assert probability.shape == (64, 64, 2)
    np.testing.assert_allclose(segmenter.predict(image), probability, atol=1e-4)


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_of_several_shapes_a_photo_takes_the_nearest_to_its_own(
    model: Path, small_of: Callable[..., ModelCard], tmp_path: Path, device: str
) -> None:
    shapes = [(64, 64), (32, 96), (96, 32)]
    out = tmp_path / "shaped"
    small_of(model, out, shapes=shapes)
    assert read_card(out / CARD_FILE).input.shapes == tuple(shapes)
    segmenter = load_segmenter(out, device)
    for height, width, expected in ((90, 120, (64, 64)), (20, 100, (32, 96)), (900, 90, (96, 32))):
        picture = np.full((height, width, 3), 128, np.uint8)
        assert segmenter.predict(picture).shape == (*expected, 2)


def test_the_second_look_is_left_behind(
    model: Path, small_of: Callable[..., ModelCard], tmp_path: Path
) -> None:
    card = read_card(model / CARD_FILE)
    looks_twice = replace(card, input=replace(card.input, coarse_shapes=((32, 32),)))
    write_card(looks_twice, model / CARD_FILE)
    assert small_of(model, tmp_path / "small").input.coarse_shapes == ()


def test_the_weights_are_the_first_models_file(
    model: Path, small_of: Callable[..., ModelCard], tmp_path: Path
) -> None:
    out = tmp_path / "small"
    card = small_of(model, out)
    assert card.weights is not None
    assert card.weights.file == "../large/model.onnx"
    assert sorted(path.name for path in out.iterdir()) == [CARD_FILE, "golden.npz"]


@pytest.mark.parametrize("size", [0, -32, 80])
def test_a_size_that_the_stride_does_not_divide_is_told(
    model: Path, small_of: Callable[..., ModelCard], tmp_path: Path, size: int
) -> None:
    with pytest.raises(DataError, match=f"sides must be multiples of 32, the .* got {size}"):
        small_of(model, tmp_path / "x", shapes=[(32, 64), (size, 32)])


def test_a_model_is_never_replaced_by_one_of_its_own_weights(
    model: Path, small_of: Callable[..., ModelCard], tmp_path: Path
) -> None:
    before = read_card(model / CARD_FILE)
    small = tmp_path / "small"
    small_of(model, small)
    (tmp_path / "link").symlink_to(model)
    for source, out in ((model, model), (model, tmp_path / "link"), (small, small), (small, model)):
        with pytest.raises(
            DataError, match=r"card\.json: expected a new place, got a file that is"
        ):
            small_of(source, out)
    assert read_card(model / CARD_FILE) == before


def test_a_network_that_is_not_known_is_told(
    model: Path, small_of: Callable[..., ModelCard], tmp_path: Path
) -> None:
    write_card(replace(read_card(model / CARD_FILE), network="u2net"), model / CARD_FILE)
    with pytest.raises(DataError, match="large: expected a network of bgremove, found u2net"):
        small_of(model, tmp_path / "x")


def test_the_command_says_what_it_made(model: Path, photo: Path, tmp_path: Path) -> None:
    options = [*OPTIONS, str(photo)]
    result = CliRunner().invoke(main, [str(model), *options, "--out", str(tmp_path / "small")])
    assert result.exit_code == 0
    assert "small: small, 64 × 64 pixels" in result.stdout


def test_the_command_tells_an_error_in_one_line(photo: Path, tmp_path: Path) -> None:
    options = [*OPTIONS, str(photo)]
    result = CliRunner().invoke(main, [str(tmp_path), *options, "--out", str(tmp_path / "small")])
    assert result.exit_code == 1
    assert "bgremove.training.resized: " in result.stderr
    assert "expected a model's card here" in result.stderr
