"""The TensorFlow engine reads Keras files, and tells from the network what it gives."""

import shutil
import sys
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from bgremove.cards import CARD_FILE, InputSpec, ModelCard, read_card, write_card
from bgremove.devices import Device
from bgremove.errors import (
    DeviceError,
    MissingExtraError,
    ModelMismatchError,
    ModelNotFoundError,
)
from bgremove.segmenter.base import prepare
from bgremove.segmenter.keras_engine import derive_card, load_keras

CPU = Device("cpu")


def one_convolution(
    filters: int = 1, activation: str = "sigmoid", side: int | None = 8
) -> keras.Model:
    image = keras.Input((side, side, 3))
    x = layers.Conv2D(filters, 3, padding="same", activation=activation)(image)
    return keras.Model(image, x)


def noise(side: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_whole_model_gives_what_keras_gives(tmp_path: Path, suffix: str) -> None:
    network = one_convolution()
    path = tmp_path / f"small{suffix}"
    network.save(path)
    segmenter = load_keras(path, None, CPU)
    expected = network(prepare(noise(8), InputSpec(height=8, width=8))).numpy()[0]
    np.testing.assert_allclose(segmenter.predict(noise(8)), expected, atol=1e-6)
    assert segmenter.card.name == "small"


@pytest.mark.parametrize(
    ("activation", "filters", "outputs"),
    [
        ("softmax", 2, ("background", "person")),
        ("sigmoid", 1, ("person",)),
        ("sigmoid", 2, ("person", "subject")),
    ],
)
def test_outputs_follow_from_the_last_activation_and_the_channels(
    activation: str, filters: int, outputs: tuple[str, ...]
) -> None:
    card = derive_card(one_convolution(filters, activation), Path("net.keras"))
    assert card.outputs == outputs
    assert (card.input.height, card.input.width) == (8, 8)
    assert card.parameters == 28 * filters


def test_a_network_of_any_size_gets_the_originals() -> None:
    card = derive_card(one_convolution(side=None), Path("net.keras"))
    assert (card.input.height, card.input.width) == (224, 224)


def test_a_softmax_layer_counts_as_a_softmax() -> None:
    image = keras.Input((8, 8, 3))
    network = keras.Model(image, layers.Softmax()(layers.Conv2D(2, 1)(image)))
    assert derive_card(network, Path("net.keras")).outputs == ("background", "person")


@pytest.mark.parametrize(
    ("activation", "filters", "found"),
    [
        ("softmax", 12, "softmax over 12"),
        ("linear", 1, "linear over 1"),
        ("sigmoid", 3, "sigmoid over 3"),
    ],
)
def test_other_outputs_need_a_card(activation: str, filters: int, found: str) -> None:
    with pytest.raises(ModelMismatchError, match=f"ends in softmax over 2, .* found {found}; or p"):
        derive_card(one_convolution(filters, activation), Path("net.keras"))


def test_a_network_that_wraps_its_input_and_output_in_lists_is_taken(tmp_path: Path) -> None:
    network = one_convolution()
    listed = keras.Model([network.inputs[0]], [network.outputs[0]])
    listed.save(tmp_path / "net.keras")
    segmenter = load_keras(tmp_path / "net.keras", None, CPU)
    expected = network(prepare(noise(8), InputSpec(height=8, width=8))).numpy()[0]
    np.testing.assert_allclose(segmenter.predict(noise(8)), expected, atol=1e-6)


def test_a_card_decides_over_the_network(tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    one_convolution(3, "softmax").save(path)
    card = ModelCard(
        name="three",
        description="for tests",
        input=InputSpec(height=8, width=8, mean=(0.5, 0.5, 0.5)),
        outputs=("sky", "person", "ground"),
    )
    segmenter = load_keras(path, card, CPU)
    assert segmenter.card.channel_of("person") == 1
    assert segmenter.predict(noise(20)).shape == (8, 8, 3)


def test_a_card_of_another_size_is_told(tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    one_convolution().save(path)
    card = ModelCard(name="net", description="for tests", input=InputSpec(), outputs=("person",))
    expected = r"expected an input of shape \(1, 224, 224, 3\), found \(any, 8, 8, 3\)"
    with pytest.raises(ModelMismatchError, match=expected):
        load_keras(path, card, CPU)


def test_a_network_with_two_outputs_is_told(tmp_path: Path) -> None:
    image = keras.Input((8, 8, 3))
    network = keras.Model(image, [layers.Conv2D(1, 1)(image), layers.Conv2D(1, 1)(image)])
    network.save(tmp_path / "net.keras")
    with pytest.raises(ModelMismatchError, match="one input and one output, found 1 and 2"):
        load_keras(tmp_path / "net.keras", None, CPU)


def test_a_network_that_takes_no_images_is_told(tmp_path: Path) -> None:
    numbers = keras.Input((5,))
    network = keras.Model(numbers, layers.Dense(1, activation="sigmoid")(numbers))
    network.save(tmp_path / "net.keras")
    expected = r"expected an input of shape \(1, 224, 224, 3\), found \(any, 5\)"
    with pytest.raises(ModelMismatchError, match=expected):
        load_keras(tmp_path / "net.keras", None, CPU)


def test_code_in_a_keras_file_is_not_run(tmp_path: Path) -> None:
    image = keras.Input((8, 8, 3))
    network = keras.Model(image, layers.Lambda(lambda x: x[..., :1])(image))
    network.save(tmp_path / "net.keras")
    with pytest.raises(ModelMismatchError, match=r"net\.keras: expected a Keras model, .*Lambda"):
        load_keras(tmp_path / "net.keras", None, CPU)


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04" + bytes(60)])
def test_a_file_of_another_kind_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.keras"
    path.write_bytes(content)
    with pytest.raises(ModelMismatchError, match=r"net\.keras: expected a Keras model") as told:
        load_keras(path, None, CPU)
    assert "\n" not in str(told.value)


def test_an_h5_that_is_no_hdf5_is_told(tmp_path: Path) -> None:
    path = tmp_path / "net.h5"
    path.write_bytes(b"text")
    with pytest.raises(ModelMismatchError, match=r"net\.h5: expected an HDF5 file"):
        load_keras(path, None, CPU)


def test_weights_without_their_network_are_told(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "main.hdf5", "w"):
        pass
    expected = r"main\.hdf5: holds weights only; .*main\.json or model\.json, found neither"
    with pytest.raises(ModelNotFoundError, match=expected):
        load_keras(tmp_path / "main.hdf5", None, CPU)


def test_weights_find_the_network_beside_them(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "main.hdf5", "w"):
        pass
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(ModelMismatchError, match=r"model\.json: expected a Keras 2 network"):
        load_keras(tmp_path / "main.hdf5", None, CPU)


@pytest.mark.parametrize(
    ("beside", "found"), [([], "none"), (["one.hdf5", "two.h5"], r"one\.hdf5, two\.h5")]
)
def test_a_network_without_its_weights_is_told(
    tmp_path: Path, beside: list[str], found: str
) -> None:
    network = tmp_path / "model.json"
    network.write_text("{}")
    for name in beside:
        (tmp_path / name).touch()
    with pytest.raises(ModelNotFoundError, match=f"model.hdf5 or one .hdf5 or .h5, found {found}"):
        load_keras(network, None, CPU)


def test_weights_of_the_networks_own_name_are_preferred(tmp_path: Path) -> None:
    network = tmp_path / "model.json"
    network.write_text("[]")
    (tmp_path / "model.hdf5").touch()
    (tmp_path / "other.hdf5").touch()
    with pytest.raises(ModelMismatchError, match=r"model\.json: expected a Keras 2 network"):
        load_keras(network, None, CPU)


def test_a_foreign_onnx_file_is_for_the_other_engine(red_model: Path) -> None:
    card = read_card(red_model.with_name(CARD_FILE))
    with pytest.raises(ModelMismatchError, match="a network of bgremove, found None; other ONNX"):
        load_keras(red_model, card, CPU)


def test_a_gpu_that_is_not_there_is_an_error(model_file: Path) -> None:
    card = read_card(model_file.with_name(CARD_FILE))
    with pytest.raises(DeviceError, match=r"gpu:99 asked for|gpu asked for, none found"):
        load_keras(model_file, card, Device("gpu", 99))


@pytest.mark.parametrize(("device", "extra"), [(Device("gpu", 0), "gpu"), (CPU, "tensorflow")])
def test_without_tensorflow_the_extra_for_the_device_is_named(
    keras_file: Path, monkeypatch: pytest.MonkeyPatch, device: Device, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(MissingExtraError, match=rf'pip install "bgremove\[{extra}\]"'):
        load_keras(keras_file, None, device)


def test_another_backend_of_keras_is_told(
    keras_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(MissingExtraError, match="on TensorFlow, found it on jax; unset KERAS_BACK"):
        load_keras(keras_file, None, CPU)


def test_a_card_beside_a_keras_file_is_for_it(keras_file: Path, tmp_path: Path) -> None:
    path = tmp_path / keras_file.name
    shutil.copy(keras_file, path)
    card = ModelCard(
        name="mine",
        description="for tests",
        input=InputSpec(height=64, width=64),
        outputs=("subject", "person"),
    )
    write_card(card, tmp_path / CARD_FILE)
    assert load_keras(path, read_card(tmp_path / CARD_FILE), CPU).card == card
