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

from bgremove.arrays import Alpha, Floats, Image, clipped, resize
from bgremove.tiles import Tile

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
    field : (h, w, 4) ndarray of float32
        What red, green and blue, in 0…1, are multiplied by, and what is added.
    """

    field: Floats

    def applied(self, image: Image) -> Alpha:
        """Apply it to the image at any size: (H, W) ndarray of float32 in [0, 1]."""
        return at_colours(resize(self.field, image.shape[1], image.shape[0]), image)


def at_colours(field: Floats, image: Image) -> Alpha:
    """Evaluate linear functions of an image's colours, pixel by pixel, clipped to [0, 1]."""
    return clipped(dot(field, colours_and_one(image)))


def dot(left: Floats, right: Floats) -> Floats:
    """Multiply two pictures' channels and add them up: (h, w, C) ndarrays to one of (h, w)."""
    product: Floats = np.einsum("hwc,hwc->hw", left, right)
    return product


def unit(image: Image) -> Floats:
    """Bring an image's colours to 0…1."""
    colours: Floats = image.astype(np.float32) / np.float32(255)
    return colours


def colours_and_one(image: Image) -> Floats:
    """Bring an image's colours to 0…1, and add a channel of 1: (h, w, 4) ndarray of float32."""
    return unit(cv2.cvtColor(image, cv2.COLOR_RGB2RGBA).astype(np.uint8, copy=False))


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
    weight = None if confidence is None else confidence + np.float32(LEAST_WEIGHT)
    return LinearAlpha(Windows(image, radius, weight).fitted(target))


class EdgeGuide:
    """An image that alphas are to follow, within some rows and columns.

    Outside them an alpha is taken as it is. Made once for several alphas, it saves most of `fit`.

    Parameters
    ----------
    image : (h, w, 3) ndarray of uint8, RGB
    radius : int
        Of the windows, in pixels, at least 1.
    place : tuple of 2 slices
        The rows and columns; they may be empty.
    """

    def __init__(self, image: Image, radius: int, place: Tile) -> None:
        self._place = place
        part = image[place]
        self._windows = Windows(part, radius) if part.size else None

    def fitted(self, alpha: Alpha) -> LinearAlpha:
        """Give an alpha as a linear function of colour.

        Parameters
        ----------
        alpha : (h, w) ndarray of float32 in [0, 1]
        """
        field = np.zeros((*alpha.shape, 4), np.float32)
        field[..., 3] = alpha
        if self._windows is not None:
            field[self._place] = self._windows.fitted(alpha[self._place])
        return LinearAlpha(field)

    def followed(self, alpha: Alpha) -> Alpha:
        """Let an alpha follow the image: (h, w) ndarray of float32 in [0, 1]."""
        result: Alpha = alpha.copy()
        if self._windows is not None:
            field = self._windows.fitted(alpha[self._place])
            result[self._place] = clipped(dot(field, self._windows.colours))
        return result


class Windows:
    """The colours of an image in the window around each pixel: means and covariances.

    Parameters
    ----------
    image : (h, w, 3) ndarray of uint8, RGB
    radius : int
    weight : (h, w) ndarray of float32, positive, optional
        How much each pixel counts; all the same by default.

    Attributes
    ----------
    colours : (h, w, 4) ndarray of float32
        As `colours_and_one` gives them.
    count : (h, w) ndarray of float32
        How many pixels each window has: fewer at the frame.
    """

    def __init__(self, image: Image, radius: int, weight: Floats | None = None) -> None:
        self.radius = radius
        self.colours = colours_and_one(image)
        everywhere = np.ones(image.shape[:2], np.float32)
        self.count = box_sum(everywhere, radius)
        self._weight = everywhere if weight is None else weight
        self._total = self.count if weight is None else box_sum(weight, radius)
        self._planes = [self.colours[..., channel].copy() for channel in range(3)]
        self._weighted = [plane * self._weight for plane in self._planes]
        self._means = [self._average(plane) for plane in self._weighted]
        self._factors = self._factorized_covariance()

    def fitted(self, target: Floats) -> Floats:
        """Give each pixel the mean of its windows' functions for a target, as `LinearAlpha.field`.

        Parameters
        ----------
        target : (h, w) ndarray of float32 in [0, 1]

        Returns
        -------
        (h, w, 4) ndarray of float32
        """
        summed = box_sum(self.regress(target), self.radius)
        summed /= cv2.merge([self.count] * 4)
        return summed

    def regress(self, target: Floats) -> Floats:
        """Give each window's linear function of colour for a target, as `LinearAlpha.field`."""
        average = self._average(target * self._weight)
        slopes = self._solved(
            *(
                self._average(plane * target) - mean * average
                for plane, mean in zip(self._weighted, self._means, strict=True)
            )
        )
        offset = average
        for slope, mean in zip(slopes, self._means, strict=True):
            offset -= slope * mean
        return cv2.merge([*slopes, offset]).astype(np.float32, copy=False)

    def _average(self, weighted: Floats) -> Floats:
        summed = box_sum(weighted, self.radius)
        summed /= self._total
        return summed

    def _factorized_covariance(self) -> tuple[Floats, ...]:
        """Factorize each window's 3×3 covariance as L D Lᵀ (Golub and Van Loan, 4.1.2).

        Returns
        -------
        l10, l20, l21, d0, d1, d2 : (h, w) ndarray of float32
        """
        rr, rg, rb = (self._covariance(0, channel) for channel in (0, 1, 2))
        gg, gb, bb = self._covariance(1, 1), self._covariance(1, 2), self._covariance(2, 2)
        d0 = rr + np.float32(SMOOTHNESS)
        l10, l20 = rg / d0, rb / d0
        d1 = gg + np.float32(SMOOTHNESS) - l10 * rg
        below = gb - l20 * rg
        l21 = below / d1
        d2 = bb + np.float32(SMOOTHNESS) - l20 * rb - l21 * below
        return l10, l20, l21, d0, d1, d2

    def _covariance(self, one: int, other: int) -> Floats:
        product = self._average(self._weighted[one] * self._planes[other])
        product -= self._means[one] * self._means[other]
        return product

    def _solved(self, red: Floats, green: Floats, blue: Floats) -> tuple[Floats, Floats, Floats]:
        """Divide by the covariance, in place: forward with L, by D, back with Lᵀ."""
        l10, l20, l21, d0, d1, d2 = self._factors
        green -= l10 * red
        blue -= l20 * red
        blue -= l21 * green
        blue /= d2
        green /= d1
        green -= l21 * blue
        red /= d0
        red -= l10 * green
        red -= l20 * blue
        return red, green, blue
