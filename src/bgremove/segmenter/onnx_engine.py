"""The light engine: OpenCV's own network runner, on the CPU.

OpenCV is here anyway. Since version 5 it loads the shipped networks faster than ONNX Runtime does
and takes less memory (`benchmarks/engines.py` shows both), and it is 78 MB less to install.
"""

import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgremove.arrays import Image, Probability
from bgremove.cards import ModelCard
from bgremove.devices import check_opencv
from bgremove.errors import ModelMismatchError
from bgremove.memory import return_freed_memory
from bgremove.segmenter.base import prepare
from bgremove.segmenter.shapes import as_maps, check_shapes

LARGE_PHOTO = 50_000_000
"""Pixels from which on a photo needs the network's 200 MB more than the next photo needs the
0.3 s that it takes to read the network again."""


class OnnxSegmenter:
    """Runs an ONNX network on the CPU.

    Parameters
    ----------
    card : ModelCard
    path : Path
        The network takes (1, height, width, 3) float32 and gives, as its first output,
        (1, h, w, C) or (1, height·width, C).

    Raises
    ------
    ModelMismatchError
        If the file is no ONNX, or has an operator that OpenCV lacks.
    DeviceError
        If OpenCV is too old.
    """

    device = "cpu"

    def __init__(self, card: ModelCard, path: Path) -> None:
        check_opencv()
        self.card = card
        self._path = path
        self._network: cv2.dnn.Net | None = _read(path)
        self._is_fresh = True
        self._alone = threading.Lock()

    def predict(self, image: Image) -> Probability:
        """Run the network on one image; see `Segmenter.predict`.

        Raises
        ------
        ModelMismatchError
            If the network does not take or give what its card says.
        """
        batch = prepare(image, self.card.input)
        output = self._run(batch)
        height, width = batch.shape[1:3]
        check_shapes(str(self._path), self.card, (height, width), batch.shape, output.shape)
        if image.shape[0] * image.shape[1] >= LARGE_PHOTO:
            self._rest()
        return as_maps(output, (height, width))

    def _run(self, batch: NDArray[np.float32]) -> NDArray[Any]:
        with self._alone:
            network = self._network = self._network or _read(self._path)
            try:
                network.setInput(batch)
                output = network.forward()
            except cv2.error as error:
                raise ModelMismatchError(
                    f"{self._path}: expected a network for an input of shape {batch.shape} "
                    f"and float32, but it fails: {_reason(error)}"
                ) from error
            if self._is_fresh:
                self._is_fresh = False
                return_freed_memory()
            return output

    def _rest(self) -> None:
        """Give the network's memory back, until it is asked again."""
        with self._alone:
            self._network, self._is_fresh = None, True
            return_freed_memory()


def _read(path: Path) -> cv2.dnn.Net:
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
        network = cv2.dnn.readNetFromONNX(content, engine=cv2.dnn.ENGINE_NEW)
    except (OSError, cv2.error) as error:
        raise ModelMismatchError(f"{path}: expected an ONNX network: {_reason(error)}") from error
    if network.empty():
        raise ModelMismatchError(
            f"{path}: has operators that OpenCV {cv2.__version__} lacks (its warning names them); "
            "save the network as a Keras file, or with other operators"
        )
    return network


def _reason(error: OSError | cv2.error) -> str:
    return " ".join(str(getattr(error, "err", error)).split())
