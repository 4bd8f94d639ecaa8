"""Losses, against cases worked out by hand."""

import math

import numpy as np
import pytest

from bgremove.training.losses import (
    MaskedSegmentationLoss,
    masked_binary_cross_entropy,
    masked_soft_jaccard,
)


def maps(*values: float) -> np.ndarray:
    return np.array(values, np.float32).reshape(1, 2, 2, 1)


EVERYWHERE = maps(1, 1, 1, 1)


def test_cross_entropy_is_the_mean_of_minus_the_log_of_what_was_right() -> None:
    target, probability = maps(1, 0, 1, 0), maps(0.5, 0.5, 0.25, 0.25)
    expected = -(2 * math.log(0.5) + math.log(0.25) + math.log(0.75)) / 4
    loss = masked_binary_cross_entropy(target, probability, EVERYWHERE)
    assert float(loss) == pytest.approx(expected, abs=1e-5)


def test_pixels_without_weight_do_not_count() -> None:
    target, probability, weight = maps(1, 1, 0, 0), maps(0.5, 1e-3, 0.5, 0.999), maps(1, 0, 1, 0)
    loss = masked_binary_cross_entropy(target, probability, weight)
    assert float(loss) == pytest.approx(math.log(2), abs=1e-5)


def test_a_batch_in_which_nothing_counts_has_no_loss() -> None:
    nothing = maps(0, 0, 0, 0)
    assert float(masked_binary_cross_entropy(EVERYWHERE, nothing, nothing)) == 0
    assert float(masked_soft_jaccard(EVERYWHERE, nothing, nothing)) == 0


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        (maps(1, 1, 0, 0), 0.0),
        (maps(0, 0, 1, 1), 1.0),
        (maps(1, 0, 0, 0), 0.5),
        (maps(1, 1, 1, 1), 0.5),
    ],
    ids=["perfect", "disjoint", "half of it", "twice as much"],
)
def test_soft_jaccard_is_one_minus_iou_for_masks(probability: np.ndarray, expected: float) -> None:
    loss = masked_soft_jaccard(maps(1, 1, 0, 0), probability, EVERYWHERE)
    assert float(loss) == pytest.approx(expected, abs=1e-5)


def test_an_empty_target_has_no_jaccard_loss() -> None:
    loss = masked_soft_jaccard(maps(0, 0, 0, 0), EVERYWHERE, EVERYWHERE)
    assert float(loss) == 0


def test_the_training_loss_leaves_an_unlabelled_output_out() -> None:
    person = np.zeros((1, 2, 2, 2), np.float32)
    person[..., 0] = 1
    counts = np.zeros((1, 2, 2, 2), np.float32)
    counts[..., 0] = 1
    target = np.concatenate([person, counts], axis=-1)
    right = np.full((1, 2, 2, 2), 0.999, np.float32)
    other = right.copy()
    other[..., 1] = 0.001
    loss = MaskedSegmentationLoss()
    assert float(loss(target, right)) == pytest.approx(float(loss(target, other)), abs=1e-6)
    assert float(loss(target, 1 - right)) > 5
