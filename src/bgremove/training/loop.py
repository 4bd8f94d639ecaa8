"""The training loop, from a config to a checkpoint.

The order of resuming: (1) the run folder's own checkpoint, (2) the config's ``start``, a model's
``.onnx`` or a checkpoint, of which only the averaged weights are taken, (3) fresh weights from the
config's seed.
"""

import csv
import logging
import math
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from bgremove.errors import TrainingError
from bgremove.labelled_photos import read_index
from bgremove.network.tiramisu import PRESETS, build
from bgremove.segmenter.stored_weights import load_stored_weights
from bgremove.training.augment import Batch, Sampler
from bgremove.training.checkpoint import load_average, load_checkpoint, save_checkpoint
from bgremove.training.config import RunConfig
from bgremove.training.data import SquarePhotos, square_photos
from bgremove.training.losses import MaskedSegmentationLoss
from bgremove.training.torch_speed import fuse_batch_normalization
from bgremove.training.validation import person_iou

log = logging.getLogger(__name__)

REPORT_STEPS = 20
AHEAD = 4
"""Batches that are drawn while the network works."""


def train(config: RunConfig, run: Path) -> Path:
    """Train the network that a config describes, or go on with it.

    Parameters
    ----------
    config : RunConfig
    run : Path
        The run's folder: the checkpoint, the curve, and the decoded photos live there.

    Returns
    -------
    Path
        The checkpoint, from which `bgremove.training.export` makes a model.

    Raises
    ------
    TrainingError
        If the loss is no longer a finite number.
    """
    run.mkdir(parents=True, exist_ok=True)
    checkpoint = run / "checkpoint.npz"
    model = _network(config)
    average, first = _begin(model, config, checkpoint)
    log.info("%s: step %d of %d", config.network, first, config.steps)

    sampler = Sampler(_photos(config, run, "train"), config.weights, config.paste)
    validation_photos = _photos(config, run, "val")

    curve = _Curve(run / "loss.csv", checkpoint)
    saving, validating = _Every(config.checkpoint_minutes), _Every(config.validate_minutes)
    for step, batch in _drawn_ahead(sampler, config, first):
        model.optimizer.learning_rate = learning_rate(config, step)
        curve.add(_step(model, batch), len(batch.images))
        _follow(average, model, averaging(config, step))

        size = config.phase_at(step).size
        is_last = step + 1 == config.steps
        if is_last or len(curve) == REPORT_STEPS:
            curve.report(step, size)
        if is_last or saving.is_due():
            save_checkpoint(checkpoint, model, average, step + 1)
            curve.rest()
        if is_last or validating.is_due():
            with _swapped(model, average):
                iou = person_iou(model, validation_photos, size)
            log.info("step %d  val person IoU %.4f at %d px", step, iou, size)
            _append(run / "val.csv", step=step, size=size, person_iou=iou)
            curve.rest()
    return checkpoint


def _network(config: RunConfig) -> keras.Model:
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.precision)
    on_torch = keras.backend.backend() == "torch"
    if on_torch:
        keras.config.set_image_data_format("channels_first")
    model = build(PRESETS[config.network], size=None)
    if on_torch:
        fuse_batch_normalization(model)
    optimizer = keras.optimizers.AdamW(
        float(config.learning_rate),
        weight_decay=config.weight_decay,
        global_clipnorm=config.clip_norm,
    )
    model.compile(optimizer=optimizer, loss=MaskedSegmentationLoss(), jit_compile=False)
    optimizer.build(model.trainable_variables)
    return model


def _begin(model: keras.Model, config: RunConfig, checkpoint: Path) -> tuple[list[Any], int]:
    """Give the moving average and the first step, in the order of resuming."""
    if not checkpoint.exists() and config.start is not None:
        load = load_stored_weights if config.start.suffix == ".onnx" else load_average
        load(model, config.start)
    average = _values(model)
    first = load_checkpoint(checkpoint, model, average) if checkpoint.exists() else 0
    return average, first


