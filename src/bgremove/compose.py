"""From an image and an alpha to a cutout."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bgremove.arrays import Alpha, Cutout, Image, alpha_to_uint8
from bgremove.foreground import surrounded, surroundings, unmix
from bgremove.tiles import TiledAlpha, assembled, bands, tiled, within


@dataclass(frozen=True)
class TiledCutout:
    """A cutout of which any tile can be had without the rest.

    Attributes
    ----------
    height, width : int
    tile : callable
        From rows and columns, as slices within the photo, to their (h, w, 4) ndarray of uint8.
    """

    height: int
    width: int
    tile: Callable[[slice, slice], Cutout]

    def whole(self) -> Cutout:
        """Work all of it out: (height, width, 4) ndarray of uint8."""
        return assembled(np.empty((self.height, self.width, 4), np.uint8), self.tile)

    def bands(self) -> Iterator[Cutout]:
        """Work it out from the top, some rows at a time: (h, width, 4) ndarrays of uint8."""
        return bands(self.height, self.width, self.tile)


def cutout(image: Image, alpha: Alpha | TiledAlpha, own_alpha: Alpha | None = None) -> Cutout:
    """Join an image and an alpha into RGBA: the whole of `tiled_cutout`."""
    return tiled_cutout(image, alpha, own_alpha).whole()


def tiled_cutout(
    image: Image, alpha: Alpha | TiledAlpha, own_alpha: Alpha | None = None
) -> TiledCutout:
    """Join an image and an alpha into RGBA, tile by tile.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8, RGB
    alpha : (H, W) ndarray of float32 in [0, 1], or TiledAlpha
    own_alpha : (H, W) ndarray of float32 in [0, 1], optional
        The alpha that the picture came with; the two are multiplied.

    Returns
    -------
    TiledCutout
        Straight alpha. Where `alpha` is 1 colours stay as they are; where it lies between 0 and
        1 the subject's own are estimated (`bgremove.foreground`), so that no old background
        shines through; where nothing is visible they are 0, so that the removed background
        cannot be brought back.
    """
    source = tiled(alpha) if isinstance(alpha, np.ndarray) else alpha
    height, width = image.shape[:2]
    around = surroundings(image, source.draft)

    def tile(rows: slice, columns: slice) -> Cutout:
        near = surrounded((rows, columns), image)
        wide = source.tile(*near)
        alpha = wide[within((rows, columns), near)]
        joined = _joined(image[rows, columns], alpha_to_uint8(alpha))
        unmix(joined, (rows, columns), image, wide, around)
        if own_alpha is None:
            return joined
        both = alpha_to_uint8(alpha * own_alpha[rows, columns])
        return _joined(joined[..., :3], both)

    return TiledCutout(height, width, tile)


def _joined(colours: Image, levels: NDArray[np.uint8]) -> Cutout:
    """Join one tile's colours and alpha, and leave no colour where nothing is visible."""
    if not levels.any():
        return np.zeros((*levels.shape, 4), np.uint8)
    joined = cv2.insertChannel(levels, cv2.cvtColor(colours, cv2.COLOR_RGB2RGBA), 3)
    return cv2.bitwise_and(joined, joined, mask=levels).astype(np.uint8, copy=False)
