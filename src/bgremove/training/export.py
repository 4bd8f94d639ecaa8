"""From a run's checkpoint to a model: ``python -m bgremove.training.export CHECKPOINT``.

A model is a folder: ``model.onnx``, ``golden.npz`` (an image, and the probability that the
network gives for it) and ``card.json``. The card's metrics come later, from
``python -m bgremove.evaluation``.

Keras is imported within functions, so that without it the command can tell what brings it.
"""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from bgremove.arrays import Image, resize
from bgremove.cards import CARD_FILE, InputSpec, ModelCard, sha256_of
from bgremove.errors import DataError, reason_of
from bgremove.evaluation.run import OUTPUTS
from bgremove.extras import import_extra
from bgremove.image_io import read_photo
from bgremove.segmenter.base import prepare
from bgremove.segmenter.shapes import as_maps
from bgremove.segmenter.stored_weights import address, from_stored, to_stored
from bgremove.terminal import errors_told
from bgremove.training.config import RunConfig, network_of, read_config
from bgremove.training.data import chosen_photos, set_weights
from bgremove.training.outputs import check_apart, stored, write_model
from bgremove.training.terms import origin_of

if TYPE_CHECKING:
    import keras

WEIGHTS_FILE = "model.onnx"
GOLDEN_FILE = "golden.npz"


def export_model(
    checkpoint: Path,
    folder: Path,
    *,
    config: RunConfig,
    name: str,
    description: str,
    photo: Path,
    hardware: str,
    licence: str,
) -> ModelCard:
    """Make a model of a checkpoint's averaged weights.

    Parameters
    ----------
    checkpoint : Path
    folder : Path
        Of the model; made if it is not there.
    config : RunConfig
        Of the run.
    name, description, hardware, licence : str
        For the card.
    photo : Path
        A picture for the golden pair.

    Returns
    -------
    ModelCard
        As it was written, still without metrics.

    Raises
    ------
    DataError
        If the checkpoint is missing or of another network, or its weights cannot be stored; if a
        set's terms are not known; if the model would replace the checkpoint, the photo or the
        weights that the run began with.
    ConfigError
        If the config names no network that there is, or one whose stride does not divide the
        sides of a phase.
    ImageReadError
        If the photo cannot be read.
    ImageWriteError, CardError
        If the model cannot be written.
    """
    from bgremove.network.tiramisu import build
    from bgremove.training.checkpoint import load_average, read_step
    from bgremove.training.onnx_graph import onnx_bytes

    steps = read_step(checkpoint)
    outputs = [folder / name for name in (WEIGHTS_FILE, GOLDEN_FILE, CARD_FILE)]
    check_apart(outputs, [checkpoint, photo, *([config.start] if config.start else [])])
    facts = training_facts(config, steps, hardware)
    tiramisu, spec = network_of(config), input_of(config)
    image = resize(read_photo(photo).image, spec.width, spec.height)
    network, network_of_any_size = (
        build(tiramisu, size=size, outputs=len(OUTPUTS)) for size in (spec.height, None)
    )
    load_average(network, checkpoint)
    round_as_stored(network, checkpoint)
    network_of_any_size.set_weights(network.get_weights())

    weights = onnx_bytes(network)
    golden = golden_pair(network_of_any_size, image, spec)
    card = ModelCard(
        name=name,
        description=description,
        input=spec,
        outputs=OUTPUTS,
        weights=stored(WEIGHTS_FILE, weights),
        golden=stored(GOLDEN_FILE, golden),
        network=config.network,
        parameters=network.count_params(),
        licence=licence,
        training=facts,
    )
    write_model(folder, {WEIGHTS_FILE: weights, GOLDEN_FILE: golden}, card)
    return card


def input_of(config: RunConfig) -> InputSpec:
    """Give the shapes at which a run's network is asked: those of its largest phase, the last."""
    largest = max(reversed(config.phases), key=lambda phase: phase.size)
    return InputSpec().at(largest.all_shapes)


