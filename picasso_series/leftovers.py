"""What a replaced or a killed run leaves in a folder, and how it goes.

Knows which names in a run folder are a run's own; everything else belongs to the user and stays. Knows no drawing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from picasso_series.atomic import is_part
from picasso_series.look import style_names
from picasso_series.paper import paper_names
from picasso_series.run import LEVEL_FILES
from picasso_series.settings import FORMATS

SNAPSHOT = "snapshot.npz"
"""The file, in a level's folder, that holds the state of a level that is being drawn."""

_SHOWN = ("photo.png", "mask.png", "plate.svg", "plate.png", "index.html")
_FILM_NAMES = ("series", "trajectory", "draw-on")


def sweep(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Remove files with a run's names that ``manifest`` does not name, what is unfinished, and folders that this leaves empty."""
    named = {entry["path"] for entry in manifest["files"]}
    named |= {entry["path"] for record in manifest["levels"] for entry in record["files"]}
    inner = _own_folders(folder)
    films = [path for path in folder.glob("films/*") if path.stem in _FILM_NAMES and path.suffix.removeprefix(".") in FORMATS]
    ours = [*_SHOWN, *(f"films/{path.name}" for path in films)]
    prints = _print_names()
    ours += [f"prints/{path.name}" for path in folder.glob("prints/*") if prints.fullmatch(path.name)]
    ours += [f"{entry.name}/{name}" for entry in inner if entry.name.isdecimal() for name in LEVEL_FILES]
    for name in ours:
        if name not in named:
            _remove_file(folder / name)
    sweep_unfinished(folder, manifest)
    for entry in inner:
        # Only an empty folder goes; one that holds somebody's own files stays.
        with suppress(OSError):
            entry.rmdir()


def sweep_unfinished(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Remove files that were never finished, and snapshots of levels that are drawn; that of the first level that is not stays."""
    kept = [f"{strokes}/{SNAPSHOT}" for strokes in _next_level(manifest)]
    sweep_parts(folder)
    for entry in _own_folders(folder):
        if entry.name.isdecimal() and f"{entry.name}/{SNAPSHOT}" not in kept:
            _remove_file(entry / SNAPSHOT)


def sweep_parts(folder: Path) -> None:
    """Remove files that were never finished; a link of such a name goes too, a folder stays."""
    for place in (folder, *_own_folders(folder)):
        for path in place.iterdir():
            if is_part(path):
                _remove_file(path)


def forget_snapshots(folder: Path) -> None:
    """Remove the snapshots of a run that is about to be replaced: alone of all its files they do not say whose they are."""
    for entry in _own_folders(folder):
        if entry.name.isdecimal():
            _remove_file(entry / SNAPSHOT)


def _print_names() -> re.Pattern[str]:
    """Names of prints: what, on which paper, in which style if not the usual one, which levels if not all.

    A print in a style of the user's own may bear any name, so it is not ours to remove.
    """
    paper = rf"(?:{'|'.join(map(re.escape, paper_names()))}|[0-9.]+x[0-9.]+)"
    style = rf"(?:-(?:{'|'.join(map(re.escape, style_names()))}))?"
    levels = r"(?:-[0-9]{1,3})*"
    return re.compile(rf"plate-{paper}{style}{levels}\.(?:svg|pdf|png)|plotter-{paper}{levels}\.svg")


def _remove_file(path: Path) -> None:
    """Remove what lies there, unless it is a folder: a run makes none of such a name, so it is the user's."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)


def _next_level(manifest: Mapping[str, Any]) -> list[int]:
    """The strokes of the first level that is asked for and not drawn, if there is one."""
    asked: list[int] = manifest["settings"]["levels"]["value"]
    return asked[len(manifest["levels"]) :][:1]


def _own_folders(folder: Path) -> list[Path]:
    """The folders inside a run folder that a run itself makes; none of them a link."""
    folders = [entry for entry in folder.iterdir() if entry.is_dir() and not entry.is_symlink()]
    return [entry for entry in folders if entry.name.isdecimal() or entry.name in ("films", "prints")]
