"""``python -m gpu.train CONFIG --data FOLDER --out FOLDER``: a teacher first, then our network.

Our network learns from the masks and from what the teacher says of the very same augmented batch
(Beyer et al. 2022, "Knowledge distillation: a good teacher is patient and consistent", arXiv
2106.05237). Both go by the clock, so that a lent machine's time is used and not outrun.
"""

import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from bgremove.training.config import RunConfig, read_config
from gpu.augment import Batch, Recipe, drawn_batch
from gpu.muon import Muon
from gpu.photos import Photos, read_photos
from gpu.stored import load_parts, save_in_parts
from gpu.teacher import Teacher, load_encoder, values_of
from gpu.tiramisu import Kernels, Tiramisu
from gpu.validation import FAMILIES, Validation

TEACHER_RATE, TEACHER_DECAY, TEACHER_AVERAGE = 8e-4, 0.02, 0.998
TEACHER_BATCH = 128
HEAD_RATE = 2.0
"""Learning rate of the teacher's decoder, in parts of its encoder's."""

FLAT, WARM = 0.3, 0.02
"""Until when the rate stays at its peak, and rises to it, in parts of the run."""

LEAST_RATE = 0.005
"""At the end, in parts of the peak."""

GENTLE_FROM = 0.75
"""From when on photos are changed less, in parts of the run."""

SMALL_AT_FIRST, SMALL_FIRST_UNTIL, SMALL_LATER = 0.7, 0.25, 0.35
"""Share of the steps at the small shapes, until when, and afterwards."""

CLIP_NORM = 2.0
SAVE_SECONDS = 60
REPORT_STEPS = 100
VALIDATE_SHARE = 0.2

Say = Callable[[str], None]


def recipe_at(progress: float, config: RunConfig) -> Recipe:
    """Strong changes first, gentle ones at the end of a run."""
    if progress < GENTLE_FROM:
        return Recipe(config.crop, config.paste, paste_thing=0.2, occlude=0.12)
    return Recipe((0.7, 1.1), min(config.paste, 0.2), paste_thing=0.1, occlude=0.06)


def rate_at(progress: float) -> float:
    """Linear warm-up, the peak, then a cosine to nearly nothing, in parts of the peak."""
    if progress < WARM:
        return max(progress / WARM, 0.01)
    return cosine(progress, flat=FLAT, least=LEAST_RATE)


def cosine(progress: float, *, flat: float, least: float) -> float:
    """Give 1 until `flat`, then what falls by a cosine to `least` at the run's end."""
    fallen = min(1.0, max(0.0, (progress - flat) / (1 - flat)))
    return least + (1 - least) * 0.5 * (1 + math.cos(math.pi * fallen))


