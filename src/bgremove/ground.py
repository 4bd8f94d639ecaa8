"""What a photo shows beside its subject: the ground, with colours from around where that stood.

A photo that is blurred with its subject in it has a glow around the cutout, and a double of the
subject wherever the two do not lie on each other.

References
----------
Gortler, Grzeszczuk, Szeliski, Cohen, "The Lumigraph", SIGGRAPH 1996: push-pull. Colours are
averaged by their weights on ever smaller copies; from the smallest on, each fills what the next
larger one does not know.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from bgremove.arrays import (
    WORKING_SIDE,
    Alpha,
    Floats,
    Image,
    Mask,
    alpha_from_uint8,
    bounded_size,
    resize,
)
from bgremove.tiles import assembled, upsampled

SUBJECT = 0.02
"""Share of the subject from which on a pixel is none of the ground: a tenth of a bright one would
still glow in a dark."""

MARGIN = 2
"""Pixels of the working copy around the subject that are left out, too: its light on what is next
to it, and what the alpha has missed."""

UNKNOWN = 0.02
"""What the colours of a smaller copy weigh; a pixel of the ground weighs 1."""

LEAST_WEIGHT = 1e-6
"""Keeps colours finite where nothing at all is to be seen: they are black."""


def without_subject(photo: Image, alpha: NDArray[np.uint8], own_alpha: Alpha | None) -> Image:
    """Give a photo in which colours from around stand where its subject does.

    Parameters
    ----------
    photo : (H, W, 3) ndarray of uint8, RGB
    alpha : (H, W) ndarray of uint8
        The cutout's.
    own_alpha : (H, W) ndarray of float32 in [0, 1], optional
        What the photo came with: colours count as much as they are seen.

    Returns
    -------
    (H, W, 3) ndarray of uint8, RGB
        Away from the subject it is the photo. If the subject is everywhere it is so, too, as far
        as the photo is to be seen.
    """
    height, width = photo.shape[:2]
    size = bounded_size(height, width, WORKING_SIDE)
    weighted, seen = _seen(photo, own_alpha, size)
    subject = _spread(alpha_from_uint8(resize(alpha, *size)) > SUBJECT * seen)
    if not seen[~subject].any():
        subject = np.zeros_like(subject)
    missing = (subject | _spread(seen < 1 - SUBJECT)).astype(np.float32)
    if not missing.any():
        return photo
    fill = filled(np.dstack([weighted, seen]) * ~subject[..., None])

    def tile(rows: slice, columns: slice) -> Image:
        place = rows, columns, height, width
        share = upsampled(missing, *place)
        if not share.any():
            return photo[rows, columns]
        around = cv2.convertScaleAbs(upsampled(fill, *place))
        mixed = cv2.blendLinear(photo[rows, columns], around, 1 - share, share)
        return mixed.astype(np.uint8, copy=False)

    return assembled(np.empty_like(photo), tile)


def _seen(photo: Image, own_alpha: Alpha | None, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Shrink a photo's colours, weighted with its own alpha, so that no hidden one is among them.

    Returns
    -------
    weighted : (h, w, 3) ndarray of float32 in [0, 255]
    seen : (h, w) ndarray of float32 in [0, 1]
    """
    if own_alpha is None:
        width, height = size
        return resize(photo, *size).astype(np.float32), np.ones((height, width), np.float32)
    planes = (
        resize(cv2.multiply(plane, own_alpha, dtype=cv2.CV_32F), *size)
        for plane in cv2.split(photo)
    )
    return np.dstack([*planes]), resize(own_alpha, *size)


def _spread(mask: Mask) -> Mask:
    square = np.ones((2 * MARGIN + 1, 2 * MARGIN + 1), np.uint8)
    return cv2.dilate(mask.astype(np.uint8), square).astype(np.bool_)


def filled(weighted: Floats) -> Floats:
    """Fill in the colours of pixels that weigh little by those around.

    By way of a copy of half the size, down to one pixel, where there is no other.

    Parameters
    ----------
    weighted : (h, w, 4) ndarray of float32
        Three channels, times the weight in [0, 1] that is the fourth.

    Returns
    -------
    (h, w, 3) ndarray of float32
    """
    height, width = weighted.shape[:2]
    colours, weight = weighted[..., :3], weighted[..., 3:]
    if height == width == 1:
        result: Floats = colours / np.maximum(weight, np.float32(LEAST_WEIGHT))
        return result
    half = resize(weighted, (width + 1) // 2, (height + 1) // 2)
    around = resize(filled(half), width, height)
    result = colours + np.float32(UNKNOWN) * around
    result /= weight + np.float32(UNKNOWN)
    return result
