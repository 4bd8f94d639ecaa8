"""Pictures in and out: every format and mode, bad bytes, and files that are whole or not there."""

import os
import random
import socket
import stat
import struct
import sys
import threading
import warnings
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import FrozenInstanceError
from functools import cache
from io import BytesIO
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import ExifTags, ImageCms, features
from PIL import Image as PILImage

from bgremove.errors import (
    ImageReadError,
    ImageTooLargeError,
    ImageWriteError,
    MissingExtraError,
)
from bgremove.image_io import (
    DEFAULT_MAX_PIXELS,
    PICTURE_SUFFIXES,
    Photo,
    count_frames,
    decode,
    encode_png,
    photo_from_pil,
    read_photo,
    remove_parts,
    write_atomically,
)

# Drawing


def colours(width: int = 6, height: int = 4) -> np.ndarray:
    """A picture that no turn or flip leaves as it is: red grows right, green grows down."""
    y, x = np.mgrid[:height, :width]
    return np.dstack([x * 255 // (width - 1), y * 255 // (height - 1), (x * y * 37) % 256]).astype(
        np.uint8
    )


def colours_and_alpha() -> np.ndarray:
    alpha = np.linspace(0, 255, 24).round().astype(np.uint8).reshape(4, 6)
    return np.dstack([colours(), alpha])


def encoded(picture: PILImage.Image, format_name: str, **options: object) -> bytes:
    stream = BytesIO()
    picture.save(stream, format_name, **options)
    return stream.getvalue()


def drawn(format_name: str, **options: object) -> bytes:
    return encoded(PILImage.fromarray(colours()), format_name, **options)


def exif_with(**tags: object) -> PILImage.Exif:
    exif = PILImage.Exif()
    for name, value in tags.items():
        exif[ExifTags.Base[name]] = value
    return exif


def png_of_chunks(*chunks: tuple[bytes, bytes]) -> bytes:
    parts = [b"\x89PNG\r\n\x1a\n"]
    for kind, data in chunks:
        parts += [struct.pack(">I", len(data)), kind, data]
        parts += [struct.pack(">I", zlib.crc32(kind + data))]
    return b"".join(parts)


def png_header(width: int, height: int, bits: int, colour_type: int) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)


LOSSLESS = {
    "PNG": {},
    "WEBP": {"lossless": True},
    "TIFF": {},
    "BMP": {},
    "GIF": {},
}


# ICC profiles


def icc_profile(device: bytes, space: bytes, connection: bytes, **tags: bytes) -> bytes:
    white = struct.pack(">4s4x3i", b"XYZ ", 63190, 65536, 54061)
    tags = {"wtpt": white, **tags}
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for signature, data in tags.items():
        table += struct.pack(">4sII", signature.encode(), start + len(body), len(data))
        body += data
    header = struct.pack(
        ">I4sI4s4s4s12x4s28x3i", start + len(body), b"", 0x02400000, device, space, connection,
        b"acsp", 63190, 65536, 54061,
    ).ljust(128, b"\0")  # fmt: skip
    return header + table + body


def linear_grey_profile() -> bytes:
    gamma_1 = struct.pack(">4s4xIH2x", b"curv", 1, 256)
    return icc_profile(b"mntr", b"GRAY", b"XYZ ", kTRC=gamma_1)


def black_ink_only_profile() -> bytes:
    """A CMYK profile of a press that prints black, and nothing of cyan, magenta and yellow."""
    identity = bytes(range(256))
    lab = b"".join(bytes([255 * (1 - k), 128, 128]) for *_, k in product((0, 1), repeat=4))
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    lut = struct.pack(">4s4xBBBx", b"mft1", 4, 3, 2) + matrix + identity * 4 + lab + identity * 3
    return icc_profile(b"prtr", b"CMYK", b"Lab ", A2B0=lut)


