"""Picture files, bytes and PIL images, told by what they begin with, checked and decoded."""

import errno
import os
import re
import stat
import threading
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image as PILImage
from PIL import (
    PngImagePlugin,
    TiffImagePlugin,  # noqa: F401  (Pillow would load all its plugins to find these two)
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from bgremove.errors import (
    BgremoveError,
    ImageReadError,
    ImageTooLargeError,
    printable,
    reason_of,
)
from bgremove.extras import import_extra
from bgremove.image_io.photo import Photo
from bgremove.image_io.pixels import photo_of
from bgremove.paths import is_address

DEFAULT_MAX_PIXELS = 200_000_000
"""More than any camera takes in one shot (150 megapixels in 2025), and 0.8 GB decoded."""

PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".heic", ".heif"}
)
"""The names, in lower case, of the files that a folder is searched for."""


def read_photo(
    path: str | os.PathLike[str], *, max_pixels: int = DEFAULT_MAX_PIXELS, frame: int = 0
) -> Photo:
    """Read a picture file: JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF or (with an extra) HEIC.

    Parameters
    ----------
    path : path
    max_pixels : int, default DEFAULT_MAX_PIXELS
        A picture of more is refused before it is decoded.
    frame : int, default 0
        Which one of a file that has several.

    Returns
    -------
    Photo
        Turned as its EXIF orientation says. RGB of 8 bits stays as it is; 16 bits are scaled to
        8; grey and CMYK become RGB, by their ICC profile if they have one. RGB becomes sRGB if
        its profile is larger than the 1 MB that Pillow takes of a PNG.

    Raises
    ------
    ImageReadError
        If the name is empty, or the file is missing, no regular file, empty, damaged or
        truncated, none of these formats, of a kind of theirs that Pillow does not read, as a
        camera's raw file, or of float pixels, whose range nobody knows.
    ImageTooLargeError
        If it has more than `max_pixels`.
    MissingExtraError
        If it is HEIC and pillow-heif is not installed.
    """
    file = os.fsdecode(path)
    name = printable(file)
    if not name:
        raise ImageReadError("expected a picture's file, got an empty name")
    try:
        _check_regular(Path(file), name)
        with Path(file).open("rb") as stream:
            return _decode(stream, name, max_pixels, frame)
    except (OSError, ValueError) as error:
        raise _unread(name, error) from error


def _unread(name: str, error: OSError | ValueError) -> ImageReadError:
    if is_address(name):
        return ImageReadError(
            f"{name}: expected a file, got an address, and bgremove works offline: pass the bytes "
            "of what it leads to"
        )
    if isinstance(error, FileNotFoundError):
        return ImageReadError(f"{name}: no such file")
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return ImageReadError(
            f"{name[:_PART_OF_A_NAME]}…: {len(name):,} characters are no file's name; "
            "pass a picture's bytes as bytes"
        )
    return ImageReadError(f"{name}: cannot be read: {reason_of(error)}")


_PART_OF_A_NAME = 40
"""Characters that are told of a text that is none, as of a picture in base64."""


