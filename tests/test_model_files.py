"""Models are found by name among those that are shipped, or by path."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bgremove import model_files
from bgremove.cards import CARD_FILE, InputSpec, ModelCard, StoredFile, write_card
from bgremove.errors import CardError, ModelMismatchError, ModelNotFoundError, OptionError
from bgremove.model_files import (
    find_model,
    find_own_model,
    is_path,
    locate_model,
    models_folder,
    shipped_models,
)

CARD = ModelCard(
    name="alpha",
    description="for tests",
    input=InputSpec(),
    outputs=("person",),
    weights=StoredFile(file="model.onnx", sha256="0" * 64),
    golden=StoredFile(file="golden.npz", sha256="1" * 64),
    network="fc-densenet56",
    parameters=12,
    licence="Apache-2.0",
    training={"photos": 3},
    metrics={"val": {"mean_iou": 0.5}},
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder with two models, in place of the package's own."""
    for name in ("beta", "alpha"):
        (tmp_path / name).mkdir()
        write_card(replace(CARD, name=name), tmp_path / name / CARD_FILE)
    (tmp_path / "no model").mkdir()
    monkeypatch.setattr(model_files, "models_folder", lambda: tmp_path)
    return tmp_path


def test_the_checkouts_models_lie_beside_its_sources() -> None:
    assert models_folder().name == "models"
    assert models_folder().parent in Path(model_files.__file__).parents


def test_an_installed_package_has_its_models_in_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_files, "__file__", str(tmp_path / "bgremove" / "model_files.py"))
    (tmp_path / "bgremove" / "models").mkdir(parents=True)
    assert models_folder() == tmp_path / "bgremove" / "models"


@pytest.mark.usefixtures("folder")
def test_shipped_models_are_listed_by_name() -> None:
    assert [card.name for card in shipped_models()] == ["alpha", "beta"]


def test_a_model_is_found_with_its_folder(folder: Path) -> None:
    assert find_model("alpha") == (CARD, folder / "alpha")


@pytest.mark.usefixtures("folder")
def test_an_unknown_name_lists_the_known_ones_and_the_nearest() -> None:
    expected = "no model is called 'alhpa'; there are: alpha, beta; did you mean alpha?"
    with pytest.raises(ModelNotFoundError) as told:
        find_model("alhpa")
    assert str(told.value) == expected


@pytest.mark.usefixtures("folder")
def test_a_name_that_is_near_to_none_gets_no_guess() -> None:
    with pytest.raises(ModelNotFoundError, match=r"called 'xyz'; there are: alpha, beta$"):
        find_model("xyz")


def test_without_any_models_that_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "models_folder", lambda: folder / "nowhere")
    expected = "no model lies in .*nowhere; install bgremove again"
    with pytest.raises(ModelNotFoundError, match=expected):
        shipped_models()
    with pytest.raises(ModelNotFoundError, match=expected):
        find_model("alpha")


def test_an_app_that_was_built_without_models_is_told_how_to_be_built(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_files, "models_folder", lambda: folder / "nowhere")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    expected = "no model lies in .*nowhere; build the app with: pyinstaller --collect-all bgremove"
    with pytest.raises(ModelNotFoundError, match=expected):
        find_model("alpha")


def test_an_incomplete_card_is_refused(folder: Path) -> None:
    write_card(replace(CARD, metrics=None, licence=None), folder / "beta" / CARD_FILE)
    with pytest.raises(CardError, match="alpha: the card lacks licence, metrics"):
        shipped_models()


@pytest.mark.parametrize(
    "model", ["net.onnx", "net.keras", "net.h5", "net.hdf5", "model.json", "a/b", Path("net")]
)
def test_a_suffix_or_a_separator_makes_a_path(model: str | Path) -> None:
    assert is_path(model)


@pytest.mark.parametrize("model", ["tiramisu", "v1.5", ""])
def test_anything_else_is_a_name(model: str) -> None:
    assert not is_path(model)


def test_a_file_that_is_there_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights").touch()
    assert is_path("weights")


def test_a_folder_with_a_card_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    assert not is_path("mine")
    write_card(CARD, tmp_path / "mine" / CARD_FILE)
    assert is_path("mine")


def test_a_shipped_model_s_name_stays_its_own(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alpha").touch()
    assert locate_model("alpha")[1].parent == folder / "alpha"


def test_what_is_neither_name_nor_path_is_told() -> None:
    with pytest.raises(OptionError, match="model must be a name or a path, got a ModelCard"):
        locate_model(CARD)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["net.onnx", "net.keras", "folder"])
def test_a_file_that_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ModelNotFoundError, match=f"{name}: expected a model file, found none"):
        find_own_model(tmp_path / name)


@pytest.mark.parametrize(("name", "found"), [("net.pt", ".pt"), ("net", "none")])
def test_a_file_with_another_suffix_is_told(tmp_path: Path, name: str, found: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(ModelMismatchError, match=rf"suffix \.onnx, \.keras, .*, found {found}"):
        find_own_model(tmp_path / name)


def test_an_onnx_file_needs_its_card(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").touch()
    expected = r"net\.onnx: expected its card beside it, net\.json or card\.json, found neither"
    with pytest.raises(CardError, match=expected):
        find_own_model(tmp_path / "net.onnx")


def test_an_onnx_files_own_card_comes_before_the_folders(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").touch()
    write_card(CARD, tmp_path / CARD_FILE)
    assert find_own_model(tmp_path / "net.onnx") == CARD
    own = replace(CARD, name="own")
    write_card(own, tmp_path / "net.json")
    assert find_own_model(tmp_path / "net.onnx") == own


@pytest.mark.parametrize("name", ["net.keras", "net.h5", "model.json"])
def test_a_keras_file_may_have_a_card(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert find_own_model(tmp_path / name) is None
    write_card(CARD, tmp_path / CARD_FILE)
    assert find_own_model(tmp_path / name) == CARD


def test_a_folder_with_a_card_is_a_model(folder: Path) -> None:
    assert CARD.weights is not None
    located = CARD, folder / "alpha" / CARD.weights.file
    assert locate_model("alpha") == located
    assert locate_model(folder / "alpha") == located
    assert locate_model(str(folder / "alpha")) == located
    assert locate_model(folder / "alpha" / CARD_FILE) == located


def test_a_folder_without_a_card_or_weights_is_told(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"card\.json: expected a model's card here, found no file"):
        locate_model(tmp_path)
    write_card(replace(CARD, weights=None), tmp_path / CARD_FILE)
    with pytest.raises(CardError, match=f"{tmp_path.name}: the card lacks weights"):
        locate_model(tmp_path)
