"""The object method: the photo's contours, filled, as an alpha."""

import numpy as np

from bgremove import contour
from bgremove.arrays import Image
from bgremove.errors import OptionError
from bgremove.refine import find_edges
from bgremove.removers.base import Matte, Remover

STRONGEST_GRADIENT = 2040
"""What no threshold needs to exceed: 4 × 255 in each direction."""


class ObjectRemover(Remover):
    """Cuts out an object before a calm background, by its outline.

    Parameters
    ----------
    low, high : float, optional
        Canny's thresholds on the gradient, in 0…2040, as the original's 100 and 200; by default
        chosen for each photo. One alone sets the other, at half or double.
    edges : {"soft", "hard", "fine"}, default "soft"
        Along the photo's own edges; 0 and 255 only; or a matte, for hair.

    Raises
    ------
    OptionError
        If an option is outside its range.
    """

    subject = "object"

    def __init__(
        self, *, low: float | None = None, high: float | None = None, edges: str = "soft"
    ) -> None:
        for name, value in (("low", low), ("high", high)):
            if value is not None and not 0 <= value <= STRONGEST_GRADIENT:
                raise OptionError(f"{name} must be a number in 0…{STRONGEST_GRADIENT}, got {value}")
        if low is not None and high is not None and low > high:
            raise OptionError(f"low must not exceed high, got low {low} and high {high}")
        self.low, self.high = low, high
        self._to_alpha = find_edges(edges)

    def matte(self, image: Image) -> Matte:
        """Find the object in an image: edges, closed, filled, smoothed, blurred."""
        height, width = image.shape[:2]
        small = contour.softened(contour.working_copy(image))
        outline = contour.closed(contour.edges(small, *self._thresholds(small)))
        shape = contour.subject(contour.smoothed(contour.filled(outline)))
        if not shape.any():
            return Matte(np.zeros((height, width), np.float32), found=False)
        return Matte(self._to_alpha(contour.blurred(shape), image, 0.5), found=True)

    def _thresholds(self, image: Image) -> tuple[float, float]:
        if self.low is not None and self.high is not None:
            return self.low, self.high
        if self.high is not None:
            return self.high / contour.THRESHOLD_RATIO, self.high
        if self.low is not None:
            return self.low, self.low * contour.THRESHOLD_RATIO
        return contour.thresholds(image)
