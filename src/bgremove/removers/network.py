"""The methods that a neural network serves: a Tiramisu's word for each pixel, as an alpha."""

import logging
import os
from typing import Any

import cv2
import numpy as np

from bgremove.arrays import Image, Probability, clipped, working_copy
from bgremove.cards import PresenceRule
from bgremove.colour_evidence import with_colour_evidence
from bgremove.hesitation import hesitation
from bgremove.option_checks import check_number
from bgremove.pieces import with_gaps_closed, without_specks
from bgremove.refine import Edges, Refined, find_edges, soft_edges
from bgremove.removers.base import Matte, Remover
from bgremove.second_look import both_looks, is_doubtful
from bgremove.segmenter import DEFAULT_MODEL, load_segmenter
from bgremove.thresholding import best_threshold

WITHOUT_NARROW_GAPS = ("person",)
"""Outputs whose narrow gaps close: things have true gaps, and to close them cost .004 of the
subjects' IoU on val."""

LOOKED_AT_TWICE = ("person",)
"""Outputs with a second look: it brings nothing for the subjects of val (.8718 for .8725)."""

LARGE_PHOTO = 50_000_000
"""Pixels from which on a photo needs the network's 200 MB more than the next photo needs the
0.3 s that it takes to read the network again."""

_log = logging.getLogger(__name__)


class NetworkRemover(Remover):
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
    ) -> None:
        if threshold is not None:
            check_number("threshold", threshold, 0, 1)
        self._to_alpha = find_edges(edges)
        self.segmenter = load_segmenter(model, device)
        card = self.segmenter.card
        self._asked = [output for output in self.outputs if output in card.outputs]
        if not self._asked:
            card.channel_of(self.outputs[-1])
        self.threshold = threshold
        self.options = {"model": model, "threshold": threshold, "device": device, "edges": edges}

    def __getstate__(self) -> dict[str, Any]:
        """Be pickled without the network: where it is wanted, that is read again."""
        return {name: value for name, value in self.__dict__.items() if name != "segmenter"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Come back as it was."""
        self.__dict__.update(state)
        self.segmenter = load_segmenter(self.options["model"], self.options["device"])

    def matte(self, image: Image) -> Matte:
        """Find the subject of an image: predict, ask if it is there, follow the edges."""
        working = working_copy(image)
        found = self._find(working)
        if image.shape[0] * image.shape[1] >= LARGE_PHOTO:
            self.segmenter.rest()
        if found is None:
            return Matte(np.zeros(image.shape[:2], np.float32), found=False)
        output, probability = found
        _log.info("found: %s", output)
        threshold = self.threshold
        if threshold is None:
            threshold = best_threshold(probability, most=self.segmenter.card.threshold)
        refined = refined_map(
            probability,
            working,
            output=output,
            threshold=threshold,
            to_alpha=self._to_alpha,
            outward=self.segmenter.card.outward,
        )
        return Matte(refined.on(image), found=True)

    def _find(self, working: Image) -> tuple[str, Probability] | None:
        """Give the output that has found something, and its map; look twice at what is doubtful."""
        card = self.segmenter.card
        probability = self.segmenter.predict(working)
        output = self.found_in(probability)
        if output is None:
            return None
        channel = card.channel_of(output)
        found: Probability = probability[..., channel]
        if output in LOOKED_AT_TWICE and card.input.coarse_shapes and is_doubtful(found):
            coarse = self.segmenter.predict(working, card.input.coarse())
            found = both_looks(found, coarse[..., channel])
        return output, found

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
    to_alpha : callable
    outward : float
        As the model's card says.
    """
    unsure = hesitation(probability)
    whole = with_colour_evidence(probability, working, unsure)
    if output in WITHOUT_NARROW_GAPS:
        whole = with_gaps_closed(whole, unsure)
    true = drawn_in(without_specks(whole, threshold), outward)
    return to_alpha(true, working, threshold)


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
    across, down = (cv2.Sobel(probability, -1, *axis, scale=1 / 8) for axis in ((1, 0), (0, 1)))
    return clipped(probability - np.float32(outward) * cv2.magnitude(across, down))


def is_present(probability: Probability, rule: PresenceRule) -> bool:
    """Tell whether a network has found what it looked for, by its card's rule."""
    return bool(np.mean(probability >= rule.probability) >= rule.area)