@cache
def srgb_profile() -> bytes:
    """One profile for all: each new one tells the second in which it was made."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


# Formats


@pytest.mark.parametrize("format_name", LOSSLESS)
def test_lossless_format_gives_its_pixels_bit_exact(format_name: str) -> None:
    photo = decode(drawn(format_name, **LOSSLESS[format_name]), "x")
    np.testing.assert_array_equal(photo.image, colours())
    assert photo.image.dtype == np.uint8
    assert photo.alpha is None


@pytest.mark.parametrize(
    ("format_name", "options"), [("JPEG", {}), ("JPEG", {"progressive": True}), ("WEBP", {})]
)
def test_lossy_format_gives_what_its_decoder_gives(format_name: str, options: dict) -> None:
    data = encoded(PILImage.fromarray(colours(64, 48)), format_name, quality=95, **options)
    photo = decode(data, "x")
    np.testing.assert_array_equal(photo.image, np.asarray(PILImage.open(BytesIO(data))))
    assert np.abs(photo.image[..., :2].astype(int) - colours(64, 48)[..., :2]).mean() < 8


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_tiff_of_any_compression_is_read_from_file_and_bytes(
    compression: str, tmp_path: Path
) -> None:
    data = drawn("TIFF", compression=compression)
    (tmp_path / "x.tif").write_bytes(data)
    np.testing.assert_array_equal(decode(data, "x").image, colours())
    np.testing.assert_array_equal(read_photo(tmp_path / "x.tif").image, colours())


def test_path_may_be_a_string_and_bytes_may_be_any_format() -> None:
    path = Path(__file__).parent.parent / "examples" / "astronaut.jpg"
    from_string, from_bytes = read_photo(str(path)), decode(path.read_bytes(), "astronaut")
    assert from_string.image.shape == (512, 512, 3)
    np.testing.assert_array_equal(from_string.image, from_bytes.image)


def test_format_is_told_by_the_bytes_not_by_the_name(tmp_path: Path) -> None:
    (tmp_path / "really-a-png.jpg").write_bytes(drawn("PNG"))
    np.testing.assert_array_equal(read_photo(tmp_path / "really-a-png.jpg").image, colours())


@pytest.mark.parametrize("format_name", ["GIF", "WEBP", "PNG", "TIFF"])
def test_any_of_several_frames_can_be_read(format_name: str, tmp_path: Path) -> None:
    others = [PILImage.fromarray(255 - colours()), PILImage.fromarray(colours()[::-1])]
    options = {**LOSSLESS[format_name], "save_all": True, "append_images": others}
    path = tmp_path / "x"
    path.write_bytes(drawn(format_name, **options))
    assert count_frames(path) == 3
    assert read_photo(path).frames == 3
    np.testing.assert_array_equal(read_photo(path, frame=2).image, colours()[::-1])
    with pytest.raises(ImageReadError, match="is damaged or truncated"):
        read_photo(path, frame=3)


def test_a_frame_of_another_size_meets_the_limit_too(tmp_path: Path) -> None:
    large = PILImage.new("RGB", (100, 100))
    path = tmp_path / "x.tif"
    path.write_bytes(drawn("TIFF", save_all=True, append_images=[large]))
    assert read_photo(path, max_pixels=24).image.shape == (4, 6, 3)
    with pytest.raises(ImageTooLargeError, match="10,000 pixels, over the limit of 24"):
        read_photo(path, max_pixels=24, frame=1)


def test_what_cannot_be_read_counts_as_one_frame(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no picture")
    (tmp_path / "cut.gif").write_bytes(drawn("GIF")[:20])
    assert [count_frames(tmp_path / name) for name in ("none", "text", "cut.gif")] == [1, 1, 1]


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
@pytest.mark.parametrize("orientation", [1, 6])
def test_avif_is_read_upright(orientation: int) -> None:
    exif = exif_with(Orientation=orientation)
    data = encoded(PILImage.fromarray(colours(64, 48)), "AVIF", quality=95, exif=exif)
    image = decode(data, "x").image
    expected = colours(64, 48) if orientation == 1 else np.rot90(colours(64, 48), -1)
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected)[..., :2].mean() < 8


def test_avif_without_its_plugin_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL.AvifImagePlugin", None)
    with pytest.raises(ImageReadError, match=r"x: AVIF needs Pillow 11\.3 or later"):
        decode(b"\0\0\0\x20ftypavif", "x")


def test_heic_without_its_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MissingExtraError, match=r"bgremove\[heif\]"):
        decode(b"\0\0\0\x20ftypheic", "x")


def test_heic_is_read_with_its_extra() -> None:
    heif = pytest.importorskip("pillow_heif", reason="needs bgremove[heif]")
    picture = heif.from_pillow(PILImage.fromarray(colours(64, 48)))
    stream = BytesIO()
    picture.save(stream, quality=95)
    image = decode(stream.getvalue(), "x").image
    assert image.shape == (48, 64, 3)
    assert np.abs(image.astype(int) - colours(64, 48))[..., :2].mean() < 8
    with pytest.raises(ImageReadError, match="the HEIF is damaged or truncated"):
        decode(stream.getvalue()[:60], "x")


@pytest.mark.parametrize("format_name", ["GIF", "WEBP", "PNG", "TIFF"])
def test_first_of_several_frames_counts(format_name: str) -> None:
    second = PILImage.fromarray(255 - colours())
    options = {**LOSSLESS[format_name], "save_all": True, "append_images": [second]}
    np.testing.assert_array_equal(decode(drawn(format_name, **options), "x").image, colours())


def test_suffixes_are_lower_case_and_cover_the_formats() -> None:
    assert {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif"} <= PICTURE_SUFFIXES
    assert {".avif", ".heic", ".heif"} <= PICTURE_SUFFIXES
    assert DEFAULT_MAX_PIXELS == 200_000_000


# Modes


def test_grey_becomes_three_equal_channels() -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    photo = decode(encoded(PILImage.fromarray(grey), "PNG"), "x")
    np.testing.assert_array_equal(photo.image, np.dstack([grey] * 3))
    assert photo.alpha is None


def test_one_bit_becomes_black_and_white() -> None:
    bits = np.array([[True, False, True]])
    photo = decode(encoded(PILImage.fromarray(bits), "PNG"), "x")
    np.testing.assert_array_equal(photo.image[..., 0], [[255, 0, 255]])


@pytest.mark.parametrize(
    ("format_name", "options"),
    [("PNG", {}), ("WEBP", {"lossless": True, "exact": True}), ("TIFF", {})],
)
def test_alpha_and_the_colours_under_it_come_through(format_name: str, options: dict) -> None:
    rgba = colours_and_alpha()
    photo = decode(encoded(PILImage.fromarray(rgba), format_name, **options), "x")
    np.testing.assert_array_equal(photo.image, rgba[..., :3])
    np.testing.assert_allclose(photo.alpha, rgba[..., 3] / 255, atol=1e-7)
    assert photo.alpha is not None
    assert photo.alpha.dtype == np.float32


def test_alpha_channel_that_is_opaque_everywhere_is_an_alpha_of_one() -> None:
    opaque = PILImage.fromarray(colours()).convert("RGBA")
    np.testing.assert_array_equal(decode(encoded(opaque, "PNG"), "x").alpha, np.ones((4, 6)))


def test_grey_with_alpha_keeps_both() -> None:
    grey_alpha = np.array([[[10, 0], [20, 128], [30, 255]]], np.uint8)
    photo = decode(encoded(PILImage.fromarray(grey_alpha, "LA"), "PNG"), "x")
    np.testing.assert_array_equal(photo.image, [[[10] * 3, [20] * 3, [30] * 3]])
    np.testing.assert_allclose(photo.alpha, [[0, 128 / 255, 1]], atol=1e-7)


def palette_picture() -> PILImage.Image:
    picture = PILImage.fromarray(np.array([[0, 1, 2]], np.uint8))
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    return picture


RED_GREEN_BLUE = [[[255, 0, 0], [0, 255, 0], [0, 0, 255]]]


@pytest.mark.parametrize("format_name", ["PNG", "GIF", "BMP", "TIFF"])
def test_palette_is_looked_up(format_name: str) -> None:
    photo = decode(encoded(palette_picture(), format_name), "x")
    np.testing.assert_array_equal(photo.image, RED_GREEN_BLUE)
    assert photo.alpha is None


@pytest.mark.parametrize(
    ("format_name", "transparency", "alpha"),
    [
        ("PNG", 1, [[1, 0, 1]]),
        ("GIF", 1, [[1, 0, 1]]),
        ("PNG", bytes([0, 128, 255]), [[0, 128 / 255, 1]]),
    ],
)
def test_transparency_of_a_palette_becomes_the_alpha(
    format_name: str, transparency: int | bytes, alpha: list
) -> None:
    photo = decode(encoded(palette_picture(), format_name, transparency=transparency), "x")
    np.testing.assert_array_equal(photo.image, RED_GREEN_BLUE)
    np.testing.assert_allclose(photo.alpha, alpha, atol=1e-7)


@pytest.mark.parametrize(
    ("pixels", "transparency"),
    [
        (np.array([[5, 6]], np.uint8), 6),
        (np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8), (4, 5, 6)),
        (np.array([[0, 65535]], np.uint16), 65535),
    ],
)
def test_transparent_colour_becomes_the_alpha(
    pixels: np.ndarray, transparency: int | tuple[int, int, int]
) -> None:
    data = encoded(PILImage.fromarray(pixels), "PNG", transparency=transparency)
    np.testing.assert_array_equal(decode(data, "x").alpha, [[1, 0]])


@pytest.mark.parametrize("format_name", ["PNG", "TIFF"])
def test_grey_of_16_bits_is_scaled_not_clipped(format_name: str) -> None:
    wide = np.array([[0, 128, 129, 257, 32768, 65535 - 129, 65535 - 128, 65535]], np.uint16)
    photo = decode(encoded(PILImage.fromarray(wide), format_name), "x")
    np.testing.assert_array_equal(photo.image[..., 1], [[0, 0, 1, 1, 128, 254, 255, 255]])


@pytest.mark.parametrize("mode", ["I", "I;16", "I;16B"])
def test_wide_pil_image_is_scaled_from_16_bits(mode: str) -> None:
    picture = PILImage.new(mode, (2, 1), 25700)
    np.testing.assert_array_equal(photo_from_pil(picture).image, np.full((1, 2, 3), 100))


@pytest.mark.parametrize(("values", "told"), [((0, 65536), "0 to 65536"), ((-1, 7), "-1 to 7")])
def test_integers_beyond_16_bits_are_refused(values: tuple[int, int], told: str) -> None:
    data = encoded(PILImage.fromarray(np.array([values], np.int32)), "TIFF")
    with pytest.raises(ImageReadError, match=f"^scan: expected grey values of 16 bits, got {told}"):
        decode(data, "scan")


def test_float_pixels_are_refused_because_their_range_is_unknown() -> None:
    data = encoded(PILImage.fromarray(np.ones((2, 2), np.float32)), "TIFF")
    with pytest.raises(ImageReadError, match=r"^depth: float pixels have no fixed range; save it"):
        decode(data, "depth")


def test_rgb_of_16_bits_becomes_8() -> None:
    row = b"\0" + struct.pack(">6H", 0, 32896, 65535, 257, 2570, 25700)
    header = png_header(2, 1, bits=16, colour_type=2)
    data = png_of_chunks(header, (b"IDAT", zlib.compress(row)), (b"IEND", b""))
    np.testing.assert_array_equal(decode(data, "x").image, [[[0, 128, 255], [1, 10, 100]]])


@pytest.mark.parametrize(
    ("mode", "colour", "rgb"),
    [
        ("CMYK", (255, 0, 0, 0), (0, 255, 255)),
        ("CMYK", (0, 0, 0, 255), (0, 0, 0)),
        ("YCbCr", (255, 128, 128), (255, 255, 255)),
        ("HSV", (0, 255, 255), (255, 0, 0)),
        ("RGBX", (1, 2, 3, 4), (1, 2, 3)),
        ("1", 1, (255, 255, 255)),
    ],
)
def test_pil_image_of_another_mode_becomes_rgb(mode: str, colour: object, rgb: object) -> None:
    photo = photo_from_pil(PILImage.new(mode, (1, 1), colour))
    np.testing.assert_array_equal(photo.image, [[rgb]])
    assert photo.alpha is None


@pytest.mark.parametrize(
    ("mode", "colour", "rgb"),
    [
        ("RGBA", (50, 100, 200, 51), (50, 100, 200)),
        ("RGBa", (10, 20, 40, 51), (50, 100, 200)),
        ("LA", (50, 51), (50, 50, 50)),
        ("La", (10, 51), (50, 50, 50)),
    ],
)
def test_pil_image_with_alpha_becomes_straight_alpha(
    mode: str, colour: tuple[int, ...], rgb: tuple[int, ...]
) -> None:
    photo = photo_from_pil(PILImage.new(mode, (1, 1), colour))
    np.testing.assert_array_equal(photo.image, [[rgb]])
    np.testing.assert_allclose(photo.alpha, [[0.2]], atol=1e-7)


def test_pil_image_in_lab_becomes_rgb() -> None:
    white = PILImage.new("LAB", (1, 1), (255, 128, 128))
    np.testing.assert_allclose(photo_from_pil(white).image, 255, atol=1)


def test_cmyk_jpeg_of_adobes_inverted_kind_has_its_true_colours() -> None:
    red = PILImage.new("CMYK", (16, 16), (0, 255, 255, 0))
    data = encoded(red, "JPEG", quality=100)
    assert b"Adobe" in data
    np.testing.assert_allclose(decode(data, "x").image, np.full((16, 16, 3), (255, 0, 0)), atol=2)


def test_pil_image_comes_back_as_it_was() -> None:
    picture = palette_picture()
    picture.info["transparency"] = bytes([0, 128, 255])
    before = picture.copy()
    photo_from_pil(picture)
    assert picture == before
    assert picture.info == before.info


# Orientation


STORED_AS = {
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(upright, 2).swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}
"""How a camera that was held in each of EXIF's eight ways stores an upright scene."""


