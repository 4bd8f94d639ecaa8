"""A network and its ONNX file give the same answers."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import onnxruntime
import pytest
from keras import layers

from bgremove.errors import ModelMismatchError
from bgremove.network.tiramisu import PRESETS, build
from bgremove.segmenter.stored_weights import load_stored_weights
from bgremove.training.onnx_graph import onnx_bytes


def spread(network: keras.Model) -> None:
    """Give a fresh network weights that make every part of it count."""
    rng = np.random.default_rng(0)
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            size = layer.gamma.shape
            low_to_high = (0.5, 1.5), (-0.5, 0.5), (-0.5, 0.5), (0.3, 2.0)
            layer.set_weights([rng.uniform(*bounds, size) for bounds in low_to_high])
        elif layer.weights:
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel, rng.uniform(-0.3, 0.3, bias.shape)])


def run(path: Path, x: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["probability"], {"image": x})[0])


@pytest.mark.parametrize("preset", PRESETS)
def test_the_file_gives_what_the_network_gives(preset: str, tmp_path: Path) -> None:
    small = replace(
        PRESETS[preset], down_layers=(2, 1), bottleneck_layers=2, growth_rate=4, stem_filters=6
    )
    network = build(small, size=32)
    spread(network)
    x = np.random.default_rng(1).random((1, 32, 32, 3), np.float32)
    before = np.asarray(network(x, training=False))

    (tmp_path / "model.onnx").write_bytes(onnx_bytes(network))
    load_stored_weights(network, tmp_path / "model.onnx")

    rounded = np.asarray(network(x, training=False))
    assert rounded.std() > 0.01, "a flat answer would prove nothing"
    np.testing.assert_allclose(run(tmp_path / "model.onnx", x), rounded, atol=1e-5)
    np.testing.assert_allclose(rounded, before, atol=5e-3)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("side", [12, 13])
def test_same_padding_is_tensorflows(kernel: int, stride: int, side: int, tmp_path: Path) -> None:
    image = keras.Input((side, side + 1, 3))
    network = keras.Model(image, layers.Conv2D(2, kernel, strides=stride, padding="same")(image))
    (tmp_path / "model.onnx").write_bytes(onnx_bytes(network))
    load_stored_weights(network, tmp_path / "model.onnx")
    x = np.random.default_rng(0).random((1, side, side + 1, 3), np.float32)
    expected = np.asarray(network(x))
    np.testing.assert_allclose(run(tmp_path / "model.onnx", x), expected, atol=1e-5)


def test_a_softmax_over_maps_is_over_their_channels(tmp_path: Path) -> None:
    image = keras.Input((8, 8, 3))
    network = keras.Model(image, layers.Activation("softmax")(image))
    (tmp_path / "model.onnx").write_bytes(onnx_bytes(network))
    x = np.random.default_rng(0).random((1, 8, 8, 3), np.float32)
    np.testing.assert_allclose(run(tmp_path / "model.onnx", x), np.asarray(network(x)), atol=1e-6)


@pytest.mark.parametrize("shape", [(None, None, 3), (3, 8, 8), (8,)])
def test_a_network_without_a_fixed_image_size_is_told(shape: tuple[int | None, ...]) -> None:
    image = keras.Input(shape)
    network = keras.Model(image, layers.Activation("relu")(image))
    with pytest.raises(ModelMismatchError, match=r"expected an input of shape \(None, height, wid"):
        onnx_bytes(network)


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        (layers.AveragePooling2D(2), "expected one of InputLayer, Conv2D, .*, found AveragePool"),
        (layers.Activation("tanh"), "expected softmax, relu or sigmoid, found tanh"),
    ],
    ids=["pooling", "tanh"],
)
def test_a_layer_that_no_preset_has_is_named(layer: layers.Layer, told: str) -> None:
    image = keras.Input((8, 8, 3))
    network = keras.Model(image, layer(image))
    with pytest.raises(ModelMismatchError, match=f"{layer.name}: {told}"):
        onnx_bytes(network)
