"""Processes that work side by side, die, hang and are told to stop."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path
from typing import TypeAlias

import pytest

from bgremove.batch import Job, Outcome, Recipe, Settings, available_cores, plan, run, run_parallel
from bgremove.errors import ModelNotFoundError, WorkerError

Draw: TypeAlias = Callable[..., Path]
BatchWhoseWorkers: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]

CONTOUR = Recipe(method="contour", settings=Settings(durable=False))


class Signaller:
    """A journal that sends a signal to the worker which a photo is about to be given to."""

    def __init__(self, name: str, number: signal.Signals) -> None:
        self.name, self.number = name, number
        self.ended: list[tuple[str, str]] = []

    def begin(self, job: Job) -> None:
        if job.name == self.name:
            [worker] = active_children()
            os.kill(worker.pid, self.number)

    def end(self, job: Job, outcome: Outcome) -> None:
        self.ended.append((job.name, outcome.status))


def jobs_for(draw: Draw, *names: str) -> tuple[Job, ...]:
    draw(*(f"in/{name}" for name in names))
    return plan(["in"], "out").jobs


def test_every_photo_is_cut_out_as_it_is_alone(draw: Draw) -> None:
    jobs = jobs_for(draw, "a.png", "b.png", "c.png", "d.png", "e.png")
    outcomes = list(run_parallel(jobs, CONTOUR, workers=2))
    assert sorted(outcome.name for outcome in outcomes) == [job.name for job in jobs]
    assert {outcome.status for outcome in outcomes} == {"done"}
    alone = [replace(job, target=Path("alone", job.name)) for job in jobs]
    list(run(alone, CONTOUR.load(), CONTOUR.settings))
    for job, other in zip(jobs, alone, strict=True):
        assert job.target.read_bytes() == other.target.read_bytes()
    assert active_children() == []


def test_the_shipped_network_gives_the_same_with_fewer_threads() -> None:
    photo = Path(__file__).parents[2] / "examples" / "astronaut.jpg"
    jobs = [
        Job(name=name, source=photo, target=Path(f"{name}.png")) for name in ("one", "two", "alone")
    ]
    recipe = Recipe(method="person")
    assert len(list(run_parallel(jobs[:2], recipe, workers=2))) == 2
    [alone] = run(jobs[2:], recipe.load())
    assert alone.status == "done"
    assert Path("one.png").read_bytes() == Path("alone.png").read_bytes()
    assert Path("two.png").read_bytes() == Path("alone.png").read_bytes()


def test_a_worker_that_dies_costs_its_photo_only(draw: Draw) -> None:
    jobs = jobs_for(draw, "a.png", "b.png", "c.png")
    killer = Signaller("in/b.png", signal.SIGKILL)
    outcomes = {
        outcome.name: outcome for outcome in run_parallel(jobs, CONTOUR, workers=1, journal=killer)
    }
    assert [outcomes[job.name].status for job in jobs] == ["done", "failed", "done"]
    died = outcomes["in/b.png"]
    assert died.error == "WorkerError"
    reason = "its worker has died: SIGKILL, as when memory runs out; nothing was written"
    assert died.message == reason
    assert killer.ended == [("in/a.png", "done"), ("in/b.png", "failed"), ("in/c.png", "done")]
    assert sorted(path.name for path in Path("out").iterdir()) == ["a-cutout.png", "c-cutout.png"]


def test_a_photo_that_takes_too_long_costs_itself_only(draw: Draw) -> None:
    jobs = jobs_for(draw, "a.png", "b.png")
    stopper = Signaller("in/a.png", signal.SIGSTOP)
    late, done = run_parallel(jobs, CONTOUR, workers=1, timeout=5, journal=stopper)
    assert (late.name, late.error) == ("in/a.png", "WorkerError")
    assert late.message == "took longer than 5 seconds; nothing was written (--timeout)"
    assert (done.name, done.status) == ("in/b.png", "done")
    assert [path.name for path in Path("out").iterdir()] == ["b-cutout.png"]


def test_a_photo_may_take_longer_than_systems_can_wait(draw: Draw) -> None:
    (outcome,) = run_parallel(jobs_for(draw, "a.png"), CONTOUR, workers=1, timeout=1e9)
    assert outcome.status == "done"


def test_a_remover_that_cannot_be_loaded_is_told_once(draw: Draw) -> None:
    jobs = jobs_for(draw, "a.png", "b.png")
    recipe = Recipe(method="person", options={"model": "none.onnx"})
    with pytest.raises(ModelNotFoundError, match=r"none\.onnx: expected a model file, found none"):
        list(run_parallel(jobs, recipe, workers=2))
    assert active_children() == []


class KillerOfSuccessors(Signaller):
    """Kills a worker at a photo, and those that are to replace it, as they start."""

    def __init__(self, name: str, successors: int) -> None:
        super().__init__(name, signal.SIGKILL)
        self.left = successors

    def end(self, job: Job, outcome: Outcome) -> None:
        super().end(job, outcome)
        if outcome.status == "failed":
            threading.Thread(target=self.kill_successors, daemon=True).start()

    def kill_successors(self) -> None:
        killed: set[int] = set()
        while self.left:
            time.sleep(0.001)
            for worker in active_children():
                if worker.pid not in killed and self.left:
                    killed.add(worker.pid)
                    self.left -= 1
                    os.kill(worker.pid, signal.SIGKILL)


def test_a_replacement_that_dies_is_replaced_too(draw: Draw) -> None:
    jobs = jobs_for(draw, "a.png", "b.png", "c.png")
    killer = KillerOfSuccessors("in/b.png", successors=2)
    statuses = [o.status for o in run_parallel(jobs, CONTOUR, workers=1, journal=killer)]
    assert statuses == ["done", "failed", "done"]


def test_when_all_replacements_die_the_run_ends(draw: Draw) -> None:
    jobs = jobs_for(draw, "a.png", "b.png", "c.png")
    killer = KillerOfSuccessors("in/b.png", successors=4)
    with pytest.raises(WorkerError, match="a worker has died before its first photo: SIGKILL"):
        list(run_parallel(jobs, CONTOUR, workers=1, journal=killer))


def test_a_worker_that_cannot_be_started_ends_the_run(draw: Draw) -> None:
    resource = pytest.importorskip("resource", reason="Windows has no limits")
    jobs = jobs_for(draw, "a.png")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    next_file = os.dup(1)
    os.close(next_file)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next_file, before[1]))
    try:
        with pytest.raises(WorkerError, match="a worker cannot be started: Too many open files"):
            list(run_parallel(jobs, CONTOUR, workers=1))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_remover_that_fails_in_an_odd_way_is_told(draw: Draw) -> None:
    recipe = Recipe(method="contour", options={"low": Odd()})
    with pytest.raises(WorkerError, match="the remover cannot be loaded: odd"):
        list(run_parallel(jobs_for(draw, "a.png"), recipe, workers=1))


class Odd(int):
    """A number that cannot be compared."""

    def __float__(self) -> float:
        raise ArithmeticError("odd")


def test_a_worker_that_dies_before_its_first_photo_ends_the_run(draw: Draw) -> None:
    jobs = jobs_for(draw, "a.png")
    outcomes = run_parallel(jobs, CONTOUR, workers=1)
    killer = threading.Thread(target=_kill_the_first_worker)
    killer.start()
    with pytest.raises(WorkerError, match="a worker has died before its first photo: SIGKILL"):
        list(outcomes)
    killer.join()


def _kill_the_first_worker() -> None:
    while not active_children():
        pass
    os.kill(active_children()[0].pid, signal.SIGKILL)


def test_leaving_early_ends_the_workers(draw: Draw) -> None:
    jobs = jobs_for(draw, "a.png", "b.png", "c.png", "d.png")
    outcomes = run_parallel(jobs, CONTOUR, workers=2)
    next(outcomes)
    assert active_children()
    outcomes.close()
    assert active_children() == []
    assert [path for path in Path("out").iterdir() if path.suffix == ".part"] == []


def test_what_a_killed_worker_has_begun_to_write_is_removed(
    draw: Draw, batch_whose_workers: BatchWhoseWorkers
) -> None:
    draw("in/a.png")
    done = batch_whose_workers("os.kill(os.getpid(), signal.SIGKILL)", "in", "--fsync")
    assert (done.returncode, "its worker has died: SIGKILL" in done.stderr) == (1, True)
    assert list(Path("out").glob("*.p*")) == []


def test_a_worker_writes_nothing_once_its_parent_was_killed(
    draw: Draw, batch_whose_workers: BatchWhoseWorkers
) -> None:
    draw("in/a.png")
    kill = "(os.kill(os.getppid(), signal.SIGKILL), time.sleep(20))"
    assert batch_whose_workers(kill, "in", "--fsync").returncode == -signal.SIGKILL
    assert list(Path("out").glob("*.png")) == []


def test_no_photos_need_no_workers() -> None:
    assert list(run_parallel([], CONTOUR, workers=2)) == []


def test_the_cores_are_those_that_this_process_may_use() -> None:
    assert 1 <= available_cores() <= os.cpu_count()


@pytest.mark.skipif(sys.platform != "linux", reason="affinity is Linux's")
def test_fewer_cores_are_seen() -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert available_cores() == 1
    finally:
        os.sched_setaffinity(0, before)