@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", STORED_AS)
def test_every_orientation_comes_out_upright(format_name: str, orientation: int) -> None:
    stored = PILImage.fromarray(np.ascontiguousarray(STORED_AS[orientation](colours_and_alpha())))
    options = {"WEBP": {"lossless": True, "exact": True}}.get(format_name, {})
    exif = exif_with(Orientation=orientation)
    photo = decode(encoded(stored, format_name, exif=exif, **options), "x")
    np.testing.assert_array_equal(photo.image, colours())
    np.testing.assert_allclose(photo.alpha, colours_and_alpha()[..., 3] / 255, atol=1e-7)


@pytest.mark.parametrize("orientation", STORED_AS)
def test_every_orientation_of_a_jpeg_comes_out_upright(orientation: int) -> None:
    stored = PILImage.fromarray(np.ascontiguousarray(STORED_AS[orientation](colours(64, 32))))
    data = encoded(
        stored, "JPEG", quality=100, subsampling=0, exif=exif_with(Orientation=orientation)
    )
    image = decode(data, "x").image
    assert image.shape == (32, 64, 3)
    assert np.abs(image[..., :2].astype(int) - colours(64, 32)[..., :2]).max() < 16


def test_orientation_of_a_pil_image_counts_too() -> None:
    data = drawn("PNG", exif=exif_with(Orientation=3))
    with PILImage.open(BytesIO(data)) as picture:
        np.testing.assert_array_equal(photo_from_pil(picture).image, np.rot90(colours(), 2))


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_orientation_that_exif_does_not_know_is_left(orientation: int) -> None:
    data = drawn("PNG", exif=exif_with(Orientation=orientation))
    np.testing.assert_array_equal(decode(data, "x").image, colours())


