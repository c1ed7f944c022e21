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
from pathlib import Path, PurePath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from picasso_series.atomic import is_part
from picasso_series.errors import BadInputError, PicassoError, UsageError
from picasso_series.foreign import read_file, real_path
from picasso_series.gallery.card import CARD, gallery_card, series_card
from picasso_series.gallery.files import STAGE, copy_file, move_file, refuse_linked_folders, staging, write_bytes, write_text
from picasso_series.gallery.page import Card, Neighbor, Place, State, page_html, page_states
from picasso_series.gallery.public import PublicRun, public_run
from picasso_series.gallery.render import file_url, render
from picasso_series.gallery.words import capitalized, counted, in_strokes, slug
from picasso_series.lock import LOCK_NAME
from picasso_series.strokes import CANVAS, STROKE_WIDTH

if TYPE_CHECKING:
    from picasso_series.run import Run

RECORD = "gallery.json"
"""The file that marks a folder as a gallery and lists what was written into it."""
_MAX_RECORD = 1 << 25
"""Most bytes of that file."""

CARD_NAME = "card.png"
"""The picture that stands for a page where its address is posted."""


@dataclass(frozen=True)
class Words:
    """What a site says of itself: its title, whose photos it shows, and its address, which ends with a slash or is empty."""

    title: str
    credit: str
    address: str


@dataclass(frozen=True)
class Entry:
    """A run on the index: its page, its fewest strokes and its most (None when it has one level)."""

    title: str
    url: str
    caption: str
    least: State
    most: State | None


def build_site(runs: Iterable[Run], site_folder: Path, *, title: str = "Gallery", credit: str = "", address: str = "") -> list[Path]:
    """Write a gallery of ``runs`` and return its pages, the index first.

    A build that fails leaves the site as it was. One that is killed, or whose disk fails, in the moment when its finished files move
    into place leaves a mixture, which the next build mends.

    Args:
        runs: finished runs, in the order of the index; a run given twice appears once.
        site_folder: a new or empty folder, or a gallery that this function wrote.
        title: what the index is called.
        credit: whose photos these are, a sentence at the foot of every page.
        address: where the site will lie in the web, such as "https://example.org/gallery"; previews of its links need it.

    Raises:
        UsageError: there is no run, or the folder is not empty and no gallery, or a run lies inside it, or the address is none.
        BadInputError: a run has nothing to show or its files cannot be shown, as :func:`public_run` says, the folder's record is
            damaged, a link leads out of a folder of the site, or another process is building there.
        PicassoError: a file cannot be read or written.
    """
    site, words = Path(site_folder), Words(title, credit, _address(address))
    shown = [public_run(run) for run in {real_path(run.folder): run for run in runs}.values()]
    if not shown:
        raise UsageError("a gallery needs at least one run folder")
    written_before = _own_files(site)
    for public in shown:
        if real_path(public.run.folder).is_relative_to(real_path(site)):
            raise UsageError(f"the run {public.run.folder} lies inside {site}; choose another folder for the gallery")
    slugs = _slugs([public.run for public in shown])
    pages = ["index.html", *(f"{name}/index.html" for name in slugs)]
    with staging(site) as stage:
        _build(shown, slugs, words, stage)
        own = {path.relative_to(stage).as_posix() for path in stage.rglob("*") if path.is_file()}
        for name in sorted(own | written_before):
            refuse_linked_folders(site, name)
        _refuse_obstacles(site, own)
        # The record names old and new files until all are in place and the old ones gone, so that a build cut short can be repeated.
        _write_record(site, own | written_before)
        for name in sorted(own):
            move_file(name, stage, site)
        _remove(site, written_before - own)
        _write_record(site, own)
    return [site / page for page in pages]


