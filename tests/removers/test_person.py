"""The person method cuts people out, and says when there is nobody."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bgremove.errors import NoSubjectWarning, OptionError
from bgremove.removers.person import PersonRemover

ROOT = Path(__file__).parents[2]
ASTRONAUT = ROOT / "examples" / "astronaut.jpg"
GOLDEN = ROOT / "tests" / "golden" / "person_astronaut.png"


@pytest.fixture(scope="module")
def remover() -> PersonRemover:
    return PersonRemover()


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    return np.asarray(Image.open(ASTRONAUT))


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return np.count_nonzero(one & other) / np.count_nonzero(one | other)


def test_the_astronaut_is_cut_out_as_stored(remover, astronaut) -> None:
    mask = remover.alpha(astronaut) >= 0.5
    assert iou(mask, np.asarray(Image.open(GOLDEN)) > 0) >= 0.995


def test_her_face_is_kept_and_the_upper_corners_go(remover, astronaut) -> None:
    alpha = remover.alpha(astronaut)
    assert alpha[80:160, 190:250].min() == 1
    assert alpha[:40, 100:160].max() == 0
    assert alpha[:100, 310:360].max() == 0


def test_a_larger_copy_of_a_photo_gives_the_same_mask(remover, astronaut) -> None:
    large = np.asarray(Image.fromarray(astronaut).resize((1536, 1536), Image.Resampling.BICUBIC))
    mask = remover.alpha(astronaut) >= 0.5
    large_mask = Image.fromarray(remover.alpha(large) >= 0.5).resize((512, 512))
    assert iou(mask, np.asarray(large_mask)) >= 0.98


def test_hard_edges_are_0_and_255_and_soft_ones_are_antialiased(remover, astronaut) -> None:
    hard = PersonRemover(edges="hard")(astronaut)[..., 3]
    soft = remover(astronaut)[..., 3]
    assert set(np.unique(hard)) == {0, 255}
    assert len(np.unique(soft)) > 100
    assert iou(hard > 127, soft > 127) > 0.9


def test_a_higher_threshold_keeps_less(astronaut) -> None:
    kept = [
        np.count_nonzero(PersonRemover(threshold=level, edges="hard").alpha(astronaut))
        for level in (0.2, 0.5, 0.8)
    ]
    assert kept[0] > kept[1] > kept[2] > 0


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_nobody_in_the_photo_is_said(remover, grey: int) -> None:
    empty = np.full((120, 160, 3), grey, np.uint8)
    with pytest.warns(NoSubjectWarning, match="no person found; the cutout is fully transparent"):
        cutout = remover(empty)
    assert not cutout.any()


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_outside_its_range_is_told(threshold: float) -> None:
    with pytest.raises(OptionError, match=f"threshold must be a number in 0…1, got {threshold}"):
        PersonRemover(threshold=threshold)


def test_unknown_edges_are_told() -> None:
    with pytest.raises(OptionError, match="edges must be one of soft, hard, fine, got 'fuzzy'"):
        PersonRemover(edges="fuzzy")
