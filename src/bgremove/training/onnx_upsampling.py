"""A transposed convolution as ONNX nodes that engines run fast."""

from dataclasses import dataclass
from itertools import product
from typing import Any

from keras import layers

from bgremove.errors import ModelMismatchError
from bgremove.training.onnx_nodes import Graph, check_plain


def transposed_convolution(graph: Graph, layer: layers.Conv2DTranspose) -> None:
    """Write one plain convolution for each pixel of a stride's square, and lay their pixels out.

    Engines take a quarter of the time for it (Shi et al. 2016, "Is the deconvolution layer the same
    as a convolutional layer?", arXiv 1609.07009).
    """
    check_plain(layer)
    _check_covers(layer)
    kernel, bias = (graph.weight(layer, variable) for variable in layer.weights)
    turned = graph.node("Transpose", [kernel], f"{layer.name}/turned", perm=[1, 0, 2, 3])
    per_row, per_column = (
        [_phase(size, stride, pixel) for pixel in range(stride)]
        for size, stride in zip(layer.kernel_size, layer.strides, strict=True)
    )
    pixels: list[str] = []
    for row, column in product(per_row, per_column):
        name = f"{layer.name}/pixel{len(pixels) + 1}"
        taps = _every(graph, turned, [row, column], list(layer.strides), f"{name}/taps")
        pads = [row.before, column.before, row.after, column.after]
        pixels.append(graph.node("Conv", [graph.name(layer.input), taps, bias], name, pads=pads))
    graph.names[id(layer.output)] = _side_by_side(graph, layer, pixels)


@dataclass(frozen=True)
class _Phase:
    """Which taps of a transposed kernel's side make every stride-th pixel.

    Attributes
    ----------
    last : int
        Of the taps; the others come before it, a stride apart.
    before, after : int
        The image's padding for them.
    """

    last: int
    before: int
    after: int


def _check_covers(layer: layers.Conv2DTranspose) -> None:
    for kernel, stride in zip(layer.kernel_size, layer.strides, strict=True):
        if kernel < stride:
            raise ModelMismatchError(
                f"{layer.name}: expected a kernel of its stride or more, "
                f"found {kernel} for {stride}"
            )


def _phase(kernel: int, stride: int, pixel: int) -> _Phase:
    shifted = pixel + (kernel - stride) // 2
    first, after = shifted % stride, shifted // stride
    beyond_first = (kernel - 1 - first) // stride
    return _Phase(first + beyond_first * stride, beyond_first - after, after)


def _every(graph: Graph, kernel: str, phases: list[_Phase], strides: list[int], name: str) -> str:
    """Take a phase's taps, backwards: a convolution reads its kernel the other way round."""
    ranges = {
        "from": [phase.last for phase in phases],
        "to": [_BEFORE_THE_FIRST] * 2,
        "axes": [2, 3],
        "steps": [-stride for stride in strides],
    }
    bounds = [graph.integers(f"{name}_{key}", *values) for key, values in ranges.items()]
    return graph.node("Slice", [kernel, *bounds], name)


_BEFORE_THE_FIRST = -(2**31)


def _side_by_side(graph: Graph, layer: layers.Conv2DTranspose, pixels: list[str]) -> str:
    """Lay a stride's pixels out beside each other, then below each other.

    In two steps, since OpenCV 5.0 takes two reshapes in a row for one.
    """
    down, along = layer.strides

    def step(kind: str, name: str, what: str, *shape: int, **attributes: Any) -> str:
        inputs = [name, graph.integers(f"{layer.name}/{what}_shape", *shape)] if shape else [name]
        return graph.node(kind, inputs, f"{layer.name}/{what}", **attributes)

    stack = graph.node("Concat", pixels, f"{layer.name}/stack", axis=0)
    listed = step("Unsqueeze", stack, "listed", 0)
    apart = step("Reshape", listed, "apart", down, along, 0, 0, 0)
    beside = step("Transpose", apart, "beside", perm=[0, 2, 3, 4, 1])
    rows = step("Reshape", beside, "rows", 0, 0, 0, -1)
    below = step("Transpose", rows, "below", perm=[1, 2, 0, 3])
    return step("Reshape", below, "output", 1, layer.filters, -1, 0)
