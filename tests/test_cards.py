"""Cards come back as they were written, and anything wrong with one is told."""

import codecs
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgremove.cards import (
    CARD_FILE,
    InputSpec,
    ModelCard,
    PresenceRule,
    StoredFile,
    check_complete,
    check_hash,
    read_card,
    sha256_of,
    write_card,
)
from bgremove.errors import CardError, HashError, ModelMismatchError
from bgremove.model_files import models_folder
from bgremove.network.tiramisu import PRESETS

COMPLETE = ModelCard(
    name="complete",
    description="läuft überall",
    input=InputSpec(height=64, width=96, mean=(0.1, 0.2, 0.3), std=(1.0, 2.0, 3.0)),
    outputs=("subject", "person"),
    threshold=0.4,
    presence={"person": PresenceRule(probability=0.6, area=0.01)},
    outward=0.25,
    weights=StoredFile(file="model.onnx", sha256="0" * 64),
    golden=StoredFile(file="golden.npz", sha256="1" * 64),
    network="fc-densenet56",
    parameters=12,
    licence="Apache-2.0",
    training={"sets": {"a": {"photos": 3, "terms": "none stated"}}},
    metrics={"val": {"mean_iou": 0.5}},
)

SHIPPED = sorted(models_folder().glob(f"*/{CARD_FILE}"))


def write(path: Path, **changes: Any) -> Path:
    """Write the complete card with some of its keys changed, or taken out by None."""
    write_card(COMPLETE, path)
    table = json.loads(path.read_text(encoding="utf-8")) | changes
    kept = {key: value for key, value in table.items() if value is not None}
    path.write_text(json.dumps(kept), encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / CARD_FILE


def test_a_complete_card_comes_back_as_it_was(path: Path) -> None:
    write_card(COMPLETE, path)
    assert read_card(path) == COMPLETE


def test_a_card_is_text_to_read_and_holds_nothing_that_is_not_known(path: Path) -> None:
    write_card(replace(COMPLETE, metrics=None), path)
    text = path.read_text(encoding="utf-8")
    assert "läuft überall" in text
    assert "metrics" not in json.loads(text)


shares = st.floats(0, 1)
triples = st.tuples(*[st.floats(0.1, 9)] * 3)


sides = st.integers(1, 999)
several_shapes = st.lists(st.tuples(sides, sides), max_size=3).map(tuple)


@given(
    threshold=shares,
    area=shares,
    mean=triples,
    std=triples,
    side=sides,
    shapes=several_shapes,
    coarse=several_shapes,
)
def test_any_card_in_range_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    threshold: float,
    area: float,
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
    side: int,
    shapes: tuple[tuple[int, int], ...],
    coarse: tuple[tuple[int, int], ...],
) -> None:
    card = ModelCard(
        name="any",
        description="",
        input=InputSpec(
            height=side, width=side + 1, mean=mean, std=std, shapes=shapes, coarse_shapes=coarse
        ),
        outputs=("person",),
        threshold=threshold,
        presence={"person": PresenceRule(area=area)},
    )
    path = tmp_path_factory.mktemp("card") / CARD_FILE
    write_card(card, path)
    assert read_card(path) == card


def test_an_output_is_found_among_the_others() -> None:
    assert COMPLETE.channel_of("person") == 1


def test_an_output_that_a_model_lacks_is_named() -> None:
    with pytest.raises(ModelMismatchError, match="expected an output 'hair', the model has"):
        COMPLETE.channel_of("hair")


def test_an_output_without_a_rule_of_its_own_has_the_default_one() -> None:
    assert COMPLETE.presence_of("person") == PresenceRule(probability=0.6, area=0.01)
    assert COMPLETE.presence_of("subject") == PresenceRule()


def test_a_missing_card_is_told(path: Path) -> None:
    with pytest.raises(CardError, match=r"card\.json: expected a model's card here, found no file"):
        read_card(path)


