"""The methods, by name. The table is text: a method's module is imported when it is asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from bgremove.errors import OptionError
from bgremove.option_checks import did_you_mean, told

if TYPE_CHECKING:
    from bgremove.removers.hinted import HintedRemover

DEFAULT_METHOD = "auto"


@dataclass(frozen=True, kw_only=True)
class Method:
    """Where a method is, and what it takes.

    Attributes
    ----------
    module, attribute : str
        The place of its `Remover`.
    options : tuple of str
        The remover's keyword arguments.
    help : str
        One line in plain words.
    """

    module: str
    attribute: str
    options: tuple[str, ...]
    help: str


NETWORK_OPTIONS = ("model", "threshold", "device", "edges", "box", "point")

METHODS = {
    "auto": Method(
        module="bgremove.removers.auto",
        attribute="AutoRemover",
        options=NETWORK_OPTIONS,
        help="people or, where there are none, the subject",
    ),
    "person": Method(
        module="bgremove.removers.person",
        attribute="PersonRemover",
        options=NETWORK_OPTIONS,
        help="people, by a neural network",
    ),
    "subject": Method(
        module="bgremove.removers.subject",
        attribute="SubjectRemover",
        options=NETWORK_OPTIONS,
        help="whatever the photo is of, by a neural network",
    ),
    "contour": Method(
        module="bgremove.removers.object",
        attribute="ObjectRemover",
        options=("edges", "low", "high", "quality", "box", "point"),
        help="an object before a calm background, by its outline; no network",
    ),
}
"""Every method that can be named."""


def find_method(name: str) -> Method:
    """Look a method up.

    Raises
    ------
    OptionError
        If there is none of that name; the message lists those that there are.
    """
    try:
        return METHODS[name]
    except (KeyError, TypeError) as error:
        hint = did_you_mean("contour" if name == "object" else str(name), METHODS)
        known = ", ".join(METHODS)
        raise OptionError(f"method must be one of {known}, got {told(name)}{hint}") from error


def check_options(name: str, options: Iterable[str]) -> None:
    """Check that a method takes the options.

    Raises
    ------
    OptionError
        Naming those that it does not take.
    """
    taken = find_method(name).options
    foreign = [option for option in options if option not in taken]
    if foreign:
        raise OptionError(
            f"the {name} method has no option {', '.join(foreign)}; it takes {', '.join(taken)}"
        )


def remover_class(name: str) -> "type[HintedRemover]":
    """Import a method's remover."""
    method = find_method(name)
    return cast("type[HintedRemover]", getattr(import_module(method.module), method.attribute))
