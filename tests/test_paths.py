"""What lies at a path."""

import os
from pathlib import Path

import pytest

from bgremove.paths import is_file, is_folder, is_no_folder


def test_a_file_a_folder_a_device_and_nothing_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = {
        path: (is_file(path), is_folder(path), is_no_folder(path))
        for path in (tmp_path / "file", str(tmp_path), os.devnull, tmp_path / "none", "\0")
    }
    assert list(told.values()) == [
        (True, False, True),
        (False, True, False),
        (False, False, True),
        (False, False, False),
        (False, False, False),
    ]


@pytest.mark.skipif(os.name == "nt", reason="Windows looks in another way")
def test_where_nobody_may_look_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object, **_: object) -> None:
        raise PermissionError(13, "Permission denied", path)

    (tmp_path / "file").touch()
    monkeypatch.setattr(os, "stat", refuse)
    assert not is_file(tmp_path / "file")
    assert not is_folder(tmp_path)
    assert not is_no_folder(tmp_path / "file")
