"""The same weights at another input size: ``python -m bgremove.training.resized MODEL``.

At fewer pixels a network is faster and sees less. The new model is a folder with a card and a
golden pair of its own; its weights are the first model's file.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

import click

from bgremove.arrays import resize
from bgremove.cards import CARD_FILE, ModelCard, read_card, write_card
from bgremove.errors import BgremoveError, DataError
from bgremove.image_io import read_photo
from bgremove.network.tiramisu import PRESETS, build, total_stride
from bgremove.segmenter.stored_weights import load_stored_weights
from bgremove.training.export import (
    description_option,
    image_option,
    name_option,
    out_option,
    write_golden_pair,
)


def resized_model(
    model: Path, folder: Path, *, size: int, name: str, description: str, photo: Path
) -> ModelCard:
    """Make a model of another one's weights that sees photos at another size.

    Parameters
    ----------
    model : Path
        The folder of a model that `bgremove.training.export` made.
    folder : Path
        Of the new model; made if it is not there.
    size : int
        Height and width that photos are brought to; a multiple of the network's stride.
    name, description : str
        For the card.
    photo : Path
        A picture for the golden pair.

    Returns
    -------
    ModelCard
        As it was written, without metrics and presence rules: they are to be measured anew.

    Raises
    ------
    DataError
        If the model is of no known network, or its stride does not divide `size`.
    CardError
        If the model has no card, or a broken one.
    ImageReadError
        If the photo cannot be read.
    """
    card = read_card(model / CARD_FILE)
    if card.network not in PRESETS or card.weights is None:
        raise DataError(f"{model}: expected a network of bgremove, found {card.network}")
    tiramisu = PRESETS[card.network]
    stride = total_stride(tiramisu)
    if size <= 0 or size % stride:
        raise DataError(f"size must be a multiple of {stride}, the network's stride, got {size}")
    weights = model / card.weights.file
    spec = replace(card.input, height=size, width=size)
    image = resize(read_photo(photo).image, size, size)
    network = build(tiramisu, size=size, outputs=len(card.outputs))
    load_stored_weights(network, weights)

    folder.mkdir(parents=True, exist_ok=True)
    shared = Path(os.path.relpath(weights, folder)).as_posix()
    resized = replace(
        card,
        name=name,
        description=description,
        input=spec,
        presence={},
        weights=replace(card.weights, file=shared),
        golden=write_golden_pair(network, image, spec, folder),
        metrics=None,
    )
    write_card(resized, folder / CARD_FILE)
    return resized


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--size", type=int, required=True, help="Height and width, in pixels.")
@name_option
@description_option
@image_option
@out_option
def main(model: Path, size: int, name: str, description: str, photo: Path, out: Path) -> None:
    """Make a model of MODEL's weights (a folder) that sees photos at another size."""
    try:
        card = resized_model(model, out, size=size, name=name, description=description, photo=photo)
    except BgremoveError as error:
        click.echo(f"bgremove.training.resized: {error}", err=True)
        sys.exit(error.exit_code)
    click.echo(f"{out}: {card.name}, {size} × {size} pixels")


if __name__ == "__main__":
    main()
