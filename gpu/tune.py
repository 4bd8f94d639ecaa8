"""``python -m gpu.tune CONFIG --data FOLDER --out FOLDER``: a few more steps, at larger shapes.

Asked at more pixels than it was trained at, a network sees all things larger than it has learnt
them; a few steps at those very shapes mend that (Touvron et al. 2019, "Fixing the train-test
resolution discrepancy", arXiv 1906.06423). It learns from the masks, and from what it said itself,
before, of the same photos mirrored: at fewer pixels, where it knows whoever fills the photo, or,
in the steps at small shapes, at the large ones.

Made for processors, and for hours.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bgremove.training.config import RunConfig, read_config
from gpu import processor
from gpu.augment import Batch, Recipe, drawn_batch
from gpu.muon import Muon
from gpu.photos import Photos, Shape, read_photos
from gpu.tiramisu import Tiramisu
from gpu.train import Run, cosine, loss_of, on_stderr, take_step
from gpu.validation import Validation

STATE = "state.pt"

STRIDE = 32
"""The network's: sides are multiples of it."""

COARSER = 0.7
"""The sides at which the network as it was is asked, in parts of the photos'."""

TOLD = 0.5
"""How much its word counts, where the masks count 1."""

FLAT, WARM_STEPS, LEAST_RATE = 0.25, 40, 0.01
"""Until when the rate stays at its peak, the steps that it takes to get there, and its end."""

SMALL_SHARE = 0.25
"""Share of the steps at the small shapes."""

GENTLE_FROM = 0.8
USUAL = Recipe((0.55, 1.12), paste=0.2, paste_thing=0.1, occlude=0.06)
GENTLE = Recipe((0.65, 1.1), paste=0.1, paste_thing=0.05, occlude=0.04)
"""What is done to photos, and what from `GENTLE_FROM` on, in parts of the run."""


def rate_at(progress: float, step: int) -> float:
    """Linear warm-up, the peak, then a cosine to nearly nothing, in parts of the peak."""
    return min(1.0, (step + 1) / WARM_STEPS) * cosine(progress, flat=FLAT, least=LEAST_RATE)


def coarser(shape: Shape) -> Shape:
    """Give the shape at which the network as it was is asked about photos of a large shape."""
    height, width = (STRIDE * round(COARSER * side / STRIDE) for side in shape)
    return height, width


def smaller(maps: Tensor, shape: Shape) -> Tensor:
    """Give images or probabilities at fewer pixels, or at as many."""
    return functional.interpolate(maps, shape, mode="bilinear", antialias=True)


@torch.no_grad()
def mirrored_word(network: Callable[[Tensor], Tensor], images: Tensor, shape: Shape) -> Tensor:
    """Give the probabilities that a network sees in mirrored images at a shape, mirrored back."""
    logits = network(smaller(images.flip(3), shape))
    logits = functional.interpolate(logits, images.shape[2:], mode="bilinear")
    return torch.sigmoid(logits).flip(3)


def smaller_batch(batch: Batch, shape: Shape) -> Batch:
    """Give a batch at fewer pixels; where any of what a pixel shows doesn't count, none does."""
    return Batch(
        smaller(batch.images, shape),
        (smaller(batch.targets, shape) >= 0.5).float(),
        (smaller(batch.counts, shape) > 0.999).float(),
    )


def tune(
    run: Run,
    photos: Photos,
    before: Tiramisu,
    validation: Validation,
    config: RunConfig,
    state: Path,
) -> None:
    """Tune a run's network, or go on with it from its `state`, for as many steps as its phases."""
    network = run.network
    optimizer = Muon(network.weights, config.weight_decay)
    begun = time.monotonic()
    if state.exists():
        begun -= _resume(run, optimizer, state)
    saved = validated = time.monotonic()
    network.training = True
    while run.steps < config.steps:
        rate = config.learning_rate * rate_at(run.steps / config.steps, run.steps)
        family, batch, told = _drawn(run.steps, photos, before, config)
        logits = network(batch.images)
        told_loss = functional.binary_cross_entropy_with_logits(logits, told)
        loss = loss_of(logits, batch) + TOLD * told_loss
        take_step(network, optimizer, loss, rate)
        now = time.monotonic()
        run.add(loss, family, len(batch.images), now - begun)
        if now - saved > 60 * config.checkpoint_minutes:
            saved = now
            _save(run, optimizer, now - begun, state)
        if now - validated > 60 * config.validate_minutes:
            validated = now
            run.validate(validation)
    run.validate(validation)
    _save(run, optimizer, time.monotonic() - begun, state)


def _drawn(
    step: int, photos: Photos, before: Tiramisu, config: RunConfig
) -> tuple[str, Batch, Tensor]:
    """Draw a step's batch, the same whenever it is asked for, with what the network said of it.

    Small batches are large ones, shrunk: to the small phase's shape at the large one's place.
    """
    rng = np.random.default_rng([config.seed, step])
    torch.manual_seed(int(rng.integers(2**31)))
    large, small = config.phases
    recipe = USUAL if step < GENTLE_FROM * config.steps else GENTLE
    is_small = rng.random() < SMALL_SHARE
    count = (small if is_small else large).batch
    batch = drawn_batch(photos, large.all_shapes, count, recipe, rng)
    height, width = batch.images.shape[2:]
    if not is_small:
        return "large", batch, mirrored_word(before, batch.images, coarser((height, width)))
    told = mirrored_word(before, batch.images, (height, width))
    shape = small.all_shapes[large.all_shapes.index((height, width))]
    return "small", smaller_batch(batch, shape), smaller(told, shape)


def _save(run: Run, optimizer: Muon, seconds: float, state: Path) -> None:
    """Write the average, to be used, and all that the run needs to go on."""
    run.save()
    whole = {"run": run.state(), "optimizer": optimizer.state(), "seconds": seconds}
    torch.save(whole, state.with_suffix(".part"))
    state.with_suffix(".part").replace(state)


def _resume(run: Run, optimizer: Muon, state: Path) -> float:
    """Go on from a state; give the seconds that the run has taken so far."""
    saved = torch.load(state, weights_only=True)
    run.go_on_from(saved["run"])
    optimizer.go_on_from(saved["optimizer"])
    return float(saved["seconds"])


def read_network(start: Path) -> Tiramisu:
    """Read the weights that a run begins with, to be computed in bfloat16."""
    with np.load(start) as arrays:
        network = Tiramisu(dict(arrays))
    network.precision = torch.bfloat16
    return network


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), required=True, help="From gpu.carry.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The run's folder.")
def main(config: Path, data: Path, out: Path) -> None:
    """Tune the network of DATA as CONFIG describes, on a processor; killed, it goes on."""
    run_config = replace(read_config(config), data=data)
    if processor.is_able():
        processor.take_over()
    out.mkdir(parents=True, exist_ok=True)
    photos = read_photos(run_config, out / "photos", "cpu")
    network, before = (read_network(data / "start.npz") for _ in range(2))
    run = Run(network, run_config, out, on_stderr)
    tune(run, photos, before, Validation(data / "validation.npz", "cpu"), run_config, out / STATE)


if __name__ == "__main__":
    main()
