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
from bgremove.model_files import is_path, shipped_models
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

        It is another for another method, option, version of bgremove, or model.

        Returns
        -------
        str
            Hexadecimal.
        """
        settings = {k: v for k, v in asdict(self.settings).items() if k not in _WITHOUT_EFFECT}
        parts = {
            "version": __version__,
            "method": self.method,
            "options": {name: str(value) for name, value in self.options.items()},
            "settings": settings,
            "models": [card.weights.sha256 for card in shipped_models() if card.weights],
            "model": _hash_of_own(self.options.get("model")),
        }
        text = json.dumps(parts, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


_WITHOUT_EFFECT = {"durable", "max_pixels"}
"""Settings that decide whether there is an output, or how it is written, and not what is in it."""


def _hash_of_own(model: str | os.PathLike[str] | None) -> str | None:
    """Hash a user's model, with its card and the files beside it that have its name.

    Of a folder the card is enough: it has the weights' hash, which is checked.
    """
    if model is None or not is_path(model):
        return None
    path = Path(model)
    beside = () if path.is_dir() else path.parent.glob(f"{path.stem}.*")
    folder = path if path.is_dir() else path.parent
    total = hashlib.sha256()
    for part in sorted({*beside, *folder.glob(CARD_FILE)}):
        total.update(part.read_bytes())
    return total.hexdigest()
