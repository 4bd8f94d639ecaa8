"""A decoded picture, with what its cutout inherits."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage

from bgremove.arrays import Alpha, Image


@dataclass(frozen=True)
class Photo:
    """A decoded picture, upright, with what its cutout inherits.

    Attributes
    ----------
    image : (H, W, 3) ndarray of uint8, RGB
        Read-only.
    alpha : (H, W) ndarray of float32 in [0, 1], optional
        What it came with; None if it has neither an alpha channel nor a transparent colour.
    icc_profile : bytes, optional
        The RGB colour space of `image`; None stands for sRGB.
    dpi : tuple of 2 floats, optional
        Horizontal and vertical.
    frames : int, default 1
        How many its file has; this is one of them.
    """

    image: Image
    alpha: Alpha | None
    icc_profile: bytes | None
    dpi: tuple[float, float] | None
    frames: int = 1

    def as_pil(self, cutout: NDArray[np.uint8]) -> PILImage.Image:
        """Turn a cutout of this photo, or another output, into a PIL image.

        Parameters
        ----------
        cutout : (H, W, 4), (H, W, 3) or (H, W) ndarray of uint8

        Returns
        -------
        PIL.Image.Image
            RGBA, RGB or L, with the photo's ``icc_profile`` and ``dpi`` in its ``info``.
        """
        picture = PILImage.fromarray(cutout)
        profile = None if picture.mode == "L" else self.icc_profile
        inherited = {"icc_profile": profile, "dpi": self.dpi}
        picture.info.update({key: value for key, value in inherited.items() if value})
        return picture

    def without_pixels(self) -> "Photo":
        """Keep what an output inherits, and let go of the pixels."""
        return replace(self, image=np.empty((0, 0, 3), np.uint8), alpha=None)
