"""The object method: the photo's contours, filled, as an alpha."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from bgremove import backdrop, contour, prior
from bgremove.arrays import Image, Probability, alpha_from_uint8, alpha_to_uint8, working_copy
from bgremove.contour import Outline, Shape
from bgremove.errors import OptionError
from bgremove.graph_cut import best_of_cuts
from bgremove.hints import Attention, attention, meant
from bgremove.option_checks import check_choice, check_number
from bgremove.removers.base import Matte
from bgremove.removers.hinted import HintedRemover
from bgremove.threads import in_threads

STRONGEST_GRADIENT = 2040
"""What no threshold needs to exceed: 4 × 255 in each direction."""

QUALITIES = ("fast", "best")

LEVEL_OVER_OTSU = 0.7
"""Where the subject begins, over Otsu's level of the prior: mean IoU on coco-object .531 at 0.6,
.529 at 0.7, .524 at 0.8, on duts_tr .708, .716 and .718."""

LEAST_CONTRAST = 0.15
"""How much likelier than the rest a subject is on average, at least."""

OPENNESS = 0.3
"""Of `refine.soft_edges`: a contour's mask is blurred widely, which is no doubt. Boundary IoU of 60
product shots .8250 at 0.3, .8229 at 0.2, .8163 at 0.1."""

SURELY_ENCLOSED = 0.5
"""More than this is enclosed at two of the three levels of edges."""

MOST_OF_BORDER = 0.6
"""Most of the picture's border that a subject covers: what covers more is cut by all sides."""


@dataclass(frozen=True)
class Steps:
    """What the object method sees on its way, on a working copy of (h, w) pixels.

    Attributes
    ----------
    image : (h, w, 3) ndarray of uint8, RGB
    edges, closed : (h, w) ndarray of uint8, 0 or 255
        The edges, and the same with their gaps closed.
    enclosed : (h, w) ndarray of float32 in [0, 1]
        How surely each pixel lies within a closed contour.
    prior : (h, w) ndarray of float32 in [0, 1]
        How likely each pixel is the subject's.
    mask : (h, w) ndarray of uint8, 0 or 255
        All 0 where no subject was found.
    """

    image: Image
    edges: Outline
    closed: Outline
    enclosed: Probability
    prior: Probability
    mask: Shape


