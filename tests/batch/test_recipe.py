"""What makes two runs alike."""

import shutil
from pathlib import Path

import pytest

from bgremove.batch import Recipe, Settings
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


def test_a_folder_of_a_model_counts_by_its_card(red_model: Path) -> None:
    folder = Path("mine")
    shutil.copytree(red_model.parent, folder)
    recipe = Recipe(method="person", options={"model": folder})
    before = recipe.fingerprint()
    (folder / "card.json").write_bytes((folder / "card.json").read_bytes() + b" ")
    assert recipe.fingerprint() != before
