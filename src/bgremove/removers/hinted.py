"""Removers that can be told where in a photo the subject is."""

from collections.abc import Iterable
from typing import Any, TypeVar

from bgremove.hints import Numbers, checked_hints
from bgremove.refine import find_edges
from bgremove.removers.base import Remover

Hinted = TypeVar("Hinted", bound="HintedRemover")


class HintedRemover(Remover):
    """A remover with a box round the subject and a point on it; None where nothing was said."""

    box: Numbers | None = None
    point: Numbers | None = None

    def _take_over(
        self,
        *,
        edges: str,
        box: Iterable[float] | None,
        point: Iterable[float] | None,
        **others: Any,
    ) -> None:
        """Check the options that all of bgremove's own have, and keep them with the others."""
        self.box, self.point = checked_hints(box, point)
        self._to_alpha = find_edges(edges)
        self.options = {**others, "edges": edges, "box": self.box, "point": self.point}

    def at(
        self: Hinted, *, box: Iterable[float] | None = None, point: Iterable[float] | None = None
    ) -> Hinted:
        """Give the same remover for another box and point, without loading anything anew.

        Parameters
        ----------
        box : sequence of 4 floats, optional
            Left, top, width and height in the photo's pixels: the subject lies inside.
        point : sequence of 2 floats, optional
            Column and row of a pixel of the subject.

        Returns
        -------
        Remover
            Of the same class; this one stays as it is.

        Raises
        ------
        OptionError
            If `box` or `point` is none, or the point lies outside the box.
        """
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.box, other.point = checked_hints(box, point)
        other.options = {**self.options, "box": other.box, "point": other.point}
        return other
