"""Arrays in files: kernels in float16, as models store them, none over a lent machine's limit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]


def halved(arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    """Give kernels in float16, all else in float32."""
    return {
        name: array.astype(np.float16 if array.ndim == 4 else np.float32)
        for name, array in arrays.items()
    }


def save_in_parts(arrays: Mapping[str, NDArray[Any]], folder: Path, name: str) -> None:
    """Write arrays, `halved`, to ``NAME-0.npz`` and ``NAME-1.npz``, half of the bytes each."""
    parts: tuple[Arrays, Arrays] = {}, {}
    for key, array in sorted(halved(arrays).items(), key=lambda each: -each[1].nbytes):
        smaller = min(parts, key=lambda part: sum(value.nbytes for value in part.values()))
        smaller[key] = array
    for number, part in enumerate(parts):
        path = folder / f"{name}-{number}.npz"
        np.savez(path.with_suffix(".part.npz"), **part)
        path.with_suffix(".part.npz").replace(path)


def load_parts(folder: Path, name: str) -> Arrays:
    """Read what `save_in_parts` has written, in float32."""
    arrays: Arrays = {}
    for number in (0, 1):
        with np.load(folder / f"{name}-{number}.npz") as part:
            arrays |= {key: part[key].astype(np.float32) for key in part}
    return arrays
