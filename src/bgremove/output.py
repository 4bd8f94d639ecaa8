"""What comes out: which kind of picture, on what background, how large, in what format.

Everything here works on a finished cutout, so that it is the same for every remover.
"""

import os
import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from bgremove.arrays import Alpha, Cutout, Image, alpha_from_uint8, alpha_to_uint8, extent, resize
from bgremove.errors import ImageReadError, ImageTooLargeError, ImageWriteError, OptionError
from bgremove.ground import without_subject
from bgremove.image_io import Photo, encode_png, in_profile, read_photo
from bgremove.option_checks import check_choice, check_number, check_text, told
from bgremove.tiles import grown, tiles

KINDS = ("cutout", "mask", "alpha", "foreground")
FORMATS = {"png": ".png", "webp": ".webp", "jpeg": ".jpg", "tiff": ".tif"}
FORMATS_BY_ENDING = {
    **{ending: name for name, ending in FORMATS.items()},
    ".jpeg": "jpeg",
    ".tiff": "tiff",
}

PREVIEW_PIXELS = 250_000
"""What remove.bg calls a preview: 0.25 megapixels."""

BLUR_SHARE = 0.02
"""Sigma of the blurred background where none is given, as a share of the longest side."""

ENOUGH_SIGMA = 16.0
"""Of a blur, in pixels: a wider one is worked out on a smaller copy, where it is this wide."""

DEFAULT_QUALITY = 90

LOSSLESS = 100
"""The quality at which a WebP keeps every pixel."""

ORIGINAL = "original"
"""The position of a subject that stands in a size as it stood in the photo."""

MASK_LEVEL = 128
"""The 8-bit alpha from which a pixel is in the mask."""

LARGEST_SIDE = 16383
"""Of a WebP; the other formats take more."""


@dataclass(frozen=True, kw_only=True)
class Output:
    """What to make of a cutout. Words follow remove.bg's where it has them.

    Parameters
    ----------
    output : {"cutout", "mask", "alpha", "foreground"}, default "cutout"
        RGBA; 0 and 255 in grey; the alpha in grey; or the subject's colours, on black.
    background : str, path or tuple of ints, optional
        For cutouts: a CSS colour (``white``, ``#ff8800``), or its RGB or RGBA in 0…255, which
        is kept as CSS; a picture's path (what it leaves transparent is white); or ``blur`` or
        ``blur:RADIUS`` for the photo's own, blurred without its subject. The result is RGB
        then, in the photo's colour profile; CSS colours, and pictures without one, are sRGB.
    crop : bool, default False
        Whether to cut the picture down to the subject.
    margin : str, default "0"
        What to leave around it: pixels, or ``N%`` of the subject's longer side.
    size : str, default "full"
        ``full``, ``preview`` (0.25 megapixels at most), or ``WIDTHxHEIGHT``: the picture is
        fitted into it, whole.
    position : str, default "center"
        Where it stands in that size: ``center``, ``X%`` or ``X%,Y%``, from the left and the top,
        or ``original``: a cropped subject as it stood in the photo.
    format : {"auto", "png", "webp", "jpeg", "tiff"}, default "auto"
        Of files; ``auto`` is PNG, unless the command was told a name that ends otherwise.
        ``jpg`` is kept as ``jpeg``.
    format_quality : int, default 90
        Of JPEG and WebP, in 1…100; 100 makes WebP lossless.

    Raises
    ------
    OptionError
        If one is none of these, or two do not go together.
    """

    output: str = "cutout"
    background: str | os.PathLike[str] | tuple[int, ...] | None = None
    crop: bool = False
    margin: str = "0"
    size: str = "full"
    position: str = "center"
    format: str = "auto"
    format_quality: int = DEFAULT_QUALITY

    def __post_init__(self) -> None:
        if isinstance(self.format, str) and self.format == "jpg":
            object.__setattr__(self, "format", "jpeg")
        if isinstance(self.background, tuple):
            object.__setattr__(self, "background", _as_css(self.background))
        check_choice("output", self.output, KINDS)
        check_choice("format", self.format, ("auto", *FORMATS))
        if not isinstance(self.crop, (bool, np.bool_)):
            raise OptionError(f"crop must be True or False, got {told(self.crop)}")
        check_number("format_quality", self.format_quality, 1, 100)
        check_text("margin", self.margin, "10%")
        check_text("size", self.size, "800x600")
        check_text("position", self.position, "50%,100%")
        if self.background is not None and self.output != "cutout":
            raise OptionError(f"background goes with output cutout, got output {self.output}")
        if self.format == "jpeg" and self.output == "cutout" and self.background is None:
            raise OptionError(
                "jpeg has no transparency: pass --background white (background='white'), or "
                "another background or format"
            )
        if self.margin != "0" and not self.crop:
            raise OptionError("margin only works together with crop: pass --crop (crop=True), too")
        _margin_of(self.margin, 1)
        size = _size_of(self.size)
        _position_of(self.position)
        if self.position != "center" and size is None:
            raise OptionError(
                "position only works together with a size like 800x600: pass --size (size=…), too; "
                f"got size {self.size}"
            )
        if self.background is not None:
            _check_background(self.background)

    @property
    def suffix(self) -> str:
        """The ending of a file's name."""
        return FORMATS["png" if self.format == "auto" else self.format]

    @property
    def is_plain(self) -> bool:
        """Whether it is the cutout as it is, as PNG."""
        kind = self.output, self.background, self.crop, self.size, self.suffix
        return kind == ("cutout", None, False, "full", FORMATS["png"])

    @property
    def shows_photo(self) -> bool:
        """Whether what was cut away is seen again."""
        return isinstance(self.background, str) and _blur_of(self.background) is not None

    @property
    def picture(self) -> Path | None:
        """The picture's file that is laid under the cutout, if one is."""
        background = self.background
        if background is None or isinstance(background, tuple):
            return None
        is_word = isinstance(background, str) and _is_word(background)
        return None if is_word else Path(background)


