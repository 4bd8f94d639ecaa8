"""`Remover`: the one interface of all methods."""

import inspect
import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage

from bgremove.arrays import Alpha, Image, check_picture
from bgremove.compose import cutout
from bgremove.errors import InputError, NoSubjectError, NoSubjectWarning, OptionError
from bgremove.image_io import DEFAULT_MAX_PIXELS, Photo, Picture, ToPIL, photo_from
from bgremove.option_checks import check_number
from bgremove.output import DEFAULT as DEFAULT_OUTPUT
from bgremove.output import Output, rendered
from bgremove.tiles import TiledAlpha


@dataclass(frozen=True)
class Matte:
    """What a method makes of an image.

    Attributes
    ----------
    source : (H, W) ndarray of float32 in [0, 1], or TiledAlpha
        The alpha, or what works it out tile by tile, from the image that it is of: leave that as
        it is until then. All zero where nothing was found.
    found : bool
        Whether there is a subject.
    """

    source: Alpha | TiledAlpha
    found: bool

    @property
    def alpha(self) -> Alpha:
        """The whole alpha, worked out anew each time: (H, W) ndarray of float32 in [0, 1]."""
        return self.source.whole() if isinstance(self.source, TiledAlpha) else self.source

    def __repr__(self) -> str:
        """Tell size and find, and no pixels."""
        height, width = self.source.shape
        return f"<Matte of {width} × {height} pixels, {'found' if self.found else 'empty'}>"

    def __reduce__(self) -> "tuple[type[Matte], tuple[Alpha, bool]]":
        """Be pickled as the whole alpha."""
        return Matte, (self.alpha, self.found)


class Remover(ABC):
    """Cuts the subject out of pictures, by one method.

    Call it with a picture of any kind, and it gives a cutout of the same kind back.
    """

    subject: str = "subject"
    """What the method looks for, in a word for messages."""

    options: Mapping[str, Any] = {}
    """What it was made with, by keyword."""

    def __repr__(self) -> str:
        """Tell how it was made."""
        told = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return f"{type(self).__name__}({told})"

    @abstractmethod
    def matte(self, image: Image) -> Matte:
        """Find the subject of an image.

        Parameters
        ----------
        image : (H, W, 3) ndarray of uint8, RGB
            Is not checked: `alpha` and a call of the remover do that.

        Returns
        -------
        Matte
        """

    def alpha(self, image: NDArray[Any]) -> Alpha:
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
        if not isinstance(image, np.ndarray) or check_picture(image).shape[2] != 3:
            found = image.shape if isinstance(image, np.ndarray) else type(image).__name__
            raise InputError(
                f"expected a uint8 array of shape (H, W, 3), got {found}; for other kinds of "
                'picture, call the remover with output=Output(output="alpha")'
            )
        return self._warned_matte(image).alpha

    @overload
    def __call__(
        self,
        picture: NDArray[Any],
        *,
        output: Output = ...,
        require_subject: bool = ...,
        max_pixels: int = ...,
    ) -> NDArray[np.uint8]: ...
    @overload
    def __call__(
        self,
        picture: ToPIL,
        *,
        output: Output = ...,
        require_subject: bool = ...,
        max_pixels: int = ...,
    ) -> PILImage.Image: ...
    def __call__(
        self,
        picture: Picture,
        *,
        output: Output = DEFAULT_OUTPUT,
        require_subject: bool = False,
        max_pixels: int = DEFAULT_MAX_PIXELS,
    ) -> PILImage.Image | NDArray[np.uint8]:
        """Cut the subject out of a picture.

        Parameters
        ----------
        picture : path, bytes, file, PIL.Image.Image, or (H, W, 3) or (H, W, 4) ndarray of uint8
            A file is one that is open for reading bytes. An alpha that the picture has is
            multiplied into the result.
        output : Output, optional
            What to make of the cutout: its kind, background, crop and size. Its `format` and
            `format_quality` are for files, and have no say here.
        require_subject : bool, default False
            Whether it is an error, and no warning, that nothing was found.
        max_pixels : int, default 200 million
            A path's, bytes' or file's picture of more is refused before it is decoded.

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
        ImageTooLargeError
            If it has more than `max_pixels`.
        NoSubjectError
            If nothing was found, and `require_subject` is set.
        OptionError
            If `output` is no `Output`, or `max_pixels` is not above 0.
        """
        if not isinstance(output, Output):
            raise OptionError(
                f'output must be an Output, as in Output(output="mask"), got {output!r}'
            )
        check_number("max_pixels", max_pixels, 1, sys.maxsize)
        photo = photo_from(picture, max_pixels=max_pixels)
        result = self._rendered(photo, output, require_subject)
        return result if isinstance(picture, np.ndarray) else photo.as_pil(result)

    def _rendered(self, photo: Photo, output: Output, require_subject: bool) -> NDArray[np.uint8]:
        image, own = photo.image, photo.alpha
        matte = self.checked_matte(image) if require_subject else self._warned_matte(image)
        if require_subject and not matte.found:
            raise NoSubjectError(f"no {self.subject} found")
        cut = cutout(image, matte.source, own)
        return rendered(cut, image, output, own, photo.icc_profile)

    def checked_matte(self, image: Image) -> Matte:
        """Find the subject of an image, and check what a remover of a user's own gives.

        Raises
        ------
        InputError
            If `matte` gives no `Matte` of the image's size, of floats in [0, 1].
        """
        matte = self.matte(image)
        found = _unfit(matte, image.shape[:2])
        if found:
            raise InputError(
                f"{type(self).__name__}.matte must give a Matte with a float32 alpha of shape "
                f"{image.shape[:2]} in 0…1, got {found}"
            )
        return matte

    def _warned_matte(self, image: Image) -> Matte:
        matte = self.checked_matte(image)
        if not matte.found:
            message = f"no {self.subject} found; the cutout is fully transparent"
            warnings.warn(message, NoSubjectWarning, stacklevel=_calls_within() + 1)
        return matte


def _unfit(matte: Matte, shape: tuple[int, ...]) -> str:
    """Tell what is wrong with a matte; nothing if it is as it should be."""
    if not isinstance(matte, Matte):
        return type(matte).__name__
    alpha = matte.source
    if isinstance(alpha, TiledAlpha):
        return "" if alpha.shape == shape else f"shape {alpha.shape}"
    if not isinstance(alpha, np.ndarray):
        return type(alpha).__name__
    if alpha.shape != shape or alpha.dtype != np.float32:
        return f"shape {alpha.shape} and dtype {alpha.dtype}"
    least, most = float(alpha.min()), float(alpha.max())
    return "" if least >= 0 and most <= 1 else f"values from {least:g} to {most:g}"


def _calls_within() -> int:
    """Count the calls between the caller of this and the code that has called bgremove."""
    frame, count = inspect.currentframe(), -1
    while frame and f"{frame.f_globals.get('__name__')}.".startswith("bgremove."):
        frame, count = frame.f_back, count + 1
    return count
