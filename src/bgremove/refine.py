"""From a network's small probability to an alpha at the photo's size, along the photo's edges.

The map says where the subject is, to a pixel or so of its own size; the photo says where its
edges are. Two guided filters join them. Where the map passes from 0 to 1 within a pixel or two,
it knows the edge: a narrow filter sharpens it, and what it gives must average, over each of the
map's pixels, to what the map says (iterative back-projection, Irani and Peleg 1991). Where the
map takes longer, it hesitates: a wide filter carries the sure pixels' labels over by colour.
The width of the transition is measured at each pixel, from the map alone.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import cv2
import numpy as np

from bgremove.arrays import (
    Alpha,
    Floats,
    Image,
    Mask,
    Probability,
    bounded,
    clipped,
    extent,
    resize,
)
from bgremove.guided import EdgeGuide, LinearAlpha, at_colours, box_sum, fit
from bgremove.hair import along_outline
from bgremove.hesitation import hesitation
from bgremove.matting import closed_form
from bgremove.option_checks import check_choice
from bgremove.threads import in_threads
from bgremove.tiles import Tile, TiledAlpha, grown, part_of, repeated, tiled, upsampled, within

FIT_SIDE = 256
"""Longest side of the copy on which the wide filter is fitted, if the map is larger."""

NARROW = 2
"""Radius of the narrow filter, in the working copy's pixels: a map's pixel or less. It carries an
alpha on to the photo, too."""

WIDE = 8
"""Radius of the wide filter, in the map's pixels (of 2, 4, 8 the best on edges_eval)."""

EVIDENCE = 0.05
"""Share of a wide window that must be sure of either side before its word counts in full."""

BAND = 0.1
"""A probability this close to 0 or 1 begins to be sure, and to overrule the filters."""

HESITATION = 0.1
"""Half the width, in probability, of the ramp that decides where the map hesitates and nothing
in the photo helps: beyond it an alpha is 0 or 1 (0.3 leaves a haze over what the map doubts)."""

OPENNESS = 0.15
"""The same, of the ramp beyond which the photo's colours do not overrule a network that hesitates.
At 0.3 a haze, more than 10 pixels wide, covers over 1 % of 50 of 150 people of val and of 46 of 90
subjects, at 0.15 of 32 and 26; Boundary IoU .6686 and .5751, .6688 and .5755."""

BACK_PROJECTIONS = 3
"""Each brings the alpha's averages nearer to the map (1 gives MAE 0.0018, 3 give 0.0014)."""

NOISE = 0.02
"""What differs from 0 or 1 by no more is 0 or 1."""

GRAIN_RADIUS = 2
"""Of the filter that smooths a large photo's grain, in the photo's own pixels."""

GRAIN_SIGMA = 1.5
"""How the weight of the pixels around falls with their distance there."""

GRAIN_LEVELS = 30
"""How it falls with their difference in colour, of 255 levels a channel: noise lies well below, and
edges well above."""

VECTOR = 64
"""Pixels at a row's end that OpenCV may filter one by one, and then round otherwise than the rest:
so many more are put there, so that no pixel of a tile depends on where the tile ends."""


def varying(alpha: Alpha, radius: int) -> Mask:
    """Tell where an alpha takes several values within a square of a radius around."""
    square = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    differs: Mask = cv2.dilate(alpha, square) > cv2.erode(alpha, square)
    return differs


class Refined(Protocol):
    """An alpha that was found on a photo's working copy."""

    def on(self, image: Image) -> TiledAlpha:
        """Carry it on to the photo itself, (H, W, 3) ndarray of uint8, RGB."""
        ...


@dataclass(frozen=True)
class AlongEdges:
    """An alpha that follows a photo's edges, on its working copy and on the photo.

    Attributes
    ----------
    alpha : (h, w) ndarray of float32 in [0, 1]
    guide : EdgeGuide
        The working copy.
    """

    alpha: Alpha
    guide: EdgeGuide

    def on(self, image: Image) -> TiledAlpha:
        """Carry it on to the photo itself, tile by tile."""
        height, width = image.shape[:2]
        if self.alpha.shape == (height, width):
            return tiled(self.alpha)
        alpha, field = self.alpha, self.guide.fitted(self.alpha).field
        uneven = varying(alpha, 2 * NARROW + 1)

        def tile(rows: slice, columns: slice) -> Alpha:
            result = repeated(alpha, rows, columns, height, width)
            part = extent(repeated(uneven, rows, columns, height, width))
            if part is not None:
                place = part_of((rows, columns), part)
                local = upsampled(field, *place, height, width)
                result[part] = without_noise(at_colours(local, without_grain(image, place)))
            return result

        return TiledAlpha(height, width, tile, alpha)


