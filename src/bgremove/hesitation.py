"""Where a network's map hesitates, and what moves it there."""

import cv2
import numpy as np

from bgremove.arrays import Floats, Probability, clipped, slope

SURE_WIDTH, UNSURE_WIDTH = 2.0, 6.0
"""Widths of a transition, in the map's pixels: up to the first it is an edge, from the second on
it is hesitation. A mask shrunk to the map's size shows 1.4 to 2, a mask whose outline is wrong by
a pixel and blurred as much 3.3, by two 5.4 (`benchmarks/edges.py`)."""

NEIGHBOURHOOD = 4.0
"""Sigma, in the map's pixels, within which the width of a transition is measured."""

CLOSEST = 1e-3
"""A probability this close to 0 or 1 counts as no closer, which keeps the odds finite."""


def hesitation(probability: Probability) -> Floats:
    """Tell where a map hesitates, from the width of its transitions.

    Across an edge the integral of the gradient is 1 and that of 4p(1 - p) is as many pixels as
    the map takes from 0 to 1; the ratio of the two, within a neighbourhood, is the width.

    Parameters
    ----------
    probability : (h, w) ndarray of float32 in [0, 1]

    Returns
    -------
    (h, w) ndarray of float32 in [0, 1]
        0 up to `SURE_WIDTH`, 1 from `UNSURE_WIDTH` on.
    """
    length = cv2.GaussianBlur(slope(probability), (0, 0), NEIGHBOURHOOD)
    unsure = cv2.GaussianBlur(4 * probability * (1 - probability), (0, 0), NEIGHBOURHOOD)
    width = unsure / (length + np.float32(1e-4))
    degree = (width - SURE_WIDTH) / (UNSURE_WIDTH - SURE_WIDTH)
    return clipped(degree)


def moved(probability: Probability, evidence: Floats, unsure: Floats) -> Probability:
    """Move a map by evidence, as far as the network hesitated.

    Parameters
    ----------
    probability : (h, w) ndarray of float32 in [0, 1]
    evidence : (h, w) ndarray of float32
        What speaks for the subject, in log odds; negative for what speaks against it.
    unsure : (h, w) ndarray of float32 in [0, 1]
        The share of the evidence that counts: the network's `hesitation`.

    Returns
    -------
    (h, w) ndarray of float32 in [0, 1]
        As it was where `unsure` is 0.
    """
    evident = from_log_odds(log_odds(probability) + unsure * evidence)
    result: Probability = np.where(unsure > 0, evident, probability)
    return result


def log_odds(probability: Probability) -> Floats:
    """Give the log of p / (1 - p), for p no nearer to 0 and 1 than `CLOSEST`."""
    doubted = np.clip(probability, CLOSEST, 1 - CLOSEST)
    result: Floats = np.log(doubted / (1 - doubted)).astype(np.float32)
    return result


def from_log_odds(value: Floats) -> Probability:
    """Give the probabilities that have these log odds."""
    odds = np.exp(value)
    result: Probability = odds / (1 + odds)
    return result
