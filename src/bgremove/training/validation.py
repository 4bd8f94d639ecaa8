"""The one figure that a run watches while it trains."""

import cv2
import keras
import numpy as np

from bgremove.training.data import MASK_BIT, VOID_BIT, SquarePhotos

BATCH = 16


def person_iou(model: keras.Model, photos: SquarePhotos, size: int) -> float:
    """Mean IoU of the people in stored photos, at the network's own size and threshold 0.5.

    The full evaluation, at each photo's size, is `bgremove.evaluation`.
    """
    labelled = [i for i, entry in enumerate(photos.entries) if entry.person == "mask"]
    scores = []
    for start in range(0, len(labelled), BATCH):
        chosen = labelled[start : start + BATCH]
        images = np.stack([_shrunk(photos.images[i], size) for i in chosen])
        probabilities = _predicted(model, images.astype(np.float32) / 255)
        for i, probability in zip(chosen, probabilities, strict=True):
            label = cv2.resize(photos.labels[i], (size, size), interpolation=cv2.INTER_NEAREST)
            counts = (label & VOID_BIT) == 0
            found = (probability >= 0.5) & counts
            mask = ((label & MASK_BIT) > 0) & counts
            either = np.count_nonzero(found | mask)
            scores.append(np.count_nonzero(found & mask) / either if either else 1.0)
    return float(np.mean(scores))


def _shrunk(image: np.ndarray, size: int) -> np.ndarray:
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)


def _predicted(model: keras.Model, images: np.ndarray) -> np.ndarray:
    first = keras.config.image_data_format() == "channels_first"
    x = images.transpose(0, 3, 1, 2) if first else images
    y = np.asarray(model.predict_on_batch(x))
    return y[:, 0] if first else y[..., 0]
