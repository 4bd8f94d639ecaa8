"""What the programs that make models write: whole files, and none of those that they read."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from bgremove.batch.places import identity
from bgremove.cards import CARD_FILE, ModelCard, StoredFile, write_card
from bgremove.errors import DataError
from bgremove.image_io import write_atomically


def check_apart(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Check that no output would replace a file that is read.

    Raises
    ------
    DataError
        If one would.
    """
    read = {identity(path) for path in inputs} - {None}
    for output in outputs:
        if identity(output) in read:
            raise DataError(
                f"{output}: expected a new place, got a file that is read; choose another --out"
            )


def stored(name: str, content: bytes) -> StoredFile:
    """Tell of a file in a model's folder what its card says."""
    return StoredFile(file=name, sha256=sha256(content).hexdigest())


def write_model(folder: Path, files: Mapping[str, bytes], card: ModelCard) -> None:
    """Write a model's files, each whole or not at all, and last the card that tells their hashes.

    Raises
    ------
    ImageWriteError
        If a file cannot be written.
    CardError
        If the card cannot.
    """
    for name, content in files.items():
        write_atomically(content, folder / name, overwrite=True)
    write_card(card, folder / CARD_FILE)
