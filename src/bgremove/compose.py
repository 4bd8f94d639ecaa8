"""From an image and an alpha to a cutout."""

import cv2
import numpy as np

from bgremove.arrays import Alpha, Cutout, Image, alpha_to_uint8
from bgremove.foreground import unmix
from bgremove.tiles import Tile, TiledAlpha, in_threads, tiled, tiles


def cutout(image: Image, alpha: Alpha | TiledAlpha, own_alpha: Alpha | None = None) -> Cutout:
    """Join an image and an alpha into RGBA.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8, RGB
    alpha : (H, W) ndarray of float32 in [0, 1], or TiledAlpha
    own_alpha : (H, W) ndarray of float32 in [0, 1], optional
        The alpha that the picture came with; the two are multiplied.

    Returns
    -------
    (H, W, 4) ndarray of uint8
        Straight alpha. Where `alpha` is 1 colours stay as they are; where it lies between 0 and
        1 the subject's own are estimated (`bgremove.foreground`), so that no old background
        shines through; where nothing is visible they are 0, so that the removed background
        cannot be brought back.
    """
    source = tiled(alpha) if isinstance(alpha, np.ndarray) else alpha
    result = np.empty((*image.shape[:2], 4), np.uint8)

    def join(tile: Tile) -> None:
        result[tile] = _joined(image[tile], source.tile(*tile))

    in_threads(join, tiles(*image.shape[:2]))
    unmix(result, image)
    if own_alpha is not None:

        def join_both(tile: Tile) -> None:
            both = source.tile(*tile) * own_alpha[tile]
            result[tile] = _joined(result[tile][..., :3], both)

        in_threads(join_both, tiles(*image.shape[:2]))
    return result


def _joined(colours: Image, alpha: Alpha) -> Cutout:
    """Join one tile's colours and alpha, and leave no colour where nothing is visible."""
    levels = alpha_to_uint8(alpha)
    if not levels.any():
        return np.zeros((*levels.shape, 4), np.uint8)
    joined = cv2.merge([colours, levels])
    return cv2.bitwise_and(joined, joined, mask=levels).astype(np.uint8, copy=False)
