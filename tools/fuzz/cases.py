"""A case from its reader's name and its number: files, command line, answer, verdict.

Knows how a case's folder is made and left; knows no processes.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from unittest.mock import patch

import click

from picasso_series.cli.app import app
from picasso_series.svg import svg_to_sketch
from tools.fuzz.judge import Answer, answer, fault_of
from tools.fuzz.readers import READERS
from tools.fuzz.seams import drawing_too, no_stills


@dataclass(frozen=True)
class Fault:
    """A case that was not answered as it should be: its name, what is wrong, the command line, and the last of what it said."""

    case: str
    what: str
    line: str
    said: str


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
def sketch(path: Path) -> None:
    """Read a sketch back, which no command of the program's does."""
    click.echo(len(svg_to_sketch(path.read_text(encoding="utf-8", errors="replace")).strokes))


def try_case(reader: str, number: int, sound: Path, keep: Path | None = None) -> Fault | None:
    """Run one case; None when all is well.

    Args:
        reader: a name of ``READERS``.
        number: which of its cases.
        sound: a folder with a sound ``photo.png`` and ``run/``, which is copied.
        keep: where the case's files are to be left, for a look at them.
    """
    name = f"{reader}:{number}"
    with _own_folder(sound, keep), _around(reader):
        # The name is part of the seed as text: hashes of texts differ from process to process.
        args = list(READERS[reader][0](Random(f"{name}")))
        try:
            found = answer(args[1:], sketch) if args[:1] == ["sketch"] else answer(args, app)
        except (RecursionError, SystemExit) as error:
            found = Answer(99, "", f"Traceback: {type(error).__name__}: {error}", 0)
        # Who names a place outside is obeyed.
        what = fault_of(found) or (None if any(".." in arg for arg in args) else _strayed(Path()))
    if keep is not None:
        (keep / "stdout").write_text(found.out, errors="replace")
        (keep / "stderr").write_text(found.err, errors="replace")
    return None if what is None else Fault(name, what, shlex.join(args)[:300].encode("unicode_escape").decode(), found.err[-600:])


def _around(reader: str) -> contextlib.AbstractContextManager[None]:
    """What of the seams is otherwise for a reader."""
    return drawing_too() if reader == "drawn" else contextlib.nullcontext() if reader == "folder" else no_stills()


def _strayed(folder: Path) -> str | None:
    """Whether anything was written beside the case's folder."""
    beside = sorted(path.name for path in folder.resolve().parent.iterdir() if path.name != folder.resolve().name)
    return f"it wrote outside its folder: {beside}" if beside else None


@contextlib.contextmanager
def _own_folder(sound: Path, keep: Path | None) -> Iterator[None]:
    """A folder of the case's own, as the current one, with the sound files in it and an environment of its own."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as around:
        place = Path(around) / "case"
        shutil.copytree(sound, place)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PICASSO_SERIES_")}
        clean |= {"PICASSO_SERIES_OFFLINE": "1", "PICASSO_SERIES_CACHE": str(place / "cache")}
        os.chdir(place)
        try:
            with patch.dict(os.environ, clean, clear=True):
                yield
        finally:
            os.chdir(before)
            if keep is not None:
                shutil.copytree(place, keep, dirs_exist_ok=True, symlinks=True, ignore=lambda folder, names: _pipes(Path(folder), names))


def _pipes(folder: Path, names: list[str]) -> list[str]:
    """What cannot be copied."""
    return [name for name in names if (folder / name).is_fifo()]
