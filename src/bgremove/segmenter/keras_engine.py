"""The engine for Keras files and for GPUs: TensorFlow."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from bgremove.arrays import Image, Probability
from bgremove.cards import InputSpec, ModelCard
from bgremove.devices import Device, choose_device, import_tensorflow
from bgremove.errors import MissingExtraError, ModelMismatchError, ModelNotFoundError
from bgremove.model_files import HDF5_SUFFIXES, hdf5_beside, networks_beside
from bgremove.segmenter.base import prepare
from bgremove.segmenter.shapes import as_maps, check_shapes

if TYPE_CHECKING:
    import keras

_UNREADABLE = (
    AttributeError,
    BadZipFile,
    ImportError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What Keras raises for a file that it cannot load."""

OUTPUTS = {
    ("softmax", 2): ("background", "person"),
    ("sigmoid", 1): ("person",),
    ("sigmoid", 2): ("person", "subject"),
}
"""By a network's last activation and its channels: what they are, where no card says so."""


class KerasSegmenter:
    """Runs a Keras network on TensorFlow.

    Parameters
    ----------
    card : ModelCard
    model : keras.Model
        From (1, height, width, 3) float32 to (1, h, w, C) or (1, height·width, C).
    device : str
        ``cpu`` or ``gpu:N``; where the model's weights are.
    source : str
        What to call the model in messages.

    Raises
    ------
    ModelMismatchError
        If the model's shapes are not the card's.
    """

    def __init__(self, card: ModelCard, model: "keras.Model", device: str, source: str) -> None:
        self.card = card
        self.device = device
        input_shape, output_shape = _shapes(model, source)
        for size in (*card.input.all_shapes, *card.input.coarse_shapes):
            check_shapes(source, card, size, input_shape, output_shape)
        self._runner = cache(partial(_compiled, model, device))

    def predict(self, image: Image, spec: InputSpec | None = None) -> Probability:
        """Run the network on one image; see `Segmenter.predict`."""
        batch = prepare(image, spec or self.card.input)
        height, width = batch.shape[1:3]
        output = self._runner((height, width))(batch).numpy()
        return as_maps(output, (height, width))

    def rest(self) -> None:
        """Keep what memory there is: TensorFlow gives none back."""


def load_keras(path: Path, card: ModelCard | None, wanted: Device) -> KerasSegmenter:
    """Load a network onto TensorFlow.

    Parameters
    ----------
    path : Path
        A ``.keras``, ``.h5`` or ``.hdf5`` file, a Keras 2 ``.json``, or an ``.onnx`` that
        `bgremove.training.export` wrote.
    card : ModelCard or None
        None to tell from the network what it takes and gives.
    wanted : Device

    Raises
    ------
    ModelError
        If the file is of another kind, or its network does not fit.
    DeviceError
        If the device is not there.
    MissingExtraError
        If TensorFlow is not installed.
    """
    _check_backend("gpu" if wanted.kind == "gpu" else "tensorflow")
    device = choose_device(wanted)
    with import_tensorflow().device(_tensorflow_name(device)):
        model = _read_network(path, card)
        return KerasSegmenter(card or derive_card(model, path), model, device, str(path))


def derive_card(model: "keras.Model", path: Path) -> ModelCard:
    """Tell from a network itself what it takes and gives.

    It takes RGB in 0…1, at its own size or, where it takes any, at 224×224; what it gives
    follows from its last activation and its channels (`OUTPUTS`).

    Raises
    ------
    ModelMismatchError
        If that is none of `OUTPUTS`.
    """
    input_shape, output_shape = _shapes(model, str(path))
    default = InputSpec()
    height, width = input_shape[1:3] if len(input_shape) == 4 else (None, None)
    found = _last_activation(model), output_shape[-1]
    if found not in OUTPUTS:
        known = ", ".join(f"{kind} over {count}" for kind, count in OUTPUTS)
        raise ModelMismatchError(
            f"{path}: expected a network that ends in {known}, found {found[0]} over {found[1]}; "
            "or put a card.json beside it"
        )
    return ModelCard(
        name=path.stem,
        description="a Keras network that came without a card",
        input=InputSpec(height=height or default.height, width=width or default.width),
        outputs=OUTPUTS[found],
        parameters=model.count_params(),
    )


