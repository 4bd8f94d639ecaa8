"""``python -m bgremove.evaluation``: score a model, or the alphas of any other program."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from bgremove.api import load_remover
from bgremove.cards import read_card, write_card
from bgremove.evaluation import report
from bgremove.evaluation.options import card_file, data_option, device_option, model_option
from bgremove.evaluation.predictions import check_levels, stored_matte
from bgremove.evaluation.run import (
    OUTPUTS,
    PhotoScore,
    labelled_entries,
    rows,
    score_photo,
    worst,
)
from bgremove.evaluation.sheet import check_ending, contact_sheet, write_sheet
from bgremove.labelled_photos import Entry, LabelledPhoto, read_photos
from bgremove.removers.base import Matte
from bgremove.terminal import errors_told, print_line

SHEET_PHOTOS = 20
"""How many of the worst photos a sheet shows."""

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@model_option
@click.option(
    "--predictions",
    type=click.Path(file_okay=False, path_type=Path),
    help="Score the alphas in this folder instead: SET/STEM.png or SET-STEM.png.",
)
@click.option("--split", "splits", multiple=True, help="Photos of this split; may be repeated.")
@click.option("--set", "sets", multiple=True, help="Photos of this set; may be repeated.")
@click.option("--output", type=click.Choice(OUTPUTS), default="person", show_default=True)
@data_option
@device_option
@click.option("--csv", "csv_file", type=FILE, help="Write the scores of each photo.")
@click.option("--json", "json_file", type=FILE, help="Write the table as JSON.")
@click.option("--sheet", "sheet_file", type=FILE, help="Draw the worst twenty photos.")
@click.option("--write-card", "is_written", is_flag=True, help="Put the figures on the card.")
def main(
    model: str,
    predictions: Path | None,
    splits: tuple[str, ...],
    sets: tuple[str, ...],
    output: str,
    data: Path,
    device: str,
    csv_file: Path | None,
    json_file: Path | None,
    sheet_file: Path | None,
    is_written: bool,
) -> None:
    """Score a model on labelled photos, by the way that a user's photo takes.

    The table goes to stdout: a line for each split, and for each of its sets.
    """
    if not (splits or sets):
        raise click.UsageError("expected at least one --split or --set")
    if is_written and (sets or predictions):
        raise click.UsageError(
            "--write-card stores a model's figures by whole splits: leave out --set, --predictions"
        )
    with errors_told("bgremove.evaluation"):
        for file in filter(None, (csv_file, json_file, sheet_file)):
            report.check_writable(file)
        if sheet_file:
            check_ending(sheet_file)
        entries = labelled_entries(data, splits=splits, sets=sets, output=output)
        if predictions:
            check_levels(entries, predictions)
        matte_of_photo = (
            partial(stored_matte, folder=predictions)
            if predictions
            else _remover_mattes(output, model, device)
        )
        scores = _score(data, entries, matte_of_photo, output)
        table = rows(scores)
        print_line(report.table(table))
        if csv_file:
            report.write(report.as_csv(scores), csv_file)
        if json_file:
            report.write(
                report.as_json(table, source=str(predictions or model), output=output), json_file
            )
        if sheet_file:
            ranked = worst(scores, SHEET_PHOTOS)
            photos = read_photos(data, [score.entry for score in ranked])
            write_sheet(contact_sheet(photos, ranked, matte_of_photo), sheet_file)
        if is_written:
            path = card_file(model)
            write_card(report.with_metrics(read_card(path), table, output), path)


def _remover_mattes(output: str, model: str, device: str) -> Callable[[LabelledPhoto], Matte]:
    remover = load_remover(output, model=model, device=device)
    return lambda photo: remover.matte(photo.image)


def _score(
    data: Path,
    entries: list[Entry],
    matte_of_photo: Callable[[LabelledPhoto], Matte],
    output: str,
) -> list[PhotoScore]:
    with click.progressbar(
        read_photos(data, entries), length=len(entries), label="scoring", file=sys.stderr
    ) as photos:
        return [score_photo(photo, matte_of_photo(photo), output) for photo in photos]


if __name__ == "__main__":
    main()
