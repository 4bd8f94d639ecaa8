"""The mean of several runs' weights: ``python -m bgremove.training.soup``.

Runs that began at the same weights lie in one valley, and what is between them is often better than
either: Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models improves
accuracy without increasing inference time", 2022, arXiv 2203.05482.

Keras is imported within functions, so that without it the command can tell what brings it.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from bgremove.errors import DataError
from bgremove.extras import import_extra
from bgremove.terminal import errors_told
from bgremove.training.config import read_config
from bgremove.training.outputs import check_apart

Part = tuple[float, Path]
"""A share, relative to the others', and whose weights it is of: a checkpoint's moving average, or
a model's ``.onnx``."""


def write_soup(parts: Sequence[Part], out: Path, network: str) -> None:
    """Write the weighted mean of several weights, as a checkpoint to be exported.

    Parameters
    ----------
    parts : sequence of (float, Path)
    out : Path
        Its step is the last checkpoint's, 0 if all parts are models.
    network : str
        One of `bgremove.network.tiramisu.PRESETS`.

    Raises
    ------
    DataError
        If a file is no checkpoint, or one of another network; if the shares are not finite, or
        negative, or all 0; if `out` is one of the parts.
    ModelMismatchError
        If a file is no ONNX, or one of another network.
    """
    import keras

    from bgremove.network.tiramisu import build, preset
    from bgremove.training.checkpoint import is_model, load_weights, read_step, save_average

    shares = [share for share, _ in parts]
    total = sum(shares)
    if not (min(shares) >= 0 and 0 < total < math.inf):
        told = ", ".join(f"{share:g}" for share in shares)
        raise DataError(f"shares must be finite, 0 or more, and not all 0, got {told}")
    check_apart([out], [path for _, path in parts])
    steps = [read_step(path) for _, path in parts if not is_model(path)]
    model = build(preset(network), size=None)
    mean = [np.zeros(variable.shape) for variable in model.weights]
    for share, path in parts:
        load_weights(model, path)
        for average, variable in zip(mean, model.weights, strict=True):
            average += keras.ops.convert_to_numpy(variable) * (share / total)
    save_average(out, [average.astype(np.float32) for average in mean], [0, *steps][-1])


@click.command()
@click.option(
    "--part",
    "parts",
    metavar="SHARE WEIGHTS",
    type=(float, click.Path(path_type=Path)),
    multiple=True,
    required=True,
    help="A checkpoint or a model's .onnx; may be repeated. Shares count relative to one another.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    required=True,
    help="Of one of the runs: says which network it is.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The checkpoint.")
def main(parts: tuple[Part, ...], config: Path, out: Path) -> None:
    """Write the weighted mean of runs' and models' weights."""
    with errors_told("bgremove.training.soup"):
        import_extra("keras", "training")
        write_soup(parts, out, read_config(config).network)


if __name__ == "__main__":
    main()
