"""Ray gives what this machine alone gives, and loses nothing when an actor dies."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PILImage

from bgremove.batch import Job, Manifest, Outcome, Recipe, Settings, plan, run
from bgremove.errors import WorkerError
from bgremove.output import Output

ray = pytest.importorskip("ray", reason="needs bgremove[ray]")
pytest.importorskip("ray.data", reason="needs bgremove[ray]")

from bgremove.distributed import remove_dataset, run_on_ray  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

CONTOUR = Recipe(method="contour", settings=Settings(durable=False))
PHOTOS = 200


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """A cluster on this machine, with two CPUs."""
    before = {name: os.environ.get(name) for name in ("RAY_AUTH_MODE", "PYTHONPATH")}
    os.environ["RAY_AUTH_MODE"] = "disabled"
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    ray.init(num_cpus=2, log_to_driver=False, include_dashboard=False)
    yield
    ray.shutdown()
    for name, value in before.items():
        os.environ.pop(name)
        if value is not None:
            os.environ[name] = value


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def draw(path: Path, seed: int) -> None:
    image = np.full((120, 160, 3), 255, np.uint8)
    left, top = np.random.default_rng(seed).integers(20, 50, 2)
    image[top : top + 60, left : left + 80] = 30
    path.parent.mkdir(parents=True, exist_ok=True)
    PILImage.fromarray(image).save(path)


def jobs_of(folder: Path, count: int) -> tuple[list[Job], list[Job]]:
    """Jobs with whole paths, and the same for another folder of outputs."""
    for number in range(count):
        draw(folder / "in" / f"{number:03}.png", number)
    jobs = list(plan([str(folder / "in")], str(folder / "out")).jobs)
    alone = [replace(job, target=folder / "alone" / job.target.name) for job in jobs]
    return jobs, alone


def assert_same(jobs: list[Job], alone: list[Job]) -> None:
    list(run(alone, CONTOUR.load(), CONTOUR.settings))
    for job, other in zip(jobs, alone, strict=True):
        assert job.target.read_bytes() == other.target.read_bytes(), job.name


def test_a_cluster_gives_what_one_process_gives_bit_for_bit(folder: Path) -> None:
    jobs, alone = jobs_of(folder, PHOTOS)
    with Manifest(folder / "out", "r") as manifest:
        outcomes = list(run_on_ray(jobs, CONTOUR, journal=manifest))
        assert sorted(outcome.name for outcome in outcomes) == [job.name for job in jobs]
        assert {outcome.status for outcome in outcomes} == {"done"}
    assert_same(jobs, alone)
    with Manifest(folder / "out", "r") as manifest:
        to_do, skipped = manifest.sort_out(jobs)
    assert (to_do, len(skipped)) == ([], PHOTOS)


@pytest.mark.skipif(not Path("/proc").exists(), reason="actors are found in /proc")
def test_an_actor_that_is_killed_loses_nothing(folder: Path) -> None:
    jobs, alone = jobs_of(folder, 40)
    killer = threading.Thread(target=_kill_an_actor_in_mid_run, args=(folder / "out",))
    killer.start()
    outcomes = list(run_on_ray(jobs, CONTOUR))
    killer.join()
    assert {outcome.status for outcome in outcomes} == {"done"}
    assert len(outcomes) == 40
    assert_same(jobs, alone)


def _kill_an_actor_in_mid_run(out: Path) -> None:
    while not out.exists() or len(list(out.glob("*.png"))) < 3:
        time.sleep(0.005)
    actors = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            if b"_JobActor" in (entry / "cmdline").read_bytes():
                actors.append(int(entry.name))
    os.kill(actors[0], signal.SIGKILL)


def test_a_bad_photo_costs_itself_only(folder: Path) -> None:
    jobs, _ = jobs_of(folder, 3)
    Path(folder, "in", "001.png").write_bytes(b"no picture")
    outcomes: list[Outcome] = sorted(run_on_ray(jobs, CONTOUR), key=lambda outcome: outcome.name)
    assert [outcome.status for outcome in outcomes] == ["done", "failed", "done"]
    assert "not a picture" in outcomes[1].message


def test_a_remover_that_cannot_be_loaded_ends_the_run(folder: Path) -> None:
    jobs, _ = jobs_of(folder, 1)
    with pytest.raises(WorkerError, match=r"Ray cannot go on: .*none\.onnx"):
        list(run_on_ray(jobs, Recipe(method="person", options={"model": "none.onnx"})))


@pytest.mark.usefixtures("folder")
def test_what_is_named_from_the_current_folder_is_found_from_any_other() -> None:
    draw(Path("in/a.png"), 0)
    PILImage.new("RGB", (8, 8), (0, 90, 0)).save("b.png")
    settings = Settings(output=Output(background="b.png"))
    (job,) = plan(["in"], "out").jobs
    (outcome,) = run_on_ray([job], Recipe(method="contour", settings=settings))
    assert (outcome.status, outcome.target) == ("done", Path("out/a-cutout.png"))
    with PILImage.open("out/a-cutout.png") as picture:
        assert picture.getpixel((1, 1)) == (0, 90, 0)


@pytest.mark.usefixtures("folder")
def test_a_cluster_that_is_not_there_is_told() -> None:
    draw(Path("in/a.png"), 0)
    arguments = ("batch", "in", "--out", "out", "--engine", "ray", "--method", "contour")
    done = subprocess.run(
        [sys.executable, "-m", "bgremove", *arguments],
        env={**os.environ, "RAY_ADDRESS": "nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.fullmatch(r"bgremove: no Ray cluster: .*nowhere\n", done.stderr)


def test_no_jobs_need_no_cluster() -> None:
    assert list(run_on_ray([], CONTOUR)) == []


def test_a_dataset_gives_rows_with_the_files(folder: Path) -> None:
    jobs, alone = jobs_of(folder, 3)
    Path(folder, "in", "002.png").write_bytes(b"no picture")
    photos = ray.data.read_binary_files(str(folder / "in"), include_paths=True)
    rows = sorted(remove_dataset(photos, CONTOUR).take_all(), key=lambda row: row["path"])
    assert [row["status"] for row in rows] == ["done", "done", "failed"]
    assert rows[2]["error"] == "ImageReadError"
    list(run(alone, CONTOUR.load(), CONTOUR.settings))
    assert [row["data"] for row in rows[:2]] == [job.target.read_bytes() for job in alone[:2]]
    assert len(jobs) == 3


def test_a_dataset_can_be_written_where_ray_writes(folder: Path) -> None:
    _, alone = jobs_of(folder, 2)
    photos = ray.data.read_binary_files(str(folder / "in"), include_paths=True)
    url = (folder / "cut").as_uri()
    rows = sorted(remove_dataset(photos, CONTOUR, out=url).take_all(), key=lambda row: row["path"])
    assert [row["output"] for row in rows] == [f"{url}/00{n}-cutout.png" for n in range(2)]
    list(run(alone, CONTOUR.load(), CONTOUR.settings))
    for job in alone:
        assert (folder / "cut" / job.target.name).read_bytes() == job.target.read_bytes()


def test_names_that_no_url_may_hold_are_written_as_they_are(folder: Path) -> None:
    for name in ("my photo #1.png", "100%.png", "[a].png"):
        draw(folder / "in" / name, 0)
    photos = ray.data.read_binary_files(str(folder / "in"), include_paths=True)
    rows = remove_dataset(photos, CONTOUR, out=(folder / "cut").as_uri()).take_all()
    assert {row["status"] for row in rows} == {"done"}
    assert sorted(path.name for path in (folder / "cut").iterdir()) == [
        "100%-cutout.png",
        "[a]-cutout.png",
        "my photo #1-cutout.png",
    ]


def test_a_cutout_never_replaces_another_s_unless_it_may(folder: Path) -> None:
    for seed, name in enumerate(("x/1.png", "y/1.png")):
        draw(folder / "in" / name, seed)
    photos = ray.data.read_binary_files(str(folder / "in"), include_paths=True)
    url = (folder / "cut").as_uri()
    for _ in range(2):
        rows = remove_dataset(photos, CONTOUR, out=url, actors=1).take_all()
        assert sorted(row["status"] for row in rows) == ["done", "failed"]
        (bad,) = (row for row in rows if row["status"] == "failed")
        assert bad["error"] == "ImageWriteError"
        assert "1-cutout.png: exists already, and is another" in bad["message"]
    rows = remove_dataset(photos, CONTOUR, out=url, overwrite=True).take_all()
    assert {row["status"] for row in rows} == {"done"}


def test_the_user_s_own_datasets_fail_as_they_did(folder: Path) -> None:
    jobs, _ = jobs_of(folder, 1)
    before = ray.data.DataContext.get_current().max_errored_blocks
    list(run_on_ray(jobs, CONTOUR))
    assert ray.data.DataContext.get_current().max_errored_blocks == before == 0