class ObjectRemover(HintedRemover):
    """Cuts out the object that stands out, by its contours and colours.

    Parameters
    ----------
    low, high : float, optional
        Canny's thresholds on the gradient, in 0…2040, as the original's 100 and 200; by default
        chosen for each photo. One alone sets the other, at half or double.
    quality : {"fast", "best"}, default "fast"
        ``best`` refines the mask by GrabCut, in several times the time.
    box : tuple of 4 floats, optional
        Left, top, width and height in the photo's pixels: the subject lies inside.
    point : tuple of 2 floats, optional
        A pixel of the subject: only the piece that it lies in, or nearest to, is kept.
    edges : {"soft", "hard", "fine"}, default "soft"
        Along the photo's own edges; 0 and 255 only; or a matte, for hair.

    Raises
    ------
    OptionError
        If an option is outside its range.
    """

    subject = "object"

    def __init__(
        self,
        *,
        low: float | None = None,
        high: float | None = None,
        quality: str = "fast",
        box: Iterable[float] | None = None,
        point: Iterable[float] | None = None,
        edges: str = "soft",
    ) -> None:
        for name, value in (("low", low), ("high", high)):
            if value is not None:
                check_number(name, value, 0, STRONGEST_GRADIENT)
        if low is not None and high is not None and low > high:
            raise OptionError(f"low must not exceed high, got low {low} and high {high}")
        check_choice("quality", quality, QUALITIES)
        self._take_over(low=low, high=high, quality=quality, edges=edges, box=box, point=point)
        self.low, self.high = low, high
        self.quality = quality

    def matte(self, image: Image) -> Matte:
        """Find the object in an image: the steps, then blurred and brought to its size."""
        return self.matte_of(self.steps(image), image)

    def matte_of(self, steps: Steps, image: Image) -> Matte:
        """Bring the mask of an image's steps to its size, along the image's edges."""
        if not steps.mask.any():
            return Matte(np.zeros(image.shape[:2], np.float32), found=False)
        refined = self._to_alpha(contour.blurred(steps.mask), steps.image, 0.5, OPENNESS)
        return Matte(refined.on(image), found=True)

    def steps(self, image: Image) -> Steps:
        """Go the object method's way: edges, closed; contours, filled; prior; mask.

        Parameters
        ----------
        image : (H, W, 3) ndarray of uint8, RGB

        Returns
        -------
        Steps

        Raises
        ------
        InputError
            If the box or the point lies outside the image.
        """
        small = working_copy(image)
        where = attention(image.shape, small.shape, self.box, self.point)
        soft = contour.softened(small)
        slopes = contour.gradients(soft)
        low, high = self._thresholds(slopes)
        fainter, edges, stronger = in_threads(
            lambda step: contour.edges(slopes, low * step, high * step), contour.STEPS
        )
        enclosed = contour.enclosed((fainter, edges, stronger))
        enclosed = np.where(where.inside, enclosed, 0).astype(np.float32)
        plain = backdrop.surface(soft)
        if plain is None:
            likely, shape = self._by_prior(soft, enclosed, where)
        else:
            likely, shape = self._by_backdrop(soft, plain, enclosed)
        mask = meant(contour.subject(contour.without_small_holes(meant(shape, where))), where)
        return Steps(
            image=small,
            edges=edges,
            closed=contour.closed(edges),
            enclosed=enclosed,
            prior=likely,
            mask=mask if is_confident(mask, likely, enclosed) else np.zeros_like(mask),
        )

    def _by_prior(
        self, image: Image, enclosed: Probability, where: Attention
    ) -> tuple[Probability, Shape]:
        likely = prior.prior(image, enclosed, where)
        level = _otsu(likely)
        shape = np.where(likely > LEVEL_OVER_OTSU * level, 255, 0).astype(np.uint8)
        if self.quality == "best":
            shape = best_of_cuts(image, likely, level, shape)
        return likely, contour.agreeing(shape, contour.subject(_outlined(enclosed)))

    def _by_backdrop(
        self, image: Image, plain: backdrop.Lab, enclosed: Probability
    ) -> tuple[Probability, Shape]:
        """Take what stands out, and within contours what is as faint as a shadow, too."""
        standing = backdrop.stands_out(image, plain, enclosed > 0)
        shape = contour.tidied(np.where(standing, 255, 0).astype(np.uint8))
        if not contour.subject(shape).any():
            shape = _outlined(enclosed)
        return alpha_from_uint8(shape), shape

    def _thresholds(self, slopes: contour.Gradients) -> tuple[float, float]:
        if self.low is not None and self.high is not None:
            return self.low, self.high
        if self.high is not None:
            return self.high / contour.THRESHOLD_RATIO, self.high
        if self.low is not None:
            return self.low, self.low * contour.THRESHOLD_RATIO
        return contour.thresholds(slopes)


def is_confident(mask: Shape, likely: Probability, enclosed: Probability) -> bool:
    """Tell whether a mask is a subject: a contour closes in it, it stands out, the picture has it.

    Parameters
    ----------
    mask : (h, w) ndarray of uint8, 0 or 255
    likely, enclosed : (h, w) ndarray of float32 in [0, 1]
    """
    inside = mask > 0
    border = np.concatenate([inside[0], inside[-1], inside[:, 0], inside[:, -1]])
    if not enclosed[inside].any() or border.mean() > MOST_OF_BORDER:
        return False
    return float(likely[inside].mean() - likely[~inside].mean()) >= LEAST_CONTRAST


def _outlined(enclosed: Probability) -> Shape:
    return np.where(enclosed > SURELY_ENCLOSED, 255, 0).astype(np.uint8)


def _otsu(probability: Probability) -> float:
    level, _ = cv2.threshold(alpha_to_uint8(probability), 0, 255, cv2.THRESH_OTSU)
    return float(level) / 255
