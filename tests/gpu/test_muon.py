"""Muon on a batch of kernels."""

import pytest
import torch

from gpu.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(16, 90), (90, 16), (4, 16, 90)])
def test_singular_values_come_near_to_one(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
    assert values.min() > 0.6
    assert values.max() < 1.3


def test_a_kernel_moves_alike_alone_and_among_wider_ones() -> None:
    torch.manual_seed(0)
    narrow, wide = torch.randn(16, 5, 3, 3), torch.randn(16, 12, 3, 3)
    gradient = torch.randn_like(narrow)

    def moved(others: dict[str, torch.Tensor]) -> torch.Tensor:
        mine = {"a/kernel": narrow.clone().requires_grad_(), **others}
        mine["head/bias"] = torch.zeros(2, requires_grad=True)
        mine["stem/kernel"] = torch.zeros(4, 3, 3, 3, requires_grad=True)
        optimizer = Muon(mine, decay=0.05)
        for name, weight in mine.items():
            weight.grad = gradient.clone() if name == "a/kernel" else torch.ones_like(weight)
        optimizer.step(1e-2)
        return mine["a/kernel"].detach()

    alone = moved({})
    among = moved({"b/kernel": wide.clone().requires_grad_()})
    torch.testing.assert_close(alone, among, rtol=0, atol=1e-4)
    assert (alone - narrow).abs().max() > 1e-3
