"""Beyond one machine: the very callable of a worker, in actors of Ray Data.

Scheduling, retries and the cluster are Ray's. bgremove must be installed on each node, and paths
must mean the same there, or be URLs that Ray reads.
"""

import logging
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
from bgremove.errors import BgremoveError, ImageWriteError, WorkerError, reason_of
from bgremove.extras import import_extra
from bgremove.image_io import write_atomically
from bgremove.model_files import is_path
from bgremove.terminal import silence_pillow
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
    overwrite: bool = False,
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
    overwrite : bool, default False
        Whether a file that is there is replaced. If not, a photo fails where a different file
        has its output's name already, for instance because two photos share a stem. (If two such
        photos reach an object store at the same moment, the last one wins.)
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
    if out is not None and "://" not in out:
        out = str(Path(out).absolute())
    whole = _with_whole_paths(recipe)
    return _in_actors(dataset, _RowActor, whole, actors, out=out, overwrite=overwrite)


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
        With paths that mean the same on each node; relative ones are of the current folder.
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
    rows = [{"index": n, "job": pickle.dumps(_for_an_actor(job))} for n, job in enumerate(jobs)]
    blocks = -(-len(rows) // PHOTOS_A_BLOCK)
    if journal:
        for job in jobs:
            journal.begin(job)
    dataset = ray.data.from_items(rows, override_num_blocks=blocks)
    dataset.context.enable_progress_bars = False
    dataset.context.max_errored_blocks = -1
    results = _in_actors(dataset, _JobActor, _with_whole_paths(recipe), workers)
    left = dict(enumerate(jobs))
    for index, outcome in _outcomes(ray, results):
        job = left.pop(index)
        outcome = _as_here(outcome, job)
        if journal:
            journal.end(job, outcome)
        yield outcome
    for job in left.values():
        reason = f"its actor has died {RETRIES + 1} times; nothing was written"
        outcome = job.failed(reason, "WorkerError")
        if journal:
            journal.end(job, outcome)
        yield outcome


def _for_an_actor(job: Job) -> Job:
    """Let a job mean the same in any folder, and be done twice."""
    source, target = (path and path.absolute() for path in (job.source, job.target))
    return replace(job, source=source, target=target, overwrite=True)


def _as_here(outcome: Outcome, job: Job) -> Outcome:
    """Let an outcome name files as its job does."""
    message = outcome.message
    for path in filter(None, (job.source, job.target)):
        message = message.replace(str(path.absolute()), str(path))
    return replace(outcome, message=message, target=outcome.target and job.target)


def _with_whole_paths(recipe: Recipe) -> Recipe:
    """Let a recipe mean the same in any folder."""
    options, output = dict(recipe.options), recipe.settings.output
    if "model" in options and is_path(options["model"]):
        options["model"] = Path(options["model"]).absolute()
    if output.picture is not None:
        output = replace(output, background=output.picture.absolute())
    return replace(recipe, options=options, settings=replace(recipe.settings, output=output))


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
        silence_pillow()
        self._remover, self._settings = recipe.load(), recipe.settings

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        jobs = [pickle.loads(job) for job in batch["job"]]
        outcomes = [cut_out(job, self._remover, self._settings) for job in jobs]
        return {"index": list(batch["index"]), "outcome": list(map(pickle.dumps, outcomes))}


class _RowActor:
    def __init__(self, recipe: Recipe, out: str | None, *, overwrite: bool) -> None:
        limit_threads(1)
        silence_pillow()
        self._remover, self._settings = recipe.load(), recipe.settings
        self._store = None if out is None else _Store(out, overwrite=overwrite)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        rows = [self._row(*row) for row in zip(batch["path"], batch["bytes"], strict=True)]
        return {name: [row[name] for row in rows] for name in rows[0]}

    def _row(self, path: str, data: bytes) -> dict[str, Any]:
        job = Job(name=path, source=None, target=None)
        outcome = cut_out(job, self._remover, self._settings, data=data)
        output = ""
        if self._store is not None and outcome.data is not None:
            name = output_name(PurePosixPath(path), DEFAULT_NAME, self._settings.output.suffix)
            try:
                output = self._store.put(name, outcome.data)
            except BgremoveError as error:
                outcome = failed(path, str(error), type(error).__name__)
            except Exception as error:  # noqa: BLE001  (each store raises what it likes)
                reason = f"{self._store.url}/{name}: cannot be written: {reason_of(error)}"
                outcome = failed(path, reason, "ImageWriteError")
        told = entry(outcome)
        row = {"path": path, **{name: told[name] or "" for name in ("status", "error", "message")}}
        if self._store is None:
            return {**row, "data": outcome.data or b""}
        return {**row, "output": output}


class _Store:
    """A folder, or an object store, whose puts are whole or not at all."""

    def __init__(self, url: str, *, overwrite: bool) -> None:
        self.url, self._overwrite = url, overwrite
        self._fs = import_extra("pyarrow.fs", "ray")
        self._system, self._folder = self._fs.FileSystem.from_uri(url)

    def put(self, name: str, data: bytes) -> str:
        """Write a file, and tell its address; one that is there, and the same, stays.

        Raises
        ------
        ImageWriteError
            If another is there, and is not to be overwritten.
        """
        path, address = f"{self._folder}/{name}", f"{self.url}/{name}"
        if not self._overwrite and self._is_there(path):
            with self._system.open_input_stream(path) as stream:
                if stream.read() == data:
                    return address
            reason = "exists already, and is another; pass overwrite=True to replace it"
            raise ImageWriteError(f"{address}: {reason}")
        if isinstance(self._system, self._fs.LocalFileSystem):
            write_atomically(data, Path(path), overwrite=self._overwrite, durable=False)
            return address
        self._system.create_dir(self._folder, recursive=True)
        with self._system.open_output_stream(path) as stream:
            stream.write(data)
        return address

    def _is_there(self, path: str) -> bool:
        return bool(self._system.get_file_info(path).type != self._fs.FileType.NotFound)
