"""`Remover`: the one interface of all methods."""

import inspect
import os
import warnings
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TypeAlias, overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage

from bgremove.arrays import Alpha, Image, alpha_from_uint8, check_picture
from bgremove.compose import cutout
from bgremove.errors import InputError, NoSubjectWarning, OptionError
from bgremove.image_io import decode, photo_from_pil, read_photo
from bgremove.output import DEFAULT as DEFAULT_OUTPUT
from bgremove.output import Output, rendered
from bgremove.tiles import TiledAlpha

Picture: TypeAlias = "str | os.PathLike[str] | bytes | PILImage.Image | NDArray[np.uint8]"


@dataclass(frozen=True)
class Matte:
    """What a method makes of an image.

    Attributes
    ----------
    source : (H, W) ndarray of float32 in [0, 1], or TiledAlpha
        The alpha, or what works it out tile by tile. All zero where nothing was found.
    found : bool
        Whether there is a subject.
    """

    source: Alpha | TiledAlpha
    found: bool

    @property
    def alpha(self) -> Alpha:
        """The whole alpha: (H, W) ndarray of float32 in [0, 1]."""
        return self.source.whole() if isinstance(self.source, TiledAlpha) else self.source


class Remover(ABC):
    """Cuts the subject out of pictures, by one method.

    Call it with a picture of any kind, and it gives a cutout of the same kind back.
    """

    subject: str
    """What the method looks for, in a word for messages."""

    @abstractmethod
    def matte(self, image: Image) -> Matte:
        """Find the subject of an image.

        Parameters
        ----------
        image : (H, W, 3) ndarray of uint8, RGB

        Returns
        -------
        Matte
        """

    def alpha(self, image: Image) -> Alpha:
        """Give the subject's alpha.

        Parameters
        ----------
        image : (H, W, 3) ndarray of uint8, RGB

        Returns
        -------
        (H, W) ndarray of float32 in [0, 1]
            All zero, with a `NoSubjectWarning`, where nothing was found.

        Raises
        ------
        InputError
            If the array is no such image.
        """
        if check_picture(image).shape[2] != 3:
            raise InputError(f"expected an image of shape (H, W, 3), got {image.shape}")
        return self._warned_matte(image).alpha

    @overload
    def __call__(
        self, picture: NDArray[np.uint8], *, output: Output = ...
    ) -> NDArray[np.uint8]: ...
    @overload
    def __call__(
        self, picture: "str | os.PathLike[str] | bytes | PILImage.Image", *, output: Output = ...
    ) -> PILImage.Image: ...
    def __call__(
        self, picture: Picture, *, output: Output = DEFAULT_OUTPUT
    ) -> PILImage.Image | NDArray[np.uint8]:
        """Cut the subject out of a picture.

        Parameters
        ----------
        picture : path, bytes, PIL.Image.Image, or (H, W, 3) or (H, W, 4) ndarray of uint8
            An alpha that the picture has is multiplied into the result.
        output : Output, optional
            What to make of the cutout: its kind, background, crop and size. Its `format` and
            `format_quality` are for files, and have no say here.

        Returns
        -------
        PIL.Image.Image or ndarray of uint8
            An array for an array, else a PIL image, which keeps the picture's ICC profile and
            resolution in its ``info``. RGBA with straight alpha, or as `output` says.

        Raises
        ------
        InputError
            If `picture` is none of these, or a box or point that was given lies outside it.
        ImageReadError
            If it, or the background, is no picture that can be read.
        OptionError
            If `output` is no `Output`.
        """
        if not isinstance(output, Output):
            raise OptionError(
                f'output must be an Output, as in Output(output="mask"), got {output!r}'
            )
        if isinstance(picture, np.ndarray):
            array = check_picture(picture)
            image = np.ascontiguousarray(array[..., :3])
            own = alpha_from_uint8(array[..., 3]) if array.shape[2] == 4 else None
            return self._rendered(image, own, output)
        if isinstance(picture, PILImage.Image):
            photo = photo_from_pil(picture)
        elif isinstance(picture, bytes):
            photo = decode(picture, "bytes")
        elif isinstance(picture, (str, os.PathLike)):
            photo = read_photo(picture)
        else:
            raise InputError(
                "expected a path, bytes, a PIL image or a numpy array, "
                f"got {type(picture).__name__}"
            )
        return photo.as_pil(self._rendered(photo.image, photo.alpha, output))

    def _rendered(self, image: Image, own: Alpha | None, output: Output) -> NDArray[np.uint8]:
        return rendered(cutout(image, self._warned_matte(image).source, own), image, output)

    def _warned_matte(self, image: Image) -> Matte:
        matte = self.matte(image)
        if not matte.found:
            message = f"no {self.subject} found; the cutout is fully transparent"
            warnings.warn(message, NoSubjectWarning, stacklevel=_calls_within() + 1)
        return matte


def _calls_within() -> int:
    """Count the calls between the caller of this and the code that has called bgremove."""
    frame, count = inspect.currentframe(), -1
    while frame and f"{frame.f_globals.get('__name__')}.".startswith("bgremove."):
        frame, count = frame.f_back, count + 1
    return count
