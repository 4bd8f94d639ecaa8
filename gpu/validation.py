"""What is measured while a run goes on: val and negatives_val, by the map alone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bgremove.arrays import resize
from bgremove.cards import nearest_shape
from bgremove.labelled_photos import read_index, read_photos
from bgremove.training.data import MASK_BIT, VOID_BIT
from gpu.photos import KINDS, MASK, NONE, Shape

FAMILIES: dict[str, tuple[Shape, ...]] = {
    "large": ((224, 224), (224, 320), (320, 224)),
    "small": ((160, 160), (160, 192), (192, 160), (128, 192), (192, 128)),
}
"""Shapes that ``tiramisu`` and ``tiramisu-fast`` see, (height, width); and 128×192, which the
latter saw until the tenth part, so that all parts' figures can be compared."""

SPLITS = ("val", "negatives_val")
THRESHOLDS = (0.3, 0.4, 0.5)
RULE_PROBABILITIES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
MOST_LOST = 0.02
"""Share of the people that a rule against false ones may lose."""

JPEG_QUALITY = 93
AT_ONCE = 64


def pack(data: Path, path: Path) -> None:
    """Write the photos and masks of a data folder's `SPLITS` at the shapes of both families."""
    arrays: dict[str, NDArray[np.uint8]] = {}
    kinds = []
    entries = read_index(data, lambda entry: entry.split in SPLITS)
    for i, photo in enumerate(read_photos(data, entries)):
        kinds.append([KINDS[photo.entry.person], KINDS[photo.entry.subject]])
        for family, shapes in FAMILIES.items():
            height, width = nearest_shape(shapes, photo.image.shape[1] / photo.image.shape[0])
            image = resize(np.ascontiguousarray(photo.image), width, height)
            mask = resize(photo.alpha, width, height) >= 0.5
            void = resize(photo.void.astype(np.float32), width, height) >= 0.5
            label = np.where(mask, MASK_BIT, 0) | np.where(void, VOID_BIT, 0)
            quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
            _, jpeg = cv2.imencode(".jpg", image[..., ::-1], quality)
            _, png = cv2.imencode(".png", label.astype(np.uint8))
            arrays[f"{family}/{i}/image"], arrays[f"{family}/{i}/label"] = jpeg, png
    np.savez(path, kinds=np.array(kinds), **arrays)


class Validation:
    """The packed photos on a device."""

    def __init__(self, path: Path, device: str) -> None:
        with np.load(path) as packed:
            self._kinds = packed["kinds"]
            self._images = {family: _pictures(packed, family) for family in FAMILIES}
            self._labels = {
                family: [
                    _picture(packed[f"{family}/{i}/label"], cv2.IMREAD_GRAYSCALE)
                    for i in range(len(self._kinds))
                ]
                for family in FAMILIES
            }
        self._device = device

    @torch.no_grad()
    def __call__(self, network: Callable[[Tensor], Tensor], family: str) -> str:
        """Tell the mean IoUs at `THRESHOLDS`, and the share of false people by the best rule.

        `network` goes from images (N, 3, H, W) to logits (N, 2, H, W).
        """
        people, subjects, areas, empty = [], [], [], []
        for i, probability in self._predicted(network, family):
            label = self._labels[family][i]
            truth, counts = (label & MASK_BIT) > 0, (label & VOID_BIT) == 0
            person, subject = self._kinds[i]
            covered = [np.mean(probability[0] >= p) for p in RULE_PROBABILITIES]
            if person == MASK:
                people.append([_iou(probability[0] >= t, truth, counts) for t in THRESHOLDS])
                areas.append(covered)
            if person == NONE:
                empty.append(covered)
            if subject == MASK:
                subjects.append(_iou(probability[1] >= 0.5, truth, counts))
        ious = " ".join(f"{iou:.4f}" for iou in np.mean(people, 0))
        false = _false_people(np.array(areas), np.array(empty))
        return f"person {ious}  subject {np.mean(subjects):.4f}  false people {false:.3f}"

    def _predicted(
        self, network: Callable[[Tensor], Tensor], family: str
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        images = self._images[family]
        for shape in FAMILIES[family]:
            members = [i for i, image in enumerate(images) if image.shape[:2] == shape]
            for first in range(0, len(members), AT_ONCE):
                part = members[first : first + AT_ONCE]
                x = torch.from_numpy(np.stack([images[i] for i in part])).permute(0, 3, 1, 2)
                y = torch.sigmoid(network(x.to(self._device).float() / 255))
                yield from zip(part, y.float().cpu().numpy(), strict=True)


def _pictures(packed: "np.lib.npyio.NpzFile", family: str) -> list[NDArray[np.uint8]]:
    count = len(packed["kinds"])
    images = (_picture(packed[f"{family}/{i}/image"], cv2.IMREAD_COLOR) for i in range(count))
    return [image[..., ::-1] for image in images]


def _picture(encoded: NDArray[np.uint8], how: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(encoded, how), np.uint8)


def _iou(found: NDArray[np.bool_], truth: NDArray[np.bool_], counts: NDArray[np.bool_]) -> float:
    return float(np.sum(found & truth & counts) / max(1, np.sum((found | truth) & counts)))


def _false_people(found: NDArray[np.float64], empty: NDArray[np.float64]) -> float:
    """Of the rules "as much of the photo from p on" that lose few people, give the best one's."""
    if not len(empty):
        return float("nan")
    least = np.sort(found, axis=0)[int(MOST_LOST * len(found))]
    return float(np.min(np.mean(empty >= least, axis=0)))
