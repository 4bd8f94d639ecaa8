"""Reading a Keras 2 network, ``model.json``, and its HDF5 weights, which Keras 3 does not.

The JSON lists layers by class, each with its arguments and, as ``inbound_nodes``, the layers
that it is called on. The HDF5 file has a group a layer, whose attribute ``weight_names`` says
in which order its arrays are the layer's weights.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from keras import KerasTensor, layers
from numpy.typing import NDArray

from bgremove.errors import ModelMismatchError

Config = dict[str, Any]


def read_keras2(path: Path) -> Config:
    """Read a Keras 2 ``model.json``.

    Raises
    ------
    ModelMismatchError
        If the file is no JSON, or is no Keras 2 network.
    """
    try:
        table: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelMismatchError(f"{path}: expected a Keras 2 network in JSON: {error}") from error
    kind = table.get("class_name") if isinstance(table, dict) else type(table).__name__
    if kind not in _NETWORKS:
        raise ModelMismatchError(
            f"{path}: expected a Keras 2 network of class {' or '.join(_NETWORKS)}, found {kind}"
        )
    version = str(table.get("keras_version", "2"))
    if not version.startswith("2"):
        raise ModelMismatchError(
            f"{path}: expected a network of Keras 2, found one of Keras {version}; "
            "save the whole model as .keras"
        )
    network: Config = table
    return network


def build_keras2(table: Config, source: str) -> keras.Model:
    """Build the network of a Keras 2 ``model.json`` from Keras 3 layers of the same names.

    Parameters
    ----------
    table : dict
        As `read_keras2` gives it.
    source : str
        What to call the file in messages.

    Returns
    -------
    keras.Model
        With fresh weights.

    Raises
    ------
    ModelMismatchError
        If a layer is of a class that is not known, lacks an argument, or is used twice.
    """
    try:
        config = table["config"]
        tensors: dict[str, KerasTensor] = {}
        for entry in config["layers"]:
            tensors[entry["name"]] = _output(entry, tensors, source)
        inputs = [tensors[name] for name, *_ in config["input_layers"]]
        outputs = [tensors[name] for name, *_ in config["output_layers"]]
        return keras.Model(_alone(inputs), _alone(outputs), name=config.get("name", "model"))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise ModelMismatchError(
            f"{source}: expected the layout of Keras 2, found it broken: {reason}"
        ) from error


def load_keras2_weights(model: keras.Model, path: Path) -> None:
    """Put the weights of a Keras 2 HDF5 file into a network, by the names of the layers.

    Raises
    ------
    ModelMismatchError
        If the file is no HDF5, lacks a layer, or has one of another shape.
    """
    with open_hdf5(path) as file:
        root = file.get("model_weights", file)
        for layer in model.layers:
            if not layer.weights:
                continue
            if layer.name not in root:
                raise ModelMismatchError(f"{path}: expected weights of {layer.name}, found none")
            values = _arrays(root[layer.name])
            expected = [tuple(variable.shape) for variable in layer.weights]
            found = [value.shape for value in values]
            if found != expected:
                raise ModelMismatchError(
                    f"{path}: expected shapes {expected} for {layer.name}, found {found}"
                )
            layer.set_weights(values)


def open_hdf5(path: Path) -> h5py.File:
    """Open an HDF5 file.

    Raises
    ------
    ModelMismatchError
        If it is none.
    """
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise ModelMismatchError(f"{path}: expected an HDF5 file: {error}") from error


def _arrays(group: h5py.Group) -> list[NDArray[np.float32]]:
    names = [n.decode() if isinstance(n, bytes) else n for n in group.attrs["weight_names"]]
    return [np.asarray(group[name], np.float32) for name in names]


def _output(entry: Config, tensors: dict[str, KerasTensor], source: str) -> KerasTensor:
    """Call a layer on what the JSON says that it is called on."""
    kind, name, config = entry["class_name"], entry["name"], entry["config"]
    if kind == "InputLayer":
        return keras.Input(batch_shape=config["batch_input_shape"], name=name)
    if kind not in _LAYERS:
        raise ModelMismatchError(
            f"{source}: expected layers of {', '.join(_LAYERS)}, found {kind} ({name})"
        )
    nodes = entry["inbound_nodes"]
    if len(nodes) != 1:
        raise ModelMismatchError(
            f"{source}: expected each layer to be used once, found {name} {len(nodes)} times"
        )
    inputs = [tensors[inbound[0]] for inbound in nodes[0]]
    return _LAYERS[kind]({**config, "name": name})(inputs if len(inputs) > 1 else inputs[0])


def _alone(tensors: list[KerasTensor]) -> KerasTensor | list[KerasTensor]:
    """Take the one out of its list: Keras 3 tells a list of one from the one."""
    return tensors[0] if len(tensors) == 1 else tensors


def _layer(kind: type[layers.Layer], *arguments: str) -> Callable[[Config], layers.Layer]:
    """Make a layer of those of its arguments that Keras 2 and 3 both have."""

    def make(config: Config) -> layers.Layer:
        return kind(**{key: config[key] for key in ("name", *arguments) if key in config})

    return make


def _merge(config: Config) -> layers.Layer:
    """Make what became of Keras 1's ``Merge``, which Keras 2.0 files still have."""
    if config["mode"] != "concat":
        raise ValueError(f"{config['name']} merges by {config['mode']!r}, not 'concat'")
    return layers.Concatenate(axis=config["concat_axis"], name=config["name"])


_CONVOLUTION = (
    "filters",
    "kernel_size",
    "strides",
    "padding",
    "data_format",
    "dilation_rate",
    "activation",
    "use_bias",
)

_LAYERS: dict[str, Callable[[Config], layers.Layer]] = {
    "Conv2D": _layer(layers.Conv2D, *_CONVOLUTION),
    "Conv2DTranspose": _layer(layers.Conv2DTranspose, *_CONVOLUTION),
    "BatchNormalization": _layer(
        layers.BatchNormalization, "axis", "momentum", "epsilon", "center", "scale"
    ),
    "Activation": _layer(layers.Activation, "activation"),
    "Softmax": _layer(layers.Softmax, "axis"),
    "Dropout": _layer(layers.Dropout, "rate"),
    "Concatenate": _layer(layers.Concatenate, "axis"),
    "Merge": _merge,
    "MaxPooling2D": _layer(layers.MaxPooling2D, "pool_size", "strides", "padding", "data_format"),
    "UpSampling2D": _layer(layers.UpSampling2D, "size", "data_format"),
    "Reshape": _layer(layers.Reshape, "target_shape"),
    "Permute": _layer(layers.Permute, "dims"),
}
"""By the class in the JSON; the initializers, regularizers and constraints serve training."""

_NETWORKS = ("Model", "Functional")
