"""The strided FC-DenseNet103 of `bgremove.network.tiramisu` in plain torch, for a GPU.

Weights go by the names of the Keras layers (``down1_layer1_conv/kernel``). The dense blocks have
their own backward pass: a block's feature maps lie in one buffer that each layer reads the head
of, the statistics of a map are taken once for all the layers that normalize it, and gradients
are added up in place. That moves half of the bytes that concatenating does, and gives the same
gradients (``tests/gpu/test_tiramisu.py``).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

EPSILON = 1e-3
MOMENTUM = 0.01
GROWTH = 16
DOWN = (5, 7, 10, 12)
BOTTLENECK = 15


def scaled_relu(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Normalize (P, C) pixels by channel, and cut what is below 0."""
    return torch.relu(x.float() * scale + shift).to(x.dtype)


def scaled_relu_backward(
    dy: Tensor, x: Tensor, scale: Tensor, shift: Tensor, gradient: Tensor
) -> tuple[Tensor, Tensor]:
    """Add the gradient of `scaled_relu` to `gradient`; give its sums, plain and times x."""
    wide = x.float()
    passed = torch.where(wide * scale + shift > 0, dy.float(), 0.0)
    gradient.add_((passed * scale).to(gradient.dtype))
    return passed.sum(0), (passed * wide).sum(0)


