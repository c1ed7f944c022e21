"""One process at a time in a run folder.

The lock belongs to the process, so it is gone when the process is, however that ended; the empty file that carries it goes with an
orderly end and does no harm when it stays.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from picasso_series.errors import BadInputError

LOCK_NAME = ".lock"


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of ``folder`` (which exists) for the length of the block.

    Raises:
        BadInputError: another process holds it.
    """
    path = folder / LOCK_NAME
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if not _take(handle):
                raise BadInputError(
                    f"another picasso-series is at work in {folder}; wait until it ends, or choose another folder with --out"
                )
            # The owner before us may have removed the file between our open and our lock; then ours is a nameless one that guards nothing.
            if _names(path, handle):
                break
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
    try:
        yield
    finally:
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
