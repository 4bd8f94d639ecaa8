"""A flat or smooth backdrop, as of product shots: recognised from the frame, told by colour."""

import cv2
import numpy as np
from numpy.typing import NDArray

from bgremove.arrays import Image, Mask, slope
from bgremove.hints import frame

Lab = NDArray[np.float32]

PLAIN_SHARE = 0.93
"""Least share of the frame that follows the surface: the rest is what the subject covers."""

PLAIN_ERROR = 3.0
"""How far a pixel of the backdrop is from the surface, in Lab: grain and JPEG."""

ENOUGH = 8000
"""Pixels of the frame that are looked at, about: plenty for the six terms of a quadratic."""

FITS = 4
"""Times the surface is fitted, each time without what lies off it."""

UNLIKE_COLOUR = 6.0
"""Distance in a and b beyond which a pixel is no backdrop, shadowed or not."""

BRIGHTER, DARKER = 5.0, 8.0
"""Lightness over and under the surface's beyond which a pixel may be the subject's."""

SHADOW_DEPTH = 0.35
"""Share of the lightness that a studio's shadow takes at most."""

UNLIKE = 4.0
"""Distance in Lab beyond which a pixel within a contour is the subject's, shadow or not."""

EDGE = 3
"""How far a subject's colour bleeds into the backdrop, in pixels: half the softened edge."""

SHADOW_SLOPE = 3.0
"""Steepest change of lightness within a shadow, a pixel: shadows are soft, subjects have edges."""


def surface(image: Image) -> Lab | None:
    """Fit a smooth backdrop to the frame: a quadratic in each Lab channel.

    Parameters
    ----------
    image : (h, w, 3) ndarray of uint8, RGB

    Returns
    -------
    (h, w, 3) ndarray of float32 in Lab, L in 0…100
        None if the frame follows no such surface.
    """
    height, width = image.shape[:2]
    rows, columns = np.nonzero(frame(height, width))
    every = max(1, rows.size // ENOUGH)
    rows, columns = rows[::every], columns[::every]
    known = _terms(rows, columns, height, width)
    colours = _lab(image[rows, columns][None])[0]
    kept = _length(colours - np.median(colours, axis=0)) < 8 * PLAIN_ERROR
    for _ in range(FITS):
        if kept.sum() < known.shape[1]:
            return None
        weights = _least_squares(known[kept], colours[kept])
        kept = _length(known @ weights - colours) < PLAIN_ERROR
    if kept.mean() < PLAIN_SHARE:
        return None
    rows, columns = np.indices((height, width))
    return (_terms(rows, columns, height, width) @ weights).astype(np.float32)


def stands_out(image: Image, backdrop: Lab, enclosed: Mask) -> Mask:
    """Tell which pixels are not the backdrop, nor its shadow.

    Parameters
    ----------
    image : (h, w, 3) ndarray of uint8, RGB
    backdrop : (h, w, 3) ndarray of float32 in Lab
    enclosed : (h, w) ndarray of bool
        What lies within a contour: no shadow, however faint.

    Returns
    -------
    (h, w) ndarray of bool
    """
    lab = _lab(image)
    distance = _length(lab - backdrop)
    lightness, expected = lab[..., 0], backdrop[..., 0]
    coloured = _length(lab[..., 1:] - backdrop[..., 1:]) > UNLIKE_COLOUR
    dark = lightness < expected - DARKER
    shadow = (lightness > (1 - SHADOW_DEPTH) * expected) & (slope(lightness) < SHADOW_SLOPE)
    found: Mask = coloured | (lightness > expected + BRIGHTER) | (dark & ~shadow)
    standing: Mask = found & ~_blurred_edge(found, distance) | (enclosed & (distance > UNLIKE))
    return standing


def _blurred_edge(found: Mask, distance: NDArray[np.float32]) -> Mask:
    """Give the outermost pixels that are less than half as unlike as what they surround."""
    window = np.ones((2 * EDGE + 1, 2 * EDGE + 1), np.uint8)
    core = cv2.erode(found.astype(np.uint8), window, borderValue=1) > 0
    edge: Mask = found & ~core & (distance < cv2.dilate(distance, window) / 2)
    return edge


def _terms(
    rows: NDArray[np.intp], columns: NDArray[np.intp], height: int, width: int
) -> NDArray[np.float32]:
    """Give the six terms of a quadratic at some pixels, of coordinates in -1…1."""
    y = ((2 * rows + 1) / height - 1).astype(np.float32)
    x = ((2 * columns + 1) / width - 1).astype(np.float32)
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _length(difference: Lab) -> NDArray[np.float32]:
    """Give the length of each colour difference, over the last axis."""
    length: NDArray[np.float32] = np.sqrt(np.einsum("...c,...c->...", difference, difference))
    return length


def _least_squares(terms: NDArray[np.float32], values: Lab) -> NDArray[np.float32]:
    """Solve the normal equations: six terms in -1…1 are well enough conditioned for them."""
    exact = terms.astype(np.float64)
    solution, *_ = np.linalg.lstsq(exact.T @ exact, exact.T @ values, rcond=None)
    weights: NDArray[np.float32] = solution.astype(np.float32)
    return weights


def _lab(image: Image) -> Lab:
    lab: Lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).astype(np.float32)
    return lab