def test_corrupt_exif_neither_stops_a_picture_nor_warns() -> None:
    broken = b"Exif\0\0II*\0\x08\0\0\0" + b"\x05\0" + b"\x12\x01\x03\0\xff\xff\xff\x7f\x08\0\0\0"
    data = drawn("JPEG", exif=broken)
    with (
        pytest.warns(UserWarning, match="EXIF|Tag|Truncated"),
        PILImage.open(BytesIO(data)) as picture,
    ):
        picture.getexif()
    assert decode(data, "x").image.shape == (4, 6, 3)


# ICC profile and resolution


def test_rgb_profile_and_resolution_are_kept_to_the_png() -> None:
    photo = decode(drawn("JPEG", icc_profile=srgb_profile(), dpi=(300, 300)), "x")
    assert photo.icc_profile == srgb_profile()
    assert photo.dpi == (300, 300)
    with PILImage.open(BytesIO(encode_png(colours_and_alpha(), photo))) as png:
        assert png.info["icc_profile"] == srgb_profile()
        assert png.info["dpi"] == pytest.approx((300, 300), abs=0.02)


@pytest.mark.parametrize("format_name", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_profile_is_found_in_every_format_that_has_one(format_name: str) -> None:
    assert decode(drawn(format_name, icc_profile=srgb_profile()), "x").icc_profile == srgb_profile()


@pytest.mark.parametrize("format_name", ["PNG", "TIFF", "BMP", "JPEG"])
def test_resolution_is_found_in_every_format_that_has_one(format_name: str) -> None:
    assert decode(drawn(format_name, dpi=(200, 100)), "x").dpi == pytest.approx((200, 100), abs=0.1)


def test_resolution_turns_with_the_picture() -> None:
    data = drawn("PNG", dpi=(200, 100), exif=exif_with(Orientation=6))
    assert decode(data, "x").dpi == pytest.approx((100, 200), abs=0.1)


@pytest.mark.parametrize(
    "dpi", [(0, 0), (1, 1), (float("nan"), 72), (72, float("inf")), (1e12, 1e12), (72,), "no", None]
)
def test_resolution_that_means_nothing_is_dropped(dpi: object) -> None:
    picture = PILImage.fromarray(colours())
    picture.info["dpi"] = dpi
    photo = photo_from_pil(picture)
    assert photo.dpi is None
    with PILImage.open(BytesIO(encode_png(colours_and_alpha(), photo))) as png:
        assert "dpi" not in png.info


def test_tiff_without_resolution_has_none() -> None:
    assert decode(drawn("TIFF"), "x").dpi is None


def test_grey_profile_is_applied_since_it_does_not_fit_rgb() -> None:
    grey = PILImage.fromarray(np.array([[0, 128, 255]], np.uint8))
    photo = decode(encoded(grey, "PNG", icc_profile=linear_grey_profile()), "x")
    assert photo.icc_profile is None
    np.testing.assert_allclose(photo.image, [[[0] * 3, [188] * 3, [255] * 3]], atol=1)


def test_grey_profile_leaves_the_alpha() -> None:
    grey_alpha = PILImage.new("LA", (1, 1), (128, 51))
    photo = decode(encoded(grey_alpha, "PNG", icc_profile=linear_grey_profile()), "x")
    np.testing.assert_allclose(photo.image, [[[188] * 3]], atol=1)
    np.testing.assert_allclose(photo.alpha, [[0.2]], atol=1e-7)


def test_grey_of_16_bits_goes_through_its_profile_too() -> None:
    grey = PILImage.new("I;16", (1, 1), 128 * 257)
    photo = decode(encoded(grey, "PNG", icc_profile=linear_grey_profile()), "x")
    np.testing.assert_allclose(photo.image, [[[188] * 3]], atol=1)


@pytest.mark.parametrize("format_name", ["TIFF", "JPEG"])
def test_cmyk_profile_is_applied_since_it_does_not_fit_rgb(format_name: str) -> None:
    halves = np.zeros((16, 32, 4), np.uint8)
    halves[:, :16] = 255, 0, 0, 0
    halves[:, 16:] = 0, 0, 0, 255
    picture = PILImage.fromarray(halves, "CMYK")
    photo = decode(encoded(picture, format_name, icc_profile=black_ink_only_profile()), "x")
    assert photo.icc_profile is None
    np.testing.assert_allclose(photo.image[:, :16], 255, atol=2)
    np.testing.assert_allclose(photo.image[:, 16:], 0, atol=2)


@pytest.mark.parametrize(
    ("mode", "profile"),
    [("RGB", linear_grey_profile()), ("RGB", black_ink_only_profile()), ("L", b"no profile")],
)
def test_profile_that_cannot_be_the_pictures_is_dropped(mode: str, profile: bytes) -> None:
    picture = PILImage.new(mode, (1, 1), 100)
    picture.info["icc_profile"] = profile
    photo = photo_from_pil(picture)
    assert photo.icc_profile is None
    np.testing.assert_array_equal(photo.image, np.asarray(picture.convert("RGB")))


@pytest.mark.parametrize(
    ("mode", "profile"), [("L", linear_grey_profile()), ("CMYK", black_ink_only_profile())]
)
def test_damaged_profile_leaves_the_plain_conversion(mode: str, profile: bytes) -> None:
    picture = PILImage.new(mode, (1, 1), 100)
    picture.info["icc_profile"] = profile[:128]
    photo = photo_from_pil(picture)
    assert photo.icc_profile is None
    np.testing.assert_array_equal(photo.image, np.asarray(picture.convert("RGB")))


# Writing PNG


def test_photo_gives_a_pil_cutout_with_profile_and_resolution() -> None:
    photo = Photo(colours(), None, srgb_profile(), (300.0, 300.0))
    picture = photo.as_pil(colours_and_alpha())
    assert picture.mode == "RGBA"
    assert picture.info == {"icc_profile": srgb_profile(), "dpi": (300.0, 300.0)}
    np.testing.assert_array_equal(np.asarray(picture), colours_and_alpha())


def test_photo_without_profile_and_resolution_says_nothing_of_them() -> None:
    assert Photo(colours(), None, None, None).as_pil(colours_and_alpha()).info == {}


def test_a_photo_can_let_go_of_its_pixels() -> None:
    photo = Photo(colours(), np.ones((2, 3), np.float32), srgb_profile(), (300.0, 300.0), frames=2)
    kept = photo.without_pixels()
    assert (kept.image.size, kept.alpha) == (0, None)
    assert (kept.icc_profile, kept.dpi, kept.frames) == (srgb_profile(), (300.0, 300.0), 2)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("height", [255, 256, 700])
def test_pictures_of_any_height_come_whole(tmp_path: Path, mode: str, height: int) -> None:
    shape = (height, 5, len(mode))
    values = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    PILImage.fromarray(values, mode).save(tmp_path / "tall.png")
    photo = read_photo(tmp_path / "tall.png")
    np.testing.assert_array_equal(photo.image, values[..., :3])
    if mode == "RGBA":
        assert photo.alpha is not None
        np.testing.assert_allclose(photo.alpha, values[..., 3] / 255, atol=1e-6)


def test_photo_is_frozen() -> None:
    photo = decode(drawn("PNG"), "x")
    with pytest.raises(FrozenInstanceError):
        photo.alpha = None  # type: ignore[misc]
    for picture in (drawn("PNG"), encoded(PILImage.fromarray(colours_and_alpha()), "PNG")):
        with pytest.raises(ValueError, match=r"read-only"):
            decode(picture, "x").image[0, 0] = 0


def test_png_turns_no_picture_twice() -> None:
    photo = decode(drawn("JPEG", exif=exif_with(Orientation=6)), "x")
    cutout = np.dstack([photo.image, np.full((6, 4), 255, np.uint8)])
    png = encode_png(cutout, photo)
    with PILImage.open(BytesIO(png)) as picture:
        assert dict(picture.getexif()) == {}
    np.testing.assert_array_equal(decode(png, "x").image, photo.image)


@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=12).map(lambda s: (*s, 4))))
def test_any_cutout_survives_being_encoded_and_decoded(cutout: np.ndarray) -> None:
    image = np.ascontiguousarray(cutout[..., :3])
    again = decode(encode_png(cutout, Photo(image, None, None, None)), "x")
    np.testing.assert_array_equal(again.image, image)
    assert again.alpha is not None
    np.testing.assert_array_equal(np.rint(again.alpha * 255), cutout[..., 3])


