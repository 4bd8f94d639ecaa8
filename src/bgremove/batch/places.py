"""Where a file is, however it is spelled."""

import os
import re
import sys
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from bgremove.batch.jobs import Job

Identity: TypeAlias = tuple[int, int | str]
"""A file's device, and its number there or, on a network drive that numbers none, its path."""


def identity(path: Path) -> Identity | None:
    """What a file is, whatever links or spellings lead to it; None where there is none."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino or os.path.normcase(os.path.realpath(path))


def real_folder(folder: Path) -> str:
    """Where a folder is or would be, without links; as it is named if the current one is gone."""
    try:
        return os.path.realpath(folder)
    except FileNotFoundError:
        return os.path.normpath(folder)


def place_of(path: Path) -> str:
    """Where a file is or would be, by its real folder."""
    return os.path.normcase(Path(real_folder(path.parent), path.name))


def folder_place(folder: Path) -> str:
    """Where a folder is or would be; a file's name can be added to it."""
    return os.path.normcase(os.path.join(real_folder(folder), ""))  # noqa: PTH118  (a path has no slash at its end)


def places(jobs: Sequence[Job]) -> dict[Job, str]:
    """Where each job writes, "" for no file; a folder is looked at once."""
    folder_of = lru_cache(maxsize=1024)(folder_place)
    case_ignored = lru_cache(maxsize=1024)(ignores_case)

    def place(target: Path) -> str:
        if case_ignored(target.parent):
            return _without_case(folder_of(target.parent) + target.name)
        return folder_of(target.parent) + os.path.normcase(target.name)

    return {job: place(job.target) if job.target else "" for job in jobs}


def ignores_case(folder: Path) -> bool:
    """Tell whether names that differ in their case alone are one, as on a Mac's usual disk.

    A folder that is not there yet will be as the nearest above it that is.
    """
    try:
        whole = folder.absolute()
    except FileNotFoundError:  # the current folder is gone
        return False
    for part in (whole, *whole.parents):
        other = part.with_name(_in_other_case(part.name)) if part.name else part
        known = identity(part)
        if other.name != part.name and known:
            return identity(other) == known
    return False


def _in_other_case(name: str) -> str:
    """Swap the case of letters that have two: that of ß is two letters."""
    return re.sub("[A-Za-z]+", lambda letters: letters[0].swapcase(), name)


def _without_case(name: str) -> str:
    """Fold what Macs, which write accents in one way alone, and others take for the same."""
    return unicodedata.normalize("NFC", name).lower() if sys.platform == "darwin" else name.lower()
