"""Many photos: plan who writes where, then run, one outcome a photo.

`plan` looks at names only, and refuses up front what would end badly: two photos with one
output, an output over an input. `run` does the work; whatever goes wrong with a photo costs
that photo only.
"""

import glob
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bgremove.compose import cutout
from bgremove.errors import (
    BgremoveError,
    ImageReadError,
    NoSubjectError,
    OptionError,
)
from bgremove.image_io import (
    DEFAULT_MAX_PIXELS,
    PICTURE_SUFFIXES,
    Photo,
    decode,
    read_photo,
    write_atomically,
)
from bgremove.output import DEFAULT as DEFAULT_OUTPUT
from bgremove.output import Output, encoded, rendered
from bgremove.removers.base import Matte, Remover

STREAM = "-"
"""Standard input or output, in the place of a file's name."""

OUTPUT_ENDING = "-cutout"
"""What an output is called after its photo's name; its format's suffix follows."""

Status: TypeAlias = Literal["done", "no-subject", "failed"]

_log = logging.getLogger(__name__)


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
    """

    name: str
    source: Path | None
    target: Path | None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one photo.

    Attributes
    ----------
    name : str
        What the photo is called in messages.
    status : {"done", "no-subject", "failed"}
        Only ``failed`` has no output.
    message : str
        Why it failed, or that nothing was found; else empty.
    target : Path or None
        The file that was written.
    data : bytes or None
        The file's content, where the job names no file for it.
    """

    name: str
    status: Status
    message: str = ""
    target: Path | None = None
    data: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What there is to do, and what is refused before anything is done."""

    jobs: tuple[Job, ...]
    refused: tuple[Outcome, ...]


def plan(
    inputs: Sequence[str],
    out: str | None = None,
    *,
    output: Output = DEFAULT_OUTPUT,
    overwrite: bool = False,
) -> Plan:
    """Find the photos and settle where each cutout goes. Nothing is read or written.

    Parameters
    ----------
    inputs : sequence of str
        Files, glob patterns, folders (their pictures, without those of subfolders and without
        earlier cutouts), or ``-`` for standard input. What is named twice counts once.
    out : str, optional
        A folder (one that exists, or ends with a slash, or any name if there may be several
        photos), a file for one photo, or ``-`` for the bytes. By default
        ``NAME-cutout.png`` beside each photo, and the bytes for standard input.
    output : Output, optional
        Its format is that of the files.
    overwrite : bool, default False
        Whether an output that exists is replaced; an input never is.

    Returns
    -------
    Plan

    Raises
    ------
    OptionError
        If `out` cannot take what the inputs give.
    """
    alone = len(inputs) == 1 and _names_one_photo(inputs[0])
    _check_out(out, output.suffix, alone=alone)
    sources, missing = _sources(inputs)
    if out == STREAM and len(sources) > 1:
        raise OptionError(f"out {STREAM} takes one photo, got {len(sources)}; name a folder")
    jobs = [replace(job, target=_target(job, out, output.suffix, alone=alone)) for job in sources]
    accepted, refused = _refuse(jobs, overwrite=overwrite)
    return Plan(jobs=tuple(accepted), refused=(*missing, *refused))


def run(
    jobs: Sequence[Job],
    remover: Remover,
    *,
    output: Output = DEFAULT_OUTPUT,
    overwrite: bool = False,
    require_subject: bool = False,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> Iterator[Outcome]:
    """Cut the jobs' photos out, one after the other.

    Parameters
    ----------
    jobs : sequence of Job
    remover : Remover
    output : Output, optional
        What to make of each cutout, and in which format.
    overwrite : bool, default False
        Whether an output that exists is replaced.
    require_subject : bool, default False
        Whether a photo without a subject fails, and gives no output.
    max_pixels : int
        A photo with more is refused before it is decoded.

    Yields
    ------
    Outcome
        One a job, in their order; no error of a photo stops the others.
    """
    for job in jobs:
        yield _attempt(
            job,
            remover,
            output=output,
            overwrite=overwrite,
            require_subject=require_subject,
            max_pixels=max_pixels,
        )


def _attempt(
    job: Job,
    remover: Remover,
    *,
    output: Output,
    overwrite: bool,
    require_subject: bool,
    max_pixels: int,
) -> Outcome:
    try:
        photo = _read(job, max_pixels)
        matte = remover.matte(photo.image)
        if require_subject and not matte.found:
            raise NoSubjectError(f"no {remover.subject} found; nothing was written")
        data = encoded(_render(photo, matte, output), photo, output)
        if job.target is not None:
            write_atomically(data, job.target, overwrite=overwrite)
    except BgremoveError as error:
        return _failed(job.name, str(error))
    except MemoryError:
        return _failed(job.name, "not enough memory for a picture of this size")
    except Exception as error:  # noqa: BLE001  (our own bug, too, costs one photo only)
        _log.debug("%s: internal error", job.name, exc_info=True)
        return _failed(job.name, f"internal error: {type(error).__name__}: {error}")
    nothing = f"no {remover.subject} found; the cutout is fully transparent"
    return Outcome(
        name=job.name,
        status="done" if matte.found else "no-subject",
        message="" if matte.found else nothing,
        target=job.target,
        data=data if job.target is None else None,
    )


def _render(photo: Photo, matte: Matte, output: Output) -> NDArray[np.uint8]:
    return rendered(cutout(photo.image, matte.source, photo.alpha), photo.image, output)


def _read(job: Job, max_pixels: int) -> Photo:
    if job.source is None:
        return decode(sys.stdin.buffer.read(), STREAM, max_pixels=max_pixels)
    return read_photo(job.source, max_pixels=max_pixels)


def _failed(name: str, message: str) -> Outcome:
    return Outcome(name=name, status="failed", message=message)


def _names_one_photo(text: str) -> bool:
    """Tell whether an input stands for one photo whatever a folder holds today."""
    return text == STREAM or not (Path(text).is_dir() or _is_pattern(text))


def _check_out(out: str | None, suffix: str, *, alone: bool) -> None:
    if out is None or out == STREAM:
        return
    path = Path(out)
    if not out:
        raise OptionError("out must name a file or a folder, got an empty name")
    if not alone and path.exists() and not path.is_dir():
        raise OptionError(f"out must be a folder for several photos, got the file {out}")
    others = PICTURE_SUFFIXES - {suffix, _SPELLINGS.get(suffix)}
    if alone and path.suffix.lower() in others and not path.is_dir():
        raise OptionError(
            f"out must end with {suffix}, got {out}; name the format, too: "
            "--format png, webp, jpeg or tiff (format=…)"
        )


_SPELLINGS = {".jpg": ".jpeg", ".tif": ".tiff"}


def _sources(inputs: Sequence[str]) -> tuple[list[Job], list[Outcome]]:
    """Expand the inputs into jobs that have no targets yet, and what leads nowhere."""
    jobs: dict[str, Job] = {}
    missing: dict[str, Outcome] = {}
    for text in inputs:
        if text == STREAM:
            jobs[STREAM] = Job(name=STREAM, source=None, target=None)
            continue
        try:
            for path in _expand(text):
                jobs.setdefault(_place(path), Job(name=str(path), source=path, target=None))
        except ImageReadError as error:
            missing[text] = _failed(text, str(error))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            missing[text] = _failed(text, f"cannot be read: {reason}")
    return list(jobs.values()), list(missing.values())


def _expand(text: str) -> list[Path]:
    if _is_pattern(text):
        matches = sorted(glob.glob(text))  # noqa: PTH207  (Path.glob takes no absolute pattern)
        if not matches:
            raise ImageReadError("expected a pattern that a file matches, found none")
        return [path for match in matches for path in _files(Path(match))]
    if not os.path.lexists(text):
        raise ImageReadError("expected a picture or a folder, found nothing of this name")
    return _files(Path(text))


def _is_pattern(text: str) -> bool:
    """Tell patterns from names: a file that has brackets in its name is a file."""
    return glob.has_magic(text) and not os.path.lexists(text)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    pictures = sorted(entry for entry in path.iterdir() if _is_photo(entry))
    if not pictures:
        kinds = " ".join(sorted(PICTURE_SUFFIXES))
        raise ImageReadError(f"expected a folder with photos in it ({kinds}), found none")
    return pictures


def _is_photo(path: Path) -> bool:
    return (
        path.suffix.lower() in PICTURE_SUFFIXES
        and not path.name.startswith(".")
        and not path.stem.endswith(OUTPUT_ENDING)
        and path.is_file()
    )


def _target(job: Job, out: str | None, suffix: str, *, alone: bool) -> Path | None:
    if out == STREAM:
        return None
    name = ("stdin" if job.source is None else job.source.stem) + OUTPUT_ENDING + suffix
    if out is None:
        return None if job.source is None else job.source.with_name(name)
    folder = not alone or out.endswith(("/", os.sep)) or Path(out).is_dir()
    return Path(out, name) if folder else Path(out)


def _refuse(jobs: Sequence[Job], *, overwrite: bool) -> tuple[list[Job], list[Outcome]]:
    """Part the jobs that can be done from those whose output would cost a file."""
    writers: dict[str, list[str]] = {}
    for job in jobs:
        if job.target is not None:
            writers.setdefault(_place(job.target), []).append(job.name)
    inputs = {_identity(job.source): job.name for job in jobs if job.source is not None}

    accepted, refused = [], []
    for job in jobs:
        problem = job.target and _problem(job.target, writers, inputs, overwrite=overwrite)
        if problem:
            refused.append(_failed(job.name, problem))
        else:
            accepted.append(job)
    return accepted, refused


def _problem(
    target: Path,
    writers: dict[str, list[str]],
    inputs: dict[tuple[int, int] | None, str],
    *,
    overwrite: bool,
) -> str | None:
    sharing = writers[_place(target)]
    if len(sharing) > 1:
        return f"{target} would be the output of {' and of '.join(sharing)}; nothing was written"
    identity = _identity(target)
    if identity and identity in inputs:
        return f"{target} would overwrite the input {inputs[identity]}; nothing was written"
    if os.path.lexists(target) and not overwrite:
        return f"{target}: exists already; pass --overwrite (overwrite=True) to replace it"
    return None


def _place(path: Path) -> str:
    """Where a file is, by its real folder: one place has one spelling."""
    return os.path.normcase(Path(os.path.realpath(path.parent), path.name))


def _identity(path: Path) -> tuple[int, int] | None:
    """What a file is, whatever links or spellings lead to it; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
