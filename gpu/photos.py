"""The training photos, decoded once, on the GPU; and which of them a step sees."""

import csv
import math
import os
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

NONE, MASK, UNKNOWN = 0, 1, 2
KINDS = {"none": NONE, "mask": MASK, "unknown": UNKNOWN}
MASK_BIT, VOID_BIT = 1, 2

SIDE = 256
ASPECT = 0.25
ROTATION = math.radians(12)

Shape = tuple[int, int]


class Photos:
    """Photos on a device, each with the chance that it is drawn.

    Parameters
    ----------
    images : (N, 256, 256, 3) ndarray of uint8, RGB
    labels : (N, 256, 256) ndarray of uint8
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
        self.images = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).contiguous()
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
        self._of_family: dict[tuple[Shape, ...], list[NDArray[np.float64]]] = {}

    def draw(
        self, shapes: Sequence[Shape], count: int, rng: np.random.Generator
    ) -> tuple[Shape, Tensor]:
        """Draw a shape, (height, width), as often as photos are nearest to it, and such photos."""
        if (key := tuple(shapes)) not in self._of_family:
            self._of_family[key] = self._by_shape(shapes)
        family = self._of_family[key]
        shares = np.array([chances.sum() for chances in family])
        chosen = int(rng.choice(len(family), p=shares / shares.sum()))
        chances = torch.from_numpy(family[chosen]).float().to(self.device)
        return shapes[chosen], torch.multinomial(chances, count, replacement=True)

    def _by_shape(self, shapes: Sequence[Shape]) -> list[NDArray[np.float64]]:
        distances = [np.abs(np.log(self._aspects * height / width)) for height, width in shapes]
        nearest = np.argmin(distances, axis=0)
        return [self._chances * (nearest == i) for i in range(len(shapes))]

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


def read_photos(folder: Path, weights: Mapping[str, float], device: str) -> Photos:
    """Read the training photos of a folder that `bgremove.training.repack` has written.

    `weights` tells how often each set is drawn.
    """
    blobs = dict(_files(sorted(folder.glob("*.tar"))))
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["split"] == "train" and row["set"] in weights and _name(row) in blobs
        ]
    jobs = [
        (blobs[_name(row)], *(blobs.get(_name(row, kind)) for kind in ("mask.png", "void.png")))
        for row in rows
    ]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        decoded = list(pool.map(_decoded, jobs, chunksize=64))
    counts = Counter(row["set"] for row in rows)
    chances = np.array([weights[row["set"]] / counts[row["set"]] for row in rows])
    return Photos(
        np.stack([image for image, _ in decoded]),
        np.stack([label for _, label in decoded]),
        np.array([int(row["width"]) / int(row["height"]) for row in rows]),
        np.array([KINDS[row["person_label"]] for row in rows]),
        np.array([KINDS[row["subject_label"]] for row in rows]),
        chances / chances.sum(),
        device,
    )


def picture(blob: bytes, how: int) -> NDArray[np.uint8]:
    """Decode a picture, as OpenCV's flag says."""
    return np.asarray(cv2.imdecode(np.frombuffer(blob, np.uint8), how), np.uint8)


def rgb_picture(blob: bytes) -> NDArray[np.uint8]:
    """Decode a picture in RGB."""
    return picture(blob, cv2.IMREAD_COLOR)[..., ::-1].copy()


def _name(row: Mapping[str, str], kind: str = "webp") -> str:
    return f"{row['set']}/{row['stem']}.{kind}"


def _files(shards: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    for shard in shards:
        with tarfile.open(shard) as tar:
            for member in tar:
                if (file := tar.extractfile(member)) is not None:
                    yield member.name, file.read()


def _decoded(
    job: tuple[bytes, bytes | None, bytes | None],
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    image, *maps = job
    label = np.zeros((SIDE, SIDE), np.uint8)
    for bit, blob in zip((MASK_BIT, VOID_BIT), maps, strict=True):
        if blob is not None:
            label |= np.where(picture(blob, cv2.IMREAD_GRAYSCALE) > 0, bit, 0).astype(np.uint8)
    return rgb_picture(image), label
