"""Files of every format, bad bytes, and limits."""

import os
import random
import socket
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import (
    LOSSLESS,
    black_ink_only_profile,
    colours,
    colours_and_alpha,
    drawn,
    encoded,
    exif_with,
    linear_grey_profile,
    palette_picture,
    png_header,
    png_of_chunks,
    srgb_profile,
)
from PIL import Image as PILImage
from PIL import PngImagePlugin, features
from PIL.ImageFile import ImageFile

from bgremove.errors import ImageReadError, ImageTooLargeError, MissingExtraError
from bgremove.image_io import (
    PICTURE_SUFFIXES,
    Photo,
    count_frames,
    decode,
    encode_png,
    photo_from_pil,
    read_photo,
)

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
    path = Path(__file__).parents[2] / "examples" / "astronaut.jpg"
    from_string, from_bytes = read_photo(str(path)), decode(path.read_bytes(), "astronaut")
    assert from_string.image.shape == (512, 512, 3)
    np.testing.assert_array_equal(from_string.image, from_bytes.image)


def test_format_is_told_by_the_bytes_not_by_the_name(tmp_path: Path) -> None:
    (tmp_path / "really-a-png.jpg").write_bytes(drawn("PNG"))
    np.testing.assert_array_equal(read_photo(tmp_path / "really-a-png.jpg").image, colours())


@pytest.mark.parametrize("format_name", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_or_any_of_several_frames_can_be_read(format_name: str, tmp_path: Path) -> None:
    others = [PILImage.fromarray(255 - colours()), PILImage.fromarray(colours()[::-1])]
    options = {**LOSSLESS[format_name], "save_all": True, "append_images": others}
    path = tmp_path / "x"
    path.write_bytes(drawn(format_name, **options))
    assert count_frames(path) == 3
    assert read_photo(path).frames == 3
    np.testing.assert_array_equal(decode(path.read_bytes(), "x").image, colours())
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


def test_the_frames_of_a_heic_are_counted_before_any_is_read(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif", reason="needs bgremove[heif]")
    picture = heif.from_pillow(PILImage.fromarray(colours(64, 48)))
    picture.add_from_pillow(PILImage.fromarray(colours(64, 48)))
    picture.save(tmp_path / "two.heic")
    line = (
        "import sys; from bgremove.image_io import count_frames; print(count_frames(sys.argv[1]))"
    )
    counted = subprocess.check_output([sys.executable, "-c", line, str(tmp_path / "two.heic")])
    assert int(counted) == 2


def test_too_little_memory_is_no_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_picture: ImageFile) -> None:
        raise MemoryError

    monkeypatch.setattr(ImageFile, "load", fail)
    with pytest.raises(MemoryError):
        decode(drawn("PNG"), "x")
    with pytest.raises(MemoryError):
        photo_from_pil(PILImage.open(BytesIO(drawn("PNG"))))


def test_folders_are_searched_for_every_format_that_is_read_and_no_other() -> None:
    pytest.importorskip("pillow_heif", reason="needs bgremove[heif]").register_heif_opener()
    with pytest.raises(ImageReadError, match="not a picture; expected one of") as told:
        decode(b"no picture", "x")
    _, formats = str(told.value).split(" one of ")
    searched = {PILImage.registered_extensions()[suffix] for suffix in PICTURE_SUFFIXES}
    assert sorted(searched) == sorted(formats.upper().split(", "))


# Bad files


def test_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match=r"nowhere\.jpg: no such file$"):
        read_photo(tmp_path / "nowhere.jpg")


@pytest.mark.parametrize("address", ["https://x.org/a.jpg", "http://x.org/a?w=9"])
def test_address_is_told(address: str) -> None:
    told = "expected a file, got an address, and bgremove works offline: pass the bytes of what it"
    with pytest.raises(ImageReadError, match=told):
        read_photo(address)


@pytest.mark.skipif(os.name == "nt", reason="Windows tells it in another way")
def test_text_that_is_no_name_is_not_repeated_whole() -> None:
    told = "^A{40}…: 100,000 characters are no file's name; pass a picture's bytes as bytes$"
    with pytest.raises(ImageReadError, match=told):
        read_photo("A" * 100_000)


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


@pytest.mark.parametrize("path", ["x\0.png", f"{__file__}/x.png"])
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


@pytest.mark.parametrize(
    "start",
    [
        b"\0\0\0\x20ftypisom",
        b"\0\0\0\x20ftypmp42",
        b"\0\0\0\x14ftypqt  ",
        b"\0\0\0\x1cftypM4V ",
        b"\0\0\0\x14ftyp3gp4",
        b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1f",
        b"RIFF\x24\0\0\0AVI LIST",
    ],
)
def test_a_video_is_told_how_its_frames_become_pictures(start: bytes) -> None:
    expected = (
        r"^clip: expected a picture, got a video: take its frames out first, as by "
        r"ffmpeg -i VIDEO frames/%05d\.png$"
    )
    with pytest.raises(ImageReadError, match=expected):
        decode(start + b"\0" * 100, "clip")


