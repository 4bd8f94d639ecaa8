"""Small networks, made once, as files of each kind."""

from pathlib import Path

import keras
import numpy as np
import pytest

from bgremove.cards import InputSpec, ModelCard, StoredFile, sha256_of, write_card
from bgremove.network.tiramisu import PRESETS, build
from bgremove.segmenter.stored_weights import load_stored_weights
from bgremove.training.onnx_graph import onnx_bytes

SIZE = 64
PRESET = "fc-densenet-tiny"


def spread(network: keras.Model, seed: int = 0) -> None:
    """Give a fresh network weights that make every part of it count."""
    rng = np.random.default_rng(seed)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            size = layer.gamma.shape
            low_to_high = (0.5, 1.5), (-0.5, 0.5), (-0.5, 0.5), (0.3, 2.0)
            layer.set_weights([rng.uniform(*bounds, size) for bounds in low_to_high])
        elif layer.weights:
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel, rng.uniform(-0.3, 0.3, bias.shape)])


@pytest.fixture(scope="session")
def network() -> keras.Model:
    """A Tiramisu with two outputs, with the rounded weights that its file has."""
    network = build(PRESETS[PRESET], size=SIZE)
    spread(network)
    return network


@pytest.fixture(scope="session")
def model_file(network: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That network as an ``.onnx`` with its card beside it."""
    path = tmp_path_factory.mktemp("model") / "model.onnx"
    path.write_bytes(onnx_bytes(network))
    load_stored_weights(network, path)
    card = ModelCard(
        name="tiny",
        description="for tests",
        input=InputSpec(height=SIZE, width=SIZE, mean=(0.4, 0.5, 0.6), std=(0.9, 1.0, 1.1)),
        outputs=("person", "subject"),
        weights=StoredFile(file=path.name, sha256=sha256_of(path)),
        network=PRESET,
    )
    write_card(card, path.with_name("card.json"))
    return path


@pytest.fixture(scope="session")
def keras_file(network: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That network as a ``.keras`` without a card."""
    path = tmp_path_factory.mktemp("keras") / "tiny.keras"
    network.save(path)
    return path
