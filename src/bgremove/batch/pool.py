"""Photos in parallel: a pool of spawned processes, one photo at a time in each.

A photo is handed out when a worker is free for it, so that memory stays flat whatever their
number. Why not `concurrent.futures`: when one of its workers dies, all its futures fail, and
none tells which photo it was.
"""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from typing import Any, Protocol

from bgremove.batch.jobs import Job, Outcome
from bgremove.batch.recipe import Recipe
from bgremove.batch.worker import OF_THE_PARENT, serve
from bgremove.errors import WorkerError, reason_of
from bgremove.image_io import remove_parts

GRACE = 5.0
"""Seconds that a worker has to leave by itself, before it is killed."""


TRIES = 3
"""How many replacements of workers may die before their first photo."""

MOST_WORKERS = 60 if sys.platform == "win32" else sys.maxsize
"""Windows waits for at most 63 things at once."""

LONGEST_WAIT = 3600.0
"""Seconds without a look at the clock: systems take no wait of a month."""


class Journal(Protocol):
    """Who is told of each job when it begins and when it has ended."""

    def begin(self, job: Job) -> None: ...
    def end(self, job: Job, outcome: Outcome) -> None: ...


def available_cores() -> int:
    """Count the cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_parallel(
    jobs: Sequence[Job],
    recipe: Recipe,
    *,
    workers: int,
    timeout: float | None = None,
    journal: Journal | None = None,
) -> Iterator[Outcome]:
    """Cut the jobs' photos out in several processes, each of which loads the remover once.

    Parameters
    ----------
    jobs : sequence of Job
        Each with a file to write.
    recipe : Recipe
    workers : int
        At least 1. The engines of all of them together get as many threads as there are cores.
    timeout : float, optional
        Seconds that a photo may take.
    journal : Journal, optional

    Yields
    ------
    Outcome
        One a job, as they end. A worker that dies or takes too long costs its photo, and is
        replaced.

    Raises
    ------
    BgremoveError
        What loading the remover raises.
    WorkerError
        If a worker cannot be started, or dies before it can do anything; of those that replace
        others, several.

    Notes
    -----
    The processes are spawned, as `multiprocessing` does it: in a script of your own, call this
    under ``if __name__ == "__main__":``. Leave the loop early and the workers end with it, if you
    close the generator.
    """
    workers = min(workers, len(jobs), MOST_WORKERS)
    threads = max(1, available_cores() // max(1, workers))
    pool = _Pool(recipe, threads, timeout, journal)
    try:
        for _ in range(workers):
            pool.hire()
        yield from pool.work_off(jobs)
    finally:
        pool.dismiss()


class _Pool:
    def __init__(
        self, recipe: Recipe, threads: int, timeout: float | None, journal: Journal | None
    ) -> None:
        self._recipe, self._threads = recipe, threads
        self._timeout, self._journal = timeout, journal
        self._workers: list[_Worker] = []
        self._tries = 0

    def hire(self) -> None:
        try:
            self._workers.append(_Worker(self._recipe, self._threads))
        except OSError as error:
            raise WorkerError(f"a worker cannot be started: {reason_of(error)}") from error

    def work_off(self, jobs: Sequence[Job]) -> Iterator[Outcome]:
        waiting = iter(jobs)
        left = len(jobs)
        while left:
            wait([worker.connection for worker in self._workers], self._patience())
            for worker in list(self._workers):
                if worker.connection.poll():
                    outcome = self._hear(worker)
                elif worker.deadline < time.monotonic():
                    outcome = self._give_up(worker)
                else:
                    continue
                if outcome is not None:
                    left -= 1
                    yield outcome
                if worker.job is None and worker in self._workers:
                    self._hand_out(worker, next(waiting, None))

    def dismiss(self) -> None:
        """End all workers, and clear away what they were at."""
        try:
            for worker in self._workers:
                worker.process.terminate()
            end = time.monotonic() + GRACE
            for worker in self._workers:
                worker.process.join(max(0.0, end - time.monotonic()))
        finally:
            for worker in self._workers:
                worker.kill()

    def _hear(self, worker: "_Worker") -> Outcome | None:
        """Take what a worker has sent: that it is ready, an outcome, or its end."""
        try:
            answer = worker.connection.recv()
        except (EOFError, OSError):
            return self._bury(worker)
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            worker.ready, self._tries = True, TRIES
            return None
        return self._end(worker, answer)

    def _bury(self, worker: "_Worker") -> Outcome | None:
        worker.process.join(GRACE)
        how = _death(worker.process.exitcode)
        if not worker.ready:
            if not self._tries:
                raise WorkerError(f"a worker has died before its first photo: {how}")
            self._tries -= 1
        self._replace(worker)
        if worker.job is None:
            return None
        reason = f"its worker has died: {how}; nothing was written"
        return self._end(worker, worker.job.failed(reason, "WorkerError"))

    def _give_up(self, worker: "_Worker") -> Outcome:
        assert worker.job is not None, "only a job has a deadline"
        self._replace(worker)
        reason = f"took longer than {self._timeout:g} seconds; nothing was written (--timeout)"
        return self._end(worker, worker.job.failed(reason, "WorkerError"))

    def _replace(self, worker: "_Worker") -> None:
        worker.kill()
        self._workers.remove(worker)
        self.hire()

    def _hand_out(self, worker: "_Worker", job: Job | None) -> None:
        if job is None:
            return
        if self._journal:
            self._journal.begin(job)
        worker.start(job, self._timeout)

    def _end(self, worker: "_Worker", outcome: Outcome) -> Outcome:
        job, worker.job, worker.deadline = worker.job, None, float("inf")
        assert job is not None, "an outcome is of a job"
        if self._journal:
            self._journal.end(job, outcome)
        return outcome

    def _patience(self) -> float:
        first = min(worker.deadline for worker in self._workers)
        return min(max(0.0, first - time.monotonic()), LONGEST_WAIT)


class _Worker:
    """One process, and what it is at."""

    def __init__(self, recipe: Recipe, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: Any = context.Process(
            target=serve, args=(theirs, recipe, threads), daemon=True
        )
        with _interrupts_held():
            self.process.start()
        theirs.close()
        self.ready = False
        self.job: Job | None = None
        self.deadline = float("inf")

    def start(self, job: Job, timeout: float | None) -> None:
        self.job = job
        if timeout is not None:
            self.deadline = time.monotonic() + timeout
        with suppress(OSError):  # a dead worker is heard of by its connection's end
            self.connection.send(job)

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()
        if self.job is not None and self.job.target is not None:
            remove_parts([self.job.target])


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Start a process that Ctrl-C and the terminal's end do not reach: this one ends it."""
    if sys.platform == "win32":
        yield
    else:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, OF_THE_PARENT)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        with suppress(ValueError):
            name = signal.Signals(-code).name
            memory = ", as when memory runs out" if name == "SIGKILL" else ""
            return f"{name}{memory}"
    return f"exit code {code}"
