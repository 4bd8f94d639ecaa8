"""Which pieces of a probability map are the subject: specks beside it are left out."""

import cv2
import numpy as np

from bgremove.arrays import Mask, Probability

LEAST_SHARE = 0.1
"""Of the largest piece's area. Mean person IoU on val: 0.724 with all pieces, 0.727 from 0.05 on,
0.728 from 0.1, 0.2 or 0.5 on. Holes are left as they are: to close those of up to 0.5, 1, 2 or 5 %
of the subject changed it by less than 0.001."""


def without_specks(probability: Probability, threshold: float) -> Probability:
    """Clear away the pieces that are much smaller than the largest.

    Parameters
    ----------
    probability : (h, w) ndarray of float32 in [0, 1]
    threshold : float
        A piece is what touches and is at least this probable.

    Returns
    -------
    (h, w) ndarray of float32 in [0, 1]
        0 nearer to a piece that is left out than to one that is kept; else as it was.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        (probability >= threshold).astype(np.uint8), connectivity=8
    )
    areas = stats[1:, cv2.CC_STAT_AREA]
    small = 1 + np.flatnonzero(areas < LEAST_SHARE * areas.max(initial=0))
    if not small.size:
        return probability
    dropped: Mask = np.isin(labels, small)
    kept: Mask = (labels > 0) & ~dropped
    return np.where(_distance(dropped) < _distance(kept), np.float32(0), probability)


def _distance(mask: Mask) -> Probability:
    """How far each pixel is from a mask."""
    far = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return far.astype(np.float32)
