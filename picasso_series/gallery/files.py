"""The files of a page or gallery: written whole, in folders that are made as needed.

Knows what to tell the user when a disk is full or a folder closed; knows nothing of what the files hold.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePath

from picasso_series.atomic import PART, is_part, whole_file
from picasso_series.errors import BadInputError, PicassoError
from picasso_series.lock import folder_lock

STAGE = f".gallery{PART}"
"""The folder within a site in which its new files wait until all are there."""


def write_text(path: Path, text: str) -> Path:
    """Write ``text`` so that ``path`` holds all of it or what it held before, and return ``path``.

    A ``?`` stands for what is no character, as the bytes of some names.

    Raises:
        PicassoError: the folder cannot be written to.
    """
    return write_bytes(path, text.encode("utf-8", "replace"))


def write_bytes(path: Path, content: bytes) -> Path:
    """Write ``content`` so that ``path`` holds all of it or what it held before, and return ``path``.

    Raises:
        PicassoError: the folder cannot be written to.
    """
    with _goal(path) as temporary:
        temporary.write_bytes(content)
    return path


def copy_file(source: Path, path: Path) -> Path:
    """Copy the bytes of ``source`` so that ``path`` holds all of them or what it held before, and return ``path``.

    Raises:
        PicassoError: the source cannot be read or the folder cannot be written to.
    """
    with _goal(path) as temporary:
        shutil.copyfile(source, temporary)
    return path


def move_file(name: str, source: Path, target: Path) -> None:
    """Move the file ``name`` of the folder ``source`` to its place in ``target``, on the same disk, over what lay there.

    Raises:
        BadInputError: the way there leads through a link.
        PicassoError: the folder cannot be written to.
    """
    refuse_linked_folders(target, name)
    path = target / name
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(source / name, path)


def refuse_linked_folders(root: Path, name: str) -> None:
    """Refuse a file of ``root`` between which and ``root`` stands a link to a folder: what is done to it would be done elsewhere.

    ``root`` itself may be a link, and so may the file, which is replaced or removed and not what it leads to.

    Raises:
        BadInputError: there is such a link.
    """
    folder = root
    for part in PurePath(name).parts[:-1]:
        folder /= part
        # Pathlib raises for names that are too long.
        if os.path.islink(folder):
            raise BadInputError(f"{folder} is a link, through which a gallery would be written elsewhere; remove it and build again")


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Make ``folder`` if need be, lock it, and give an empty folder inside it, from which finished files are to be moved.

    At the end the inner folder goes, and ``folder`` with it if it was new and stayed empty. The folder is inside, since only there is
    it on the same disk for sure.

    Raises:
        BadInputError: another process holds the lock.
        PicassoError: the folder cannot be written to.
    """
    stage, new = folder / STAGE, not folder.exists()
    with ExitStack() as stack:
        with _told(folder):
            folder.mkdir(parents=True, exist_ok=True)
            if new:
                stack.callback(_remove_if_empty, folder)
            stack.enter_context(folder_lock(folder))
            # One that a killed process left, or something else of that name: a pipe would be waited for, a link followed.
            if stage.is_symlink() or not stage.is_dir():
                stage.unlink(missing_ok=True)
            else:
                shutil.rmtree(stage)
            for path in folder.iterdir():
                if is_part(path) and not path.is_dir():
                    path.unlink()
            stage.mkdir()
        stack.callback(shutil.rmtree, stage, ignore_errors=True)
        yield stage


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


@contextmanager
def _goal(path: Path) -> Iterator[Path]:
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as temporary:
            yield temporary


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise PicassoError(f"{path} could not be written ({reason}); free some space there or choose another folder") from error
