"""Keras 2 networks and weights, in the layout of the original's files."""

import json
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from bgremove.errors import ModelMismatchError
from bgremove.network.tiramisu import PRESETS, build
from bgremove.segmenter import load_segmenter
from bgremove.segmenter.base import prepare
from bgremove.segmenter.keras2 import build_keras2, load_keras2_weights, read_keras2

INITIALIZER = {
    "class_name": "VarianceScaling",
    "config": {"scale": 2.0, "mode": "fan_in", "distribution": "uniform", "seed": None},
}
L2 = {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 9.999999747378752e-05}}


def keras2_arguments(layer: layers.Layer) -> tuple[str, dict[str, Any]]:
    """Give a layer's class and arguments as Keras 2.0 wrote them."""
    if isinstance(layer, layers.InputLayer):
        shape = list(layer.batch_shape)
        return "InputLayer", {"batch_input_shape": shape, "dtype": "float32", "sparse": False}
    if isinstance(layer, layers.Concatenate):
        return "Merge", {
            "mode": "concat",
            "mode_type": "raw",
            "concat_axis": layer.axis,
            "dot_axes": -1,
            "output_shape": None,
            "output_mask": None,
            "arguments": {},
        }
    if isinstance(layer, layers.BatchNormalization):
        return "BatchNormalization", {
            "axis": -1,
            "momentum": layer.momentum,
            "epsilon": layer.epsilon,
            "center": True,
            "scale": True,
            "beta_constraint": None,
            "moving_mean_initializer": {"class_name": "Zeros", "config": {}},
        }
    if isinstance(layer, (layers.Conv2D, layers.Conv2DTranspose)):
        return type(layer).__name__, {
            "filters": layer.filters,
            "kernel_size": list(layer.kernel_size),
            "strides": list(layer.strides),
            "padding": "same",
            "activation": "linear",
            "data_format": "channels_last",
            "use_bias": True,
            "kernel_initializer": INITIALIZER,
            "kernel_regularizer": L2,
            "bias_constraint": None,
        }
    if isinstance(layer, layers.Activation):
        return "Activation", {"activation": layer.activation.__name__}
    if isinstance(layer, layers.Dropout):
        return "Dropout", {"rate": layer.rate}
    if isinstance(layer, layers.Reshape):
        return "Reshape", {"target_shape": list(layer.target_shape)}
    raise NotImplementedError(type(layer).__name__)


def write_keras2_network(network: keras.Model, path: Path) -> dict[str, Any]:
    """Write a network as Keras 2.0's ``model.json``."""
    entries = []
    for layer in network.layers:
        kind, arguments = keras2_arguments(layer)
        called_on = [] if kind == "InputLayer" else [layer.input]
        tensors = called_on[0] if called_on and isinstance(called_on[0], list) else called_on
        keywords = {"mask": [None, None]} if kind == "Merge" else {}
        inbound = [[tensor._keras_history.operation.name, 0, 0, keywords] for tensor in tensors]
        entries.append(
            {
                "name": layer.name,
                "class_name": kind,
                "config": {"name": layer.name, "trainable": True, **arguments},
                "inbound_nodes": [inbound] if inbound else [],
            }
        )
    config = {
        "name": "model_1",
        "layers": entries,
        "input_layers": [[network.layers[0].name, 0, 0]],
        "output_layers": [[network.layers[-1].name, 0, 0]],
    }
    table = {
        "class_name": "Model",
        "config": config,
        "keras_version": "2.0.0",
        "backend": "tensorflow",
    }
    path.write_text(json.dumps(table))
    return table


def write_keras2_weights(network: keras.Model, path: Path, group: str = "/") -> None:
    """Write weights as Keras 2's ``save_weights`` did, or under the group of its ``save``."""
    with h5py.File(path, "w") as file:
        root = file.require_group(group)
        root.attrs["layer_names"] = [layer.name.encode() for layer in network.layers]
        for layer in network.layers:
            stored = root.create_group(layer.name)
            names = [f"{layer.name}/{variable.name}:0" for variable in layer.weights]
            stored.attrs["weight_names"] = [name.encode() for name in names]
            for name, value in zip(names, layer.get_weights(), strict=True):
                stored[name] = value


def small_network() -> keras.Model:
    image = keras.Input((8, 8, 3), name="input_1")
    x = layers.Conv2D(4, 3, strides=2, padding="same", name="conv2d_1")(image)
    y = layers.BatchNormalization(epsilon=1e-3, name="batch_normalization_1")(x)
    y = layers.Activation("relu", name="activation_1")(y)
    y = layers.Dropout(0.2, name="dropout_1")(y)
    x = layers.Concatenate(name="merge_1")([x, y])
    x = layers.Conv2DTranspose(2, 3, strides=2, padding="same", name="conv2d_transpose_1")(x)
    x = layers.Reshape((-1, 2), name="reshape_1")(x)
    return keras.Model(image, layers.Activation("softmax", name="activation_2")(x))


@pytest.fixture
def small() -> keras.Model:
    network = small_network()
    rng = np.random.default_rng(0)
    network.set_weights([rng.uniform(0.1, 1, w.shape) for w in network.weights])
    return network


@pytest.fixture
def table(small: keras.Model, tmp_path: Path) -> dict[str, Any]:
    return write_keras2_network(small, tmp_path / "model.json")


