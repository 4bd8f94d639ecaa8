"""Who writes where, settled before anything is read or written."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from string import Formatter

from bgremove.batch.jobs import Job, Outcome
from bgremove.batch.manifest import recorded_places
from bgremove.batch.places import Identity, identity, places
from bgremove.batch.sources import OUTPUT_MARK, Source, find_sources, names_one_photo
from bgremove.errors import OptionError
from bgremove.image_io import PICTURE_SUFFIXES, count_frames
from bgremove.image_io.writing import exists_already
from bgremove.output import DEFAULT as DEFAULT_OUTPUT
from bgremove.output import FORMATS, FORMATS_BY_ENDING, Output
from bgremove.paths import STREAM, is_folder, is_no_folder

DEFAULT_NAME = f"{{stem}}{OUTPUT_MARK}.{{ext}}"
"""What an output is called."""

NAME_FIELDS = ("stem", "suffix", "ext")
"""What a template may hold: the photo's name without its ending, that ending, the output's."""

APART = "{stem}-{suffix}.{ext}"
"""A template for photos that have one name and several endings."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What there is to do, and what is refused before anything is done.

    Attributes
    ----------
    jobs : tuple of Job
    refused : tuple of Outcome
    needed : tuple of Path
        Files, beside the photos, that the run reads and no output may replace.
    """

    jobs: tuple[Job, ...]
    refused: tuple[Outcome, ...]
    needed: tuple[Path, ...] = ()


def plan(
    inputs: Sequence[str],
    out: str | None = None,
    *,
    output: Output = DEFAULT_OUTPUT,
    overwrite: bool = False,
    listed: Iterable[str] = (),
    recursive: bool = False,
    name: str = DEFAULT_NAME,
    all_frames: bool = False,
    needed: Iterable[Path] = (),
) -> Plan:
    """Find the photos and settle where each cutout goes. Nothing is decoded or written.

    Parameters
    ----------
    inputs : sequence of str
        Files, glob patterns, folders (their pictures, without earlier cutouts), or ``-`` for
        standard input. What is named twice counts once. No search finds what lies below `out`,
        unless it begins there, or what a run has written, as the manifest in `out` knows.
    out : str, optional
        A folder, a file for one photo, or ``-`` for the bytes. A name that is not there is a
        file's if it ends as pictures do, and has no slash behind it. By default beside each
        photo, and the bytes for standard input. Below a folder, the folders of a searched
        folder, of a pattern's matches and of a list's files are mirrored.
    output : Output, optional
        Its format is that of the files.
    overwrite : bool, default False
        Whether an output that exists is replaced; an input never is.
    listed : iterable of str
        More files, each by its name as it is: no patterns, no folders.
    recursive : bool, default False
        Whether folders are searched to their depths. Links are followed, each folder is
        searched once, and `out` isn't.
    name : str
        A template for the outputs' names, of `NAME_FIELDS` in braces.
    all_frames : bool, default False
        Whether a file of several frames is a photo for each, and not for the first alone.
    needed : iterable of Path
        Files that the run reads beside the photos, as a model: no output may replace them.

    Returns
    -------
    Plan

    Raises
    ------
    OptionError
        If `out` cannot take what the inputs give, if `name` is no template for names, or if
        either ends as another format's files.
    """
    _check_name(name)
    _check_ending("name", name, output.suffix)
    listed = list(listed)
    alone = len(inputs) == 1 and not listed and not all_frames and names_one_photo(inputs[0])
    _check_out(out, output.suffix, alone=alone)
    without = None if out in (None, STREAM) else Path(str(out))
    sources, missing = find_sources(
        inputs,
        listed=listed,
        recursive=recursive,
        without=without,
        made=frozenset() if without is None else recorded_places(without),
    )
    if out == STREAM and len(sources) > 1:
        raise OptionError(f"out {STREAM} takes one photo, got {len(sources)}; name a folder")
    jobs = [
        Job(
            name=source.name,
            source=source.path,
            target=_target(source, out, name, output.suffix, alone=alone),
            overwrite=overwrite,
            folder=source.folder,
        )
        for source in sources
    ]
    if all_frames:
        jobs = [job for parent in jobs for job in _of_each_frame(parent)]
    beside = Plan(jobs=(), refused=(), needed=tuple(needed))
    accepted, refused = refuse(jobs, output.suffix, beside=beside)
    return replace(beside, jobs=tuple(accepted), refused=(*missing, *refused))


def settle_format(output: Output, out: str | None, name: str = DEFAULT_NAME) -> Output:
    """Let the ending that files are to have settle their format, if that is left open.

    Parameters
    ----------
    output : Output
    out : str, optional
    name : str
        As `plan` takes them.

    Returns
    -------
    Output

    Raises
    ------
    OptionError
        If that format cannot hold what `output` asks for.
    """
    if output.format != "auto":
        return output
    named = name if out is None or _is_folder(out) else out
    return replace(output, format=FORMATS_BY_ENDING.get(_ending(named), "auto"))


def output_name(photo: PurePath, template: str, suffix: str) -> str:
    """Name a photo's output, which ends with a suffix, by a template of `NAME_FIELDS`."""
    return template.format(stem=photo.stem, suffix=photo.suffix[1:], ext=suffix[1:])


