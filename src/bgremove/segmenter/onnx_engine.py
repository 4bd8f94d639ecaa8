"""The light engine: ONNX Runtime on the CPU.

ONNX Runtime optimizes the graph when it loads it. All levels were measured on the 103 behind
its strided stem, 224×224, one thread, CPU seconds for load + first run + each later run:
none 0.05 + 0.52 + 0.46, basic 0.09 + 0.52 + 0.50, all (the default) 0.14 + 0.38 + 0.31. So the
default also gives the fastest cold start.
"""

from pathlib import Path

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as states

from bgremove.arrays import Image, Probability
from bgremove.cards import ModelCard
from bgremove.errors import ModelMismatchError
from bgremove.segmenter.base import prepare
from bgremove.segmenter.shapes import as_maps, check_shapes
from bgremove.threads import thread_limit

_UNREADABLE = (
    states.Fail,
    states.InvalidArgument,
    states.InvalidGraph,
    states.InvalidProtobuf,
    states.NoSuchFile,
    states.NotImplemented,
    states.RuntimeException,
)
"""What ONNX Runtime raises for a file that it cannot load."""

_FLOAT32 = "tensor(float)"


class OnnxSegmenter:
    """Runs an ONNX network on the CPU.

    Parameters
    ----------
    card : ModelCard
    path : Path
        The network takes (1, height, width, 3) float32 and gives, as its first output,
        (1, h, w, C) or (1, height·width, C).

    Raises
    ------
    ModelMismatchError
        If the file is no ONNX, or its shapes are not the card's.
    """

    device = "cpu"

    def __init__(self, card: ModelCard, path: Path) -> None:
        self.card = card
        self._session = _session(path)
        self._input = _only_input(self._session, path)
        check_shapes(str(path), card, self._input.shape, self._session.get_outputs()[0].shape)

    def predict(self, image: Image) -> Probability:
        """Run the network on one image; see `Segmenter.predict`."""
        feed = {self._input.name: prepare(image, self.card.input)}
        return as_maps(self._session.run(None, feed)[0], self.card.input)


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_limit()
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except _UNREADABLE as error:
        reason = str(error).splitlines()[0]
        raise ModelMismatchError(f"{path}: expected an ONNX network, found {reason}") from error


def _only_input(session: onnxruntime.InferenceSession, path: Path) -> onnxruntime.NodeArg:
    inputs = session.get_inputs()
    kinds = [node.type for node in inputs]
    if kinds != [_FLOAT32]:
        raise ModelMismatchError(f"{path}: expected one input, {_FLOAT32}, found {kinds}")
    return inputs[0]
