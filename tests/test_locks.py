"""One at a time has a lock."""

import sys
from pathlib import Path

import pytest

from bgremove.locks import try_lock


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")
def test_a_lock_is_had_once_until_its_file_is_closed(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("wb") as one, (tmp_path / "lock").open("wb") as other:
        assert try_lock(one)
        assert not try_lock(other)
        one.close()
        assert try_lock(other)


def test_without_locks_everybody_goes_on(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with (tmp_path / "lock").open("wb") as one, (tmp_path / "lock").open("wb") as other:
        assert try_lock(one)
        assert try_lock(other)
