"""From labelled photos and something that gives mattes to the figures of each split and set."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bgremove.errors import DataError
from bgremove.evaluation import metrics
from bgremove.labelled_photos import Entry, LabelledPhoto, read_index
from bgremove.option_checks import did_you_mean
from bgremove.removers.base import Matte

OUTPUTS = ("person", "subject")
"""What a network may look for, and what the index of a data folder may label."""

MASK_LEVEL = 0.5
"""The alpha from which a pixel belongs to the subject, of the truth and of what is scored."""

ALL_SETS = "all"
"""Stands for the sets of a split together."""


@dataclass(frozen=True)
class SubjectScores:
    """Scores of one photo that shows what was looked for; `bgremove.evaluation.metrics`."""

    iou: float
    two_class_miou: float
    boundary_iou: float
    mae: float
    sad: float
    curves: metrics.Curves


@dataclass(frozen=True)
class PhotoScore:
    """What was made of one photo.

    Attributes
    ----------
    entry : Entry
    found : bool
        Whether the subject was said to be there.
    scores : SubjectScores or None
        None where the photo shows nothing of what was looked for.
    """

    entry: Entry
    found: bool
    scores: SubjectScores | None


Figures = dict[str, float]
"""Figures of many photos by name, as `figures` gives them."""


@dataclass(frozen=True)
class Row:
    """The figures of one set within a split, or of `ALL_SETS` of it."""

    split: str
    set: str
    figures: Figures


def label(entry: Entry, output: str) -> str:
    """Tell what the index says of a photo: ``mask``, ``none`` or ``unknown``."""
    return entry.person if output == "person" else entry.subject


def labelled_entries(
    folder: Path, *, splits: Collection[str], sets: Collection[str], output: str
) -> list[Entry]:
    """Choose the photos that are labelled for an output.

    Parameters
    ----------
    folder : Path
        A data folder.
    splits, sets : collection of str
        Photos must be in one of each; an empty collection allows all.
    output : {"person", "subject"}

    Raises
    ------
    DataError
        If it is no data folder, or one of the splits or sets has no such photo; the message
        lists those that have.
    """
    every = read_index(folder, lambda _: True)
    entries = [entry for entry in every if label(entry, output) != "unknown"]
    is_labelled = f"is labelled for {output}"
    for kind, asked, told in (
        ("set", sets, is_labelled),
        ("split", splits, f"{is_labelled} in the sets asked for" if sets else is_labelled),
        ("set", sets, f"{is_labelled} in the splits asked for"),
    ):
        known = sorted({getattr(entry, kind) for entry in entries})
        unknown = sorted(set(asked) - set(known))
        if unknown:
            raise DataError(
                f"{folder}: no photo of {kind} {unknown[0]!r} {told}; there are: "
                f"{', '.join(known) or 'none'}{did_you_mean(unknown[0], known)}"
            )
        entries = [entry for entry in entries if not asked or getattr(entry, kind) in asked]
    return entries


def score_photo(photo: LabelledPhoto, matte: Matte, output: str) -> PhotoScore:
    """Compare a matte with what people have marked."""
    if label(photo.entry, output) == "none":
        return PhotoScore(photo.entry, matte.found, None)
    truth = photo.alpha >= MASK_LEVEL
    found = matte.alpha >= MASK_LEVEL
    counted = ~photo.void
    counts = metrics.count(found, truth, counted)
    return PhotoScore(
        photo.entry,
        matte.found,
        SubjectScores(
            iou=metrics.iou(counts),
            two_class_miou=metrics.two_class_miou(counts),
            boundary_iou=metrics.boundary_iou(found, truth, counted),
            mae=metrics.mean_absolute_error(matte.alpha, photo.alpha, counted),
            sad=metrics.sum_of_absolute_differences(matte.alpha, photo.alpha, counted),
            curves=metrics.curves(matte.alpha, truth, counted),
        ),
    )


def figures(scores: Iterable[PhotoScore]) -> Figures:
    """Sum up photos.

    Returns
    -------
    dict of str to float
        Of the photos that show what was looked for, if there are any: ``photos`` (how many),
        ``mean_iou``, ``median_iou``, ``two_class_miou``, ``boundary_iou``, ``mae``, ``sad``
        (thousands), ``mean_f_beta`` and ``max_f_beta`` (over thresholds, of the mean curves),
        ``share_under_half`` (photos whose IoU is below 0.5). Of those that don't, if there are
        any: ``photos_without`` and ``false_rate``, the share in which something was found.
    """
    scores = list(scores)
    with_subject = [score.scores for score in scores if score.scores is not None]
    without = [score.found for score in scores if score.scores is None]
    return {
        **(_figures_with(with_subject) if with_subject else {}),
        **(_figures_without(without) if without else {}),
    }


def _figures_with(scores: list[SubjectScores]) -> Figures:
    ious = np.array([score.iou for score in scores])
    f_beta = metrics.f_beta(metrics.mean_curves([score.curves for score in scores]))
    return {
        "photos": len(scores),
        "mean_iou": float(ious.mean()),
        "median_iou": float(np.median(ious)),
        "two_class_miou": float(np.mean([score.two_class_miou for score in scores])),
        "boundary_iou": float(np.mean([score.boundary_iou for score in scores])),
        "mae": float(np.mean([score.mae for score in scores])),
        "sad": float(np.mean([score.sad for score in scores])),
        "mean_f_beta": float(f_beta.mean()),
        "max_f_beta": float(f_beta.max()),
        "share_under_half": float(np.mean(ious < 0.5)),
    }


def _figures_without(found: list[bool]) -> Figures:
    return {"photos_without": len(found), "false_rate": float(np.mean(found))}


def rows(scores: Collection[PhotoScore]) -> list[Row]:
    """Sum up each split: all of its photos together, then set by set, in order of name."""
    result = []
    for split in sorted({score.entry.split for score in scores}):
        of_split = [score for score in scores if score.entry.split == split]
        result.append(Row(split, ALL_SETS, figures(of_split)))
        for name in sorted({score.entry.set for score in of_split}):
            of_set = [score for score in of_split if score.entry.set == name]
            result.append(Row(split, name, figures(of_set)))
    return result


def worst(scores: Iterable[PhotoScore], number: int) -> list[PhotoScore]:
    """Give the photos of the lowest IoU, the worst first."""
    ranked = [(score.scores.iou, score) for score in scores if score.scores is not None]
    ranked.sort(key=lambda pair: pair[0])
    return [score for _, score in ranked[:number]]
