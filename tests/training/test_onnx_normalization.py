"""Batch normalizations give the same, whichever engine runs their file."""

from pathlib import Path

import cv2
import keras
import numpy as np
import onnxruntime
import pytest
from keras import layers

from bgremove.errors import ModelMismatchError
from bgremove.segmenter.stored_weights import load_stored_weights
from bgremove.training.onnx_graph import onnx_bytes


def normalized(*epsilons: float) -> keras.Model:
    """Build a network of normalizations alone, a ReLU between any two."""
    x = image = keras.Input((4, 5, 3))
    for epsilon in epsilons:
        x = layers.BatchNormalization(epsilon=epsilon)(layers.Activation("relu")(x))
    network = keras.Model(image, x)
    rng = np.random.default_rng(0)
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([rng.uniform(low, 2, 3) for low in (0.5, -2, -2, 0)])
    return network


@pytest.mark.parametrize("count", [1, 2, 5])
def test_both_engines_give_what_the_network_gives(count: int, tmp_path: Path) -> None:
    network = normalized(*[1e-3] * count)
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx_bytes(network))
    load_stored_weights(network, path)
    x = np.random.default_rng(1).random((1, 4, 5, 3), np.float32)
    expected = np.asarray(network(x, training=False))
    assert expected.std() > 0.1, "a flat answer would prove nothing"

    session = onnxruntime.InferenceSession(path)
    np.testing.assert_allclose(session.run(None, {"image": x})[0], expected, rtol=1e-5, atol=1e-5)
    opencv = cv2.dnn.readNetFromONNX(str(path), engine=cv2.dnn.ENGINE_NEW)
    opencv.setInput(x)
    np.testing.assert_allclose(opencv.forward(), expected, rtol=1e-5, atol=1e-5)


def test_two_epsilons_are_told() -> None:
    told = "expected one epsilon for all batch normalizations, found 0.001 and 0.01"
    with pytest.raises(ModelMismatchError, match=told):
        onnx_bytes(normalized(1e-2, 1e-3))
