"""The subject's own colour at soft edges, where a photo shows a mixture with its background.

References
----------
Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021: the colours around, blurred with
their alphas as weights, and what they leave of the mixture unexplained given to the subject;
twice, the second time close by.
"""

import cv2
import numpy as np

from bgremove.arrays import (
    Alpha,
    Cutout,
    Floats,
    Image,
    alpha_from_uint8,
    bounded_size,
    extent,
    resize,
)
from bgremove.guided import unit
from bgremove.tiles import Tile, grown, in_threads, inside, tiles, upsampled

SMALL_SIDE = 512
"""Longest side of the copy on which the colours around are gathered."""

FAR = 45
"""Radius of the first blur, on the `SMALL_SIDE` copy: Forte's 90, in photos of twice its side."""

NEAR = 6
"""Radius of the second blur, in the photo's own pixels: Forte's."""

LEAST_WEIGHT = 1e-5
"""Keeps colours finite where nothing of a kind is near: Forte's."""

OPAQUE = 255


def unmix(cutout: Cutout, image: Image) -> None:
    """Replace the colours of a cutout's soft pixels by the subject's own, in place.

    Parameters
    ----------
    cutout : (H, W, 4) ndarray of uint8
        Holds the alpha; colours of soft pixels (neither 0 nor 255) are written, no others.
    image : (H, W, 3) ndarray of uint8, RGB
        The photo.
    """
    every = tiles(*image.shape[:2])
    parts = [part for tile in every if (part := _soft_part(cutout[tile][..., 3], *tile))]
    if parts:
        colours_around = around(cutout, image)
        in_threads(lambda part: _unmix_part(cutout, image, part, colours_around), parts)


def around(cutout: Cutout, image: Image) -> tuple[Floats, Floats]:
    """Gather the colours around each pixel, on a small copy.

    Returns
    -------
    subject, background : (h, w, 3) ndarray of float32 in [0, 1]
    """
    height, width = image.shape[:2]
    size = bounded_size(height, width, SMALL_SIDE)
    colours = unit(resize(image, *size))
    alpha = alpha_from_uint8(resize(cutout, *size)[..., 3])
    return _blurred(colours, alpha, FAR), _blurred(colours, 1 - alpha, FAR)


def unmixed(colours: Floats, alpha: Alpha, subject: Floats, background: Floats) -> Floats:
    """Give the subject its colour around plus what the mixture of both leaves unexplained.

    Parameters
    ----------
    colours, subject, background : (h, w, 3) ndarray of float32 in [0, 1]
    alpha : (h, w) ndarray of float32 in [0, 1]

    Returns
    -------
    (h, w, 3) ndarray of float32 in [0, 1]
    """
    share = alpha[..., None]
    unexplained = colours - share * subject - (1 - share) * background
    colour: Floats = np.clip(subject + share * unexplained, 0, 1)
    return colour


def _soft_part(alpha: Image, rows: slice, columns: slice) -> Tile | None:
    """Tell which rows and columns of a tile hold its soft pixels."""
    within = extent((alpha > 0) & (alpha < OPAQUE))
    if within is None:
        return None
    down, across = within
    return (
        slice(rows.start + down.start, rows.start + down.stop),
        slice(columns.start + across.start, columns.start + across.stop),
    )


def _unmix_part(
    cutout: Cutout, image: Image, part: Tile, colours_around: tuple[Floats, Floats]
) -> None:
    height, width = image.shape[:2]
    rows, columns = grown(part[0], NEAR, height), grown(part[1], NEAR, width)
    colours, alpha = unit(image[rows, columns]), alpha_from_uint8(cutout[rows, columns, 3])
    subject, background = (
        upsampled(field, rows, columns, height, width) for field in colours_around
    )

    subject = unmixed(colours, alpha, subject, background)
    nearby = _blurred(subject, alpha, NEAR), _blurred(background, 1 - alpha, NEAR)
    subject = unmixed(colours, alpha, *nearby)

    core = inside(part[0], rows), inside(part[1], columns)
    alpha = alpha[core]
    soft = (alpha > 0) & (alpha < 1)
    cutout[part][soft, :3] = np.rint(subject[core][soft] * np.float32(OPAQUE)).astype(np.uint8)


def _blurred(colours: Floats, weight: Floats, radius: int) -> Floats:
    """Average colours over a square around each pixel, by their weights."""
    size = (2 * radius + 1, 2 * radius + 1)
    border = cv2.BORDER_REPLICATE
    total = cv2.blur(weight, size, borderType=border)[..., None]
    summed = cv2.blur(colours * weight[..., None], size, borderType=border)
    average: Floats = summed / (total + np.float32(LEAST_WEIGHT))
    return average
