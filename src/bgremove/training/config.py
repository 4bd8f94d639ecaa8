"""One TOML file describes one training run."""

import math
import sys
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from itertools import accumulate, chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bgremove.errors import ConfigError
from bgremove.option_checks import told

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from bgremove.network.tiramisu import Tiramisu

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
"""Keras dtype policies under which weights and their average stay float32."""


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
        decay of the moving average of the weights, one of `PRECISIONS`.
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


@dataclass(frozen=True)
class _Kind:
    """What a key's value must be: in words, and as a test."""

    told: str
    fits: Callable[[Any], bool]


def _whole(least: int, most: float = math.inf) -> _Kind:
    words = f"from {least} on" if most == math.inf else f"in {least}…{most}"
    return _Kind(f"a whole number {words}", lambda value: _is_whole(value, least, most))


def _is_whole(value: Any, least: int, most: float = math.inf) -> bool:
    return type(value) is int and least <= value <= most


def _is_number(value: Any, most: float = sys.float_info.max) -> bool:
    """Tell whether it is one from 0 on: finite, and no bool."""
    return type(value) in (int, float) and 0 <= value <= most


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _are_weights(value: Any) -> bool:
    numbers = isinstance(value, dict) and all(map(_is_number, value.values()))
    return numbers and (not value or 0 < sum(value.values()) < math.inf)


def _is_crop(value: Any) -> bool:
    numbers = isinstance(value, list) and all(map(_is_number, value))
    return numbers and len(value) == 2 and 0 < value[0] <= value[1]


def _are_shapes(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_shape, value))


def _is_shape(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_is_whole(side, 1) for side in value)


_TEXT = _Kind("a text", _is_text)
_PATH = _Kind("a path", lambda value: _is_text(value) and "\0" not in value)
_FROM_0 = _Kind("a finite number from 0 on", _is_number)
_ABOVE_0 = _Kind("a finite number above 0", lambda value: _is_number(value) and value > 0)
_SHARE = _Kind("a number in 0…1", lambda value: _is_number(value, 1))

_PHASE_KINDS = {
    "size": _whole(1),
    "shapes": _Kind("[[height, width], …] in pixels", _are_shapes),
    "steps": _whole(1),
    "batch": _whole(1),
}

_RUN_KINDS = {
    "network": _TEXT,
    "data": _PATH,
    "phases": _Kind(
        "[[phases]] tables, one or more", lambda value: isinstance(value, list) and value != []
    ),
    "learning_rate": _ABOVE_0,
    "turns": _whole(1),
    "weights": _Kind("a table of finite numbers from 0 on, not all 0", _are_weights),
    "terms": _Kind("a table of texts", _are_texts),
    "teacher": _TEXT,
    "seed": _whole(0, 2**32 - 1),
    "weight_decay": _FROM_0,
    "clip_norm": _ABOVE_0,
    "warmup_steps": _whole(0),
    "decay_steps": _whole(1),
    "ema": _SHARE,
    "precision": _Kind(f"one of {', '.join(PRECISIONS)}", lambda value: value in PRECISIONS),
    "paste": _SHARE,
    "crop": _Kind("[smallest, largest] above 0", _is_crop),
    "start": _PATH,
    "checkpoint_minutes": _FROM_0,
    "validate_minutes": _FROM_0,
}


def read_config(path: Path) -> RunConfig:
    """Read a run's config.

    Raises
    ------
    ConfigError
        If the file is missing or is no TOML; if a key is missing, not known, or has a value of
        another kind or outside its range.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: cannot be read as a TOML config: {error}") from error

    _check(table, _RUN_KINDS, RunConfig, f"{path}")
    phases = tuple(
        _phase(phase, f"{path}: phase {number}") for number, phase in enumerate(table["phases"], 1)
    )
    paths = {key: (path.parent / table[key]).resolve() for key in ("data", "start") if key in table}
    crop = {"crop": tuple(table["crop"])} if "crop" in table else {}
    return RunConfig(**{**table, **paths, **crop, "phases": phases})


def network_of(config: RunConfig) -> "Tiramisu":
    """Give the network that a config names.

    Raises
    ------
    ConfigError
        If there is none of that name, or its stride does not divide all sides of the phases.
    """
    from bgremove.network.tiramisu import preset, total_stride  # brings Keras, which gpu/ lacks

    tiramisu = preset(config.network)
    stride = total_stride(tiramisu)
    for phase in config.phases:
        for side in (phase.size, *chain(*phase.shapes)):
            if side % stride:
                raise ConfigError(
                    f"phases: sides must be multiples of {stride}, the stride of "
                    f"{config.network}, got {side}"
                )
    return tiramisu


def _phase(table: Any, place: str) -> Phase:
    if not isinstance(table, dict):
        raise ConfigError(
            f"{place}: expected a table of {', '.join(_PHASE_KINDS)}, got {told(table)}"
        )
    _check(table, _PHASE_KINDS, Phase, place)
    return Phase(**{**table, "shapes": tuple(map(tuple, table.get("shapes", [])))})


def _check(table: dict[str, Any], kinds: dict[str, _Kind], made: type, place: str) -> None:
    unknown = sorted(table.keys() - kinds.keys())
    if unknown:
        raise ConfigError(
            f"{place}: unknown key {unknown[0]!r}; known keys are {', '.join(sorted(kinds))}"
        )
    needed = [each.name for each in fields(made) if each.default is each.default_factory is MISSING]
    missing = [key for key in needed if key not in table]
    if missing:
        raise ConfigError(
            f"{place}: expected the keys {', '.join(needed)}, found no {', '.join(missing)}"
        )
    for key, value in table.items():
        if not kinds[key].fits(value):
            raise ConfigError(f"{place}: {key} must be {kinds[key].told}, got {told(value)}")