def rendered(
    cutout: Cutout,
    photo: Image,
    output: Output,
    own_alpha: Alpha | None = None,
    icc_profile: bytes | None = None,
) -> NDArray[np.uint8]:
    """Make of a cutout what is asked for.

    Parameters
    ----------
    cutout : (H, W, 4) ndarray of uint8, RGBA
    photo : (H, W, 3) ndarray of uint8, RGB
        What it was cut out of. Unless `output.shows_photo`, any picture of its shape will do.
    output : Output
    own_alpha : (H, W) ndarray of float32 in [0, 1], optional
        What the photo came with: what it hides is not shown.
    icc_profile : bytes, optional
        The photo's colour space, which the result is in, too; None stands for sRGB.

    Returns
    -------
    (h, w, 4), (h, w, 3) or (h, w) ndarray of uint8
        RGBA for a cutout; RGB for a foreground or a cutout with a background; else grey.

    Raises
    ------
    ImageReadError
        If the background is a picture that cannot be read.
    """
    if output.shows_photo:
        photo = without_subject(photo, cutout[..., 3], own_alpha)
    place = _position_of(output.position)
    if output.crop:
        rows, columns = subject_box(cutout[..., 3], output.margin)
        if output.position == ORIGINAL:
            place = _place_of(columns, photo.shape[1]), _place_of(rows, photo.shape[0])
        cutout, photo = cutout[rows, columns].copy(), photo[rows, columns]
    if output.size != "full":
        cutout, photo = _sized(cutout, photo, output.size, place)
    if output.output == "mask":
        return np.multiply(cutout[..., 3] >= MASK_LEVEL, 255, dtype=np.uint8)
    if output.output == "alpha":
        return np.ascontiguousarray(cutout[..., 3])
    if output.output == "foreground":
        return np.ascontiguousarray(cutout[..., :3])
    if output.background is not None:
        return over(cutout, _background(output, photo, icc_profile))
    return cutout


def encoded(picture: NDArray[np.uint8], photo: Photo, output: Output) -> bytes:
    """Encode what `rendered` gave, with the photo's ICC profile and resolution.

    Raises
    ------
    ImageWriteError
        If the format cannot hold a picture of this size.
    """
    format_name = "png" if output.format == "auto" else output.format
    if format_name == "png":
        return encode_png(picture, photo)
    upright = photo.as_pil(picture)
    options: dict[str, Any] = _quality_of(format_name, output.format_quality)
    options.update({str(key): value for key, value in upright.info.items()})
    stream = BytesIO()
    try:
        upright.save(stream, format_name, **options)
    except (OSError, ValueError) as error:
        height, width = picture.shape[:2]
        raise ImageWriteError(
            f"{format_name} cannot hold a picture of {width} × {height}: {error}; "
            "choose another format, or a smaller size"
        ) from error
    return stream.getvalue()


