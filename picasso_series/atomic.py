"""Files that are either whole or not there.

Knows how to write beside the goal and rename; knows nothing of what is written.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from picasso_series.foreign import require_file

PART = ".part"
"""Marks the name of a file that is still being written: ``.sketch.123.part.png`` becomes ``sketch.png``."""

_UNFINISHED = re.compile(rf"\..+\.[0-9]+{re.escape(PART)}(\.\w+)?", re.DOTALL)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give the path of a temporary file beside ``path``, with the same ending, that takes the place of ``path`` when the block ends well.

    When the block raises, the temporary file is removed and ``path`` stays as it was.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{PART}{path.suffix}")
    try:
        # The name can be guessed: a link that somebody laid there would be written through.
        temporary.unlink(missing_ok=True)
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        if isinstance(error, OSError) and error.errno is not None and error.filename is None:
            # A full disk does not say which file it had no room for.
            error.filename = str(path)
        with suppress(OSError):
            temporary.unlink()
        raise


def write_whole(path: Path, content: bytes | str) -> None:
    """Write bytes, or text as UTF-8 (``?`` for what is none), so that ``path`` holds either its old content or all of the new."""
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    # "x" makes the file or fails: it opens none that is there and follows no link.
    with whole_file(path) as temporary, temporary.open("xb") as file:
        file.write(data)


def is_part(path: Path) -> bool:
    """Whether the name is one that :func:`whole_file` gives to an unfinished file."""
    return _UNFINISHED.fullmatch(path.name) is not None


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, as hexadecimal digits.

    Raises:
        BadInputError: it is no regular file: a pipe or a device might never end.
        OSError: it is not there or cannot be read.
    """
    require_file(path)
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
