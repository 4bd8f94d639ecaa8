"""One at a time has a lock."""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from bgremove.locks import try_lock

LOCK_NOW = 2
"""What `msvcrt.LK_NBLCK` is."""


def test_a_lock_is_had_once_until_its_file_is_closed(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("wb") as one, (tmp_path / "lock").open("wb") as other:
        assert try_lock(one)
        assert not try_lock(other)
        one.close()
        assert try_lock(other)


def as_windows(monkeypatch: pytest.MonkeyPatch, locking: Callable[[int, int, int], None]) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    msvcrt = SimpleNamespace(locking=locking, LK_NBLCK=LOCK_NOW)
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)


def test_windows_locks_a_byte_that_nobody_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked: set[int] = set()

    def locking(number: int, mode: int, count: int) -> None:
        assert (mode, count) == (LOCK_NOW, 1)
        byte = os.lseek(number, 0, os.SEEK_CUR)
        if byte in locked:
            raise PermissionError(errno.EACCES, "Permission denied")
        locked.add(byte)

    as_windows(monkeypatch, locking)
    with (tmp_path / "lock").open("a+b", buffering=0) as one, (tmp_path / "lock").open("rb") as two:
        one.write(b"begun")
        assert try_lock(one)
        assert not try_lock(two)
        one.write(b", ended")
        assert two.read() == b"begun, ended"
    assert min(locked) > len("begun, ended")


def test_on_a_drive_without_locks_everybody_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locking(*_: int) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    as_windows(monkeypatch, locking)
    with (tmp_path / "lock").open("wb") as one, (tmp_path / "lock").open("wb") as other:
        assert try_lock(one)
        assert try_lock(other)
