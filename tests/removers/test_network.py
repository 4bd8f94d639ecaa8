"""What all methods of a network share."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bgremove.cards import PresenceRule, read_card, write_card
from bgremove.errors import ModelMismatchError
from bgremove.removers.network import is_present, matte_of
from bgremove.removers.subject import SubjectRemover


def test_a_model_without_the_output_is_told(red_model: Path, tmp_path: Path) -> None:
    path = tmp_path / red_model.name
    path.write_bytes(red_model.read_bytes())
    card = read_card(red_model.with_name("card.json"))
    write_card(replace(card, outputs=("person", "hat")), tmp_path / "card.json")
    with pytest.raises(ModelMismatchError, match="red: expected an output 'subject', the model"):
        SubjectRemover(model=path)


def test_somebody_is_there_if_enough_pixels_are_sure() -> None:
    probability = np.zeros((10, 10), np.float32)
    probability[0, :2] = 0.8
    assert is_present(probability, PresenceRule(probability=0.7, area=0.02))
    assert not is_present(probability, PresenceRule(probability=0.9, area=0.02))
    assert not is_present(probability, PresenceRule(probability=0.7, area=0.03))


def test_a_matte_of_nobody_is_empty_whatever_the_threshold() -> None:
    faint = np.full((4, 4), 0.3, np.float32)
    rule = PresenceRule(probability=0.5, area=0.1)
    matte = matte_of(faint, np.zeros((6, 8, 3), np.uint8), rule=rule, threshold=0.1)
    assert not matte.found
    assert matte.alpha.shape == (6, 8)
    assert not matte.alpha.any()
