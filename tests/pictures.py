"""Small pictures, and files of them, to be read."""

import struct
import tarfile
import zlib
from functools import cache
from io import BytesIO
from itertools import product

import numpy as np
from PIL import ExifTags, ImageCms
from PIL import Image as PILImage


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


def put_into(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, BytesIO(content))


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


def palette_picture() -> PILImage.Image:
    picture = PILImage.fromarray(np.array([[0, 1, 2]], np.uint8))
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    return picture


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


@cache
def p3_profile() -> bytes:
    """Display P3, as telephones write it: sRGB's curve on wider primaries."""
    profile = bytearray(srgb_profile())
    primaries = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    (count,) = struct.unpack_from(">I", profile, 128)
    for tag in range(count):
        signature, start = struct.unpack_from(">4sI", profile, 132 + 12 * tag)
        if signature in primaries:
            values = (round(value * 65536) for value in primaries[signature])
            struct.pack_into(">3i", profile, start + 8, *values)
    return bytes(profile)


def padded(profile: bytes, size: int) -> bytes:
    """Bring a profile to a size, by bytes that no tag of it is about."""
    return struct.pack(">I", size) + profile[4:].ljust(size - 4, b"\0")
