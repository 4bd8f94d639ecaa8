"""What every engine is: something that runs one network."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bgremove.arrays import Image, Probability, resize
from bgremove.cards import InputSpec, ModelCard


class Segmenter(Protocol):
    """One loaded network on one device.

    Attributes
    ----------
    card : ModelCard
    device : str
        What it runs on: ``cpu`` or ``gpu:N``.
    """

    card: ModelCard
    device: str

    def predict(self, image: Image, spec: InputSpec | None = None) -> Probability:
        """Run the network on one image of any size.

        Parameters
        ----------
        image : (H, W, 3) ndarray of uint8, RGB
        spec : InputSpec, optional
            How to ask it, if not as its card says first: ``card.input.coarse()``.

        Returns
        -------
        (h, w, C) ndarray of float32 in [0, 1]
            At the network's own size for such an image; the channels are the card's `outputs`.
            Safe to call from several threads.
        """
        ...

    def rest(self) -> None:
        """Give back what memory a run needs, if that can be done; the next run takes it again."""
        ...


def prepare(image: Image, spec: InputSpec) -> NDArray[np.float32]:
    """Turn an image into a network's input, (1, height, width, 3), as the card says.

    The resize is antialiased.
    """
    height, width = spec.shape_for(*image.shape[:2])
    small = resize(image, width, height).astype(np.float32) / np.float32(255)
    mean, std = np.array(spec.mean, np.float32), np.array(spec.std, np.float32)
    batch: NDArray[np.float32] = ((small - mean) / std)[None]
    return batch
