"""From an image and an alpha to a cutout."""

import numpy as np

from bgremove.arrays import Alpha, Cutout, Image, alpha_to_uint8
from bgremove.foreground import unmix
from bgremove.tiles import TiledAlpha, tiled, tiles


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
    for tile in tiles(*image.shape[:2]):
        result[tile][..., :3] = image[tile]
        result[tile][..., 3] = alpha_to_uint8(source.tile(*tile))
    unmix(result, image)
    for tile in tiles(*image.shape[:2]):
        if own_alpha is not None:
            result[tile][..., 3] = alpha_to_uint8(source.tile(*tile) * own_alpha[tile])
        result[tile][result[tile][..., 3] == 0] = 0
    return result
