"""The choice of the rule by which a model says that nobody is there."""

import numpy as np
import pytest
from click.testing import CliRunner

from bgremove.cards import PresenceRule, read_card
from bgremove.evaluation import presence
from bgremove.evaluation.presence import RuleScore

RULE = PresenceRule(probability=0.5, area=0.01)


def person(share: float, probability: float) -> np.ndarray:
    """A map in which a share of the pixels has a probability, and all others none."""
    values = np.zeros((10, 10), np.float32)
    values.flat[: round(share * 100)] = probability
    return values


def test_a_rule_is_held_against_photos_with_people_and_without():
    (score,) = presence.score_rules(
        [RULE],
        with_people=[person(0.5, 0.9), person(0.02, 0.9), person(0.5, 0.4), person(0, 0)],
        without=[person(0, 0), person(0.01, 0.5), person(0.9, 0.4)],
    )
    assert score.lost == 0.5
    assert score.false == pytest.approx(1 / 3)


def test_the_fewest_lost_people_win_among_rules_that_keep_to_both_bounds():
    kept, strict, loud, lossy = (
        RuleScore(RULE, lost=0.01, false=0.05),
        RuleScore(RULE, lost=0.02, false=0.0),
        RuleScore(RULE, lost=0.0, false=0.06),
        RuleScore(RULE, lost=0.03, false=0.0),
    )
    assert presence.propose([strict, loud, lossy, kept]) is kept


def test_the_fewest_false_persons_win_among_rules_that_lose_few_people():
    kept, strict, lossy = (
        RuleScore(RULE, lost=0.0, false=0.4),
        RuleScore(RULE, lost=0.02, false=0.1),
        RuleScore(RULE, lost=0.03, false=0.0),
    )
    assert presence.propose([kept, strict, lossy]) is strict


def test_of_equals_the_rule_that_loses_fewer_people_wins():
    many, few = RuleScore(RULE, lost=0.02, false=0.1), RuleScore(RULE, lost=0.01, false=0.1)
    assert presence.propose([many, few]) is few


def test_of_equals_the_rule_that_wants_a_larger_person_wins():
    large, small = (
        RuleScore(PresenceRule(probability=0.5, area=area), lost=0.01, false=0.1)
        for area in (0.05, 0.03)
    )
    assert presence.propose([small, large]) is large


def test_if_every_rule_loses_many_people_the_one_that_loses_the_fewest_is_proposed():
    bad, worse = RuleScore(RULE, lost=0.1, false=0.9), RuleScore(RULE, lost=0.2, false=0.0)
    assert presence.propose([worse, bad]) is bad


def test_the_smallest_loss_that_counts_as_allowed_is_exactly_two_percent():
    people = [person(0.5, 0.9)] * 49 + [person(0, 0)]
    (score,) = presence.score_rules([RULE], with_people=people, without=[person(0, 0)])
    assert presence.propose([score, RuleScore(RULE, lost=0.0, false=1.0)]) is score


@pytest.fixture
def folder(write_folder, drawn, columns):
    """A big and a small person, and a photo with a bright speck that is nobody."""
    return write_folder(
        [
            drawn("people", "big", columns(0, 24), mask=columns(0, 24)),
            drawn("people", "small", columns(0, 3), mask=columns(0, 3)),
            drawn("scenes", "speck", columns(0, 1), person="none", split="negatives_val"),
        ]
    )


def test_the_command_prints_the_grid_proposes_a_rule_and_stores_it(folder, brightness_model):
    arguments = ["--model", str(brightness_model), "--data", str(folder), "--write-card"]
    result = CliRunner().invoke(presence.main, arguments)
    assert result.exit_code == 0, result.stderr
    grid, proposed = result.stdout.split("\n\nproposed\n")
    assert len(grid.splitlines()) == 1 + len(presence.GRID)
    assert proposed.splitlines()[1].split() == ["0.2", "0.05", "0.000", "0.000"]
    card = read_card(brightness_model.parent / "card.json")
    assert card.presence == {"person": PresenceRule(probability=0.2, area=0.05)}


def test_the_command_leaves_the_card_alone_unless_told_to_write(folder, brightness_model):
    before = (brightness_model.parent / "card.json").read_bytes()
    result = CliRunner().invoke(
        presence.main, ["--model", str(brightness_model), "--data", str(folder)]
    )
    assert result.exit_code == 0, result.stderr
    assert (brightness_model.parent / "card.json").read_bytes() == before


@pytest.mark.parametrize(
    ("people", "without", "told"),
    [
        ("none", "none", "split val with the person_label mask, found none"),
        ("mask", "mask", "split negatives_val with the person_label none, found none"),
    ],
)
def test_a_split_without_the_photos_that_it_is_for_is_told(
    write_folder, drawn, columns, brightness_model, people, without, told
):
    left = columns(0, 24)
    folder = write_folder(
        [
            drawn("a", "1", left, mask=left, person=people),
            drawn("a", "2", left, mask=left, person=without, split="negatives_val"),
        ]
    )
    arguments = ["--model", str(brightness_model), "--data", str(folder)]
    result = CliRunner().invoke(presence.main, arguments)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.endswith(told)


def test_the_command_says_in_one_line_what_is_missing(tmp_path, brightness_model):
    arguments = ["--model", str(brightness_model), "--data", str(tmp_path)]
    result = CliRunner().invoke(presence.main, arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("bgremove.evaluation.presence: ")
    assert "expected a folder of pictures" in line
