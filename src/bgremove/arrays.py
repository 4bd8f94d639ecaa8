"""The arrays that have names, their ranges, and the one resize.

========== ================== ======= ==============================================
name       shape              dtype   range
========== ================== ======= ==============================================
image      (H, W, 3)          uint8   RGB
alpha      (H, W)             float32 0 (background) to 1 (subject)
mask       (H, W)             bool
cutout     (H, W, 4)          uint8   RGBA, straight alpha, RGB 0 where alpha is 0
========== ================== ======= ==============================================

A *probability*, float32 in [0, 1], is what a network gives at its own size, until it is resized
into an alpha.
"""

from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from bgremove.errors import InputError

Image: TypeAlias = NDArray[np.uint8]
Alpha: TypeAlias = NDArray[np.float32]
Mask: TypeAlias = NDArray[np.bool_]
Cutout: TypeAlias = NDArray[np.uint8]
Probability: TypeAlias = NDArray[np.float32]
Floats: TypeAlias = NDArray[np.float32]
"""Any other values, one or several a pixel."""


def check_picture(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Check that an array from outside is a picture.

    Parameters
    ----------
    array : (H, W, 3) or (H, W, 4) ndarray of uint8
        RGB or RGBA.

    Returns
    -------
    (H, W, 3) or (H, W, 4) ndarray of uint8
        The same array.

    Raises
    ------
    InputError
        If it is no array, the dtype is not uint8, the shape is another, or a side is 0.
    """
    expected = "expected a uint8 array of shape (H, W, 3) or (H, W, 4)"
    if not isinstance(array, np.ndarray):
        raise InputError(f"{expected}, got {type(array).__name__}")
    if array.dtype != np.uint8:
        raise InputError(f"{expected}, got dtype {array.dtype}{_way_to_uint8(array)}")
    if array.ndim != 3 or array.shape[2] not in (3, 4) or 0 in array.shape:
        raise InputError(f"{expected}, got shape {array.shape}{_way_to_channels(array.shape)}")
    return array


def _way_to_uint8(array: NDArray[Any]) -> str:
    if array.dtype == np.uint16:
        return "; of 16 bits, pass (array // 257).astype(np.uint8)"
    if array.dtype.kind != "f":
        return ""
    if array.size and not np.isfinite(array).all():
        return " with NaN or infinity in it"
    return "; if it is in 0…1, pass np.rint(array * 255).astype(np.uint8)"


def _way_to_channels(shape: tuple[int, ...]) -> str:
    if len(shape) == 2 or shape[2:] == (1,):
        return "; of grey, pass np.dstack([array] * 3)"
    if len(shape) == 3 and shape[0] in (3, 4) and shape[2] not in (3, 4):
        return "; the channels come last: pass array.transpose(1, 2, 0)"
    return "; pass one picture at a time" if len(shape) == 4 else ""


def alpha_from_uint8(values: NDArray[np.uint8]) -> Alpha:
    """Turn 0…255 into an alpha in 0…1."""
    alpha: Alpha = values.astype(np.float32) / np.float32(255)
    return alpha


def alpha_to_uint8(alpha: Alpha) -> NDArray[np.uint8]:
    """Turn an alpha in 0…1 into 0…255, rounded."""
    return cv2.convertScaleAbs(alpha, alpha=255).astype(np.uint8, copy=False)


def clipped(values: Floats) -> Floats:
    """Clip to [0, 1], as float32."""
    result: Floats = np.clip(values, 0, 1).astype(np.float32, copy=False)
    return result


def slope(values: Floats) -> Floats:
    """Give the length of the gradient at each pixel, by Sobel's 3×3 operator.

    Not by `cv2.magnitude`, whose last bit depends on where in memory the array lies.

    Parameters
    ----------
    values : (H, W) ndarray of float32

    Returns
    -------
    (H, W) ndarray of float32
        Of `values` a pixel.
    """
    across = cv2.Sobel(values, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(values, cv2.CV_32F, 0, 1, scale=1 / 8)
    length: Floats = np.sqrt(across * across + down * down)
    return length


def uint8_from_uint16(values: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Turn 0…65535 into 0…255, rounded."""
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)


def bounded_size(height: int, width: int, side: int) -> tuple[int, int]:
    """Give the width and height of a copy whose longest side is at most `side` pixels."""
    factor = min(1.0, side / max(height, width))
    return max(1, round(width * factor)), max(1, round(height * factor))


WORKING_SIDE = 512
"""Longest side of the copy on which a photo is judged; the rest of the way goes by tiles."""


def working_copy(image: Image) -> Image:
    """Shrink an image to a longest side of `WORKING_SIDE` pixels, if it is larger."""
    return bounded(image, WORKING_SIDE)


def bounded(image: Image, side: int) -> Image:
    """Shrink an image to a longest side, if it is larger."""
    height, width = image.shape[:2]
    return resize(image, *bounded_size(height, width, side))


def extent(mask: Mask) -> tuple[slice, slice] | None:
    """Tell which rows and columns a mask reaches over; None if it is empty."""
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    if not width:
        return None
    return slice(top, top + height), slice(left, left + width)


def sampled(image: Image, width: int, height: int) -> Image:
    """Shrink an image to pixels picked from it, (height, width, 3): for statistics only."""
    picked = cv2.resize(image, (width, height), interpolation=cv2.INTER_NEAREST)
    return picked.astype(np.uint8, copy=False)


LEAST_SHRINKING = 4
"""Pixels a side that are averaged into one, at least, where the first step is to halve a picture:
OpenCV halves ten times as fast as it shrinks by other factors, and the new pixels' borders come
to lie within a quarter of one of where they should."""


def resize(array: NDArray[Any], width: int, height: int) -> NDArray[Any]:
    """Resize an image, alpha or probability: the only resize there is.

    An axis that shrinks is averaged over the area of each new pixel (so that nothing
    aliases), one that grows is interpolated linearly.

    Parameters
    ----------
    array : (H, W) or (H, W, C) ndarray of uint8 or float32
    width, height : int
        In pixels, at least 1.

    Returns
    -------
    (height, width) or (height, width, C) ndarray of the same dtype
        The same array if it has the size already.
    """
    array = _halved(array, LEAST_SHRINKING * width, LEAST_SHRINKING * height)
    for size, axis in ((width, 1), (height, 0)):
        now = array.shape[axis]
        if size != now:
            interpolation = cv2.INTER_AREA if size < now else cv2.INTER_LINEAR
            target = (size, array.shape[0]) if axis == 1 else (array.shape[1], size)
            array = cv2.resize(array, target, interpolation=interpolation)
    return array


def _halved(array: NDArray[Any], width: int, height: int) -> NDArray[Any]:
    """Halve a picture of even sides as often as it stays as large as this."""
    rows, columns = array.shape[:2]
    while rows % 2 == columns % 2 == 0 and rows >= height and columns >= width:
        rows, columns = rows // 2, columns // 2
        array = cv2.resize(array, (columns, rows), interpolation=cv2.INTER_AREA)
    return array
