"""The guided filter: alphas that follow an image's edges, as local linear functions of its colours.

References
----------
He, Sun, Tang, "Guided Image Filtering", ECCV 2010; He, Sun, "Fast Guided Filter", 2015,
arXiv 1505.00996: the functions are fitted on a small copy and applied to the large image.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bgremove.arrays import Alpha, Floats, Image, resize

SMOOTHNESS = 1e-4
"""He's epsilon, for colours in 0…1: textures fainter than a hundredth of the range leave no trace
in an alpha. (1e-5 to 1e-3 score alike on edges_eval; below, float32 is not exact enough.)"""

LEAST_WEIGHT = 1e-4
"""What a pixel of no confidence weighs, so that no window is without weight."""


@dataclass(frozen=True)
class LinearAlpha:
    """An alpha as a linear function of colour at each pixel of a small image.

    Attributes
    ----------
    slope : (h, w, 3) ndarray of float32
        By which red, green and blue, in 0…1, count.
    offset : (h, w) ndarray of float32
    """

    slope: Floats
    offset: Floats

    def applied(self, image: Image) -> Alpha:
        """Apply it to the image at any size: (H, W) ndarray of float32 in [0, 1]."""
        height, width = image.shape[:2]
        slope, offset = resize(self.slope, width, height), resize(self.offset, width, height)
        return at_colours(slope, offset, image)


def at_colours(slope: Floats, offset: Floats, image: Image) -> Alpha:
    """Evaluate linear functions of an image's colours, pixel by pixel, clipped to [0, 1]."""
    alpha: Alpha = np.einsum("hwc,hwc->hw", slope, unit(image)) + offset
    return np.clip(alpha, 0, 1, out=alpha)


def unit(image: Image) -> Floats:
    """Bring an image's colours to 0…1."""
    colours: Floats = image.astype(np.float32) / np.float32(255)
    return colours


def box_sum(array: NDArray[np.float32], radius: int) -> Floats:
    """Sum over the square of a radius around each pixel; nothing lies outside the picture."""
    size = (2 * radius + 1, 2 * radius + 1)
    result = cv2.boxFilter(array, -1, size, borderType=cv2.BORDER_CONSTANT, normalize=False)
    return result.astype(np.float32, copy=False)


def fit(image: Image, target: Floats, radius: int, confidence: Floats | None = None) -> LinearAlpha:
    """Fit a linear function of colour to a target in each window, and average the windows.

    Parameters
    ----------
    image : (h, w, 3) ndarray of uint8, RGB
    target : (h, w) ndarray of float32 in [0, 1]
    radius : int
        Of the windows, in pixels, at least 1.
    confidence : (h, w) ndarray of float32 in [0, 1], optional
        How much each pixel counts in the fit; all the same by default.

    Returns
    -------
    LinearAlpha
    """
    everywhere = np.ones(target.shape, np.float32)
    weight = everywhere if confidence is None else confidence + np.float32(LEAST_WEIGHT)
    windows = Windows(image, weight, radius)
    slope, offset = windows.regress(target)
    count = box_sum(everywhere, radius)
    return LinearAlpha(box_sum(slope, radius) / count[..., None], box_sum(offset, radius) / count)


class Windows:
    """The colours of an image in the window around each pixel: means and covariances.

    Parameters
    ----------
    image : (h, w, 3) ndarray of uint8, RGB
    weight : (h, w) ndarray of float32, positive
    radius : int
    """

    def __init__(self, image: Image, weight: Floats, radius: int) -> None:
        self.radius = radius
        self.colours = unit(image)
        self._weight = weight
        self._total = box_sum(weight, radius)
        self._mean = self._average(self.colours)
        self._inverse = self._inverse_covariance()

    def regress(self, target: Floats) -> tuple[Floats, Floats]:
        """Give each window's slope, (h, w, 3), and offset, (h, w), of the target over colour."""
        mean = self._average(target[..., None])[..., 0]
        together = self._average(self.colours * target[..., None]) - self._mean * mean[..., None]
        slope = np.einsum("hwij,hwj->hwi", self._inverse, together)
        offset = mean - np.einsum("hwi,hwi->hw", slope, self._mean)
        return slope.astype(np.float32), offset.astype(np.float32)

    def _average(self, values: Floats) -> Floats:
        summed = box_sum(values * self._weight[..., None], self.radius)
        return summed.reshape(values.shape) / self._total[..., None]

    def _inverse_covariance(self) -> Floats:
        """Invert each window's 3×3 covariance by its cofactors, in float64: they nearly cancel."""
        red, green, blue = np.moveaxis(self.colours, -1, 0)
        products = np.stack(
            [red * red, red * green, red * blue, green * green, green * blue, blue * blue], -1
        )
        mean = self._mean.astype(np.float64)
        x, y, z = np.moveaxis(mean, -1, 0)
        rr, rg, rb = np.moveaxis(self._average(products[..., :3]).astype(np.float64), -1, 0)
        gg, gb, bb = np.moveaxis(self._average(products[..., 3:]).astype(np.float64), -1, 0)
        rr, gg, bb = rr - x * x + SMOOTHNESS, gg - y * y + SMOOTHNESS, bb - z * z + SMOOTHNESS
        rg, rb, gb = rg - x * y, rb - x * z, gb - y * z
        a, b, c = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
        d, e, f = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
        inverse = np.stack([a, b, c, b, d, e, c, e, f], -1) / (rr * a + rg * b + rb * c)[..., None]
        result: Floats = inverse.reshape(*self._total.shape, 3, 3).astype(np.float32)
        return result
