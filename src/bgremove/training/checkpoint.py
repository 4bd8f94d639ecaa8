"""A run's state in one file: whatever is needed to go on as if nothing had happened.

Batches are drawn from the seed and the step's number, so no random state needs saving but
the network's own (dropout), which Keras keeps among the model's variables.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

import keras
import numpy as np
from numpy.typing import NDArray

from bgremove.errors import DataError, reason_of
from bgremove.option_checks import told
from bgremove.segmenter.stored_weights import load_stored_weights

Arrays = dict[str, NDArray[Any]]


def save_checkpoint(path: Path, model: keras.Model, average: list[Any], step: int) -> None:
    """Write model, optimizer, moving average and step to `path`, atomically."""
    arrays: Arrays = {"step": np.array(step)}
    for prefix, variables in _variables(model).items():
        arrays |= _named(prefix, variables)
    _write(path, arrays | _named("average", average))


def save_average(path: Path, average: Sequence[NDArray[Any]], step: int) -> None:
    """Write averaged weights alone, in the order of the model's, to be exported; atomically."""
    _write(path, {"step": np.array(step), **_named("average", average)})


def read_step(path: Path) -> int:
    """Tell after how many steps a checkpoint was saved.

    Raises
    ------
    DataError
        If the file is no checkpoint.
    """
    with _opened(path) as saved:
        return _step(saved)


def load_checkpoint(model: keras.Model, path: Path, average: list[Any]) -> int:
    """Put a saved state into a model, its optimizer and the moving average; give the step.

    Raises
    ------
    DataError
        If the file is no checkpoint, or one of another network or optimizer.
    """
    with _opened(path) as file:
        saved, step = dict(file), _step(file)
    for prefix, variables in _variables(model).items():
        _assign(path, saved, prefix, variables)
    averaged = _values(path, saved, "average", model.weights)
    average[:] = map(keras.ops.convert_to_tensor, averaged)
    return step


def load_average(model: keras.Model, path: Path) -> None:
    """Put the moving average of a checkpoint into a model of the same network.

    Raises
    ------
    DataError
        If the file is no checkpoint, or one of another network.
    """
    with _opened(path) as saved:
        average = {name: saved[name] for name in saved if name.startswith("average/")}
    _assign(path, average, "average", model.weights)


def load_weights(model: keras.Model, path: Path) -> None:
    """Put a checkpoint's moving average or the weights of a model's ``.onnx`` into a model.

    Raises
    ------
    DataError
        If the file is no checkpoint, or one of another network.
    ModelMismatchError
        If the file is no ONNX, or one of another network.
    """
    load = load_stored_weights if is_model(path) else load_average
    load(model, path)


def is_model(path: Path) -> bool:
    """Tell a model's ``.onnx`` from a checkpoint, by its name."""
    return path.suffix == ".onnx"


def _write(path: Path, arrays: Arrays) -> None:
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    temporary.replace(path)


@contextmanager
def _opened(path: Path) -> Iterator[Arrays]:
    try:
        with path.open("rb") as file:
            if not is_zipfile(file):
                raise BadZipFile("it is no .npz, or not a whole one")
            file.seek(0)
            with np.load(file) as saved:
                yield saved
    except (OSError, EOFError, ValueError, KeyError, NotImplementedError, BadZipFile) as error:
        raise DataError(f"{path}: expected a run's checkpoint: {reason_of(error)}") from error


def _step(saved: Arrays) -> int:
    step = saved["step"]
    if step.shape != () or step.dtype.kind not in "iu" or step < 0:
        raise ValueError(f"step must be a whole number from 0 on, got {told(step.tolist())}")
    return int(step)


def _named(prefix: str, values: Sequence[Any]) -> Arrays:
    return {f"{prefix}/{index}": _to_numpy(value) for index, value in enumerate(values)}


def _variables(model: keras.Model) -> dict[str, list[Any]]:
    return {"model": model.variables, "optimizer": model.optimizer.variables}


def _assign(path: Path, saved: Arrays, prefix: str, variables: list[Any]) -> None:
    values = _values(path, saved, prefix, variables)
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _values(path: Path, saved: Arrays, prefix: str, variables: Sequence[Any]) -> list[NDArray[Any]]:
    """Give what is saved of some variables, if it is of their number and shapes."""
    names = [f"{prefix}/{index}" for index in range(len(variables))]
    found = [name for name in saved if name.startswith(f"{prefix}/")]
    if sorted(found) != sorted(names):
        raise DataError(
            f"{path}: expected {len(names)} arrays of the {prefix}, {names[0]} to {names[-1]}, "
            f"found {len(found)}; the checkpoint is damaged, or of another network"
        )
    for name, variable in zip(names, variables, strict=True):
        if saved[name].shape != tuple(variable.shape):
            raise DataError(
                f"{path}: expected shape {tuple(variable.shape)} for {variable.path}, found "
                f"{saved[name].shape}; the checkpoint is damaged, or of another network"
            )
    return [saved[name] for name in names]


def _to_numpy(value: Any) -> NDArray[Any]:
    return np.asarray(keras.ops.convert_to_numpy(value))