def _quality_of(format_name: str, quality: float) -> dict[str, Any]:
    if format_name == "tiff":
        return {"compression": "tiff_adobe_deflate"}
    if format_name == "webp" and quality == LOSSLESS:
        return {"lossless": True}
    return {"quality": round(quality)}


def subject_box(alpha: NDArray[np.uint8], margin: str = "0") -> tuple[slice, slice]:
    """Find the rows and columns of what is visible, with a margin, within the picture.

    Returns
    -------
    rows, columns : slice
        All of the picture if nothing is visible.
    """
    height, width = alpha.shape
    visible = extent(alpha > 0)
    if visible is None:
        return slice(0, height), slice(0, width)
    down, across = visible
    edge = _margin_of(margin, max(down.stop - down.start, across.stop - across.start))
    return grown(visible, edge, height, width)


def over(cutout: Cutout, background: Image) -> Image:
    """Lay a cutout over a background of its size: (H, W, 3) ndarray of uint8, RGB."""
    result = np.empty((*cutout.shape[:2], 3), np.uint8)
    for tile in tiles(*cutout.shape[:2]):
        alpha = alpha_from_uint8(cutout[tile][..., 3])[..., None]
        mixed = cutout[tile][..., :3] * alpha + background[tile] * (1 - alpha)
        result[tile] = np.rint(mixed).astype(np.uint8)
    return result


# Size and position


def _sized(
    cutout: Cutout, photo: Image, size_words: str, place: tuple[float, float]
) -> tuple[Cutout, Image]:
    """Shrink to a preview, or fit into a size; the photo goes the same way."""
    height, width = cutout.shape[:2]
    target = _size_of(size_words)
    if target is None:
        factor = min(1.0, (PREVIEW_PIXELS / (width * height)) ** 0.5)
        size = max(1, int(width * factor)), max(1, int(height * factor))
        return _resized(cutout, *size), resize(photo, *size)
    factor = min(target[0] / width, target[1] / height)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    left, top = (
        round((room - side) * share) for room, side, share in zip(target, size, place, strict=True)
    )
    canvas = np.zeros((target[1], target[0], 4), np.uint8)
    canvas[top : top + size[1], left : left + size[0]] = _resized(cutout, *size)
    return canvas, _covering(photo, *target)


def _resized(cutout: Cutout, width: int, height: int) -> Cutout:
    """Resize colours weighted with their alpha, so that none comes out of the invisible."""
    alpha = alpha_from_uint8(cutout[..., 3])
    weighted = np.dstack([cutout[..., :3] * alpha[..., None], cutout[..., 3].astype(np.float32)])
    small = np.rint(_unweighted(resize(weighted, width, height))).astype(np.uint8)
    small[small[..., 3] == 0] = 0
    return small


def _unweighted(weighted: NDArray[np.float32]) -> NDArray[np.float32]:
    alpha = weighted[..., 3:] / 255
    colours = weighted[..., :3] / np.maximum(alpha, 1e-6)
    result: NDArray[np.float32] = np.concatenate([colours, weighted[..., 3:]], axis=-1)
    return np.clip(result, 0, 255, out=result)


