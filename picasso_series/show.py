"""The showing half of a run: films, plate and page made from what the folder holds.

Knows which of them are missing, stale or damaged and the order in which they are made; knows neither torch nor how they are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from picasso_series.errors import BadInputError
from picasso_series.film import write_films
from picasso_series.gallery import write_page
from picasso_series.plate import write_plate
from picasso_series.run import Run, inner_path, open_run
from picasso_series.run_plan import is_intact
from picasso_series.run_writer import RunWriter, open_writer
from picasso_series.settings import size_pixels

FilmProgress = Callable[[str, int, int], None]
"""Called with a film's name, the frames that are done and the frames in all."""

FILMS = "films"
PLATE = ("plate.svg", "plate.png")
PAGE = "index.html"


def show_run(
    writer: RunWriter, asked: Mapping[str, Mapping[str, Any]], *, remake: bool = False, on_film: FilmProgress | None = None
) -> Run:
    """Bring the films, the plate and the page of a fully drawn run up to date and mark the run as finished.

    Args:
        writer: the run, whose lock is held.
        asked: the settings ``size`` and ``formats`` as a manifest writes them: value and source.
        remake: make the films anew even when they are there and sound.
        on_film: told how far each film is.

    Raises:
        BadInputError: some levels are not drawn yet, or a stored file is damaged.
        PicassoError: a film cannot be made.
    """
    run = open_run(writer.folder)
    if not run.complete:
        raise BadInputError(f"{writer.folder} is not drawn to its end; run its command again: {run.manifest['command']}")
    folder, manifest = writer.folder, writer.manifest
    resized = manifest["settings"]["size"]["value"] != asked["size"]["value"]
    formats = tuple(kind for kind in asked["formats"]["value"] if remake or resized or not _films_intact(writer, kind))
    plate_lost = not all(_intact(writer, name) for name in PLATE)
    if not (formats or plate_lost or not _intact(writer, PAGE)) and run.finished:
        return run
    writer.reopen({"size": dict(asked["size"]), "formats": dict(asked["formats"])})
    if formats:
        stale = {name for name in _recorded(writer, FILMS) if resized or name.rpartition(".")[2] in formats}
        # Their files stay until others take their place, so that a stop leaves something to look at.
        writer.disown_files(stale)
        made = write_films(run.series, folder / FILMS, size=size_pixels(asked["size"]["value"]), formats=formats, on_progress=on_film)
        names = [f"{FILMS}/{path.name}" for path in made]
        writer.record_files(names)
        for name in stale.difference(names):
            inner_path(folder, name).unlink(missing_ok=True)
    if plate_lost:
        write_plate(run.series, folder, run.title)
        writer.record_files(PLATE)
    write_page(open_run(folder), films=_recorded(writer, FILMS))
    writer.record_files([PAGE])
    writer.finish()
    return open_run(folder)


def remake_films(
    folder: Path, *, size: str | None = None, formats: Iterable[str] | None = None, on_film: FilmProgress | None = None
) -> Run:
    """Make the films of a drawn run anew, at its own size and formats unless others are given, and the page that shows them.

    Raises:
        UsageError: the size or the formats make no sense.
        PicassoError: the run is damaged or not drawn to its end, or a film cannot be made.
    """
    with open_writer(folder) as writer:
        recorded = writer.manifest["settings"]
        asked = {
            "size": recorded["size"] if size is None else {"value": size, "from": "flag"},
            "formats": recorded["formats"] if formats is None else {"value": list(formats), "from": "flag"},
        }
        return show_run(writer, asked, remake=True, on_film=on_film)


def _recorded(writer: RunWriter, start: str) -> list[str]:
    return [record["path"] for record in writer.manifest["files"] if record["path"].startswith(f"{start}/")]


def _intact(writer: RunWriter, name: str) -> bool:
    records = [record for record in writer.manifest["files"] if record["path"] == name]
    return bool(records) and all(is_intact(writer.folder, record) for record in records)


def _films_intact(writer: RunWriter, kind: str) -> bool:
    names = [name for name in _recorded(writer, FILMS) if name.endswith(f".{kind}")]
    return bool(names) and all(_intact(writer, name) for name in names)