def _build(shown: Sequence[PublicRun], slugs: Sequence[str], words: Words, folder: Path) -> None:
    """Write all files of a site but its record into an empty folder."""
    titles = [capitalized(public.run.title) for public in shown]
    for position, (public, name) in enumerate(zip(shown, slugs, strict=True)):
        for file in public.files:
            copy_file(public.run.folder / file, folder / name / file)
        manifest = json.dumps(public.run.manifest, indent=2, ensure_ascii=False) + "\n"
        write_text(folder / name / "series.json", manifest)
        series, title = public.run.series, titles[position]
        subtitle = in_strokes([level.strokes for level in series.levels])
        write_bytes(folder / name / CARD_NAME, series_card(series, title, subtitle))
        before, after = (
            Neighbor(titles[n], f"../{file_url(slugs[n])}/index.html") if 0 <= n < len(shown) else None
            for n in (position - 1, position + 1)
        )
        place = f"{file_url(name)}/"
        address = words.address and words.address + place
        card = Card(address + CARD_NAME, *CARD, f"{title}, drawn {subtitle}")
        html = page_html(public.run, folder / name, public.films, Place("../index.html", before, after, card, address, words.credit))
        write_text(folder / name / "index.html", html)
    write_bytes(folder / CARD_NAME, gallery_card([public.run.series for public in shown]))
    write_text(folder / "index.html", _index_html([public.run for public in shown], slugs, words))


def _address(text: str) -> str:
    """The address of a site, ended by a slash; UsageError when it is none."""
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise UsageError(f"the site's address is one such as https://example.org/gallery, not {text!r}")
    return text.rstrip("/") + "/"


def _own_files(site: Path) -> set[str]:
    """What an earlier build wrote, as paths relative to the site; UsageError when the folder is somebody else's."""
    if not site.exists():
        return set()
    if not site.is_dir():
        raise UsageError(f"{site} is a file; choose a folder for the gallery")
    record = site / RECORD
    if not record.is_file():
        if any(entry.name not in (LOCK_NAME, STAGE) and not is_part(entry) for entry in site.iterdir()):
            raise UsageError(f"{site} is not empty and no gallery of picasso-series; choose a new or empty folder")
        return set()
    try:
        files = {str(file) for file in json.loads(read_file(record, _MAX_RECORD))["files"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInputError(f"{record} cannot be read; remove the folder {site} or choose another one for the gallery") from error
    root = real_path(site)
    # A zero stands in no file's name, and no path can be asked about one.
    if not all("\0" not in file and _is_plain(file) and root in real_path(root / file).parents for file in files):
        raise BadInputError(f"{record} names a file outside the gallery; remove the folder {site} or choose another one")
    return files


def _is_plain(file: str) -> bool:
    """Whether a path is as a build records it: from the site's folder downwards."""
    path = PurePath(file)
    return not path.anchor and ".." not in path.parts


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


def _index_html(runs: Sequence[Run], slugs: Sequence[str], words: Words) -> str:
    entries = []
    for run, name in zip(runs, slugs, strict=True):
        title = capitalized(run.title)
        states = page_states(run.series, title)
        caption = " → ".join(str(state.strokes) for state in states) + (" stroke" if states[-1].strokes == 1 else " strokes")
        entries.append(Entry(title, f"{file_url(name)}/index.html", caption, states[-1], states[0] if len(states) > 1 else None))
    subtitle = capitalized(f"{counted(len(entries), 'subject', spelled=True)}, drawn with fewer and fewer strokes")
    return render(
        "index.html.j2",
        title=words.title,
        subtitle=subtitle,
        entries=entries,
        canvas=CANVAS,
        stroke_width=STROKE_WIDTH,
        tool="picasso-series",
        card=Card(words.address + CARD_NAME, *CARD, subtitle),
        address=words.address,
        credit=words.credit,
    )


def _write_record(site: Path, files: Iterable[str]) -> None:
    write_text(site / RECORD, json.dumps({"tool": "picasso-series", "schema": 1, "files": sorted(files)}, indent=2) + "\n")


def _remove(site: Path, files: Iterable[str]) -> None:
    """Remove files of an earlier build, and the folders that this leaves empty."""
    root = real_path(site)
    for file in sorted(files):
        refuse_linked_folders(root, file)
        path = root / file
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
