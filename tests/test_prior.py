"""Where the subject is likely to be."""

import numpy as np

from bgremove import prior
from bgremove.arrays import Image
from bgremove.hints import attention, frame


def scene(left: int = 70) -> Image:
    image = np.full((100, 200, 3), (90, 140, 200), np.uint8)
    image[25:75, left : left + 60] = (190, 60, 40)
    return image


def test_colours_that_the_frame_lacks_are_unlike_it() -> None:
    evidence = prior.unlike(prior.colour_cells(scene()), frame(100, 200))
    assert evidence[50, 100] > 2
    assert evidence[2, 2] < 0


def test_the_enclosed_and_the_central_are_likelier() -> None:
    nothing = np.zeros((100, 200), np.float32)
    enclosed = nothing.copy()
    enclosed[50, 60] = 1
    logit = prior.likely(nothing, enclosed, (100, 50), (100, 50))
    assert logit[50, 60] > logit[50, 140]
    assert logit[50, 100] > logit[50, 20]
    assert logit[50, 100] > logit[5, 100]


def test_what_resembles_the_likely_becomes_likely_too() -> None:
    image = scene()
    logit = np.full((100, 200), -3, np.float32)
    logit[30:70, 75:100] = 3
    again = prior.asked_again(logit, prior.colour_cells(image))
    assert again[50, 120] > 2 * again[50, 180]


def test_outside_the_box_nothing_is_likely_whatever_encloses_it() -> None:
    image = scene(120)
    where = attention(image.shape, image.shape, (110, 20, 40, 60), None)
    enclosed = np.zeros((100, 200), np.float32)
    enclosed[25:75, 120:180] = 1
    found = prior.prior(image, enclosed, where)
    assert found.dtype == np.float32
    assert found.shape == (100, 200)
    assert found[where.inside].max() > 0.8
    assert found[~where.inside].max() < 0.1
