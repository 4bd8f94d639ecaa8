"""The methods that a neural network serves: a Tiramisu's word for each pixel, as an alpha."""

import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bgremove.arrays import Image, Probability, clipped, slope, working_copy
from bgremove.cards import PresenceRule
from bgremove.colour_evidence import with_colour_evidence
from bgremove.hesitation import hesitation
from bgremove.hints import View, view
from bgremove.model_files import DEFAULT_MODEL
from bgremove.option_checks import check_number
from bgremove.pieces import nearest_piece, with_gaps_closed, without_specks
from bgremove.refine import OPENNESS, Edges, Refined, soft_edges
from bgremove.removers.base import Matte
from bgremove.removers.hinted import HintedRemover
from bgremove.second_look import both_looks, is_doubtful
from bgremove.segmenter import load_segmenter
from bgremove.thresholding import best_threshold
from bgremove.tiles import placed

WITHOUT_NARROW_GAPS = ("person",)
"""Outputs whose narrow gaps close: things have true gaps, and to close them cost .004 of the
subjects' IoU on val."""

LOOKED_AT_TWICE = ("person",)
"""Outputs with a second look: it brings nothing for the subjects of val (.8718 for .8725)."""

LARGE_PHOTO = 50_000_000
"""Pixels from which on a photo needs the network's 200 MB more than the next photo needs the
0.3 s that it takes to read the network again."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Found:
    """The output that has found something, its map, and on it the point that was asked for."""

    output: str
    probability: Probability
    point: tuple[int, int] | None


class NetworkRemover(HintedRemover):
    """Cuts out what a neural network finds.

    Parameters
    ----------
    model : str or path, optional
        A shipped model's name, a model's folder, or a file: ``.onnx`` with its card beside it,
        ``.keras``, ``.h5``, or a Keras 2 ``model.json`` with its ``.hdf5`` weights beside it.
    threshold : float, optional
        The probability at which the edge lies, in [0, 1]; by default chosen for each photo
        (`thresholding`), at most what the model's card says, usually 0.5.
    device : str, default "auto"
        ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.
    edges : {"soft", "hard", "fine"}, default "soft"
        Along the photo's own edges; 0 and 255 only; or a matte, for hair.
    box : sequence of 4 floats, optional
        Left, top, width and height in the photo's pixels: the subject lies inside. The network
        sees the box and a little around it, larger than in the whole photo.
    point : sequence of 2 floats, optional
        A pixel of the subject: only the piece that it lies in, or nearest to, is kept.

    Raises
    ------
    OptionError
        If an option is outside its range.
    ModelError
        If the model cannot be used, or has none of the outputs that the method asks for.
    DeviceError
        If the device is not there.
    """

    outputs: tuple[str, ...]
    """The network's outputs that are asked for, in this order, until one finds something."""

    def __init__(
        self,
        *,
        model: str | os.PathLike[str] = DEFAULT_MODEL,
        threshold: float | None = None,
        device: str = "auto",
        edges: str = "soft",
        box: Iterable[float] | None = None,
        point: Iterable[float] | None = None,
    ) -> None:
        if threshold is not None:
            check_number("threshold", threshold, 0, 1)
        self._take_over(
            model=model, threshold=threshold, device=device, edges=edges, box=box, point=point
        )
        self.segmenter = load_segmenter(model, device)
        card = self.segmenter.card
        self._asked = [output for output in self.outputs if output in card.outputs]
        if not self._asked:
            card.channel_of(self.outputs[-1])
        self.threshold = threshold

    def __getstate__(self) -> dict[str, Any]:
        """Be pickled without the network: where it is wanted, that is read again."""
        return {name: value for name, value in self.__dict__.items() if name != "segmenter"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Come back as it was."""
        self.__dict__.update(state)
        self.segmenter = load_segmenter(self.options["model"], self.options["device"])

    def matte(self, image: Image) -> Matte:
        """Find the subject of an image: predict, ask if it is there, follow the edges.

        Parameters and result are those of `Remover.matte`.

        Raises
        ------
        InputError
            If the box or the point lies outside the image.
        """
        seen = view(image.shape, self.box, self.point)
        part = image[seen.place]
        working = working_copy(part)
        found = self._find(working, seen)
        if image.shape[0] * image.shape[1] >= LARGE_PHOTO:
            self.segmenter.rest()
        if found is None:
            return Matte(np.zeros(image.shape[:2], np.float32), found=False)
        _log.info("found: %s", found.output)
        threshold = self.threshold
        if threshold is None:
            threshold = best_threshold(found.probability, most=self.segmenter.card.threshold)
        refined = refined_map(
            found.probability,
            working,
            output=found.output,
            threshold=threshold,
            point=found.point,
            to_alpha=self._to_alpha,
            outward=self.segmenter.card.outward,
        )
        return Matte(placed(refined.on(part), seen.place, seen.allowed, *image.shape[:2]), True)

    def _find(self, working: Image, seen: View) -> _Found | None:
        """Ask the network, and once more about somebody doubtful; None if nothing is there."""
        card = self.segmenter.card
        probability = self.segmenter.predict(working)
        where = seen.attention(probability.shape)
        probability = np.where(where.inside[..., None], probability, np.float32(0))
        output = self.found_in(probability)
        if output is None:
            return None
        channel = card.channel_of(output)
        found: Probability = probability[..., channel]
        if output in LOOKED_AT_TWICE and card.input.coarse_shapes and is_doubtful(found):
            coarse = self.segmenter.predict(working, card.input.coarse())
            found = np.where(where.inside, both_looks(found, coarse[..., channel]), np.float32(0))
        return _Found(output, found, where.point)

    def found_in(self, probability: Probability) -> str | None:
        """Give the first of the asked outputs that has found something.

        Parameters
        ----------
        probability : (h, w, C) ndarray of float32 in [0, 1]
            As the segmenter gives it.

        Returns
        -------
        str or None
            None if none has.
        """
        card = self.segmenter.card
        for output in self._asked:
            if is_present(probability[..., card.channel_of(output)], card.presence_of(output)):
                return output
        return None


def refined_map(
    probability: Probability,
    working: Image,
    *,
    output: str,
    threshold: float,
    point: tuple[int, int] | None = None,
    to_alpha: Edges = soft_edges,
    outward: float = 0.0,
) -> Refined:
    """Go from a network's output to an alpha of a photo's working copy.

    Parameters
    ----------
    probability : (h, w) ndarray of float32 in [0, 1]
    working : (H, W, 3) ndarray of uint8, RGB
    output : str
    threshold : float
        In [0, 1].
    point : tuple of 2 ints, optional
        A column and row of the map: of pieces apart the nearest to it is kept. Without it all are
        but specks.
    to_alpha : callable
    outward : float
        As the model's card says.
    """
    unsure = hesitation(probability)
    whole = with_colour_evidence(probability, working, unsure)
    if output in WITHOUT_NARROW_GAPS:
        whole = with_gaps_closed(whole, unsure)
    if point is None:
        whole = without_specks(whole, threshold)
    else:
        whole = nearest_piece(whole, threshold, point)
    return to_alpha(drawn_in(whole, outward), working, threshold, OPENNESS)


def drawn_in(probability: Probability, outward: float) -> Probability:
    """Draw a map's outline in by some pixels, where it is sharp; where the map hesitates it stays.

    Parameters
    ----------
    probability : (h, w) ndarray of float32 in [0, 1]
    outward : float
        How far, in the map's pixels.

    Returns
    -------
    (h, w) ndarray of float32 in [0, 1]
        Moved by so much against its own slope, to the first order.
    """
    return clipped(probability - np.float32(outward) * slope(probability))


def is_present(probability: Probability, rule: PresenceRule) -> bool:
    """Tell whether a network has found what it looked for, by its card's rule."""
    return bool(np.mean(probability >= rule.probability) >= rule.area)