def test_a_card_that_windows_editors_have_saved_is_read(path: Path) -> None:
    write_card(COMPLETE, path)
    path.write_bytes(codecs.BOM_UTF8 + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_card(path) == COMPLETE


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"NaN,", b"[" * 99_999])
def test_a_card_that_is_no_json_is_told(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(CardError, match=r"card\.json: expected a model's card in JSON"):
        read_card(path)


def test_a_folder_in_a_cards_place_is_told(path: Path) -> None:
    path.mkdir()
    with pytest.raises(CardError, match="expected a model's card in JSON"):
        read_card(path)


@pytest.mark.parametrize(("content", "found"), [("[]", "list"), ('"card"', "str"), ("3", "int")])
def test_json_that_is_no_object_is_told(path: Path, content: str, found: str) -> None:
    path.write_text(content)
    with pytest.raises(CardError, match=f"expected a JSON object, found {found}"):
        read_card(path)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": None}, "missing .* 'name'"),
        ({"input": None}, "missing .* 'input'"),
        ({"outputs": None}, "missing .* 'outputs'"),
        ({"colour": "red"}, "unexpected keyword argument 'colour'"),
        ({"input": {"depth": 3}}, "unexpected keyword argument 'depth'"),
        ({"input": [224, 224]}, "must be a mapping, not list"),
        ({"weights": {"file": "model.onnx"}}, "missing .* 'sha256'"),
        ({"weights": {"file": "model.onnx", "sha256": None}}, "weights must name a file and its"),
        ({"golden": {"file": 5, "sha256": "0"}}, "golden must name a file and its sha256"),
        ({"name": 7}, "name must be a string, got 7"),
        ({"network": ["a"]}, r"network must be a string, got \['a'\]"),
        ({"input": {"height": 0}}, r"height and width must be whole numbers above 0, got \(0, 224"),
        ({"input": {"shapes": [[224, 0]]}}, r"must be whole numbers above 0, got \(224, 0\)"),
        ({"input": {"shapes": [[224]]}}, r"must be whole numbers above 0, got \(224,\)"),
        ({"input": {"shapes": 224}}, "int. object is not iterable"),
        ({"input": {"coarse_shapes": [[0, 9]]}}, r"must be whole numbers above 0, got \(0, 9\)"),
        ({"input": {"width": 2.5}}, r"must be whole numbers above 0, got \(224, 2.5\)"),
        ({"input": {"mean": [0, 0]}}, r"input\.mean must be three numbers, got \[0, 0\]"),
        ({"input": {"std": ["a", 1, 1]}}, r"input\.std must be three numbers, got \['a', 1, 1\]"),
        ({"input": {"std": [0, 1, 1]}}, r"input\.std must not be 0"),
        ({"input": {"std": 1}}, "not iterable"),
        ({"outputs": ["subject"]}, r"outputs must name 'person', got \['subject'\]"),
        ({"outputs": []}, r"outputs must name 'person', got \[\]"),
        ({"threshold": 1.5}, r"threshold must be a number in 0…1, got 1\.5"),
        ({"outward": -0.5}, r"outward must be a number in 0…1, got -0\.5"),
        ({"threshold": "half"}, "threshold must be a number in 0…1, got 'half'"),
        (
            {"presence": {"person": {"area": -1}}},
            r"presence\.person\.area must be a number in 0…1, got -1",
        ),
        ({"presence": {"hair": {}}}, r"presence\.hair: outputs are "),
        ({"presence": {"area": 0.1}}, "must be a mapping, not float"),
        (
            {"presence": {"person": {"probability": 2}}},
            r"presence\.person\.probability must be .*, got 2",
        ),
    ],
)
def test_a_wrong_key_or_value_is_named(path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(CardError, match=f"card.json: the card does not fit: .*{reason}"):
        read_card(write(path, **changes))


def test_a_complete_card_can_ship() -> None:
    check_complete(COMPLETE)


@pytest.mark.parametrize(
    "key", ["weights", "golden", "network", "parameters", "licence", "training", "metrics"]
)
def test_a_card_that_lacks_something_cannot_ship(key: str) -> None:
    with pytest.raises(CardError, match=f"complete: the card lacks {key}"):
        check_complete(replace(COMPLETE, **{key: None}))


def test_the_right_file_passes_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"abc")
    # FIPS 180-2 gives the sha256 of "abc".
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_of(path) == expected
    check_hash(path, expected)


def test_a_hash_may_be_in_capitals(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"abc")
    check_hash(path, sha256_of(path).upper())


def test_another_file_fails_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"abd")
    with pytest.raises(
        HashError, match="weights: expected sha256 000000000000…, found a52d159f262"
    ):
        check_hash(path, "0" * 64)


def test_a_missing_file_fails_its_hash(tmp_path: Path) -> None:
    with pytest.raises(HashError, match="weights: cannot be read: No such file"):
        check_hash(tmp_path / "weights", "0" * 64)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_a_shipped_card_is_complete_and_true_of_its_files(path: Path) -> None:
    card = read_card(path)
    check_complete(card)
    assert card.name == path.parent.name
    assert card.network in PRESETS
    for stored in (card.weights, card.golden):
        assert stored is not None
        check_hash(path.parent / stored.file, stored.sha256)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_a_shipped_card_says_what_the_model_learned_from_and_how_good_it_is(path: Path) -> None:
    card = read_card(path)
    assert card.training is not None
    assert card.metrics is not None
    for facts in card.training["sets"].values():
        assert facts.keys() == {"photos", "source", "terms"}
    assert {"val", "holdout_person"} <= card.metrics.keys()


def test_a_card_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CardError, match=r"card\.json: expected a folder above it, got a file"):
        write_card(COMPLETE, tmp_path / "file" / CARD_FILE)
