"""Muon for convolutions: the optimizer of Jordan et al. (2024, kellerjordan.github.io/posts/muon).

Keras' own Muon takes matrices only. Here a kernel counts as the matrix of its output channels,
as in Jordan's own runs on images; normalizations, biases and the first and last layers keep
AdamW. Steps are scaled as Liu et al. do (2025, arXiv 2502.16982), so that AdamW's learning
rates hold. Matrices are made orthogonal in what the network computes in: bfloat16 is enough for a
direction, as Jordan found.
"""

from typing import Any

import keras
from keras import ops

FIRST_AND_LAST = ("stem", "head")


class ConvolutionMuon(keras.optimizers.Muon):  # type: ignore[misc]
    """Muon for the kernels of convolutions, AdamW for all else."""

    def _should_use_adamw(self, variable: Any) -> bool:
        is_kernel = len(variable.shape) == 4
        return not is_kernel or variable.path.startswith(FIRST_AND_LAST)

    def _muon_update_step(self, gradient: Any, variable: Any, lr: Any, m: Any) -> None:
        self.assign_add(m, (gradient - m) * (1 - self.momentum))
        direction = gradient * (1 - self.momentum) + m * self.momentum
        matrix = ops.reshape(direction, (-1, direction.shape[-1]))
        matrix = matrix / (ops.norm(matrix) + 1e-7)
        update = self.zeropower_via_newtonschulz5(
            ops.cast(matrix, keras.config.dtype_policy().compute_dtype), self.ns_steps
        )
        update = self.lr_adjust(lr * ops.cast(update, variable.dtype))
        self.assign_sub(variable, ops.reshape(update, variable.shape))
