"""`bgremove.training.muon` with the kernels of all dense layers made orthogonal in one batch."""

import math
from typing import Any

import torch
from torch import Tensor

from gpu.tiramisu import GROWTH

FIRST_AND_LAST = ("stem", "head")
"""As `bgremove.training.muon`, which is not imported: Keras may not be there."""

MOMENTUM = 0.95


class Muon:
    """Muon for the kernels of convolutions, AdamW for all else.

    Parameters
    ----------
    weights : dict of str to tensor
        By the names of Keras layers.
    decay : float
        Of the kernels' weights, per step and learning rate.
    """

    def __init__(self, weights: dict[str, Tensor], decay: float) -> None:
        kernels = {
            name: weight
            for name, weight in weights.items()
            if weight.ndim == 4 and not name.startswith(FIRST_AND_LAST)
        }
        others = [weight for name, weight in weights.items() if name not in kernels]
        self._dense = [weight for weight in kernels.values() if len(weight) == GROWTH]
        self._single = [weight for weight in kernels.values() if len(weight) != GROWTH]
        self._momenta = [torch.zeros_like(weight) for weight in (*self._dense, *self._single)]
        self._decay = decay
        self._widths = [weight[0].numel() for weight in self._dense]
        self._stacked = torch.zeros(
            len(self._dense),
            GROWTH,
            max(self._widths),
            dtype=torch.bfloat16,
            device=self._dense[0].device,
        )
        self._adam = torch.optim.AdamW(
            [
                {"params": [w for w in others if w.ndim == 4], "weight_decay": decay},
                {"params": [w for w in others if w.ndim < 4], "weight_decay": 0.0},
            ],
            foreach=True,
        )

    def state(self) -> dict[str, Any]:
        """Give all that it needs to go on."""
        return {"momenta": self._momenta, "adam": self._adam.state_dict()}

    def go_on_from(self, state: dict[str, Any]) -> None:
        """Put a state back."""
        for momentum, saved in zip(self._momenta, state["momenta"], strict=True):
            momentum.copy_(saved)
        self._adam.load_state_dict(state["adam"])

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move all weights by their gradients, at a learning rate."""
        for group in self._adam.param_groups:
            group["lr"] = rate
        self._adam.step()

        weights = [*self._dense, *self._single]
        gradients = [weight.grad for weight in weights]
        torch._foreach_lerp_(self._momenta, gradients, 1 - MOMENTUM)
        directions = torch._foreach_lerp(gradients, self._momenta, MOMENTUM)
        torch._foreach_mul_(weights, 1 - rate * self._decay)

        for i, width in enumerate(self._widths):
            self._stacked[i, :, :width] = directions[i].reshape(GROWTH, width)
        updates = orthogonal(self._stacked)
        for i, (weight, width) in enumerate(zip(self._dense, self._widths, strict=True)):
            _move(weight, updates[i, :, :width], rate)
        for weight, direction in zip(self._single, directions[len(self._dense) :], strict=True):
            _move(weight, orthogonal(direction.reshape(len(weight), -1).bfloat16()), rate)


def orthogonal(matrix: Tensor) -> Tensor:
    """Make matrices (…, R, C) nearly orthogonal: five Newton-Schulz steps (Jordan et al. 2024)."""
    tall = matrix.shape[-2] > matrix.shape[-1]
    x = matrix.mT if tall else matrix
    x = x / (x.float().norm(dim=(-2, -1), keepdim=True).to(x.dtype) + 1e-7)
    for _ in range(5):
        square = x @ x.mT
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x.mT if tall else x


def _move(weight: Tensor, update: Tensor, rate: float) -> None:
    scale = 0.2 * math.sqrt(max(update.shape))
    weight.sub_(update.reshape(weight.shape).float(), alpha=rate * scale)
