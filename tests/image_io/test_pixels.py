"""Every mode comes as upright RGB of 8 bits, with its profile and its resolution."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pictures import (
    black_ink_only_profile,
    colours,
    colours_and_alpha,
    drawn,
    encoded,
    exif_with,
    linear_grey_profile,
    p3_profile,
    padded,
    palette_picture,
    png_header,
    png_of_chunks,
    srgb_profile,
)
from PIL import Image as PILImage

from bgremove.errors import ImageReadError
from bgremove.image_io import decode, encode_png, in_profile, photo_from_pil, read_photo

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


EIGHT_BITS = np.array([[0, 1, 128, 255]])


def test_pil_image_of_8_bits_in_32_is_not_darkened() -> None:
    wide = PILImage.fromarray(EIGHT_BITS.astype(np.uint8)).convert("I")
    np.testing.assert_array_equal(photo_from_pil(wide).image[..., 1], EIGHT_BITS)


def test_tiff_of_8_bits_in_32_is_not_darkened() -> None:
    data = encoded(PILImage.fromarray(EIGHT_BITS.astype(np.int32)), "TIFF")
    np.testing.assert_array_equal(decode(data, "x").image[..., 1], EIGHT_BITS)


@pytest.mark.parametrize(
    ("format_name", "options"), [("PNG", {}), ("TIFF", {}), ("TIFF", {"tiffinfo": {339: 2}})]
)
def test_dark_file_of_16_bits_stays_dark(format_name: str, options: dict) -> None:
    data = encoded(PILImage.fromarray(EIGHT_BITS.astype(np.uint16)), format_name, **options)
    np.testing.assert_array_equal(decode(data, "x").image[..., 1], [[0, 0, 0, 1]])


def test_dark_png_of_16_bits_stays_dark_as_pillow_10_opens_it() -> None:
    opened = PILImage.fromarray(EIGHT_BITS.astype(np.int32))
    opened.format = "PNG"
    np.testing.assert_array_equal(photo_from_pil(opened).image[..., 1], [[0, 0, 0, 1]])


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


def test_pil_image_without_pixels_is_told() -> None:
    with pytest.raises(ImageReadError, match=r"^PIL image: expected pixels, got 0 × 5$"):
        photo_from_pil(PILImage.new("RGB", (0, 5)))


def test_pil_image_of_floats_is_told() -> None:
    with pytest.raises(ImageReadError, match=r"^PIL image: float pixels have no fixed range"):
        photo_from_pil(PILImage.new("F", (1, 1)))


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


def test_corrupt_exif_stops_no_picture_and_warns_as_pillow_does() -> None:
    broken = b"Exif\0\0II*\0\x08\0\0\0" + b"\x05\0" + b"\x12\x01\x03\0\xff\xff\xff\x7f\x08\0\0\0"
    data = drawn("JPEG", exif=broken)
    with pytest.warns(UserWarning, match="EXIF|Tag|Truncated"):
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


LARGEST = 2**20
"""Bytes of a profile that Pillow reads back from a PNG, by its limits as they come."""


@pytest.mark.parametrize("format_name", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_profile_that_no_png_could_hold_is_applied_and_left_out(format_name: str) -> None:
    green = PILImage.new("RGB", (16, 300), (80, 200, 80))
    profile = padded(p3_profile(), LARGEST + 1)
    photo = decode(encoded(green, format_name, icc_profile=profile), "x")
    in_srgb = in_profile(np.asarray(green), p3_profile(), None)
    assert photo.icc_profile is None
    np.testing.assert_allclose(photo.image.astype(int), in_srgb, atol=3)
    with PILImage.open(BytesIO(encode_png(photo.image, photo))) as png:
        np.testing.assert_array_equal(png, photo.image)


def test_profile_that_a_png_can_hold_stays() -> None:
    profile = padded(p3_profile(), LARGEST)
    photo = decode(drawn("PNG", icc_profile=profile), "x")
    assert photo.icc_profile == profile
    np.testing.assert_array_equal(photo.image, colours())
    with PILImage.open(BytesIO(encode_png(colours(), photo))) as png:
        assert png.info["icc_profile"] == profile


def test_profile_that_no_png_could_hold_leaves_the_alpha() -> None:
    picture = PILImage.fromarray(colours_and_alpha())
    picture.info["icc_profile"] = padded(p3_profile(), LARGEST + 1)
    photo = photo_from_pil(picture)
    assert photo.icc_profile is None
    np.testing.assert_array_equal(photo.image, in_profile(colours(), p3_profile(), None))
    np.testing.assert_allclose(photo.alpha, colours_and_alpha()[..., 3] / 255, atol=1e-7)
    assert not photo.image.flags.writeable


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
