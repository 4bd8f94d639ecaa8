"""What is known of one photo, and the photo itself."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Entry:
    """One row of the index.

    Attributes
    ----------
    set, stem : str
        A photo's name is both together.
    split : str
        ``train``, ``val``, or another.
    shard : str
        The archive that holds the photo; empty for one in a folder of its own.
    person, subject : str
        ``mask`` where the mask shows it, ``none`` where the photo has none of it, ``unknown``
        where nobody has said.
    size : tuple of int, optional
        Width and height of the photo as it was found, in pixels; it may be stored as a square.
    """

    set: str
    stem: str
    split: str
    shard: str
    person: str
    subject: str
    size: tuple[int, int] | None = None


@dataclass(frozen=True)
class LabelledPhoto:
    """A photo as it is stored, with what is known of it.

    Attributes
    ----------
    image : (H, W, 3) ndarray of uint8, RGB
    alpha : (H, W) ndarray of float32 in [0, 1]
        All zero where the photo has no mask.
    void : (H, W) ndarray of bool
        Pixels to leave out of loss and score.
    """

    entry: Entry
    image: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    void: NDArray[np.bool_]

    @property
    def size_as_found(self) -> tuple[int, int]:
        """Width and height before the photo was stored, in pixels."""
        height, width = self.image.shape[:2]
        return self.entry.size or (width, height)
