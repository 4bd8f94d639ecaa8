"""From what a user names to photos: files, folders, patterns and lists."""

import codecs
import glob
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bgremove.batch.jobs import Outcome, failed
from bgremove.batch.places import identity, place_of, real_folder
from bgremove.errors import ImageReadError, reason_of
from bgremove.image_io import PICTURE_SUFFIXES
from bgremove.paths import STREAM, is_address, is_folder

OUTPUT_MARK = "-cutout"
"""What is added to a photo's name for its output's, and tells outputs from photos."""

_OUTPUT = re.compile(rf"{OUTPUT_MARK}(-\d+)?$")
"""How an output's name ends, or that of one of several frames'."""


@dataclass(frozen=True)
class Source:
    """A photo that was found.

    Attributes
    ----------
    name : str
        What it is called in messages.
    path : Path or None
        None for standard input.
    folder : Path
        The folder, below the one for outputs, that its own folder is mirrored to.
    """

    name: str
    path: Path | None
    folder: Path = Path()


def find_sources(
    inputs: Sequence[str],
    *,
    listed: Iterable[str],
    recursive: bool,
    without: Path | None,
    made: frozenset[str] = frozenset(),
) -> tuple[list[Source], list[Outcome]]:
    """Expand inputs into photos, and tell what leads nowhere.

    Parameters
    ----------
    inputs : sequence of str
        Files, patterns, folders, or ``-``.
    listed : iterable of str
        Files, each by its name as it is.
    recursive : bool
        Whether folders are searched to their depths.
    without : Path or None
        A folder that no search goes into, unless it begins there: where the outputs go.
    made : frozenset of str
        Where the files are (`place_of`) that no search finds: outputs of earlier runs.

    Returns
    -------
    list of Source
        What is named twice is there once.
    list of Outcome
    """
    search = _Search(recursive=recursive, without=without, made=made)
    sources: dict[str, Source] = {}
    missing: dict[str, Outcome] = {}
    for text in inputs:
        if text == STREAM:
            sources[STREAM] = Source(STREAM, None)
            continue
        try:
            for source in search.expand(text):
                sources.setdefault(place(source), source)
        except ImageReadError as error:
            missing[text] = failed(text, str(error), type(error).__name__)
        except (OSError, ValueError) as error:
            missing[text] = _unread(text, error)
    for text in listed:
        path = Path(text)
        try:
            source = Source(text, path, _folder_of_listed(text))
            sources.setdefault(place(source), source)
        except (OSError, ValueError) as error:
            missing[text] = _unread(text, error)
    unlisted = {name: _unread(name, error) for name, error in search.unlisted.items()}
    return list(sources.values()), list((unlisted | missing).values())


def _unread(name: str, error: BaseException) -> Outcome:
    return failed(name, f"cannot be read: {reason_of(error)}", "ImageReadError")


def names_one_photo(text: str) -> bool:
    """Tell whether an input stands for one photo whatever a folder holds today."""
    return text == STREAM or not (is_folder(text) or _is_pattern(text))


def place(source: Source) -> str:
    """Where a photo is, by its real folder: one place has one spelling."""
    return STREAM if source.path is None else place_of(source.path)


def names_in_list(text: bytes) -> list[str]:
    """Read a list of files.

    Parameters
    ----------
    text : bytes
        A name a line; or, for names that have line breaks in them, each ended by a zero byte, as
        ``find -print0`` gives them. UTF-16 is told by its byte order mark, as PowerShell writes
        it; UTF-8's mark is no part of the first name.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        If it begins as UTF-16 and is none.
    """
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = os.fsencode(text.decode("utf-16"))
    text = text.removeprefix(codecs.BOM_UTF8)
    separator = b"\0" if b"\0" in text else b"\n"
    lines = (line if separator == b"\0" else line.rstrip(b"\r") for line in text.split(separator))
    return [os.fsdecode(line) for line in lines if line]


