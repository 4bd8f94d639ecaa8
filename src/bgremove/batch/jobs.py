"""What there is to do, and what became of it: plain data, fit to be sent between processes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

Status: TypeAlias = Literal["done", "no-subject", "skipped", "failed"]


@dataclass(frozen=True, kw_only=True)
class Named:
    """What is known by its photo.

    Attributes
    ----------
    name : str
        The photo, as it was named or found.
    frame : int or None
        Which frame of a file that has several, from 0; None for the first, with a word on the
        others.
    frames : int
        How many the file has; 1 where `frame` is None.
    """

    name: str
    frame: int | None = None
    frames: int = 1

    @property
    def label(self) -> str:
        """What the photo is called in messages."""
        if self.frame is None:
            return self.name
        return f"{self.name} [{self.frame + 1} of {self.frames}]"


@dataclass(frozen=True, kw_only=True)
class Job(Named):
    """One photo and where its cutout goes.

    Attributes
    ----------
    source : Path or None
        The photo, or None for standard input.
    target : Path or None
        The cutout's file, or None if the caller wants its bytes.
    overwrite : bool
        Whether a file that is there is replaced.
    folder : Path
        Below the folder for outputs, the one that the photo's own is mirrored to.
    """

    source: Path | None
    target: Path | None
    overwrite: bool = False
    folder: Path = Path()

    def ended(self, status: Status, **told: Any) -> "Outcome":
        """Give its outcome, of which `told` holds the other fields."""
        return Outcome(name=self.name, frame=self.frame, frames=self.frames, status=status, **told)

    def failed(self, message: str, error: str) -> "Outcome":
        """Give its outcome where it has failed."""
        return self.ended("failed", message=message, error=error)


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
class Outcome(Named):
    """What became of one photo.

    Attributes
    ----------
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

    status: Status
    message: str = ""
    error: str = ""
    target: Path | None = None
    subject: Subject | None = field(default=None, compare=False)
    seconds: Mapping[str, float] = field(default_factory=dict, compare=False)
    data: bytes | None = field(default=None, repr=False)


def failed(name: str, message: str, error: str) -> Outcome:
    """Give the outcome of a photo that failed before there was a job for it."""
    return Outcome(name=name, status="failed", message=message, error=error)
