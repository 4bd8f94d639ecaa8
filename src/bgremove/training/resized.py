"""The same weights at other input shapes: ``python -m bgremove.training.resized MODEL``.

At fewer pixels a network is faster and sees less; of several shapes, each photo takes the one that
is nearest to its own. The new model is a folder with a card and a golden pair of its own; its
weights are the first model's file.

Keras is imported within functions, so that without it the command can tell what brings it.
"""

import itertools
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from bgremove.arrays import resize
from bgremove.cards import CARD_FILE, ModelCard, read_card
from bgremove.errors import DataError
from bgremove.extras import import_extra
from bgremove.image_io import read_photo
from bgremove.segmenter.stored_weights import load_stored_weights
from bgremove.terminal import errors_told
from bgremove.training.export import (
    GOLDEN_FILE,
    description_option,
    golden_pair,
    image_option,
    name_option,
    out_option,
)
from bgremove.training.outputs import check_apart, stored, write_model


def resized_model(
    model: Path,
    folder: Path,
    *,
    shapes: Sequence[tuple[int, int]],
    name: str,
    description: str,
    photo: Path,
) -> ModelCard:
    """Make a model of another one's weights that sees photos at other shapes.

    Parameters
    ----------
    model : Path
        The folder of a model that `bgremove.training.export` made.
    folder : Path
        Of the new model; made if it is not there.
    shapes : sequence of (height, width)
        What photos are brought to, in pixels: multiples of the network's stride. The golden
        pair is of the first.
    name, description : str
        For the card.
    photo : Path
        A picture for the golden pair.

    Returns
    -------
    ModelCard
        As it was written, without a second look, metrics and presence rules: they are to be
        measured anew.

    Raises
    ------
    DataError
        If the model is of no known network, or its stride does not divide `shapes`; if the new
        model would replace it, or the one whose weights it shares.
    CardError
        If the model has no card, or a broken one, or the new one cannot be written.
    ImageReadError
        If the photo cannot be read.
    ImageWriteError
        If the golden pair cannot be written.
    """
    from bgremove.network.tiramisu import PRESETS, build, total_stride

    card = read_card(model / CARD_FILE)
    if card.network not in PRESETS or card.weights is None:
        raise DataError(f"{model}: expected a network of bgremove, found {card.network}")
    tiramisu = PRESETS[card.network]
    stride = total_stride(tiramisu)
    for side in itertools.chain(*shapes):
        if side <= 0 or side % stride:
            raise DataError(
                f"sides must be multiples of {stride}, the network's stride, got {side}"
            )
    weights = model / card.weights.file
    check_apart([folder / CARD_FILE], [model / CARD_FILE, weights.with_name(CARD_FILE)])
    spec = card.input.at(shapes)
    image = resize(read_photo(photo).image, spec.width, spec.height)
    network = build(tiramisu, size=None, outputs=len(card.outputs))
    load_stored_weights(network, weights)

    golden = golden_pair(network, image, spec)
    shared = Path(os.path.relpath(weights, folder)).as_posix()
    resized = replace(
        card,
        name=name,
        description=description,
        input=spec,
        presence={},
        weights=replace(card.weights, file=shared),
        golden=stored(GOLDEN_FILE, golden),
        metrics=None,
    )
    write_model(folder, {GOLDEN_FILE: golden}, resized)
    return resized


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--shape",
    "shapes",
    metavar="HEIGHT WIDTH",
    type=(int, int),
    multiple=True,
    required=True,
    help="In pixels; may be repeated.",
)
@name_option
@description_option
@image_option
@out_option
def main(
    model: Path,
    shapes: tuple[tuple[int, int], ...],
    name: str,
    description: str,
    photo: Path,
    out: Path,
) -> None:
    """Make a model of MODEL's weights (a folder) that sees photos at other shapes."""
    with errors_told("bgremove.training.resized"):
        import_extra("keras", "training")
        card = resized_model(
            model, out, shapes=shapes, name=name, description=description, photo=photo
        )
    told = ", ".join(f"{height} × {width}" for height, width in shapes)
    click.echo(f"{out}: {card.name}, {told} pixels")


if __name__ == "__main__":
    main()
