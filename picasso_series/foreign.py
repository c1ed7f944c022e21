"""Files that others may have made: only regular ones are read, up to a size, and a run's names never stand for links.

Knows what a folder from a stranger can hold beside plain files (pipes, devices, links that lead elsewhere); knows no content.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from picasso_series.errors import BadInputError

_OWN = ("series.json", "photo.png", "mask.png", "plate.svg", "plate.png", "index.html", "films", "prints", ".lock")
"""What a run calls its own at the top of its folder, beside a folder for each level."""


def read_file(path: Path, most: int) -> bytes:
    """The content of a file.

    Args:
        path: the file.
        most: the most bytes that it may have.

    Raises:
        BadInputError: it is no regular file (a pipe would be waited for, a device has no end), or it is too large.
        OSError: it is not there or cannot be read.
    """
    require_file(path, most)
    return path.read_bytes()


def require_file(path: Path, most: int | None = None) -> None:
    """Make sure that ``path`` is a regular file, of at most so many bytes.

    Raises:
        BadInputError: it is something else, or too large.
        OSError: it is not there or may not be looked at.
    """
    size = path.stat().st_size
    if not path.is_file():
        raise BadInputError(f"{path} cannot be read, since it is no regular file; put a file in its place")
    if most is not None and size > most:
        raise BadInputError(f"{path} has {size / 1e6:.0f} MB, far more than such a file ever has; remove it or name another")


def real_path(path: Path) -> Path:
    """Where a path leads when links are followed; one that leads round to itself, for which ``resolve`` fails, leads to itself."""
    return Path(os.path.realpath(path))


def refuse_links(folder: Path) -> None:
    """Refuse a run folder in which a link stands where a run has its files: what is written there would go elsewhere.

    Raises:
        BadInputError: there is such a link.
        OSError: the folder cannot be read.
    """
    for path in _own_paths(folder):
        if path.is_symlink():
            name = path.relative_to(folder).as_posix()
            raise BadInputError(f"{name} of {folder} is a link; put what it leads to in its place, or draw into another folder")


def _own_paths(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in _OWN or path.name.isdecimal():
            yield path
            if path.is_dir() and not path.is_symlink():
                yield from path.iterdir()
