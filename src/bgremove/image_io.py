"""Pictures in and out: decoded upright into an `Image`, encoded, written whole or not at all."""

import math
import os
import re
import secrets
import stat
import threading
import warnings
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import (
    ExifTags,
    ImageCms,
    TiffImagePlugin,  # noqa: F401  (Pillow would load all its plugins to find these two)
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)
from PIL import Image as PILImage

from bgremove.arrays import Alpha, Image, alpha_from_uint8, uint8_from_uint16
from bgremove.errors import (
    BgremoveError,
    ImageReadError,
    ImageTooLargeError,
    ImageWriteError,
    printable,
)
from bgremove.extras import import_extra
from bgremove.png import png_bytes

DEFAULT_MAX_PIXELS = 200_000_000
"""More than any camera takes in one shot (150 megapixels in 2025), and 0.8 GB decoded."""

PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".heic", ".heif"}
)
"""The names, in lower case, of the files that a folder is searched for."""


@dataclass(frozen=True)
class Photo:
    """A decoded picture, upright, with what its cutout inherits.

    Attributes
    ----------
    image : (H, W, 3) ndarray of uint8, RGB
        Read-only.
    alpha : (H, W) ndarray of float32 in [0, 1], optional
        What it came with; None if it has neither an alpha channel nor a transparent colour.
    icc_profile : bytes, optional
        The RGB colour space of `image`; None stands for sRGB.
    dpi : tuple of 2 floats, optional
        Horizontal and vertical.
    frames : int, default 1
        How many its file has; this is one of them.
    """

    image: Image
    alpha: Alpha | None
    icc_profile: bytes | None
    dpi: tuple[float, float] | None
    frames: int = 1

    def as_pil(self, cutout: NDArray[np.uint8]) -> PILImage.Image:
        """Turn a cutout of this photo, or another output, into a PIL image.

        Parameters
        ----------
        cutout : (H, W, 4), (H, W, 3) or (H, W) ndarray of uint8

        Returns
        -------
        PIL.Image.Image
            RGBA, RGB or L, with the photo's ``icc_profile`` and ``dpi`` in its ``info``.
        """
        picture = PILImage.fromarray(cutout)
        profile = None if picture.mode == "L" else self.icc_profile
        inherited = {"icc_profile": profile, "dpi": self.dpi}
        picture.info.update({key: value for key, value in inherited.items() if value})
        return picture

    def without_pixels(self) -> "Photo":
        """Keep what an output inherits, and let go of the pixels."""
        return replace(self, image=np.empty((0, 0, 3), np.uint8), alpha=None)


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
        8; grey and CMYK become RGB, by their ICC profile if they have one.

    Raises
    ------
    ImageReadError
        If the file is missing, no regular file, empty, damaged or truncated, none of these
        formats, or of float pixels, whose range nobody knows.
    ImageTooLargeError
        If it has more than `max_pixels`.
    MissingExtraError
        If it is HEIC and pillow-heif is not installed.
    """
    name = printable(os.fspath(path))
    try:
        _check_regular(Path(path), name)
        with Path(path).open("rb") as stream:
            return _decode(stream, name, max_pixels, frame)
    except FileNotFoundError as error:
        raise ImageReadError(f"{name}: no such file") from error
    except (OSError, ValueError) as error:
        raise ImageReadError(f"{name}: cannot be read: {_reason(error)}") from error


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
            return _frames(stream, _format_of(stream, ""))
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
        If it cannot be loaded, has no pixels, or has float pixels.
    """
    name = "PIL image"
    try:
        with _pillow_rules:
            return _photo(picture, name)
    except BgremoveError:
        raise
    except Exception as error:
        raise ImageReadError(f"{name}: cannot be loaded: {_reason(error)}") from error


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
        _make_folder(path.parent, name)
        try:
            _write_new(data, temporary, durable)
            if overwrite:
                temporary.replace(path)
            else:
                _move_to_new(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except FileExistsError as error:
        raise ImageWriteError(_exists_already(name)) from error
    except (OSError, ValueError) as error:
        raise ImageWriteError(f"{name}: cannot be written: {_reason(error)}") from error


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


# Reading


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

_LONGEST_SIGNATURE = len(b"RIFF....WEBP")

_OF_SEVERAL_FRAMES = {"GIF", "WebP", "TIFF", "PNG", "AVIF", "HEIF"}
"""What can hold several pictures of equal standing; a JPEG's others are previews of its first."""


def _decode(stream: BinaryIO, name: str, max_pixels: int, frame: int) -> Photo:
    format_name = _format_of(stream, name)
    _load_plugin(format_name, name)
    frames = _frames(stream, format_name)
    try:
        with _pillow_rules, PILImage.open(stream, formats=[format_name]) as picture:
            if frame:
                picture.seek(frame)
            _check_size(picture, name, max_pixels)
            return replace(_photo(picture, name), frames=frames)
    except BgremoveError:
        raise
    except UnidentifiedImageError as error:
        raise ImageReadError(f"{name}: the {format_name} is damaged or truncated") from error
    except Exception as error:
        raise ImageReadError(
            f"{name}: the {format_name} is damaged or truncated: {_reason(error)}"
        ) from error


def _format_of(stream: BinaryIO, name: str) -> str:
    start = stream.read(_LONGEST_SIGNATURE)
    if not start:
        raise ImageReadError(f"{name}: the file is empty")
    for format_name, signature in _SIGNATURES.items():
        if signature.match(start):
            return format_name
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


def _check_size(picture: PILImage.Image, name: str, max_pixels: int) -> None:
    width, height = picture.size
    if width * height > max_pixels:
        raise ImageTooLargeError(
            f"{name}: {width} × {height} is {width * height:,} pixels, "
            f"over the limit of {max_pixels:,}; raise it with --max-pixels (max_pixels=…)"
        )


class _PillowRules:
    """Pillow's warnings and its own limit on pixels, off while anybody in here uses Pillow.

    Both are switches of the whole process: who comes first turns them off, and who leaves last
    turns them back, so that threads may come and go.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0

    def __enter__(self) -> None:
        with self._lock:
            if self._users == 0:
                self._limit = PILImage.MAX_IMAGE_PIXELS
                PILImage.MAX_IMAGE_PIXELS = None
                self._warnings = warnings.catch_warnings()
                self._warnings.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.")
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._warnings.__exit__(None, None, None)
                PILImage.MAX_IMAGE_PIXELS = self._limit


_pillow_rules = _PillowRules()


# From PIL to arrays


def _photo(picture: PILImage.Image, name: str) -> Photo:
    if 0 in picture.size:
        raise ImageReadError(f"{name}: expected pixels, got {picture.width} × {picture.height}")
    picture.load()
    profile, dpi, turn = _profile_of(picture), _dpi_of(picture), _turn_of(picture)
    colours, profile = _in_rgb(_in_8_bits(picture, name), profile)
    if turn is not None:
        colours = colours.transpose(turn)
        dpi = dpi and (dpi[::-1] if turn in _SIDEWAYS else dpi)
    values = _pixels_of(colours)
    if colours.mode == "RGB":
        return Photo(values, None, profile, dpi)
    image = np.ascontiguousarray(values[..., :3])
    image.flags.writeable = False
    return Photo(image, alpha_from_uint8(values[..., 3]), profile, dpi)


_BAND = 256
"""Rows that are copied at a time."""


def _pixels_of(picture: PILImage.Image) -> NDArray[np.uint8]:
    """Copy a picture's pixels out, band by band: all at once, Pillow takes twice the room."""
    width, height = picture.size
    pixels = np.empty((height, width, len(picture.getbands())), np.uint8)
    for top in range(0, height, _BAND):
        bottom = min(top + _BAND, height)
        pixels[top:bottom] = np.asarray(picture.crop((0, top, width, bottom)))
    pixels.flags.writeable = False
    return pixels


_TURNS = {
    2: PILImage.Transpose.FLIP_LEFT_RIGHT,
    3: PILImage.Transpose.ROTATE_180,
    4: PILImage.Transpose.FLIP_TOP_BOTTOM,
    5: PILImage.Transpose.TRANSPOSE,
    6: PILImage.Transpose.ROTATE_270,
    7: PILImage.Transpose.TRANSVERSE,
    8: PILImage.Transpose.ROTATE_90,
}
"""What makes a picture of each EXIF orientation upright (EXIF 2.32, tag 0x0112)."""

_SIDEWAYS = {_TURNS[5], _TURNS[6], _TURNS[7], _TURNS[8]}


def _turn_of(picture: PILImage.Image) -> PILImage.Transpose | None:
    """How to make a picture upright; EXIF that cannot be parsed says nothing."""
    with suppress(Exception):
        return _TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    return None


_LARGEST_DPI = (2**31 - 1) * 0.0254
"""A PNG counts pixels a metre, in 31 bits."""


def _dpi_of(picture: PILImage.Image) -> tuple[float, float] | None:
    """The resolution; Pillow gives 1 or less where a file states none."""
    with suppress(TypeError, ValueError, ArithmeticError):
        horizontal, vertical = map(float, picture.info.get("dpi", ()))
        if all(math.isfinite(x) and 1 < x < _LARGEST_DPI for x in (horizontal, vertical)):
            return horizontal, vertical
    return None


def _profile_of(picture: PILImage.Image) -> bytes | None:
    profile = picture.info.get("icc_profile")
    return profile if isinstance(profile, bytes) and profile[36:40] == b"acsp" else None


def _in_8_bits(picture: PILImage.Image, name: str) -> PILImage.Image:
    """Scale 16-bit grey to 8 bits; other modes have 8 already."""
    if picture.mode == "F":
        raise ImageReadError(
            f"{name}: float pixels have no fixed range; save it with 8 or 16 bits a channel"
        )
    if not picture.mode.startswith("I"):
        return picture
    values = np.asarray(picture)
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > np.iinfo(np.uint16).max:
        raise ImageReadError(
            f"{name}: expected grey values of 16 bits, got {low} to {high}; "
            "save it with 8 or 16 bits a channel"
        )
    grey = PILImage.fromarray(uint8_from_uint16(values.astype(np.uint16)))
    transparent = picture.info.get("transparency")
    if transparent is not None:
        grey.putalpha(PILImage.fromarray(values != transparent).convert("L"))
    return grey


def _in_rgb(picture: PILImage.Image, profile: bytes | None) -> tuple[PILImage.Image, bytes | None]:
    """Bring a picture to RGB or RGBA, with the profile that fits it then."""
    if picture.mode == "La":
        picture = picture.convert("LA")
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    plain = picture if picture.mode == mode else picture.convert(mode)
    if profile is None or _space_of(profile) == "RGB":
        return plain, profile
    return _in_srgb(picture, plain, profile), None


_MODES_OF_SPACES = {"GRAY": {"1", "L", "LA"}, "CMYK": {"CMYK"}}


def _in_srgb(picture: PILImage.Image, plain: PILImage.Image, profile: bytes) -> PILImage.Image:
    """Convert grey or CMYK by its profile; one that is damaged or another's is left out."""
    if picture.mode not in _MODES_OF_SPACES.get(_space_of(profile), ()):
        return plain
    source = picture if picture.mode == "CMYK" else plain.getchannel("R")
    srgb = ImageCms.createProfile("sRGB")
    try:
        transform = ImageCms.buildTransform(BytesIO(profile), srgb, source.mode, "RGB")
    except ImageCms.PyCMSError:
        return plain
    colours = transform.apply(source)
    if plain.mode == "RGBA":
        colours.putalpha(plain.getchannel("A"))
    return colours


def _space_of(profile: bytes) -> str:
    """The colour space that an ICC profile describes (ICC.1:2022, 7.2.8)."""
    return profile[16:20].decode("latin-1").strip()


# Writing


def _check_free(path: Path, name: str, overwrite: bool) -> None:
    if path.exists() and not path.is_file():
        raise ImageWriteError(f"{name}: expected a file to write, got a folder or device")
    if path.exists() and not overwrite:
        raise ImageWriteError(_exists_already(name))


def _exists_already(name: str) -> str:
    return f"{name}: exists already; pass --overwrite (overwrite=True) to replace it"


def _make_folder(folder: Path, name: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise ImageWriteError(f"{name}: expected a folder above it, got a file") from error


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


# Messages


def _reason(error: BaseException) -> str:
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return printable(text) or type(error).__name__
