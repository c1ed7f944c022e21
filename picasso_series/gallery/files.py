"""The files of a page or gallery: written whole, in folders that are made as needed.

Knows what to tell the user when a disk is full or a folder closed; knows nothing of what the files hold.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from picasso_series.atomic import whole_file
from picasso_series.errors import PicassoError


def write_text(path: Path, text: str) -> Path:
    """Write ``text`` so that ``path`` holds all of it or what it held before, and return ``path``.

    Raises:
        PicassoError: the folder cannot be written to.
    """
    with _goal(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
    return path


def copy_file(source: Path, path: Path) -> Path:
    """Copy the bytes of ``source`` so that ``path`` holds all of them or what it held before, and return ``path``.

    Raises:
        PicassoError: the source cannot be read or the folder cannot be written to.
    """
    with _goal(path) as temporary:
        shutil.copyfile(source, temporary)
    return path


@contextmanager
def _goal(path: Path) -> Iterator[Path]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as temporary:
            yield temporary
    except OSError as error:
        reason = error.strerror or str(error)
        raise PicassoError(f"{path} could not be written ({reason}); free some space there or choose another folder") from error
