"""Locks on files, which keep a second program out of a folder."""

import os
import sys
from typing import BinaryIO

_LOCKED_BYTE = 2**30
"""Far behind a file's end: on Windows, nobody else can read a byte that is locked."""


def try_lock(file: BinaryIO) -> bool:
    """Lock a file until it is closed, or the process ends.

    Returns
    -------
    bool
        Whether no other program has it; on a drive without locks, nobody knows of any.
    """
    try:
        _lock(file.fileno())
    except BlockingIOError:
        return False
    except OSError:  # a network drive without locks
        return True
    return True


def _lock(number: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        before = os.lseek(number, 0, os.SEEK_CUR)
        os.lseek(number, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:  # what Windows says of another's lock
            raise BlockingIOError from error
        finally:
            os.lseek(number, before, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
