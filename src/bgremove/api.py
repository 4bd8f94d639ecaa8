"""The functions for one picture, thin over the removers."""

import os
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Concatenate, ParamSpec, Protocol, cast, overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage

from bgremove.cards import ModelCard
from bgremove.image_io import DEFAULT_MAX_PIXELS, Picture, ToPIL
from bgremove.model_files import is_path, shipped_models
from bgremove.output import DEFAULT as DEFAULT_OUTPUT
from bgremove.output import Output
from bgremove.removers import DEFAULT_METHOD, check_options, remover_class
from bgremove.removers.hinted import HintedRemover

KEPT_REMOVERS = 4
"""How many loaded removers wait for the next call: a network or two, and their variants."""

_File = str | os.PathLike[str]

_Options = ParamSpec("_Options")


class _OfTheSameKind(Protocol[_Options]):
    """A function that gives an array for an array, and else a PIL image."""

    @overload
    def __call__(
        self, picture: NDArray[Any], *_: _Options.args, **options: _Options.kwargs
    ) -> NDArray[np.uint8]: ...
    @overload
    def __call__(
        self, picture: ToPIL, *_: _Options.args, **options: _Options.kwargs
    ) -> PILImage.Image: ...


def _of_the_same_kind(
    function: Callable[Concatenate[Picture, _Options], PILImage.Image | NDArray[np.uint8]],
) -> _OfTheSameKind[_Options]:
    """Tell type checkers which of the two a function gives; it stays as it is."""
    return cast("_OfTheSameKind[_Options]", function)


