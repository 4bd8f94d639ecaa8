"""Alphas that any other program wrote, as mattes."""

from pathlib import Path

import numpy as np
from PIL import Image as PILImage

from bgremove.arrays import Alpha, alpha_from_uint8
from bgremove.cards import PresenceRule
from bgremove.errors import DataError
from bgremove.labelled_photos import Entry, LabelledPhoto
from bgremove.removers.base import Matte
from bgremove.removers.network import is_present

GREY_MODES = ("1", "L")


def stored_matte(photo: LabelledPhoto, *, folder: Path) -> Matte:
    """Read the alpha that a program wrote for a photo.

    Somebody counts as found where the alpha meets the default `PresenceRule`.

    Parameters
    ----------
    photo : LabelledPhoto
    folder : Path
        Holds ``SET/STEM.png`` or ``SET-STEM.png``: grey, or with an alpha channel; of the
        photo's size.

    Raises
    ------
    DataError
        If there is no such file, or it is no such picture.
    """
    path = _path_of(photo.entry, folder)
    alpha = _read_alpha(path)
    if alpha.shape != photo.alpha.shape:
        raise DataError(
            f"{path}: expected the photo's size, {_size(photo.alpha)}, got {_size(alpha)}"
        )
    return Matte(alpha, found=is_present(alpha, PresenceRule()))


def _path_of(entry: Entry, folder: Path) -> Path:
    nested = folder / entry.set / f"{entry.stem}.png"
    flat = folder / f"{entry.set}-{entry.stem}.png"
    for path in (nested, flat):
        if path.exists():
            return path
    raise DataError(f"expected a prediction at {nested} or {flat}, found none")


def _read_alpha(path: Path) -> Alpha:
    try:
        with PILImage.open(path) as picture:
            picture.load()
    except (OSError, SyntaxError) as error:
        raise DataError(f"{path}: expected a PNG: {error}") from error
    if picture.has_transparency_data:
        return alpha_from_uint8(np.asarray(picture.convert("RGBA").getchannel("A")))
    if picture.mode in GREY_MODES:
        return alpha_from_uint8(np.asarray(picture.convert("L")))
    raise DataError(
        f"{path}: expected an 8-bit grey picture or one with alpha, got mode {picture.mode}"
    )


def _size(alpha: Alpha) -> str:
    height, width = alpha.shape
    return f"{width}×{height}"
