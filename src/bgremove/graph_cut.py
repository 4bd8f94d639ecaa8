"""The best quality's last step: GrabCut, seeded from the contour mask."""

import cv2
import numpy as np

from bgremove.arrays import Image, Probability, bounded_size, resize
from bgremove.contour import Shape

SIDE = 256
"""Longest side of the copy that is cut, in pixels: the time grows with its area."""

SURE_BACKGROUND = 0.1
"""Below this share of the level, a pixel is the background's for sure; the rest may change sides:
on 42 photos of coco-object mean IoU .611, against .533 with a higher level and sure subjects."""

NO_BOX = (0, 0, 1, 1)
"""What GrabCut wants in place of a box, and does not read, when it starts from seeds."""

ITERATIONS = 2
"""Rounds of colour models and cut."""

LEAST_SEEDS = 25
"""Pixels that each side needs for its five-colour model."""


def cut(image: Image, prior: Probability, level: float) -> Shape:
    """Refine a prior by GrabCut (Rother et al. 2004), from what it is sure of.

    Parameters
    ----------
    image : (h, w, 3) ndarray of uint8, RGB
    prior : (h, w) ndarray of float32 in [0, 1]
    level : float
        Where the prior's subject begins.

    Returns
    -------
    (h, w) ndarray of uint8, 0 or 255
    """
    height, width = image.shape[:2]
    size = bounded_size(height, width, SIDE)
    image, prior = resize(image, *size), resize(prior, *size)
    labels = np.where(prior > level, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[prior < SURE_BACKGROUND * level] = cv2.GC_BGD
    subject = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if min(subject.sum(), (~subject).sum()) >= LEAST_SEEDS:
        models = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.setRNGSeed(0)
        cv2.grabCut(image, labels, NO_BOX, *models, ITERATIONS, cv2.GC_INIT_WITH_MASK)
        subject = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    whole = resize(subject.astype(np.float32), width, height)
    return np.where(whole >= 0.5, 255, 0).astype(np.uint8)
