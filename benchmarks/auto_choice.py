"""Which output the auto method chooses: people where there are people, the subject elsewhere.

``python benchmarks/auto_choice.py ../shared/data [--model NAME]``

val shows people; objects_eval shows things and animals, and nobody.
"""

import argparse
from collections import Counter
from pathlib import Path

from _common import machine, say, table

from bgremove.labelled_photos import read_index, read_photos
from bgremove.model_files import DEFAULT_MODEL
from bgremove.removers.auto import AutoRemover

RIGHT = {"val": "person", "objects_eval": "subject"}

NOTHING = "nothing"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="a folder with index.csv and shards/")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    options = parser.parse_args()
    remover = AutoRemover(model=options.model)
    choices = (*remover.outputs, NOTHING)
    lines = [["split", "photos", *choices, "right"]]
    right = total = 0
    for split, wanted in RIGHT.items():
        entries = read_index(options.data, lambda entry, split=split: entry.split == split)
        chosen = Counter(
            remover.found_in(remover.segmenter.predict(photo.image)) or NOTHING
            for photo in read_photos(options.data, entries)
        )
        counts = [str(chosen[name]) for name in choices]
        lines.append([split, str(len(entries)), *counts, f"{chosen[wanted] / len(entries):.3f}"])
        right, total = right + chosen[wanted], total + len(entries)
    lines.append(["both", str(total), *[""] * len(choices), f"{right / total:.3f}"])
    say(table(lines))
    say(f"{remover.segmenter.card.name}, {machine()}")


if __name__ == "__main__":
    main()
