"""The command: words to calls, outcomes to lines, errors to exit codes, and nothing else."""

import errno
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bgremove import __version__
from bgremove.cli_batch import batch_command
from bgremove.cli_shared import (
    ENDED_BY_SIGNAL,
    Teller,
    WithMethods,
    check_loudness,
    complete_file,
    complete_folder,
    completions,
    is_ambient,
    options_of_method,
    output_of,
    signals_as_interrupt,
    variables_told,
)
from bgremove.errors import (
    BgremoveError,
    OptionError,
    place_and_reason,
    printable,
    reason_of,
)
from bgremove.option_checks import did_you_mean
from bgremove.paths import STREAM, is_no_folder
from bgremove.removers import DEFAULT_METHOD, METHODS
from bgremove.terminal import (
    Progress,
    is_terminal,
    log_on_stderr,
    output_told,
    print_line,
    say,
    silence_pillow,
)

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from bgremove.batch import Outcome, Plan, Recipe

REMBG_COMMANDS = ("i", "p", "s", "b")
"""What people who come from there begin with."""


class _CutOrOther(WithMethods):
    """A command whose first word may name another one in place of an input."""

    others: tuple[click.Command, ...] = ()

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        for other in self.others:
            if args[:1] == [other.name]:
                name = f"{info_name} {other.name}"
                return other.make_context(name, args[1:], parent, **self.context_settings, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with warnings.catch_warnings():
                silence_pillow()
                if ctx.command is self:
                    return super().invoke(ctx)
                return ctx.command.invoke(ctx)
        except (click.UsageError, OptionError) as error:
            message = str(error)
            raise click.UsageError(message + variables_told(ctx, message), ctx) from error
        except BgremoveError as error:
            raise _Failure(str(error)) from error
        except ImportError as error:
            reason = f"a library cannot be imported: {reason_of(error)}"
            raise _Failure(f"{reason}; bgremove doctor tells what is broken") from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            raise _Failure(place_and_reason(error)) from error
        except KeyboardInterrupt:
            say("interrupted")
            ctx.exit(ENDED_BY_SIGNAL + signal.SIGINT)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl(
                [(str(other.name), other.short_help or other.help or "") for other in self.others]
            )


class _Failure(click.ClickException):
    """An error that concerns no single photo."""

    def show(self, file: Any = None) -> None:
        click.echo(f"bgremove: {printable(self.message)}", file=file, err=file is None)


class _Numbers(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Numbers with commas between, as X,Y."""

    def __init__(self, name: str) -> None:
        self.name = name

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(number) for number in value.split(","))
        except ValueError:
            self.fail(f"expected {self.name} in the photo's pixels, got {value!r}", param, ctx)


class _Format(click.Choice):  # type: ignore[type-arg,unused-ignore]
    """A format; JPEG by its other name, too."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        return super().convert("jpeg" if str(value).lower() == "jpg" else value, param, ctx)


def _commands_and_files(
    ctx: click.Context, option: click.Parameter, started: str
) -> "list[CompletionItem]":
    """Offer the other commands, too, to who has begun to write one."""
    is_first = started and not ctx.params.get("inputs")
    names = [str(other.name) for other in command.others] if is_first else []
    return [*complete_file(ctx, option, started), *_offered(names, started)]


def _models_and_files(
    ctx: click.Context, option: click.Parameter, started: str
) -> "list[CompletionItem]":
    from bgremove.model_files import shipped_models

    names = [card.name for card in shipped_models()]
    return [*complete_file(ctx, option, started), *_offered(names, started)]


def _offered(names: list[str], started: str) -> "list[CompletionItem]":
    return completions(name for name in names if name.startswith(started))


@click.command(
    cls=_CutOrOther,
    context_settings={
        "auto_envvar_prefix": "BGREMOVE",
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    },
    epilog="Options can also be set as BGREMOVE_METHOD, BGREMOVE_MODEL, BGREMOVE_DEVICE and so "
    "on. To cut out a picture named like a command, write ./models",
)
@click.argument("inputs", nargs=-1, required=True, shell_complete=_commands_and_files)
@click.option(
    "--method",
    type=click.Choice(list(METHODS)),
    default=DEFAULT_METHOD,
    show_default=True,
    help="What to look for: see below.",
)
@click.option(
    "--model",
    metavar="NAME|PATH",
    shell_complete=_models_and_files,
    help="A shipped model (bgremove models) or a file.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    help="The network's probability at which the edge lies.  [default: chosen for each photo]",
)
@click.option(
    "--edges",
    type=click.Choice(["soft", "hard", "fine"]),
    help="soft: along the photo's own edges; hard: only 0 and 255; fine: a matte, for hair.  "
    "[default: soft]",
)
@click.option("--low", type=float, help="contour: the edge detector's lower threshold.")
@click.option("--high", type=float, help="contour: its upper one.")
@click.option(
    "--quality",
    type=click.Choice(["fast", "best"]),
    help="contour: best refines the mask, in several times the time.  [default: fast]",
)
@click.option(
    "--box",
    type=_Numbers("X,Y,W,H"),
    metavar="X,Y,W,H",
    help="Where the subject is, in the photo's pixels.",
)
@click.option("--point", type=_Numbers("X,Y"), metavar="X,Y", help="A pixel of the subject.")
@click.option(
    "--explain",
    metavar="DIR",
    shell_complete=complete_folder,
    help="contour: draw each step into DIR, as NAME-steps.png.",
)
@click.option(
    "--device",
    metavar="auto|cpu|gpu|gpu:N",
    help="What the network runs on.  [default: auto]",
)
@click.option(
    "--output",
    type=click.Choice(["cutout", "mask", "alpha", "foreground"]),
    help="cutout: RGBA; mask: only 0 and 255; alpha: greyscale; foreground: the subject's "
    "colours on black.  [default: cutout]",
)
@click.option(
    "--background",
    metavar="COLOR|PICTURE|blur[:RADIUS]",
    shell_complete=complete_file,
    help="What to lay the cutout over: a CSS colour, a picture, or the photo without it, blurred.",
)
@click.option("--crop", is_flag=True, default=None, help="Cut down to the subject.")
@click.option("--margin", metavar="N|N%", help="What --crop leaves around it.  [default: 0]")
@click.option(
    "--size",
    metavar="WxH|preview|full",
    help="Fit into this size; preview is 0.25 megapixels.  [default: full]",
)
@click.option(
    "--position",
    metavar="center|original|X%[,Y%]",
    help="Where in --size WxH the picture stands; original: as in the photo.  [default: center]",
)
@click.option(
    "--format",
    type=_Format(["auto", "png", "webp", "jpeg", "tiff"], case_sensitive=False),
    help="Of the outputs; auto: from the extension in --out or --name, else PNG.  [default: auto]",
)
@click.option(
    "--format-quality",
    type=click.IntRange(1, 100),
    help="Of JPEG and WebP; 100 makes WebP lossless.  [default: 90]",
)
@click.option(
    "-o",
    "--out",
    metavar="FILE|DIR|-",
    shell_complete=complete_file,
    help="Where to write.  [default: NAME-cutout.png beside each picture; standard output for -]",
)
@click.option("--overwrite", is_flag=True, help="Replace outputs that exist; never an input.")
@click.option(
    "--require-subject",
    is_flag=True,
    help="A picture in which nothing is found fails, and gives no output.",
)
@click.option(
    "--max-pixels",
    type=click.IntRange(min=1),
    metavar="N",
    help="Refuse larger pictures.  [default: 200 million]",
)
@click.option("-q", "--quiet", is_flag=True, help="Print only warnings and errors.")
@click.option(
    "-v", "--verbose", is_flag=True, help="Also print what was loaded, found and written."
)
@click.version_option(__version__, message="%(prog)s %(version)s", allow_from_autoenv=False)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    inputs: tuple[str, ...],
    method: str,
    out: str | None,
    explain: str | None,
    overwrite: bool,
    require_subject: bool,
    max_pixels: int | None,
    quiet: bool,
    verbose: bool,
    **options: Any,
) -> None:
    """Cut the subject out of photos: a transparent PNG for each.

    INPUTS are pictures, folders of pictures, patterns like "*.jpg", or - for standard input.
    """
    _check_usage(inputs, quiet=quiet, verbose=verbose)
    asked = output_of(options)
    options = options_of_method(ctx, method, options)
    if explain is not None and method != "contour":
        if not is_ambient(ctx, "explain"):
            raise click.UsageError(f"--explain shows the contour method's steps, not {method}'s")
        explain = None

    from bgremove.batch import Recipe, Settings, plan, settle_format

    output = settle_format(asked, out)
    settings = Settings(
        output=output,
        require_subject=require_subject,
        max_pixels=max_pixels or Settings.max_pixels,
    )
    with log_on_stderr(shown=verbose), signals_as_interrupt():
        recipe = Recipe(method=method, options=options, settings=settings)
        planned = plan(inputs, out, output=output, overwrite=overwrite, needed=recipe.files())
        planned = _with_hints(planned, inputs, out)
        _check_standard_output(planned)
        strips = None if explain is None else _plan_strips(planned, explain, overwrite=overwrite)
        outcomes = _outcomes(planned, recipe)
        count = len(planned.refused) + len(planned.jobs)
        sums_up = count > 1 and not quiet
        progress = Progress(count, shown=sums_up and not verbose and is_terminal(sys.stderr))
        statuses = {}
        with Teller(progress, verbose=verbose, sums_up=sums_up) as teller:
            for outcome in map(_sent, outcomes):
                teller.tell(outcome)
                statuses[outcome.name] = outcome.status
            missing = _draw(strips, statuses, options, settings.max_pixels) if strips else []
            for line in missing:
                say(printable(line), before=progress.before_line)
    ctx.exit(1 if missing else teller.exit_code)


_as_json = click.option("--json", "as_json", is_flag=True, help="Print it as JSON, for scripts.")


@click.command("models", help="List the models that --model takes by name.")
@_as_json
def models(*, as_json: bool) -> None:
    from bgremove.api import models as shipped
    from bgremove.cards import table_of
    from bgremove.model_files import DEFAULT_MODEL

    if as_json:
        cards = [{**table_of(card), "default": card.name == DEFAULT_MODEL} for card in shipped()]
        _print_json(cards)
        return
    for card in shipped():
        default = " (default)" if card.name == DEFAULT_MODEL else ""
        print_line(f"{card.name}{default}: {card.description}")
        for split, figures in (card.metrics or {}).items():
            told = ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
            print_line(f"  {split}: {told}")


@click.command("doctor", help="Tell what is installed, and whether models and GPUs can be used.")
@_as_json
@click.pass_context
def doctor(ctx: click.Context, /, *, as_json: bool) -> None:
    from bgremove.doctor import examine

    findings = []
    for finding in examine():
        findings.append(asdict(finding))
        if not as_json:
            print_line(f"{finding.topic}: {'BROKEN: ' if finding.broken else ''}{finding.text}")
    if as_json:
        _print_json(findings)
    ctx.exit(1 if any(finding["broken"] for finding in findings) else 0)


def _print_json(value: object) -> None:
    import json

    print_line(json.dumps(value, indent=2))


command.others = (batch_command(command.params), models, doctor)


def main() -> None:
    """Run the command, and exit. Patterns are expanded by `bgremove.batch` alone."""
    command.main(prog_name="bgremove", windows_expand_args=False)


def _check_usage(inputs: Sequence[str], *, quiet: bool, verbose: bool) -> None:
    check_loudness(quiet=quiet, verbose=verbose)
    if inputs[0] in REMBG_COMMANDS and len(inputs) > 1 and not os.path.lexists(inputs[0]):
        raise click.UsageError(
            f"bgremove has no command {inputs[0]}, unlike rembg: use bgremove INPUT --out OUTPUT, "
            "or bgremove batch FOLDER --out FOLDER"
        )
    if STREAM in inputs and (sys.stdin is None or sys.stdin.isatty()):
        raise click.UsageError("- reads standard input, and nothing is piped in")


def _with_hints(planned: "Plan", inputs: Sequence[str], out: str | None) -> "Plan":
    """Tell of what is not there how it may have been meant."""
    hints = {inputs[0]: _hint_of_command(inputs[0])}
    if out is None and len(inputs) == 2:
        hints[inputs[1]] = _hint_of_output(inputs[1])
    refused = [
        replace(outcome, message=outcome.message + hints.get(outcome.name, ""))
        if not os.path.lexists(outcome.name)
        else outcome
        for outcome in planned.refused
    ]
    return replace(planned, refused=tuple(refused))


def _hint_of_command(word: str) -> str:
    """Name the command that a word without an ending or a folder is near to."""
    if Path(word).name != word or Path(word).suffix:
        return ""
    names = [str(other.name) for other in command.others]
    return did_you_mean(word.lower(), names, kind="the command ")


def _hint_of_output(name: str) -> str:
    """Tell who has named a photo and, as it seems, an output how that is done."""
    from bgremove.output import FORMATS_BY_ENDING

    if "://" in name or Path(name).suffix.lower() not in FORMATS_BY_ENDING:
        return ""
    return f"; to write there: --out {name}"


def _check_standard_output(planned: "Plan") -> None:
    to_stream = any(job.target is None for job in planned.jobs)
    if to_stream and (sys.stdout is None or sys.stdout.isatty()):
        raise click.UsageError("a picture is no text for a terminal: pipe it on, or name --out")


def _outcomes(planned: "Plan", recipe: "Recipe") -> Iterator["Outcome"]:
    """Tell what is refused, then load the remover, if there is work for it, and run."""
    from bgremove.batch import run

    yield from planned.refused
    if planned.jobs:
        yield from run(planned.jobs, recipe.load(), recipe.settings)


def _plan_strips(planned: "Plan", folder: str, *, overwrite: bool) -> "Plan":
    """Settle where each photo's steps are drawn, before anything is written."""
    from bgremove.explain import plan_strips

    if not folder:
        raise click.UsageError("--explain must name a folder, got an empty name")
    if is_no_folder(folder):
        raise click.UsageError(f"--explain must name a folder, got the file {folder}")
    return plan_strips(planned, Path(folder), overwrite=overwrite)


def _draw(
    strips: "Plan", statuses: Mapping[str, str], options: dict[str, Any], max_pixels: int
) -> list[str]:
    """Draw the steps of each photo that was cut out; give a line for each that fails."""
    from bgremove.explain import write_strips

    cut = {name for name, status in statuses.items() if status != "failed"}
    refused = [f"{strip.name}: {strip.message}" for strip in strips.refused if strip.name in cut]
    jobs = [job for job in strips.jobs if job.name in cut]
    return refused + write_strips(jobs, options, max_pixels=max_pixels)


def _sent(outcome: "Outcome") -> "Outcome":
    """Write a cutout that has no file to standard output."""
    if outcome.data is None:
        return outcome
    try:
        with output_told():
            sys.stdout.buffer.write(outcome.data)
            sys.stdout.buffer.flush()
    except BgremoveError as error:
        return replace(outcome, status="failed", message=str(error))
    return outcome
