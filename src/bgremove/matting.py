"""A matte from an image and a guess: closed-form matting, without a sparse matrix.

The matting Laplacian need not be written down to be multiplied with: its product with an alpha is
the alpha less what a guided filter makes of it (He, Sun, Tang, CVPR 2010), a few box filters.
Conjugate gradients then need no library beyond NumPy and OpenCV.

References
----------
Levin, Lischinski, Weiss, "A Closed-Form Solution to Natural Image Matting", PAMI 2008; He, Sun,
Tang, "Fast Matting Using Large Kernel Matting Laplacian Matrices", CVPR 2010.
"""

import numpy as np

from bgremove.arrays import Alpha, Floats, Image, Mask, extent
from bgremove.guided import Windows, box_sum, dot
from bgremove.tiles import grown

RADIUS = 1
"""Of the Laplacian's windows: Levin's 3×3 (of 1, 2, 4 the best on edges_eval)."""

KNOWN = 10.0
"""How strongly 0 and 1 of the guess hold, beside the Laplacian's 1."""

MARGIN = 4 * RADIUS
"""How far around the band the image is asked."""

ITERATIONS = 40
"""Of conjugate gradients."""

DIAGONAL = 0.3
"""About the Laplacian's own diagonal: the preconditioner's part that isn't the guess's weight."""


def closed_form(image: Image, guess: Alpha, band: Mask, trust: Floats) -> Alpha:
    """Solve for the alpha that an image's colours and a guess agree on.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8, RGB
    guess : (H, W) ndarray of float32 in [0, 1]
    band : (H, W) ndarray of bool
        Where the alpha is sought; it stays as it is elsewhere.
    trust : (H, W) ndarray of float32
        In the band, how strongly the guess holds, beside the Laplacian's 1.

    Returns
    -------
    (H, W) ndarray of float32 in [0, 1]
    """
    reached = extent(band)
    if reached is None:
        return guess
    place = grown(reached, MARGIN, *band.shape)
    solved: Alpha = guess.copy()
    solved[place] = _solved(image[place], guess[place], band[place], trust[place])
    return solved


def _solved(image: Image, guess: Alpha, band: Mask, trust: Floats) -> Alpha:
    trust = np.where(band, trust, np.float32(KNOWN))
    laplacian = Laplacian(image)
    alpha = guess.copy()
    residual = -laplacian.times(alpha)
    scale = 1 / (trust + np.float32(DIAGONAL))
    step = scale * residual
    size = _inner(residual, step)
    for _ in range(ITERATIONS):
        forward = laplacian.times(step) + trust * step
        curvature = _inner(step, forward)
        if size <= 0 or curvature <= 0:
            break
        length = np.float32(size / curvature)
        alpha += length * step
        residual -= length * forward
        scaled = scale * residual
        size, before = _inner(residual, scaled), size
        step = scaled + np.float32(size / before) * step
    alpha = np.where(band, np.clip(alpha, 0, 1), guess)
    return alpha.astype(np.float32)


class Laplacian:
    """The matting Laplacian of an image, divided by the pixels of a window."""

    def __init__(self, image: Image) -> None:
        self._windows = Windows(image, RADIUS)
        self._share = np.float32(1 / (2 * RADIUS + 1) ** 2)

    def times(self, alpha: Alpha) -> Floats:
        """Multiply it with an alpha: (H, W) ndarray of float32."""
        guided = dot(box_sum(self._windows.regress(alpha), RADIUS), self._windows.colours)
        product: Floats = (self._windows.count * alpha - guided) * self._share
        return product


def _inner(left: Floats, right: Floats) -> float:
    return float(np.vdot(left, right))
