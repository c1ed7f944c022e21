"""One process at a time: in a run folder, or at a file.

The lock belongs to the process, so it is gone when the process is, however that ended; the empty file that carries it goes with an
orderly end and does no harm when it stays.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from picasso_series.errors import BadInputError

LOCK_NAME = ".lock"
_PAUSE = 0.2
"""Seconds between two looks at a lock that another process holds."""


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of ``folder`` (which exists) for the length of the block.

    Raises:
        BadInputError: another process holds it.
    """
    path = folder / LOCK_NAME
    handle = _acquire(path)
    if handle is None:
        raise BadInputError(f"another picasso-series is at work in {folder}; wait until it ends, or choose another folder with --out")
    try:
        yield
    finally:
        _release(path, handle)


@contextmanager
def waiting_lock(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock that the file ``path`` carries; as long as another process holds it, call ``waiting`` several times a second."""
    while (handle := _acquire(path)) is None:
        waiting()
        time.sleep(_PAUSE)
    try:
        yield
    finally:
        _release(path, handle)


def _acquire(path: Path) -> int | None:
    """Create and lock the file; None where another process holds it."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
        try:
            taken = _take(handle)
            # The owner before us may have removed the file between our open and our lock; then ours is a nameless one that guards nothing.
            if taken and _names(path, handle):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        if not taken:
            return None


def _release(path: Path, handle: int) -> None:
    # An open file cannot be removed on Windows; there it goes after its handle.
    if sys.platform != "win32":
        with suppress(FileNotFoundError):
            path.unlink()
    os.close(handle)
    if sys.platform == "win32":
        with suppress(OSError):
            path.unlink()


def _names(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _take(handle: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
