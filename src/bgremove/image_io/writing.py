"""Pictures as PNG, and files that are written whole or not at all."""

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgremove.errors import ImageWriteError, printable, reason_of
from bgremove.image_io.photo import Photo
from bgremove.png import png_bytes


def encode_png(picture: NDArray[np.uint8], photo: Photo) -> bytes:
    """Encode what was made of a photo as PNG, with the photo's ICC profile and resolution.

    Parameters
    ----------
    picture : (H, W, 4), (H, W, 3) or (H, W) ndarray of uint8
        RGBA, RGB or grey; the profile is of RGB, and left out of grey.
    photo : Photo

    Returns
    -------
    bytes
        No EXIF is in it, so that nothing turns the upright picture again.
    """
    return encode_png_bands([picture], picture.shape, photo)


def encode_png_bands(
    bands: Iterable[NDArray[np.uint8]], shape: tuple[int, ...], photo: Photo
) -> bytes:
    """Encode what was made of a photo as PNG, while it is being made from the top.

    Parameters
    ----------
    bands : iterable of (h, W, 4), (h, W, 3) or (h, W) ndarray of uint8
        As `encode_png` takes them whole.
    shape : tuple of ints
        The whole picture's.
    photo : Photo

    Returns
    -------
    bytes
    """
    profile = photo.icc_profile if len(shape) == 3 else None
    return png_bytes(bands, shape, profile, photo.dpi)


def write_atomically(
    data: bytes, path: Path, *, overwrite: bool = False, durable: bool = True
) -> None:
    """Write a file whole, or not at all; nobody ever sees a part of it.

    Parameters
    ----------
    data : bytes
    path : Path
        Folders that are missing above it are made.
    overwrite : bool, default False
        Whether a file that is there may be replaced.
    durable : bool, default True
        Whether to wait until the disk has it, so that even a power cut leaves it whole.

    Raises
    ------
    ImageWriteError
        If the file is there already, even since a moment ago, and is not to be overwritten; if
        a folder or a device is there; if nothing can be written there.
    """
    name = printable(str(path))
    temporary = path.parent / f"{_part_prefix(path)}{secrets.token_hex(8)}{_PART_SUFFIX}"
    try:
        _check_free(path, name, overwrite)
        make_folder(path.parent, name)
        try:
            _write_new(data, temporary, durable)
            if overwrite:
                temporary.replace(path)
            else:
                _move_to_new(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except FileExistsError as error:
        raise ImageWriteError(exists_already(name)) from error
    except (OSError, ValueError) as error:
        raise ImageWriteError(f"{name}: cannot be written: {reason_of(error)}") from error


def make_folder(folder: Path, name: str) -> None:
    """Make a folder, and those above it, for a file that messages call `name`.

    Raises
    ------
    ImageWriteError
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ImageWriteError(f"{name}: expected a folder above it, got a file") from error
    except (OSError, ValueError) as error:
        raise ImageWriteError(f"{name}: cannot be written: {reason_of(error)}") from error


def remove_parts(paths: Iterable[Path]) -> None:
    """Remove what `write_atomically` leaves of files when it is killed.

    Parameters
    ----------
    paths : iterable of Path
        The files that were to be written. Each folder is listed once; what cannot be removed
        stays.
    """
    prefixes: dict[Path, set[str]] = {}
    for path in paths:
        prefixes.setdefault(path.parent, set()).add(_part_prefix(path))
    for folder, known in prefixes.items():
        with suppress(OSError):
            for part in folder.glob(f".bgremove-*{_PART_SUFFIX}"):
                if part.name[:_PREFIX_LENGTH] in known:
                    part.unlink(missing_ok=True)


def _check_free(path: Path, name: str, overwrite: bool) -> None:
    if path.exists() and not path.is_file():
        raise ImageWriteError(f"{name}: expected a file to write, got a folder or device")
    if path.exists() and not overwrite:
        raise ImageWriteError(exists_already(name))


def exists_already(name: str) -> str:
    """Tell that a file is not overwritten, and how it would be."""
    return f"{name}: exists already; pass --overwrite (overwrite=True) to replace it"


_PART_SUFFIX = ".part"


def _part_prefix(path: Path) -> str:
    """By what to know the parts of a file, however long its name is."""
    return f".bgremove-{sha256(os.fsencode(path.name)).hexdigest()[:16]}-"


_PREFIX_LENGTH = len(_part_prefix(Path("x")))


def _write_new(data: bytes, path: Path, durable: bool) -> None:
    with path.open("xb") as stream:
        stream.write(data)
        stream.flush()
        if durable:
            os.fsync(stream.fileno())


def _move_to_new(temporary: Path, path: Path) -> None:
    """Give a file its name, unless something has that name: in one step, so without a race."""
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:
        _claim_and_replace(temporary, path)


def _claim_and_replace(temporary: Path, path: Path) -> None:
    """Do without hard links, which FAT and some network drives lack."""
    path.open("xb").close()
    try:
        temporary.replace(path)
    except OSError:
        path.unlink()
        raise
