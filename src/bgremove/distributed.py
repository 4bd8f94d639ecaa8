"""Beyond one machine: the very callable of a worker, in actors of Ray Data.

Scheduling, retries and the cluster are Ray's. bgremove must be installed on each node, and paths
must mean the same there, or be URLs that Ray reads.
"""

import logging
import os
import pickle
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from bgremove.batch import Job, Outcome, Recipe, cut_out
from bgremove.batch.jobs import failed
from bgremove.batch.plan import DEFAULT_NAME, output_name
from bgremove.batch.pool import Journal
from bgremove.batch.report import entry
from bgremove.errors import WorkerError
from bgremove.extras import import_extra
from bgremove.threads import limit_threads

if TYPE_CHECKING:
    import ray.data

PHOTOS_A_BLOCK = 8
"""What an actor takes at a time, and does again if it dies: a second or two of work."""

RETRIES = 3
"""How often a block is tried again when its actor has died, before its photos count as failed."""


def remove_dataset(
    dataset: "ray.data.Dataset",
    recipe: Recipe,
    *,
    out: str | None = None,
    actors: int | None = None,
) -> "ray.data.Dataset":
    """Cut the subject out of each photo of a dataset.

    Parameters
    ----------
    dataset : ray.data.Dataset
        Its rows have the file's ``bytes``, and its ``path``, as
        ``ray.data.read_binary_files(…, include_paths=True)`` gives them.
    recipe : Recipe
    out : str, optional
        A folder or an object store's URL that each cutout is written to, as
        ``STEM-cutout.png``, or of the output's format. Without it, the rows carry the files.
    actors : int, optional
        By default one a CPU of the cluster, less one, which reads.

    Returns
    -------
    ray.data.Dataset
        Lazy. A row a photo: ``path``, ``status``, ``error``, ``message``, and ``output`` or
        ``data``.

    Raises
    ------
    MissingExtraError
        If Ray is not installed.

    Examples
    --------
    With an object store::

        photos = ray.data.read_binary_files("s3://shop/photos", include_paths=True)
        done = remove_dataset(photos, Recipe(method="person"), out="s3://shop/cutouts")
        done.write_json("s3://shop/report")
    """
    return _in_actors(dataset, _RowActor, recipe, actors, out=out)


def run_on_ray(
    jobs: Sequence[Job],
    recipe: Recipe,
    *,
    workers: int | None = None,
    journal: Journal | None = None,
) -> Iterator[Outcome]:
    """Cut the jobs' photos out on a Ray cluster, as `bgremove.batch.run_parallel` does here.

    Parameters
    ----------
    jobs : sequence of Job
        With paths that mean the same on each node.
    recipe : Recipe
    workers : int, optional
        Actors; by default one a CPU of the cluster, less one.
    journal : Journal, optional

    Yields
    ------
    Outcome
        One a job, as they end. What an actor was at when it died is done again, and an output
        that has come since the plan is replaced; a photo that no actor survives has failed.

    Raises
    ------
    MissingExtraError
        If Ray is not installed.
    WorkerError
        If the cluster cannot be reached, or no actor can load the remover.
    """
    if not jobs:
        return
    ray = _connected()
    again = (replace(job, overwrite=True) for job in jobs)  # what is done twice is written twice
    rows = [{"index": index, "job": pickle.dumps(job)} for index, job in enumerate(again)]
    blocks = -(-len(rows) // PHOTOS_A_BLOCK)
    if journal:
        for job in jobs:
            journal.begin(job)
    dataset = ray.data.from_items(rows, override_num_blocks=blocks)
    results = _in_actors(dataset, _JobActor, recipe, workers)
    left = dict(enumerate(jobs))
    for index, outcome in _outcomes(ray, results):
        job = left.pop(index)
        if journal:
            journal.end(job, outcome)
        yield outcome
    for job in left.values():
        reason = f"its actor has died {RETRIES + 1} times; nothing was written"
        yield failed(job.name, reason, "WorkerError")


def _outcomes(ray: Any, results: "ray.data.Dataset") -> Iterator[tuple[int, Outcome]]:
    try:
        for row in results.iter_rows():
            yield row["index"], pickle.loads(row["outcome"])
    except ray.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[-1]
        raise WorkerError(f"Ray cannot go on: {reason}") from error


def _connected() -> Any:
    """Import Ray, and join the cluster that there is, or start one on this machine."""
    ray = import_extra("ray", "ray")
    import_extra("ray.data", "ray")
    if not ray.is_initialized():
        try:
            ray.init(log_to_driver=False, include_dashboard=False, logging_level=logging.ERROR)
        except Exception as error:  # Ray raises Exception itself
            raise WorkerError(f"no Ray cluster: {str(error).splitlines()[0]}") from error
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.max_errored_blocks = -1
    return ray


def _in_actors(
    dataset: "ray.data.Dataset",
    actor: type,
    recipe: Recipe,
    actors: int | None,
    **options: Any,
) -> "ray.data.Dataset":
    ray = _connected()
    spare = max(1, int(ray.cluster_resources().get("CPU", 1)) - 1)
    with warnings.catch_warnings():
        # Ray 2.60 deprecates the retries' argument, and has no other for it yet.
        warnings.simplefilter("ignore", DeprecationWarning)
        return dataset.map_batches(
            actor,
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=actors or spare),
            num_cpus=1,
            max_task_retries=RETRIES,
            fn_constructor_kwargs={"recipe": recipe, **options},
        )


class _JobActor:
    def __init__(self, recipe: Recipe) -> None:
        limit_threads(1)
        self._remover, self._settings = recipe.load(), recipe.settings

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        jobs = [pickle.loads(job) for job in batch["job"]]
        outcomes = [cut_out(job, self._remover, self._settings) for job in jobs]
        return {"index": list(batch["index"]), "outcome": list(map(pickle.dumps, outcomes))}


class _RowActor:
    def __init__(self, recipe: Recipe, out: str | None) -> None:
        limit_threads(1)
        self._remover, self._settings = recipe.load(), recipe.settings
        self._out = out

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        rows = [self._row(*row) for row in zip(batch["path"], batch["bytes"], strict=True)]
        return {name: [row[name] for row in rows] for name in rows[0]}

    def _row(self, path: str, data: bytes) -> dict[str, Any]:
        job = Job(name=path, source=None, target=None)
        outcome = cut_out(job, self._remover, self._settings, data=data)
        told = entry(outcome)
        row = {"path": path, **{name: told[name] or "" for name in ("status", "error", "message")}}
        if self._out is None:
            return {**row, "data": outcome.data or b""}
        return {**row, "output": self._write(outcome) if outcome.data else ""}

    def _write(self, outcome: Outcome) -> str:
        """Write a cutout to a folder or an object store, whose puts are whole or not at all."""
        photo = PurePosixPath(outcome.name)
        target = f"{self._out}/{output_name(photo, DEFAULT_NAME, self._settings.output.suffix)}"
        if "://" not in target:
            target = str(Path(target).absolute())
        filesystem, path = import_extra("pyarrow.fs", "ray").FileSystem.from_uri(target)
        filesystem.create_dir(os.path.dirname(path), recursive=True)  # noqa: PTH120
        with filesystem.open_output_stream(path) as stream:
            stream.write(outcome.data)
        return target
