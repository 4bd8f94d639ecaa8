"""ONNX networks in the hands of OpenCV, which is here anyway: nothing more to install."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgremove.devices import check_opencv
from bgremove.errors import ModelMismatchError
from bgremove.extras import how_to_install
from bgremove.segmenter.onnx_engine import Run, failed, unreadable


def read(path: Path) -> Run:
    """Read a network.

    Raises
    ------
    ModelMismatchError
        If the file is no ONNX, or has an operator that OpenCV lacks.
    DeviceError
        If OpenCV is too old.
    """
    check_opencv()
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
        network = cv2.dnn.readNetFromONNX(content, engine=cv2.dnn.ENGINE_NEW)
    except (OSError, cv2.error) as error:
        raise unreadable(path, error) from error
    if network.empty():
        raise ModelMismatchError(
            f"{path}: has operators that OpenCV {cv2.__version__} lacks (its warning names them); "
            f"{how_to_install('onnxruntime')}, or save the network as a Keras file"
        )

    def run(batch: NDArray[np.float32]) -> NDArray[Any]:
        try:
            network.setInput(batch)
            return network.forward()
        except cv2.error as error:
            raise failed(path, batch, error) from error

    return run
