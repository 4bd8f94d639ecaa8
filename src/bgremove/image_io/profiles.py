"""From one ICC profile to another, so that colours look the same."""

from io import BytesIO

import numpy as np
from PIL import Image as PILImage
from PIL import ImageCms

from bgremove.arrays import Image

_BAND = 256
"""Rows that are converted at a time: all at once, Pillow takes thrice the room."""


def in_profile(image: Image, source: bytes | None, target: bytes | None) -> Image:
    """Bring a picture from one colour space to another.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8, RGB
    source, target : bytes or None
        ICC profiles of RGB; None stands for sRGB.

    Returns
    -------
    (H, W, 3) ndarray of uint8, RGB
        The picture itself, if both are the same or one of them is broken.
    """
    transform = None if source == target else transform_between(source, target, "RGB")
    if transform is None:
        return image
    result = np.empty_like(image)
    for top in range(0, len(image), _BAND):
        rows = slice(top, top + _BAND)
        result[rows] = np.asarray(transform.apply(PILImage.fromarray(image[rows])))
    return result


def transform_between(
    source: bytes | None, target: bytes | None, mode: str
) -> ImageCms.ImageCmsTransform | None:
    """Make what converts PIL images of a mode to RGB.

    Parameters
    ----------
    source, target : bytes or None
        ICC profiles, the first of the mode's colour space, the second of RGB; None stands for
        sRGB.
    mode : str
        Pillow's.

    Returns
    -------
    PIL.ImageCms.ImageCmsTransform or None
        None if a profile is broken, or can only be read from.
    """
    srgb = ImageCms.createProfile("sRGB")
    before = srgb if source is None else BytesIO(source)
    after = srgb if target is None else BytesIO(target)
    try:
        return ImageCms.buildTransform(before, after, mode, "RGB")
    except ImageCms.PyCMSError:
        return None
