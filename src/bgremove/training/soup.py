"""The mean of several runs' weights: ``python -m bgremove.training.soup``.

Runs that began at the same weights lie in one valley, and what is between them is often better than
either: Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models improves
accuracy without increasing inference time", 2022, arXiv 2203.05482.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import click
import numpy as np
from numpy.typing import NDArray

from bgremove.errors import BgremoveError, DataError

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
    first = parts[0][1]
    shapes = _shapes(_read(first)[0])
    mean = {name: np.zeros(shape) for name, shape in shapes.items()}
    for share, path in parts:
        weights, step = _read(path)
        if _shapes(weights) != shapes:
            raise DataError(f"{path}: expected weights of the network of {first}")
        for name, value in weights.items():
            mean[name] += value * (share / total)
    with out.open("wb") as file:
        np.savez(
            file,
            allow_pickle=False,
            step=np.array(step),
            **{name: value.astype(np.float32) for name, value in mean.items()},
        )


def _read(path: Path) -> tuple[dict[str, NDArray[np.float64]], int]:
    """Give a checkpoint's averaged weights by name, and its step."""
    try:
        with path.open("rb") as file, np.load(file) as saved:
            names = [name for name in saved if name.startswith("average/")]
            return {name: saved[name].astype(np.float64) for name in names}, int(saved["step"])
    except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        raise DataError(f"{path}: expected a run's checkpoint: {error}") from error


def _shapes(weights: dict[str, NDArray[np.float64]]) -> dict[str, tuple[int, ...]]:
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
