"""What the colours close by say along an outline, for hair that a network's map is too small for.

Around each pixel the sure subject and the sure background have each a mean colour and a spread
about it. Where the two lie well apart, a pixel's colour tells its share of either, strand by
strand; where they don't, the outline that was found stays.

References
----------
Fisher, "The Use of Multiple Measurements in Taxonomic Problems", 1936: the linear function of
colour that tells two kinds of pixels apart best.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from bgremove.arrays import Alpha, Floats, Image, Mask, bounded, clipped, resize
from bgremove.guided import box_sum, colours_and_one, dot, unit

OUT, IN = 4.0, 1.0
"""How far beyond and within an outline a matte is sought, in the map's pixels."""

SURE_WITHIN = 2.0
"""From how far within an outline on colours are the subject's, in the map's pixels."""

AROUND = 10.0
"""Radius of the square whose colours count, in the map's pixels."""

STRAND = 1.5
"""Half the width of the widest strand, in the map's pixels: what is wider and lies beyond the
outline is something else of the same colour."""

CLOSE = 0.5
"""Up to how far beyond the outline more than strands may come, in the map's pixels."""

SMALL_SIDE = 256
"""Longest side of the copy on which colours are gathered."""

FAINT = 0.15
"""A share this close to 0 or 1 is 0 or 1: so wide do the colours of one thing spread."""

SPREAD = 0.02
"""That of colours that are all the same, in 0…1: a photo's noise."""

APART = 40.0
"""The distance of two mean colours, in spreads and squared, that earns half the trust."""

LEAST_SHARE = 0.02
"""Of a square, that both kinds' sure pixels must make up to be trusted in full."""

COLOURS_TRUST = 0.2
"""How strongly colours that lie well apart hold, beside the Laplacian's 1."""

OUTLINE_TRUST, OUTLINE_TRUST_ALONE = 0.003, 0.1
"""How strongly the outline that was found holds beside them, and where they say nothing."""

TRUTH = 0.99
"""A pixel of the small copy of a mask that is at least this much inside is inside."""


@dataclass(frozen=True)
class Question:
    """Where a matte is sought, and what is expected there.

    Attributes
    ----------
    guess : (h, w) ndarray of float32 in [0, 1]
    band : (h, w) ndarray of bool
    trust : (h, w) ndarray of float32
        How strongly the guess holds in the band.
    """

    guess: Alpha
    band: Mask
    trust: Floats


def along_outline(image: Image, alpha: Alpha, band: Mask, map_pixel: float) -> Question:
    """Ask for a matte along an alpha's outline, wherever strands may reach.

    Parameters
    ----------
    image : (h, w, 3) ndarray of uint8, RGB
    alpha : (h, w) ndarray of float32 in [0, 1]
        As it was found.
    band : (h, w) ndarray of bool
        Where it isn't sure.
    map_pixel : float
        The side of the map's pixels, in the image's.

    Returns
    -------
    Question
    """
    solid = alpha >= 0.5
    beyond, within = _distance(~solid), _distance(solid)
    reach = max(1, round(OUT * map_pixel))
    wide = band | ((beyond <= reach) & (within <= max(1, round(IN * map_pixel))))
    subject = solid & (within > SURE_WITHIN * map_pixel) & ~band
    background = ~solid & (beyond > reach) & ~band

    share, trust = told_apart(image, subject, background, max(1, round(AROUND * map_pixel)))
    share = only_strands(share, beyond, map_pixel)
    by_colours = np.float32(COLOURS_TRUST) * trust
    by_outline = np.float32(OUTLINE_TRUST) + np.float32(OUTLINE_TRUST_ALONE) * (1 - trust)
    both = by_colours + by_outline
    guess = (by_colours * share + by_outline * alpha) / both
    return Question(np.where(wide, guess, alpha), wide, both)


def told_apart(image: Image, subject: Mask, background: Mask, radius: int) -> tuple[Alpha, Floats]:
    """Tell each pixel's share of the subject, by the colours of both that are close by.

    Parameters
    ----------
    image : (h, w, 3) ndarray of uint8, RGB
    subject, background : (h, w) ndarray of bool
        Where it is sure which of them a pixel is of.
    radius : int
        Of the square around each pixel that is close by, at least 1.

    Returns
    -------
    share : (h, w) ndarray of float32 in [0, 1]
    trust : (h, w) ndarray of float32 in [0, 1]
        How well the two can be told apart: 0 where one of them isn't close by.
    """
    height, width = image.shape[:2]
    colours = unit(bounded(image, SMALL_SIDE))
    size = colours.shape[1], colours.shape[0]
    radius = max(1, round(radius * max(size) / max(height, width)))
    kinds = [(resize(kind.astype(np.float32), *size) > TRUTH) for kind in (subject, background)]
    (one, spread, of_one), (other, other_spread, of_other) = (
        _gathered(colours, kind.astype(np.float32), radius) for kind in kinds
    )
    spreads = (spread + other_spread) / 2 + np.float32(SPREAD**2) * np.eye(3, dtype=np.float32)
    difference = one - other
    slopes = np.linalg.solve(spreads, difference[..., None])[..., 0]
    distance = np.maximum(dot(slopes, difference), np.float32(1e-6))
    offset = -dot(slopes, other)
    function = np.dstack([slopes, offset]) / distance[..., None]

    share = dot(resize(function, width, height), colours_and_one(image))
    evidence = clipped(np.minimum(of_one, of_other) / np.float32(LEAST_SHARE))
    trust = evidence * distance / (distance + np.float32(APART))
    return clipped((share - FAINT) / (1 - 2 * FAINT)), resize(trust, width, height)


def only_strands(share: Alpha, beyond: Floats, map_pixel: float) -> Alpha:
    """Clear away what lies beyond an outline and is wider than a strand.

    Parameters
    ----------
    share : (h, w) ndarray of float32 in [0, 1]
    beyond : (h, w) ndarray of float32
        How far beyond the outline each pixel lies.
    map_pixel : float
        As of `along_outline`.
    """
    radius = max(1, round(STRAND * map_pixel))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    filled: Alpha = np.where(beyond > 0, share, np.float32(1))
    opened = cv2.morphologyEx(filled, cv2.MORPH_OPEN, disc).astype(np.float32, copy=False)
    far = clipped(beyond / np.float32(map_pixel) - np.float32(CLOSE))
    return clipped(share + far * (np.minimum(share, filled - opened) - share))


def _distance(mask: Mask) -> Floats:
    """Tell how far each of a mask's pixels lies from the others; 0 where the mask isn't."""
    distance = cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, 5)
    return distance.astype(np.float32, copy=False)


def _gathered(colours: Floats, kind: Floats, radius: int) -> tuple[Floats, Floats, Floats]:
    """Give the mean, covariance and share of one kind's colours in a square around each pixel."""
    number = box_sum(kind, radius)
    some = np.maximum(number, np.float32(1))
    weighted = [colours[..., channel] * kind for channel in range(3)]
    mean: Floats = np.dstack([box_sum(plane, radius) / some for plane in weighted])
    spread = np.empty((*kind.shape, 3, 3), np.float32)
    for row in range(3):
        for column in range(row, 3):
            product = box_sum(weighted[row] * colours[..., column], radius) / some
            spread[..., row, column] = product - mean[..., row] * mean[..., column]
            spread[..., column, row] = spread[..., row, column]
    share: Floats = number / np.float32((2 * radius + 1) ** 2)
    return mean, spread, share
