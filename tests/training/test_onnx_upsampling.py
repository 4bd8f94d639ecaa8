"""A transposed convolution gives the same pixels, whichever engine runs its file."""

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


def upsampling(kernel: tuple[int, int], stride: tuple[int, int]) -> keras.Model:
    """Build a network of one transposed convolution, with a bias that counts."""
    image = keras.Input((5, 6, 3))
    layer = layers.Conv2DTranspose(
        4, kernel, strides=stride, padding="same", bias_initializer="random_normal"
    )
    return keras.Model(image, layer(image))


@pytest.mark.parametrize("kernel", [(2, 2), (3, 3), (4, 4), (6, 6), (3, 4), (7, 2)])
@pytest.mark.parametrize("stride", [(2, 2), (1, 1), (2, 1), (1, 2)])
def test_padding_is_tensorflows(
    kernel: tuple[int, int], stride: tuple[int, int], tmp_path: Path
) -> None:
    network = upsampling(kernel, stride)
    (tmp_path / "model.onnx").write_bytes(onnx_bytes(network))
    load_stored_weights(network, tmp_path / "model.onnx")
    x = np.random.default_rng(0).random((1, 5, 6, 3), np.float32)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    given = session.run(["probability"], {"image": x})[0]
    np.testing.assert_allclose(given, np.asarray(network(x)), atol=1e-5)


@pytest.mark.parametrize(("kernel", "stride"), [(3, 2), (5, 3), (3, 3)])
@pytest.mark.parametrize("shape", [(5, 6), (8, 3), (1, 1)])
def test_both_engines_give_the_same_at_any_size(
    kernel: int, stride: int, shape: tuple[int, int], tmp_path: Path
) -> None:
    network = upsampling((kernel, kernel), (stride, stride))
    (tmp_path / "model.onnx").write_bytes(onnx_bytes(network))
    load_stored_weights(network, tmp_path / "model.onnx")
    x = np.random.default_rng(0).random((1, *shape, 3), np.float32)
    expected = np.asarray(network.layers[-1](x))

    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    np.testing.assert_allclose(session.run(None, {"image": x})[0], expected, atol=1e-5)
    opencv = cv2.dnn.readNetFromONNX(str(tmp_path / "model.onnx"), engine=cv2.dnn.ENGINE_NEW)
    opencv.setInput(x)
    np.testing.assert_allclose(opencv.forward(), expected, atol=1e-5)


def test_a_kernel_that_leaves_pixels_out_is_told() -> None:
    network = upsampling((2, 3), (3, 3))
    name = network.layers[-1].name
    told = f"{name}: expected a kernel of its stride or more, found 2 for 3"
    with pytest.raises(ModelMismatchError, match=told):
        onnx_bytes(network)
