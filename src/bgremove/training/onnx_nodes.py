"""An ONNX graph while it is written: nodes, initializers, and which value is which tensor."""

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import onnx
from keras import KerasTensor, layers
from onnx import TensorProto, helper, numpy_helper

from bgremove.errors import ModelMismatchError
from bgremove.segmenter.stored_weights import address, to_stored


@dataclass
class Graph:
    """What is written so far.

    Attributes
    ----------
    names : dict
        Of the ONNX value that stands for each Keras tensor, by the tensor's id.
    rows : set of str
        The values that have no channels-first form: pixels in one row.
    """

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initializers: list[onnx.TensorProto] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    rows: set[str] = field(default_factory=set)

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Add a node of one output, which has the node's name."""
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def split(self, name: str, sizes: list[int], outputs: list[str]) -> None:
        """Add a node that cuts a value along its first axis."""
        counts = self.integers(f"{name}/sizes", *sizes)
        node = helper.make_node("Split", [name, counts], outputs, f"{name}/split", axis=0)
        self.nodes.append(node)

    def constant(self, name: str, value: np.ndarray[Any, Any]) -> str:
        """Add a value that is none of the network's weights."""
        return self.node("Constant", [], name, value=numpy_helper.from_array(value))

    def integers(self, name: str, *values: int) -> str:
        """Add shapes, axes or counts."""
        return self.constant(name, np.array(values, np.int64))

    def weight(self, layer: layers.Layer, variable: Any) -> str:
        """Add a layer's weight, as it is stored; give the value that has it in float32."""
        name = address(layer, variable)
        stored = to_stored(keras.ops.convert_to_numpy(variable))
        self.initializers.append(numpy_helper.from_array(stored, name))
        if stored.dtype == np.float32:
            return name
        return self.node("Cast", [name], f"{name}/float32", to=TensorProto.FLOAT)

    def name(self, tensor: KerasTensor) -> str:
        """Tell which value stands for a tensor."""
        return self.names[id(tensor)]

    def write(self, layer: layers.Layer, kind: str, weights: list[str], **attributes: Any) -> str:
        """Add the node of a layer with one output, and note its output's name."""
        tensors = layer.input if isinstance(layer.input, list) else [layer.input]
        inputs = [self.name(tensor) for tensor in tensors]
        output = self.node(kind, [*inputs, *weights], f"{layer.name}/output", **attributes)
        self.names[id(layer.output)] = output
        return output

    def channels_last(self, tensor: KerasTensor) -> str:
        """Give a tensor as Keras has it; rows are so already."""
        name = self.name(tensor)
        if name in self.rows:
            return name
        return self.node("Transpose", [name], f"{name}/channels_last", perm=[0, 2, 3, 1])


def check_plain(layer: Any) -> None:
    """See that a convolution is one of ours.

    Raises
    ------
    ModelMismatchError
        If it has other padding than "same", or an activation of its own.
    """
    if layer.padding != "same" or layer.activation is not keras.activations.linear:
        raise ModelMismatchError(
            f"{layer.name}: expected 'same' padding and no activation of its own, "
            f"found {layer.padding!r} and {layer.activation.__name__}"
        )
