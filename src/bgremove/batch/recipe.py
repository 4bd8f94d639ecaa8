"""How photos are cut out, as plain data: what a worker needs, and what makes two runs alike."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bgremove import __version__
from bgremove.api import load_remover
from bgremove.batch.photo import Settings
from bgremove.cards import CARD_FILE
from bgremove.model_files import DEFAULT_MODEL, find_model, is_path
from bgremove.removers import find_method
from bgremove.removers.base import Remover


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A method, its options, and the settings of a run.

    Attributes
    ----------
    method : str
    options : mapping
        What `bgremove.load_remover` takes beside the method.
    settings : Settings
    """

    method: str
    options: Mapping[str, Any] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)

    def load(self) -> Remover:
        """Load the remover, as `bgremove.load_remover` does."""
        return load_remover(self.method, **self.options)

    def fingerprint(self) -> str:
        """Give a hash of all that decides what an output looks like.

        It is another for another method, option or version of bgremove and, where the method
        has a model, for another model or card, and for another picture as the background.

        Returns
        -------
        str
            Hexadecimal.

        Raises
        ------
        ModelError
            If no shipped model has the name that was given, or its card is broken.
        """
        settings = {k: v for k, v in asdict(self.settings).items() if k not in _WITHOUT_EFFECT}
        parts = {
            "version": __version__,
            "method": self.method,
            "options": {name: str(value) for name, value in self.options.items()},
            "settings": settings,
            "model": self._hash_of_model(),
            "background": _hash_of_background(self.settings.output.background),
        }
        text = json.dumps(parts, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def _hash_of_model(self) -> str | None:
        if "model" not in find_method(self.method).options:
            return None
        model = self.options.get("model", DEFAULT_MODEL)
        return _hash_of(Path(model) if is_path(model) else find_model(model)[1])


_WITHOUT_EFFECT = {"durable", "max_pixels"}
"""Settings that decide whether there is an output, or how it is written, and not what is in it."""


_KERAS_SUFFIXES = (".keras", ".h5", ".hdf5", ".json")


def _hash_of(model: Path) -> str:
    """Hash a model's files. Of a folder the card is enough: it has the weights' hash."""
    total = hashlib.sha256()
    for part in [model / CARD_FILE] if model.is_dir() else _files_of(model):
        total.update(part.read_bytes())
    return total.hexdigest()


def _files_of(model: Path) -> list[Path]:
    """List what a model's file is read with: its card, and for Keras network and weights."""
    files = {model, model.with_suffix(".json"), model.with_name(CARD_FILE)}
    if model.suffix in _KERAS_SUFFIXES and model.parent.is_dir():
        files |= {path for path in model.parent.iterdir() if path.suffix in _KERAS_SUFFIXES}
    return sorted(path for path in files if path.is_file())


def _hash_of_background(background: str | os.PathLike[str] | None) -> str | None:
    """Hash a picture that is laid under the cutouts; None for a colour, or what is not there."""
    try:
        return hashlib.sha256(Path(background or "").read_bytes()).hexdigest()
    except (OSError, ValueError):
        return None
