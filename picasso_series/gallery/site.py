"""A small gallery: the pages of several runs and one index.

Knows how a site is laid out and which of its files are its own (``gallery.json`` lists them). Rebuilding makes the site hold exactly
the runs given: files it wrote before and no longer needs are removed, all others are left alone. Everything is made aside before
anything of the site changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from picasso_series.errors import BadInputError, PicassoError, UsageError
from picasso_series.gallery.files import STAGE, copy_file, move_file, staging, write_text
from picasso_series.gallery.page import Neighbor, Place, State, page_html, page_states
from picasso_series.gallery.public import PublicRun, public_run
from picasso_series.gallery.render import file_url, render
from picasso_series.gallery.words import capitalized, counted, slug
from picasso_series.lock import LOCK_NAME
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

    A build that fails leaves the site as it was. One that is killed, or whose disk fails, in the moment when its finished files move
    into place leaves a mixture, which the next build mends.

    Args:
        runs: finished runs, in the order of the index; a run given twice appears once.
        site_folder: a new or empty folder, or a gallery that this function wrote.

    Raises:
        UsageError: there is no run, or the folder is not empty and no gallery, or a run lies inside it.
        BadInputError: a run has nothing to show or its files cannot be shown, as :func:`public_run` says, the folder's record is
            damaged, or another process is building there.
        PicassoError: a file cannot be read or written.
    """
    site = Path(site_folder)
    shown = [public_run(run) for run in {run.folder.resolve(): run for run in runs}.values()]
    if not shown:
        raise UsageError("a gallery needs at least one run folder")
    written_before = _own_files(site)
    for public in shown:
        if public.run.folder.resolve().is_relative_to(site.resolve()):
            raise UsageError(f"the run {public.run.folder} lies inside {site}; choose another folder for the gallery")
    slugs = _slugs([public.run for public in shown])
    pages = ["index.html", *(f"{name}/index.html" for name in slugs)]
    with staging(site) as stage:
        _build(shown, slugs, stage)
        own = {path.relative_to(stage).as_posix() for path in stage.rglob("*") if path.is_file()}
        _refuse_obstacles(site, own)
        # The record names old and new files until all are in place and the old ones gone, so that a build cut short can be repeated.
        _write_record(site, own | written_before)
        for name in sorted(own):
            move_file(stage / name, site / name)
        _remove(site, written_before - own)
        _write_record(site, own)
    return [site / page for page in pages]


def _build(shown: Sequence[PublicRun], slugs: Sequence[str], folder: Path) -> None:
    """Write all files of a site but its record into an empty folder."""
    titles = [capitalized(public.run.title) for public in shown]
    for position, (public, name) in enumerate(zip(shown, slugs, strict=True)):
        for file in public.files:
            copy_file(public.run.folder / file, folder / name / file)
        manifest = json.dumps(public.run.manifest, indent=2, ensure_ascii=False) + "\n"
        write_text(folder / name / "series.json", manifest)
        around = [
            Neighbor(titles[n], f"../{file_url(slugs[n])}/index.html") if 0 <= n < len(shown) else None
            for n in (position - 1, position + 1)
        ]
        html = page_html(public.run, folder / name, public.films, Place("../index.html", *around))
        write_text(folder / name / "index.html", html)
    write_text(folder / "index.html", _index_html([public.run for public in shown], slugs))


def _own_files(site: Path) -> set[str]:
    """What an earlier build wrote, as paths relative to the site; UsageError when the folder is somebody else's."""
    if not site.exists():
        return set()
    if not site.is_dir():
        raise UsageError(f"{site} is a file; choose a folder for the gallery")
    record = site / RECORD
    if not record.is_file():
        if any(entry.name not in (LOCK_NAME, STAGE) for entry in site.iterdir()):
            raise UsageError(f"{site} is not empty and no gallery of picasso-series; choose a new or empty folder")
        return set()
    try:
        files = {str(file) for file in json.loads(record.read_text(encoding="utf-8"))["files"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInputError(f"{record} cannot be read; remove the folder {site} or choose another one for the gallery") from error
    root = site.resolve()
    if not all(root in (root / file).resolve().parents for file in files):
        raise BadInputError(f"{record} names a file outside the gallery; remove the folder {site} or choose another one")
    return files


def _refuse_obstacles(site: Path, files: Iterable[str]) -> None:
    """Refuse a site in which a folder stands where a file is to be, or a file where a folder is."""
    for path in (site / file for file in sorted(files)):
        between = path.parents[: len(path.relative_to(site).parts) - 1]
        obstacles = [path] if path.is_dir() else [folder for folder in between if folder.exists() and not folder.is_dir()]
        if obstacles:
            raise PicassoError(f"{obstacles[0]} stands in the way of the gallery; move it elsewhere and build again")


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


def _write_record(site: Path, files: Iterable[str]) -> None:
    write_text(site / RECORD, json.dumps({"tool": "picasso-series", "schema": 1, "files": sorted(files)}, indent=2) + "\n")


def _remove(site: Path, files: Iterable[str]) -> None:
    """Remove files of an earlier build, and the folders that this leaves empty."""
    root = site.resolve()
    for file in sorted(files):
        path = (root / file).resolve()
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
