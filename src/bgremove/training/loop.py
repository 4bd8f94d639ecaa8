"""The training loop, from a config to a checkpoint.

The order of resuming: (1) the run folder's own checkpoint, (2) the config's ``start``, of
which only the averaged weights are taken, (3) fresh weights from the config's seed.
"""

import csv
import logging
import math
import time
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
    # -- network and optimizer
    run.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.precision)
    if keras.backend.backend() == "torch":
        keras.config.set_image_data_format("channels_first")
    model = build(PRESETS[config.network], size=None)
    if keras.backend.backend() == "torch":
        fuse_batch_normalization(model)
    model.compile(
        optimizer=keras.optimizers.AdamW(
            config.learning_rate,
            weight_decay=config.weight_decay,
            global_clipnorm=config.clip_norm,
        ),
        loss=MaskedSegmentationLoss(),
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)

    # -- where to begin
    checkpoint = run / "checkpoint.npz"
    first = 0
    if not checkpoint.exists() and config.start is not None:
        load_average(config.start, model)
    average = [keras.ops.convert_to_tensor(w.value) + 0 for w in model.weights]
    if checkpoint.exists():
        first = load_checkpoint(checkpoint, model, average)
    log.info("%s: step %d of %d", config.network, first, config.steps)

    # -- photos
    train_photos = _photos(config, run, "train")
    validation_photos = _photos(config, run, "val")
    sampler = Sampler(train_photos, config.weights, config.paste)

    # -- steps
    saved = validated = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        drawn = [pool.submit(_batch, sampler, config, first + i) for i in range(AHEAD)]
        losses: list[float] = []
        begun = time.monotonic()
        for step in range(first, config.steps):
            batch = drawn.pop(0).result()
            drawn.append(pool.submit(_batch, sampler, config, step + AHEAD))
            model.optimizer.learning_rate = learning_rate(config, step)
            losses.append(_step(model, batch))
            _follow(average, model, config, step)

            if len(losses) == REPORT_STEPS or step + 1 == config.steps:
                loss = float(np.mean(losses))
                if not math.isfinite(loss):
                    raise TrainingError(
                        f"the loss is {loss} between steps {step + 1 - len(losses)} and {step}; "
                        f"the last good state is in {checkpoint}"
                    )
                phase = config.phase_at(step)
                rate = len(losses) * phase.batch / (time.monotonic() - begun)
                log.info("step %d  %d px  loss %.4f  %.1f img/s", step, phase.size, loss, rate)
                _append(run / "loss.csv", step=step, size=phase.size, loss=loss, rate=rate)
                losses, begun = [], time.monotonic()

            last = step + 1 == config.steps
            if last or time.monotonic() - saved > 60 * config.checkpoint_minutes:
                save_checkpoint(checkpoint, model, average, step + 1)
                saved = begun = time.monotonic()
            if last or time.monotonic() - validated > 60 * config.validate_minutes:
                size = config.phase_at(step).size
                with _swapped(model, average):
                    iou = person_iou(model, validation_photos, size)
                log.info("step %d  val person IoU %.4f at %d px", step, iou, size)
                _append(run / "val.csv", step=step, size=size, person_iou=iou)
                validated = begun = time.monotonic()
        for future in drawn:
            future.cancel()
    return checkpoint


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


def _follow(average: list[Any], model: keras.Model, config: RunConfig, step: int) -> None:
    decay = averaging(config, step)
    for index, weight in enumerate(model.weights):
        value = keras.ops.convert_to_tensor(weight.value)
        average[index] = average[index] * decay + value * (1 - decay)


@contextmanager
def _swapped(model: keras.Model, average: list[Any]) -> Iterator[None]:
    own = [keras.ops.convert_to_tensor(weight.value) + 0 for weight in model.weights]
    _put(average, model)
    yield
    _put(own, model)


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
