"""Where models lie: those that are shipped, by name, and the user's own, by path."""

import os
import sys
from pathlib import Path

from bgremove.cards import CARD_FILE, ModelCard, check_complete, read_card
from bgremove.errors import CardError, ModelMismatchError, ModelNotFoundError, OptionError
from bgremove.option_checks import did_you_mean
from bgremove.paths import is_file, is_folder

DEFAULT_MODEL = "tiramisu"

HDF5_SUFFIXES = (".h5", ".hdf5")
KERAS2_SUFFIX = ".json"
KERAS2_FILE = "model.json"
"""A Keras 2 network, as it is usually called; its weights are HDF5."""

MODEL_SUFFIXES = (".onnx", ".keras", *HDF5_SUFFIXES, KERAS2_SUFFIX)
"""Of the files that `bgremove.segmenter.load_segmenter` takes."""


def models_folder() -> Path:
    """Give the folder of the shipped models: the installed package's own, else the checkout's."""
    package = Path(__file__).parent
    installed = package / "models"
    return installed if installed.is_dir() else package.parent.parent / "models"


def shipped_models() -> list[ModelCard]:
    """Read the cards of all shipped models, by name.

    Raises
    ------
    ModelNotFoundError
        If there is none.
    CardError
        If a card is broken or incomplete.
    """
    return [find_model(name)[0] for name in _shipped_names() or (DEFAULT_MODEL,)]


def find_model(name: str) -> tuple[ModelCard, Path]:
    """Find a shipped model by its name.

    Returns
    -------
    ModelCard
    Path
        The model's folder.

    Raises
    ------
    ModelNotFoundError
        If there is none; the message lists those that there are, and the nearest.
    CardError
        If the card is broken or incomplete.
    """
    known = _shipped_names()
    if not known:
        remedy = "install bgremove again"
        if getattr(sys, "frozen", False):
            remedy = "build the app with: pyinstaller --collect-all bgremove"
        raise ModelNotFoundError(f"no model lies in {models_folder()}; {remedy}")
    if name not in known:
        hint = did_you_mean(name, known, cutoff=0.4)
        raise ModelNotFoundError(
            f"no model is called {name!r}; there are: {', '.join(known)}{hint}"
        )
    folder = models_folder() / name
    card = read_card(folder / CARD_FILE)
    check_complete(card)
    return card, folder


def is_path(model: str | os.PathLike[str]) -> bool:
    """Tell whether a model was given as a file or folder: by its suffix, a separator, or being
    there, and not called as a shipped one."""
    if not isinstance(model, str):
        return True
    path = Path(model)
    if path.suffix in MODEL_SUFFIXES or path.name != model:
        return True
    return (is_file(path) or is_file(path / CARD_FILE)) and model not in _shipped_names()


def locate_model(model: str | os.PathLike[str]) -> tuple[ModelCard | None, Path]:
    """Find a model's card and weights, by a shipped model's name, a file, or a folder.

    Parameters
    ----------
    model : str or path
        A folder is one with a ``card.json``, as a shipped model's is; the card stands for it.

    Returns
    -------
    ModelCard or None
        None for a Keras file without a card.
    Path
        Of the weights.

    Raises
    ------
    ModelNotFoundError
        If there is no model of that name, or no such file.
    ModelMismatchError
        If the file is of another kind.
    OptionError
        If `model` is neither a name nor a path.
    CardError
        If a card that is needed is missing, broken or incomplete.
    """
    if not isinstance(model, (str, os.PathLike)):
        raise OptionError(f"model must be a name or a path, got a {type(model).__name__}")
    if not is_path(model):
        card, folder = find_model(str(model))
    elif is_folder(Path(model)):
        folder = Path(model)
        card = read_card(folder / CARD_FILE)
    elif Path(model).name == CARD_FILE:
        folder = Path(model).parent
        card = read_card(Path(model))
    else:
        return find_own_model(Path(model)), Path(model)
    if card.weights is None:
        raise CardError(f"{folder}: the card lacks weights")
    return card, folder / card.weights.file


def find_own_model(path: Path) -> ModelCard | None:
    """Find a user's model, and the card beside it.

    Parameters
    ----------
    path : Path
        A file with one of `MODEL_SUFFIXES`.

    Returns
    -------
    ModelCard or None
        None for a Keras file without a ``card.json``. An ``.onnx`` needs its card, which may
        also be called after it: ``STEM.json``.

    Raises
    ------
    ModelNotFoundError
        If no file is there.
    ModelMismatchError
        If the suffix is another.
    CardError
        If an ``.onnx`` has no card, or if the card is broken.
    """
    if not is_file(path):
        raise ModelNotFoundError(f"{path}: expected a model file, found none")
    if path.suffix not in MODEL_SUFFIXES:
        raise ModelMismatchError(
            f"{path}: expected a file with the suffix {', '.join(MODEL_SUFFIXES)}, "
            f"found {path.suffix or 'none'}"
        )
    cards = cards_beside(path)
    for card in cards:
        if is_file(card):
            return read_card(card)
    if path.suffix == ".onnx":
        names = " or ".join(card.name for card in cards)
        raise CardError(f"{path}: expected its card beside it, {names}, found neither")
    return None


def cards_beside(path: Path) -> tuple[Path, ...]:
    """Give the files, there or not, that may be a model file's card; the first there is it."""
    shared = path.with_name(CARD_FILE)
    return (path.with_suffix(".json"), shared) if path.suffix == ".onnx" else (shared,)


def files_of_model(path: Path) -> list[Path]:
    """List the files that a user's model is read with.

    Parameters
    ----------
    path : Path
        As `locate_model` takes it.

    Returns
    -------
    list of Path
        Of a folder its card alone, which has the hash of the weights; of a file also what is
        beside it: its card, and a Keras 2 network's or weights' other half.
    """
    if is_folder(path):
        files = {path / CARD_FILE}
    else:
        files = {path, *cards_beside(path)}
        if path.suffix in HDF5_SUFFIXES:
            files |= set(networks_beside(path))
        elif path.suffix == KERAS2_SUFFIX and path.name != CARD_FILE:
            files |= set(hdf5_beside(path))
    return sorted(file for file in files if is_file(file))


def hdf5_beside(path: Path) -> list[Path]:
    """List the HDF5 files in the folder of a file."""
    return sorted(file for file in path.parent.glob("*") if file.suffix in HDF5_SUFFIXES)


def networks_beside(path: Path) -> tuple[Path, Path]:
    """Give the files, there or not, that may hold the network of Keras 2 weights."""
    return path.with_suffix(KERAS2_SUFFIX), path.with_name(KERAS2_FILE)


def _shipped_names() -> list[str]:
    return sorted(card.parent.name for card in models_folder().glob(f"*/{CARD_FILE}"))
