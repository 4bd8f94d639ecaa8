"""What a run has done, beside its outputs, so that a second run can take up where it ended.

One line of JSON an event, appended in one write: ``begun`` before a worker starts a photo, and
``ended`` after its output has its name. A run that is killed leaves at most one broken line, its
last, which counts for nothing.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from bgremove.batch.jobs import Job, Outcome, Subject
from bgremove.batch.places import identity, place_of, real_folder
from bgremove.errors import ImageWriteError, reason_of
from bgremove.image_io import remove_parts
from bgremove.locks import try_lock
from bgremove.paths import is_file

MANIFEST_FILE = ".bgremove-manifest.jsonl"
"""Its name, in the folder that the outputs go to."""

Stamp = list[int] | None
"""A file's size in bytes and its modification time in nanoseconds; None where there is none."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """The last that is known of an output.

    Attributes
    ----------
    status : str
        ``begun``, or the outcome's.
    input : Stamp
        As the photo was when it was begun.
    output : Stamp
        As it was when it was written; None for a photo that was begun and not ended.
    recipe : str
        `Recipe.fingerprint` of the run.
    source : str
        Where the photo is, from the real folder of the outputs, so that both can move together;
        the whole of it from another drive. Empty where nothing tells, as in early manifests.
    """

    status: str
    input: Stamp = None
    output: Stamp = None
    recipe: str = ""
    message: str = ""
    subject: Subject | None = None
    source: str = ""


@dataclass(frozen=True)
class Past:
    """What earlier runs have left in a folder, as a run sees it that is to come.

    Attributes
    ----------
    folder : Path
        Where the outputs go.
    recipe : str
        `Recipe.fingerprint` of the run that is to come.
    records : mapping of str to Record
        By output, from the folder.
    """

    folder: Path
    recipe: str
    records: Mapping[str, Record]

    def sort_out(
        self, jobs: Sequence[Job], *, overwrite: bool = False
    ) -> tuple[list[Job], list[Outcome]]:
        """Part what is still to do from what an earlier run has done for good.

        Parameters
        ----------
        jobs : sequence of Job
            Planned with ``overwrite=True``; with targets in this folder.
        overwrite : bool, default False
            Whether outputs that no run has made, or that were changed since, are replaced.

        Returns
        -------
        list of Job
            An output that an earlier run has made, or begun, is replaced.
        list of Outcome
            Of the others: ``skipped``, or ``failed`` where an output must not be replaced.
        """
        to_do, settled = [], []
        for job in jobs:
            record, output = self._record(job), stamp(job.target)
            if self._is_valid(record, job, output):
                settled.append(_skipped(job, record))
                continue
            is_ours = _is_ours(record, output)
            reason = None if overwrite else self._against(record, job, is_ours=is_ours)
            if reason is None:
                to_do.append(replace(job, overwrite=overwrite or is_ours))
            else:
                reason = f"{job.target}: exists already, {reason}; --overwrite replaces it"
                settled.append(job.failed(reason, "ImageWriteError"))
        return to_do, settled

    def torn(self, jobs: Sequence[Job]) -> list[Path]:
        """List the outputs that a run has begun and not ended."""
        return [_target(job) for job in jobs if self._record(job).status == "begun"]

    def _record(self, job: Job) -> Record:
        return self.records.get(_key(job, self.folder), _UNKNOWN)

    def _is_valid(self, record: Record, job: Job, output: Stamp) -> bool:
        return (
            record.status in {"done", "no-subject"}
            and record.recipe == self.recipe
            and record.input == stamp(job.source)
            and record.output == output is not None
            and self._is_of_photo(record, job)
        )

    def _against(self, record: Record, job: Job, *, is_ours: bool) -> str | None:
        """Tell what speaks against writing a job's output; nothing where there is none."""
        if not os.path.lexists(_target(job)):
            return None
        if not is_ours:
            return "and is not as an earlier run left it"
        if not self._is_of_photo(record, job) and self._photo_of(record).exists():
            return f"and is of another photo, {self._photo_of(record)}"
        return None

    def _is_of_photo(self, record: Record, job: Job) -> bool:
        if not record.source or job.source is None:
            return True
        return identity(self._photo_of(record)) == identity(job.source)

    def _photo_of(self, record: Record) -> Path:
        return Path(os.path.normpath(Path(self._real_folder, record.source)))

    @cached_property
    def _real_folder(self) -> str:
        return real_folder(self.folder)


