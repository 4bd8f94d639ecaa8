"""What a user says of where the subject is: a box round it, a point on it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import cv2
import numpy as np
from numpy.typing import NDArray

from bgremove.arrays import Mask
from bgremove.errors import InputError, OptionError
from bgremove.option_checks import is_number

FRAME = 0.05
"""Width of the frame that is taken for background, as a share of the longest side."""

REACH_OF_A_POINT = 0.5
"""How far a subject reaches from the point that names it, as a share of each side."""


@dataclass(frozen=True)
class Attention:
    """Where the subject is looked for, on a working copy of (h, w) pixels.

    Attributes
    ----------
    inside : (h, w) ndarray of bool
        Where it can be at all.
    background : (h, w) ndarray of bool
        Where only background is expected.
    centre, reach : tuple of 2 floats
        Where it is expected, and how far it reaches, across and down.
    point : tuple of 2 ints, optional
        A pixel of it: column and row.
    """

    inside: Mask
    background: Mask
    centre: tuple[float, float]
    reach: tuple[float, float]
    point: tuple[int, int] | None


def check_hints(box: Sequence[float] | None, point: Sequence[float] | None) -> None:
    """Check a box and a point, as far as that can be done without the photo.

    Raises
    ------
    OptionError
        If one has another count of numbers, one that is not finite, or the box no area.
    """
    _check_numbers("box", box, 4)
    _check_numbers("point", point, 2)
    if box is not None and min(box[2:]) <= 0:
        raise OptionError(f"box must have a width and a height above 0, got {_told(box)}")


def attention(
    shape: tuple[int, ...],
    small: tuple[int, ...],
    box: Sequence[float] | None,
    point: Sequence[float] | None,
) -> Attention:
    """Turn what the user said of a photo into where to look on its working copy.

    Parameters
    ----------
    shape, small : tuple of ints
        Height and width of the photo, and of its working copy.
    box : sequence of 4 floats, optional
        Left, top, width and height in the photo's pixels.
    point : sequence of 2 floats, optional
        Column and row in the photo's pixels.

    Raises
    ------
    InputError
        If the box or the point lies outside the photo.
    """
    height, width = shape[:2]
    rows, columns = small[:2]
    across, down = columns / width, rows / height
    inside = np.ones((rows, columns), np.bool_)
    background = frame(rows, columns)
    centre, reach = (columns / 2, rows / 2), (columns / 2, rows / 2)
    if box is not None:
        x, y, wide, high = map(float, box)
        left, top, right, bottom = max(0, x), max(0, y), min(width, x + wide), min(height, y + high)
        if left >= right or top >= bottom:
            raise InputError(f"box {_told(box)} lies outside the photo of {width}×{height} pixels")
        centre = ((left + right) / 2 * across, (top + bottom) / 2 * down)
        reach = ((right - left) / 2 * across, (bottom - top) / 2 * down)
        inside[:] = False
        inside[
            math.floor(top * down) : math.ceil(bottom * down),
            math.floor(left * across) : math.ceil(right * across),
        ] = True
        background = background if inside.all() else ~inside
    if point is None:
        return Attention(inside, background, centre, reach, None)
    if not (0 <= point[0] < width and 0 <= point[1] < height):
        raise InputError(f"point {_told(point)} lies outside the photo of {width}×{height} pixels")
    spot = (int(point[0] * across), int(point[1] * down))
    if box is None:
        centre = (spot[0] + 0.5, spot[1] + 0.5)
        reach = (columns * REACH_OF_A_POINT, rows * REACH_OF_A_POINT)
    return Attention(inside, background, centre, reach, spot)


def frame(height: int, width: int) -> Mask:
    """Give the outermost pixels of a picture, `FRAME` wide."""
    thick = max(1, round(FRAME * max(height, width)))
    outermost = np.ones((height, width), np.bool_)
    outermost[thick : height - thick, thick : width - thick] = False
    return outermost


def meant(shape: NDArray[np.uint8], where: Attention) -> NDArray[np.uint8]:
    """Keep what lies in the box, and of that the piece that the point is in, or nearest to.

    Parameters
    ----------
    shape : (h, w) ndarray of uint8, 0 or 255
    where : Attention

    Returns
    -------
    (h, w) ndarray of uint8, 0 or 255
    """
    kept = np.where(where.inside, shape, 0).astype(np.uint8)
    if where.point is None or not kept.any():
        return kept
    _, pieces = cv2.connectedComponents(kept, connectivity=8)
    rows, columns = np.nonzero(kept)
    nearest = ((columns - where.point[0]) ** 2 + (rows - where.point[1]) ** 2).argmin()
    piece = pieces[rows[nearest], columns[nearest]]
    return np.where(pieces == piece, 255, 0).astype(np.uint8)


def _check_numbers(name: str, values: Sequence[float] | None, count: int) -> None:
    if values is None:
        return
    try:
        given = list(values)
    except TypeError:
        given = [values]  # type: ignore[list-item]
    if len(given) != count or not all(map(is_number, given)):
        raise OptionError(f"{name} must be {count} numbers, got {_told(given)}")


def _told(values: Sequence[object]) -> str:
    return ",".join(f"{value:g}" if isinstance(value, Real) else repr(value) for value in values)