# Bad files


def test_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match=r"nowhere\.jpg: no such file$"):
        read_photo(tmp_path / "nowhere.jpg")


def test_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match=r": expected a picture file, got a folder$"):
        read_photo(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(ImageReadError, match=r"expected a picture file, got a pipe, socket or dev"):
        read_photo(tmp_path / "pipe.jpg")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no sockets as files")
def test_socket_and_device_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.jpg")
        for path in ("socket.jpg", os.devnull):
            with pytest.raises(ImageReadError, match=r"got a pipe, socket or device$"):
                read_photo(path)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything"
)
def test_file_without_permission_is_told(tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(drawn("PNG"))
    path.chmod(0)
    with pytest.raises(ImageReadError, match=r"secret\.png: cannot be read: Permission denied$"):
        read_photo(path)


@pytest.mark.parametrize("path", ["x" * 5000, "x\0.png", f"{__file__}/x.png"])
def test_path_that_cannot_be_is_told(path: str) -> None:
    with pytest.raises(ImageReadError, match=r": cannot be read: [^\n]+$"):
        read_photo(path)


def test_empty_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(ImageReadError, match=r"empty\.jpg: the file is empty$"):
        read_photo(tmp_path / "empty.jpg")
    with pytest.raises(ImageReadError, match=r"^bytes: the file is empty$"):
        decode(b"", "bytes")


@pytest.mark.parametrize(
    "data",
    [
        b"just a text\n",
        b"%PDF-1.7 \n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"RIFF\x24\0\0\0WAVEfmt ",
        drawn("PPM"),
        drawn("ICO"),
        b"\0",
    ],
)
def test_other_file_is_no_picture_whatever_its_name(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "renamed.jpg").write_bytes(data)
    expected = (
        r"renamed\.jpg: not a picture; expected one of JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF, HEIF$"
    )
    with pytest.raises(ImageReadError, match=expected):
        read_photo(tmp_path / "renamed.jpg")


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WebP", "TIFF", "BMP", "GIF"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_truncated_picture_is_told(format_name: str, share: float, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    data = encoded(PILImage.fromarray(noise), format_name)
    (tmp_path / "half").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ImageReadError, match=f"half: the {format_name} is damaged or truncated"):
        read_photo(tmp_path / "half")


