"""What goes into a network and comes out of it, whichever engine runs it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgremove.arrays import Probability
from bgremove.cards import ModelCard
from bgremove.errors import ModelMismatchError

Shape = Sequence[int | str | None]
"""With the batch first; what is no number may be any size."""


def check_shapes(
    source: str,
    card: ModelCard,
    size: tuple[int, int],
    input_shape: Shape,
    output_shape: Shape,
) -> None:
    """Check a network's shapes against its card.

    Parameters
    ----------
    source : str
        What to call the network.
    card : ModelCard
    size : tuple of int
        Height and width, one of the card's.
    input_shape, output_shape : sequence

    Raises
    ------
    ModelMismatchError
        If it does not take one RGB image of that size, or does not give the card's outputs for
        each pixel, as (1, h, w, C) or as (1, height·width, C).
    """
    (height, width), channels = size, len(card.outputs)
    wanted = (1, height, width, 3)
    if not _fits(input_shape, wanted):
        raise ModelMismatchError(
            f"{source}: expected an input of shape {wanted}, found {_shown(input_shape)}"
        )
    maps, rows = (1, None, None, channels), (1, height * width, channels)
    if not (_fits(output_shape, maps) or _fits(output_shape, rows)):
        raise ModelMismatchError(
            f"{source}: expected an output of shape (1, h, w, {channels}) or {rows} "
            f"for {', '.join(card.outputs)}, found {_shown(output_shape)}"
        )


def as_maps(output: NDArray[Any], size: tuple[int, int]) -> Probability:
    """Turn what a network gives for an input of height and width `size` into (h, w, C)."""
    first: Probability = output[0].astype(np.float32, copy=False)
    return first.reshape(*size, -1) if first.ndim == 2 else first


def _fits(shape: Shape, wanted: Shape) -> bool:
    return len(shape) == len(wanted) and all(
        not isinstance(found, int) or expected in (found, None)
        for found, expected in zip(shape, wanted, strict=True)
    )


def _shown(shape: Shape) -> str:
    return f"({', '.join('any' if size is None else str(size) for size in shape)})"
