"""The subject's own colour at soft edges, where a photo shows a mixture with its background.

References
----------
Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021: the colours around, blurred with
their alphas as weights, and what they leave of the mixture unexplained given to the subject;
twice, the second time with the subject's colours close by. (Forte's second time takes the
background's close by, too: they are those around, to 0.2 of 255 levels.)

Colours have a fourth channel of 1: OpenCV is faster with four channels than with three, and a blur
of weighted colours gives the weights' along with them.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from bgremove.arrays import (
    WORKING_SIDE,
    Alpha,
    Cutout,
    Floats,
    Image,
    bounded_size,
    extent,
    resize,
    sampled,
)
from bgremove.guided import colours_and_one
from bgremove.threads import in_threads
from bgremove.tiles import Tile, grown, part_of, upsampled, within

FAR = 45
"""Radius of the first blur, on a copy of `WORKING_SIDE`: Forte's 90, in photos twice as large."""

NEAR = 6
"""Radius of the second blur, in the photo's own pixels: Forte's."""

LEAST_WEIGHT = 1e-5
"""Keeps colours finite where nothing of a kind is near: Forte's."""

OPAQUE = 255


@dataclass(frozen=True)
class Surroundings:
    """The colours around each pixel of a photo, on a small copy.

    Attributes
    ----------
    height, width : int
        The photo's.
    subject, background : (h, w, 4) ndarray of float32 in [0, 1]
    """

    height: int
    width: int
    subject: Floats
    background: Floats

    def tile(self, rows: slice, columns: slice) -> tuple[Floats, Floats]:
        """Give the subject's and the background's colours around each pixel of a tile."""
        place = rows, columns, self.height, self.width
        return upsampled(self.subject, *place), upsampled(self.background, *place)


def surroundings(image: Image, alpha: Alpha) -> Surroundings:
    """Gather the colours around each pixel: means of so many pixels that a sample will do.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8, RGB
    alpha : (h, w) ndarray of float32 in [0, 1]
        Of any size.
    """
    height, width = image.shape[:2]
    size = bounded_size(height, width, WORKING_SIDE)
    colours, alpha = colours_and_one(sampled(image, *size)), resize(alpha, *size)
    subject, background = in_threads(
        lambda share: _blurred(colours, _in_each_channel(share), FAR), [alpha, 1 - alpha]
    )
    return Surroundings(height, width, subject, background)


def unmix(cutout: Cutout, place: Tile, image: Image, alpha: Alpha, around: Surroundings) -> None:
    """Replace the colours of a tile's soft pixels by the subject's own, in place.

    Parameters
    ----------
    cutout : (h, w, 4) ndarray of uint8
        The tile; colours of soft pixels (neither 0 nor 255) are written, no others.
    place : tuple of 2 slices
        The tile's rows and columns in the photo.
    image : (H, W, 3) ndarray of uint8, RGB
        The photo.
    alpha : ndarray of float32 in [0, 1]
        Of the tile with `surrounded`'s margin.
    around : Surroundings
    """
    levels = cv2.extractChannel(cutout, 3)
    soft = (levels > 0) & (levels < OPAQUE)
    reached = extent(soft)
    if reached is None:
        return
    soft_place = part_of(place, reached)
    near = surrounded(soft_place, image)
    share = alpha[within(near, surrounded(place, image))]
    subject = _own(colours_and_one(image[near]), share, *around.tile(*near))
    own = cv2.convertScaleAbs(subject[within(soft_place, near)], alpha=OPAQUE)
    cv2.insertChannel(levels[reached], own, 3)
    cv2.copyTo(own, soft[reached].astype(np.uint8), cutout[reached])


def surrounded(tile: Tile, image: Image) -> Tile:
    """Grow a tile by what `unmix` sees around it."""
    return grown(tile, NEAR, *image.shape[:2])


def _own(colours: Floats, alpha: Alpha, subject: Floats, background: Floats) -> Floats:
    """Unmix twice: from the colours around, and from what that gives close by."""
    share = _in_each_channel(alpha)
    subject = unmixed(colours, share, subject, background)
    return unmixed(colours, share, _blurred(subject, share, NEAR), background)


def unmixed(colours: Floats, share: Floats, subject: Floats, background: Floats) -> Floats:
    """Give the subject its colour around plus what the mixture of both leaves unexplained.

    Parameters
    ----------
    colours, share, subject, background : (h, w, 4) ndarray of float32 in [0, 1]
        The share is the alpha, for each channel.

    Returns
    -------
    (h, w, 4) ndarray of float32 in [0, 1]
    """
    explained = subject - background
    explained *= share
    explained += background
    own = colours - explained
    own *= share
    own += subject
    return np.clip(own, 0, 1, out=own)


def _blurred(colours: Floats, weights: Floats, radius: int) -> Floats:
    """Average colours over a square around each pixel, by their weights."""
    size = (2 * radius + 1, 2 * radius + 1)
    average: Floats = cv2.blur(colours * weights, size, borderType=cv2.BORDER_REPLICATE).astype(
        np.float32, copy=False
    )
    total = cv2.extractChannel(average, 3) + np.float32(LEAST_WEIGHT)
    average /= _in_each_channel(total)
    return cv2.insertChannel(np.ones_like(total), average, 3).astype(np.float32, copy=False)


def _in_each_channel(values: Floats) -> Floats:
    """Repeat values for each of four channels: faster than to broadcast them."""
    return cv2.merge([values] * 4).astype(np.float32, copy=False)
