"""The object method's way, drawn: each step's picture beside the next, numbered."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PILImage
from PIL import ImageDraw

from bgremove.arrays import Image, alpha_to_uint8, resize
from bgremove.batch import Job, Plan
from bgremove.batch.plan import refuse
from bgremove.compose import cutout
from bgremove.errors import BgremoveError
from bgremove.image_io import read_photo, write_atomically
from bgremove.png import png_bytes
from bgremove.removers.object import ObjectRemover

CAPTION = 18
"""Height of the line above the pictures, in pixels."""

GAP = 4
"""Between two pictures, in pixels."""

ENDING = "-steps.png"
"""What a strip is called after its photo's name."""


def strip(image: Image, remover: ObjectRemover) -> PILImage.Image:
    """Draw what the object method does with an image.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8, RGB
    remover : ObjectRemover

    Returns
    -------
    PIL.Image.Image
        RGB: photo, edges, closed, contours, prior, mask, cutout.
    """
    steps = remover.steps(image)
    height, width = steps.mask.shape
    alpha = resize(remover.matte_of(steps, image).alpha, width, height)
    result = PILImage.fromarray(cutout(steps.image, alpha))
    white = PILImage.new("RGBA", result.size, "white")
    pictures = {
        "photo": steps.image,
        "edges": steps.edges,
        "closed": steps.closed,
        "contours": alpha_to_uint8(steps.enclosed),
        "prior": alpha_to_uint8(steps.prior),
        "mask": steps.mask,
        "cutout": np.asarray(PILImage.alpha_composite(white, result)),
    }
    drawn = PILImage.new("RGB", (len(pictures) * (width + GAP) - GAP, height + CAPTION), "white")
    for number, (name, picture) in enumerate(pictures.items()):
        left = number * (width + GAP)
        ImageDraw.Draw(drawn).text((left + 2, 2), f"{number}. {name}", fill="black")
        drawn.paste(PILImage.fromarray(picture).convert("RGB"), (left, CAPTION))
    return drawn


def plan_strips(planned: Plan, folder: Path, *, overwrite: bool) -> Plan:
    """Settle where each photo's strip goes, so that it costs no photo, cutout or other strip.

    Parameters
    ----------
    planned : Plan
        Of the cutouts.
    folder : Path
        Need not be there.
    overwrite : bool
        Whether a file that is there may be replaced.

    Returns
    -------
    Plan
        Its jobs' targets are the strips.
    """
    strips, nameless = [], []
    for job in planned.jobs:
        if job.source is None:
            reason = "has no name to draw its steps under; pass a file"
            nameless.append(job.failed(reason, "InputError"))
        else:
            target = folder / job.folder / f"{job.source.stem}{ENDING}"
            strips.append(replace(job, target=target, overwrite=overwrite))
    accepted, refused = refuse(strips, Path(ENDING).suffix, beside=planned)
    return Plan(jobs=tuple(accepted), refused=(*nameless, *refused))


def write_strips(jobs: Iterable[Job], options: dict[str, Any], *, max_pixels: int) -> list[str]:
    """Write the strips that are planned.

    Parameters
    ----------
    jobs : iterable of Job
        As `plan_strips` gives them.
    options : dict
        Those of `ObjectRemover`.
    max_pixels : int
        A photo with more is refused before it is decoded.

    Returns
    -------
    list of str
        A line for each strip that could not be written.
    """
    remover = ObjectRemover(**options)
    failures = []
    for job in jobs:
        assert job.source is not None, "only files have strips"
        assert job.target is not None, "a strip is a file"
        try:
            image = read_photo(job.source, max_pixels=max_pixels).image
            drawn = np.asarray(strip(image, remover))
            data = png_bytes([drawn], drawn.shape, None, None)
            write_atomically(data, job.target, overwrite=job.overwrite)
        except BgremoveError as error:
            failures.append(f"{job.name}: {error}")
        except MemoryError:
            failures.append(f"{job.name}: not enough memory to draw its steps")
    return failures
