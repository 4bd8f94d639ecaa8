"""``python -m bgremove.training CONFIG``: train a network, or go on with it."""

import logging
import sys
from pathlib import Path

import click

from bgremove.extras import import_extra
from bgremove.terminal import errors_told


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--run", type=click.Path(path_type=Path), help="The run's folder [default: runs/CONFIG]."
)
def main(config: Path, run: Path | None) -> None:
    """Train the network that CONFIG describes; killed, the same command goes on with it.

    The backend is Keras': set KERAS_BACKEND to tensorflow (the default), torch or jax.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    with errors_told("bgremove.training"):
        import_extra("keras", "training")
        from bgremove.training.config import read_config
        from bgremove.training.loop import train

        checkpoint = train(read_config(config), run or Path("runs") / config.stem)
    click.echo(
        f"{checkpoint} is complete; python -m bgremove.training.export makes a model of it",
        err=True,
    )


if __name__ == "__main__":
    main()