def test_bare_signature_is_a_truncated_picture() -> None:
    with pytest.raises(ImageReadError, match=r"^x: the PNG is damaged or truncated$"):
        decode(b"\x89PNG\r\n\x1a\n", "x")


def test_name_of_several_lines_makes_no_message_of_several_lines(tmp_path: Path) -> None:
    (tmp_path / "two\nlines").touch()
    with pytest.raises(ImageReadError, match=r"two\\nlines: the file is empty$"):
        read_photo(tmp_path / "two\nlines")


def test_pil_image_that_cannot_be_loaded_is_told() -> None:
    picture = PILImage.open(BytesIO(drawn("PNG")[:-30]))
    with pytest.raises(ImageReadError, match=r"^PIL image: cannot be loaded: image file is trunc"):
        photo_from_pil(picture)


def test_pil_image_without_pixels_is_told() -> None:
    with pytest.raises(ImageReadError, match=r"^PIL image: expected pixels, got 0 × 5$"):
        photo_from_pil(PILImage.new("RGB", (0, 5)))


def test_pil_image_of_floats_is_told() -> None:
    with pytest.raises(ImageReadError, match=r"^PIL image: float pixels have no fixed range"):
        photo_from_pil(PILImage.new("F", (1, 1)))


# Limits


@pytest.mark.parametrize("idat", [[], [(b"IDAT", b"")]])
def test_huge_header_is_refused_before_any_pixel(idat: list) -> None:
    header = png_header(100_000, 100_000, bits=8, colour_type=2)
    told = (
        r"^bomb: 100000 × 100000 is 10,000,000,000 pixels, over the limit of 200,000,000; raise it "
    )
    with pytest.raises(ImageTooLargeError, match=told):
        decode(png_of_chunks(header, *idat, (b"IEND", b"")), "bomb")


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"])
def test_limit_holds_for_every_format_and_lets_its_own_number_through(
    format_name: str, tmp_path: Path
) -> None:
    (tmp_path / "x").write_bytes(drawn(format_name))
    assert read_photo(tmp_path / "x", max_pixels=24).image.shape == (4, 6, 3)
    with pytest.raises(ImageTooLargeError, match=r"x: 6 × 4 is 24 pixels, over the limit of 23;"):
        read_photo(tmp_path / "x", max_pixels=23)


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"])
def test_only_our_limit_counts_and_pillows_is_left_as_it_was(
    format_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PILImage, "MAX_IMAGE_PIXELS", 5)
    assert decode(drawn(format_name), "x").image.shape == (4, 6, 3)
    with pytest.raises(ImageReadError):
        decode(drawn(format_name)[:-15], "x", max_pixels=7)
    assert PILImage.MAX_IMAGE_PIXELS == 5


def test_threads_read_side_by_side_and_leave_pillow_and_the_warnings_as_they_were() -> None:
    filters, limit = list(warnings.filters), PILImage.MAX_IMAGE_PIXELS
    broken = b"Exif\0\0II*\0\x08\0\0\0" + b"\x05\0" + b"\x12\x01\x03\0\xff\xff\xff\x7f\x08\0\0\0"
    data = drawn("JPEG", exif=broken)
    expected = decode(data, "x").image
    with ThreadPoolExecutor(8) as pool:
        for image in pool.map(lambda _: decode(data, "x").image, range(200)):
            np.testing.assert_array_equal(image, expected)
    assert list(warnings.filters) == filters
    assert limit == PILImage.MAX_IMAGE_PIXELS


# Fuzz


