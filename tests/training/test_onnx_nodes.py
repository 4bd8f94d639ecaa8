"""A convolution that is none of ours is told before anything is written."""

import keras
import pytest
from keras import layers

from bgremove.errors import ModelMismatchError
from bgremove.training.onnx_graph import onnx_bytes


@pytest.mark.parametrize("kind", [layers.Conv2D, layers.Conv2DTranspose])
@pytest.mark.parametrize(
    ("padding", "activation"), [("valid", "linear"), ("same", "relu"), ("valid", "relu")]
)
def test_other_padding_or_an_own_activation_is_told(
    kind: type[layers.Layer], padding: str, activation: str
) -> None:
    layer = kind(2, 3, padding=padding, activation=activation)
    image = keras.Input((8, 8, 3))
    network = keras.Model(image, layer(image))
    told = f"{layer.name}: expected 'same' padding and .*, found '{padding}' and {activation}"
    with pytest.raises(ModelMismatchError, match=told):
        onnx_bytes(network)
