"""What the commands of this package have in common."""

from pathlib import Path

import click

from bgremove.cards import CARD_FILE
from bgremove.model_files import DEFAULT_MODEL, cards_beside, find_model, is_path
from bgremove.paths import is_file

DEFAULT_DATA = Path("../shared/data")

model_option = click.option(
    "--model",
    default=DEFAULT_MODEL,
    show_default=True,
    help="A shipped model's name, a folder, or a file.",
)
data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=DEFAULT_DATA,
    show_default=True,
    help="A folder of index.csv and shards/, or of images/ and masks/.",
)
device_option = click.option(
    "--device", default="auto", show_default=True, help="auto, cpu, gpu or gpu:N."
)


def card_file(model: str) -> Path:
    """Tell where a model's card lies; the model has been loaded from there."""
    if not is_path(model):
        return find_model(model)[1] / CARD_FILE
    path = Path(model)
    if path.is_dir():
        return path / CARD_FILE
    cards = cards_beside(path)
    return next(filter(is_file, cards), cards[-1])
