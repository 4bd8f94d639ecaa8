"""A model's card: how to feed it, how to read it, where it comes from, how good it is."""

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bgremove.errors import (
    CardError,
    HashError,
    ImageWriteError,
    ModelMismatchError,
    reason_of,
)

CARD_FILE = "card.json"


@dataclass(frozen=True, kw_only=True)
class InputSpec:
    """How an image becomes a network's input: resized, then ``(x / 255 - mean) / std``.

    Attributes
    ----------
    height, width : int
        In pixels; the photo's aspect is ignored, as the original did.
    shapes : tuple of (height, width), optional
        What it is resized to instead: that of them whose aspect is nearest to the photo's own.
    coarse_shapes : tuple of (height, width), optional
        The same for a second look (`second_look`); there is none without.
    mean, std : tuple of 3 floats
        By channel, R, G, B.
    """

    height: int = 224
    width: int = 224
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    shapes: tuple[tuple[int, int], ...] = ()
    coarse_shapes: tuple[tuple[int, int], ...] = ()

    @property
    def all_shapes(self) -> tuple[tuple[int, int], ...]:
        """Heights and widths that the network is asked at first."""
        return self.shapes or ((self.height, self.width),)

    def shape_for(self, height: int, width: int) -> tuple[int, int]:
        """Give the height and width that a photo of this size is brought to."""
        return nearest_shape(self.all_shapes, width / height)

    def coarse(self) -> "InputSpec":
        """Give the input of the second look."""
        return replace(self, shapes=self.coarse_shapes)

    def at(self, shapes: Sequence[tuple[int, int]]) -> "InputSpec":
        """Give the input at other heights and widths, without a second look."""
        height, width = shapes[0]
        several = tuple(shapes) if len(shapes) > 1 else ()
        return replace(self, height=height, width=width, shapes=several, coarse_shapes=())


def nearest_shape(shapes: Sequence[tuple[int, int]], aspect: float) -> tuple[int, int]:
    """Choose the height and width whose aspect, width over height, is nearest to a picture's."""
    return min(shapes, key=lambda shape: abs(math.log(shape[1] / shape[0] / aspect)))


@dataclass(frozen=True, kw_only=True)
class PresenceRule:
    """When a network's output counts as having found something.

    Attributes
    ----------
    probability : float
        In [0, 1].
    area : float
        Least share of the photo, in [0, 1], that must reach `probability`.
    """

    probability: float = 0.5
    area: float = 0.002


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file beside the card, and what it must be."""

    file: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What a model is.

    Attributes
    ----------
    name, description : str
    input : InputSpec
    outputs : tuple of str
        What each output channel is, in order; one of them is ``person``.
    threshold : float
        The probability at which the edge lies where the network is sure, in [0, 1].
    presence : dict of str to PresenceRule
        By output.
    outward : float
        How far outside the subject's true outline the network's lies, in pixels of its map, in
        [0, 1].
    weights, golden : StoredFile, optional
        The weights, and an input with the output that they give. Only a Keras file that came
        without a card lacks them.
    network : str, optional
        The preset of `bgremove.network` that the weights belong to.
    parameters : int, optional
    licence : str, optional
    training : dict, optional
        Data sets with counts and terms, images seen, hardware.
    metrics : dict, optional
        By split of the data: the figures of ``python -m bgremove.evaluation``.
    """

    name: str
    description: str
    input: InputSpec
    outputs: tuple[str, ...]
    threshold: float = 0.5
    presence: dict[str, PresenceRule] = field(default_factory=dict)
    outward: float = 0.0
    weights: StoredFile | None = None
    golden: StoredFile | None = None
    network: str | None = None
    parameters: int | None = None
    licence: str | None = None
    training: dict[str, Any] | None = field(default=None, repr=False)
    metrics: dict[str, dict[str, float]] | None = field(default=None, repr=False)

    def channel_of(self, output: str) -> int:
        """Give the index of an output's channel.

        Raises
        ------
        ModelMismatchError
            If the model has no such output.
        """
        if output not in self.outputs:
            known = ", ".join(self.outputs)
            raise ModelMismatchError(
                f"{self.name}: expected an output {output!r}, the model has {known}"
            )
        return self.outputs.index(output)

    def presence_of(self, output: str) -> PresenceRule:
        """Give the rule by which an output counts as having found something."""
        return self.presence.get(output, PresenceRule())


