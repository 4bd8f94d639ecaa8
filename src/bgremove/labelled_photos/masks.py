"""What a mask must be to say what people have marked in a photo."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgremove.errors import DataError

LEAST_WHITE = 128
"""The level from which a pixel belongs to the subject."""


def check_white(mask: NDArray[np.uint8], name: str) -> None:
    """Check that a mask is black throughout, or white somewhere: indices of classes are neither.

    Parameters
    ----------
    mask : (H, W) ndarray of uint8
    name : str
        What messages call it.

    Raises
    ------
    DataError
    """
    if 0 < mask.max() < LEAST_WHITE:
        raise DataError(
            f"{name}: expected a mask of 0 and 255, got values up to {mask.max()}; "
            "save it with 255 where the subject is"
        )


def check_size(picture: NDArray[Any], photo: NDArray[Any], name: str) -> None:
    """Check that a picture is as large as the photo that it belongs to.

    Parameters
    ----------
    picture, photo : (H, W) or (H, W, C) ndarray
    name : str
        What messages call the picture.

    Raises
    ------
    DataError
    """
    if picture.shape[:2] != photo.shape[:2]:
        raise DataError(f"{name}: expected the photo's size, {_size(photo)}, got {_size(picture)}")


def _size(picture: NDArray[Any]) -> str:
    return f"{picture.shape[1]}×{picture.shape[0]}"
