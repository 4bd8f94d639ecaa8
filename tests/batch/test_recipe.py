"""What makes two runs alike."""

import shutil
from pathlib import Path

import pytest

from bgremove import model_files
from bgremove.batch import Recipe, Settings
from bgremove.errors import CardError, ModelMismatchError, ModelNotFoundError
from bgremove.output import Output
from bgremove.removers.object import ObjectRemover


def test_it_loads_its_remover() -> None:
    remover = Recipe(method="contour", options={"high": 300.0}).load()
    assert isinstance(remover, ObjectRemover)
    assert remover.high == 300


def test_the_same_has_the_same_fingerprint() -> None:
    one, two = (Recipe(method="contour", options={"edges": "hard"}) for _ in range(2))
    assert one.fingerprint() == two.fingerprint()


@pytest.mark.parametrize(
    "other",
    [
        Recipe(method="auto"),
        Recipe(method="contour", options={"edges": "hard"}),
        Recipe(method="contour", settings=Settings(require_subject=True)),
    ],
)
def test_another_method_option_or_setting_has_another(other: Recipe) -> None:
    assert other.fingerprint() != Recipe(method="contour").fingerprint()


def test_how_an_output_is_written_does_not_count() -> None:
    durable = Recipe(method="contour", settings=Settings(durable=False, max_pixels=9))
    assert durable.fingerprint() == Recipe(method="contour").fingerprint()


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cards of the shipped models, elsewhere."""
    folder = tmp_path / "shipped"
    for card in model_files.models_folder().glob("*/card.json"):
        (folder / card.parent.name).mkdir(parents=True)
        shutil.copy(card, folder / card.parent.name)
    monkeypatch.setattr(model_files, "models_folder", lambda: folder)
    return folder


def test_a_shipped_model_counts_by_its_card_where_it_is_used(shipped: Path) -> None:
    fast = Recipe(method="person", options={"model": "tiramisu-fast"})
    recipes = [Recipe(method="person"), Recipe(method="contour"), fast]
    before = [recipe.fingerprint() for recipe in recipes]
    card = shipped / "tiramisu" / "card.json"
    card.write_bytes(card.read_bytes() + b" ")
    after = [recipe.fingerprint() for recipe in recipes]
    assert [a != b for a, b in zip(after, before, strict=True)] == [True, False, False]


def test_a_method_without_a_model_needs_none(shipped: Path) -> None:
    (shipped / "tiramisu" / "card.json").write_text("{}")
    Recipe(method="contour").fingerprint()
    with pytest.raises(CardError, match="tiramisu"):
        Recipe(method="person").fingerprint()


def test_a_name_that_no_shipped_model_has_is_told() -> None:
    recipe = Recipe(method="person", options={"model": "tiramisu-slow"})
    with pytest.raises(ModelNotFoundError, match="no model is called 'tiramisu-slow'"):
        recipe.fingerprint()


def test_a_model_of_one_s_own_counts_by_what_is_in_it(red_model: Path) -> None:
    for path in red_model.parent.iterdir():
        shutil.copy(path, path.name)
    recipe = Recipe(method="person", options={"model": red_model.name})
    before = recipe.fingerprint()
    assert recipe.fingerprint() == before
    for part in (red_model.name, "card.json"):
        Path(part).write_bytes(Path(part).read_bytes() + b" ")
        assert recipe.fingerprint() != before
        before = recipe.fingerprint()


def test_a_picture_as_the_background_counts_by_what_is_in_it() -> None:
    recipe = Recipe(method="contour", settings=Settings(output=Output(background="b.png")))
    missing = recipe.fingerprint()
    Path("b.png").write_bytes(b"one")
    one = recipe.fingerprint()
    Path("b.png").write_bytes(b"two")
    assert len({missing, one, recipe.fingerprint()}) == 3


@pytest.mark.parametrize(
    ("model", "counting", "others"),
    [
        ("[net].json", ["[net].json", "weights.hdf5", "card.json"], ["report.json", "[net].txt"]),
        ("net.h5", ["net.h5", "net.json", "model.json", "card.json"], ["report.json", "x.h5"]),
        ("net.keras", ["net.keras", "card.json"], ["net.json", "net.h5"]),
        ("net.onnx", ["net.onnx", "net.json", "card.json"], ["report.json", "x.onnx"]),
    ],
)
def test_a_model_counts_by_the_files_that_it_is_read_with(
    model: str, counting: list[str], others: list[str]
) -> None:
    Path("[net].bak").mkdir()
    for name in (*counting, *others):
        Path(name).write_bytes(b"one")
    recipe = Recipe(method="person", options={"model": model})
    assert [path.name for path in recipe.model_files()] == sorted(counting)
    before = recipe.fingerprint()
    for name in others:
        Path(name).write_bytes(b"two")
        assert recipe.fingerprint() == before
    for name in counting:
        Path(name).write_bytes(b"two")
        assert recipe.fingerprint() != before
        before = recipe.fingerprint()


def test_a_folder_without_a_card_waits_for_its_loading() -> None:
    Path("mine").mkdir()
    recipe = Recipe(method="person", options={"model": "mine/"})
    assert recipe.model_files() == []
    assert recipe.fingerprint() == recipe.fingerprint()


def test_a_file_of_a_model_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", path)

    Path("net.onnx").touch()
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ModelMismatchError, match=r"net\.onnx: cannot be read: Permission denied"):
        Recipe(method="person", options={"model": "net.onnx"}).fingerprint()


def test_a_folder_of_a_model_counts_by_its_card(red_model: Path) -> None:
    folder = Path("mine")
    shutil.copytree(red_model.parent, folder)
    recipe = Recipe(method="person", options={"model": folder})
    before = recipe.fingerprint()
    (folder / "card.json").write_bytes((folder / "card.json").read_bytes() + b" ")
    assert recipe.fingerprint() != before
