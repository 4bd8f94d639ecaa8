"""What lies at a path, told without an error: where nobody may look, nothing is."""

import os

STREAM = "-"
"""Standard input or output, in the place of a file's name."""

WEB = ("http://", "https://")
"""How addresses begin."""


def is_file(path: str | os.PathLike[str]) -> bool:
    """Tell whether a regular file is there; `Path.is_file` raises where nobody may look."""
    return os.path.isfile(path)  # noqa: PTH113


def is_address(text: str) -> bool:
    """Tell whether a name leads into the web, where bgremove does not go; a file may have any."""
    return text.startswith(WEB) and not os.path.lexists(text)


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Tell whether a folder is there."""
    return os.path.isdir(path)  # noqa: PTH112


def is_no_folder(path: str | os.PathLike[str]) -> bool:
    """Tell whether something is there that is no folder."""
    return os.path.exists(path) and not is_folder(path)  # noqa: PTH110
