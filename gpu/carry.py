"""What travels to the machine with the GPU, and back: ``python -m gpu.carry pack``, ``unpack``."""

import shutil
from pathlib import Path

import click
import keras
import numpy as np

from bgremove.network.tiramisu import PRESETS, build
from bgremove.training.checkpoint import load_weights, save_average
from gpu import validation
from gpu.stored import halved, load_parts
from gpu.teacher import pack_encoder

NETWORK = "fc-densenet103-strided"


@click.group()
def main() -> None:
    """Pack what a run on a GPU needs, or make a checkpoint of what it has left."""


@main.command()
@click.option("--photos", type=click.Path(path_type=Path), required=True, help="From repack.")
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Of validation.")
@click.option("--start", type=click.Path(path_type=Path), required=True, help="First weights.")
@click.option("--encoder", type=click.Path(path_type=Path), required=True, help="A .pth file.")
@click.option("--out", type=click.Path(path_type=Path), required=True)
def pack(photos: Path, data: Path, start: Path, encoder: Path, out: Path) -> None:
    """Write everything into one folder."""
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy(photos / "index.csv", out)
    shutil.copytree(photos / "shards", out / "shards", dirs_exist_ok=True)
    validation.pack(data, out / "validation.npz")
    pack_encoder(encoder, out / "encoder.npz")
    network = build(PRESETS[NETWORK], size=None)
    load_weights(network, start)
    weights = {w.path: keras.ops.convert_to_numpy(w.value) for w in network.weights}
    np.savez(out / "start.npz", **halved(weights))


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--steps", type=int, required=True, help="As facts.json says.")
@click.option(
    "--name", default="average", show_default=True, help="Which: average-STEP, as it was validated."
)
def unpack(run: Path, checkpoint: Path, steps: int, name: str) -> None:
    """Make of a run's average a CHECKPOINT for bgremove.training.export."""
    arrays = load_parts(run, name)
    network = build(PRESETS[NETWORK], size=None)
    save_average(checkpoint, [arrays[weight.path] for weight in network.weights], steps)


if __name__ == "__main__":
    main()
