"""A contact sheet: photos beside what people have marked and what was found."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage
from PIL import ImageDraw

from bgremove.arrays import Alpha, Image
from bgremove.errors import DataError, ImageWriteError, reason_of
from bgremove.evaluation.run import PhotoScore
from bgremove.labelled_photos import LabelledPhoto
from bgremove.removers.base import Matte

MAGENTA = (255, 0, 255)
"""A background that no subject has."""

TILE, CAPTION, ACROSS = 160, 16, 2
"""Side of a tile and height of a caption in pixels; photos in a line of the sheet."""


def contact_sheet(
    photos: Iterable[LabelledPhoto],
    scores: list[PhotoScore],
    matte_of_photo: Callable[[LabelledPhoto], Matte],
) -> PILImage.Image:
    """Draw, for each score in order: the photo, the truth on magenta, the cutout on magenta.

    Parameters
    ----------
    photos : iterable of LabelledPhoto
        Those of the scores, in any order.
    scores : list of PhotoScore
    matte_of_photo : callable
        Gives the `Matte` of a photo.

    Raises
    ------
    DataError
        If there are no scores.
    """
    if not scores:
        raise DataError("expected photos that show the subject, to draw a sheet of; got none")
    place = {score.entry: index for index, score in enumerate(scores)}
    lines = -(-len(scores) // ACROSS)
    sheet = PILImage.new("RGB", (ACROSS * 3 * TILE, lines * (TILE + CAPTION)), "white")
    for photo in photos:
        index = place[photo.entry]
        left, top = index % ACROSS * 3 * TILE, index // ACROSS * (TILE + CAPTION)
        ImageDraw.Draw(sheet).text((left + 2, top + 2), _caption(scores[index]), fill="black")
        views = (
            photo.image,
            on_magenta(photo.image, photo.alpha),
            on_magenta(photo.image, matte_of_photo(photo).alpha),
        )
        for column, view in enumerate(views):
            tile = PILImage.fromarray(view)
            tile.thumbnail((TILE, TILE))
            sheet.paste(tile, (left + column * TILE, top + CAPTION))
    return sheet


def on_magenta(image: Image, alpha: Alpha) -> Image:
    """Lay an image over magenta by its alpha."""
    share = alpha[..., None]
    blend: NDArray[np.float32] = image * share + np.array(MAGENTA, np.float32) * (1 - share)
    return np.rint(blend).astype(np.uint8)


def check_ending(path: Path) -> None:
    """Check that a sheet can be written as the picture that its name says.

    Raises
    ------
    ImageWriteError
        If it cannot.
    """
    if PILImage.registered_extensions().get(path.suffix.lower()) not in PILImage.SAVE:
        raise ImageWriteError(
            f"{path}: expected the ending of a picture, as .png, got {path.suffix or 'none'}"
        )


def write_sheet(sheet: PILImage.Image, path: Path) -> None:
    """Write a sheet.

    Raises
    ------
    ImageWriteError
        If it cannot be written.
    """
    try:
        sheet.save(path)
    except (OSError, ValueError) as error:
        raise ImageWriteError(f"{path}: cannot be written: {reason_of(error)}") from error


def _caption(score: PhotoScore) -> str:
    iou = f"{score.scores.iou:.3f} " if score.scores else ""
    return f"{iou}{score.entry.set}/{score.entry.stem}"
