"""Loading a network onto an engine.

Shipped models and ``.onnx`` files run on the CPU, by ONNX Runtime if it is installed and by OpenCV
if not; with ``device="gpu"`` the same weights run on TensorFlow. Keras files always run on
TensorFlow, where ``auto`` takes the first GPU if there is one.
"""

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from bgremove.cards import ModelCard, check_hash
from bgremove.devices import Device, parse_device
from bgremove.errors import MissingExtraError, ModelMismatchError
from bgremove.model_files import locate_model
from bgremove.segmenter.base import Segmenter

__all__ = ["load_segmenter"]

log = logging.getLogger(__name__)


def load_segmenter(model: str | os.PathLike[str], device: str = "auto") -> Segmenter:
    """Load a network.

    Parameters
    ----------
    model : str or path
        A shipped model's name, a model's folder, or a file: ``.onnx`` with its card beside it,
        ``.keras``, ``.h5``, or a Keras 2 ``model.json`` with its ``.hdf5`` weights beside it.
    device : str, default "auto"
        ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.

    Returns
    -------
    Segmenter

    Raises
    ------
    OptionError
        If `device` is none of these.
    ModelError
        If the model is missing, damaged, or of another kind than expected.
    DeviceError
        If the device is not there.
    MissingExtraError
        If TensorFlow is needed and not installed.
    """
    wanted = parse_device(device)
    card, path = locate_model(model)
    if card is None or card.weights is None:
        return _loaded(card, path, wanted)
    with ThreadPoolExecutor(1) as beside:
        check = beside.submit(check_hash, path, card.weights.sha256)
        try:
            return _loaded(card, path, wanted)
        finally:
            check.result()


def _loaded(card: ModelCard | None, path: Path, device: Device) -> Segmenter:
    segmenter: Segmenter
    if card is not None and path.suffix == ".onnx" and device.kind != "gpu":
        engine, segmenter = _onnx(card, path)
    else:
        from bgremove.segmenter.keras_engine import load_keras

        engine, segmenter = "TensorFlow", load_keras(path, card, device)
    log.info("%s: %s on %s", segmenter.card.name, engine, segmenter.device)
    return segmenter


def _onnx(card: ModelCard, path: Path) -> tuple[str, Segmenter]:
    """Take ONNX Runtime if it is there and takes the file, else OpenCV."""
    from bgremove.segmenter import onnxruntime_runner, opencv_runner
    from bgremove.segmenter.onnx_engine import OnnxSegmenter

    if find_spec("onnxruntime") is not None:
        try:
            return "ONNX Runtime", OnnxSegmenter(card, path, onnxruntime_runner.read)
        except (MissingExtraError, ModelMismatchError) as error:
            log.info("%s; OpenCV is asked", error)
    return "OpenCV", OnnxSegmenter(card, path, opencv_runner.read)
