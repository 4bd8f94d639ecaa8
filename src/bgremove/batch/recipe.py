"""How photos are cut out, as plain data: what a worker needs, and what makes two runs alike."""

import hashlib
import json
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
        has a model, for another model or card.

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


def _hash_of(path: Path) -> str:
    """Hash a model's file, with its card and the files beside it that have its name.

    Of a folder the card is enough: it has the weights' hash, which is checked.
    """
    beside = () if path.is_dir() else path.parent.glob(f"{path.stem}.*")
    folder = path if path.is_dir() else path.parent
    total = hashlib.sha256()
    for part in sorted({*beside, *folder.glob(CARD_FILE)}):
        total.update(part.read_bytes())
    return total.hexdigest()
