"""The default method: people first, and whatever stands out where there are none."""

import logging
import os

from bgremove.arrays import Image
from bgremove.removers.base import Matte, Remover
from bgremove.removers.object import ObjectRemover
from bgremove.removers.person import PersonRemover
from bgremove.segmenter import DEFAULT_MODEL

_log = logging.getLogger(__name__)


class AutoRemover(Remover):
    """Cuts people out, or an object if nobody is found.

    The options are those of `PersonRemover` and of `ObjectRemover`; `edges` goes to both.

    Attributes
    ----------
    person : PersonRemover
        Asked first.
    contour : ObjectRemover
        Asked if the first finds nobody.
    """

    subject = "person or object"

    def __init__(
        self,
        *,
        model: str | os.PathLike[str] = DEFAULT_MODEL,
        threshold: float | None = None,
        device: str = "auto",
        edges: str = "soft",
        low: float | None = None,
        high: float | None = None,
    ) -> None:
        self.contour = ObjectRemover(low=low, high=high, edges=edges)
        self.person = PersonRemover(model=model, threshold=threshold, device=device, edges=edges)

    def matte(self, image: Image) -> Matte:
        """Find the people in an image, else its object."""
        people = self.person.matte(image)
        if people.found:
            _log.info("method person: somebody found")
            return people
        _log.info("method contour: nobody found")
        return self.contour.matte(image)
