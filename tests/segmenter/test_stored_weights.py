"""Weights are stored once, in the ONNX file, under their Keras addresses."""

from pathlib import Path

import keras
import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from bgremove.errors import ModelMismatchError
from bgremove.network.tiramisu import PRESETS, build
from bgremove.segmenter.stored_weights import from_stored, load_stored_weights, to_stored


@pytest.mark.parametrize("shape", [(3, 3, 5, 7), (1, 1, 4, 2), (9,)])
def test_what_is_stored_comes_back_rounded_at_most_once(shape: tuple[int, ...]) -> None:
    value = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    back = from_stored(to_stored(value))
    assert back.shape == shape
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, value, rtol=2**-11)
    np.testing.assert_array_equal(from_stored(to_stored(back)), back)


def test_kernels_are_stored_in_half_precision_and_the_rest_in_full(model_file: Path) -> None:
    for tensor in onnx.load(model_file).graph.initializer:
        value = numpy_helper.to_array(tensor)
        assert value.dtype == (np.float16 if value.ndim == 4 else np.float32), tensor.name


def test_the_file_holds_each_weight_of_the_network_and_nothing_else(
    model_file: Path, network: keras.Model
) -> None:
    stored = {
        tensor.name: numpy_helper.to_array(tensor).size
        for tensor in onnx.load(model_file).graph.initializer
    }
    assert "down3_layer1_conv/kernel" in stored
    assert sum(stored.values()) == network.count_params()
    assert len(stored) == len(network.weights)


def test_a_fresh_network_takes_the_weights_back(model_file: Path, network: keras.Model) -> None:
    fresh = build(PRESETS["fc-densenet-tiny"], size=64)
    load_stored_weights(fresh, model_file)
    for mine, theirs in zip(fresh.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_file_of_another_network_names_the_first_weight_that_differs(model_file: Path) -> None:
    other = build(PRESETS["fc-densenet56"], size=64)
    with pytest.raises(ModelMismatchError, match=r"expected shape \(3, 3, 3, 48\) for stem_conv"):
        load_stored_weights(other, model_file)


def test_a_file_without_the_networks_weights_names_the_first(red_model: Path) -> None:
    network = build(PRESETS["fc-densenet-tiny"], size=64)
    expected = "expected weights named stem_conv/kernel, found none"
    with pytest.raises(ModelMismatchError, match=expected):
        load_stored_weights(network, red_model)


@pytest.mark.parametrize("content", [b"", b"no onnx at all", bytes(range(256))])
def test_a_file_of_another_kind_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    network = build(PRESETS["fc-densenet-tiny"], size=64)
    with pytest.raises(ModelMismatchError, match=r"broken\.onnx: expected (an ONNX file|weights)"):
        load_stored_weights(network, path)
