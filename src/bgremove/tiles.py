"""Alphas that are worked out tile by tile, so that a large photo needs little more than itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from bgremove.arrays import Alpha

TILE = 512
"""Side of a tile, in pixels: a few megabytes of float32, and small beside the largest photos."""

Tile: TypeAlias = tuple[slice, slice]


@dataclass(frozen=True)
class TiledAlpha:
    """An alpha of a photo's size of which any tile can be had without the rest.

    Attributes
    ----------
    height, width : int
    tile : callable
        From rows and columns, as slices within the photo, to their (h, w) ndarray of float32
        in [0, 1].
    """

    height: int
    width: int
    tile: Callable[[slice, slice], Alpha]

    def whole(self) -> Alpha:
        """Work all of it out: (height, width) ndarray of float32 in [0, 1]."""
        alpha = np.empty((self.height, self.width), np.float32)
        for rows, columns in tiles(self.height, self.width):
            alpha[rows, columns] = self.tile(rows, columns)
        return alpha


def tiled(alpha: Alpha) -> TiledAlpha:
    """Give an alpha that is there already, (H, W) ndarray of float32, as one of tiles."""
    height, width = alpha.shape
    return TiledAlpha(height, width, lambda rows, columns: alpha[rows, columns])


def tiles(height: int, width: int) -> Iterator[Tile]:
    """Cover a picture with tiles, row by row; the last of each may be smaller."""
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            yield slice(top, min(top + TILE, height)), slice(left, min(left + TILE, width))


def grown(part: slice, margin: int, size: int) -> slice:
    """Grow the rows or the columns of a tile by a margin, within a picture's size."""
    return slice(max(0, part.start - margin), min(size, part.stop + margin))


def inside(part: slice, of: slice) -> slice:
    """Tell where a tile's rows or columns lie within the grown ones."""
    return slice(part.start - of.start, part.stop - of.start)
