"""ONNX networks in the hands of ONNX Runtime, which ``bgremove[onnxruntime]`` brings.

It takes two thirds of OpenCV's time on an Intel processor and gives the same to 1e-6
(`benchmarks/engines.py` shows both), but is 78 MB to install.
"""

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgremove.errors import MissingExtraError
from bgremove.extras import import_extra
from bgremove.segmenter.onnx_engine import Run, failed, unreadable
from bgremove.threads import thread_count

_SILENT = 4
"""The severity from which on it writes to stderr: what is wrong is raised."""


LEAST_VERSION = (1, 19)
"""Older ones were built for NumPy 1, and may crash the whole process beside NumPy 2."""

DISTRIBUTIONS = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml")


def import_onnxruntime() -> Any:
    """Import ONNX Runtime, unless it is too old to be imported safely.

    Raises
    ------
    MissingExtraError
        If it is not installed, too old, or cannot be imported.
    """
    for distribution in DISTRIBUTIONS:
        try:
            found = version(distribution)
        except PackageNotFoundError:
            continue
        if tuple(map(int, re.findall(r"\d+", found)[:2])) < LEAST_VERSION:
            expected = ".".join(map(str, LEAST_VERSION))
            raise MissingExtraError(
                f"{distribution} {expected} or newer is needed, found {found}: "
                'pip install --upgrade "bgremove[onnxruntime]"'
            )
    return import_extra("onnxruntime", "onnxruntime")


def read(path: Path) -> Run:
    """Read a network, for as many threads as this process may use now.

    Raises
    ------
    ModelMismatchError
        If the file is no ONNX, or has an operator that ONNX Runtime lacks.
    MissingExtraError
        As `import_onnxruntime` does.
    """
    onnxruntime = import_onnxruntime()
    try:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = thread_count()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = _SILENT
        session = onnxruntime.InferenceSession(
            path.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # its errors have no other base
        raise unreadable(path, error) from error
    name = session.get_inputs()[0].name

    def run(batch: NDArray[np.float32]) -> NDArray[Any]:
        try:
            output: NDArray[Any] = session.run(None, {name: batch})[0]
        except Exception as error:  # its errors have no other base
            raise failed(path, batch, error) from error
        return output

    return run
