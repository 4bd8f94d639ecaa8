"""GrabCut from what the prior is sure of."""

import cv2
import numpy as np
import pytest

from bgremove.graph_cut import NARROW, WIDE, Seeds, best_of_cuts, cut


def test_a_rough_prior_is_cut_along_the_colours() -> None:
    image = np.full((120, 160, 3), (200, 210, 190), np.uint8)
    image[30:90, 50:110] = (150, 40, 40)
    prior = np.full((120, 160), 0.02, np.float32)
    prior[25:95, 40:100] = 0.4
    prior[45:75, 60:90] = 0.95
    found = cut(image, prior, 1.0, Seeds(0.3, 2))
    truth = np.zeros((120, 160), np.bool_)
    truth[30:90, 50:100] = True
    assert set(np.unique(found)) == {0, 255}
    assert (found[truth] == 255).mean() > 0.98
    assert (found[:, :38] == 0).all()
    assert (found[:25] == 0).all()


def test_what_the_prior_rules_out_stays_background_whatever_its_colour() -> None:
    image = np.full((120, 160, 3), (200, 210, 190), np.uint8)
    image[30:90, 50:110] = image[5:15, 140:155] = (150, 40, 40)
    prior = np.full((120, 160), 0.02, np.float32)
    prior[30:90, 90:110] = 0.04
    prior[30:90, 50:90] = 0.95
    found = cut(image, prior, 1.0, Seeds(0.3, 2))
    assert (found[30:90, 50:110] == 255).all()
    assert not found[:20, 130:].any()


@pytest.mark.parametrize("level", [0, 0.5])
def test_a_prior_of_one_side_only_is_taken_as_it_is(level: float) -> None:
    image = np.zeros((20, 30, 3), np.uint8)
    found = cut(image, np.full((20, 30), 0.25, np.float32), level, Seeds(1.0, 1))
    assert (found == (255 if level == 0 else 0)).all()


def test_two_of_the_shape_and_the_two_cuts_decide() -> None:
    rng = np.random.default_rng(0)
    image = cv2.GaussianBlur(rng.integers(0, 256, (90, 120, 3), np.uint8), (0, 0), 6)
    prior = cv2.GaussianBlur(rng.random((90, 120), np.float32), (0, 0), 8)
    prior = (prior - prior.min()) / (prior.max() - prior.min())
    shape = np.where(prior > 0.7, 255, 0).astype(np.uint8)
    voters = [shape, cut(image, prior, 0.8, WIDE), cut(image, prior, 0.8, NARROW)]
    assert len({voter.tobytes() for voter in voters}) == 3
    expected = np.where(sum(voter > 0 for voter in voters) >= 2, 255, 0)
    np.testing.assert_array_equal(best_of_cuts(image, prior, 0.8, shape), expected)
