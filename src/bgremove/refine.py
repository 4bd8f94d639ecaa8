"""From a network's small probability to an alpha at the photo's size."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from bgremove.arrays import Alpha, Probability, resize
from bgremove.errors import OptionError

SOFTNESS = 0.2
"""Half the width of the soft edge, in probability: beyond it an alpha is 0 or 1."""


def soft_edges(probability: Probability, width: int, height: int, threshold: float) -> Alpha:
    """Give an alpha that is antialiased where the probability crosses the threshold.

    Parameters
    ----------
    probability : (h, w) ndarray of float32 in [0, 1]
    width, height : int
        The photo's size, in pixels.
    threshold : float
        The probability that becomes an alpha of 0.5, in (0, 1).

    Returns
    -------
    (height, width) ndarray of float32 in [0, 1]
    """
    full = resize(probability, width, height)
    softness = min(SOFTNESS, threshold, 1 - threshold)
    ramp = (full - threshold) / max(2 * softness, 1e-6) + 0.5
    return np.clip(ramp, 0, 1).astype(np.float32)


def hard_edges(probability: Probability, width: int, height: int, threshold: float) -> Alpha:
    """Give an alpha of 0 and 1 only, as the original did.

    Parameters and result are those of `soft_edges`.
    """
    return (resize(probability, width, height) >= threshold).astype(np.float32)


Edges: TypeAlias = Callable[[Probability, int, int, float], Alpha]

EDGES: dict[str, Edges] = {"soft": soft_edges, "hard": hard_edges}
"""The kinds of edges that a user can name."""


def find_edges(name: str) -> Edges:
    """Look a kind of edges up.

    Raises
    ------
    OptionError
        If there is none of that name.
    """
    if name not in EDGES:
        raise OptionError(f"edges must be one of {', '.join(EDGES)}, got {name!r}")
    return EDGES[name]
