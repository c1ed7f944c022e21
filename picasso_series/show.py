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
from picasso_series.printing import write_plate
from picasso_series.run import Run, open_run
from picasso_series.run_plan import is_intact
from picasso_series.run_writer import RunWriter, open_writer
from picasso_series.settings import FORMATS, Settings, parse_setting, size_pixels

FilmProgress = Callable[[str, int, int], None]
"""Called with a film's name, the frames that are done and the frames in all."""

FILMS = "films"
PLATE = ("plate.svg", "plate.png")
PAGE = "index.html"


def show_run(
    writer: RunWriter, asked: Mapping[str, Mapping[str, Any]], *, remake: bool = False, on_film: FilmProgress | None = None
) -> Run:
    """Bring the films, the plate and the page of a fully drawn run up to date and mark the run as finished.

    Films in formats that were not asked for stay. At another size they are made anew too, unless the formats were limited by name.

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
    folder = writer.folder
    lying = [kind for kind in FORMATS if _films(writer, kind)]
    wanted = list(asked["formats"]["value"])
    # What was not asked for by name still belongs to the run, and has its size; a list of formats leaves the others as they are.
    by_name = not asked["formats"]["from"].startswith(("default", "preset"))
    others = [kind for kind in lying if kind not in wanted]
    size = asked["size"]["value"]
    formats = tuple(kind for kind in wanted if remake or not _films_fit(writer, kind, size))
    if not by_name:
        formats += tuple(kind for kind in others if not _films_fit(writer, kind, size))
    plate_lost = not all(_intact(writer, name) for name in PLATE)
    if not (formats or plate_lost or not _intact(writer, PAGE)) and run.finished:
        return run
    shown = {"value": wanted + others, "from": "flag"} if others else dict(asked["formats"])
    writer.reopen({"size": dict(asked["size"]), "formats": shown})
    if formats:
        # Their files stay until others take their place, so that a stop leaves something to look at.
        writer.disown_files(record["path"] for kind in formats for record in _films(writer, kind))
        made = write_films(run.series, folder / FILMS, size=size_pixels(size), formats=formats, on_progress=on_film)
        for path in made:
            sized = {} if path.suffix == ".svg" else {"size": _pixels(size)}
            writer.record_files([f"{FILMS}/{path.name}"], **sized)
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

    When formats are given, films in others stay as they are.

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
        # The manifest must never hold what it would not be read back with.
        Settings(**{name: parse_setting(name, entry["value"]) for name, entry in asked.items()})
        return show_run(writer, asked, remake=True, on_film=on_film)


def _recorded(writer: RunWriter, start: str) -> list[str]:
    return [record["path"] for record in writer.manifest["files"] if record["path"].startswith(f"{start}/")]


def _intact(writer: RunWriter, name: str) -> bool:
    records = [record for record in writer.manifest["files"] if record["path"] == name]
    return bool(records) and all(is_intact(writer.folder, record) for record in records)


def _films(writer: RunWriter, kind: str) -> list[Mapping[str, Any]]:
    """What the manifest says of the films of one format."""
    return [record for record in writer.manifest["files"] if record["path"].startswith(f"{FILMS}/") and record["path"].endswith(f".{kind}")]


def _films_fit(writer: RunWriter, kind: str, size: str) -> bool:
    """Whether the films of one format are there, unchanged, and of this size; vectors have none."""
    films = _films(writer, kind)
    sized = kind == "svg" or all(record.get("size") == _pixels(size) for record in films)
    return bool(films) and sized and all(is_intact(writer.folder, record) for record in films)


def _pixels(size: str) -> str:
    """A film's size as its entry in the manifest gives it."""
    return "{}x{}".format(*size_pixels(size))