class Manifest:
    """The open manifest of one run; no other run can open it at the same time.

    Parameters
    ----------
    folder : Path
        Where the outputs go.
    recipe : str
        `Recipe.fingerprint` of this run.

    Raises
    ------
    ImageWriteError
        If it cannot be read or written, or if another run has it open.
    """

    def __init__(self, folder: Path, recipe: str) -> None:
        self._folder = folder
        self._recipe = recipe
        self._begun: dict[Path, Record] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if (folder / MANIFEST_FILE).exists() and not (folder / MANIFEST_FILE).is_file():
                raise _unwritable(folder, "expected a file, got a folder or device")
            self._file: BinaryIO = (folder / MANIFEST_FILE).open("a+b", buffering=0)
            if not try_lock(self._file):
                self._file.close()
                raise ImageWriteError(f"{folder}: another run is writing there; wait for it")
            self.records = _read(self._file)
        except OSError as error:
            raise _unwritable(folder, reason_of(error)) from error

    def __enter__(self) -> "Manifest":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def sort_out(
        self, jobs: Sequence[Job], *, overwrite: bool = False
    ) -> tuple[list[Job], list[Outcome]]:
        """Part what is still to do from what an earlier run has done for good, as `Past` does.

        Parts of files that a killed run has left are removed.
        """
        past = Past(self._folder, self._recipe, self.records)
        remove_parts(past.torn(jobs))
        return past.sort_out(jobs, overwrite=overwrite)

    def begin(self, job: Job) -> None:
        """Write down that a job is about to be started."""
        source = _place_from(self._folder, job.source)
        record = Record(status="begun", input=stamp(job.source), source=source)
        self._begun[_target(job)] = record
        self._append(job, record)

    def end(self, job: Job, outcome: Outcome) -> None:
        """Write down what became of a job."""
        begun = self._begun.pop(_target(job), _UNKNOWN)
        record = replace(
            begun,
            output=stamp(job.target) if outcome.status != "failed" or job.overwrite else None,
            recipe=self._recipe,
            status=outcome.status,
            message=outcome.message,
            subject=outcome.subject,
        )
        self._append(job, record)

    def _append(self, job: Job, record: Record) -> None:
        line = json.dumps({"file": _key(job, self._folder), **asdict(record)}).encode() + b"\n"
        try:
            written = self._file.write(line)
        except OSError as error:
            raise _unwritable(self._folder, reason_of(error)) from error
        if written != len(line):
            raise _unwritable(self._folder, "no space left")


def _unwritable(folder: Path, reason: str) -> ImageWriteError:
    return ImageWriteError(f"{folder / MANIFEST_FILE}: cannot be written: {reason}")


def read_records(folder: Path) -> dict[str, Record]:
    """Read what runs have written down in a folder.

    Returns
    -------
    dict of str to Record
        By output, from the folder; empty where there is no manifest, or none that can be read.
    """
    if not is_file(folder / MANIFEST_FILE):
        return {}
    try:
        return _records((folder / MANIFEST_FILE).read_bytes())
    except (OSError, ValueError):
        return {}


def recorded_places(folder: Path) -> frozenset[str]:
    """Tell where the outputs are that runs have begun or written in a folder, by `place_of`.

    What has failed, or was changed since, leaves a place to files of the user's own.
    """
    records = read_records(folder).items()
    outputs = (folder / name for name, record in records if _is_ours(record, stamp(folder / name)))
    return frozenset(map(place_of, outputs))


def stamp(path: Path | None) -> Stamp:
    """Tell a file's size and when it was last changed."""
    if path is None:
        return None
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return [status.st_size, status.st_mtime_ns]


_UNKNOWN = Record(status="unknown")


def _key(job: Job, folder: Path) -> str:
    return _way(_target(job), folder)


def _way(path: str | Path, folder: str | Path) -> str:
    """Lead from a folder to a file, by slashes on every system."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except FileNotFoundError as error:
        raise ImageWriteError(
            f"{path}: the current folder is gone; go to one that is there"
        ) from error


def _place_from(folder: Path, photo: Path | None) -> str:
    """Where a photo is, as `Record.source` tells it."""
    if photo is None:
        return ""
    place = Path(real_folder(photo.parent), photo.name)
    try:
        return _way(place, real_folder(folder))
    except ValueError:  # on another drive
        return str(place)


def _target(job: Job) -> Path:
    assert job.target is not None, "a manifest is for jobs that write files"
    return job.target


def _is_ours(record: Record, output: Stamp) -> bool:
    return record.status == "begun" or record.output == output is not None


def _skipped(job: Job, record: Record) -> Outcome:
    return job.ended("skipped", message=record.message, target=job.target, subject=record.subject)


def _read(file: BinaryIO) -> dict[str, Record]:
    file.seek(0)
    text = file.read()
    if text and not text.endswith(b"\n"):
        file.write(b"\n")
    return _records(text)


def _records(text: bytes) -> dict[str, Record]:
    return dict(filter(None, map(_event, text.splitlines())))


def _event(line: bytes) -> tuple[str, Record] | None:
    """Read a line; one that was cut off, or that is not as this version writes it, says nothing."""
    try:
        event = json.loads(line)
        output = _name(event.pop("file"))
        return output, Record(**{key: _KINDS[key](value) for key, value in event.items()})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _name(value: Any) -> str:
    """Take a file's name, if the system can look for it."""
    name = _text(value)
    if "\0" in name:
        raise ValueError(name)
    return name


def _text(value: Any) -> str:
    """Take a text, if a report can hold it: `os.fsencode` raises for what is none."""
    os.fsencode(value)
    return str(value)


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(value)
    return value


def _share(value: Any) -> float:
    if not 0 <= value <= 1:
        raise ValueError(value)
    return float(value)


def _stamp(value: Any) -> Stamp:
    if value is None:
        return None
    size, time = map(_whole, value)
    return [size, time]


def _box(value: Any) -> tuple[int, int, int, int] | None:
    if value is None:
        return None
    left, top, width, height = map(_whole, value)
    return left, top, width, height


def _subject(value: Any) -> Subject | None:
    if value is None:
        return None
    return Subject(
        width=_whole(value["width"]),
        height=_whole(value["height"]),
        area=_share(value["area"]),
        box=_box(value["box"]),
    )


_KINDS: dict[str, Callable[[Any], Any]] = {
    "input": _stamp,
    "output": _stamp,
    "recipe": _text,
    "status": _text,
    "message": _text,
    "subject": _subject,
    "source": _name,
}
"""By the field of `Record`: takes what a line says of it, or raises."""