@dataclass(frozen=True)
class OfTheMap:
    """An alpha of 0 and 1 only, by the map alone.

    Attributes
    ----------
    probability : (h, w) ndarray of float32 in [0, 1]
    threshold : float
    """

    probability: Probability
    threshold: float

    def on(self, image: Image) -> TiledAlpha:
        """Enlarge the map to the photo's size, tile by tile; 1 from the threshold on."""
        height, width = image.shape[:2]

        def tile(rows: slice, columns: slice) -> Alpha:
            enlarged = upsampled(self.probability, rows, columns, height, width)
            return (enlarged >= self.threshold).astype(np.float32)

        draft = (self.probability >= self.threshold).astype(np.float32)
        return TiledAlpha(height, width, tile, draft)


def soft_edges(
    probability: Probability, working: Image, threshold: float, openness: float = OPENNESS
) -> Refined:
    """Give an alpha that follows the photo's edges near where the map crosses the threshold.

    Parameters
    ----------
    probability : (h, w) ndarray of float32 in [0, 1]
    working : (H, W, 3) ndarray of uint8, RGB
        The photo's working copy.
    threshold : float
        The probability that becomes an alpha of 0.5, in [0, 1].
    openness : float, default OPENNESS
        Half the width, in probability, of the ramp beyond which the photo's colours do not
        overrule a map that hesitates.

    Returns
    -------
    Refined

    References
    ----------
    He, Sun, "Fast Guided Filter", 2015, arXiv 1505.00996; Irani, Peleg, "Improving Resolution by
    Image Registration", 1991.
    """
    joint = joined(probability, working, threshold, openness)
    return AlongEdges(joint.alpha, joint.guide)


def fine_edges(
    probability: Probability, working: Image, threshold: float, openness: float = OPENNESS
) -> Refined:
    """Give an alpha that solves for the matte along the outline of `soft_edges`, for hair.

    Parameters and result are those of `soft_edges`.

    References
    ----------
    Levin, Lischinski, Weiss, "A Closed-Form Solution to Natural Image Matting", 2008.
    """
    joint = joined(probability, working, threshold, openness)
    map_pixel = max(working.shape[:2]) / max(probability.shape)
    asked = along_outline(working, joint.alpha, joint.band, map_pixel)
    matte = without_noise(closed_form(working, asked.guess, asked.band, asked.trust))
    solid = (matte >= 0.5) & (joint.alpha >= 0.5)
    return AlongEdges(without_ghosts(matte, solid), joint.guide)


def hard_edges(
    probability: Probability, _: Image, threshold: float, _openness: float = OPENNESS
) -> Refined:
    """Give an alpha of 0 and 1 only, as the original did: the photo has no say.

    Parameters and result are those of `soft_edges`.
    """
    return OfTheMap(probability, threshold)


Edges: TypeAlias = Callable[[Probability, Image, float, float], Refined]

EDGES: dict[str, Edges] = {"soft": soft_edges, "hard": hard_edges, "fine": fine_edges}
"""The kinds of edges that a user can name."""


def find_edges(name: str) -> Edges:
    """Look a kind of edges up.

    Raises
    ------
    OptionError
        If there is none of that name.
    """
    check_choice("edges", name, EDGES)
    return EDGES[name]


def without_grain(image: Image, place: Tile) -> Image:
    """Smooth the grain of a part of a photo, and keep its edges.

    A working copy's grain is averaged out when it is shrunk. The functions of colour that are
    fitted on it would turn the photo's own into pepper and salt.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8, RGB
    place : tuple of 2 slices

    Returns
    -------
    (h, w, 3) ndarray of uint8, RGB
        What the part would be if all of the photo were smoothed.

    References
    ----------
    Tomasi, Manduchi, "Bilateral Filtering for Gray and Color Images", ICCV 1998.
    """
    near = grown(place, GRAIN_RADIUS, *image.shape[:2])
    longer = cv2.copyMakeBorder(image[near], 0, 0, 0, VECTOR, cv2.BORDER_REPLICATE)
    smooth = cv2.bilateralFilter(longer, 2 * GRAIN_RADIUS + 1, GRAIN_LEVELS, GRAIN_SIGMA)
    return smooth[within(place, near)].astype(np.uint8, copy=False)


# Joining the map and a bounded copy of the photo


@dataclass(frozen=True)
class Joint:
    """What a map and an image say together.

    Attributes
    ----------
    alpha : (h, w) ndarray of float32 in [0, 1]
    band : (h, w) ndarray of bool
        Where the map is not sure, or the alpha lies between 0 and 1.
    guide : EdgeGuide
        The image, where the map leaves anything open.
    """

    alpha: Alpha
    band: Mask
    guide: EdgeGuide


