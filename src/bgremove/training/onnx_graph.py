"""A Keras network as an ONNX graph, node by node.

Written here, and not by a converter, so that each initializer carries its Keras address and
is stored once (see `bgremove.segmenter.stored_weights`). Images come in and probabilities go
out with channels last, as in Keras; in between, channels come first, as ONNX wants them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
from keras import KerasTensor, layers
from onnx import TensorProto, helper, numpy_helper

from bgremove.errors import ModelMismatchError
from bgremove.segmenter.stored_weights import address, to_stored

OPSET = 17
"""The lowest that current tools write by default; ONNX Runtime reads it since 1.12."""

IR_VERSION = 8
"""The file format of that opset."""


def export_onnx(model: keras.Model, path: Path) -> None:
    """Write a network of `bgremove.network` as an ONNX file.

    Parameters
    ----------
    model : keras.Model
        Functional, of fixed size, channels last. Where it gives maps, the file takes any size
        that the network's stride divides.
    path : Path

    Raises
    ------
    ModelMismatchError
        If the network is of another kind, or has a layer that no preset has.
    """
    image_shape: list[int | str] = list(_fixed_shape(model)[1:])
    output_shape: list[int | str] = list(model.output_shape[1:])
    gives_maps = len(output_shape) == 3
    if gives_maps:
        image_shape[:2] = output_shape[:2] = ["height", "width"]
    graph = _Graph()
    for layer in model.layers:
        kind = type(layer)
        if kind not in _WRITERS:
            raise ModelMismatchError(
                f"{layer.name}: expected one of {', '.join(k.__name__ for k in _WRITERS)}, "
                f"found {kind.__name__}"
            )
        _WRITERS[kind](graph, layer)
    result = graph.channels_last(model.outputs[0])
    graph.node("Identity", [result], "probability")

    onnx_graph = helper.make_graph(
        graph.nodes,
        model.name,
        [_value("image", [1, *image_shape])],
        [_value("probability", [1, *output_shape])],
        graph.initializers,
    )
    opset = [helper.make_opsetid("", OPSET)]
    onnx_model = helper.make_model(
        onnx_graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="bgremove"
    )
    onnx.checker.check_model(onnx_model)
    path.write_bytes(onnx_model.SerializeToString())


@dataclass
class _Graph:
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
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, value: np.ndarray[Any, Any]) -> str:
        self.initializers.append(numpy_helper.from_array(value, name))
        return name

    def weight(self, layer: layers.Layer, variable: Any) -> str:
        name = address(layer, variable)
        stored = to_stored(keras.ops.convert_to_numpy(variable))
        self.constant(name, stored)
        if stored.dtype == np.float32:
            return name
        return self.node("Cast", [name], f"{name}/float32", to=TensorProto.FLOAT)

    def name(self, tensor: KerasTensor) -> str:
        return self.names[id(tensor)]

    def write(self, layer: layers.Layer, kind: str, weights: list[str], **attributes: Any) -> str:
        """Add the node of a layer with one output, and note its output's name."""
        tensors = layer.input if isinstance(layer.input, list) else [layer.input]
        inputs = [self.name(tensor) for tensor in tensors]
        output = self.node(kind, [*inputs, *weights], f"{layer.name}/output", **attributes)
        self.names[id(layer.output)] = output
        return output

    def channels_last(self, tensor: KerasTensor) -> str:
        name = self.name(tensor)
        if name in self.rows:
            return name
        return self.node("Transpose", [name], f"{name}/channels_last", perm=[0, 2, 3, 1])


def _input(graph: _Graph, layer: layers.InputLayer) -> None:
    name = f"{layer.name}/channels_first"
    graph.names[id(layer.output)] = graph.node("Transpose", ["image"], name, perm=[0, 3, 1, 2])


def _convolution(graph: _Graph, layer: layers.Conv2D) -> None:
    sides = layer.input.shape[1:3]
    pads = [
        _same_padding(side, kernel, stride)
        for side, kernel, stride in zip(sides, layer.kernel_size, layer.strides, strict=True)
    ]
    before, after = zip(*pads, strict=True)
    _weighted(graph, layer, "Conv", [*before, *after])


