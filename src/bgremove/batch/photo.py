"""One photo, from file to file: the unit of work that every engine calls."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bgremove.arrays import Cutout, extent
from bgremove.batch.jobs import Job, Outcome, Subject
from bgremove.compose import cutout, tiled_cutout
from bgremove.errors import BgremoveError, ImageReadError, NoSubjectError, reason_of
from bgremove.image_io import (
    DEFAULT_MAX_PIXELS,
    Photo,
    decode,
    encode_png_bands,
    read_photo,
    write_atomically,
)
from bgremove.memory import is_shortage
from bgremove.output import DEFAULT as DEFAULT_OUTPUT
from bgremove.output import MASK_LEVEL, Output, rendered
from bgremove.output import encoded as encode
from bgremove.paths import STREAM
from bgremove.removers.base import Matte, Remover

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What holds for every photo of a run, beside its remover.

    Attributes
    ----------
    output : Output
        What to make of each cutout, and in which format.
    require_subject : bool
        Whether a photo without a subject fails, and gives no output.
    max_pixels : int
        A photo with more is refused before it is decoded.
    durable : bool
        Whether each output waits until the disk has it.
    """

    output: Output = DEFAULT_OUTPUT
    require_subject: bool = False
    max_pixels: int = DEFAULT_MAX_PIXELS
    durable: bool = True


def cut_out(
    job: Job, remover: Remover, settings: Settings, *, data: bytes | None = None
) -> Outcome:
    """Cut one photo out, and write it where its job says.

    Parameters
    ----------
    job : Job
    remover : Remover
    settings : Settings
    data : bytes, optional
        The photo's file, where it is at hand already.

    Returns
    -------
    Outcome
        Whatever goes wrong, an error of ours included, is told in it.
    """
    try:
        return _cut_out(job, remover, settings, data)
    except BgremoveError as error:
        return job.failed(str(error), type(error).__name__)
    except Exception as error:  # noqa: BLE001  (our own bug, too, costs one photo only)
        if is_shortage(error):
            return job.failed("not enough memory for a picture of this size", "MemoryError")
        _log.debug("%s: internal error", job.label, exc_info=True)
        kind = type(error).__name__
        return job.failed(f"internal error: {kind}: {error}", kind)


def _cut_out(job: Job, remover: Remover, settings: Settings, data: bytes | None) -> Outcome:
    watch = _Watch()
    with watch.stage("decode"):
        photo = _read(job, data, settings.max_pixels)
    with watch.stage("matte"):
        matte = remover.checked_matte(photo.image)
    if settings.require_subject and not matte.found:
        raise NoSubjectError(f"no {remover.subject} found; nothing was written")
    found = matte.found
    if settings.output.is_plain:
        encoded, subject = _encoded_while_composed(photo, matte, watch)
    else:
        with watch.stage("compose"):
            whole = cutout(photo.image, matte.source, photo.alpha)
            subject = measured(whole[..., 3])
            shown, own = whole[..., :3], None
            if settings.output.shows_photo:
                shown, own = photo.image, photo.alpha
            photo = photo.without_pixels()
            del matte
            picture = rendered(whole, shown, settings.output, own, photo.icc_profile)
            del whole, shown, own
        with watch.stage("encode"):
            encoded = encode(picture, photo, settings.output)
    if job.target is not None:
        with watch.stage("write"):
            write_atomically(encoded, job.target, overwrite=job.overwrite, durable=settings.durable)
    nothing = f"no {remover.subject} found; the cutout is fully transparent"
    return job.ended(
        "done" if found else "no-subject",
        message=_other_frames(job, photo) if found else nothing,
        target=job.target,
        subject=subject,
        seconds=watch.seconds,
        data=encoded if job.target is None else None,
    )


def _encoded_while_composed(photo: Photo, matte: Matte, watch: "_Watch") -> tuple[bytes, Subject]:
    """Encode a cutout as PNG band by band, so that it is never whole in memory."""
    with watch.stage("compose"):
        cut = tiled_cutout(photo.image, matte.source, photo.alpha)
    with watch.stage("encode"):
        alpha = np.empty(photo.image.shape[:2], np.uint8)
        encoded = encode_png_bands(_noting(alpha, cut.bands()), (*alpha.shape, 4), photo)
        return encoded, measured(alpha)


def _noting(alpha: NDArray[np.uint8], bands: Iterator[Cutout]) -> Iterator[Cutout]:
    """Pass a cutout's bands on, and write down their alpha."""
    top = 0
    for band in bands:
        alpha[top : top + len(band)] = band[..., 3]
        top += len(band)
        yield band


def measured(alpha: NDArray[np.uint8]) -> Subject:
    """Measure a subject, what is at least half there, by its alpha: (H, W) ndarray of uint8."""
    height, width = alpha.shape
    mask = alpha >= MASK_LEVEL
    reached = extent(mask)
    if reached is None:
        return Subject(width=width, height=height, area=0.0, box=None)
    rows, columns = reached
    return Subject(
        width=width,
        height=height,
        area=round(np.count_nonzero(mask) / mask.size, 6),
        box=(columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start),
    )


def _read(job: Job, data: bytes | None, max_pixels: int) -> Photo:
    if data is not None:
        return decode(data, job.label, max_pixels=max_pixels)
    if job.source is None:
        return decode(_standard_input(), STREAM, max_pixels=max_pixels)
    return read_photo(job.source, max_pixels=max_pixels, frame=job.frame or 0)


def _standard_input() -> bytes:
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise ImageReadError(f"{STREAM}: cannot be read: {reason_of(error)}") from error


def _other_frames(job: Job, photo: Photo) -> str:
    if photo.frames == 1 or job.frame is not None:
        return ""
    return f"the first of its {photo.frames} frames; bgremove batch --all-frames takes all"


@dataclass(frozen=True)
class _Watch:
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 6)
