"""A small gallery: the pages of several runs and one index.

Knows which files of a run the public may see, how to keep private paths out of a manifest, and which files of a site are its own
(``gallery.json`` lists them). Rebuilding makes the site hold exactly the runs given: files it wrote before and no longer needs are
removed, all others are left alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from picasso_series.errors import BadInputError, PicassoError, UsageError
from picasso_series.gallery.files import copy_file, write_text
from picasso_series.gallery.page import Neighbor, Place, State, films_in, page_html, page_states
from picasso_series.gallery.privacy import without_private_paths
from picasso_series.gallery.render import file_url, render
from picasso_series.gallery.words import capitalized, counted, slug
from picasso_series.strokes import CANVAS, STROKE_WIDTH

if TYPE_CHECKING:
    from picasso_series.run import Run

RECORD = "gallery.json"
"""The file that marks a folder as a gallery and lists what was written into it."""


@dataclass(frozen=True)
class Card:
    """A run on the index: its page, its fewest strokes and its most (None when it has one level)."""

    title: str
    url: str
    caption: str
    least: State
    most: State | None


def build_site(runs: Iterable[Run], site_folder: Path) -> list[Path]:
    """Write a gallery of ``runs`` and return its pages, the index first.

    Args:
        runs: finished runs, in the order of the index; a run given twice appears once.
        site_folder: a new or empty folder, or a gallery that this function wrote.

    Raises:
        UsageError: there is no run, or the folder is not empty and no gallery, or a run lies inside it.
        BadInputError: a run's file cannot be shown.
        PicassoError: a file cannot be read or written.
    """
    site = Path(site_folder)
    shown = [_public(run) for run in {run.folder.resolve(): run for run in runs}.values()]
    if not shown:
        raise UsageError("a gallery needs at least one run folder")
    written_before = _own_files(site)
    for run in shown:
        if run.folder.resolve().is_relative_to(site.resolve()):
            raise UsageError(f"the run {run.folder} lies inside {site}; choose another folder for the gallery")
        if not run.series.levels:
            raise BadInputError(f"the run {run.folder} holds no finished level; draw it first")

    slugs = _slugs(shown)
    written = [path for run, name in zip(shown, slugs, strict=True) for path in _copy_run(run, site, name)]
    pages = []
    for position, (run, name) in enumerate(zip(shown, slugs, strict=True)):
        around = [
            Neighbor(capitalized(shown[n].title), f"../{file_url(slugs[n])}/index.html") if 0 <= n < len(shown) else None
            for n in (position - 1, position + 1)
        ]
        html = page_html(run, site / name, films_in(site / name), Place("../index.html", *around))
        pages.append(write_text(site / name / "index.html", html))
    index = write_text(site / "index.html", _index_html(shown, slugs))
    own = sorted(path.relative_to(site).as_posix() for path in (*written, *pages, index))
    # The record names old and new files until the old ones are gone, so that a build cut short can be repeated.
    _write_record(site, sorted({*own, *written_before}))
    _remove(site, written_before - set(own))
    _write_record(site, own)
    return [index, *pages]


def _own_files(site: Path) -> set[str]:
    """What an earlier build wrote, as paths relative to the site; UsageError when the folder is somebody else's."""
    if not site.exists():
        return set()
    if not site.is_dir():
        raise UsageError(f"{site} is a file; choose a folder for the gallery")
    record = site / RECORD
    if not record.is_file():
        if any(site.iterdir()):
            raise UsageError(f"{site} is not empty and no gallery of picasso-series; choose a new or empty folder")
        return set()
    try:
        files = json.loads(record.read_text(encoding="utf-8"))["files"]
        return {str(file) for file in files}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInputError(f"{record} cannot be read; remove the folder {site} or choose another one for the gallery") from error


def _slugs(runs: Sequence[Run]) -> list[str]:
    names: list[str] = []
    for run in runs:
        stem = slug(run.title)
        name, number = stem, 1
        while name in names:
            number += 1
            name = f"{stem}-{number}"
        names.append(name)
    return names


def _public(run: Run) -> Run:
    """The run with a manifest that tells no private path and names only files that a site shows."""
    return replace(run, manifest=_only_files(without_private_paths(run.manifest), set(_showable(run))))


def _showable(run: Run) -> list[str]:
    """The files of a run that are for everybody, as paths relative to its folder."""
    sketches = [f"{level.strokes}/{file}" for level in run.series.levels for file in ("sketch.svg", "sketch.png")]
    candidates = ["photo.png", *sketches, "plate.svg", "plate.png", *films_in(run.folder)]
    return [path for path in candidates if (run.folder / path).is_file()]


def _copy_run(run: Run, site: Path, name: str) -> list[Path]:
    """Copy what a run shows, write its manifest beside it, and return the files."""
    copied = [copy_file(run.folder / path, site / name / path) for path in _showable(run)]
    return [*copied, write_text(site / name / "series.json", json.dumps(run.manifest, indent=2, ensure_ascii=False) + "\n")]


def _only_files(value: Any, there: set[str]) -> Any:
    """A manifest whose lists of files name only those that the site holds."""
    if isinstance(value, dict):
        kept = {key: _only_files(item, there) for key, item in value.items()}
        if isinstance(value.get("files"), list):
            kept["files"] = [file for file in value["files"] if isinstance(file, dict) and file.get("path") in there]
        return kept
    if isinstance(value, list):
        return [_only_files(item, there) for item in value]
    return value


def _index_html(runs: Sequence[Run], slugs: Sequence[str]) -> str:
    cards = []
    for run, name in zip(runs, slugs, strict=True):
        title = capitalized(run.title)
        states = page_states(run.series, title)
        caption = " → ".join(str(state.strokes) for state in states) + (" stroke" if states[-1].strokes == 1 else " strokes")
        cards.append(Card(title, f"{file_url(name)}/index.html", caption, states[-1], states[0] if len(states) > 1 else None))
    return render(
        "index.html.j2",
        title="Gallery",
        subtitle=capitalized(f"{counted(len(cards), 'subject', spelled=True)}, drawn with fewer and fewer strokes"),
        cards=cards,
        canvas=CANVAS,
        stroke_width=STROKE_WIDTH,
        tool="picasso-series",
    )


def _write_record(site: Path, files: Sequence[str]) -> None:
    write_text(site / RECORD, json.dumps({"tool": "picasso-series", "schema": 1, "files": list(files)}, indent=2) + "\n")


def _remove(site: Path, files: Iterable[str]) -> None:
    """Remove files of an earlier build, and the folders that this leaves empty."""
    root = site.resolve()
    for file in sorted(files):
        path = (root / file).resolve()
        if not path.is_relative_to(root) or path == root:
            raise BadInputError(f"{site / RECORD} names a file outside the gallery; remove the folder {site} or choose another one")
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise PicassoError(f"{path} could not be removed ({error.strerror}); remove it by hand and build the gallery again") from error
        for folder in path.parents:
            if folder == root:
                break
            # A folder that still holds something stays.
            with suppress(OSError):
                folder.rmdir()
