"""``bgremove batch``: many photos, in parallel, reported, and taken up again where they ended."""

import math
import re
import sys
from collections.abc import Generator, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bgremove.cli_shared import (
    Teller,
    WithMethods,
    check_loudness,
    complete_file,
    complete_folder,
    options_of_method,
    output_of,
    signals_as_interrupt,
)
from bgremove.errors import OptionError, printable, reason_of
from bgremove.paths import STREAM
from bgremove.terminal import Progress, is_terminal, log_on_stderr, print_line, say_of

if TYPE_CHECKING:
    from bgremove.batch import Job, Manifest, Outcome, Past, Plan, Recipe

DEFAULT_TIMEOUT = 300.0
"""Seconds: far more than 200 megapixels take on a slow core."""

ENGINES = ("local", "ray")

_OF_THE_MAIN_COMMAND = {"inputs", "out", "explain"}
"""What this one takes in another way, or not."""


def _count_of_jobs(_ctx: click.Context, _option: click.Parameter, value: str) -> int | None:
    if value == "auto":
        return None
    if re.fullmatch("0*[1-9][0-9]{0,5}", value):
        return int(value)
    raise click.BadParameter(f"expected auto or a whole number of at least 1, got {value!r}")


class _Seconds(click.FloatRange):
    """Seconds above 0, ``inf`` included."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value!r} is not a number of seconds", param, ctx)
        return seconds


def batch_command(shared: Sequence[click.Parameter]) -> click.Command:
    """Make the command, which takes options of its own, and shares those of the main command."""
    command: click.Command = click.command(
        "batch",
        cls=WithMethods,
        short_help="Cut out many photos: in parallel, with a report, resumable.",
    )(_batch)
    taken = [option for option in shared if option.name not in _OF_THE_MAIN_COMMAND]
    command.params = [*command.params, *taken]
    return command


@click.argument("inputs", nargs=-1, shell_complete=complete_file)
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    required=True,
    shell_complete=complete_folder,
    help="The folder for the cutouts.",
)
@click.option("--recursive", "-r", is_flag=True, help="Search subfolders, too.")
@click.option(
    "--from-file",
    metavar="FILE|-",
    shell_complete=complete_file,
    help="A list of photos, a name a line (or find -print0).",
)
@click.option(
    "--name",
    metavar="TEMPLATE",
    help="What outputs are called: of {stem}, {suffix}, {ext}.  [default: {stem}-cutout.{ext}]",
)
@click.option(
    "--all-frames", is_flag=True, help="All frames of GIF, WebP, TIFF and so on, not the first."
)
@click.option(
    "--jobs",
    callback=_count_of_jobs,
    metavar="N|auto",
    default="auto",
    show_default=True,
    help="Processes; auto: one a core, or one for a GPU.",
)
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="local",
    show_default=True,
    help="This machine, or a Ray cluster.",
)
@click.option(
    "--timeout",
    type=_Seconds(),
    default=DEFAULT_TIMEOUT,
    show_default=True,
    metavar="SECONDS",
    help="How long a photo may take (not with --engine ray).",
)
@click.option(
    "--resume", is_flag=True, help="Skip what an earlier run has done that is still valid."
)
@click.option(
    "--report",
    metavar="FILE|-",
    shell_complete=complete_file,
    help="What became of each photo: .json, .jsonl or .csv; -: JSON lines, to standard output.",
)
@click.option("--fsync", is_flag=True, help="Wait until the disk has each output.")
@click.option("--dry-run", is_flag=True, help="List the planned outputs without writing them.")
@click.pass_context
def _batch(
    ctx: click.Context,
    /,
    inputs: tuple[str, ...],
    out: str,
    recursive: bool,
    from_file: str | None,
    name: str | None,
    all_frames: bool,
    jobs: int | None,
    engine: str,
    timeout: float,
    resume: bool,
    report: str | None,
    fsync: bool,
    dry_run: bool,
    method: str,
    overwrite: bool,
    require_subject: bool,
    max_pixels: int | None,
    quiet: bool,
    verbose: bool,
    **options: Any,
) -> None:
    """Cut the subject out of many photos, into a folder that mirrors theirs.

    INPUTS are pictures, folders of pictures, or patterns like "*.jpg" and "photos/**/*.jpg".
    What is done is kept in a manifest beside the outputs, for --resume. Exits with 1 if a photo
    has failed.
    """
    from bgremove.batch import (
        DEFAULT_NAME,
        MANIFEST_FILE,
        Manifest,
        Past,
        Recipe,
        Settings,
        check_report,
        plan,
        read_records,
        settle_format,
    )

    _check_usage(inputs, out, from_file, quiet=quiet, verbose=verbose)
    if dry_run and report == STREAM:
        raise click.UsageError(
            "--dry-run lists on standard output and writes no report: leave out --report -"
        )
    folder, name = f"{out}/", name or DEFAULT_NAME
    output = settle_format(output_of(options), folder, name)
    options = options_of_method(ctx, method, options)
    settings = Settings(
        output=output,
        require_subject=require_subject,
        max_pixels=max_pixels or Settings.max_pixels,
        durable=fsync,
    )
    recipe = Recipe(method=method, options=options, settings=settings)
    lists = [] if from_file in (None, STREAM) else [Path(str(from_file))]
    needed = [Path(out, MANIFEST_FILE), *lists, *recipe.files()]
    report_file = Path(report) if report and report != STREAM else None
    if report_file:
        check_report(report_file, needed=needed)
        needed.append(report_file)
    planned = plan(
        inputs,
        folder,
        output=output,
        overwrite=overwrite or resume,
        listed=_listed(from_file),
        recursive=recursive,
        name=name,
        all_frames=all_frames,
        needed=needed,
    )
    if report_file and report_file.exists():
        check_report(report_file, needed=_photos(planned))
    if dry_run:
        past = None
        if resume:
            past = Past(Path(out), recipe.fingerprint(), read_records(Path(out)))
        ctx.exit(_show(planned, past, overwrite=overwrite))

    with log_on_stderr(shown=verbose), Manifest(Path(out), recipe.fingerprint()) as manifest:
        to_do, settled = list(planned.jobs), list(planned.refused)
        if resume:
            to_do, known = manifest.sort_out(to_do, overwrite=overwrite)
            settled += known
        has_room = report != STREAM or not is_terminal(sys.stdout)
        progress = Progress(len(to_do) + len(settled), shown=has_room and not quiet and not verbose)
        teller = Teller(progress, verbose=verbose, sums_up=not quiet, report=report)
        with (
            signals_as_interrupt(),
            teller,
            closing(_outcomes(to_do, recipe, engine, jobs, timeout, manifest)) as outcomes,
        ):
            for outcome in chain(settled, outcomes):
                teller.tell(outcome)
    ctx.exit(teller.exit_code)


def _check_usage(
    inputs: Sequence[str], out: str, from_file: str | None, *, quiet: bool, verbose: bool
) -> None:
    check_loudness(quiet=quiet, verbose=verbose)
    if not inputs and from_file is None:
        raise click.UsageError("Missing argument 'INPUTS...', or --from-file")
    if STREAM in inputs:
        raise click.UsageError(
            f"{STREAM} is for one photo; a list of them is read by --from-file -"
        )
    if not out or out == STREAM:
        raise click.UsageError("--out must name a folder")
    if from_file == STREAM and (sys.stdin is None or sys.stdin.isatty()):
        raise click.UsageError("--from-file - reads standard input, and nothing is piped in")


def _listed(from_file: str | None) -> list[str]:
    from bgremove.batch import names_in_list

    if from_file is None:
        return []
    try:
        if from_file == STREAM:
            return names_in_list(sys.stdin.buffer.read())
        return names_in_list(Path(from_file).read_bytes())
    except (OSError, ValueError) as error:
        raise OptionError(f"from-file {from_file}: cannot be read: {reason_of(error)}") from error


def _photos(planned: "Plan") -> list[Path]:
    """List the photos that a plan is about, those that it refuses included."""
    sources = [job.source for job in planned.jobs if job.source is not None]
    return [*sources, *(Path(outcome.name) for outcome in planned.refused)]


def _show(planned: "Plan", past: "Past | None", *, overwrite: bool) -> int:
    """Tell what would be done, and what could not be; give the exit code."""
    to_do, settled = list(planned.jobs), list(planned.refused)
    if past:
        to_do, known = past.sort_out(to_do, overwrite=overwrite)
        settled += known
    problems = [outcome for outcome in settled if outcome.status == "failed"]
    for outcome in problems:
        say_of(outcome.label, outcome.message)
    for job in to_do:
        print_line(f"{printable(job.label)} -> {printable(str(job.target))}")
    return 1 if problems else 0


def _outcomes(
    jobs: "Sequence[Job]",
    recipe: "Recipe",
    engine: str,
    workers: int | None,
    timeout: float,
    manifest: "Manifest",
) -> "Generator[Outcome, None, None]":
    """Run on a Ray cluster, or in processes here: one a core, or one for a GPU."""
    if engine == "ray":
        from bgremove.distributed import run_on_ray

        yield from run_on_ray(jobs, recipe, workers=workers, journal=manifest)
        return
    from bgremove.batch import available_cores, run_parallel

    alone = str(recipe.options.get("device", "")).startswith("gpu")
    workers = workers or (1 if alone else available_cores())
    yield from run_parallel(jobs, recipe, workers=workers, timeout=timeout, journal=manifest)
