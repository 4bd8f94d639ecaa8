"""Pictures of any kind that a caller has, as photos."""

import inspect
import os
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage

from bgremove.arrays import alpha_from_uint8, check_picture
from bgremove.errors import ImageReadError, InputError, printable, reason_of
from bgremove.image_io.photo import Photo
from bgremove.image_io.reading import decode, photo_from_pil, read_photo
from bgremove.option_checks import told


class ReadsBytes(Protocol):
    """What is open for reading bytes: a file, a `BytesIO`, an upload."""

    def read(self) -> bytes:
        """Give all that is left."""
        ...


ToPIL: TypeAlias = (
    "str | os.PathLike[str] | bytes | bytearray | memoryview | ReadsBytes | PILImage.Image"
)
"""The pictures of which a PIL image comes."""

Picture: TypeAlias = "ToPIL | NDArray[Any]"
"""An array's dtype is checked when it comes: the types of OpenCV's arrays don't tell it."""


def photo_from(picture: Picture, *, max_pixels: int) -> Photo:
    """Take a picture of any kind over.

    Parameters
    ----------
    picture : path, bytes, file, PIL.Image.Image, or (H, W, 3) or (H, W, 4) ndarray of uint8
    max_pixels : int
        A path's, bytes' or file's picture of more is refused before it is decoded.

    Returns
    -------
    Photo

    Raises
    ------
    InputError
        If it is none of these.
    ImageReadError
        If it cannot be read.
    ImageTooLargeError
        If it has more than `max_pixels`.
    """
    if isinstance(picture, np.ndarray):
        array = check_picture(picture)
        own = alpha_from_uint8(array[..., 3]) if array.shape[2] == 4 else None
        return Photo(np.ascontiguousarray(array[..., :3]), own, None, None)
    if isinstance(picture, PILImage.Image):
        return photo_from_pil(picture)
    if isinstance(picture, (bytes, bytearray, memoryview)):
        return decode(bytes(picture), "bytes", max_pixels=max_pixels)
    if isinstance(picture, (str, os.PathLike)):
        return read_photo(picture, max_pixels=max_pixels)
    if hasattr(picture, "read"):
        return _read_from(picture, max_pixels)
    hint = " (OpenCV's imread gives None for what it cannot read)" if picture is None else ""
    raise InputError(
        "expected a path, bytes, a file, a PIL image or a numpy array, "
        f"got {type(picture).__name__}{hint}"
    )


def _read_from(file: ReadsBytes, max_pixels: int) -> Photo:
    name = getattr(file, "name", None)
    name = printable(name) if isinstance(name, str) and name else "file"
    of_text = f'{name}: expected a file of bytes, got one of text: open it with "rb"'
    try:
        data = file.read()
    except UnicodeDecodeError as error:
        raise InputError(of_text) from error
    except TypeError as error:
        raise InputError(f"{name}: expected a file, whose read() gives bytes: {error}") from error
    except (OSError, ValueError) as error:
        raise ImageReadError(f"{name}: cannot be read: {reason_of(error)}") from error
    if isinstance(data, str):
        raise InputError(of_text)
    if inspect.iscoroutine(data):
        data.close()
        raise InputError(f"{name}: its read() is to be awaited: pass what that gives")
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise InputError(f"{name}: expected a file of bytes, its read() gave {told(data)}")
    return decode(bytes(data), name, max_pixels=max_pixels)
