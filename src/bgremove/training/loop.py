"""The training loop, from a config to a checkpoint.

The order of resuming: (1) the run folder's own checkpoint, (2) the config's ``start``, a model's
``.onnx`` or a checkpoint, of which only the averaged weights are taken, (3) fresh weights from the
config's seed.
"""

import logging
import math
import os
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

from bgremove.errors import MissingExtraError, TrainingError
from bgremove.locks import try_lock
from bgremove.network.tiramisu import build
from bgremove.training import curves
from bgremove.training.augment import Batch, Sampler
from bgremove.training.checkpoint import load_checkpoint, load_weights, save_checkpoint
from bgremove.training.config import RunConfig, network_of
from bgremove.training.data import SquarePhotos, chosen_photos, set_weights, square_photos
from bgremove.training.losses import MaskedSegmentationLoss
from bgremove.training.muon import ConvolutionMuon
from bgremove.training.torch_speed import speed_up
from bgremove.training.validation import mean_ious, prediction_sheet

log = logging.getLogger(__name__)

REPORT_STEPS = 20

LOCK = ".lock"
"""A file in the run's folder, which one run at a time has."""

DRAWERS = max(1, (os.cpu_count() or 1) // 2)
"""Threads that draw batches while the network works: the network wants processors, too."""

AHEAD = 3 * DRAWERS
"""Batches that are drawn ahead."""


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
    ConfigError
        If the config names no network that there is, or one whose stride does not divide the
        sides of a phase.
    DataError
        If photos, or those of a set that the config weighs, are missing or broken.
    TrainingError
        If the loss is no longer a finite number, if a curve of the run's is no table, or if
        another run is at work in the folder.
    """
    run.mkdir(parents=True, exist_ok=True)
    with _alone(run):
        return _train(config, run)


@contextmanager
def _alone(run: Path) -> Iterator[None]:
    """Keep a second run out of a folder."""
    with (run / LOCK).open("wb") as file:
        if not try_lock(file):
            raise TrainingError(
                f"{run}: another run is at work there; wait for it, or choose another --run"
            )
        yield


def _train(config: RunConfig, run: Path) -> Path:
    checkpoint = run / "checkpoint.npz"
    model = _network(config)
    average, first = _begin(model, config, checkpoint)
    log.info("%s: step %d of %d", config.network, first, config.steps)

    photos = _photos(config, run, "train")
    weights = set_weights(config, photos.entries)
    sampler = Sampler(photos, weights, paste=config.paste, crop=config.crop)
    validation_photos = _photos(config, run, "val")

    progress = _Progress(run, first)
    saving, validating = _Every(config.checkpoint_minutes), _Every(config.validate_minutes)
    for step, batch in _drawn_ahead(sampler, config, first):
        model.optimizer.learning_rate = learning_rate(config, step)
        loss = _step(model, batch)
        if not math.isfinite(loss):
            saved = (
                f"last saved state: {checkpoint}" if checkpoint.exists() else "no state was saved"
            )
            raise TrainingError(f"the loss is {loss} at step {step}; lower learning_rate; {saved}")
        _follow(average, model, averaging(config, step))

        size = config.phase_at(step).size
        progress.add(step, size, loss, len(batch.images))
        is_last = step + 1 == config.steps
        if is_last or saving.is_due():
            save_checkpoint(checkpoint, model, average, step + 1)
            progress.rest()
        if is_last or validating.is_due():
            with _swapped(model, average):
                progress.validate(model, validation_photos, step, size)
            progress.rest()
    return checkpoint


def _network(config: RunConfig) -> keras.Model:
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.precision)
    backend = keras.backend.backend()
    if backend == "torch":
        keras.config.set_image_data_format("channels_first")
    model = build(network_of(config), size=None)
    if backend == "torch":
        speed_up(model)
    optimizer = ConvolutionMuon(
        float(config.learning_rate),
        weight_decay=config.weight_decay,
        adam_weight_decay=config.weight_decay,
        global_clipnorm=config.clip_norm,
    )
    model.compile(optimizer=optimizer, loss=MaskedSegmentationLoss(), jit_compile=backend == "jax")
    optimizer.build(model.trainable_variables)
    return model


def _begin(model: keras.Model, config: RunConfig, checkpoint: Path) -> tuple[list[Any], int]:
    """Give the moving average and the first step, in the order of resuming."""
    if not checkpoint.exists() and config.start is not None:
        load_weights(model, config.start)
    average = _values(model)
    first = load_checkpoint(model, checkpoint, average) if checkpoint.exists() else 0
    return average, first


def _drawn_ahead(sampler: Sampler, config: RunConfig, first: int) -> Iterator[tuple[int, Batch]]:
    """Give each step with its batch, drawing the next ones while the network works."""
    with ThreadPoolExecutor(DRAWERS) as pool:
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


class _Progress:
    """What a run shows of itself: a log, ``loss.csv``, ``val.csv``, a plot and a sheet."""

    def __init__(self, run: Path, first: int) -> None:
        self._run = run
        self._losses, self._validations = run / "loss.csv", run / "val.csv"
        curves.forget_from(self._losses, first, "loss")
        curves.forget_from(self._validations, first)
        self._recent: list[float] = []
        self.rest()

    def rest(self) -> None:
        """Leave out of the rate what is no training."""
        self._images, self._since = 0, time.monotonic()

    def add(self, step: int, size: int, loss: float, images: int) -> None:
        """Take note of a step."""
        curves.append(self._losses, step=step, size=size, loss=loss)
        self._recent.append(loss)
        self._images += images
        if len(self._recent) == REPORT_STEPS:
            rate = self._images / (time.monotonic() - self._since)
            mean = float(np.mean(self._recent))
            log.info("step %d  %d px  loss %.4f  %.1f img/s", step, size, mean, rate)
            self._recent = []
            self.rest()

    def validate(self, model: keras.Model, photos: SquarePhotos, step: int, size: int) -> None:
        """Measure a network, and draw what it sees."""
        ious = mean_ious(model, photos, size)
        told = ", ".join(f"{output} {iou:.4f}" for output, iou in ious.items())
        log.info("step %d  val IoU at %d px: %s", step, size, told)
        row = {f"{output}_iou": iou for output, iou in ious.items()}
        curves.append(self._validations, step=step, size=size, **row)
        self._plot()
        prediction_sheet(model, photos, size).save(self._run / "predictions.jpg")

    def _plot(self) -> None:
        losses, validations = curves.read(self._losses), curves.read(self._validations)
        try:
            curves.plot(losses, validations, self._run / "curve.png")
        except MissingExtraError as error:
            log.warning("curve.png is left out: %s", error)


def learning_rate(config: RunConfig, step: int) -> float:
    """Linear warm-up, the peak, then a cosine to zero over the run's last `decay_steps`."""
    warm = min(1.0, (step + 1) / max(1, config.warmup_steps))
    decay = config.decay_steps or config.steps
    fallen = max(0.0, (step - config.steps + decay) / decay)
    return config.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * fallen))


def averaging(config: RunConfig, step: int) -> float:
    """Decay of the moving average: shorter at the start of a run."""
    return min(config.ema, (step + 1) / (step + 10))


def _photos(config: RunConfig, run: Path, split: str) -> SquarePhotos:
    return square_photos(config.data, chosen_photos(config, split), run / "photos" / split)


def _batch(sampler: Sampler, config: RunConfig, step: int) -> Batch:
    phase = config.phase_at(step)
    return sampler.batch(phase.batch, phase.all_shapes, np.random.default_rng([config.seed, step]))


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
    try:
        yield
    finally:
        _put(own, model)


def _values(model: keras.Model) -> list[Any]:
    """Copy the weights of a model."""
    return [keras.ops.convert_to_tensor(weight.value) + 0 for weight in model.weights]


def _put(values: list[Any], model: keras.Model) -> None:
    for weight, value in zip(model.weights, values, strict=True):
        weight.assign(value)
