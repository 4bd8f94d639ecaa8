"""Where a file is, however it is spelled."""

import os
import sys
from pathlib import Path

import pytest

from bgremove.batch import Job
from bgremove.batch.places import folder_place, identity, ignores_case, place_of, places


def job(target: str | None) -> Job:
    return Job(name=f"{target}", source=None, target=target and Path(target))


def test_a_file_is_one_by_whatever_link_leads_to_it() -> None:
    Path("a").write_text("a")
    Path("b").write_text("b")
    Path("link").symlink_to("a")
    assert identity(Path("link")) == identity(Path("a")) != identity(Path("b"))
    assert identity(Path("missing")) is identity(Path("\0")) is None


def test_where_files_have_no_numbers_each_is_known_by_its_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on some network drives of Windows."""
    stat = Path.stat

    def without_number(path: Path, **options: bool) -> os.stat_result:
        return os.stat_result([number * (n != 1) for n, number in enumerate(stat(path, **options))])

    Path("a").write_text("a")
    Path("b").write_text("b")
    Path("link").symlink_to("a")
    monkeypatch.setattr(Path, "stat", without_number)
    assert identity(Path("link")) == identity(Path("./a")) != identity(Path("b"))
    assert identity(Path("missing")) is None


def test_a_place_has_one_spelling_and_need_not_be_there(folder: Path) -> None:
    Path("x").mkdir()
    Path("link").symlink_to("x", target_is_directory=True)
    spellings = ("x/new", "./x/new", "link/new", "x/../x/new", str(folder / "x/new"))
    assert len({place_of(Path(spelling)) for spelling in spellings}) == 1
    assert place_of(Path("x/new")) != place_of(Path("x/other"))


def test_a_link_is_another_place_than_what_it_leads_to() -> None:
    Path("a").write_text("a")
    Path("link").symlink_to("a")
    assert place_of(Path("link")) != place_of(Path("a"))


@pytest.mark.parametrize("folder", ["x", "x/y", "", "/", "-"])
def test_a_folder_s_place_is_how_those_of_its_files_begin(folder: str) -> None:
    assert folder_place(Path(folder)).endswith(os.sep)
    assert folder_place(Path(folder)) + "a" == place_of(Path(folder) / "a")
    assert place_of(Path(folder) / "a") == os.path.normcase(Path(os.path.realpath(folder), "a"))


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="disks are so there anyway")
def test_where_case_is_ignored_two_names_are_one_place() -> None:
    Path("out").mkdir()
    jobs = [job("out/new/A.png"), job("out/new/a.png"), job("out/new/b.png"), job(None)]
    assert not ignores_case(Path("out/new"))
    assert len(set(places(jobs).values())) == 4
    Path("OUT").symlink_to("out")  # so that it is with both names, as where case is ignored
    assert ignores_case(Path("out/new"))
    assert len(set(places(jobs).values())) == 3
    assert places(jobs)[jobs[-1]] == ""


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="disks are so there anyway")
def test_an_eszett_has_no_other_case() -> None:
    Path("straße").mkdir()
    Path("STRAßE").symlink_to("straße")
    assert ignores_case(Path("straße"))


@pytest.mark.usefixtures("removed_folder")
def test_where_the_current_folder_is_gone_places_are_as_they_are_named(folder: Path) -> None:
    assert place_of(Path("x/./a")) == place_of(Path("x/a")) == os.path.normcase("x/a")
    assert folder_place(Path("x")) + "a" == place_of(Path("x/a"))
    assert not ignores_case(Path("x"))
    assert places([job("x/a")]) == {job("x/a"): place_of(Path("x/a"))}
    assert place_of(folder / "a") == os.path.normcase(Path(os.path.realpath(folder), "a"))
