"""The mean of several runs' weights: ``python -m bgremove.training.soup``.

Runs that began at the same weights lie in one valley, and what is between them is often better than
either: Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models improves
accuracy without increasing inference time", 2022, arXiv 2203.05482.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from bgremove.errors import BgremoveError, DataError
from bgremove.training.checkpoint import Arrays, read_average, save_average

Part = tuple[float, Path]
"""A share, relative to the others', and the checkpoint whose averaged weights it is of."""


def write_soup(parts: Sequence[Part], out: Path) -> None:
    """Write the weighted mean of checkpoints' averaged weights, as a checkpoint to be exported.

    Parameters
    ----------
    parts : sequence of (float, Path)
        The step is the last one's.
    out : Path

    Raises
    ------
    DataError
        If a file is no checkpoint, the checkpoints are of different networks, or the shares are
        negative or all 0.
    """
    total = sum(share for share, _ in parts)
    if min(share for share, _ in parts) < 0 or total <= 0:
        told = ", ".join(f"{share:g}" for share, _ in parts)
        raise DataError(f"shares must be 0 or more, and not all 0, got {told}")
    (share, first), *others = parts
    weights, step = read_average(first)
    mean = _scaled(weights, share / total)
    for share, path in others:
        weights, step = read_average(path)
        if _shapes(weights) != _shapes(mean):
            raise DataError(f"{path}: expected weights of the network of {first}")
        for name, value in _scaled(weights, share / total).items():
            mean[name] += value
    save_average(out, {name: value.astype(np.float32) for name, value in mean.items()}, step)


def _scaled(weights: Arrays, factor: float) -> Arrays:
    return {name: value.astype(np.float64) * factor for name, value in weights.items()}


def _shapes(weights: Arrays) -> dict[str, tuple[int, ...]]:
    return {name: value.shape for name, value in weights.items()}


@click.command()
@click.option(
    "--part",
    "parts",
    metavar="SHARE CHECKPOINT",
    type=(float, click.Path(path_type=Path)),
    multiple=True,
    required=True,
    help="May be repeated; the shares count relative to one another.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The checkpoint.")
def main(parts: tuple[Part, ...], out: Path) -> None:
    """Write the weighted mean of the averaged weights of runs' checkpoints."""
    try:
        write_soup(parts, out)
    except BgremoveError as error:
        click.echo(f"bgremove.training.soup: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
