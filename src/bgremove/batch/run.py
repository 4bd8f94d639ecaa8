"""Photos one after the other, in this process."""

from collections.abc import Iterator, Sequence

from bgremove.batch.jobs import Job, Outcome
from bgremove.batch.photo import Settings, cut_out
from bgremove.removers.base import Remover


def run(
    jobs: Sequence[Job], remover: Remover, settings: Settings | None = None
) -> Iterator[Outcome]:
    """Cut the jobs' photos out, one after the other.

    Parameters
    ----------
    jobs : sequence of Job
    remover : Remover
    settings : Settings, optional

    Yields
    ------
    Outcome
        One a job, in their order; no error of a photo stops the others.
    """
    for job in jobs:
        yield cut_out(job, remover, settings or Settings())
