"""Cut the subject out of a photo.

>>> import bgremove
>>> cutout = bgremove.remove("examples/astronaut.jpg", method="contour")
>>> cutout.size, cutout.mode
((512, 512), 'RGBA')

`remove` takes a path, bytes, a PIL image or an array, and gives a cutout of the same kind.
`load_remover` keeps one method at hand for many pictures. Errors are `BgremoveError`s; the whole
tree is in `bgremove.errors`.

Names are loaded when first used, so that ``import bgremove`` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from bgremove.errors import (
    BgremoveError,
    DeviceError,
    ImageError,
    ImageReadError,
    ImageTooLargeError,
    ImageWriteError,
    InputError,
    MissingExtraError,
    ModelError,
    NoSubjectError,
    NoSubjectWarning,
    OptionError,
)

if TYPE_CHECKING:
    from bgremove.api import (
        load_remover,
        models,
        remove,
        remove_object,
        remove_person,
        remove_subject,
    )
    from bgremove.cards import ModelCard
    from bgremove.output import Output
    from bgremove.removers.auto import AutoRemover
    from bgremove.removers.base import Matte, Remover
    from bgremove.removers.hinted import HintedRemover
    from bgremove.removers.object import ObjectRemover
    from bgremove.removers.person import PersonRemover
    from bgremove.removers.subject import SubjectRemover

__version__ = "0.1.0"

__all__ = [
    "AutoRemover",
    "BgremoveError",
    "DeviceError",
    "HintedRemover",
    "ImageError",
    "ImageReadError",
    "ImageTooLargeError",
    "ImageWriteError",
    "InputError",
    "Matte",
    "MissingExtraError",
    "ModelCard",
    "ModelError",
    "NoSubjectError",
    "NoSubjectWarning",
    "ObjectRemover",
    "OptionError",
    "Output",
    "PersonRemover",
    "Remover",
    "SubjectRemover",
    "__version__",
    "load_remover",
    "models",
    "remove",
    "remove_object",
    "remove_person",
    "remove_subject",
]

_LAZY = {
    "AutoRemover": "bgremove.removers.auto",
    "HintedRemover": "bgremove.removers.hinted",
    "Matte": "bgremove.removers.base",
    "ModelCard": "bgremove.cards",
    "ObjectRemover": "bgremove.removers.object",
    "Output": "bgremove.output",
    "PersonRemover": "bgremove.removers.person",
    "Remover": "bgremove.removers.base",
    "SubjectRemover": "bgremove.removers.subject",
    "load_remover": "bgremove.api",
    "models": "bgremove.api",
    "remove": "bgremove.api",
    "remove_object": "bgremove.api",
    "remove_person": "bgremove.api",
    "remove_subject": "bgremove.api",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(_LAZY[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
