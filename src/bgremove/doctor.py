"""What is installed, what there is to compute on, and whether the models are whole."""

import importlib
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bgremove import __version__
from bgremove.cards import CARD_FILE, check_complete, check_hash, read_card
from bgremove.devices import check_opencv, find_gpus, has_driver, why_no_gpu
from bgremove.errors import BgremoveError, DeviceError, MissingExtraError
from bgremove.extras import how_to_install
from bgremove.model_files import DEFAULT_MODEL, models_folder

CORE_LIBRARIES = {"numpy": "numpy", "Pillow": "PIL", "OpenCV": "cv2"}
"""What bgremove cannot do without: name and module."""

EXTRA_LIBRARIES = {"TensorFlow": "tensorflow", "Keras": "keras", "h5py": "h5py", "ONNX": "onnx"}
"""What ``bgremove[tensorflow]`` brings: name and distribution."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of an examination.

    Attributes
    ----------
    topic, text : str
    broken : bool
        Whether something is there that does not work, or missing that must be there.
    """

    topic: str
    text: str
    broken: bool = False


def examine() -> Iterator[Finding]:
    """Examine the installation: libraries, engine, GPUs, models.

    Yields
    ------
    Finding
        Nothing is raised: what is broken is found. TensorFlow is asked for GPUs only where there
        is a driver, since that takes seconds.
    """
    yield Finding(topic="bgremove", text=__version__)
    yield Finding(topic="Python", text=f"{platform.python_version()}, {platform.platform()}")
    for name, module in CORE_LIBRARIES.items():
        yield _core_library(name, module)
    for name, distribution in EXTRA_LIBRARIES.items():
        yield Finding(topic=name, text=_installed_version(distribution))
    yield _engine()
    yield _gpus()
    yield from _models(models_folder())


def _core_library(name: str, module: str) -> Finding:
    try:
        return Finding(topic=name, text=importlib.import_module(module).__version__)
    except (ImportError, OSError, AttributeError) as error:
        return Finding(topic=name, text=f"cannot be imported: {error}", broken=True)


def _installed_version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return f"not installed; it is optional ({how_to_install('tensorflow')})"


def _engine() -> Finding:
    topic = "engine"
    try:
        cv2: Any = importlib.import_module("cv2")
        check_opencv()
        from bgremove.segmenter.onnxruntime_runner import import_onnxruntime
    except (ImportError, OSError, AttributeError, DeviceError) as error:
        return Finding(topic=topic, text=f"OpenCV cannot be used: {error}", broken=True)
    threads = f"on the CPU, {cv2.getNumThreads()} threads"
    if find_spec("onnxruntime") is None:
        hint = f"a faster one is optional ({how_to_install('onnxruntime')})"
        return Finding(topic=topic, text=f"OpenCV {threads}; {hint}")
    try:
        onnxruntime = import_onnxruntime()
    except MissingExtraError as error:
        return Finding(topic=topic, text=f"OpenCV {threads}; {error}")
    return Finding(topic=topic, text=f"ONNX Runtime {onnxruntime.__version__} {threads}")


def _gpus() -> Finding:
    topic = "GPU"
    try:
        gpus = find_gpus() if find_spec("tensorflow") and has_driver() else []
    except BgremoveError as error:
        return Finding(topic=topic, text=str(error), broken=True)
    return Finding(topic=topic, text=", ".join(gpus) or f"none for TensorFlow: {why_no_gpu()}")


def _models(folder: Path) -> Iterator[Finding]:
    cards = sorted(folder.glob(f"*/{CARD_FILE}"))
    for path in cards:
        yield _model(path)
    if folder / DEFAULT_MODEL / CARD_FILE not in cards:
        text = f"missing from {folder}; install bgremove again"
        yield Finding(topic=f"model {DEFAULT_MODEL}", text=text, broken=True)


def _model(path: Path) -> Finding:
    topic = f"model {path.parent.name}"
    try:
        card = read_card(path)
        check_complete(card)
        for stored in filter(None, (card.weights, card.golden)):
            check_hash(path.parent / stored.file, stored.sha256)
    except BgremoveError as error:
        return Finding(topic=topic, text=str(error), broken=True)
    return Finding(topic=topic, text="OK: card and sha256")
