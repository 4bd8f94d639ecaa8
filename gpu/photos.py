"""The training photos, decoded once, on the GPU; and which of them a step sees."""

import math
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from bgremove.cards import nearest_shape
from bgremove.labelled_photos import Entry
from bgremove.training.config import RunConfig
from bgremove.training.data import (
    MASK_BIT,
    VOID_BIT,
    chosen_photos,
    set_weights,
    square_photos,
)

NONE, MASK, UNKNOWN = 0, 1, 2
KINDS = {"none": NONE, "mask": MASK, "unknown": UNKNOWN}
ASPECT = 0.25
ROTATION = math.radians(12)

Shape = tuple[int, int]


class Photos:
    """Photos on a device, each with the chance that it is drawn.

    Parameters
    ----------
    images : (N, S, S, 3) ndarray of uint8, RGB
    labels : (N, S, S) ndarray of uint8
        `MASK_BIT` and `VOID_BIT`.
    aspects : (N,) ndarray
        Width over height of the photos as they came.
    person, subject : (N,) ndarray of int
        `NONE`, `MASK` or `UNKNOWN`.
    chances : (N,) ndarray, which add up to 1
    device : str
    """

    def __init__(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.uint8],
        aspects: NDArray[np.float64],
        person: NDArray[np.int64],
        subject: NDArray[np.int64],
        chances: NDArray[np.float64],
        device: str,
    ) -> None:
        self.device = device
        self.images = torch.from_numpy(images).to(device).permute(0, 3, 1, 2)
        self.labels = torch.from_numpy(labels).to(device)
        self.person = torch.from_numpy(person).to(device)
        self.subject = torch.from_numpy(subject).to(device)
        self._aspects, self._chances = aspects, chances
        drawn = torch.from_numpy(chances).float().to(device)
        nobody = self.person == NONE
        self.backdrops = nobody * drawn
        self.things = (nobody & (self.subject == MASK)) * drawn
        self.has_backdrops = bool(self.backdrops.any())
        self.has_things = bool(self.things.any())
        self._of_family: dict[tuple[Shape, ...], tuple[NDArray[np.float64], Tensor]] = {}

    def draw(
        self, shapes: Sequence[Shape], count: int, rng: np.random.Generator
    ) -> tuple[Shape, Tensor]:
        """Draw a shape, (height, width), as often as photos are nearest to it, and such photos."""
        if (key := tuple(shapes)) not in self._of_family:
            self._of_family[key] = self._by_shape(shapes)
        shares, chances = self._of_family[key]
        chosen = int(rng.choice(len(shapes), p=shares))
        return shapes[chosen], torch.multinomial(chances[chosen], count, replacement=True)

    def _by_shape(self, shapes: Sequence[Shape]) -> tuple[NDArray[np.float64], Tensor]:
        """Give each shape's share of what is drawn, and the photos' chances at it."""
        nearest = [shapes.index(nearest_shape(shapes, aspect)) for aspect in self._aspects]
        chances = self._chances * np.equal.outer(np.arange(len(shapes)), nearest)
        shares = chances.sum(axis=1)
        return shares / shares.sum(), torch.from_numpy(chances).float().to(self.device)

    def warped(
        self,
        index: Tensor,
        shape: Shape,
        crop: tuple[float, float],
        *,
        outside: str = "reflection",
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Give crops of photos: image in 0…1, mask (0 or 1), and where that counts.

        Both are sampled at twice the size and averaged. `outside` is what the mask shows
        beyond the photo, in the words of `torch.nn.functional.grid_sample`.
        """
        height, width = shape
        size = [len(index), 1, 2 * height, 2 * width]
        grid = functional.affine_grid(self._crops(len(index), crop), size, align_corners=False)
        label = self.labels[index]
        maps = torch.stack([(label & MASK_BIT) > 0, (label & VOID_BIT) > 0], 1).float()
        maps = functional.grid_sample(
            maps, grid, mode="nearest", padding_mode=outside, align_corners=False
        )
        image = functional.grid_sample(
            self.images[index].float() / 255, grid, padding_mode="reflection", align_corners=False
        )
        mask = (functional.avg_pool2d(maps[:, :1], 2) >= 0.5).float()
        counts = (functional.max_pool2d(maps[:, 1:], 2) < 0.5).float()
        return functional.avg_pool2d(image, 2), mask, counts

    def _crops(self, n: int, crop: tuple[float, float]) -> Tensor:
        """Draw affine matrices (N, 2, 3) from an output's to the photo's -1…1."""

        def uniform(low: float, high: float) -> Tensor:
            return torch.rand(n, device=self.device) * (high - low) + low

        side, aspect = uniform(*crop), 1 + uniform(-ASPECT, ASPECT)
        across, down = side * aspect.sqrt(), side / aspect.sqrt()
        centre_x = across / 2 + uniform(0, 1) * (1 - across)
        centre_y = down / 2 + uniform(0, 1) * (1 - down)
        angle = uniform(-ROTATION, ROTATION)
        across = across * torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
        rows = [
            torch.stack([angle.cos() * across, angle.sin() * down, 2 * centre_x - 1], 1),
            torch.stack([-angle.sin() * across, angle.cos() * down, 2 * centre_y - 1], 1),
        ]
        return torch.stack(rows, 1)


def read_photos(config: RunConfig, cache: Path, device: str) -> Photos:
    """Read the training photos of a config, a process a shard, into `cache` and onto a device."""
    shards: dict[str, list[Entry]] = {}
    for entry in chosen_photos(config, "train"):
        shards.setdefault(entry.shard, []).append(entry)
    caches = [cache / shard for shard in shards]
    each = repeat(config.data), list(shards.values()), caches
    with ProcessPoolExecutor(len(shards)) as pool:
        list(pool.map(_decode, *each))
    parts = list(map(square_photos, *each))

    entries = [entry for part in parts for entry in part.entries]
    weights, counts = set_weights(config, entries), Counter(entry.set for entry in entries)
    chances = np.array([weights[entry.set] / counts[entry.set] for entry in entries])
    return Photos(
        _end_to_end([part.images for part in parts], cache / "images.npy"),
        _end_to_end([part.labels for part in parts], cache / "labels.npy"),
        np.concatenate([part.aspects for part in parts]),
        np.array([KINDS[entry.person] for entry in entries]),
        np.array([KINDS[entry.subject] for entry in entries]),
        chances / chances.sum(),
        device,
    )


def _decode(folder: Path, entries: list[Entry], cache: Path) -> None:
    """Leave a shard's photos in its cache: through a pipe they would take memory twice more."""
    square_photos(folder, entries, cache)


def _end_to_end(parts: list[NDArray[np.uint8]], file: Path) -> NDArray[np.uint8]:
    """Lay arrays end to end in a file: what is mapped, memory can let go of."""
    shape = (sum(map(len, parts)), *parts[0].shape[1:])
    whole = np.lib.format.open_memmap(file, "w+", np.uint8, shape)
    return np.concatenate(parts, out=whole)
