"""From an image and an alpha to a cutout."""

import numpy as np

from bgremove.arrays import Alpha, Cutout, Image, alpha_to_uint8


def cutout(image: Image, alpha: Alpha, own_alpha: Alpha | None = None) -> Cutout:
    """Join an image and an alpha into RGBA.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8, RGB
    alpha : (H, W) ndarray of float32 in [0, 1]
    own_alpha : (H, W) ndarray of float32 in [0, 1], optional
        The alpha that the picture came with; the two are multiplied.

    Returns
    -------
    (H, W, 4) ndarray of uint8
        Straight alpha: colours stay as they are wherever anything is visible, and are 0 where
        nothing is, so that the removed background cannot be brought back.
    """
    if own_alpha is not None:
        alpha = alpha * own_alpha
    result = np.dstack([image, alpha_to_uint8(alpha)])
    result[result[..., 3] == 0] = 0
    return result
