"""The showing half of a run: films, plate and page made from what the folder holds.

Knows which of them are missing, stale or damaged and the order in which they are made; knows neither torch nor how they are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from picasso_series.errors import BadInputError, PicassoError, UsageError
from picasso_series.film import DEFAULT_KINDS, KINDS, Filming, film_names, kept, plan_filming, recalled, write_films
from picasso_series.gallery import write_page
from picasso_series.gallery.words import capitalized
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
    writer: RunWriter,
    asked: Mapping[str, Mapping[str, Any]],
    *,
    remake: bool = False,
    kinds: Sequence[str] | None = None,
    options: Mapping[str, Any] | None = None,
    on_film: FilmProgress | None = None,
) -> Run:
    """Bring the films, the plate and the page of a fully drawn run up to date and mark the run as finished.

    Films that were not asked for stay. At another size they are made anew too, unless formats or kinds were limited by name.

    Args:
        writer: the run, whose lock is held.
        asked: the settings ``size`` and ``formats`` as a manifest writes them: value and source.
        remake: make the films anew even when they are there and sound.
        kinds: which films, of ``KINDS``; those that the run has and the default ones when None.
        options: how films are made, by the names of :func:`~picasso_series.film.plan_filming`; what is not among them is as it was.
        on_film: told how far each film is.

    Raises:
        BadInputError: some levels are not drawn yet, or a stored file is damaged.
        PicassoError: a film cannot be made.
    """
    run = open_run(writer.folder)
    if not run.complete:
        raise BadInputError(f"{writer.folder} is not drawn to its end; run its command again: {run.manifest['command']}")
    folder, formats, size = writer.folder, list(asked["formats"]["value"]), asked["size"]["value"]
    lying = [record["path"].removeprefix(f"{FILMS}/") for record in _films(writer)]
    wanted = film_names(_kinds(lying, formats) if kinds is None else kinds, formats)
    # What was not asked for by name still belongs to the run, and has its size; a list of formats leaves the others as they are.
    by_name = kinds is not None or not asked["formats"]["from"].startswith(("default", "preset"))
    todo = [name for name in wanted if remake or not _film_fits(writer, name, size)]
    if not by_name:
        todo += [name for name in lying if name not in wanted and not _film_fits(writer, name, size)]
    plate_lost = not all(_intact(writer, name) for name in PLATE)
    if not (todo or plate_lost or not _intact(writer, PAGE)) and run.finished:
        return run
    before = dict(writer.manifest)
    writer.reopen(_shown(writer, asked, lying, kinds))
    # Their files, and what the manifest says of them, stay until others take their place: a stop leaves something to look at, and the
    # same command knows which films there are to make.
    plans = {name: plan_filming(_filming_before(writer, name), **{**(options or {}), "size": size}) for name in todo}
    for name, filming in plans.items():
        try:
            write_films(run.series, folder / FILMS, [name], filming=filming, on_progress=on_film)
        except PicassoError:
            if name == todo[0]:
                # Nothing has changed yet, so the run is what it was.
                writer.restore(before)
            raise
        made = kept(filming)
        writer.record_files([f"{FILMS}/{name}"], size=_pixels(size), **({"made": made} if made else {}))
    if plate_lost:
        write_plate(run.series, folder, capitalized(run.title))
        writer.record_files(PLATE)
    write_page(open_run(folder), films=[record["path"] for record in _films(writer)])
    writer.record_files([PAGE])
    writer.finish()
    return open_run(folder)


def remake_films(
    folder: Path,
    *,
    size: str | None = None,
    formats: Iterable[str] | None = None,
    kinds: Sequence[str] | None = None,
    options: Mapping[str, Any] | None = None,
    on_film: FilmProgress | None = None,
) -> Run:
    """Make the films of a drawn run anew, at its own size and formats unless others are given, and the page that shows them.

    When formats or kinds are given, other films stay as they are. A film is made as it was made before but for what ``options`` say, by
    the names of :func:`~picasso_series.film.plan_filming`; one that is new follows its kind in another format, or at least its look the
    film of the series.

    Raises:
        UsageError: the size, the formats or the kinds make no sense.
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
        return show_run(writer, asked, remake=True, kinds=kinds, options=options, on_film=on_film)


def _kinds(lying: Iterable[str], formats: Iterable[str]) -> list[str]:
    """The kinds of films that a run has in some of these formats, and those that every run has."""
    there = {name.rpartition(".")[0] for name in lying if name.rpartition(".")[2] in formats}
    return [kind for kind in KINDS if kind in there or kind in DEFAULT_KINDS]


def _shown(
    writer: RunWriter, asked: Mapping[str, Mapping[str, Any]], lying: Iterable[str], kinds: Sequence[str] | None
) -> dict[str, dict[str, Any]]:
    """What the manifest is to say of size and formats: formats of films that stay are among them, and some kinds alone change no size."""
    ends = {name.rpartition(".")[2] for name in lying}
    formats = list(asked["formats"]["value"])
    others = [kind for kind in FORMATS if kind in ends and kind not in formats]
    size = asked["size"] if kinds is None else writer.manifest["settings"]["size"]
    return {"size": dict(size), "formats": {"value": formats + others, "from": "flag"} if others else dict(asked["formats"])}


def _intact(writer: RunWriter, name: str) -> bool:
    records = [record for record in writer.manifest["files"] if record["path"] == name]
    return bool(records) and all(is_intact(writer.folder, record) for record in records)


def _films(writer: RunWriter) -> list[Mapping[str, Any]]:
    """What the manifest says of the films."""
    return [record for record in writer.manifest["files"] if record["path"].startswith(f"{FILMS}/")]


def _filming_before(writer: RunWriter, name: str) -> Filming:
    """How a film was made the last time; for a new one, how its kind was in another format, or the look of the series film.

    Raises:
        BadInputError: the manifest tells of it what makes no sense.
    """
    kind = name.rpartition(".")[0]
    made = {record["path"].removeprefix(f"{FILMS}/"): record.get("made", {}) for record in _films(writer)}
    same = [name, *(other for other in made if other.rpartition(".")[0] == kind)]
    like = next((other for other in (*same, *sorted(made)) if other in made), None)
    if like is None:
        return Filming()
    try:
        filming = recalled(made[like])
    except UsageError as error:
        raise BadInputError(f"{writer.folder} tells of its film {like} what makes no sense ({error}); draw the series again") from error
    if like == name:
        return filming
    return replace(filming, max_bytes=None) if like in same else Filming(look=filming.look)


def _film_fits(writer: RunWriter, name: str, size: str) -> bool:
    """Whether a film is there, unchanged, and made for frames of this size."""
    records = [record for record in _films(writer) if record["path"] == f"{FILMS}/{name}"]
    return bool(records) and all(record.get("size") == _pixels(size) and is_intact(writer.folder, record) for record in records)


def _pixels(size: str) -> str:
    """A film's size as its entry in the manifest gives it."""
    return "{}x{}".format(*size_pixels(size))
