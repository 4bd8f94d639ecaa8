"""Where the card lies that a command writes to."""

import shutil

import pytest

from bgremove.errors import ModelNotFoundError
from bgremove.evaluation.options import card_file


def test_the_card_of_a_model_file_lies_beside_it(brightness_model):
    assert card_file(str(brightness_model)) == brightness_model.parent / "card.json"


def test_a_card_named_after_an_onnx_file_goes_first(brightness_model):
    own = brightness_model.with_name("brightness.json")
    shutil.copy(brightness_model.with_name("card.json"), own)
    assert card_file(str(brightness_model)) == own


def test_a_keras_model_json_is_never_taken_for_a_card(tmp_path):
    model = tmp_path / "model.json"
    model.write_text("{}")
    assert card_file(str(model)) == tmp_path / "card.json"


def test_a_name_that_no_model_has_is_refused():
    with pytest.raises(ModelNotFoundError, match="no model is called 'nobody'"):
        card_file("nobody")