def taken(x: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
    """Copy (P, C) pixels to their place; give their mean and variance by channel."""
    place.copy_(x)
    variance, mean = torch.var_mean(x.float(), 0, correction=0)
    return mean, variance


def settled(gradient: Tensor, x: Tensor, constant: Tensor, linear: Tensor) -> Tensor:
    """Add to a gradient what comes by way of the mean and the variance."""
    return (gradient.float() + constant + linear * x.float()).to(gradient.dtype)


class Kernels:
    """The block's elementwise steps; `compile` makes one GPU kernel of each."""

    scaled_relu: Callable[..., Tensor] = staticmethod(scaled_relu)
    backward: Callable[..., tuple[Tensor, Tensor]] = staticmethod(scaled_relu_backward)
    taken: Callable[..., tuple[Tensor, Tensor]] = staticmethod(taken)
    settled: Callable[..., Tensor] = staticmethod(settled)

    @classmethod
    def compile(cls) -> None:
        """Compile all of them, for any number of pixels and channels."""
        cls.scaled_relu = staticmethod(torch.compile(scaled_relu, dynamic=True))
        cls.backward = staticmethod(torch.compile(scaled_relu_backward, dynamic=True))
        cls.taken = staticmethod(torch.compile(taken, dynamic=True))
        cls.settled = staticmethod(torch.compile(settled, dynamic=True))


def as_maps(pixels: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """From (N H W, C) to (N, C, H, W), channels last in memory."""
    n, h, w = shape
    return pixels.view(n, h, w, -1).permute(0, 3, 1, 2)


def as_pixels(maps: Tensor) -> Tensor:
    """From (N, C, H, W) to (N H W, C)."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])


class DenseBlock(torch.autograd.Function):
    """A dense block: all its feature maps, those that came in first, and their statistics."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, *parameters: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        n, first, h, w = x.shape
        layers = len(parameters) // 4
        channels = first + layers * GROWTH
        buffer = torch.empty(n * h * w, channels, dtype=x.dtype, device=x.device)
        mean = torch.empty(channels, device=x.device)
        variance = torch.empty(channels, device=x.device)

        def take(values: Tensor, begin: int) -> None:
            end = begin + values.shape[1]
            place = buffer[:, begin:end]
            mean[begin:end], variance[begin:end] = Kernels.taken(values, place)

        take(as_pixels(x), 0)
        rectified = []
        for layer in range(layers):
            gamma, beta, kernel, bias = parameters[4 * layer : 4 * layer + 4]
            c = first + layer * GROWTH
            scale = gamma * torch.rsqrt(variance[:c] + EPSILON)
            y = Kernels.scaled_relu(buffer[:, :c], scale, beta - mean[:c] * scale)
            rectified.append(y)
            new = functional.conv2d(
                as_maps(y, (n, h, w)), kernel.to(x.dtype), bias.to(x.dtype), padding=1
            )
            take(as_pixels(new), c)
        ctx.save_for_backward(buffer, mean, variance, *rectified, *parameters)
        ctx.layers, ctx.first, ctx.shape = layers, first, (n, h, w)
        ctx.mark_non_differentiable(mean, variance)
        return as_maps(buffer, (n, h, w)), mean, variance

    @staticmethod
    def backward(ctx: Any, outer: Tensor, *_: Any) -> tuple[Tensor | None, ...]:
        buffer, mean, variance, *rest = ctx.saved_tensors
        rectified, parameters = rest[: ctx.layers], rest[ctx.layers :]
        gradient = as_pixels(outer).clone(memory_format=torch.contiguous_format)
        rstd = torch.rsqrt(variance + EPSILON)
        pixels, first = buffer.shape[0], ctx.first
        constant, linear = torch.zeros_like(mean), torch.zeros_like(mean)

        def whole(begin: int, end: int) -> Tensor:
            part = slice(begin, end)
            return Kernels.settled(gradient[:, part], buffer[:, part], constant[part], linear[part])

        gradients: list[Tensor] = []
        for layer in reversed(range(ctx.layers)):
            gamma, beta, kernel, _bias = parameters[4 * layer : 4 * layer + 4]
            c = first + layer * GROWTH
            d_new = as_maps(whole(c, c + GROWTH), ctx.shape)
            y = as_maps(rectified[layer], ctx.shape)
            dy, d_kernel, d_bias = torch.ops.aten.convolution_backward(
                d_new,
                y,
                kernel.to(y.dtype),
                [GROWTH],
                [1, 1],
                [1, 1],
                [1, 1],
                False,
                [0, 0],
                1,
                [True, True, True],
            )
            scale = gamma * rstd[:c]
            shift = beta - mean[:c] * scale
            d_beta, moment = Kernels.backward(
                as_pixels(dy), buffer[:, :c], scale, shift, gradient[:, :c]
            )
            d_gamma = (moment - mean[:c] * d_beta) * rstd[:c]
            slope = scale * rstd[:c] * d_gamma / pixels
            linear[:c] -= slope
            constant[:c] -= scale * d_beta / pixels - slope * mean[:c]
            gradients = [d_gamma, d_beta, d_kernel.float(), d_bias.float(), *gradients]
        return as_maps(whole(0, first), ctx.shape), *gradients


class Tiramisu:
    """The network: trainable `weights` and running `statistics`, by the names of Keras layers."""

    def __init__(self, arrays: dict[str, np.ndarray], device: str = "cpu") -> None:
        self.weights: dict[str, Tensor] = {}
        self.statistics: dict[str, Tensor] = {}
        for name, array in arrays.items():
            value = torch.from_numpy(np.array(array, np.float32))
            if value.ndim == 4:
                value = value.permute(3, 2, 0, 1)
            value = value.contiguous().to(device)
            if "moving" in name:
                self.statistics[name] = value
            else:
                self.weights[name] = value.requires_grad_()
        self.training = False
        self.precision = torch.float32

    def with_values(self, values: dict[str, Tensor]) -> "Tiramisu":
        """Give a network for predicting, of other weights and statistics."""
        other = Tiramisu({}, "cpu")
        other.weights = other.statistics = values
        other.precision = self.precision
        return other

    def arrays(self, values: dict[str, Tensor]) -> dict[str, np.ndarray]:
        """Give values, of the weights or of their average, as Keras lays them out."""
        return {
            name: (v.permute(2, 3, 1, 0) if v.ndim == 4 else v).detach().float().cpu().numpy()
            for name, v in values.items()
        }

    def __call__(self, image: Tensor) -> Tensor:
        """From (N, 3, H, W) in 0…1 to logits (N, 2, H, W)."""
        x = image.to(self.precision).contiguous(memory_format=torch.channels_last)
        full = self.conv("stem_full_conv", x)
        x = self.strided("stem_half_conv", self.activated("stem_full", full))
        skips = []
        for level, depth in enumerate(DOWN, start=1):
            x = self.block(f"down{level}", x, depth)
            skips.append(x)
            x = self.conv(
                f"down{level}_transition_conv", self.activated(f"down{level}_transition", x)
            )
            x = functional.max_pool2d(x, 2)
        first = x.shape[1]
        new = self.block("bottleneck", x, BOTTLENECK)[:, first:]
        for level, depth in reversed(list(enumerate(DOWN, start=1))):
            x = torch.cat([skips.pop(), self.doubled(f"up{level}_transition_conv", new)], 1)
            first = x.shape[1]
            new = self.block(f"up{level}", x, depth)[:, first:]
        x = torch.cat([full, self.doubled("head_up_conv", new)], 1)
        x = torch.relu(self.conv("head_outline_conv", self.activated("head", x)))
        return self.conv("head_conv", x).float()

    def block(self, name: str, x: Tensor, depth: int) -> Tensor:
        if not self.training:
            return self.predicted_block(name, x, depth)
        layers = _layers(name, depth)
        parameters = [
            self.weights[f"{layer}_{kind}"]
            for layer in layers
            for kind in ("norm/gamma", "norm/beta", "conv/kernel", "conv/bias")
        ]
        maps, mean, variance = DenseBlock.apply(x, *parameters)
        pixels = maps.numel() // maps.shape[1]
        unbiased = variance * (pixels / (pixels - 1))
        for layer in layers:
            running = self.statistics[f"{layer}_norm/moving_mean"]
            running.lerp_(mean[: len(running)], MOMENTUM)
            running = self.statistics[f"{layer}_norm/moving_variance"]
            running.lerp_(unbiased[: len(running)], MOMENTUM)
        return maps

    @torch.no_grad()
    def predicted_block(self, name: str, x: Tensor, depth: int) -> Tensor:
        """The same for predicting: by the running statistics, and in one buffer, too."""
        n, first, h, w = x.shape
        buffer = torch.empty(n * h * w, first + depth * GROWTH, dtype=x.dtype, device=x.device)
        buffer[:, :first] = as_pixels(x)
        for index, layer in enumerate(_layers(name, depth)):
            c = first + index * GROWTH
            rstd = torch.rsqrt(self.statistics[f"{layer}_norm/moving_variance"] + EPSILON)
            scale = self.weights[f"{layer}_norm/gamma"] * rstd
            mean = self.statistics[f"{layer}_norm/moving_mean"]
            shift = self.weights[f"{layer}_norm/beta"] - mean * scale
            y = Kernels.scaled_relu(buffer[:, :c], scale, shift)
            buffer[:, c : c + GROWTH] = as_pixels(self.conv(f"{layer}_conv", as_maps(y, (n, h, w))))
        return as_maps(buffer, (n, h, w))

    def plain_block(self, name: str, x: Tensor, depth: int) -> Tensor:
        """The same in torch's own operations: what the others are measured against."""
        for layer in _layers(name, depth):
            x = torch.cat([x, self.conv(f"{layer}_conv", self.activated(layer, x))], 1)
        return x

    def activated(self, name: str, x: Tensor) -> Tensor:
        y = functional.batch_norm(
            x,
            self.statistics[f"{name}_norm/moving_mean"],
            self.statistics[f"{name}_norm/moving_variance"],
            self.weights[f"{name}_norm/gamma"],
            self.weights[f"{name}_norm/beta"],
            self.training,
            MOMENTUM,
            EPSILON,
        )
        return torch.relu_(y)

    def conv(self, name: str, x: Tensor) -> Tensor:
        kernel, bias = self._kernel_and_bias(name, x)
        if x.shape[1] == 3:
            x, kernel = (functional.pad(each, (0, 0, 0, 0, 0, 5)) for each in (x, kernel))
            x = x.contiguous(memory_format=torch.channels_last)
        return functional.conv2d(x, kernel, bias, padding=kernel.shape[-1] // 2)

    def strided(self, name: str, x: Tensor) -> Tensor:
        kernel, bias = self._kernel_and_bias(name, x)
        return functional.conv2d(functional.pad(x, (0, 1, 0, 1)), kernel, bias, stride=2)

    def doubled(self, name: str, x: Tensor) -> Tensor:
        kernel, bias = self._kernel_and_bias(name, x)
        h, w = x.shape[-2:]
        x = x.contiguous(memory_format=torch.channels_last)
        return functional.conv_transpose2d(x, kernel, bias, stride=2)[..., : 2 * h, : 2 * w]

    def _kernel_and_bias(self, name: str, x: Tensor) -> tuple[Tensor, Tensor]:
        kernel = self.weights[f"{name}/kernel"].to(x.dtype)
        return (
            kernel.contiguous(memory_format=torch.channels_last),
            self.weights[f"{name}/bias"].to(x.dtype),
        )


def _layers(name: str, depth: int) -> list[str]:
    return [f"{name}_layer{index}" for index in range(1, depth + 1)]