def test_the_originals_network_gives_what_the_same_network_in_code_gives(tmp_path: Path) -> None:
    network = build(PRESETS["fc-densenet103-original"], size=224)
    write_keras2_network(network, tmp_path / "model.json")
    write_keras2_weights(network, tmp_path / "main_model.hdf5")

    segmenter = load_segmenter(tmp_path / "model.json", "cpu")

    image = np.random.default_rng(0).integers(0, 256, (224, 224, 3), np.uint8)
    expected = network(prepare(image, segmenter.card.input), training=False).numpy()
    assert expected.shape == (1, 50176, 2)
    assert expected.std() > 0.01, "a flat answer would prove nothing"
    assert segmenter.card.outputs == ("background", "person")
    assert segmenter.card.parameters == 9_422_850
    probability = segmenter.predict(image)
    assert probability.shape == (224, 224, 2)
    np.testing.assert_allclose(probability.reshape(1, 50176, 2), expected, atol=1e-4)


@pytest.mark.parametrize("group", ["/", "model_weights"])
def test_weights_load_by_name_from_either_place(
    small: keras.Model, table: dict[str, Any], tmp_path: Path, group: str
) -> None:
    write_keras2_weights(small, tmp_path / "weights.h5", group)
    network = build_keras2(table, "model.json")
    load_keras2_weights(network, tmp_path / "weights.h5")
    x = np.random.default_rng(1).random((1, 8, 8, 3), np.float32)
    np.testing.assert_allclose(network(x), small(x), atol=1e-6)
    assert [layer.name for layer in network.layers] == [layer.name for layer in small.layers]


def test_the_layers_that_came_with_later_keras_2_are_read() -> None:
    def entry(kind: str, name: str, on: list[str], **arguments: Any) -> dict[str, Any]:
        inbound = [[[other, 0, 0, {}] for other in on]] if on else []
        return {"class_name": kind, "name": name, "config": arguments, "inbound_nodes": inbound}

    config = {
        "layers": [
            entry("InputLayer", "in", [], batch_input_shape=[None, 8, 8, 3]),
            entry("MaxPooling2D", "pool", ["in"], pool_size=[2, 2], padding="valid"),
            entry("UpSampling2D", "up", ["pool"], size=[2, 2]),
            entry("Concatenate", "both", ["in", "up"], axis=-1),
            entry("Permute", "turned", ["both"], dims=[2, 1, 3]),
            entry("Softmax", "out", ["turned"], axis=-1),
        ],
        "input_layers": [["in", 0, 0]],
        "output_layers": [["out", 0, 0]],
    }
    network = build_keras2({"class_name": "Functional", "config": config}, "model.json")
    assert network.output_shape == (None, 8, 8, 6)
    np.testing.assert_allclose(network(np.ones((1, 8, 8, 3), np.float32)), 1 / 6, atol=1e-6)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("{", "in JSON: Expecting property name"),
        ("[" * 100_000, "expected a Keras 2 network in JSON: "),
        ("[]", "Model or Functional, found list"),
        ('{"class_name": "Sequential"}', "Model or Functional, found Sequential"),
        ('{"class_name": "Functional", "keras_version": "3.1.0"}', "found one of Keras 3.1.0"),
    ],
)
def test_a_json_of_another_kind_is_told(tmp_path: Path, content: str, found: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(content)
    with pytest.raises(ModelMismatchError, match=found):
        read_keras2(path)


def test_a_layer_that_is_not_known_is_named(table: dict[str, Any]) -> None:
    table["config"]["layers"][3]["class_name"] = "Lambda"
    with pytest.raises(ModelMismatchError, match=r"expected layers of .*, found Lambda \(activa"):
        build_keras2(table, "model.json")


def test_a_layer_that_is_used_twice_is_named(table: dict[str, Any]) -> None:
    layer = table["config"]["layers"][1]
    layer["inbound_nodes"] *= 2
    with pytest.raises(ModelMismatchError, match="used once, found conv2d_1 2 times"):
        build_keras2(table, "model.json")


def test_a_merge_that_does_not_concatenate_is_told(table: dict[str, Any]) -> None:
    merge = next(e for e in table["config"]["layers"] if e["class_name"] == "Merge")
    merge["config"]["mode"] = "sum"
    with pytest.raises(ModelMismatchError, match="merge_1 merges by 'sum', not 'concat'"):
        build_keras2(table, "model.json")


@pytest.mark.parametrize("missing", ["filters", "kernel_size"])
def test_a_layer_without_an_argument_is_told_in_one_line(
    table: dict[str, Any], missing: str
) -> None:
    del table["config"]["layers"][1]["config"][missing]
    with pytest.raises(ModelMismatchError, match=f"found it broken: .*{missing}") as told:
        build_keras2(table, "model.json")
    assert "\n" not in str(told.value)


def test_weights_without_a_layer_name_it(
    small: keras.Model, table: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "weights.h5"
    write_keras2_weights(small, path)
    with h5py.File(path, "a") as file:
        del file["conv2d_transpose_1"]
    with pytest.raises(ModelMismatchError, match="expected weights of conv2d_transpose_1, found n"):
        load_keras2_weights(build_keras2(table, "model.json"), path)


def test_weights_of_another_shape_are_told(
    small: keras.Model, table: dict[str, Any], tmp_path: Path
) -> None:
    write_keras2_weights(small, tmp_path / "weights.h5")
    table["config"]["layers"][1]["config"]["filters"] = 5
    expected = r"\[\(3, 3, 3, 5\), \(5,\)\] for conv2d_1, found \[\(3, 3, 3, 4\), \(4,\)\]"
    with pytest.raises(ModelMismatchError, match=expected):
        load_keras2_weights(build_keras2(table, "model.json"), tmp_path / "weights.h5")


def test_weights_that_are_no_hdf5_are_told(table: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    path.write_text("nothing")
    with pytest.raises(ModelMismatchError, match=r"weights\.h5: expected an HDF5 file"):
        load_keras2_weights(build_keras2(table, "model.json"), path)
