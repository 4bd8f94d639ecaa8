"""Losses as pure functions of a prediction, a target and where the target counts."""

import keras
from keras import KerasTensor, ops

EPSILON = 1e-6


def masked_binary_cross_entropy(
    target: KerasTensor, probability: KerasTensor, weight: KerasTensor
) -> KerasTensor:
    """Binary cross-entropy, averaged over the pixels that count.

    Parameters
    ----------
    target, probability, weight : (N, ...) tensor, float32, each in [0, 1]

    Returns
    -------
    scalar tensor
        0 where no pixel counts.
    """
    p = ops.clip(probability, EPSILON, 1 - EPSILON)
    loss = -(target * ops.log(p) + (1 - target) * ops.log(1 - p))
    return ops.sum(loss * weight) / (ops.sum(weight) + EPSILON)


def masked_soft_jaccard(
    target: KerasTensor, probability: KerasTensor, weight: KerasTensor
) -> KerasTensor:
    """One minus the soft IoU of each map, averaged over the maps whose target isn't empty.

    Parameters
    ----------
    target, probability, weight : (N, H, W, C) tensor, float32, each in [0, 1]

    Returns
    -------
    scalar tensor
        0 where every target is empty.
    """
    both = ops.sum(target * probability * weight, axis=(1, 2))
    either = ops.sum((target + probability - target * probability) * weight, axis=(1, 2))
    filled = ops.cast(ops.sum(target * weight, axis=(1, 2)) > 0, "float32")
    loss = 1 - (both + EPSILON) / (either + EPSILON)
    return ops.sum(loss * filled) / (ops.sum(filled) + EPSILON)


JACCARD_SHARE = 0.5


class MaskedSegmentationLoss(keras.losses.Loss):  # type: ignore[misc]
    """Cross-entropy and half the soft Jaccard loss, for targets that carry their weights.

    The target is (N, H, W, 2 C): C maps, then where each of them counts (0…1); the prediction
    is (N, H, W, C). With channels first, the channels stand second in both.
    """

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Give the loss of a batch."""
        if keras.config.image_data_format() == "channels_first":
            y_true = ops.transpose(y_true, (0, 2, 3, 1))
            y_pred = ops.transpose(y_pred, (0, 2, 3, 1))
        target, weight = ops.split(y_true, 2, axis=-1)
        return masked_binary_cross_entropy(
            target, y_pred, weight
        ) + JACCARD_SHARE * masked_soft_jaccard(target, y_pred, weight)
