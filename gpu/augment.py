"""Batches made on the GPU: what `bgremove.training.augment` does, and more.

Beside crops, light and colour: people and things are pasted on other photos' backgrounds, and
things are put before people, where the person's map has a hole then.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from gpu.photos import MASK, UNKNOWN, Photos, Shape


@dataclass(frozen=True)
class Recipe:
    """How much of what is done to a batch.

    Parameters
    ----------
    crop : tuple of 2 floats
        Smallest and largest side of the crop that is seen, in parts of the photo's.
    paste, paste_thing : float
        Share of the people, and of the things, that are put on another photo's background.
    occlude : float
        Share of the photos that get a thing before whatever they show.
    """

    crop: tuple[float, float]
    paste: float
    paste_thing: float
    occlude: float


OCCLUDER_CROP = (0.9, 2.2)
"""What is put before others takes from all of the photo to a fifth of it."""


@dataclass(frozen=True)
class Batch:
    """What a step learns from.

    Attributes
    ----------
    images : (N, 3, H, W) tensor in 0…1
    targets, counts : (N, 2, H, W) tensor, 0 or 1
        Person and subject, and where each of them counts.
    """

    images: Tensor
    targets: Tensor
    counts: Tensor


def drawn_batch(
    photos: Photos, shapes: Sequence[Shape], count: int, recipe: Recipe, rng: np.random.Generator
) -> Batch:
    """Draw `count` photos at one of the shapes, (height, width), and change them by a recipe."""
    shape, index = photos.draw(shapes, count, rng)
    image, mask, counts = photos.warped(index, shape, recipe.crop)
    image = lit(image)
    person_kind, subject_kind = photos.person[index], photos.subject[index]

    chance = torch.where(person_kind == MASK, recipe.paste, recipe.paste_thing)
    moved = _chosen((subject_kind == MASK) * chance * photos.has_backdrops)
    if len(moved):
        behind = torch.multinomial(photos.backdrops, len(moved), replacement=True)
        backdrop, _, _ = photos.warped(behind, shape, recipe.crop)
        alpha = feathered(mask[moved])
        image[moved] = image[moved] * alpha + lit(backdrop) * (1 - alpha)

    person, subject = mask * _maps(person_kind == MASK), mask * _maps(subject_kind == MASK)
    person_counts = counts * _maps(person_kind != UNKNOWN)
    subject_counts = counts * _maps(subject_kind != UNKNOWN)

    occlude = recipe.occlude * photos.has_things
    hidden = _chosen(torch.full((count,), occlude, device=photos.device))
    if len(hidden):
        things = torch.multinomial(photos.things, len(hidden), replacement=True)
        front, before, _ = photos.warped(things, shape, OCCLUDER_CROP, outside="zeros")
        alpha = feathered(before)
        image[hidden] = image[hidden] * (1 - alpha) + lit(front) * alpha
        person[hidden] *= 1 - before
        known = before * _maps(person_kind[hidden] != UNKNOWN)
        person_counts[hidden] = torch.maximum(person_counts[hidden], known)
        subject_counts[hidden] = 0

    return Batch(
        degraded(image, rng).clamp(0, 1),
        torch.cat([person, subject], 1),
        torch.cat([person_counts, subject_counts], 1),
    )


def _chosen(chances: Tensor) -> Tensor:
    return (torch.rand(len(chances), device=chances.device) < chances).nonzero()[:, 0]


def _maps(flags: Tensor) -> Tensor:
    return flags[:, None, None, None].float()


def _column(n: int, low: float, high: float, like: Tensor) -> Tensor:
    return torch.rand(n, 1, 1, 1, device=like.device) * (high - low) + low


def lit(image: Tensor) -> Tensor:
    """Change the light: gamma, contrast, brightness, its colour, and saturation."""
    n = len(image)
    image = image.clamp(1e-4, 1) ** _column(n, -0.4, 0.4, image).exp()
    image = (image - 0.5) * _column(n, 0.65, 1.35, image) + 0.5 + _column(n, -0.14, 0.14, image)
    image = image * (0.88 + 0.24 * torch.rand(n, 3, 1, 1, device=image.device))
    grey = image.mean(1, keepdim=True)
    saturation = _column(n, 0.4, 1.5, image)
    saturation = torch.where(_column(n, 0, 1, image) < 0.12, 0.0, saturation)
    return (grey + (image - grey) * saturation).clamp(0, 1)


def feathered(mask: Tensor) -> Tensor:
    """Erode a mask by a pixel, and soften it."""
    inner = -functional.max_pool2d(-mask, 3, 1, 1)
    return blurred(inner, torch.full((len(mask),), 0.8, device=mask.device), 1)


def blurred(image: Tensor, sigma: Tensor, radius: int) -> Tensor:
    """Blur each image by its own sigma, (N,), in pixels."""
    n, c, h, w = image.shape
    offsets = torch.arange(-radius, radius + 1, device=image.device)
    kernel = torch.exp(-0.5 * (offsets / sigma[:, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(c, 0)
    padded = functional.pad(image, (radius,) * 4, mode="reflect")
    flat = padded.reshape(1, n * c, h + 2 * radius, w + 2 * radius)
    flat = functional.conv2d(flat, kernel[:, None, None, :], groups=n * c)
    flat = functional.conv2d(flat, kernel[:, None, :, None], groups=n * c)
    return flat.reshape(n, c, h, w)


def degraded(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Take sharpness from some photos: blur, fewer pixels, noise, JPEG."""
    n, _, h, w = image.shape
    order = torch.randperm(n, device=image.device)
    soft, coarse = order[: int(n * 0.15)], order[int(n * 0.15) : int(n * 0.25)]
    if len(soft):
        sigma = torch.rand(len(soft), device=image.device) * 1.4 + 0.3
        image[soft] = blurred(image[soft], sigma, 4)
    if len(coarse):
        scale = rng.uniform(0.35, 0.8)
        small = functional.interpolate(
            image[coarse], size=(int(h * scale), int(w * scale)), mode="bilinear", antialias=True
        )
        image[coarse] = functional.interpolate(small, size=(h, w), mode="bilinear")
    order = torch.randperm(n, device=image.device)
    noisy, packed = order[: int(n * 0.2)], order[int(n * 0.15) : int(n * 0.4)]
    if len(noisy):
        deviation = _column(len(noisy), 0.008, 0.05, image)
        image[noisy] += torch.randn_like(image[noisy]) * deviation
    if len(packed):
        image[packed] = as_jpeg(image[packed], _column(len(packed), 25, 90, image))
    return image


LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
"""Quantization of ITU-T T.81, table K.1; here it serves colours, too."""


def as_jpeg(image: Tensor, quality: Tensor) -> Tensor:
    """Give what JPEG leaves of images: the cosine transform of 8×8 blocks, rounded.

    Parameters
    ----------
    image : (N, 3, H, W) tensor in 0…1, RGB
        Height and width are multiples of 8.
    quality : (N, 1, 1, 1) tensor in 1…100
    """
    n, _, h, w = image.shape
    device = image.device
    to_ycc = torch.tensor(
        [[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]], device=device
    )
    offset = torch.tensor([128.0, 0, 0], device=device)[None, :, None, None]
    ycc = torch.einsum("kc,nchw->nkhw", to_ycc, image.clamp(0, 1) * 255) - offset
    k, x = np.meshgrid(np.arange(8), np.arange(8), indexing="ij")
    basis = np.cos((2 * x + 1) * k * math.pi / 16) * np.where(k == 0, math.sqrt(1 / 8), 0.5)
    dct = torch.from_numpy(basis).float().to(device)
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality) / 100
    luminance = torch.from_numpy(LUMINANCE).float().to(device)
    table = (luminance * scale).clamp(min=1).reshape(n, 1, 1, 1, 8, 8)
    blocks = ycc.reshape(n, 3, h // 8, 8, w // 8, 8).permute(0, 1, 2, 4, 3, 5)
    waves = torch.round((dct @ blocks @ dct.T) / table) * table
    ycc = (dct.T @ waves @ dct).permute(0, 1, 2, 4, 3, 5).reshape(n, 3, h, w) + offset
    return torch.einsum("kc,nchw->nkhw", torch.linalg.inv(to_ycc), ycc) / 255
