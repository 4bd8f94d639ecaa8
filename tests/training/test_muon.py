"""Muon turns a kernel's gradient into an orthogonal step, and leaves the rest to AdamW."""

import keras
import numpy as np
import pytest

from bgremove.training.muon import ConvolutionMuon

LEARNING_RATE = 0.01
RMS = 0.2
"""Of a step, in learning rates (Liu et al.)."""


def optimizer() -> ConvolutionMuon:
    return ConvolutionMuon(LEARNING_RATE, weight_decay=0.0, adam_weight_decay=0.0)


def step_of(variable: keras.Variable, gradient: np.ndarray) -> np.ndarray:
    """How a variable moves for one gradient, against it."""
    before = keras.ops.convert_to_numpy(variable.value)
    optimizer().apply([keras.ops.convert_to_tensor(gradient)], [variable])
    return np.asarray(before - keras.ops.convert_to_numpy(variable.value))


@pytest.mark.parametrize("shape", [(3, 3, 20, 8), (1, 1, 16, 16), (1, 1, 8, 24)])
def test_a_kernel_moves_the_same_way_in_each_of_its_directions(shape: tuple[int, ...]) -> None:
    """Newton-Schulz brings the singular values near 1, not to 1 (Jordan: 0.7 to 1.2)."""
    gradient = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    gradient[..., 0] *= 30
    kernel = keras.Variable(np.zeros(shape, np.float32), name="kernel")
    step = step_of(kernel, gradient).reshape(-1, shape[-1])
    singular = np.linalg.svd(step, compute_uv=False) / (
        LEARNING_RATE * RMS * np.sqrt(max(step.shape))
    )
    assert singular.min() > 0.5
    assert singular.max() < 1.3
    assert np.sum(step * gradient.reshape(step.shape)) > 0


def test_all_else_moves_as_under_adamw() -> None:
    """AdamW's first step is the learning rate, whatever the gradient's size."""
    head = keras.layers.Conv2D(2, 3, name="head_conv")
    head.build((None, 8, 8, 4))
    norm = keras.layers.BatchNormalization(name="down1_layer1_norm")
    norm.build((None, 8, 8, 4))
    for variable in (head.kernel, head.bias, norm.gamma):
        gradient = np.random.default_rng(0).normal(size=variable.shape).astype(np.float32)
        expected = LEARNING_RATE * np.sign(gradient)
        np.testing.assert_allclose(step_of(variable, gradient), expected, rtol=0.01)
