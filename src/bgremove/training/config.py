"""One TOML file describes one training run."""

import sys
from dataclasses import dataclass, field, fields
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeVar

from bgremove.errors import ConfigError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A stretch of the run at one resolution.

    Parameters
    ----------
    size : int
        Height and width of the network's input, in pixels.
    shapes : tuple of (height, width), optional
        What it is instead: each batch has one of them, and photos whose aspect is nearest to it.
        The validation stays at `size`.
    steps : int
        Optimizer steps.
    batch : int
        Photos a step.
    """

    size: int
    steps: int
    batch: int
    shapes: tuple[tuple[int, int], ...] = ()

    @property
    def all_shapes(self) -> tuple[tuple[int, int], ...]:
        """Heights and widths that batches may have."""
        return self.shapes or ((self.size, self.size),)


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Everything that decides what a run learns.

    Parameters
    ----------
    network : str
        Name of a preset in `bgremove.network.tiramisu.PRESETS`.
    data : Path
        Folder with ``images/`` and ``masks/``, or with ``index.csv`` and ``shards/``; relative
        paths count from the config file.
    weights : dict of str to float, optional
        How often each set of the index is drawn, relative to the others; by default as many
        photos as it has.
    terms : dict of str to str, optional
        By set: on what terms its photos are used. For the model's card; those of the sets that
        this project trains on are known.
    teacher : str, optional
        For the model's card, in words: another network from whose answers this one learned,
        what that one had learned from, and on what terms.
    phases : tuple of Phase
        Resolutions, in order; the learning rate's schedule spans them all.
    turns : int
        How many times the run goes through its phases.
    learning_rate : float
        Peak of the schedule.
    decay_steps : int, optional
        Over how many steps at the end the rate falls to zero, by a cosine; by default over all.
        Before them it stays at its peak, and the run can be made longer: add steps, and go on.
    seed : int
        Decides the initial weights and, with the step's number, each batch.
    weight_decay, clip_norm, warmup_steps, ema, precision
        Of the optimizer: decay of the weights, largest gradient norm, steps of linear warm-up,
        decay of the moving average of the weights, Keras dtype policy.
    paste : float
        Share of the people that are pasted on a photo without people, in [0, 1].
    crop : tuple of 2 floats
        Smallest and largest side of the crop that is seen, in parts of the photo's.
    start : Path, optional
        A checkpoint, or a model's ``.onnx``, whose weights this run starts from.
    checkpoint_minutes, validate_minutes : float
        How often to save, and to measure on the split `val`.
    """

    network: str
    data: Path
    phases: tuple[Phase, ...]
    learning_rate: float
    turns: int = 1
    weights: dict[str, float] = field(default_factory=dict)
    terms: dict[str, str] = field(default_factory=dict)
    teacher: str | None = None
    seed: int = 0
    weight_decay: float = 1e-4
    clip_norm: float = 2.0
    warmup_steps: int = 200
    decay_steps: int | None = None
    ema: float = 0.998
    precision: str = "float32"
    paste: float = 0.25
    crop: tuple[float, float] = (0.5, 1.15)
    start: Path | None = None
    checkpoint_minutes: float = 5.0
    validate_minutes: float = 15.0

    @property
    def steps(self) -> int:
        """Optimizer steps of the whole run."""
        return self.turns * self._steps_a_turn

    def phase_at(self, step: int) -> Phase:
        """Give the phase that step number `step`, from 0, belongs to."""
        step = min(step, self.steps - 1) % self._steps_a_turn
        ends = accumulate(phase.steps for phase in self.phases)
        return next(phase for phase, end in zip(self.phases, ends, strict=True) if step < end)

    @property
    def _steps_a_turn(self) -> int:
        return sum(phase.steps for phase in self.phases)


def read_config(path: Path) -> RunConfig:
    """Read a run's config.

    Raises
    ------
    ConfigError
        If the file is missing, is no TOML, lacks a key or has one that is not known.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: cannot be read as a TOML config: {error}") from error

    phases = tuple(_phase(phase, path) for phase in table.get("phases", []))
    if not phases:
        raise ConfigError(f"{path}: expected at least one [[phases]] table, found none")
    config = {**table, "phases": phases}
    for key in ("data", "start"):
        if key in config:
            config[key] = (path.parent / config[key]).resolve()
    for key in ("turns", "decay_steps"):
        count = config.get(key, 1)
        if not isinstance(count, int) or count < 1:
            raise ConfigError(f"{path}: {key} must be a whole number from 1 on, got {count}")
    if "crop" in config:
        config["crop"] = _crop(config["crop"], path)
    return _fill(RunConfig, config, path)


def _phase(table: dict[str, Any], path: Path) -> Phase:
    shapes = table.get("shapes", [])
    if not (isinstance(shapes, list) and all(map(_is_shape, shapes))):
        raise ConfigError(f"{path}: shapes must be [[height, width], …] in pixels, got {shapes}")
    return _fill(Phase, {**table, "shapes": tuple(map(tuple, shapes))}, path)


def _crop(sides: Any, path: Path) -> tuple[float, float]:
    numbers = isinstance(sides, list) and all(isinstance(side, (int, float)) for side in sides)
    if not numbers or len(sides) != 2 or not 0 < sides[0] <= sides[1]:
        raise ConfigError(f"{path}: crop must be [smallest, largest] above 0, got {sides}")
    return sides[0], sides[1]


def _is_shape(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(side, int) and side > 0 for side in value)
    )


def _fill(kind: type[T], table: dict[str, Any], path: Path) -> T:
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(table.keys() - known)
    if unknown:
        raise ConfigError(
            f"{path}: unknown key {unknown[0]!r}; known keys are {', '.join(sorted(known))}"
        )
    try:
        return kind(**table)
    except TypeError as error:
        raise ConfigError(f"{path}: {error}") from error
