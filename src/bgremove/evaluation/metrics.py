"""Scores of one alpha against the truth: counts of pixels first, then arithmetic on counts.

Every function takes the pixels that count as a mask of its own (`counted`): the void pixels that
a data set leaves unlabelled are outside it, and change no score.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bgremove.arrays import Alpha, Mask, alpha_to_uint8

BETA_SQUARED = 0.3
"""Weighs precision over recall, as all papers on saliency do since Achanta et al., CVPR 2009."""

BOUNDARY_SHARE = 0.02
"""Width of the boundary as a share of the photo's diagonal: Cheng et al., CVPR 2021."""

LEVELS = 256
"""Thresholds of the precision and recall curves: all values that an 8-bit alpha can take."""

PIXELS_PER_SAD_UNIT = 1000
"""Papers on matting give the sum of absolute differences in thousands."""


@dataclass(frozen=True)
class Counts:
    """How many pixels were told rightly and wrongly.

    Attributes
    ----------
    tp, fp, fn, tn : int
        True positives, false positives, false negatives, true negatives.
    """

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def background(self) -> "Counts":
        """The same pixels, with the background as what was looked for."""
        return Counts(tp=self.tn, fp=self.fn, fn=self.fp, tn=self.tp)


def count(found: Mask, truth: Mask, counted: Mask) -> Counts:
    """Count the pixels of a mask by whether they are in the truth.

    Parameters
    ----------
    found, truth, counted : (H, W) ndarray of bool
    """
    return Counts(
        tp=int(np.count_nonzero(counted & found & truth)),
        fp=int(np.count_nonzero(counted & found & ~truth)),
        fn=int(np.count_nonzero(counted & ~found & truth)),
        tn=int(np.count_nonzero(counted & ~found & ~truth)),
    )


def iou(counts: Counts) -> float:
    """Intersection over union, in [0, 1]; 1 where both masks are empty: nothing was missed."""
    union = counts.tp + counts.fp + counts.fn
    return counts.tp / union if union else 1.0


def two_class_miou(counts: Counts) -> float:
    """Mean of the subject's IoU and the background's, in [0, 1]."""
    return (iou(counts) + iou(counts.background)) / 2


def boundary(mask: Mask) -> Mask:
    """Give the pixels of a mask that lie within 2 % of the diagonal from its outline.

    That is the mask without its erosion. The photo's border counts as outline, as in the
    authors' own program.

    Parameters
    ----------
    mask : (H, W) ndarray of bool

    Returns
    -------
    (H, W) ndarray of bool
    """
    distance = max(1, round(BOUNDARY_SHARE * float(np.hypot(*mask.shape))))
    square = np.ones((2 * distance + 1, 2 * distance + 1), np.uint8)
    inside = cv2.erode(
        mask.astype(np.uint8), square, borderType=cv2.BORDER_CONSTANT, borderValue=(0,)
    )
    return mask & ~inside.astype(np.bool_)


def boundary_iou(found: Mask, truth: Mask, counted: Mask) -> float:
    """IoU of the boundaries alone, in [0, 1]; 1 where both masks are empty.

    Parameters
    ----------
    found, truth, counted : (H, W) ndarray of bool
        What isn't counted is left out of both boundaries after they are drawn.

    References
    ----------
    Cheng et al., "Boundary IoU: Improving Object-Centric Image Segmentation Evaluation",
    CVPR 2021, arXiv 2103.16562.
    """
    return iou(count(boundary(found), boundary(truth), counted))


def mean_absolute_error(alpha: Alpha, truth: Alpha, counted: Mask) -> float:
    """Mean absolute difference of two alphas, in [0, 1]; 0 where no pixel counts.

    Parameters
    ----------
    alpha, truth : (H, W) ndarray of float32 in [0, 1]
    counted : (H, W) ndarray of bool
    """
    pixels = int(np.count_nonzero(counted))
    return _sum_of_differences(alpha, truth, counted) / pixels if pixels else 0.0


def sum_of_absolute_differences(alpha: Alpha, truth: Alpha, counted: Mask) -> float:
    """Sum of absolute differences of two alphas, in thousands of pixels.

    Parameters
    ----------
    alpha, truth : (H, W) ndarray of float32 in [0, 1]
    counted : (H, W) ndarray of bool
    """
    return _sum_of_differences(alpha, truth, counted) / PIXELS_PER_SAD_UNIT


def _sum_of_differences(alpha: Alpha, truth: Alpha, counted: Mask) -> float:
    return float(np.abs(alpha - truth)[counted].sum(dtype=np.float64))


@dataclass(frozen=True)
class Curves:
    """Precision and recall of an alpha cut at each of `LEVELS` thresholds.

    Attributes
    ----------
    precision, recall : (256,) ndarray of float64 in [0, 1]
        At threshold i / 255, a pixel of that alpha or more being found. Precision is 0 where
        nothing is found, recall 0 where the truth is empty.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]


def curves(alpha: Alpha, truth: Mask, counted: Mask) -> Curves:
    """Draw the precision and recall curves of one alpha.

    Parameters
    ----------
    alpha : (H, W) ndarray of float32 in [0, 1]
    truth, counted : (H, W) ndarray of bool
    """
    levels = alpha_to_uint8(alpha)
    tp = _at_least(levels[counted & truth])
    fp = _at_least(levels[counted & ~truth])
    return Curves(precision=tp / np.maximum(tp + fp, 1), recall=tp / np.maximum(tp[0], 1))


def _at_least(levels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count, for each level, the pixels that reach it."""
    return np.bincount(levels, minlength=LEVELS)[::-1].cumsum()[::-1]


def f_beta(curves: Curves) -> NDArray[np.float64]:
    """F-beta at each threshold (β² = 0.3), in [0, 1]; 0 where precision and recall are 0.

    Of many photos, papers on saliency average the curves first (`mean_curves`), then take the
    mean or the maximum of this.

    Returns
    -------
    (256,) ndarray of float64

    References
    ----------
    Achanta et al., "Frequency-tuned Salient Region Detection", CVPR 2009; Borji et al.,
    "Salient Object Detection: A Benchmark", 2015, arXiv 1501.02741.
    """
    product = (1 + BETA_SQUARED) * curves.precision * curves.recall
    weighed = BETA_SQUARED * curves.precision + curves.recall
    return np.divide(product, weighed, out=np.zeros(LEVELS), where=weighed > 0)


def mean_curves(many: list[Curves]) -> Curves:
    """Average the curves of photos, threshold by threshold; at least one photo."""
    return Curves(
        precision=np.mean([one.precision for one in many], axis=0),
        recall=np.mean([one.recall for one in many], axis=0),
    )
