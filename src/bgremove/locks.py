"""Locks on files, which keep a second program out of a folder where the system can."""

from typing import BinaryIO


def try_lock(file: BinaryIO) -> bool:
    """Lock a file until it is closed, or the process ends.

    Returns
    -------
    bool
        Whether no other program has it; where the system has no locks, nobody knows of any.
    """
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a network drive without locks
        return True
    return True