def seeds_of_every_kind() -> dict[str, bytes]:
    rgb, rgba = PILImage.fromarray(colours(24, 16)), PILImage.fromarray(colours_and_alpha())
    rest = {"exif": exif_with(Orientation=6), "icc_profile": srgb_profile()}
    two_frames = {"save_all": True, "append_images": [rgb.rotate(180)]}
    return {
        "jpeg": encoded(rgb, "JPEG", dpi=(72, 72), **rest),
        "jpeg progressive": encoded(rgb, "JPEG", progressive=True),
        "jpeg cmyk": encoded(rgb.convert("CMYK"), "JPEG", icc_profile=black_ink_only_profile()),
        "jpeg of two": encoded(rgb, "MPO", **two_frames),
        "png": encoded(rgba, "PNG", dpi=(72, 72), **rest),
        "png palette": encoded(palette_picture(), "PNG", transparency=b"\0\x80"),
        "png grey": encoded(rgb.convert("LA"), "PNG", icc_profile=linear_grey_profile()),
        "png 16": encoded(PILImage.new("I;16", (5, 5), 999), "PNG", transparency=999),
        "png of two": encoded(rgb, "PNG", **two_frames),
        "webp": encoded(rgba, "WEBP", **rest),
        "webp lossless": encoded(rgb, "WEBP", lossless=True),
        "webp of two": encoded(rgb, "WEBP", **two_frames),
        "tiff": encoded(rgba, "TIFF", dpi=(72, 72), **rest),
        "tiff lzw": encoded(rgb, "TIFF", compression="tiff_lzw"),
        "tiff jpeg": encoded(rgb, "TIFF", compression="jpeg"),
        "tiff fax": encoded(rgb.convert("1"), "TIFF", compression="group4"),
        "tiff 16": encoded(PILImage.new("I;16", (5, 5), 999), "TIFF"),
        "tiff cmyk": encoded(rgb.convert("CMYK"), "TIFF"),
        "tiff lab": encoded(rgb.convert("LAB"), "TIFF"),
        "bmp": encoded(rgb, "BMP", dpi=(72, 72)),
        "bmp palette": encoded(palette_picture(), "BMP"),
        "bmp 1": encoded(rgb.convert("1"), "BMP"),
        "gif": encoded(palette_picture(), "GIF", transparency=1),
        "gif of two": encoded(rgb, "GIF", **two_frames),
    }


def truncated(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def mutated(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 3, 10, 50])):
        changed[chance.randrange(len(data))] = chance.choice(
            [0, 1, 127, 255, chance.randrange(256)]
        )
    return bytes(changed)


def mutated_header(data: bytes, chance: random.Random) -> bytes:
    return mutated(data[:64], chance) + data[64:]


def spliced(data: bytes, chance: random.Random) -> bytes:
    first, second = sorted(chance.randrange(len(data)) for _ in range(2))
    return data[:first] + data[second:]


def garbled_behind_the_signature(data: bytes, chance: random.Random) -> bytes:
    return data[:12] + chance.randbytes(chance.randrange(300))


DAMAGES = [truncated, mutated, mutated_header, spliced, garbled_behind_the_signature]


def photo_or_error(data: bytes, name: str) -> Photo | ImageReadError:
    try:
        return decode(data, name, max_pixels=1_000_000)
    except ImageReadError as error:
        return error


def check_valid_or_refused(data: bytes, name: str) -> bool:
    photo = photo_or_error(data, name)
    if isinstance(photo, ImageReadError):
        assert str(photo).startswith(f"{name}: ")
        assert str(photo).isprintable()
        return False
    height, width, channels = photo.image.shape
    assert (photo.image.dtype, channels) == (np.uint8, 3)
    assert min(height, width) > 0
    if photo.alpha is not None:
        assert (photo.alpha.dtype, photo.alpha.shape) == (np.float32, (height, width))
        assert photo.alpha.min() >= 0
        assert photo.alpha.max() <= 1
    assert encode_png(np.zeros((height, width, 4), np.uint8), photo)
    return True


@pytest.mark.parametrize("kind", seeds_of_every_kind())
def test_damaged_bytes_give_a_photo_or_one_line_of_error(
    kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data = seeds_of_every_kind()[kind]
    assert check_valid_or_refused(data, kind)
    chance = random.Random(kind)
    damaged = [damage(data, chance) for damage in DAMAGES for _ in range(12)]
    decoded = [check_valid_or_refused(one, kind) for one in damaged]
    assert not all(decoded)
    assert capfd.readouterr().out == ""


def test_random_bytes_give_one_line_of_error() -> None:
    chance = random.Random(0)
    for _ in range(200):
        assert not check_valid_or_refused(chance.randbytes(chance.randrange(200)), "noise")


@given(st.binary(max_size=200), st.sampled_from([b"", b"BM", b"GIF89a", b"II*\0", b"\xff\xd8\xff"]))
def test_any_bytes_give_a_photo_or_one_line_of_error(data: bytes, signature: bytes) -> None:
    check_valid_or_refused(signature + data, "any")


# Writing files


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def umask_022() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_file_is_written_whole_and_nothing_beside_it(tmp_path: Path) -> None:
    write_atomically(b"data", tmp_path / "new.png")
    assert (tmp_path / "new.png").read_bytes() == b"data"
    assert names_in(tmp_path) == ["new.png"]


@pytest.mark.usefixtures("umask_022")
@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
@pytest.mark.parametrize("overwrite", [False, True])
def test_file_has_the_permissions_of_any_new_file(tmp_path: Path, overwrite: bool) -> None:
    write_atomically(b"data", tmp_path / "new.png", overwrite=overwrite)
    assert stat.S_IMODE((tmp_path / "new.png").stat().st_mode) == 0o644


def test_missing_folders_are_made(tmp_path: Path) -> None:
    write_atomically(b"data", tmp_path / "a" / "b" / "new.png")
    assert (tmp_path / "a" / "b" / "new.png").read_bytes() == b"data"


def test_bare_name_is_written_into_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_atomically(b"data", Path("new.png"))
    assert names_in(tmp_path) == ["new.png"]


def test_existing_file_is_refused_and_left(tmp_path: Path) -> None:
    (tmp_path / "old.png").write_bytes(b"old")
    told = r"old\.png: exists already; pass --overwrite \(overwrite=True\) to replace it$"
    with pytest.raises(ImageWriteError, match=told):
        write_atomically(b"new", tmp_path / "old.png")
    assert (tmp_path / "old.png").read_bytes() == b"old"
    assert names_in(tmp_path) == ["old.png"]


def test_existing_file_is_replaced_when_asked(tmp_path: Path) -> None:
    (tmp_path / "old.png").write_bytes(b"old")
    write_atomically(b"new", tmp_path / "old.png", overwrite=True)
    assert (tmp_path / "old.png").read_bytes() == b"new"
    assert names_in(tmp_path) == ["old.png"]


def test_replacing_a_link_leaves_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"photo")
    (tmp_path / "link.png").symlink_to(tmp_path / "photo.png")
    write_atomically(b"new", tmp_path / "link.png", overwrite=True)
    assert (tmp_path / "photo.png").read_bytes() == b"photo"
    assert (tmp_path / "link.png").read_bytes() == b"new"


