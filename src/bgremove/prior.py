"""Where the subject is likely to be: how enclosed, how unlike the frame, how central.

Three cues of each pixel, weighed by a logistic function; then the colours of what is likely and
of what is not are learnt, and each pixel is asked again by its colour. A *colour table* has one
cell for each kind of colour in Lab.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from bgremove.arrays import Image, Mask, Probability, bounded_size, resize
from bgremove.hints import Attention

Cells = NDArray[np.int32]
Evidence = NDArray[np.float32]

SIDE = 256
"""Longest side of the copy that is judged, in pixels: likely places are large."""

LIGHTNESS_CELLS, COLOUR_CELLS = 16, 16
"""Cells of the colour table along lightness, and along each of the two colour axes."""

COLOUR_STEP = 6
"""Levels of a and b in a cell: photos have few colours beyond 48 levels from grey."""

TABLE_SMOOTHING = 2
"""How often the colour table is smoothed, by 1-2-1 along each axis."""

FAINTEST_SHARE = 1e-5
"""Added to each share of a colour table, so that a colour never seen is no proof."""

UNLIKE, ENCLOSED, ACROSS, DOWN, BIAS = 1.03, 2.27, -2.71, -1.91, -2.0
"""Weights of the cues in the logit, by logistic regression on 200 photos of duts_tr;
docs/object.md tells what each brings."""

PLACE, PLACE_AROUND, COLOUR, COLOUR_AROUND, SECOND_BIAS = 0.15, 0.73, 0.26, 0.34, -0.15
"""Weights of what the prior and the colours say, at a pixel and around it: rounded by hand from a
fit on the same photos that had two widths of "around", so not themselves a fit."""

NEVER = -7.0
"""The logit of what cannot be the subject's: about one in a thousand."""

AROUND = 5 / 256
"""Sigma of "around", as a share of the longest side."""


def prior(image: Image, enclosed: Probability, where: Attention) -> Probability:
    """Give the probability that each pixel is the subject's, from a copy of `SIDE` pixels.

    Parameters
    ----------
    image : (h, w, 3) ndarray of uint8, RGB
    enclosed : (h, w) ndarray of float32 in [0, 1]
        How surely each pixel lies within a closed contour.
    where : Attention
        Where to look.

    Returns
    -------
    (h, w) ndarray of float32 in [0, 1]
    """
    height, width = image.shape[:2]
    size = bounded_size(height, width, SIDE)
    inside = resize(where.inside.astype(np.float32), *size) > 0
    background = resize(where.background.astype(np.float32), *size) > 0.5
    cells = colour_cells(resize(image, *size))
    centre, reach = (
        (across * size[0] / width, down * size[1] / height)
        for across, down in (where.centre, where.reach)
    )
    logit = likely(unlike(cells, background), resize(enclosed, *size), centre, reach)
    logit[~inside] = NEVER
    return resize(asked_again(logit, cells), width, height)


def colour_cells(image: Image) -> Cells:
    """Give each pixel's cell of the colour table.

    Parameters
    ----------
    image : (h, w, 3) ndarray of uint8, RGB

    Returns
    -------
    (h, w) ndarray of int32
    """
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.int32)
    lightness = lab[..., 0] * LIGHTNESS_CELLS // 256
    colours = (lab[..., 1:] - 128) // COLOUR_STEP + COLOUR_CELLS // 2
    a, b = np.moveaxis(np.clip(colours, 0, COLOUR_CELLS - 1), -1, 0)
    cells: Cells = (lightness * COLOUR_CELLS + a) * COLOUR_CELLS + b
    return cells


def unlike(cells: Cells, background: Mask) -> Evidence:
    """Tell how much rarer each pixel's colour is in the background than in the picture.

    Parameters
    ----------
    cells : (h, w) ndarray of int32
    background : (h, w) ndarray of bool
        Where only background is expected, as the frame.

    Returns
    -------
    (h, w) ndarray of float32
        A log ratio: 0 where it is as frequent in both.
    """
    everywhere = np.ones(cells.shape, np.float32)
    return _log_ratio(cells, everywhere, background.astype(np.float32))


def likely(
    unlike: Evidence, enclosed: Probability, centre: tuple[float, float], reach: tuple[float, float]
) -> Evidence:
    """Weigh the cues: unlike the frame, enclosed, near the centre of attention.

    Parameters
    ----------
    unlike : (h, w) ndarray of float32
    enclosed : (h, w) ndarray of float32 in [0, 1]
    centre, reach : tuple of 2 floats
        Where the subject is expected, and how far it reaches, across and down, in pixels.

    Returns
    -------
    (h, w) ndarray of float32
        The logit of the probability that a pixel is the subject's.
    """
    height, width = unlike.shape
    across = (((np.arange(width) + 0.5) - centre[0]) / reach[0]) ** 2
    down = (((np.arange(height) + 0.5) - centre[1]) / reach[1]) ** 2
    place = ACROSS * across[None, :] + DOWN * down[:, None]
    evidence: Evidence = (UNLIKE * unlike + ENCLOSED * enclosed + place + BIAS).astype(np.float32)
    return evidence


def asked_again(logit: Evidence, cells: Cells) -> Probability:
    """Learn the colours of the likely and the unlikely pixels, and judge each by its colour, too.

    Parameters
    ----------
    logit : (h, w) ndarray of float32
    cells : (h, w) ndarray of int32

    Returns
    -------
    (h, w) ndarray of float32 in [0, 1]
    """
    place = np.clip(logit, NEVER, -NEVER)
    probability = _logistic(place)
    colour = _log_ratio(cells, probability, 1 - probability)
    return _logistic(
        PLACE * place
        + PLACE_AROUND * _around(place)
        + COLOUR * colour
        + COLOUR_AROUND * _around(colour)
        + SECOND_BIAS
    )


def _log_ratio(cells: Cells, one: NDArray[np.float32], other: NDArray[np.float32]) -> Evidence:
    """Compare how frequent each pixel's colour is under two weightings of the pixels."""
    ratio = np.log(_shares(cells, one) + FAINTEST_SHARE)
    ratio -= np.log(_shares(cells, other) + FAINTEST_SHARE)
    evidence: Evidence = ratio[cells].astype(np.float32)
    return evidence


def _shares(cells: Cells, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    shape = (LIGHTNESS_CELLS, COLOUR_CELLS, COLOUR_CELLS)
    size = LIGHTNESS_CELLS * COLOUR_CELLS * COLOUR_CELLS
    counted = np.bincount(cells.ravel(), weights.ravel(), size).reshape(shape)
    for _ in range(TABLE_SMOOTHING):
        table = np.pad(counted, 1, mode="edge")
        table = table[:-2] + 2 * table[1:-1] + table[2:]
        table = table[:, :-2] + 2 * table[:, 1:-1] + table[:, 2:]
        counted = table[..., :-2] + 2 * table[..., 1:-1] + table[..., 2:]
    shares: NDArray[np.float64] = counted.ravel() / max(counted.sum(), 1e-9)
    return shares


def _around(values: Evidence) -> Evidence:
    sigma = max(AROUND * max(values.shape), 0.1)
    return cv2.GaussianBlur(values, (0, 0), sigma).astype(np.float32)


def _logistic(logit: Evidence) -> Probability:
    probability: Probability = (1 / (1 + np.exp(-logit))).astype(np.float32)
    return probability