def _covering(picture: Image, width: int, height: int) -> Image:
    """Scale a picture until it covers a size; what would hang over is cut off evenly, before."""
    rows, columns = picture.shape[:2]
    factor = max(width / columns, height / rows)
    across, down = (max(1, round(side / factor)) for side in (width, height))
    left, top = max(0, (columns - across) // 2), max(0, (rows - down) // 2)
    return resize(picture[top : top + down, left : left + across], width, height)


# Backgrounds


def _background(output: Output, photo: Image, icc_profile: bytes | None) -> Image:
    if output.picture is not None:
        return _covering_picture(output.picture, photo, icc_profile)
    word = str(output.background)
    if (blur := _blur_of(word)) is not None:
        return blurred(photo, blur or BLUR_SHARE * max(photo.shape[:2]))
    pixel = np.array([[_levels_of(word)[:3]]], np.uint8)
    return np.broadcast_to(in_profile(pixel, None, icc_profile), photo.shape)


def _covering_picture(path: Path, photo: Image, icc_profile: bytes | None) -> Image:
    try:
        picture = read_photo(path)
    except ImageTooLargeError as error:
        raise ImageReadError(f"background {path}: too large; take a smaller one") from error
    height, width = photo.shape[:2]
    covering = _covering(_on_white(picture), width, height)
    return in_profile(covering, picture.icc_profile, icc_profile)


def _on_white(picture: Photo) -> Image:
    if picture.alpha is None:
        return picture.image
    white = np.broadcast_to(np.uint8(255), picture.image.shape)
    return over(np.dstack([picture.image, alpha_to_uint8(picture.alpha)]), white)


def blurred(photo: Image, sigma: float) -> Image:
    """Blur a photo; by much, on a smaller copy: a blur's own work grows with its radius."""
    height, width = photo.shape[:2]
    shrink = max(1.0, sigma / ENOUGH_SIGMA)
    small = resize(photo, max(1, round(width / shrink)), max(1, round(height / shrink)))
    soft = cv2.GaussianBlur(small, (0, 0), sigma / shrink).astype(np.uint8)
    return resize(soft, width, height)


def _as_css(levels: tuple[object, ...]) -> str:
    """Write RGB or RGBA of 0…255 as a CSS colour."""
    whole = [int(level) for level in levels if isinstance(level, (int, np.integer))]
    if not (len(whole) == len(levels) in (3, 4) and all(0 <= level <= 255 for level in whole)):
        raise OptionError(
            f"background must be 3 or 4 whole numbers in 0…255 if it is a tuple, got {told(levels)}"
        )
    return f"#{bytes(whole).hex()}"


def _check_background(background: object) -> None:
    if isinstance(background, os.PathLike):
        return
    if not (isinstance(background, str) and (_is_word(background) or _may_be_a_path(background))):
        raise OptionError(
            "background must be a CSS colour, a picture's file, blur or blur:RADIUS, "
            f"got {told(background)}"
        )
    if any(level < 255 for level in _levels_of(background)[3:]):
        raise OptionError(f"background must be an opaque colour, got {background!r}")


def _is_word(text: str) -> bool:
    return _blur_of(text) is not None or bool(_levels_of(text))


def _may_be_a_path(text: str) -> bool:
    """Tell a picture's name from a colour that does not exist."""
    looks_like_a_colour = text.startswith("#") or re.match(r"(rgb|hs[lvb])a?\(", text)
    return not looks_like_a_colour and ("." in text or "/" in text or "\\" in text)


def _blur_of(text: str) -> float | None:
    """Give the radius of ``blur:RADIUS``, 0 for ``blur``, None for anything else."""
    if text == "blur":
        return 0.0
    match = re.fullmatch(r"blur:(\d+(?:\.\d+)?)", text)
    return float(match[1]) if match and float(match[1]) > 0 else None


def _levels_of(text: str) -> tuple[int, ...]:
    """Give a colour's levels, in 0…255, three or, with its alpha, four; none of what is none."""
    try:
        return tuple(min(max(level, 0), 255) for level in ImageColor.getrgb(text))
    except ValueError:
        return ()


# Words to numbers


def _margin_of(text: str, side: int) -> int:
    match = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)(%?)", text)
    if match is None or ("." in match[1] and not match[2]):
        raise OptionError(f"margin must be pixels or a share like 10%, got {text!r}")
    return round(float(match[1]) * side / 100) if match[2] else int(match[1])


def _size_of(text: str) -> tuple[int, int] | None:
    """Give width and height of ``WxH``; None for the words."""
    if text in ("full", "preview"):
        return None
    match = re.fullmatch(r"(\d{1,5})[xX](\d{1,5})", text)
    if match is None or not all(1 <= int(side) <= LARGEST_SIDE for side in match.groups()):
        raise OptionError(
            f"size must be full, preview or WIDTHxHEIGHT with sides in 1…{LARGEST_SIDE}, "
            f"got {text!r}"
        )
    return int(match[1]), int(match[2])


def _position_of(text: str) -> tuple[float, float]:
    """Give the shares of what is free that lie on the left and above."""
    if text in ("center", ORIGINAL):
        return 0.5, 0.5
    match = re.fullmatch(r"(\d{1,3})%(?:,(\d{1,3})%)?", text)
    if match is None or any(int(share) > 100 for share in match.groups() if share):
        raise OptionError(f"position must be center, original, X% or X%,Y% in 0…100, got {text!r}")
    return int(match[1]) / 100, int(match[2] or match[1]) / 100


def _place_of(part: slice, side: int) -> float:
    """Give the share of what is free beside a part that lies before it."""
    free = side - (part.stop - part.start)
    return part.start / free if free else 0.5


DEFAULT = Output()
"""A transparent cutout of the photo's size, as PNG."""