class _Search:
    """Expands inputs, and notes which folders it could not list."""

    def __init__(self, *, recursive: bool, without: Path | None, made: frozenset[str]) -> None:
        self._recursive = recursive
        self._walk = self._deep if recursive else self._flat
        self._without, self._made = without, made
        self._is_below_without = lru_cache(maxsize=1024)(self._is_real_below_without)
        self.unlisted: dict[str, OSError] = {}

    def expand(self, text: str) -> list[Source]:
        if is_address(text):
            raise ImageReadError(
                "expected a file, got an address, and bgremove works offline: fetch the picture "
                "first, or pipe it in, as in: curl ADDRESS | bgremove - > cutout.png"
            )
        if _is_pattern(text):
            kind, found = "pattern that a photo matches", list(self._matches(text))
        elif not os.path.lexists(text):
            raise ImageReadError("expected a picture or a folder, found nothing of this name")
        elif is_folder(text):
            kinds = " ".join(sorted(PICTURE_SUFFIXES))
            kind, found = f"folder with photos in it ({kinds})", list(self._in_folder(Path(text)))
        else:
            return [Source(text, Path(text))]
        if not found and str(Path(text)) not in self.unlisted:
            raise ImageReadError(f"expected a {kind}, found none{self._way_deeper(Path(text))}")
        return found

    def _way_deeper(self, path: Path) -> str:
        """Tell how the folders in a folder are searched, where some are and were not."""
        if self._recursive or not is_folder(path):
            return ""
        if not any(is_folder(entry) for entry in path.iterdir() if entry.name[0] != "."):
            return ""
        return "; bgremove batch --recursive (recursive=True) searches the folders in it, too"

    def _matches(self, text: str) -> Iterator[Source]:
        """Find what a pattern matches; a folder that it matches may well have no photos."""
        root = _root_of_pattern(text)
        is_inside = self._is_below_without(root)
        for match in sorted(glob.glob(text, recursive=True)):  # noqa: PTH207  (Path.glob takes no absolute pattern)
            path = Path(match)
            folder = path.parent.relative_to(root)
            if not is_folder(path):
                if self._is_meant(path) and (is_inside or not self._is_below_without(path.parent)):
                    yield Source(match, path, folder)
            elif "**" not in text and (is_inside or not self._is_below_without(path)):
                for source in self._in_folder(path):
                    yield Source(source.name, source.path, folder / path.name / source.folder)

    def _in_folder(self, path: Path) -> Iterator[Source]:
        for picture in filter(self._is_meant, self._walk(path)):
            yield Source(str(picture), picture, picture.parent.relative_to(path))

    def _flat(self, folder: Path) -> Iterator[Path]:
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            self.unlisted[str(folder)] = error
            return
        yield from filter(_is_photo, entries)

    def _deep(self, folder: Path) -> Iterator[Path]:
        """Search a tree; links are followed; each folder is entered once, whatever leads to it."""
        without = None if self._without is None else identity(self._without)
        entered = {without} - {identity(folder)}
        for parent, folders, files in os.walk(folder, onerror=self._note, followlinks=True):
            here = Path(parent)
            known = identity(here)
            if known in entered:
                folders.clear()
                continue
            entered.add(known)
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (here / name for name in sorted(files) if _is_photo(here / name))

    def _note(self, error: OSError) -> None:
        self.unlisted[str(error.filename)] = error

    def _is_meant(self, path: Path) -> bool:
        return not self._made or place_of(path) not in self._made

    def _is_real_below_without(self, folder: Path) -> bool:
        return self._without is not None and Path(real_folder(folder)).is_relative_to(
            real_folder(self._without)
        )


def _is_pattern(text: str) -> bool:
    """Tell patterns from names: a file that has brackets in its name is a file."""
    return glob.has_magic(text) and not os.path.lexists(text)


def _root_of_pattern(text: str) -> Path:
    """The folders of a pattern before the first that has magic in it."""
    parts = Path(text).parts
    plain = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:plain])


def _is_photo(path: Path) -> bool:
    return (
        path.suffix.lower() in PICTURE_SUFFIXES
        and not path.name.startswith(".")
        and not _OUTPUT.search(path.stem)
        and _is_regular(path)
    )


def _is_regular(path: Path) -> bool:
    """Tell files from folders and devices; what cannot be looked at will tell why when read."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116
    except OSError:
        return True


def _folder_of_listed(text: str) -> Path:
    r"""The folder as the list gives it; one that leads out of the current folder, from the root.

    On Windows, ``\photos`` and ``C:photos`` are not absolute, and lead out of it all the same.
    """
    folder = Path(os.path.normpath(Path(text).parent)) if text else Path()
    if not folder.anchor and ".." not in folder.parts:
        return folder
    whole = Path(os.path.abspath(folder))  # noqa: PTH100  (links stay as they are named)
    return whole.relative_to(whole.anchor)
