"""``python -m bgremove.evaluation.presence``: choose the rule by which a model says "nobody here".

Each rule of a grid is held against photos with people (``val``) and without (``negatives_val``).
"""

import itertools
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import numpy as np

from bgremove.arrays import Probability
from bgremove.cards import PresenceRule, read_card, write_card
from bgremove.errors import DataError
from bgremove.evaluation.options import card_file, data_option, device_option, model_option
from bgremove.evaluation.report import aligned
from bgremove.evaluation.run import labelled_entries
from bgremove.labelled_photos import Entry, read_photos
from bgremove.removers.network import is_present
from bgremove.segmenter import load_segmenter
from bgremove.segmenter.base import Segmenter
from bgremove.terminal import errors_told

PEOPLE_SPLIT, EMPTY_SPLIT = "val", "negatives_val"

PROBABILITIES = (0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

AREAS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05)

GRID = tuple(
    PresenceRule(probability=probability, area=area)
    for probability, area in itertools.product(PROBABILITIES, AREAS)
)
"""The rules that are tried."""

ALLOWED_LOSS = 0.02
"""The share of photos with people that a rule may call empty."""

ALLOWED_ALARMS = 0.05
"""The share of photos without people in which a rule may find somebody."""


@dataclass(frozen=True)
class RuleScore:
    """What a rule does.

    Attributes
    ----------
    lost : float
        Share of the photos with people that it calls empty.
    false : float
        Share of the photos without people in which it finds somebody.
    """

    rule: PresenceRule
    lost: float
    false: float


def score_rules(
    rules: Iterable[PresenceRule],
    *,
    with_people: Sequence[Probability],
    without: Sequence[Probability],
) -> list[RuleScore]:
    """Hold rules against what a network gave for photos with people and without.

    Parameters
    ----------
    rules : iterable of PresenceRule
    with_people, without : sequence of (h, w) ndarray of float32 in [0, 1]
        At least one each.
    """
    return [
        RuleScore(
            rule,
            lost=float(np.mean([not is_present(person, rule) for person in with_people])),
            false=float(np.mean([is_present(person, rule) for person in without])),
        )
        for rule in rules
    ]


def propose(scores: Sequence[RuleScore]) -> RuleScore:
    """Choose a rule that loses few people and finds few that are not there.

    Among those that keep to `ALLOWED_LOSS` and `ALLOWED_ALARMS` it is the one that loses the
    fewest people; if none keeps to both, the one with the fewest false persons of those that keep
    to the first; if none does, the one that loses the fewest. Of equals it takes the one that is
    better at the other, then the one that wants a larger person, so that a speck on some thing
    makes nobody.
    """
    allowed = [score for score in scores if score.lost <= ALLOWED_LOSS]
    calm = [score for score in allowed if score.false <= ALLOWED_ALARMS]
    if calm:
        return min(calm, key=lambda score: (score.lost, score.false, -score.rule.area))
    if allowed:
        return min(allowed, key=lambda score: (score.false, score.lost, -score.rule.area))
    return min(scores, key=lambda score: (score.lost, score.false, -score.rule.area))


def people_entries(data: Path, split: str, kind: str) -> list[Entry]:
    """List the photos of a split whose person label is `kind`.

    Raises
    ------
    DataError
        If there is none.
    """
    labelled = labelled_entries(data, splits=[split], sets=[], output="person")
    entries = [entry for entry in labelled if entry.person == kind]
    if not entries:
        raise DataError(
            f"{data}: expected photos of split {split} with the person_label {kind}, found none"
        )
    return entries


def people_maps(segmenter: Segmenter, data: Path, entries: list[Entry]) -> list[Probability]:
    """Predict photos, at the network's size."""
    channel = segmenter.card.channel_of("person")
    with click.progressbar(
        read_photos(data, entries),
        length=len(entries),
        label=entries[0].split,
        file=sys.stderr,
    ) as photos:
        return [segmenter.predict(photo.image)[..., channel].copy() for photo in photos]


def table(scores: Iterable[RuleScore]) -> str:
    """Lay rules out as text."""
    lines = [["probability", "area", "people lost", "false persons"]]
    for score in scores:
        rule = score.rule
        lines.append(
            [f"{rule.probability:g}", f"{rule.area:g}", f"{score.lost:.3f}", f"{score.false:.3f}"]
        )
    return aligned(lines, words=0)


@click.command()
@model_option
@data_option
@device_option
@click.option("--write-card", "is_written", is_flag=True, help="Store the rule on the card.")
def main(model: str, data: Path, device: str, is_written: bool) -> None:
    """Choose the rule by which a model says that nobody is in a photo."""
    with errors_told("bgremove.evaluation.presence"):
        with_people = people_entries(data, PEOPLE_SPLIT, "mask")
        without = people_entries(data, EMPTY_SPLIT, "none")
        segmenter = load_segmenter(model, device)
        scores = score_rules(
            GRID,
            with_people=people_maps(segmenter, data, with_people),
            without=people_maps(segmenter, data, without),
        )
        chosen = propose(scores)
        click.echo(table(scores))
        click.echo("\nproposed")
        click.echo(table([chosen]))
        if is_written:
            path = card_file(model)
            card = read_card(path)
            write_card(replace(card, presence={**card.presence, "person": chosen.rule}), path)


if __name__ == "__main__":
    main()