def _check_name(name: str) -> None:
    try:
        fields = [field for _, *field in Formatter().parse(name) if field[0] is not None]
    except ValueError as error:
        raise OptionError(
            f"name must be a template as {DEFAULT_NAME}, got {name!r}: {error}"
        ) from error
    known = ", ".join(f"{{{field}}}" for field in NAME_FIELDS)
    for field, form, conversion in fields:
        if field not in NAME_FIELDS or form or conversion:
            raise OptionError(f"name may hold {known}, got {{{field}}} in {name!r}")
    if Path(name).name != name or "\0" in name or name in {"", ".", ".."}:
        raise OptionError(f"name must be a file's name, without folders, got {name!r}")


def _check_out(out: str | None, suffix: str, *, alone: bool) -> None:
    if out is None or out == STREAM:
        return
    if not out:
        raise OptionError("out must name a file or a folder, got an empty name")
    if not alone and is_no_folder(Path(out)):
        raise OptionError(f"out must be a folder for several photos, got the file {out}")
    if _is_folder(out):
        return
    if alone:
        _check_ending("out", out, suffix)
    elif _ending(out) in PICTURE_SUFFIXES:
        raise OptionError(
            f"out must be a folder for several photos, got {out}; for a folder of this name: {out}/"
        )


def _check_ending(option: str, name: str, suffix: str) -> None:
    ending = _ending(name)
    if ending in PICTURE_SUFFIXES and ending not in FORMATS_BY_ENDING:
        *others, last = FORMATS.values()
        raise OptionError(
            f"{option} must end with {', '.join(others)} or {last}, got {name}: pictures as "
            f"{ending} are read, not written"
        )
    if _is_of_another_format(name, suffix):
        raise OptionError(
            f"{option} must end with {suffix} to match the format, got {name}; choose another with "
            "--format (format=…): png, webp, jpeg or tiff"
        )


def _is_of_another_format(name: str, suffix: str) -> bool:
    ending = _ending(name)
    return ending in PICTURE_SUFFIXES and FORMATS_BY_ENDING.get(ending) != FORMATS_BY_ENDING[suffix]


def _ending(name: str) -> str:
    return Path(name).suffix.lower()


def _is_folder(out: str) -> bool:
    """Tell whether a name stands for a folder even for one photo.

    One that is not there is a file's if it ends as pictures do.
    """
    if out.endswith(("/", os.sep)) or is_folder(out):
        return True
    return _ending(out) not in PICTURE_SUFFIXES and not os.path.lexists(out)


def _target(
    source: Source, out: str | None, template: str, suffix: str, *, alone: bool
) -> Path | None:
    if out == STREAM:
        return None
    name = output_name(source.path or Path("stdin"), template, suffix)
    if out is None:
        return None if source.path is None else source.path.with_name(name)
    if alone and not _is_folder(out):
        return Path(out)
    return Path(out, source.folder, name)


def _of_each_frame(job: Job) -> list[Job]:
    frames = 1 if job.source is None else count_frames(job.source)
    if frames == 1 or job.target is None:
        return [job]
    digits = len(str(frames))
    return [
        replace(
            job,
            frame=frame,
            frames=frames,
            target=job.target.with_name(
                f"{job.target.stem}-{frame + 1:0{digits}}{job.target.suffix}"
            ),
        )
        for frame in range(frames)
    ]


def refuse(jobs: Sequence[Job], suffix: str, *, beside: Plan) -> tuple[list[Job], list[Outcome]]:
    """Part the jobs that can be done from those whose output would cost a file, or deceive.

    Parameters
    ----------
    jobs : sequence of Job
    suffix : str
        Of the format that their outputs have.
    beside : Plan
        Other work, of which no photo, no output and no file that it needs may be lost.

    Returns
    -------
    list of Job
    list of Outcome
    """
    everything = [*beside.jobs, *jobs]
    where = places(everything)
    writers: dict[str, list[str]] = {}
    for job in everything:
        writers.setdefault(where[job], []).append(job.label)
    losses = {identity(path): f"{path}, which the run needs" for path in beside.needed}
    losses |= {identity(Path(other.name)): f"the input {other.name}" for other in beside.refused}
    losses |= {identity(job.source): f"the input {job.label}" for job in everything if job.source}

    accepted, refused = [], []
    for job in jobs:
        problem = job.target and _problem(job, job.target, suffix, writers[where[job]], losses)
        if problem:
            refused.append(job.failed(problem, "ImageWriteError"))
        else:
            accepted.append(job)
    return accepted, refused


def _problem(
    job: Job,
    target: Path,
    suffix: str,
    writers: list[str],
    losses: dict[Identity | None, str],
) -> str | None:
    if _is_of_another_format(target.name, suffix):
        return f"{target} would be a {suffix}; end the name with .{{ext}}"
    if len(writers) > 1:
        both = " and of ".join(writers)
        hint = f"; bgremove batch --name '{APART}' keeps them apart" if _differ(writers) else ""
        return f"{target} would be the output of {both}; nothing was written{hint}"
    known = identity(target)
    if known and known in losses:
        return f"{target} would overwrite {losses[known]}; nothing was written"
    if os.path.lexists(target) and not job.overwrite:
        return exists_already(str(target))
    return None


def _differ(names: Sequence[str]) -> bool:
    """Tell whether each photo's name ends in another way."""
    return len({_ending(name) for name in names}) == len(names)