def loss_of(logits: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy and half the soft Jaccard loss, as in `bgremove.training.losses`."""
    target, counts = batch.targets, batch.counts
    entropy = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    entropy = (entropy * counts).sum() / (counts.sum() + 1e-6)
    p = torch.sigmoid(logits)
    both = (target * p * counts).sum((2, 3))
    either = ((target + p - target * p) * counts).sum((2, 3))
    filled = ((target * counts).sum((2, 3)) > 0).float()
    jaccard = (1 - (both + 1e-6) / (either + 1e-6)) * filled
    return entropy + 0.5 * jaccard.sum() / (filled.sum() + 1e-6)


class Average:
    """The moving average of values, which follows them more closely at first."""

    def __init__(self, values: dict[str, Tensor], decay: float) -> None:
        self._source, self._decay, self._steps = values, decay, 0
        self.values = {name: value.detach().clone() for name, value in values.items()}

    @torch.no_grad()
    def follow(self) -> None:
        """Take a step towards the values."""
        self._steps += 1
        share = 1 - min(self._decay, self._steps / (self._steps + 10))
        torch._foreach_lerp_(list(self.values.values()), list(self._source.values()), share)

    def state(self) -> dict[str, Any]:
        """Give all that it needs to go on: the values, their average, the steps."""
        return {"source": self._source, "values": self.values, "steps": self._steps}

    @torch.no_grad()
    def go_on_from(self, state: dict[str, Any]) -> None:
        """Put a state back, into the values, too."""
        self._steps = state["steps"]
        for name, value in self.values.items():
            self._source[name].copy_(state["source"][name])
            value.copy_(state["values"][name])


class Clock:
    """How far a run of so many seconds is."""

    def __init__(self, seconds: float) -> None:
        self._begun, self._seconds = time.monotonic(), seconds

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return time.monotonic() - self._begun

    @property
    def progress(self) -> float:
        """From 0 to 1 and beyond."""
        return self.seconds / self._seconds


def train_teacher(
    teacher: Teacher, photos: Photos, config: RunConfig, seconds: float, say: Say
) -> None:
    """Train a teacher for some seconds, and leave it with the average of its weights."""
    rng = np.random.default_rng(config.seed)
    decoder = [p for name, p in teacher.named_parameters() if not name.startswith("encoder")]
    optimizer = torch.optim.AdamW(
        [{"params": list(teacher.encoder.parameters())}, {"params": decoder}],
        weight_decay=TEACHER_DECAY,
        foreach=True,
    )
    encoder_group, decoder_group = optimizer.param_groups
    state = values_of(teacher)
    average = Average(state, TEACHER_AVERAGE)
    clock, step, losses = Clock(seconds), 0, []
    teacher.train()
    while (progress := clock.progress) < 1:
        recipe = recipe_at(progress, config)
        batch = drawn_batch(photos, FAMILIES["large"], TEACHER_BATCH, recipe, rng)
        encoder_group["lr"] = TEACHER_RATE * rate_at(progress)
        decoder_group["lr"] = HEAD_RATE * encoder_group["lr"]
        with torch.autocast(photos.device, torch.bfloat16):
            logits = teacher(batch.images)
        loss = loss_of(logits, batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(teacher.parameters(), CLIP_NORM)
        optimizer.step()
        average.follow()
        losses.append(loss.detach())
        step += 1
        if step % REPORT_STEPS == 0:
            mean = torch.stack(losses[-REPORT_STEPS:]).mean().item()
            rate = TEACHER_BATCH * step / clock.seconds
            say(f"teacher  step {step}  loss {mean:.4f}  {rate:.0f} img/s")
    with torch.no_grad():
        for name, value in average.values.items():
            state[name].copy_(value)


def told_by(teacher: Teacher, device: str) -> Callable[[Tensor], Tensor]:
    """Give the teacher as a function from images to logits, in bfloat16."""
    teacher.eval().requires_grad_(False)

    @torch.no_grad()
    def tell(images: Tensor) -> Tensor:
        with torch.autocast(device, torch.bfloat16):
            logits: Tensor = teacher(images)
        return logits

    return tell


class Run:
    """Our network's run: its average, its figures, and the files that last."""

    def __init__(self, network: Tiramisu, config: RunConfig, out: Path, say: Say) -> None:
        self.network = network
        self._say, self._out = say, out
        self._average = Average({**network.weights, **network.statistics}, config.ema)
        self._losses: list[Tensor] = []
        self._validations: list[str] = []
        self._seen = dict.fromkeys(FAMILIES, 0)

    @property
    def steps(self) -> int:
        """How many steps it has made."""
        return len(self._losses)

    def state(self) -> dict[str, Any]:
        """Give all that it needs to go on."""
        return {
            "average": self._average.state(),
            "losses": self._losses,
            "validations": self._validations,
            "seen": self._seen,
        }

    def go_on_from(self, state: dict[str, Any]) -> None:
        """Put a state back, into the network's weights, too."""
        self._average.go_on_from(state["average"])
        self._losses, self._validations = state["losses"], state["validations"]
        self._seen = state["seen"]

    def add(self, loss: Tensor, family: str, images: int, seconds: float) -> None:
        """Take note of a step."""
        self._average.follow()
        self._losses.append(loss.detach())
        self._seen[family] += images
        if self.steps % REPORT_STEPS == 0:
            mean = torch.stack(self._losses[-REPORT_STEPS:]).mean().item()
            rate = sum(self._seen.values()) / seconds
            self._say(f"step {self.steps}  loss {mean:.4f}  {rate:.1f} img/s  {self._seen}")

    def validate(self, validation: Validation) -> None:
        """Measure the average, and keep it as it is now: the last need not be the best."""
        averaged = self.network.with_values(self._average.values)
        for family in FAMILIES:
            line = f"step {self.steps}  {family}  {validation(averaged, family)}"
            self._validations.append(line)
            self._say(line)
        self._keep(f"average-{self.steps}")

    def save(self) -> None:
        """Write the average, in two files that a lent machine's limits let through, and figures."""
        self._keep("average")
        facts = {
            "steps": self.steps,
            "images_seen": self._seen,
            "validations": self._validations,
            "losses": torch.stack(self._losses).tolist() if self._losses else [],
        }
        (self._out / "facts.json").write_text(json.dumps(facts, indent=1))

    def _keep(self, name: str) -> None:
        save_in_parts(self.network.arrays(self._average.values), self._out, name)


def take_step(network: Tiramisu, optimizer: Muon, loss: Tensor, rate: float) -> None:
    """Move a network's weights by a loss's gradients."""
    loss.backward()
    nn.utils.clip_grad_norm_(network.weights.values(), CLIP_NORM)
    optimizer.step(rate)
    for weight in network.weights.values():
        weight.grad = None


def train_network(
    run: Run,
    photos: Photos,
    tell: Callable[[Tensor], Tensor],
    validation: Validation,
    config: RunConfig,
    seconds: float,
) -> None:
    """Train our network for some seconds."""
    rng = np.random.default_rng(config.seed + 1)
    network = run.network
    network.training = True
    optimizer = Muon(network.weights, config.weight_decay)
    phases = dict(zip(FAMILIES, config.phases, strict=True))
    clock, saved, validated = Clock(seconds), 0.0, 0.0
    while (progress := clock.progress) < 1:
        small_share = SMALL_AT_FIRST if progress < SMALL_FIRST_UNTIL else SMALL_LATER
        family = "small" if rng.random() < small_share else "large"
        recipe = recipe_at(progress, config)
        phase = phases[family]
        batch = drawn_batch(photos, phase.all_shapes, phase.batch, recipe, rng)
        logits = network(batch.images)
        told = torch.sigmoid(tell(batch.images))
        loss = loss_of(logits, batch) + functional.binary_cross_entropy_with_logits(logits, told)
        take_step(network, optimizer, loss, config.learning_rate * rate_at(progress))
        run.add(loss, family, phase.batch, clock.seconds)
        if progress > validated + VALIDATE_SHARE:
            validated = progress
            run.validate(validation)
        if clock.seconds > saved + SAVE_SECONDS:
            saved = clock.seconds
            run.save()
    run.validate(validation)
    run.save()


def prepared_teacher(
    photos: Photos, config: RunConfig, data: Path, out: Path, seconds: float, say: Say
) -> Teacher:
    """Take the teacher that an earlier run has left in the data folder, or train one."""
    teacher = Teacher().to(photos.device).to(memory_format=torch.channels_last)
    state = values_of(teacher)
    if (data / "teacher-0.npz").exists():
        for name, array in load_parts(data, "teacher").items():
            state[name].copy_(torch.from_numpy(array))
    else:
        load_encoder(teacher, data / "encoder.npz")
        train_teacher(teacher, photos, config, seconds, say)
    save_in_parts({name: value.cpu().numpy() for name, value in state.items()}, out, "teacher")
    return teacher


def on_stderr(line: str) -> None:
    """Tell a line, with the time."""
    click.echo(f"{time.strftime('%H:%M:%S')}  {line}", err=True)


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), required=True, help="From gpu.carry.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The run's folder.")
@click.option("--teacher-seconds", type=float, default=180, show_default=True)
@click.option("--seconds", type=float, default=1200, show_default=True, help="For our network.")
def main(config: Path, data: Path, out: Path, teacher_seconds: float, seconds: float) -> None:
    """Train the network that CONFIG describes on one GPU."""
    run_config = replace(read_config(config), data=data)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(run_config.seed)
    torch.set_float32_matmul_precision("high")
    if device == "cuda":
        Kernels.compile()
    out.mkdir(parents=True, exist_ok=True)

    photos = read_photos(run_config, out / "photos", device)
    validation = Validation(data / "validation.npz", device)
    on_stderr(f"{len(photos.person)} photos")
    teacher = prepared_teacher(photos, run_config, data, out, teacher_seconds, on_stderr)
    tell = told_by(teacher, device)
    for family in FAMILIES:
        on_stderr(f"teacher  {family}  {validation(tell, family)}")

    with np.load(data / "start.npz") as start:
        network = Tiramisu(dict(start), device)
    if device == "cuda":
        network.precision = torch.bfloat16
    run = Run(network, run_config, out, on_stderr)
    train_network(run, photos, tell, validation, run_config, seconds)


if __name__ == "__main__":
    main()
