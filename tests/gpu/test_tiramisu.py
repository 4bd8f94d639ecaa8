"""The network in plain torch is the one in Keras, and its own backward pass is right."""

import keras
import numpy as np
import pytest
import torch

from bgremove.network.tiramisu import PRESETS, build
from gpu.tiramisu import GROWTH, Tiramisu


@pytest.fixture(scope="module")
def network() -> keras.Model:
    keras.utils.set_random_seed(3)
    network = build(PRESETS["fc-densenet103-strided"], size=None)
    for weight in network.weights:
        if "moving" in weight.path or "beta" in weight.path:
            weight.assign(np.random.default_rng(1).uniform(0.2, 1, weight.shape))
    return network


@pytest.fixture
def arrays(network: keras.Model) -> dict[str, np.ndarray]:
    return {w.path: keras.ops.convert_to_numpy(w.value) for w in network.weights}


def test_it_predicts_what_keras_does(network: keras.Model, arrays: dict[str, np.ndarray]) -> None:
    image = np.random.default_rng(0).random((2, 64, 96, 3), np.float32)
    with torch.no_grad():
        logits = Tiramisu(arrays)(torch.from_numpy(image).permute(0, 3, 1, 2))
    expected = keras.ops.convert_to_numpy(network(image, training=False))
    mine = torch.sigmoid(logits).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(mine, expected, atol=3e-5)
    assert np.ptp(expected) > 0.1


def test_weights_come_back_as_they_went_in(arrays: dict[str, np.ndarray]) -> None:
    mine = Tiramisu(arrays)
    back = mine.arrays({**mine.weights, **mine.statistics})
    assert back.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)


def test_a_block_that_predicts_gives_torchs_maps(arrays: dict[str, np.ndarray]) -> None:
    maps = torch.rand(2, 112, 12, 10)
    mine = Tiramisu(arrays)
    expected = mine.plain_block("down1", maps, 5)
    assert not torch.equal(expected[:, 112:], torch.zeros_like(expected[:, 112:]))
    torch.testing.assert_close(mine.block("down1", maps, 5), expected, rtol=1e-4, atol=1e-4)


def test_its_own_backward_pass_gives_torchs_gradients(arrays: dict[str, np.ndarray]) -> None:
    torch.manual_seed(0)
    maps = torch.rand(3, 112, 12, 10)
    wanted = torch.randn(3, 112 + 5 * GROWTH, 12, 10)
    gradients, statistics = [], []
    for own in (True, False):
        mine = Tiramisu(arrays)
        mine.training = True
        block = mine.block if own else mine.plain_block
        x = maps.clone().requires_grad_()
        (block("down1", x, 5) * wanted).sum().backward()
        of_block = {n: w.grad for n, w in mine.weights.items() if n.startswith("down1_layer")}
        gradients.append({"x": x.grad, **of_block})
        statistics.append(mine.statistics)
    assert len(gradients[0]) == 1 + 5 * 4
    for name, expected in gradients[1].items():
        torch.testing.assert_close(gradients[0][name], expected, rtol=1e-3, atol=1e-3, msg=name)
    for name, expected in statistics[1].items():
        torch.testing.assert_close(statistics[0][name], expected)