def joined(probability: Probability, image: Image, threshold: float, openness: float) -> Joint:
    """Join a map with an image of bounded size, by the two filters."""
    height, width = image.shape[:2]
    centred = recentred(probability, threshold)
    unsure = hesitation(centred)
    decided = ramped(centred, unsure, HESITATION)
    open_to_colours = ramped(centred, unsure, openness)

    side = max(probability.shape)
    small = bounded(image, min(side, FIT_SIDE))
    scale = max(small.shape) / side
    size = small.shape[1], small.shape[0]
    enlarged = resize(decided, width, height)
    doubted = resize(open_to_colours, width, height)
    margin = 2 * NARROW + math.ceil((BACK_PROJECTIONS + 1) * max(height, width) / side)

    def by_narrow() -> tuple[Alpha, EdgeGuide]:
        guide = EdgeGuide(image, NARROW, undecided(doubted, margin))
        return back_projected(guide.followed(enlarged), decided, 1 - unsure), guide

    def by_wide() -> tuple[Alpha, Floats]:
        radius = max(1, round(WIDE * scale))
        wide, evidence = carried_over(resize(centred, *size), small, radius)
        return wide.applied(image), resize(evidence, width, height)

    filters: tuple[Callable[[], Any], ...] = (by_narrow, by_wide)
    (narrow, guide), (wide, evidence) = in_threads(lambda one: one(), filters)
    helped = resize(unsure, width, height) * evidence
    both = narrow + helped * (wide - narrow)
    alpha = settled(both, doubted)
    unsettled = np.minimum(doubted, 1 - doubted) > BAND / 2
    return Joint(alpha, unsettled | ((alpha > 0) & (alpha < 1)), guide)


def recentred(probability: Probability, threshold: float) -> Probability:
    """Bend a map so that the threshold becomes 0.5, while 0 and 1 stay."""
    level = min(max(threshold, 1e-6), 1 - 1e-6)
    below, above = probability * (0.5 / level), 1 - (1 - probability) * (0.5 / (1 - level))
    return np.where(probability < level, below, above).astype(np.float32, copy=False)


def ramped(probability: Probability, unsure: Floats, half_width: float) -> Probability:
    """Decide, as far as the map hesitates: 0 or 1, but for a ramp around 0.5."""
    ramp = clipped((probability - 0.5) / (2 * half_width) + 0.5)
    return probability + unsure * (ramp - probability)


def undecided(doubted: Probability, margin: int) -> tuple[slice, slice]:
    """Give the rows and columns of all that a map leaves open, and of a margin around it."""
    place = extent(np.minimum(doubted, 1 - doubted) > NOISE * BAND)
    if place is None:
        return slice(0, 0), slice(0, 0)
    return grown(place, margin, *doubted.shape)


def carried_over(probability: Probability, image: Image, radius: int) -> tuple[LinearAlpha, Floats]:
    """Carry the sure pixels' labels over to the others by colour, and tell with what evidence."""
    confidence = (2 * probability - 1) ** 2
    subject = (probability > 0.5).astype(np.float32)
    share = np.float32(1 / (2 * radius + 1) ** 2)
    of_subject = box_sum(confidence * subject, radius) * share
    of_background = box_sum(confidence * (1 - subject), radius) * share
    evidence = clipped(np.minimum(of_subject, of_background) / EVIDENCE)
    return fit(image, subject, radius, confidence), evidence


def back_projected(alpha: Alpha, probability: Probability, trust: Floats) -> Alpha:
    """Correct an alpha until its average over each of the map's pixels is what the map says.

    Where the map hesitates (`trust` is 0, in the map's size) its word is no average to be met.
    """
    height, width = alpha.shape
    for _ in range(BACK_PROJECTIONS):
        missing = probability - resize(alpha, probability.shape[1], probability.shape[0])
        alpha = clipped(alpha + resize(trust * missing, width, height))
    return alpha


def settled(alpha: Alpha, probability: Probability) -> Alpha:
    """Let a map that is sure have the last word, and clear away what is next to nothing."""
    doubt = np.clip(np.minimum(probability, 1 - probability) / BAND, 0, 1)
    sure = (probability > 0.5).astype(np.float32)
    return without_ghosts(without_noise(sure + doubt * (alpha - sure)))


def without_noise(alpha: Alpha) -> Alpha:
    """Stretch an alpha so that what nearly is 0 or 1 becomes it."""
    return clipped((alpha - NOISE) / (1 - 2 * NOISE))


def without_ghosts(alpha: Alpha, solid: Mask | None = None) -> Alpha:
    """Clear away pieces that are nowhere the subject's by half, unless there is no other.

    One that can hardly be seen makes the box of what is visible too large.

    Parameters
    ----------
    alpha : (h, w) ndarray of float32 in [0, 1]
    solid : (h, w) ndarray of bool, optional
        Where it is the subject's; from half an alpha on by default.
    """
    solid = alpha >= 0.5 if solid is None else solid
    count, pieces = cv2.connectedComponents((alpha > 0).astype(np.uint8), connectivity=8)
    kept = np.zeros(count, np.bool_)
    kept[pieces[solid]] = True
    return np.where(kept[pieces], alpha, np.float32(0)) if kept.any() else alpha