def _transposed_convolution(graph: _Graph, layer: layers.Conv2DTranspose) -> None:
    cut = [kernel - stride for kernel, stride in zip(layer.kernel_size, layer.strides, strict=True)]
    before = [total // 2 for total in cut]
    after = [total - first for total, first in zip(cut, before, strict=True)]
    _weighted(graph, layer, "ConvTranspose", [*before, *after])


def _weighted(graph: _Graph, layer: Any, kind: str, pads: list[int]) -> None:
    if layer.padding != "same" or layer.activation is not keras.activations.linear:
        raise ModelMismatchError(
            f"{layer.name}: expected 'same' padding and no activation of its own, "
            f"found {layer.padding!r} and {layer.activation.__name__}"
        )
    weights = [graph.weight(layer, variable) for variable in layer.weights]
    graph.write(layer, kind, weights, strides=list(layer.strides), pads=pads)


def _same_padding(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """Give TensorFlow's 'same' padding: an odd pixel goes behind."""
    outputs = -(-side // stride)
    total = max((outputs - 1) * stride + kernel - side, 0)
    return total // 2, total - total // 2


def _batch_normalization(graph: _Graph, layer: layers.BatchNormalization) -> None:
    variables = [layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance]
    weights = [graph.weight(layer, variable) for variable in variables]
    graph.write(layer, "BatchNormalization", weights, epsilon=layer.epsilon)


def _activation(graph: _Graph, layer: layers.Activation) -> None:
    kind = layer.activation.__name__
    if kind == "softmax":
        rows = graph.name(layer.input) in graph.rows
        name = graph.write(layer, "Softmax", [], axis=-1 if rows else 1)
    elif kind in _ACTIVATIONS:
        name = graph.write(layer, _ACTIVATIONS[kind], [])
    else:
        raise ModelMismatchError(
            f"{layer.name}: expected softmax, {' or '.join(_ACTIVATIONS)}, found {kind}"
        )
    if graph.nodes[-1].input[0] in graph.rows:
        graph.rows.add(name)


_ACTIVATIONS = {"relu": "Relu", "sigmoid": "Sigmoid"}


def _dropout(graph: _Graph, layer: layers.Dropout) -> None:
    graph.names[id(layer.output)] = graph.name(layer.input)


def _concatenate(graph: _Graph, layer: layers.Concatenate) -> None:
    graph.write(layer, "Concat", [], axis=1)


def _max_pooling(graph: _Graph, layer: layers.MaxPooling2D) -> None:
    graph.write(
        layer, "MaxPool", [], kernel_shape=list(layer.pool_size), strides=list(layer.strides)
    )


def _reshape(graph: _Graph, layer: layers.Reshape) -> None:
    shape = graph.constant(f"{layer.name}/shape", np.array([1, *layer.target_shape], np.int64))
    rows = [graph.channels_last(layer.input), shape]
    name = graph.node("Reshape", rows, f"{layer.name}/output")
    graph.names[id(layer.output)] = name
    graph.rows.add(name)


_WRITERS: dict[type, Callable[[_Graph, Any], None]] = {
    layers.InputLayer: _input,
    layers.Conv2D: _convolution,
    layers.Conv2DTranspose: _transposed_convolution,
    layers.BatchNormalization: _batch_normalization,
    layers.Activation: _activation,
    layers.Dropout: _dropout,
    layers.Concatenate: _concatenate,
    layers.MaxPooling2D: _max_pooling,
    layers.Reshape: _reshape,
}


def _fixed_shape(model: keras.Model) -> tuple[int, ...]:
    shape = tuple(model.input_shape)
    if len(shape) != 4 or shape[3] != 3 or None in shape[1:]:
        raise ModelMismatchError(
            f"{model.name}: expected an input of shape (None, height, width, 3), found {shape}"
        )
    return shape


def _value(name: str, shape: list[int | str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