def test_a_cameras_raw_file_is_told_and_its_small_preview_not_taken_for_it() -> None:
    reduced, sub_files = 254, 330
    expected = (
        r"^x\.nef: expected a picture, got a camera's raw file, in which only a preview of 6 × 4 "
        "pixels can be read: export it as JPEG or TIFF first$"
    )
    with pytest.raises(ImageReadError, match=expected):
        decode(drawn("TIFF", tiffinfo={reduced: 1, sub_files: 8}), "x.nef")
    for plain in ({reduced: 1}, {reduced: 0, sub_files: 8}, {reduced: 2, sub_files: 8}):
        np.testing.assert_array_equal(
            decode(drawn("TIFF", tiffinfo=plain), "x.tif").image, colours()
        )


def test_a_true_video_is_told(tmp_path: Path) -> None:
    path = str(tmp_path / "clip.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 10, (16, 16))
    writer.write(np.zeros((16, 16, 3), np.uint8))
    writer.release()
    with pytest.raises(ImageReadError, match=r"clip\.avi: expected a picture, got a video"):
        read_photo(path)


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WebP", "TIFF", "BMP", "GIF"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_truncated_picture_is_told(format_name: str, share: float, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    data = encoded(PILImage.fromarray(noise), format_name)
    (tmp_path / "half").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ImageReadError, match=f"half: the {format_name} is damaged or truncated"):
        read_photo(tmp_path / "half")


def test_bare_signature_is_a_truncated_picture() -> None:
    with pytest.raises(ImageReadError, match=r"^x: the PNG is damaged or truncated, or of a kind"):
        decode(b"\x89PNG\r\n\x1a\n", "x")


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int32])
def test_tiff_of_pixels_that_pillow_lacks_is_not_called_damaged_only(kind: type) -> None:
    _, data = cv2.imencode(".tiff", np.zeros((4, 6, 3), kind))
    told = r"^x: the TIFF is .*, or of a kind that Pillow does not read; save it anew, with 8 bits"
    with pytest.raises(ImageReadError, match=told):
        decode(data.tobytes(), "x")


def test_name_of_several_lines_makes_no_message_of_several_lines(tmp_path: Path) -> None:
    (tmp_path / "two\nlines").touch()
    with pytest.raises(ImageReadError, match=r"two\\nlines: the file is empty$"):
        read_photo(tmp_path / "two\nlines")


def test_pil_image_that_cannot_be_loaded_is_told() -> None:
    picture = PILImage.open(BytesIO(drawn("PNG")[:-30]))
    with pytest.raises(ImageReadError, match=r"^PIL image: cannot be loaded: image file is trunc"):
        photo_from_pil(picture)


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


def png_with(*chunks: tuple[bytes, bytes]) -> bytes:
    """A black pixel, with more chunks before it."""
    pixel = b"IDAT", zlib.compress(bytes(4))
    return png_of_chunks(png_header(1, 1, 8, 2), *chunks, pixel, (b"IEND", b""))


def large_text(kind: bytes, size: int) -> tuple[bytes, bytes]:
    before = {b"tEXt": b"key\0", b"zTXt": b"key\0\0", b"iTXt": b"key\0\1\0\0\0"}[kind]
    text = b"text" * (size // 4)
    return kind, before + (text if kind == b"tEXt" else zlib.compress(text))


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt"])
def test_large_texts_in_a_png_are_no_damage(kind: bytes) -> None:
    texts = [large_text(kind, 5_000_000)] * 3
    assert decode(png_with(*texts), "x").image.shape == (1, 1, 3)


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt"])
def test_texts_of_a_png_have_a_limit_all_the_same(kind: bytes) -> None:
    with pytest.raises(ImageReadError, match=r"^x: the PNG is damaged or truncated: .*MAX_TEXT_"):
        decode(png_with(large_text(kind, 65 * 2**20)), "x")


def test_a_large_colour_profile_in_a_png_is_no_damage() -> None:
    profile = srgb_profile() + np.random.default_rng(0).bytes(3_000_000)
    np.testing.assert_array_equal(decode(drawn("PNG", icc_profile=profile), "x").image, colours())


def test_threads_read_side_by_side_and_leave_pillow_and_the_warnings_as_they_were() -> None:
    filters, limits = list(warnings.filters), pillow_limits()
    data = drawn("JPEG")
    expected = decode(data, "x").image
    with ThreadPoolExecutor(8) as pool:
        for image in pool.map(lambda _: decode(data, "x").image, range(200)):
            np.testing.assert_array_equal(image, expected)
    assert list(warnings.filters) == filters
    assert pillow_limits() == limits


def pillow_limits() -> list[int | None]:
    png = PngImagePlugin
    return [PILImage.MAX_IMAGE_PIXELS, png.MAX_TEXT_CHUNK, png.MAX_TEXT_MEMORY]


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
