"""What both commands share: options, the telling of outcomes, and an end by a signal."""

import re
import signal
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from bgremove.errors import ImageWriteError, printable
from bgremove.removers import METHODS, check_options
from bgremove.terminal import Progress, say, say_of

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from bgremove.batch import Outcome
    from bgremove.output import Output

ENDED_BY_SIGNAL = 128
"""What shells add to a signal's number for a command that it ended."""


def completions(texts: Iterable[str], kind: str = "plain") -> "list[CompletionItem]":
    """Make what a shell is offered; the module for it is loaded when one asks."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(text, type=kind) for text in texts]


def complete_file(
    _ctx: click.Context, _option: click.Parameter, started: str
) -> "list[CompletionItem]":
    """Let the shell complete a file's name."""
    return completions([started], "file")


def complete_folder(
    _ctx: click.Context, _option: click.Parameter, started: str
) -> "list[CompletionItem]":
    """Let the shell complete a folder's name."""
    return completions([started], "dir")


def is_ambient(ctx: click.Context, name: str) -> bool:
    """Tell whether a variable of the environment has set an option."""
    return ctx.get_parameter_source(name) == ParameterSource.ENVIRONMENT


def variables_told(ctx: click.Context, message: str) -> str:
    """Give the end of a message that names the variables behind the options of which it tells."""
    words = set(re.findall(r"\w+", message))
    options = [name for name in ctx.params if name in words and is_ambient(ctx, name)]
    return "".join(f" ({_variable_of(ctx, name)} is set)" for name in options)


def _variable_of(ctx: click.Context, name: str) -> str:
    return f"{ctx.auto_envvar_prefix}_{name}".upper()


def options_of_method(ctx: click.Context, method: str, options: dict[str, Any]) -> dict[str, Any]:
    """Pick the method's options; only those from the environment may be for another method."""
    given = {name: value for name, value in options.items() if value is not None}
    check_options(method, [name for name in given if not is_ambient(ctx, name)])
    return {name: given[name] for name in METHODS[method].options if name in given}


def output_of(options: dict[str, Any]) -> "Output":
    """Take the options of the output out of all, and make an `Output` of those given."""
    from bgremove.output import Output

    taken = {field.name: options.pop(field.name) for field in fields(Output)}
    return Output(**{name: value for name, value in taken.items() if value is not None})


class WithMethods(click.Command):
    """A command whose help tells, below its options, what each method looks for.

    A value that is wrong is known by the variable of the environment, if it comes from there.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.BadParameter as error:
            name = error.param and error.param.name
            if name and is_ambient(ctx, name):
                error.param_hint = f"'{_variable_of(ctx, name)}'"
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        with formatter.section("Methods"):
            formatter.write_dl([(name, method.help) for name, method in METHODS.items()])


def check_loudness(*, quiet: bool, verbose: bool) -> None:
    """Refuse to be both."""
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose exclude each other")


class Teller:
    """Tells what becomes of each photo, on standard error and in a report, and sums up.

    Parameters
    ----------
    progress : Progress
    verbose : bool
        Whether what went well is told, too.
    sums_up : bool
        Whether a last line counts the photos.
    report : str, optional
        The report's file.
    """

    def __init__(
        self, progress: Progress, *, verbose: bool, sums_up: bool, report: str | None = None
    ) -> None:
        from bgremove.batch import Report

        self._progress, self._verbose, self._sums_up = progress, verbose, sums_up
        self._counts: Counter[str] = Counter()
        self._report = Report(Path(report)) if report else None
        self._broken = ""

    def __enter__(self) -> "Teller":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        from bgremove.batch import summary

        self._progress.end()
        counts = summary(self._counts, self._progress.total - self._counts.total())
        if self._report:
            self._write(lambda report: report.close(counts))
        if self._broken:
            say(printable(self._broken))
        if self._sums_up and (kind is None or issubclass(kind, KeyboardInterrupt)):
            say(_in_words(counts))

    def tell(self, outcome: "Outcome") -> None:
        """Count a photo, and tell what there is to tell of it."""
        self._counts[outcome.status] += 1
        if self._report:
            self._write(lambda report: report.add(outcome))
        line = outcome.message if outcome.status != "skipped" else ""
        if self._verbose and not line:
            verb = "skipped" if outcome.status == "skipped" else "wrote"
            line = f"{verb} {outcome.target or 'standard output'}"
        if line:
            say_of(outcome.label, line, before=self._progress.before_line)
        self._progress.tell(self._counts)

    @property
    def exit_code(self) -> int:
        """1 if a photo has failed, or the report."""
        return 1 if self._counts["failed"] or self._broken else 0

    def _write(self, action: Any) -> None:
        """Write to the report; one that cannot be written does not stop the photos."""
        try:
            action(self._report)
        except ImageWriteError as error:
            self._broken = str(error)
            self._report = None


def _in_words(counts: dict[str, int]) -> str:
    words = {
        "done": "cut out",
        "no_subject": "without a subject",
        "skipped": "skipped",
        "failed": "failed",
        "not_run": "not run",
    }
    told = [f"{counts[key]} {word}" for key, word in words.items() if counts[key] or key == "done"]
    noun = "photo" if counts["photos"] == 1 else "photos"
    return f"{counts['photos']} {noun}: {', '.join(told)}"


class _Ended(KeyboardInterrupt):
    """A signal, which ends a run as Ctrl-C does."""


@contextmanager
def signals_as_interrupt() -> Iterator[None]:
    """Unwind where a signal ends the run, so that no part of a file stays behind.

    Exit as shells expect. A SIGHUP that is ignored, as under ``nohup``, stays so.
    """

    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise _Ended(number)

    before = {number: signal.signal(number, interrupt) for number in _ending_signals()}
    try:
        yield
    except _Ended as end:
        say("terminated")
        raise click.exceptions.Exit(ENDED_BY_SIGNAL + end.args[0]) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ending_signals() -> list[signal.Signals]:
    """Give those of SIGTERM, SIGHUP and Windows' SIGBREAK that there are and that count."""
    known = (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP", "SIGBREAK"))
    return [each for each in known if each and signal.getsignal(each) != signal.SIG_IGN]
