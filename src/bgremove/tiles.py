"""Pictures that are worked out by tiles, so that a large photo needs little more than itself."""

import math
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from bgremove.arrays import WORKING_SIDE, Alpha, Cutout, Floats, Mask, bounded_size, resize
from bgremove.threads import in_threads, thread_count

TILE = 256
"""Side of a tile, in pixels: small enough that most tiles of a photo have no edge in them."""

Tile: TypeAlias = tuple[slice, slice]

Pixels = TypeVar("Pixels", Alpha, Cutout)
Field = TypeVar("Field", Alpha, Mask)


@dataclass(frozen=True)
class TiledAlpha:
    """An alpha of a photo's size of which any tile can be had without the rest.

    Attributes
    ----------
    height, width : int
    tile : callable
        From rows and columns, as slices within the photo, to their (h, w) ndarray of float32
        in [0, 1].
    draft : (h, w) ndarray of float32 in [0, 1]
        About the same at a smaller size, to be had at once.
    """

    height: int
    width: int
    tile: Callable[[slice, slice], Alpha]
    draft: Alpha

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, as an array's."""
        return self.height, self.width

    def whole(self) -> Alpha:
        """Work all of it out: (height, width) ndarray of float32 in [0, 1]."""
        return assembled(np.empty((self.height, self.width), np.float32), self.tile)


def tiled(alpha: Alpha) -> TiledAlpha:
    """Give an alpha that is there already, (H, W) ndarray of float32, as one of tiles."""
    height, width = alpha.shape
    return TiledAlpha(height, width, lambda rows, columns: alpha[rows, columns], alpha)


def placed(part: TiledAlpha, place: Tile, shown: Tile, height: int, width: int) -> TiledAlpha:
    """Put the alpha of a part of a photo where that part lies.

    Parameters
    ----------
    part : TiledAlpha
    place : tuple of 2 slices
        The part's rows and columns in the photo.
    shown : tuple of 2 slices
        Those of it outside which the alpha is 0; within `place`.
    height, width : int
        The photo's size.

    Returns
    -------
    TiledAlpha
        The same, where all of the photo is shown.
    """
    if shown == (slice(0, height), slice(0, width)):
        return part

    def tile(rows: slice, columns: slice) -> Alpha:
        result = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.float32)
        common = _common(rows, shown[0]), _common(columns, shown[1])
        if all(side.start < side.stop for side in common):
            result[within(common, (rows, columns))] = part.tile(*within(common, place))
        return result

    draft_width, draft_height = bounded_size(height, width, WORKING_SIDE)
    draft = np.zeros((draft_height, draft_width), np.float32)
    rows = _scaled(place[0], draft_height / height)
    columns = _scaled(place[1], draft_width / width)
    draft[rows, columns] = resize(part.draft, columns.stop - columns.start, rows.stop - rows.start)
    return TiledAlpha(height, width, tile, draft)


def _common(one: slice, other: slice) -> slice:
    return slice(max(one.start, other.start), min(one.stop, other.stop))


def _scaled(part: slice, factor: float) -> slice:
    return slice(math.floor(part.start * factor), math.ceil(part.stop * factor))


def tiles(height: int, width: int) -> Iterator[Tile]:
    """Cover a picture with tiles, row by row; the last of each may be smaller."""
    for rows in parts(height):
        for columns in parts(width):
            yield rows, columns


def parts(size: int, first: int = 0) -> Iterator[slice]:
    """Cover a side of a picture with tiles' sides, from a pixel on."""
    for start in range(first, size, TILE):
        yield slice(start, min(start + TILE, size))


def assembled(picture: Pixels, tile: Callable[[slice, slice], Pixels]) -> Pixels:
    """Fill a picture with its tiles, in `thread_count` threads."""

    def put(place: Tile) -> None:
        picture[place] = tile(*place)

    in_threads(put, tiles(*picture.shape[:2]))
    return picture


def bands(height: int, width: int, tile: Callable[[slice, slice], Pixels]) -> Iterator[Pixels]:
    """Put a picture's tiles together row by row of them, from the top.

    In one thread fewer than this process may use, a few bands ahead of who takes them in the other.

    Yields
    ------
    (h, width) or (h, width, C) ndarray
        `TILE` rows of the picture; the last may be smaller, and the first is a quarter of it, so
        that who takes them begins early.
    """
    first: int = min(TILE // 4, height)
    heights = [slice(0, first), *parts(height, first)]

    def band(rows: slice) -> Pixels:
        return np.concatenate([tile(rows, columns) for columns in parts(width)], axis=1)

    threads = thread_count() - 1
    if threads < 1:
        yield from map(band, heights)
        return
    with ThreadPoolExecutor(threads) as pool:
        begun: deque[Future[Pixels]] = deque()
        for rows in heights:
            begun.append(pool.submit(band, rows))
            if len(begun) > threads:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()


def grown(tile: Tile, margin: int, height: int, width: int) -> Tile:
    """Grow a tile by a margin, within a picture's size."""
    rows, columns = tile
    return _grown(rows, margin, height), _grown(columns, margin, width)


def _grown(part: slice, margin: int, size: int) -> slice:
    return slice(max(0, part.start - margin), min(size, part.stop + margin))


def part_of(tile: Tile, part: Tile) -> Tile:
    """Tell where a part of a tile, within it, lies in the picture."""
    rows, columns = (
        slice(whole.start + inner.start, whole.start + inner.stop)
        for whole, inner in zip(tile, part, strict=True)
    )
    return rows, columns


def inside(part: slice, of: slice) -> slice:
    """Tell where a tile's rows or columns lie within the grown ones."""
    return slice(part.start - of.start, part.stop - of.start)


def within(tile: Tile, whole: Tile) -> Tile:
    """Tell where a tile lies within a larger one."""
    return inside(tile[0], whole[0]), inside(tile[1], whole[1])


# One tile of an enlargement


def repeated(field: Field, rows: slice, columns: slice, height: int, width: int) -> Field:
    """Enlarge one tile of a small picture, (h, w) ndarray, by repeating its pixels.

    Parameters and result are those of `upsampled`, but of the field's own dtype.
    """
    down, across = _nearest(rows, height, field.shape[0]), _nearest(columns, width, field.shape[1])
    near = field[down[0] : down[-1] + 1]
    result: Field = near.take(across, axis=1).take(down - down[0], axis=0)
    return result


def _nearest(part: slice, size: int, small: int) -> NDArray[np.intp]:
    """Give the small picture's row or column that is nearest to each of a tile's."""
    twice_the_centres = 2 * np.arange(part.start, part.stop, dtype=np.intp) + 1
    nearest: NDArray[np.intp] = twice_the_centres * small // (2 * size)
    return nearest


def upsampled(field: Floats, rows: slice, columns: slice, height: int, width: int) -> Floats:
    """Interpolate one tile of a small picture's enlargement linearly, as `resize` does it all.

    Parameters
    ----------
    field : (h, w) or (h, w, C) ndarray of float32
        C at most 4.
    rows, columns : slice
        The tile, within the large picture.
    height, width : int
        The large picture's size.

    Returns
    -------
    ndarray of float32
    """
    down, across = field.shape[0] / height, field.shape[1] / width
    to_field = np.array(
        [
            [across, 0, (columns.start + 0.5) * across - 0.5],
            [0, down, (rows.start + 0.5) * down - 0.5],
        ]
    )
    size = columns.stop - columns.start, rows.stop - rows.start
    result: Floats = cv2.warpAffine(
        field,
        to_field,
        size,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    ).astype(np.float32, copy=False)
    return result
