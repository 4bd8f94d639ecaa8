"""Pictures of any kind become photos, and what is none is told in one line."""

from collections.abc import Callable, Iterator
from io import BytesIO, StringIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
import pytest
from pictures import colours, drawn

from bgremove.errors import ImageReadError, ImageTooLargeError, InputError
from bgremove.image_io import DEFAULT_MAX_PIXELS, photo_from

EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"


def taken(picture: Any, max_pixels: int = DEFAULT_MAX_PIXELS) -> np.ndarray:
    return photo_from(picture, max_pixels=max_pixels).image


def bad_pictures() -> Iterator[Any]:
    image = np.zeros((8, 8, 3), np.uint8)
    yield pytest.param(np.full((8, 8, 3), np.nan), "float64 with NaN or infinity", id="nan")
    yield pytest.param(image.astype(np.float32), "float32; if it is in 0…1", id="float")
    yield pytest.param(image.astype(np.int64), "got dtype int64", id="int64")
    yield pytest.param(image.astype(bool), "got dtype bool", id="bool")
    yield pytest.param(image.astype(object), "got dtype object", id="object")
    yield pytest.param(image[..., 0], r"got shape \(8, 8\)", id="grey")
    yield pytest.param(image[..., :2], r"got shape \(8, 8, 2\)", id="two channels")
    yield pytest.param(image[None], r"got shape \(1, 8, 8, 3\)", id="batch")
    yield pytest.param(image[:0], r"got shape \(0, 8, 3\)", id="no rows")
    yield pytest.param(image[:, :0], r"got shape \(8, 0, 3\)", id="no columns")
    yield pytest.param(None, "got NoneType", id="None")
    yield pytest.param(5, "got int", id="number")
    yield pytest.param([[1, 2, 3]], "got list", id="list")


@pytest.mark.parametrize(("picture", "message"), list(bad_pictures()))
def test_what_is_no_picture_is_refused(picture: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        taken(picture)
    assert str(caught.value).startswith("expected ")
    assert "\n" not in str(caught.value)


def test_what_is_too_large_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    message = r"24 pixels, over the limit of 23; raise it with .*max_pixels=…"
    data = drawn("PNG")
    path = tmp_path / "a.png"
    path.write_bytes(data)
    for picture in (path, data, BytesIO(data)):
        with pytest.raises(ImageTooLargeError, match=message):
            taken(picture, max_pixels=23)
    assert taken(BytesIO(data), max_pixels=24).shape == (4, 6, 3)


def test_a_file_that_is_none_is_told() -> None:
    message = r'expected a file of bytes, got one of text: open it with "rb"'
    with pytest.raises(InputError, match=f"^file: {message}"):
        taken(StringIO("text"))
    expected = pytest.raises(InputError, match=rf"astronaut\.jpg: {message}")
    with EXAMPLE.open(encoding="utf-8") as text, expected:
        taken(text)
    expected = pytest.raises(ImageReadError, match=r"^file: the file is empty")
    with TemporaryFile() as nameless, expected:
        taken(nameless)
    with pytest.raises(InputError, match=r"got NoneType \(OpenCV's imread gives None for"):
        taken(None)
    closed = BytesIO()
    closed.close()
    with pytest.raises(ImageReadError, match="file: cannot be read: I/O operation on closed"):
        taken(closed)


def test_whatever_a_file_reads_is_taken_or_told() -> None:
    data = drawn("PNG")
    for read in (data, bytearray(data), memoryview(data)):
        np.testing.assert_array_equal(taken(Reads(lambda read=read: read)), colours())
    for reads, message in (
        (Reads(bytes.hex), r"expected a file, whose read\(\) gives bytes: "),
        (Reads(lambda: None), r"expected a file of bytes, its read\(\) gave None"),
        (Reads(asynchronous), r"its read\(\) is to be awaited"),
    ):
        with pytest.raises(InputError, match=f"^file: {message}"):
            taken(reads)


def test_an_empty_name_is_told() -> None:
    with pytest.raises(ImageReadError, match="expected a picture's file, got an empty name"):
        taken("")


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    empty.touch()
    for path in (empty, tmp_path / "missing.png", tmp_path):
        with pytest.raises(ImageReadError, match=path.name):
            taken(path)
    with pytest.raises(ImageReadError, match="bytes"):
        taken(b"no picture")


class Reads:
    """An upload of a framework's own."""

    def __init__(self, read: Callable[..., Any]) -> None:
        self.read = read


async def asynchronous() -> bytes:
    return b""
