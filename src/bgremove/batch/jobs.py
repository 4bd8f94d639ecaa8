"""What there is to do, and what became of it: plain data, fit to be sent between processes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

Status: TypeAlias = Literal["done", "no-subject", "skipped", "failed"]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One photo and where its cutout goes.

    Attributes
    ----------
    name : str
        What the photo is called in messages.
    source : Path or None
        The photo, or None for standard input.
    target : Path or None
        The cutout's file, or None if the caller wants its bytes.
    frame : int or None
        Which frame of a file that has several; None for the first, with a word on the others.
    overwrite : bool
        Whether a file that is there is replaced.
    folder : Path
        Below the folder for outputs, the one that the photo's own is mirrored to.
    """

    name: str
    source: Path | None
    target: Path | None
    frame: int | None = None
    overwrite: bool = False
    folder: Path = Path()


@dataclass(frozen=True, kw_only=True)
class Subject:
    """How much of the photo the subject is, and where: at alpha 0.5.

    Attributes
    ----------
    width, height : int
        The photo's size, in pixels.
    area : float
        The subject's share of it, 0 to 1.
    box : tuple of 4 ints, or None
        Left, top, width and height, as a remover's ``box``. None where there is none.
    """

    width: int
    height: int
    area: float
    box: tuple[int, int, int, int] | None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one photo.

    Attributes
    ----------
    name : str
        What the photo is called in messages.
    status : {"done", "no-subject", "skipped", "failed"}
        ``skipped`` has an output from an earlier run; only ``failed`` has none.
    message : str
        Why it failed, or what else there is to say; else empty.
    error : str
        The error's kind, as it is called in `bgremove.errors`; empty unless it failed.
    target : Path or None
        The file that was written.
    subject : Subject or None
        None where it failed.
    seconds : mapping of str to float
        How long each stage took, in order.
    data : bytes or None
        The output, where the job names no file for it.
    """

    name: str
    status: Status
    message: str = ""
    error: str = ""
    target: Path | None = None
    subject: Subject | None = field(default=None, compare=False)
    seconds: Mapping[str, float] = field(default_factory=dict, compare=False)
    data: bytes | None = field(default=None, repr=False)


def failed(name: str, message: str, error: str) -> Outcome:
    """Give the outcome of a photo that failed."""
    return Outcome(name=name, status="failed", message=message, error=error)
