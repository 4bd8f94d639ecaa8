"""How photos are cut out, as plain data: what a worker needs, and what makes two runs alike."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bgremove import __version__
from bgremove.api import load_remover
from bgremove.batch.photo import Settings
from bgremove.errors import ModelMismatchError, reason_of
from bgremove.model_files import DEFAULT_MODEL, files_of_model, find_model, is_path
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
            "model": _hash_of(self.model_files()),
            "background": _hash_of_background(self.settings.output.picture),
        }
        text = json.dumps(parts, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def files(self) -> list[Path]:
        """List the files that a run reads beside its photos: of the model, and the background.

        Raises
        ------
        ModelError
            As `fingerprint` does.
        """
        picture = self.settings.output.picture
        return self.model_files() if picture is None else [*self.model_files(), picture]

    def model_files(self) -> list[Path]:
        """List the files by which the model is known; none where the method has no model.

        Raises
        ------
        ModelError
            As `fingerprint` does.
        """
        if "model" not in find_method(self.method).options:
            return []
        model = self.options.get("model", DEFAULT_MODEL)
        return files_of_model(Path(model) if is_path(model) else find_model(model)[1])


_WITHOUT_EFFECT = {"durable", "max_pixels"}
"""Settings that decide whether there is an output, or how it is written, and not what is in it."""


def _hash_of(files: Iterable[Path]) -> str:
    total = hashlib.sha256()
    try:
        for file in files:
            total.update(file.read_bytes())
    except OSError as error:
        raise ModelMismatchError(f"{error.filename}: cannot be read: {reason_of(error)}") from error
    return total.hexdigest()


def _hash_of_background(picture: Path | None) -> str | None:
    """Hash a picture that is laid under the cutouts; one that cannot be read is told later."""
    try:
        return hashlib.sha256(picture.read_bytes()).hexdigest() if picture else None
    except (OSError, ValueError):
        return None
