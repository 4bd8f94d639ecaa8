"""The light engine: an ONNX network on the CPU, in the hands of OpenCV or of ONNX Runtime."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bgremove.arrays import Image, Probability
from bgremove.cards import InputSpec, ModelCard
from bgremove.errors import ModelMismatchError
from bgremove.memory import is_shortage, return_freed_memory
from bgremove.segmenter.base import prepare
from bgremove.segmenter.shapes import as_maps, check_shapes

Run: TypeAlias = Callable[[NDArray[np.float32]], NDArray[Any]]
"""From a network's input to its first output.

`ModelMismatchError` for what does not fit, and `MemoryError` where memory is short.
"""

Reader: TypeAlias = Callable[[Path], Run]
"""Reads a file; `ModelMismatchError` for what is no ONNX network."""


def unreadable(path: Path, error: Exception) -> ModelMismatchError:
    """Tell, in one line, that a file is no ONNX network for a library."""
    return ModelMismatchError(f"{path}: expected an ONNX network: {_reason(error)}")


def failed(
    path: Path, batch: NDArray[np.float32], error: Exception
) -> ModelMismatchError | MemoryError:
    """Tell, in one line, why a network failed on an input."""
    reason = _reason(error)
    if is_shortage(error):
        return MemoryError(
            f"{path}: not enough memory for an input of shape {batch.shape}: {reason}"
        )
    return ModelMismatchError(
        f"{path}: expected a network for an input of shape {batch.shape} "
        f"and float32, but it fails: {reason}"
    )


def _reason(error: Exception) -> str:
    """Give an error's text in one line; OpenCV's own is in its `err`."""
    return " ".join(str(getattr(error, "err", error)).split())


class OnnxSegmenter:
    """Runs an ONNX network on the CPU.

    Parameters
    ----------
    card : ModelCard
    path : Path
        The network takes (1, height, width, 3) float32 and gives, as its first output,
        (1, h, w, C) or (1, height·width, C).
    read : Reader
        `opencv_runner.read` or `onnxruntime_runner.read`.

    Raises
    ------
    ModelMismatchError
        If the file is no ONNX, or has an operator that the library lacks.
    DeviceError
        If the library is too old.
    MissingExtraError
        If it is not installed.
    """

    device = "cpu"

    def __init__(self, card: ModelCard, path: Path, read: Reader) -> None:
        self.card = card
        self._path = path
        self._read = partial(read, path.absolute())
        self._run: Run | None = read(path)
        self._is_fresh = True
        self._alone = threading.Lock()

    def predict(self, image: Image, spec: InputSpec | None = None) -> Probability:
        """Run the network on one image; see `Segmenter.predict`.

        Raises
        ------
        ModelMismatchError
            If the network does not take or give what its card says.
        MemoryError
            If it needs more than there is.
        """
        batch = prepare(image, spec or self.card.input)
        output = self._output(batch)
        height, width = batch.shape[1:3]
        check_shapes(str(self._path), self.card, (height, width), batch.shape, output.shape)
        return as_maps(output, (height, width))

    def _output(self, batch: NDArray[np.float32]) -> NDArray[Any]:
        with self._alone:
            run = self._run = self._run or self._read()
            output = run(batch)
            if self._is_fresh:
                self._is_fresh = False
                return_freed_memory()
            return output

    def rest(self) -> None:
        """Give the network's memory back, until it is asked again."""
        with self._alone:
            self._run, self._is_fresh = None, True
            return_freed_memory()
