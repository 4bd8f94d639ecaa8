"""From a PIL image of any mode to a `Photo`: 8 bits, RGB, upright."""

import math
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags
from PIL import Image as PILImage

from bgremove.arrays import Image, alpha_from_uint8, uint8_from_uint16
from bgremove.errors import ImageReadError
from bgremove.image_io.photo import Photo
from bgremove.image_io.profiles import in_profile, transform_between


def photo_of(picture: PILImage.Image, name: str) -> Photo:
    """Take a PIL image over.

    Parameters
    ----------
    picture : PIL.Image.Image
        Is loaded, and otherwise left as it is.
    name : str
        What messages call it.

    Raises
    ------
    ImageReadError
        If it has no pixels, float pixels, or grey values beyond 16 bits.
    """
    if 0 in picture.size:
        raise ImageReadError(f"{name}: expected pixels, got {picture.width} × {picture.height}")
    picture.load()
    profile, dpi, turn = _profile_of(picture), _dpi_of(picture), _turn_of(picture)
    colours, profile = _in_rgb(_in_8_bits(picture, name), profile)
    if turn is not None:
        colours = colours.transpose(turn)
        dpi = dpi and (dpi[::-1] if turn in _SIDEWAYS else dpi)
    values = _pixels_of(colours)
    image, profile = _with_profile_for_png(np.ascontiguousarray(values[..., :3]), profile)
    image.flags.writeable = False
    alpha = None if colours.mode == "RGB" else alpha_from_uint8(values[..., 3])
    return Photo(image, alpha, profile, dpi)


_LARGEST_PROFILE = 2**20
"""Bytes that Pillow takes of a PNG's profile (``MAX_TEXT_CHUNK``): with more, it opens no PNG."""


def _with_profile_for_png(image: Image, profile: bytes | None) -> tuple[Image, bytes | None]:
    """Bring a picture to sRGB whose profile would make its cutout a PNG that few can open."""
    if profile is None or len(profile) <= _LARGEST_PROFILE:
        return image, profile
    return in_profile(image, profile, None), None


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
    """Bring grey of 16 or 32 bits to 8; other modes have 8 already."""
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
    if _holds_8_bits(picture, high):
        grey = PILImage.fromarray(values.astype(np.uint8))
    else:
        grey = PILImage.fromarray(uint8_from_uint16(values.astype(np.uint16)))
    transparent = picture.info.get("transparency")
    if transparent is not None:
        grey.putalpha(PILImage.fromarray(values != transparent).convert("L"))
    return grey


def _holds_8_bits(picture: PILImage.Image, high: int) -> bool:
    """Tell 8 bits in 32, as ``convert("I")`` and int32 TIFFs hold them, from a dark 16-bit file.

    The mode alone does not tell: Pillow before 11 opens 16-bit PNGs as "I", too.
    """
    if picture.mode != "I" or high > np.iinfo(np.uint8).max:
        return False
    tags = getattr(picture, "tag_v2", {})
    return picture.format is None or tags.get(ExifTags.Base.BitsPerSample) == (32,)


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
    transform = transform_between(profile, None, source.mode)
    if transform is None:
        return plain
    colours = transform.apply(source)
    if plain.mode == "RGBA":
        colours.putalpha(plain.getchannel("A"))
    return colours


def _space_of(profile: bytes) -> str:
    """The colour space that an ICC profile describes (ICC.1:2022, 7.2.8)."""
    return profile[16:20].decode("latin-1").strip()
