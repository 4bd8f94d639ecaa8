"""At which probability a photo's subject begins, where the user doesn't say.

A network that is sure of a person gives nearly 0 and 1, and any threshold will do. Where it is not,
as of somebody in the dark, 0.5 keeps the face and loses the coat. The threshold that gives the best
Dice score (F1) that can be expected of a map is half that score; for IoU, which rises with it, it
is the same.

References
----------
Lipton, Elkan, Naryanaswamy, "Optimal Thresholding of Classifiers to Maximize F1 Measure", ECML PKDD
2014, arXiv 1402.1892.
"""

import numpy as np

from bgremove.arrays import Probability

LEAST = 0.1
"""Of a threshold: below, everything would be the subject."""


def best_threshold(probability: Probability, most: float) -> float:
    """Choose the threshold of a map.

    Parameters
    ----------
    probability : (h, w) ndarray of float32 in [0, 1]
    most : float
        What a map of which the network is sure has.

    Returns
    -------
    float
        In [`LEAST`, `most`]; or `most`, if that is less.
    """
    return min(max(expected_dice(probability) / 2, LEAST), most)


def expected_dice(probability: Probability) -> float:
    """Give the best Dice score that thresholding a map can be expected to have.

    With the n likeliest pixels taken, it is 2 Σp of them over n + Σp of all.

    Parameters
    ----------
    probability : (h, w) ndarray of float32 in [0, 1]

    Returns
    -------
    float
        In [0, 1]; 0 for a map of zeros.
    """
    likeliest = np.sort(probability, axis=None)[::-1]
    found = np.cumsum(likeliest, dtype=np.float64)
    taken = np.arange(1, likeliest.size + 1)
    return float((2 * found / (taken + found[-1])).max())