def _drawn_ahead(sampler: Sampler, config: RunConfig, first: int) -> Iterator[tuple[int, Batch]]:
    """Give each step with its batch, drawing the next ones while the network works."""
    with ThreadPoolExecutor(1) as pool:
        ahead = deque(
            pool.submit(_batch, sampler, config, step)
            for step in range(first, min(first + AHEAD, config.steps))
        )
        for step in range(first, config.steps):
            batch = ahead.popleft().result()
            if step + AHEAD < config.steps:
                ahead.append(pool.submit(_batch, sampler, config, step + AHEAD))
            yield step, batch


class _Every:
    """Tells when so many minutes have gone by since it last did."""

    def __init__(self, minutes: float) -> None:
        self._seconds = 60 * minutes
        self._last = time.monotonic()

    def is_due(self) -> bool:
        due = time.monotonic() - self._last > self._seconds
        if due:
            self._last = time.monotonic()
        return due


class _Curve:
    """The losses since the last report, and how fast they came."""

    def __init__(self, path: Path, checkpoint: Path) -> None:
        self._path, self._checkpoint = path, checkpoint
        self._losses: list[float] = []
        self.rest()

    def __len__(self) -> int:
        return len(self._losses)

    def add(self, loss: float, images: int) -> None:
        self._losses.append(loss)
        self._images += images

    def rest(self) -> None:
        """Leave out of the rate what is no training."""
        self._images, self._since = 0, time.monotonic()

    def report(self, step: int, size: int) -> None:
        """Log and write the mean loss up to a step; stop at what is no finite number."""
        loss = float(np.mean(self._losses))
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is {loss} between steps {step + 1 - len(self)} and {step}; "
                f"the last good state is in {self._checkpoint}"
            )
        rate = self._images / (time.monotonic() - self._since)
        log.info("step %d  %d px  loss %.4f  %.1f img/s", step, size, loss, rate)
        _append(self._path, step=step, size=size, loss=loss, rate=rate)
        self._losses = []
        self.rest()


def learning_rate(config: RunConfig, step: int) -> float:
    """Linear warm-up, then a cosine to zero over the whole run."""
    warm = min(1.0, (step + 1) / config.warmup_steps)
    return config.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * step / config.steps))


def averaging(config: RunConfig, step: int) -> float:
    """Decay of the moving average: shorter at the start of a run."""
    return min(config.ema, (step + 1) / (step + 10))


def _photos(config: RunConfig, run: Path, split: str) -> SquarePhotos:
    entries = read_index(
        config.data, lambda entry: entry.split == split and entry.set in config.weights
    )
    return square_photos(config.data, entries, run / "photos" / split)


def _batch(sampler: Sampler, config: RunConfig, step: int) -> Batch:
    phase = config.phase_at(step)
    return sampler.batch(phase.batch, phase.size, np.random.default_rng([config.seed, step]))


def _step(model: keras.Model, batch: Batch) -> float:
    loss = model.train_on_batch(_as_input(batch.images), _as_input(batch.targets))
    return float(np.asarray(loss))


def _as_input(x: NDArray[np.float32]) -> NDArray[np.float32]:
    first = keras.config.image_data_format() == "channels_first"
    return x.transpose(0, 3, 1, 2) if first else x


def _follow(average: list[Any], model: keras.Model, decay: float) -> None:
    for index, weight in enumerate(model.weights):
        value = keras.ops.convert_to_tensor(weight.value)
        average[index] = average[index] * decay + value * (1 - decay)


@contextmanager
def _swapped(model: keras.Model, average: list[Any]) -> Iterator[None]:
    own = _values(model)
    _put(average, model)
    yield
    _put(own, model)


def _values(model: keras.Model) -> list[Any]:
    """Copy the weights of a model."""
    return [keras.ops.convert_to_tensor(weight.value) + 0 for weight in model.weights]


def _put(values: list[Any], model: keras.Model) -> None:
    for weight, value in zip(model.weights, values, strict=True):
        weight.assign(value)


def _append(path: Path, **row: float) -> None:
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row.keys())
        if new:
            writer.writeheader()
        writer.writerow(row)