def not_permitted(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


@pytest.mark.parametrize("hard_links", [True, False])
def test_of_many_writers_one_wins(
    hard_links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hard_links:
        monkeypatch.setattr(Path, "hardlink_to", not_permitted)
    path = tmp_path / "new.png"
    together = threading.Barrier(8)

    def write(number: int) -> int | str:
        together.wait()
        try:
            write_atomically(bytes([number]) * 1000, path)
        except ImageWriteError as error:
            return str(error)
        return number

    with ThreadPoolExecutor(8) as pool:
        results = set(pool.map(write, range(8)))
    (winner,) = {result for result in results if isinstance(result, int)}
    (told,) = results - {winner}
    assert "exists already" in told
    assert path.read_bytes() == bytes([winner]) * 1000
    assert names_in(tmp_path) == ["new.png"]


@pytest.mark.parametrize("hard_links", [True, False])
def test_link_to_nowhere_is_refused_at_the_last_moment(
    hard_links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hard_links:
        monkeypatch.setattr(Path, "hardlink_to", not_permitted)
    (tmp_path / "link.png").symlink_to(tmp_path / "nowhere.png")
    with pytest.raises(ImageWriteError, match=r"link\.png: exists already; pass --overwrite"):
        write_atomically(b"new", tmp_path / "link.png")
    assert names_in(tmp_path) == ["link.png"]


def test_move_that_fails_leaves_no_empty_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "hardlink_to", not_permitted)
    monkeypatch.setattr(Path, "replace", not_permitted)
    with pytest.raises(ImageWriteError, match=r"cannot be written: Operation not permitted$"):
        write_atomically(b"new", tmp_path / "new.png")
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("overwrite", [False, True])
def test_folder_or_device_in_the_place_of_the_file_is_refused(
    overwrite: bool, tmp_path: Path
) -> None:
    for path in (tmp_path, Path(os.devnull)):
        with pytest.raises(ImageWriteError, match=r"expected a file to write, got a folder or dev"):
            write_atomically(b"data", path, overwrite=overwrite)
    assert names_in(tmp_path) == []
    assert not Path(os.devnull).is_file()


def test_file_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImageWriteError, match=r"new\.png: expected a folder above it, got a file$"):
        write_atomically(b"data", tmp_path / "file" / "new.png")
    with pytest.raises(ImageWriteError, match=r"new\.png: cannot be written: Not a directory$"):
        write_atomically(b"data", tmp_path / "file" / "deeper" / "new.png")


@pytest.mark.parametrize("name", ["x" * 300, "x\0.png"])
def test_name_that_no_file_can_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ImageWriteError, match=r": cannot be written: [^\n]+$"):
        write_atomically(b"data", tmp_path / name)
    assert names_in(tmp_path) == []


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_folder_without_permission_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ImageWriteError, match=r"new\.png: cannot be written: Permission denied$"):
        write_atomically(b"data", tmp_path / "new.png")


@contextmanager
def disk_full_after_1_kib() -> Iterator[None]:
    """Let no file grow beyond 1 KiB: not for longer than a call, as pytest's own log is a file."""
    resource = pytest.importorskip("resource", reason="Windows cannot limit the size of files")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("overwrite", [False, True])
def test_write_that_fails_half_way_leaves_no_part(overwrite: bool, tmp_path: Path) -> None:
    (tmp_path / "old.png").write_bytes(b"old")
    path = tmp_path / ("old.png" if overwrite else "new.png")
    with (
        pytest.raises(ImageWriteError, match=r": cannot be written: File too large$"),
        disk_full_after_1_kib(),
    ):
        write_atomically(b"x" * 2000, path, overwrite=overwrite)
    assert names_in(tmp_path) == ["old.png"]
    assert (tmp_path / "old.png").read_bytes() == b"old"


@pytest.mark.parametrize(("durable", "waits"), [(True, 1), (False, 0)])
def test_waiting_for_the_disk_is_a_choice(
    durable: bool, waits: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(os, "fsync", seen.append)
    write_atomically(b"data", tmp_path / "new.png", durable=durable)
    assert len(seen) == waits


def test_only_a_file_s_own_parts_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Path] = []

    def keep(_number: int) -> None:
        [part] = set(tmp_path.glob("*.part")) - set(kept)
        kept.append(part.with_name(f"{part.stem}0.part"))
        kept[-1].write_bytes(part.read_bytes())

    monkeypatch.setattr(os, "fsync", keep)
    write_atomically(b"one", tmp_path / "a.png")
    write_atomically(b"two", tmp_path / "b.png")
    remove_parts([tmp_path / "a.png"])
    assert [part.exists() for part in kept] == [False, True]
    remove_parts([tmp_path / "missing" / "a.png"])