def round_as_stored(network: "keras.Model", checkpoint: Path) -> None:
    """Give a network the weights that its file will hold: its kernels' in float16.

    Raises
    ------
    DataError
        If one is no finite number, or too large for float16.
    """
    import keras

    for layer in network.layers:
        for variable in layer.weights:
            with np.errstate(over="ignore"):
                value = from_stored(to_stored(keras.ops.convert_to_numpy(variable)))
            if not np.isfinite(value).all():
                raise DataError(
                    f"{checkpoint}: expected finite weights, up to 65504 in kernels, got others "
                    f"in {address(layer, variable)}; train anew, at a lower learning rate"
                )
            variable.assign(value)


def golden_pair(network: "keras.Model", image: Image, spec: InputSpec) -> bytes:
    """Give an image, and what the network gives for it, as an ``.npz`` has them.

    The arrays are ``image``, (H, W, 3) uint8, and ``probability``, (h, w, C) float32.
    """
    import keras

    output = keras.ops.convert_to_numpy(network(prepare(image, spec), training=False))
    stream = io.BytesIO()
    np.savez_compressed(stream, image=image, probability=as_maps(output, image.shape[:2]))
    return stream.getvalue()


def training_facts(config: RunConfig, steps: int, hardware: str) -> dict[str, Any]:
    """Tell what a network learned from, after `steps` steps of a run.

    Raises
    ------
    DataError
        If the data's index is missing, or a set's terms are not known.
    """
    entries = chosen_photos(config, "train")
    origins = {name: origin_of(name, config.terms) for name in set_weights(config, entries)}
    sets = {
        name: {
            "photos": sum(entry.set == name for entry in entries),
            "source": origin.source,
            "terms": origin.terms,
        }
        for name, origin in origins.items()
    }
    return {
        "sets": sets,
        "photos": len(entries),
        "images_seen": sum(config.phase_at(step).batch for step in range(steps)),
        "steps": steps,
        "sizes": list(dict.fromkeys(phase.size for phase in config.phases)),
        "seed": config.seed,
        "hardware": hardware,
        **({"start": start_facts(config.start)} if config.start else {}),
        **({"teacher": config.teacher} if config.teacher else {}),
    }


def start_facts(start: Path) -> dict[str, str]:
    """Tell which weights a run began with, by the hash of their file.

    Raises
    ------
    DataError
        If the file is no longer there.
    """
    try:
        return {"file": start.name, "sha256": sha256_of(start)}
    except OSError as error:
        raise DataError(
            f"{start}: expected the weights that the run began with: {reason_of(error)}"
        ) from error


name_option = click.option("--name", required=True, help="The model's name.")
description_option = click.option(
    "--description", required=True, help="What the model is good for, in one line."
)
image_option = click.option(
    "--image",
    "photo",
    type=click.Path(path_type=Path),
    required=True,
    help="A photo for the golden pair.",
)
out_option = click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The model's folder."
)


@click.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--config", type=click.Path(path_type=Path), required=True, help="The run's config.")
@name_option
@description_option
@image_option
@out_option
@click.option("--hardware", required=True, help="What the run ran on, and how long.")
@click.option("--licence", default="Apache-2.0", show_default=True, help="Of the weights.")
def main(
    checkpoint: Path,
    config: Path,
    name: str,
    description: str,
    photo: Path,
    out: Path,
    hardware: str,
    licence: str,
) -> None:
    """Make a model of CHECKPOINT's averaged weights."""
    with errors_told("bgremove.training.export"):
        for library in ("onnx", "keras"):
            import_extra(library, "training")
        card = export_model(
            checkpoint,
            out,
            config=read_config(config),
            name=name,
            description=description,
            photo=photo,
            hardware=hardware,
            licence=licence,
        )
    click.echo(f"{out}: {card.name}, {card.parameters:,} parameters")


if __name__ == "__main__":
    main()
