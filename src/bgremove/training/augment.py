"""From stored squares to the batches that a network learns from.

Every draw comes from one generator, which the caller makes of the run's seed and the step's
number: the same step gives the same batch, whenever and wherever it is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgremove.arrays import alpha_from_uint8
from bgremove.cards import nearest_shape
from bgremove.labelled_photos import Entry
from bgremove.training.data import MASK_BIT, STORED_SIZE, VOID_BIT, SquarePhotos

ASPECT = 0.25
ROTATION = 10.0
"""Largest rotation, in degrees."""


@dataclass(frozen=True)
class Batch:
    """What one step learns from.

    Attributes
    ----------
    images : (N, H, W, 3) ndarray of float32 in [0, 1], RGB
    targets : (N, H, W, 4) ndarray of float32 in [0, 1]
        Person, subject, and where each of the two counts.
    """

    images: NDArray[np.float32]
    targets: NDArray[np.float32]


class Sampler:
    """Draws augmented batches from stored photos, each set as often as its weight says.

    `paste` and `crop` are those of `bgremove.training.config.RunConfig`.
    """

    def __init__(
        self,
        photos: SquarePhotos,
        weights: dict[str, float],
        *,
        paste: float,
        crop: tuple[float, float],
    ) -> None:
        self._photos = photos
        self._paste, self._crop = paste, crop
        self._members = {
            name: np.array([i for i, entry in enumerate(photos.entries) if entry.set == name])
            for name in weights
        }
        self._names = list(weights)
        total = sum(weights.values())
        self._chances = [weights[name] / total for name in self._names]
        self._backdrops = np.array(
            [i for i, entry in enumerate(photos.entries) if entry.person == "none"]
        )

    def batch(
        self, count: int, shapes: Sequence[tuple[int, int]], rng: np.random.Generator
    ) -> Batch:
        """Draw `count` photos at one of the shapes, (height, width): the nearest for all of them.

        Each shape comes as often as photos are drawn whose aspect is nearest to its own.
        """
        shape = self._nearest(self._draw(rng), shapes)
        made = [self._made(self._draw_for(shape, shapes, rng), shape, rng) for _ in range(count)]
        return Batch(np.stack([image for image, _ in made]), np.stack([t for _, t in made]))

    def _draw(self, rng: np.random.Generator) -> int:
        name = self._names[rng.choice(len(self._names), p=self._chances)]
        return int(rng.choice(self._members[name]))

    def _draw_for(
        self, shape: tuple[int, int], shapes: Sequence[tuple[int, int]], rng: np.random.Generator
    ) -> int:
        index = self._draw(rng)
        while self._nearest(index, shapes) != shape:
            index = self._draw(rng)
        return index

    def _nearest(self, index: int, shapes: Sequence[tuple[int, int]]) -> tuple[int, int]:
        return nearest_shape(shapes, float(self._photos.aspects[index]))

    def _made(
        self, index: int, shape: tuple[int, int], rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        entry = self._photos.entries[index]
        image, label = self._warped(index, shape, rng)
        if shows_whole_subject(entry) and rng.random() < self._paste and len(self._backdrops):
            backdrop, _ = self._warped(int(rng.choice(self._backdrops)), shape, rng)
            image = pasted(image, np.bitwise_and(label, np.uint8(MASK_BIT)), backdrop)
        return alpha_from_uint8(recoloured(image, rng)), target_of(entry, label)

    def _warped(
        self, index: int, shape: tuple[int, int], rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        matrix = random_crop(*shape, self._crop, rng)
        image = self._photos.images[index]
        if np.hypot(matrix[0, 0], matrix[0, 1]) < 0.5:
            half = (STORED_SIZE // 2, STORED_SIZE // 2)
            image = cv2.resize(image, half, interpolation=cv2.INTER_AREA)
            image = _warp(image, matrix * [2, 2, 1], shape, cv2.INTER_LINEAR)
        else:
            image = _warp(image, matrix, shape, cv2.INTER_LINEAR)
        return image, _warp(self._photos.labels[index], matrix, shape, cv2.INTER_NEAREST)


def _warp(
    image: NDArray[np.uint8],
    matrix: NDArray[np.float64],
    shape: tuple[int, int],
    interpolation: int,
) -> NDArray[np.uint8]:
    return cv2.warpAffine(
        image, matrix, shape[::-1], flags=interpolation, borderMode=cv2.BORDER_REFLECT
    ).astype(np.uint8, copy=False)


def shows_whole_subject(entry: Entry) -> bool:
    """Tell whether the mask marks every person and the subject: what may be cut and pasted."""
    return entry.person == "mask" and entry.subject == "mask"


def random_crop(
    height: int, width: int, crop: tuple[float, float], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw the affine matrix (2, 3) from stored pixels to a crop of `height` × `width` pixels."""
    side = rng.uniform(*crop) * STORED_SIZE
    aspect = 1 + rng.uniform(-ASPECT, ASPECT)
    across, down = side * np.sqrt(aspect), side / np.sqrt(aspect)
    free_x, free_y = STORED_SIZE - across, STORED_SIZE - down
    left = rng.uniform(min(free_x, 0), max(free_x, 0))
    top = rng.uniform(min(free_y, 0), max(free_y, 0))
    angle = np.deg2rad(rng.uniform(-ROTATION, ROTATION))
    flip = rng.choice((-1.0, 1.0))

    to_centre = np.array([[1, 0, -(left + across / 2)], [0, 1, -(top + down / 2)], [0, 0, 1]])
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    scale = np.diag([flip * width / across, height / down, 1.0])
    back = np.array([[1, 0, width / 2], [0, 1, height / 2], [0, 0, 1.0]])
    matrix: NDArray[np.float64] = back @ scale @ turn @ to_centre
    return matrix[:2]


