"""What the photo's colours say where the network hesitates.

A sleeve of the suit's own orange belongs to the suit, whatever doubts the network has of it. The
sure pixels show which colours are the subject's and which the background's; by Bayes' rule, the
ratio of the two likelihoods moves the odds of the others (Boykov and Jolly 2001 use such
histograms for a graph cut; here they speak for themselves).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from bgremove.arrays import Floats, Image, Probability, resize
from bgremove.hesitation import moved

BINS = 32
"""Per channel. Mean person IoU on val: 0.759 without colours, 0.772 with 16, 0.773 with 32, 0.772
with 64."""

CUBE = (BINS, BINS, BINS)

SPREAD = 0.7
"""Sigma, in bins, by which a colour speaks for its neighbours too."""

LEAST_LIKELIHOOD = 1e-4
"""Of a colour: rarer ones count as this, so that a few pixels prove nothing (0.001 gave 0.769)."""

MOST_EVIDENCE = 2.0
"""In log odds (3 and 4 differ from it by 0.0001 on val)."""

SMOOTHING = 1.0
"""Sigma, in the map's pixels, of the evidence's blur: single pixels have no say."""


def with_colour_evidence(probability: Probability, image: Image, unsure: Floats) -> Probability:
    """Move a map towards what the colours say, where it is not sure itself.

    Parameters
    ----------
    probability : (h, w) ndarray of float32 in [0, 1]
    image : (H, W, 3) ndarray of uint8, RGB
    unsure : (h, w) ndarray of float32 in [0, 1]
        The map's `hesitation`.

    Returns
    -------
    (h, w) ndarray of float32 in [0, 1]
        As it was where `unsure` is 0.

    References
    ----------
    Boykov, Jolly, "Interactive Graph Cuts for Optimal Boundary & Region Segmentation of Objects
    in N-D Images", 2001.
    """
    height, width = probability.shape
    evidence = _evidence(probability, resize(image, width, height))
    return moved(probability, evidence, unsure)


def _evidence(probability: Probability, image: Image) -> Floats:
    """Give each pixel's log ratio of the likelihoods of its colour, in subject and background."""
    bins = np.moveaxis((image // (256 // BINS)).astype(np.intp), -1, 0)
    colours = np.ravel_multi_index(tuple(bins), CUBE)
    of_subject = _likelihoods(colours, probability)
    of_background = _likelihoods(colours, 1 - probability)
    ratio = np.log((of_subject + LEAST_LIKELIHOOD) / (of_background + LEAST_LIKELIHOOD))
    bounded = np.clip(ratio, -MOST_EVIDENCE, MOST_EVIDENCE)[colours]
    evidence: Floats = cv2.GaussianBlur(bounded, (0, 0), SMOOTHING).astype(np.float32)
    return evidence


def _likelihoods(colours: NDArray[np.intp], weights: Floats) -> Floats:
    """Give the share of each colour among weighted pixels, with its nearest neighbours' part."""
    counts: Floats = np.bincount(colours.ravel(), weights.ravel(), BINS**3).astype(np.float32)
    of_two = cv2.GaussianBlur(counts.reshape(CUBE), (3, 3), SPREAD)
    of_three = cv2.GaussianBlur(of_two.reshape(-1, BINS), (3, 1), SPREAD)
    shares: Floats = (of_three.ravel() / max(1.0, float(weights.sum()))).astype(np.float32)
    return shares