def _check_backend(extra: str) -> None:
    import_tensorflow(extra)
    import keras

    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise MissingExtraError(
            f"expected Keras on TensorFlow, found it on {backend}; unset KERAS_BACKEND"
        )


def _tensorflow_name(device: str) -> str:
    return f"/{device.upper()}" if ":" in device else "/CPU:0"


def _compiled(model: "keras.Model", device: str, size: tuple[int, int]) -> Callable[..., Any]:
    """Trace the network once, for one shape, so that no call ever traces it again."""
    import keras

    tensorflow = import_tensorflow()
    bare = keras.Model(model.inputs[0], model.outputs[0])
    signature = tensorflow.TensorSpec((1, *size, 3), tensorflow.float32)

    @tensorflow.function(input_signature=[signature], autograph=False)  # type: ignore[untyped-decorator]
    def run(image: Any) -> Any:
        with tensorflow.device(_tensorflow_name(device)):
            return tensorflow.cast(bare(image, training=False), tensorflow.float32)

    return run.get_concrete_function()  # type: ignore[no-any-return]


def _shapes(model: "keras.Model", source: str) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    counts = len(model.inputs), len(model.outputs)
    if counts != (1, 1):
        raise ModelMismatchError(
            f"{source}: expected one input and one output, found {counts[0]} and {counts[1]}"
        )
    return tuple(model.input_shape), tuple(model.output_shape)


def _last_activation(model: "keras.Model") -> str:
    layer = model.layers[-1]
    activation = getattr(layer, "activation", None)
    return activation.__name__ if activation else type(layer).__name__.lower()


def _read_network(path: Path, card: ModelCard | None) -> "keras.Model":
    if path.suffix == ".onnx" and card is not None:
        return _stored(path, card)
    if path.suffix == ".json":
        return _from_keras2(path, _weights_beside(path))
    if path.suffix in HDF5_SUFFIXES and _holds_weights_only(path):
        return _from_keras2(_network_beside(path), path)
    return _whole(path)


def _whole(path: Path) -> "keras.Model":
    """Read a whole model, without running code that it may hold."""
    import keras

    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except _UNREADABLE as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelMismatchError(f"{path}: expected a Keras model, found {reason}") from error


def _stored(path: Path, card: ModelCard) -> "keras.Model":
    """Build a network of bgremove's own, with the weights that its ONNX file holds."""
    from bgremove.network.tiramisu import PRESETS, build
    from bgremove.segmenter.stored_weights import load_stored_weights

    if card.network not in PRESETS:
        raise ModelMismatchError(
            f"{path}: expected its card to name a network of bgremove, found {card.network}; "
            "other ONNX files run on --device cpu only"
        )
    model = build(PRESETS[card.network], size=None, outputs=len(card.outputs))
    load_stored_weights(model, path)
    return model


def _from_keras2(network: Path, weights: Path) -> "keras.Model":
    from bgremove.segmenter.keras2 import build_keras2, load_keras2_weights, read_keras2

    model = build_keras2(read_keras2(network), str(network))
    load_keras2_weights(model, weights)
    return model


def _holds_weights_only(path: Path) -> bool:
    from bgremove.segmenter.keras2 import open_hdf5

    with open_hdf5(path) as file:
        return "model_config" not in file.attrs


def _weights_beside(network: Path) -> Path:
    """Find the HDF5 file for a Keras 2 JSON: of the same stem, or the only one there."""
    found = hdf5_beside(network)
    same = [path for path in found if path.stem == network.stem]
    if len(same or found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise ModelNotFoundError(
            f"{network}: expected its weights beside it, {network.stem}.hdf5 or one .hdf5 or .h5, "
            f"found {names}"
        )
    return (same or found)[0]


def _network_beside(weights: Path) -> Path:
    """Find the Keras 2 JSON for an HDF5 file of weights."""
    candidates = networks_beside(weights)
    for network in candidates:
        if network.is_file():
            return network
    raise ModelNotFoundError(
        f"{weights}: holds weights only; expected their network beside it, "
        f"{' or '.join(path.name for path in candidates)}, found neither"
    )