@_of_the_same_kind
def remove(
    picture: Picture,
    *,
    method: str = DEFAULT_METHOD,
    model: _File | None = None,
    threshold: float | None = None,
    device: str | None = None,
    edges: str | None = None,
    low: float | None = None,
    high: float | None = None,
    quality: str | None = None,
    box: Iterable[float] | None = None,
    point: Iterable[float] | None = None,
    output: Output = DEFAULT_OUTPUT,
    require_subject: bool = False,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> PILImage.Image | NDArray[np.uint8]:
    """Cut the subject out of a picture.

    Parameters
    ----------
    picture : path, bytes, file, PIL.Image.Image, or (H, W, 3) or (H, W, 4) ndarray of uint8
        An alpha that the picture has is multiplied into the result.
    method : {"auto", "person", "subject", "contour"}, default "auto"
        People, whatever the photo is of, or an object by its outline; ``auto`` is the first and,
        if nobody is found, the second.
    model, threshold, device, edges, low, high, quality, box, point : optional
        As `load_remover` takes them.
    output : Output, optional
        What to make of the cutout; by default the cutout itself.
    require_subject : bool, default False
        Whether it is an error, and no warning, that nothing was found.
    max_pixels : int, default 200 million
        A path's, bytes' or file's picture of more is refused before it is decoded.

    Returns
    -------
    PIL.Image.Image or ndarray of uint8
        RGBA with straight alpha, 0 where nothing was found, or as `output` says: an array for
        an array, else a PIL image.

    Raises
    ------
    InputError
        If `picture` is none of these, or the box or the point lies outside it.
    ImageReadError
        If it cannot be read.
    ImageTooLargeError
        If it has more than `max_pixels`.
    NoSubjectError
        If nothing was found, and `require_subject` is set.
    BgremoveError
        What else `load_remover` raises.

    Warns
    -----
    NoSubjectWarning
        If nobody and nothing was found.

    Examples
    --------
    >>> import bgremove
    >>> cutout = bgremove.remove("examples/astronaut.jpg", method="contour")
    >>> cutout.mode
    'RGBA'
    """
    remover = load_remover(
        method,
        model=model,
        threshold=threshold,
        device=device,
        edges=edges,
        low=low,
        high=high,
        quality=quality,
        box=box,
        point=point,
    )
    return remover(picture, output=output, require_subject=require_subject, max_pixels=max_pixels)


@_of_the_same_kind
def remove_person(
    picture: Picture,
    *,
    model: _File | None = None,
    threshold: float | None = None,
    device: str | None = None,
    edges: str | None = None,
    box: Iterable[float] | None = None,
    point: Iterable[float] | None = None,
    output: Output = DEFAULT_OUTPUT,
    require_subject: bool = False,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> PILImage.Image | NDArray[np.uint8]:
    """Cut the people out of a picture, as ``remove(picture, method="person")`` does.

    Parameters
    ----------
    picture : path, bytes, file, PIL.Image.Image, or (H, W, 3) or (H, W, 4) ndarray of uint8
    model, threshold, device, edges, box, point : optional
        As `load_remover` takes them.
    output, require_subject, max_pixels : optional
        As calling a `Remover` takes them.

    Returns
    -------
    PIL.Image.Image or ndarray of uint8
        As `remove` gives it.

    Raises
    ------
    BgremoveError
        As `remove` does.
    """
    remover = load_remover(
        "person",
        model=model,
        threshold=threshold,
        device=device,
        edges=edges,
        box=box,
        point=point,
    )
    return remover(picture, output=output, require_subject=require_subject, max_pixels=max_pixels)


@_of_the_same_kind
def remove_subject(
    picture: Picture,
    *,
    model: _File | None = None,
    threshold: float | None = None,
    device: str | None = None,
    edges: str | None = None,
    box: Iterable[float] | None = None,
    point: Iterable[float] | None = None,
    output: Output = DEFAULT_OUTPUT,
    require_subject: bool = False,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> PILImage.Image | NDArray[np.uint8]:
    """Cut what a picture is of out of it, as ``remove(picture, method="subject")`` does.

    Parameters
    ----------
    picture : path, bytes, file, PIL.Image.Image, or (H, W, 3) or (H, W, 4) ndarray of uint8
    model, threshold, device, edges, box, point : optional
        As `load_remover` takes them.
    output, require_subject, max_pixels : optional
        As calling a `Remover` takes them.

    Returns
    -------
    PIL.Image.Image or ndarray of uint8
        As `remove` gives it.

    Raises
    ------
    BgremoveError
        As `remove` does.
    """
    remover = load_remover(
        "subject",
        model=model,
        threshold=threshold,
        device=device,
        edges=edges,
        box=box,
        point=point,
    )
    return remover(picture, output=output, require_subject=require_subject, max_pixels=max_pixels)


@_of_the_same_kind
def remove_object(
    picture: Picture,
    *,
    edges: str | None = None,
    low: float | None = None,
    high: float | None = None,
    quality: str | None = None,
    box: Iterable[float] | None = None,
    point: Iterable[float] | None = None,
    output: Output = DEFAULT_OUTPUT,
    require_subject: bool = False,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> PILImage.Image | NDArray[np.uint8]:
    """Cut an object out by its outline, as ``remove(picture, method="contour")`` does.

    Parameters
    ----------
    picture : path, bytes, file, PIL.Image.Image, or (H, W, 3) or (H, W, 4) ndarray of uint8
    edges, low, high, quality, box, point : optional
        As `load_remover` takes them.
    output, require_subject, max_pixels : optional
        As calling a `Remover` takes them.

    Returns
    -------
    PIL.Image.Image or ndarray of uint8
        As `remove` gives it.

    Raises
    ------
    BgremoveError
        As `remove` does.
    """
    remover = load_remover(
        "contour", edges=edges, low=low, high=high, quality=quality, box=box, point=point
    )
    return remover(picture, output=output, require_subject=require_subject, max_pixels=max_pixels)


def load_remover(
    method: str = DEFAULT_METHOD,
    *,
    model: _File | None = None,
    threshold: float | None = None,
    device: str | None = None,
    edges: str | None = None,
    low: float | None = None,
    high: float | None = None,
    quality: str | None = None,
    box: Iterable[float] | None = None,
    point: Iterable[float] | None = None,
) -> HintedRemover:
    """Load a method's remover, or take the one that was loaded with the same options before.

    Safe to call from several threads. To load afresh, say after a model's file has changed,
    make a `PersonRemover` yourself.

    Parameters
    ----------
    method : {"auto", "person", "subject", "contour"}, default "auto"
    model : str or path, optional
        person, subject, auto: a shipped model's name, a model's folder, or a file.
    threshold : float, optional
        person, subject, auto: the probability at which the edge lies, in [0, 1]; by default
        chosen for each photo.
    device : str, optional
        person, subject, auto: ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.
    edges : {"soft", "hard", "fine"}, optional
        Along the photo's own edges; 0 and 255 only; or a matte, for hair.
    low, high : float, optional
        contour: the thresholds of the edge detector.
    quality : {"fast", "best"}, optional
        contour: ``best`` takes several times the time.
    box : sequence of 4 floats, optional
        Left, top, width and height of where the subject is, in the photo's pixels: nothing
        outside is part of the cutout.
    point : sequence of 2 floats, optional
        Column and row of a pixel of the subject: of pieces that do not touch, only the one that
        it lies in, or nearest to, is kept.

    Returns
    -------
    HintedRemover
        What is not given is as the remover's class has it; `HintedRemover.at` gives it another box
        and point.

    Raises
    ------
    OptionError
        If there is no such method, if it has no such option, or if one is outside its range.
    ModelError
        If the model cannot be used.
    DeviceError
        If the device is not there.
    MissingExtraError
        If the model or the device needs a library that is not installed.
    """
    options = {
        "model": model,
        "threshold": threshold,
        "device": device,
        "edges": edges,
        "low": low,
        "high": high,
        "quality": quality,
    }
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    check_options(method, given)
    if isinstance(model, os.PathLike):
        given["model"] = model = Path(os.fsdecode(model))
    try:
        hash(tuple(given.values()))
    except TypeError:
        return remover_class(method)(**given)  # which tells what is wrong with it
    folder = Path.cwd() if model is not None and is_path(model) else None
    with _loading:
        remover = _load(method, folder, **given)
    return remover if box is None and point is None else remover.at(box=box, point=point)


def models() -> tuple[ModelCard, ...]:
    """List the cards of the models that bgremove ships with.

    Returns
    -------
    tuple of ModelCard
        By name.

    Raises
    ------
    CardError
        If a card is missing, broken or incomplete.
    """
    return tuple(shipped_models())


_loading = Lock()


@lru_cache(maxsize=KEPT_REMOVERS)
def _load(method: str, _folder: Path | None, **options: Any) -> HintedRemover:
    """Load a remover, whose model's path may mean another file in another folder."""
    return remover_class(method)(**options)
