"""From what a user names to photos: files, folders, patterns and lists."""

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bgremove.batch.jobs import Outcome, failed
from bgremove.batch.photo import STREAM
from bgremove.errors import ImageReadError, reason_of
from bgremove.image_io import PICTURE_SUFFIXES

OUTPUT_MARK = "-cutout"
"""What is added to a photo's name for its output's, and tells outputs from photos."""

WEB = ("http://", "https://")
"""How addresses begin."""


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
    inputs: Sequence[str], *, listed: Iterable[str], recursive: bool, without: Path | None
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
        A folder that no search goes into: where the outputs go.

    Returns
    -------
    list of Source
        What is named twice is there once.
    list of Outcome
    """
    walk = _deep if recursive else _flat
    sources: dict[str, Source] = {}
    missing: dict[str, Outcome] = {}
    for text in inputs:
        if text == STREAM:
            sources[STREAM] = Source(STREAM, None)
            continue
        try:
            for source in _expand(text, lambda folder: walk(folder, without)):
                sources.setdefault(place(source), source)
        except ImageReadError as error:
            missing[text] = failed(text, str(error), type(error).__name__)
        except (OSError, ValueError) as error:
            missing[text] = failed(text, f"cannot be read: {reason_of(error)}", "ImageReadError")
    for text in listed:
        source = Source(text, Path(text), _folder_of_listed(text))
        sources.setdefault(place(source), source)
    return list(sources.values()), list(missing.values())


def names_one_photo(text: str) -> bool:
    """Tell whether an input stands for one photo whatever a folder holds today."""
    return text == STREAM or not (Path(text).is_dir() or _is_pattern(text))


def place(source: Source) -> str:
    """Where a photo is, by its real folder: one place has one spelling."""
    return STREAM if source.path is None else place_of(source.path)


def place_of(path: Path) -> str:
    """Where a file is or would be, by its real folder."""
    return os.path.normcase(Path(os.path.realpath(path.parent), path.name))


_Walk = Callable[[Path], Iterator[Path]]


def _expand(text: str, walk: _Walk) -> Iterator[Source]:
    if text.startswith(WEB) and not os.path.lexists(text):
        raise ImageReadError(
            "expected a file, got an address, and bgremove works offline: fetch the picture first, "
            "or pipe it in, as in: curl ADDRESS | bgremove - > cutout.png"
        )
    if not _is_pattern(text):
        if not os.path.lexists(text):
            raise ImageReadError("expected a picture or a folder, found nothing of this name")
        yield from _found(Path(text), walk)
        return
    matches = sorted(glob.glob(text, recursive=True))  # noqa: PTH207  (Path.glob takes no absolute pattern)
    if not matches:
        raise ImageReadError("expected a pattern that a file matches, found none")
    root = _root_of_pattern(text)
    for match in matches:
        path = Path(match)
        folder = path.parent.relative_to(root)
        if not path.is_dir():
            yield Source(match, path, folder)
        elif "**" not in text:
            for source in _found(path, walk):
                yield Source(source.name, source.path, folder / path.name / source.folder)


def _is_pattern(text: str) -> bool:
    """Tell patterns from names: a file that has brackets in its name is a file."""
    return glob.has_magic(text) and not os.path.lexists(text)


def _root_of_pattern(text: str) -> Path:
    """The folders of a pattern before the first that has magic in it."""
    parts = Path(text).parts
    plain = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:plain])


def _found(path: Path, walk: _Walk) -> Iterator[Source]:
    if not path.is_dir():
        yield Source(str(path), path)
        return
    pictures = list(walk(path))
    if not pictures:
        kinds = " ".join(sorted(PICTURE_SUFFIXES))
        raise ImageReadError(f"expected a folder with photos in it ({kinds}), found none")
    for picture in pictures:
        yield Source(str(picture), picture, picture.parent.relative_to(path))


def _flat(folder: Path, _without: Path | None) -> Iterator[Path]:
    yield from sorted(entry for entry in folder.iterdir() if _is_photo(entry))


def _deep(folder: Path, without: Path | None) -> Iterator[Path]:
    """Search a tree; links are followed, and each folder is entered once, however it is reached."""
    entered = {None if without is None else identity(without)} - {identity(folder)}
    for parent, folders, files in os.walk(folder, onerror=_raise, followlinks=True):
        here = Path(parent)
        known = identity(here)
        if known in entered:
            folders.clear()
            continue
        entered.add(known)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (here / name for name in sorted(files) if _is_photo(here / name))


def _raise(error: OSError) -> None:
    raise error


def _is_photo(path: Path) -> bool:
    return (
        path.suffix.lower() in PICTURE_SUFFIXES
        and not path.name.startswith(".")
        and not path.stem.endswith(OUTPUT_MARK)
        and path.is_file()
    )


def _folder_of_listed(text: str) -> Path:
    """The folder as the list gives it; one that leads out of the current folder, from the root."""
    folder = Path(os.path.normpath(Path(text).parent)) if text else Path()
    if not folder.is_absolute() and ".." not in folder.parts:
        return folder
    whole = Path(os.path.abspath(folder))  # noqa: PTH100  (links stay as they are named)
    return whole.relative_to(whole.anchor)


def identity(path: Path) -> tuple[int, int] | None:
    """What a file is, whatever links or spellings lead to it; None where there is none."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino
