"""From what a user names to photos."""

import ntpath
import os
from collections.abc import Callable
from pathlib import Path, PureWindowsPath

import pytest

from bgremove.batch.places import place_of
from bgremove.batch.sources import Source, find_sources, names_in_list, names_one_photo
from bgremove.errors import ImageReadError
from bgremove.image_io import read_photo


def test_a_photo_that_is_named_listed_and_found_is_there_once(draw: Callable[..., Path]) -> None:
    draw("in/a.jpg", "in/x/b.jpg")
    found, missing = find_sources(
        ["in/a.jpg", "in"], listed=["./in/a.jpg"], recursive=True, without=None
    )
    assert found == [
        Source("in/a.jpg", Path("in/a.jpg")),
        Source(str(Path("in/x/b.jpg")), Path("in/x/b.jpg"), Path("x")),
    ]
    assert missing == []


@pytest.mark.skipif(os.name == "nt", reason="there, C: is where the tests run")
@pytest.mark.parametrize(
    ("name", "folder"),
    [
        (r"photos\a.jpg", "photos"),
        (r"\photos\a.jpg", "photos"),
        ("/photos/a.jpg", "photos"),
        ("C:a.jpg", "."),
        (r"C:photos\a.jpg", "photos"),
        (r"C:\photos\a.jpg", "photos"),
        (r"\\server\share\photos\a.jpg", "photos"),
    ],
)
def test_on_windows_a_listed_photo_s_folder_stays_below_that_for_outputs(
    monkeypatch: pytest.MonkeyPatch, name: str, folder: str
) -> None:
    for module in ("sources", "places"):
        monkeypatch.setattr(f"bgremove.batch.{module}.Path", PureWindowsPath)
    with monkeypatch.context() as patch:
        patch.setattr(os, "path", ntpath)
        [source], missing = find_sources([], listed=[name], recursive=False, without=None)
    assert missing == []
    assert PureWindowsPath("out", source.folder) == PureWindowsPath("out", folder)


def test_no_search_finds_what_a_run_has_made_and_a_name_does(draw: Callable[..., Path]) -> None:
    made = frozenset({place_of(draw("in/a.jpg"))})
    options = {"listed": [], "recursive": False, "without": None, "made": made}
    found, missing = find_sources(["in"], **options)
    assert (found, [outcome.name for outcome in missing]) == ([], ["in"])
    assert find_sources(["in/a.jpg"], **options)[0] == [Source("in/a.jpg", Path("in/a.jpg"))]


@pytest.mark.parametrize("recursive", [False, True])
@pytest.mark.parametrize(
    ("leads_to", "reason"),
    [("missing.jpg", "no such file"), ("link.jpg", "cannot be read: Too many levels of symbolic")],
)
def test_a_link_that_leads_to_no_file_is_found_and_fails_by_its_name(
    draw: Callable[..., Path], leads_to: str, reason: str, recursive: bool
) -> None:
    photo = draw("in/a.jpg")
    Path("in/link.jpg").symlink_to(leads_to)
    [first, link], missing = find_sources(["in"], listed=[], recursive=recursive, without=None)
    assert ([first.path, link.path], missing) == ([photo, Path("in/link.jpg")], [])
    with pytest.raises(ImageReadError, match=f"link.jpg: {reason}"):
        read_photo(link.path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders")
@pytest.mark.parametrize("recursive", [False, True])
def test_no_search_finds_folders_pipes_and_devices(
    draw: Callable[..., Path], recursive: bool
) -> None:
    photo = draw("in/a.jpg")
    Path("in/folder.jpg").mkdir()
    os.mkfifo("in/pipe.jpg")
    Path("in/device.jpg").symlink_to(os.devnull)
    Path("in/up.jpg").symlink_to(".", target_is_directory=True)
    found, missing = find_sources(["in"], listed=[], recursive=recursive, without=None)
    assert ([source.path for source in found], missing) == ([photo], [])


@pytest.mark.usefixtures("removed_folder")
def test_where_the_current_folder_is_gone_names_from_it_lead_nowhere() -> None:
    found, missing = find_sources(
        [".", "*.jpg", "a.jpg"], listed=["../b.jpg"], recursive=True, without=Path("out")
    )
    assert found == []
    assert [outcome.name for outcome in missing] == [".", "*.jpg", "a.jpg", "../b.jpg"]


@pytest.mark.parametrize("name", ["a\0/b.jpg", "\ud800/b.jpg"])
def test_a_listed_name_that_no_system_knows_fails(name: str) -> None:
    found, [failed] = find_sources([], listed=[name], recursive=False, without=None)
    assert (found, failed.name, failed.error) == ([], name, "ImageReadError")


def test_one_photo_is_meant_by_what_is_neither_a_folder_nor_a_pattern(
    draw: Callable[..., Path],
) -> None:
    draw("in/[a].jpg")
    assert [names_one_photo(text) for text in ("-", "in/[a].jpg", "new.jpg", "in", "*.jpg")] == [
        *(True, True, True),
        *(False, False),
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (b"", []),
        (b"a.jpg\nb c.jpg\n", ["a.jpg", "b c.jpg"]),
        (b"a.jpg\r\nb.jpg", ["a.jpg", "b.jpg"]),
        (b"a\n1.jpg\0-b.jpg\0", ["a\n1.jpg", "-b.jpg"]),
        (b"\xff.jpg\n", [os.fsdecode(b"\xff.jpg")]),
        ("a.jpg\nb.jpg\n".encode("utf-8-sig"), ["a.jpg", "b.jpg"]),
        ("a.jpg\r\nb.jpg\r\n".encode("utf-16"), ["a.jpg", "b.jpg"]),
    ],
)
def test_a_list_has_a_name_a_line_or_is_ended_by_zeros(text: bytes, names: list[str]) -> None:
    assert names_in_list(text) == names