def decode(data: bytes, name: str, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Photo:
    """Decode a picture file's bytes, as `read_photo` does.

    Parameters
    ----------
    data : bytes
    name : str
        What messages call it.
    max_pixels : int, default DEFAULT_MAX_PIXELS

    Returns
    -------
    Photo

    Raises
    ------
    ImageReadError
        If the bytes are no picture that `read_photo` would read.
    ImageTooLargeError
        If it has more than `max_pixels`.
    MissingExtraError
        If it is HEIC and pillow-heif is not installed.
    """
    return _decode(BytesIO(data), printable(name), max_pixels, 0)


def count_frames(path: str | os.PathLike[str]) -> int:
    """Count the frames of a picture file.

    Parameters
    ----------
    path : path

    Returns
    -------
    int
        1 for what cannot be read, too: to read it tells why.
    """
    with suppress(BgremoveError, OSError, ValueError):
        _check_regular(Path(path), "")
        with Path(path).open("rb") as stream:
            format_name = _format_of(stream, "")
            _load_plugin(format_name, "")
            return _frames(stream, format_name)
    return 1


def photo_from_pil(picture: PILImage.Image) -> Photo:
    """Take a PIL image over, of any mode but F (float).

    Parameters
    ----------
    picture : PIL.Image.Image
        Is left as it is, but for being loaded. Of several frames, the current one counts.

    Returns
    -------
    Photo
        As `read_photo` gives it.

    Raises
    ------
    ImageReadError
        If it cannot be loaded, has no pixels, or has float pixels, or grey ones beyond 16 bits.
    """
    name = "PIL image"
    try:
        with _pillow_rules:
            return photo_of(picture, name)
    except (BgremoveError, MemoryError):
        raise
    except Exception as error:
        raise ImageReadError(f"{name}: cannot be loaded: {reason_of(error)}") from error


def _check_regular(path: Path, name: str) -> None:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise ImageReadError(f"{name}: expected a picture file, got a folder")
    if not stat.S_ISREG(mode):
        raise ImageReadError(f"{name}: expected a picture file, got a pipe, socket or device")


_SIGNATURES = {
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "WebP": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "TIFF": re.compile(rb"II[*+]\0|MM\0[*+]"),
    "BMP": re.compile(rb"BM"),
    "GIF": re.compile(rb"GIF8[79]a"),
    "AVIF": re.compile(rb"....ftypavi[fs]", re.DOTALL),
    "HEIF": re.compile(rb"....ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)", re.DOTALL),
}
"""What the files of each format begin with. No other of Pillow's plugins ever sees a file."""

_VIDEO = re.compile(
    rb"....ftyp(avc1|dash|iso[2-9m]|M4V |mp4[12]|qt  |3gp)|RIFF....AVI |\x1aE\xdf\xa3", re.DOTALL
)
"""What MP4 and its like, AVI, and Matroska and WebM begin with."""

_LONGEST_SIGNATURE = len(b"RIFF....WEBP")

_OF_SEVERAL_FRAMES = {"GIF", "WebP", "TIFF", "PNG", "AVIF", "HEIF"}
"""What can hold several pictures of equal standing; a JPEG's others are previews of its first."""


def _decode(stream: BinaryIO, name: str, max_pixels: int, frame: int) -> Photo:
    format_name = _format_of(stream, name)
    _load_plugin(format_name, name)
    frames = _frames(stream, format_name)
    try:
        with _pillow_rules, PILImage.open(stream, formats=[format_name]) as picture:
            _check_no_preview(picture, name)
            _check_size(picture, name, max_pixels)
            if frame:
                picture.seek(frame)
                _check_size(picture, name, max_pixels)
            return replace(photo_of(picture, name), frames=frames)
    except (BgremoveError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise ImageReadError(
            f"{name}: the {format_name} is damaged or truncated, or of a kind that Pillow does "
            "not read; save it anew, with 8 bits a channel"
        ) from error
    except Exception as error:
        raise ImageReadError(
            f"{name}: the {format_name} is damaged or truncated: {reason_of(error)}"
        ) from error


def _format_of(stream: BinaryIO, name: str) -> str:
    start = stream.read(_LONGEST_SIGNATURE)
    if not start:
        raise ImageReadError(f"{name}: the file is empty")
    for format_name, signature in _SIGNATURES.items():
        if signature.match(start):
            return format_name
    if _VIDEO.match(start):
        raise ImageReadError(
            f"{name}: expected a picture, got a video: take its frames out first, as by "
            "ffmpeg -i VIDEO frames/%05d.png"
        )
    raise ImageReadError(f"{name}: not a picture; expected one of {', '.join(_SIGNATURES)}")


def _load_plugin(format_name: str, name: str) -> None:
    """Import what Pillow does not load by itself."""
    if format_name == "HEIF":
        import_extra("pillow_heif", "heif").register_heif_opener()
    elif format_name == "AVIF":
        try:
            import_module("PIL.AvifImagePlugin")
        except ImportError as error:
            raise ImageReadError(
                f"{name}: AVIF needs Pillow 11.3 or later: pip install --upgrade pillow"
            ) from error


def _frames(stream: BinaryIO, format_name: str) -> int:
    """Count frames, in a picture of its own: Pillow counts by going through them.

    A file in which they cannot be counted has one; to decode it tells more.
    """
    if format_name not in _OF_SEVERAL_FRAMES:
        return 1
    try:
        with _pillow_rules, PILImage.open(stream, formats=[format_name]) as picture:
            return int(getattr(picture, "n_frames", 1))
    except Exception:  # noqa: BLE001  (Pillow's plugins raise anything)
        return 1


_NEW_SUBFILE_TYPE, _SUB_IFDS = 254, 330
"""TIFF's tags: what a picture is to the others of its file, and where those inside it are."""

_REDUCED = 1
"""The bit of the former that marks a smaller copy of another."""


def _check_no_preview(picture: PILImage.Image, name: str) -> None:
    """Refuse DNG, NEF and their like: TIFFs that begin with a preview of what Pillow can't read."""
    tags = getattr(picture, "tag_v2", {})
    if tags.get(_NEW_SUBFILE_TYPE, 0) & _REDUCED and _SUB_IFDS in tags:
        width, height = picture.size
        raise ImageReadError(
            f"{name}: expected a picture, got a camera's raw file, in which only a preview of "
            f"{width} × {height} pixels can be read: export it as JPEG or TIFF first"
        )


def _check_size(picture: PILImage.Image, name: str, max_pixels: int) -> None:
    width, height = picture.size
    if width * height > max_pixels:
        raise ImageTooLargeError(
            f"{name}: {width} × {height} is {width * height:,} pixels, "
            f"over the limit of {max_pixels:,}; raise it with --max-pixels (max_pixels=…)"
        )


_LARGEST_TEXT = 64 * 2**20
"""Of a PNG's texts and colour profile, in bytes; Pillow's own limit is 1 MB for each."""

_LIMITS = (
    (PILImage, "MAX_IMAGE_PIXELS", None),
    (PngImagePlugin, "MAX_TEXT_CHUNK", _LARGEST_TEXT),
    (PngImagePlugin, "MAX_TEXT_MEMORY", _LARGEST_TEXT),
)
"""Where Pillow keeps each limit, and what it is in here."""


class _PillowRules:
    """Pillow's limits as ours, while anybody in here uses Pillow.

    They are those of the whole process: who comes first sets them, and who leaves last sets them
    back, so that threads may come and go.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0

    def __enter__(self) -> None:
        with self._lock:
            if self._users == 0:
                self._limits = [getattr(module, name) for module, name, _ in _LIMITS]
                for module, name, ours in _LIMITS:
                    setattr(module, name, ours)
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                for (module, name, _ours), theirs in zip(_LIMITS, self._limits, strict=True):
                    setattr(module, name, theirs)


_pillow_rules = _PillowRules()
