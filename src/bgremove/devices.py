"""What there is to compute on.

OpenCV takes the CPU, TensorFlow the CPU or an NVIDIA GPU.
"""

import ctypes
import os
import re
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from bgremove.errors import DeviceError, OptionError
from bgremove.extras import how_to_install, import_extra
from bgremove.option_checks import check_text


@dataclass(frozen=True)
class Device:
    """A device as it was asked for.

    Attributes
    ----------
    kind : {"auto", "cpu", "gpu"}
    index : int
        Which GPU, from 0.
    """

    kind: str
    index: int = 0


def parse_device(text: str) -> Device:
    """Read ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.

    Raises
    ------
    OptionError
        If it is none of these.
    """
    check_text("device", text, "gpu:0")
    match = re.fullmatch(r"(auto|cpu|gpu)|gpu:([0-9]{1,3})", text)
    if match is None:
        raise OptionError(f"device must be auto, cpu, gpu or gpu:N, got {text!r}")
    kind, index = match.groups()
    return Device(kind) if kind else Device("gpu", int(index))


def choose_device(wanted: Device) -> str:
    """Choose what TensorFlow is to run on.

    Returns
    -------
    str
        ``cpu`` or ``gpu:N``; for ``auto`` the first GPU, if there is one.

    Raises
    ------
    DeviceError
        If a GPU was asked for and it is not there.
    MissingExtraError
        If TensorFlow is not installed.
    """
    if wanted.kind == "cpu":
        return "cpu"
    gpus = find_gpus()
    if wanted.kind == "auto":
        return "gpu:0" if gpus else "cpu"
    if not gpus:
        raise DeviceError(f"gpu asked for, none found: {why_no_gpu()}; use --device cpu")
    if wanted.index >= len(gpus):
        raise DeviceError(
            f"gpu:{wanted.index} asked for, found gpu:0 to gpu:{len(gpus) - 1}; "
            "use one of these or --device cpu"
        )
    return f"gpu:{wanted.index}"


def find_gpus() -> list[str]:
    """List the GPUs that TensorFlow can use, as it names them; imports TensorFlow.

    Raises
    ------
    MissingExtraError
        If TensorFlow is not installed.
    """
    tensorflow = import_tensorflow("gpu")
    return [gpu.name for gpu in tensorflow.config.list_physical_devices("GPU")]


def why_no_gpu() -> str:
    """Say why TensorFlow finds no GPU, as far as can be told without importing it."""
    if not _is_installed("tensorflow"):
        return f"TensorFlow is not installed ({how_to_install('gpu')})"
    if not has_driver():
        return "this machine has no NVIDIA driver (libcuda)"
    if not _is_installed("nvidia.cudnn"):
        return f"TensorFlow's CUDA libraries are not installed ({how_to_install('gpu')})"
    return "TensorFlow cannot use the GPU's driver; see the output of nvidia-smi"


def has_driver() -> bool:
    """Tell whether NVIDIA's driver library can be loaded."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of the package that the module would be in
        return False


def check_opencv() -> None:
    """Check that OpenCV can run networks as this package needs it.

    Raises
    ------
    DeviceError
        If it is older than 5, as when another OpenCV package was installed over ours.
    """
    import cv2

    if not hasattr(cv2.dnn, "ENGINE_NEW"):
        raise DeviceError(
            f"expected OpenCV 5, found {cv2.__version__}, perhaps another package's: "
            "pip uninstall opencv-python, "
            "then pip install --force-reinstall opencv-python-headless"
        )


def import_tensorflow(extra: str = "tensorflow") -> Any:
    """Import TensorFlow, without the lines that it writes to stderr on its way.

    Parameters
    ----------
    extra : {"tensorflow", "gpu"}
        Which extra of bgremove to name where it is missing.

    Raises
    ------
    MissingExtraError
        If it is not installed, or is and cannot be imported.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    return import_extra("tensorflow", extra)
