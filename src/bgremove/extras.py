"""The door to libraries that only an extra brings: missing and broken are told apart."""

import importlib
from typing import Any

from bgremove.errors import MissingExtraError


def import_extra(library: str, extra: str) -> Any:
    """Import a library that `extra` brings.

    Parameters
    ----------
    library : str
        Name of the module.
    extra : str
        Name of the extra of bgremove that installs it.

    Returns
    -------
    module

    Raises
    ------
    MissingExtraError
        If the library is not installed, or is and cannot be imported.
    """
    try:
        module = importlib.import_module(library)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise MissingExtraError(_broken(library, _first_line(error))) from error
        reason = f"{library} is needed and not installed: {how_to_install(extra)}"
        raise MissingExtraError(reason) from error
    except Exception as error:  # a broken library raises anything
        raise MissingExtraError(_broken(library, _first_line(error))) from error
    if getattr(module, "__file__", "") is None:
        raise MissingExtraError(_broken(library, "only its folder is left"))
    return module


def how_to_install(extra: str) -> str:
    """Give the command that installs bgremove with an extra."""
    return f'pip install "bgremove[{extra}]"'


def _broken(library: str, reason: str) -> str:
    return f"{library} is installed but cannot be imported: {reason}; install it again"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
