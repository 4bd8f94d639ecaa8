"""Alphas that any other program wrote, as mattes."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage

from bgremove.arrays import alpha_from_uint8
from bgremove.cards import PresenceRule
from bgremove.errors import DataError
from bgremove.labelled_photos import Entry, LabelledPhoto
from bgremove.labelled_photos.masks import check_size
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
    alpha = alpha_from_uint8(_read_levels(path))
    check_size(alpha, photo.alpha, str(path))
    return Matte(alpha, found=is_present(alpha, PresenceRule()))


def check_levels(entries: Iterable[Entry], folder: Path) -> None:
    """Check that a program's alphas are not masks of 0 and 1.

    One file does not tell: a network that sees nobody may well leave a 1 of 255 here and there.
    All of them do.

    Parameters
    ----------
    entries : iterable of Entry
        Photos; their predictions are read up to the first that goes beyond 1.
    folder : Path
        As `stored_matte` takes it.

    Raises
    ------
    DataError
        If there is no value but 0 and 1 in all of them, or one is missing, or no such picture.
    """
    highest = 0
    for entry in entries:
        highest = max(highest, int(_read_levels(_path_of(entry, folder)).max()))
        if highest > 1:
            return
    if highest == 1:
        raise DataError(
            f"{folder}: expected alphas of 0 to 255, got no value but 0 and 1; "
            "multiply masks of 0 and 1 by 255"
        )


def _path_of(entry: Entry, folder: Path) -> Path:
    nested = folder / entry.set / f"{entry.stem}.png"
    flat = folder / f"{entry.set}-{entry.stem}.png"
    for path in (nested, flat):
        if path.exists():
            return path
    raise DataError(f"expected a prediction at {nested} or {flat}, found none")


def _read_levels(path: Path) -> NDArray[np.uint8]:
    try:
        with PILImage.open(path) as picture:
            picture.load()
    except (OSError, SyntaxError, ValueError, PILImage.DecompressionBombError) as error:
        raise DataError(f"{path}: expected a PNG: {error}") from error
    if picture.has_transparency_data:
        return np.asarray(picture.convert("RGBA").getchannel("A"))
    if picture.mode in GREY_MODES:
        return np.asarray(picture.convert("L"))
    raise DataError(
        f"{path}: expected an 8-bit grey picture or one with alpha, got mode {picture.mode}"
    )