def read_card(path: Path) -> ModelCard:
    """Read and check a ``card.json``.

    Raises
    ------
    CardError
        If the file is missing or no JSON object, or if a key is missing, unknown, or has a
        value of the wrong kind.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise CardError(f"{path}: expected a model's card here, found no file") from error
    except (OSError, ValueError, RecursionError) as error:
        raise CardError(f"{path}: expected a model's card in JSON: {error}") from error
    if not isinstance(table, dict):
        raise CardError(f"{path}: expected a JSON object, found {type(table).__name__}")
    try:
        return _card(table)
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise CardError(f"{path}: the card does not fit: {error}") from error


REQUIRED_TO_SHIP = ("weights", "golden", "network", "parameters", "licence", "training", "metrics")


def check_complete(card: ModelCard) -> None:
    """Check that a card tells all that a shipped model's must.

    Raises
    ------
    CardError
        Naming what is missing.
    """
    missing = [key for key in REQUIRED_TO_SHIP if not getattr(card, key)]
    if missing:
        raise CardError(f"{card.name}: the card lacks {', '.join(missing)}")


def check_hash(path: Path, expected: str) -> None:
    """Check a file against its card's sha256.

    Raises
    ------
    HashError
        If the file is missing or is another.
    """
    try:
        found = sha256_of(path)
    except OSError as error:
        raise HashError(f"{path}: cannot be read: {reason_of(error)}") from error
    if found != expected.lower():
        raise HashError(
            f"{path}: expected sha256 {expected[:12]}…, found {found[:12]}…; "
            "the file is damaged or not the card's: install bgremove again; "
            "of a model of your own, write its sha256 into the card"
        )


def sha256_of(path: Path) -> str:
    """Hash a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_HASHED_AT_ONCE):
            digest.update(part)
    return digest.hexdigest()


_HASHED_AT_ONCE = 2**18
"""Bytes."""


def write_card(card: ModelCard, path: Path) -> None:
    """Write a card as JSON, keys in the order of `ModelCard`, nothing that is None; atomically.

    Raises
    ------
    CardError
        If it cannot be written.
    """
    from bgremove.image_io import write_atomically  # brings Pillow, which `doctor` must do without

    text = json.dumps(table_of(card), indent=2, ensure_ascii=False) + "\n"
    try:
        write_atomically(text.encode(), path, overwrite=True)
    except ImageWriteError as error:
        raise CardError(str(error)) from error


def table_of(card: ModelCard) -> dict[str, Any]:
    """Give a card as the plain data of its ``card.json``."""
    table = {key: value for key, value in asdict(card).items() if value is not None}
    for key in ("shapes", "coarse_shapes"):
        if not table["input"][key]:
            del table["input"][key]
    return table


def _card(table: dict[str, Any]) -> ModelCard:
    """Make a card of a JSON object; what does not fit raises, and `read_card` tells it."""
    kinds = {"input": InputSpec, "weights": StoredFile, "golden": StoredFile}
    nested = {key: kind(**table[key]) for key, kind in kinds.items() if key in table}
    rules = table.get("presence", {})
    presence = {output: PresenceRule(**rule) for output, rule in rules.items()}
    card = ModelCard(**{**table, **nested, "presence": presence})
    card = replace(card, outputs=tuple(card.outputs), input=_input(card.input))
    _check_words(card)
    _check_outputs(card)
    _check_shares(card)
    return card


def _input(spec: InputSpec) -> InputSpec:
    """Check how images become inputs, and make tuples of JSON's lists."""
    _shape((spec.height, spec.width))
    std = _triple("std", spec.std)
    if 0 in std:
        raise ValueError("input.std must not be 0")
    return replace(
        spec,
        mean=_triple("mean", spec.mean),
        std=std,
        shapes=tuple(map(_shape, spec.shapes)),
        coarse_shapes=tuple(map(_shape, spec.coarse_shapes)),
    )


def _check_words(card: ModelCard) -> None:
    if not isinstance(card.name, str):
        raise ValueError(f"name must be a string, got {card.name!r}")
    if not isinstance(card.network, (str, type(None))):
        raise ValueError(f"network must be a string, got {card.network!r}")
    for key, stored in (("weights", card.weights), ("golden", card.golden)):
        if stored and not (isinstance(stored.file, str) and isinstance(stored.sha256, str)):
            raise ValueError(f"{key} must name a file and its sha256, got {asdict(stored)}")


def _check_outputs(card: ModelCard) -> None:
    if "person" not in card.outputs:
        raise ValueError(f"outputs must name 'person', got {list(card.outputs)}")
    foreign = sorted(card.presence.keys() - set(card.outputs))
    if foreign:
        raise ValueError(f"presence.{foreign[0]}: outputs are {', '.join(card.outputs)}")


def _check_shares(card: ModelCard) -> None:
    shares = {"threshold": card.threshold, "outward": card.outward}
    for output, rule in card.presence.items():
        shares[f"presence.{output}.probability"] = rule.probability
        shares[f"presence.{output}.area"] = rule.area
    for key, share in shares.items():
        if not (isinstance(share, (int, float)) and 0 <= share <= 1):
            raise ValueError(f"{key} must be a number in 0…1, got {share!r}")


def _shape(sides: Iterable[int]) -> tuple[int, int]:
    shape = tuple(sides)
    if len(shape) != 2 or not all(isinstance(side, int) and side > 0 for side in shape):
        raise ValueError(f"input height and width must be whole numbers above 0, got {shape}")
    return shape


def _triple(key: str, values: Iterable[float]) -> tuple[float, float, float]:
    numbers = tuple(values)
    if len(numbers) != 3 or not all(isinstance(number, (int, float)) for number in numbers):
        raise ValueError(f"input.{key} must be three numbers, got {list(numbers)}")
    return numbers
