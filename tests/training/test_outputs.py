"""A model's files are written whole, and never over what is read."""

from pathlib import Path

import pytest

from bgremove.cards import CARD_FILE, InputSpec, ModelCard, check_hash, read_card
from bgremove.errors import DataError
from bgremove.training.outputs import check_apart, stored, write_model

CARD = ModelCard(name="x", description="x", input=InputSpec(), outputs=("person", "subject"))


def test_a_file_that_is_read_is_known_by_any_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    with pytest.raises(DataError, match=r"link: expected a new place, got a file that is read"):
        check_apart([tmp_path / "new", tmp_path / "link"], [tmp_path / "a"])
    check_apart([tmp_path / "new"], [tmp_path / "a", tmp_path / "gone"])


def test_a_model_s_files_replace_those_that_were_there(tmp_path: Path) -> None:
    for content in (b"old", b"new"):
        write_model(tmp_path / "model", {"weights": content}, CARD)
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [CARD_FILE, "weights"]
    check_hash(tmp_path / "model" / "weights", stored("weights", b"new").sha256)
    assert read_card(tmp_path / "model" / CARD_FILE) == CARD
