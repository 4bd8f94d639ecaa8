"""A Keras network as an ONNX graph, node by node.

Written here, and not by a converter, so that each initializer carries its Keras address and
is stored once (see `bgremove.segmenter.stored_weights`). Images come in and probabilities go
out with channels last, as in Keras; in between, channels come first, as ONNX wants them.
"""

from collections.abc import Callable
from typing import Any

import keras
import onnx
from keras import layers
from onnx import TensorProto, helper

from bgremove.errors import ModelMismatchError
from bgremove.training.onnx_nodes import Graph, check_plain
from bgremove.training.onnx_normalization import batch_normalization, write_factors
from bgremove.training.onnx_upsampling import transposed_convolution

OPSET = 17
"""The lowest that current tools write by default; ONNX Runtime reads it since 1.12."""

IR_VERSION = 8
"""The file format of that opset."""


def onnx_bytes(model: keras.Model) -> bytes:
    """Give a network of `bgremove.network` as an ONNX file has it.

    Parameters
    ----------
    model : keras.Model
        Functional, of fixed size, channels last. Where it gives maps, the file takes any size
        that the network's stride divides.

    Returns
    -------
    bytes

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
    graph = Graph()
    write_factors(
        graph, [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    )
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
    content: bytes = onnx_model.SerializeToString()
    return content


def _input(graph: Graph, layer: layers.InputLayer) -> None:
    name = f"{layer.name}/channels_first"
    graph.names[id(layer.output)] = graph.node("Transpose", ["image"], name, perm=[0, 3, 1, 2])


def _convolution(graph: Graph, layer: layers.Conv2D) -> None:
    check_plain(layer)
    sides = layer.input.shape[1:3]
    pads = [
        _same_padding(side, kernel, stride)
        for side, kernel, stride in zip(sides, layer.kernel_size, layer.strides, strict=True)
    ]
    before, after = zip(*pads, strict=True)
    weights = [graph.weight(layer, variable) for variable in layer.weights]
    graph.write(layer, "Conv", weights, strides=list(layer.strides), pads=[*before, *after])


def _same_padding(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """Give TensorFlow's 'same' padding: an odd pixel goes behind."""
    outputs = -(-side // stride)
    total = max((outputs - 1) * stride + kernel - side, 0)
    return total // 2, total - total // 2


def _activation(graph: Graph, layer: layers.Activation) -> None:
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


def _dropout(graph: Graph, layer: layers.Dropout) -> None:
    graph.names[id(layer.output)] = graph.name(layer.input)


def _concatenate(graph: Graph, layer: layers.Concatenate) -> None:
    graph.write(layer, "Concat", [], axis=1)


def _max_pooling(graph: Graph, layer: layers.MaxPooling2D) -> None:
    graph.write(
        layer, "MaxPool", [], kernel_shape=list(layer.pool_size), strides=list(layer.strides)
    )


def _reshape(graph: Graph, layer: layers.Reshape) -> None:
    shape = graph.integers(f"{layer.name}/shape", 1, *layer.target_shape)
    rows = [graph.channels_last(layer.input), shape]
    name = graph.node("Reshape", rows, f"{layer.name}/output")
    graph.names[id(layer.output)] = name
    graph.rows.add(name)


_WRITERS: dict[type, Callable[[Graph, Any], None]] = {
    layers.InputLayer: _input,
    layers.Conv2D: _convolution,
    layers.Conv2DTranspose: transposed_convolution,
    layers.BatchNormalization: batch_normalization,
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
