"""A model's weights, stored once for both engines: as the initializers of its ONNX file.

Each is named by its address in the Keras network (``down3_layer2_conv/kernel``). Kernels are
float16, which halves the file; all else is float32. Both engines compute in float32 with the
same rounded values.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bgremove.errors import ModelMismatchError
from bgremove.extras import import_extra

if TYPE_CHECKING:
    import keras

_KERAS_TO_ONNX = (3, 2, 0, 1)
"""Kernels: HWIO to OIHW for a convolution, HWOI to IOHW for a transposed one."""

_ONNX_TO_KERAS = (2, 3, 1, 0)


def address(layer: "keras.Layer", variable: Any) -> str:
    """Name a variable of a layer: ``down3_layer2_conv/kernel``."""
    return f"{layer.name}/{variable.name}"


def to_stored(value: NDArray[np.float32]) -> NDArray[Any]:
    """Turn a weight of a Keras layer into what the file holds."""
    if value.ndim == 4:
        return np.ascontiguousarray(value.transpose(_KERAS_TO_ONNX)).astype(np.float16)
    return value.astype(np.float32)


def from_stored(value: NDArray[Any]) -> NDArray[np.float32]:
    """Turn what the file holds into a weight of a Keras layer."""
    plain = value.transpose(_ONNX_TO_KERAS) if value.ndim == 4 else value
    return plain.astype(np.float32)


def load_stored_weights(model: "keras.Model", path: Path) -> None:
    """Put the weights of an ONNX file that `bgremove.training.export` wrote into its network.

    Raises
    ------
    ModelMismatchError
        If the file is no ONNX, or lacks a weight of the network, or has one of another shape.
    MissingExtraError
        If the package ``onnx`` is not installed.
    """
    stored = _initializers(path)
    for layer in model.layers:
        for variable in layer.weights:
            name = address(layer, variable)
            if name not in stored:
                raise ModelMismatchError(f"{path}: expected weights named {name}, found none")
            value = from_stored(stored[name])
            if value.shape != tuple(variable.shape):
                raise ModelMismatchError(
                    f"{path}: expected shape {tuple(variable.shape)} for {name}, "
                    f"found {value.shape}"
                )
            variable.assign(value)


def _initializers(path: Path) -> dict[str, NDArray[Any]]:
    onnx = import_extra("onnx", "tensorflow")
    protobuf = import_extra("google.protobuf.message", "tensorflow")
    try:
        graph = onnx.load(path).graph
    except (OSError, ValueError, protobuf.DecodeError) as error:
        raise ModelMismatchError(f"{path}: expected an ONNX file: {error}") from error
    return {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
