"""GrabCut from what the prior is sure of."""

import numpy as np
import pytest

from bgremove.graph_cut import cut


def test_a_rough_prior_is_cut_along_the_colours() -> None:
    image = np.full((120, 160, 3), (200, 210, 190), np.uint8)
    image[30:90, 50:110] = (150, 40, 40)
    prior = np.full((120, 160), 0.02, np.float32)
    prior[25:95, 40:100] = 0.4
    prior[45:75, 60:90] = 0.95
    found = cut(image, prior, 0.3)
    truth = np.zeros((120, 160), np.bool_)
    truth[30:90, 50:100] = True
    assert set(np.unique(found)) == {0, 255}
    assert (found[truth] == 255).mean() > 0.98
    assert (found[:, :38] == 0).all()
    assert (found[:25] == 0).all()


@pytest.mark.parametrize("level", [0, 0.5])
def test_a_prior_of_one_side_only_is_taken_as_it_is(level: float) -> None:
    image = np.zeros((20, 30, 3), np.uint8)
    found = cut(image, np.full((20, 30), 0.25, np.float32), level)
    assert (found == (255 if level == 0 else 0)).all()
