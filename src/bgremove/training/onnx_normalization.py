"""Batch normalizations as ONNX nodes that engines run fast.

Each is a convolution of every channel by itself, which engines run in one go with the ReLU that
follows. Its two factors are written as functions of the four that are stored, and of all
normalizations at once: an engine that loads the file works out each such node by itself, and a
few for each of 89 took longer than they saved.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import layers

from bgremove.errors import ModelMismatchError
from bgremove.training.onnx_nodes import Graph


def batch_normalization(graph: Graph, layer: layers.BatchNormalization) -> None:
    """Write a normalization whose factors are written."""
    graph.write(layer, "Conv", [_scale(layer), _offset(layer)], group=_channels(layer))


def write_factors(graph: Graph, normalizations: Sequence[layers.BatchNormalization]) -> None:
    """Write what each channel of each normalization is multiplied by, and what is added.

    Raises
    ------
    ModelMismatchError
        If they differ in epsilon.
    """
    if not normalizations:
        return
    epsilons = {layer.epsilon for layer in normalizations}
    if len(epsilons) > 1:
        raise ModelMismatchError(
            "expected one epsilon for all batch normalizations, "
            f"found {' and '.join(map(str, sorted(epsilons)))}"
        )

    def step(kind: str, what: str, *inputs: str, **attributes: Any) -> str:
        return graph.node(kind, list(inputs), f"normalizations/{what}", **attributes)

    def of_all(what: str) -> str:
        weights = [graph.weight(layer, getattr(layer, what)) for layer in normalizations]
        return step("Concat", what, *weights, axis=0)

    gamma, beta, mean, variance = map(of_all, ("gamma", "beta", "moving_mean", "moving_variance"))
    epsilon = graph.constant("normalizations/epsilon", np.array(epsilons.pop(), np.float32))
    deviation = step("Sqrt", "deviation", step("Add", "safe_variance", variance, epsilon))
    scale = step("Div", "scale", gamma, deviation)
    offset = step("Sub", "offset", beta, step("Mul", "shift", mean, scale))
    kernels = step("Reshape", "kernels", scale, graph.integers("normalizations/shape", -1, 1, 1, 1))

    sizes = [_channels(layer) for layer in normalizations]
    graph.split(kernels, sizes, [_scale(layer) for layer in normalizations])
    graph.split(offset, sizes, [_offset(layer) for layer in normalizations])


def _scale(layer: layers.BatchNormalization) -> str:
    return f"{layer.name}/scale"


def _offset(layer: layers.BatchNormalization) -> str:
    return f"{layer.name}/offset"


def _channels(layer: layers.BatchNormalization) -> int:
    return int(layer.gamma.shape[0])
