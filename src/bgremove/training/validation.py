"""What a run watches while it trains: figures, and pictures to look at."""

from typing import TypeVar

import cv2
import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage

from bgremove.arrays import Mask, Probability
from bgremove.evaluation import metrics
from bgremove.evaluation.run import OUTPUTS
from bgremove.evaluation.sheet import on_magenta
from bgremove.training.data import MASK_BIT, VOID_BIT, SquarePhotos

T = TypeVar("T", np.uint8, np.float32)

BATCH = 16

SHEET_PHOTOS, ACROSS, TILE = 24, 3, 128
"""Photos on a sheet, photos in a line of it, and the side of a picture in pixels."""


def mean_ious(model: keras.Model, photos: SquarePhotos, size: int) -> dict[str, float]:
    """Mean IoU of each output on stored photos, at the network's own size and threshold 0.5.

    The full evaluation, at each photo's size, is `bgremove.evaluation`.

    Returns
    -------
    dict of str to float
        By output; those that no photo has a mask for are left out.
    """
    scores: dict[str, list[float]] = {output: [] for output in OUTPUTS}
    everyone = range(len(photos.entries))
    for index, probability in zip(everyone, _predicted(model, photos, everyone, size), strict=True):
        mask, counts = _truth(photos.labels[index], size)
        for channel, output in enumerate(OUTPUTS):
            if getattr(photos.entries[index], output) == "mask":
                found = probability[..., channel] >= 0.5
                scores[output].append(metrics.iou(metrics.count(found, mask, counts)))
    return {output: float(np.mean(values)) for output, values in scores.items() if values}


def prediction_sheet(model: keras.Model, photos: SquarePhotos, size: int) -> PILImage.Image:
    """Draw photos as they are and, on magenta, their mask, the person and the subject found.

    The photos are spread evenly over all that there are, so they stay the same for a whole run.
    """
    count = min(SHEET_PHOTOS, len(photos.entries))
    chosen = np.linspace(0, len(photos.entries) - 1, count).round().astype(int).tolist()
    columns = 2 + len(OUTPUTS)
    lines = -(-count // ACROSS)
    sheet = PILImage.new("RGB", (ACROSS * columns * TILE, lines * TILE), "white")
    for place, (index, probability) in enumerate(
        zip(chosen, _predicted(model, photos, chosen, size), strict=True)
    ):
        image = _resized(photos.images[index], TILE)
        mask, _ = _truth(photos.labels[index], TILE)
        alphas = [mask.astype(np.float32), *np.moveaxis(_resized(probability, TILE), -1, 0)]
        views = [image, *(on_magenta(image, alpha) for alpha in alphas)]
        left, top = place % ACROSS * columns * TILE, place // ACROSS * TILE
        for column, view in enumerate(views):
            sheet.paste(PILImage.fromarray(view), (left + column * TILE, top))
    return sheet


def _predicted(
    model: keras.Model, photos: SquarePhotos, chosen: "range | list[int]", size: int
) -> list[Probability]:
    first = keras.config.image_data_format() == "channels_first"
    predicted: list[Probability] = []
    for start in range(0, len(chosen), BATCH):
        images = [_resized(photos.images[i], size) for i in chosen[start : start + BATCH]]
        x = np.stack(images).astype(np.float32) / 255
        y = np.asarray(model.predict_on_batch(x.transpose(0, 3, 1, 2) if first else x))
        predicted.extend(y.transpose(0, 2, 3, 1) if first else y)
    return predicted


def _truth(label: NDArray[np.uint8], size: int) -> tuple[Mask, Mask]:
    """Give a photo's mask, and where it counts."""
    small = cv2.resize(label, (size, size), interpolation=cv2.INTER_NEAREST).astype(np.uint8)
    return (small & MASK_BIT) > 0, (small & VOID_BIT) == 0


def _resized(picture: NDArray[T], size: int) -> NDArray[T]:
    resized = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    return resized.astype(picture.dtype, copy=False)
