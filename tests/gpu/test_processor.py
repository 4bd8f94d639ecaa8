"""The steps in C++ do what torch's own operations do."""

from types import ModuleType

import pytest
import torch
from torch import Tensor

from gpu import processor, tiramisu

pytestmark = pytest.mark.skipif(
    not processor.is_able(), reason="needs a processor with AVX-512 bfloat16"
)

PIXELS, CHANNELS = 1000, 48


@pytest.fixture(scope="module")
def steps() -> ModuleType:
    return processor.compiled()


def maps(seed: int) -> Tensor:
    """A block's first channels: rows are further apart than they are long."""
    values = torch.randn(PIXELS, CHANNELS + 32, generator=torch.Generator().manual_seed(seed))
    return (3 + values).bfloat16()[:, :CHANNELS]


def of_channels(seed: int) -> Tensor:
    return torch.randn(CHANNELS, generator=torch.Generator().manual_seed(seed))


def test_scaled_relu(steps: ModuleType) -> None:
    arguments = (maps(0), of_channels(1), of_channels(2))
    expected = tiramisu.scaled_relu(*arguments)
    torch.testing.assert_close(steps.scaled_relu(*arguments), expected)
    assert 0.2 < (expected > 0).float().mean() < 0.8


def test_scaled_relu_backward(steps: ModuleType) -> None:
    mine, expected = maps(3).clone(), maps(3).clone()
    arguments = (maps(0).contiguous(), maps(4), of_channels(1), of_channels(2))
    sums = steps.scaled_relu_backward(*arguments, mine)
    torch.testing.assert_close(
        sums, tiramisu.scaled_relu_backward(*arguments, expected), rtol=1e-4, atol=1e-2
    )
    torch.testing.assert_close(mine, expected, rtol=0.016, atol=0.02)
    assert (mine - maps(3)).abs().max() > 1


def test_taken(steps: ModuleType) -> None:
    place = torch.zeros(PIXELS, 2 * CHANNELS, dtype=torch.bfloat16)
    mine = steps.taken(maps(0), place[:, CHANNELS:])
    expected = tiramisu.taken(maps(0), torch.empty(PIXELS, CHANNELS, dtype=torch.bfloat16))
    torch.testing.assert_close(mine, expected)
    assert torch.equal(place[:, CHANNELS:], maps(0))
    assert not place[:, :CHANNELS].any()


def test_settled(steps: ModuleType) -> None:
    arguments = (maps(0), maps(3), of_channels(1), of_channels(2))
    torch.testing.assert_close(steps.settled(*arguments), tiramisu.settled(*arguments))


def test_channels_that_do_not_fill_a_register_are_refused(steps: ModuleType) -> None:
    with pytest.raises(RuntimeError, match="expected rows of 16 n channels"):
        steps.taken(maps(0)[:, :40], maps(1)[:, :40])