def pasted(
    image: NDArray[np.uint8], mask: NDArray[np.uint8], backdrop: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Put what the mask shows on another photo: mask eroded by a pixel and feathered."""
    inner = cv2.erode(mask, np.ones((3, 3), np.uint8)).astype(np.float32)
    alpha = cv2.GaussianBlur(inner, (3, 3), 0)[..., None]
    return np.rint(image * alpha + backdrop * (1 - alpha)).astype(np.uint8)


def recoloured(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Change light, colour and sharpness as cameras and services do."""
    levels = np.power(np.arange(256) / 255, np.exp(rng.uniform(-0.35, 0.35)))
    levels = (levels - 0.5) * rng.uniform(0.7, 1.3) + 0.5 + rng.uniform(-0.12, 0.12)
    result = cv2.LUT(image, _as_uint8(levels[:, None] * rng.uniform(0.9, 1.1, 3))[None])
    if rng.random() < 0.1:
        grey = cv2.cvtColor(result, cv2.COLOR_RGB2GRAY)
        result = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)
    if rng.random() < 0.15:
        result = cv2.GaussianBlur(result, (0, 0), rng.uniform(0.3, 1.5))
    if rng.random() < 0.15:
        noise = rng.standard_normal(result.shape, np.float32)
        result = _as_uint8(result / 255 + noise * rng.uniform(0.01, 0.05))
    if rng.random() < 0.2:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 90))]
        _, encoded = cv2.imencode(".jpg", result, quality)
        result = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR))
    return np.asarray(result, np.uint8)


def _as_uint8(x: NDArray[Any]) -> NDArray[np.uint8]:
    """From 0…1; what lies outside is clipped."""
    levels: NDArray[np.uint8] = np.rint(np.clip(x, 0, 1) * 255).astype(np.uint8)
    return levels


def target_of(entry: Entry, label: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Give person, subject, and where each counts, as (H, W, 4)."""
    mask = (label & MASK_BIT) > 0
    counts = (label & VOID_BIT) == 0
    empty, nowhere = np.zeros_like(mask), np.zeros_like(counts)
    person, subject = (mask if kind == "mask" else empty for kind in (entry.person, entry.subject))
    person_counts, subject_counts = (
        nowhere if kind == "unknown" else counts for kind in (entry.person, entry.subject)
    )
    return np.stack([person, subject, person_counts, subject_counts], axis=-1).astype(np.float32)
