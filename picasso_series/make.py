"""From a photo to a finished run folder, as a generator of events.

Knows the order of things (photo, folder, drawing, films, plate, page) and nothing of how any of them is done or shown to the user.
Imports torch only when there is something to draw.
"""

from __future__ import annotations

import platform
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from picasso_series import __version__
from picasso_series.atomic import file_sha256
from picasso_series.command import repeat_command
from picasso_series.encoders import Fetch, weights_of
from picasso_series.encoders.fetching import is_offline
from picasso_series.encoders.weights import find
from picasso_series.encoders.weights_table import Entry
from picasso_series.errors import BadInputError
from picasso_series.film.draw import cairo
from picasso_series.how_many import MOST, Counted, LossCurve, choose_levels
from picasso_series.levels import Level, Series, Subject
from picasso_series.photo import Photo, load_photo
from picasso_series.presets import Resolved
from picasso_series.run import SCHEMA, Run
from picasso_series.run_plan import Identity, Plan, State, plan_run
from picasso_series.run_writer import RunWriter, begin_run, manifest_settings, open_writer, setting_value
from picasso_series.settings import SETTING_NAMES, SHOWING, AutoLevels, Settings
from picasso_series.show import FilmProgress, show_run

if TYPE_CHECKING:
    from picasso_series.series import Step, Studio


@dataclass(frozen=True)
class Resumed:
    """A run that lies in the folder goes on, with these levels done."""

    folder: Path
    done: tuple[int, ...]


@dataclass(frozen=True)
class Chosen:
    """What was chosen for the run: encoder, rasterizer and device, each with the reason."""

    choices: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Counting:
    """How far a draft is from which the photo's own stroke counts are learned."""

    done: int
    total: int


@dataclass(frozen=True)
class Drawn:
    """A level is drawn and safe in the folder."""

    level: Level


@dataclass(frozen=True)
class Finished:
    """The run is done; ``drawn`` says whether anything had to be drawn for it."""

    run: Run
    drawn: bool


def default_folder(photo: Path) -> Path:
    """Where a photo's run goes when no folder is named: ``./<photo stem>-series``."""
    return Path(f"{photo.stem}-series")


def make_run(
    path: str | Path,
    resolved: Resolved,
    folder: str | Path | None = None,
    *,
    force: bool = False,
    repeated: Mapping[str, Any] | None = None,
    fetch: Fetch | None = None,
    on_film: FilmProgress | None = None,
) -> Iterator[Resumed | Chosen | Counting | Step | Drawn | Finished]:
    """Draw a photo's series into a run folder, or go on with the run that lies there.

    Args:
        path: the photo.
        resolved: the settings and where each came from.
        folder: the run folder; ``./<photo stem>-series`` when None.
        force: replace another run that lies in the folder.
        repeated: the manifest of a run to draw once more, by the same means; ``resolved`` holds its settings (see ``repeat``).
        fetch: brings weights into the cache that the run wants and that are not there; without it only those that are there are taken.
        on_film: called with (name, frames done, frames in all) while films are made.

    Raises:
        PicassoError: of the kind that says what the user can mend.
        OSError: the disk is full or fails.
    """
    path = Path(path)
    settings = resolved.settings
    # Without cairo hours of drawing would end in nothing to show.
    cairo()
    photo, out, identity, plan = _look(path, resolved, folder, force)
    begun = plan.manifest if plan.state is State.RESUME else repeated
    if begun is not None:
        settings = _pinned(settings, begun)
    if plan.manifest is not None and plan.state is State.RESUME:
        yield Resumed(out, tuple(record["strokes"] for record in plan.manifest["levels"]))
    asked = {name: value for name, value in manifest_settings(resolved.settings, resolved.sources).items() if name in SHOWING}
    if plan.state is State.DRAWN:
        with open_writer(out) as writer:
            run = show_run(writer, asked, on_film=on_film)
        yield Finished(run, drawn=False)
        return
    # The folder is not touched before photo, mask and encoder have proved good.
    subject, studio = _prepare(photo, settings, fetch, begun)
    yield Chosen(studio.choices)
    header = _header(path, photo, resolved, studio, identity)
    if repeated is not None and "draft" in repeated:
        header["draft"] = repeated["draft"]
    if isinstance(settings.levels, AutoLevels):
        counted = yield from _count(subject, settings.levels)
        choice = _choice(counted, settings.levels)
        settings = replace(settings, levels=counted.levels)
        yield Chosen({"levels": choice})
        header |= _counted_header(header, counted, choice)
    with begin_run(out, identity, header, force=force) as writer:
        writer.save_subject(subject)
        yield from _draw(writer, subject, settings, studio)
        run = show_run(writer, asked, on_film=on_film)
    yield Finished(run, drawn=True)


@dataclass(frozen=True)
class Preview:
    """What :func:`make_run` would do: where it would draw, what would become of that folder, and which weights it would fetch first."""

    folder: Path
    state: State
    fetched: tuple[Entry, ...]


def preview(
    path: Path, resolved: Resolved, folder: Path | None = None, *, force: bool = False, repeated: Mapping[str, Any] | None = None
) -> Preview:
    """Look at what :func:`make_run` would do, touching nothing and asking nothing of the network.

    Raises:
        BadInputError: the photo, the mask or the folder cannot be used.
    """
    _, out, _, plan = _look(path, resolved, folder, force)
    begun = plan.manifest if plan.state is State.RESUME else repeated
    settings = resolved.settings if begun is None else _pinned(resolved.settings, begun)
    wanted = [] if plan.state is State.DRAWN else weights_of(settings.encoder, attentive=settings.start == "saliency")
    return Preview(out, plan.state, tuple(entry for entry in wanted if find(entry) is None and entry.url and not is_offline()))


def make_series(path: str | Path, settings: Settings, fetch: Fetch | None = None) -> Series:
    """Draw a photo's series in memory, without a run folder; ``fetch`` as in :func:`make_run`.

    Raises:
        PicassoError: of the kind that says what the user can mend.
    """
    from picasso_series.series import LevelDone, draw_levels

    subject, studio = _prepare(load_photo(Path(path)), settings, fetch)
    choices = dict(studio.choices)
    if isinstance(settings.levels, AutoLevels):
        counted = _result(_count(subject, settings.levels))
        choices["levels"] = _choice(counted, settings.levels)
        settings = replace(settings, levels=counted.levels)
    levels: list[Level] = [event.level for event in draw_levels(subject, settings, studio) if isinstance(event, LevelDone)]
    values = {name: setting_value(settings, name) for name in SETTING_NAMES}
    return Series(subject, tuple(levels), values, choices)


def _draw(writer: RunWriter, subject: Subject, settings: Settings, studio: Studio) -> Iterator[Step | Drawn]:
    """Draw the levels that are not there yet, keeping each as soon as it is done and snapshots in between."""
    from picasso_series.series import Checkpoint, LevelDone, draw_levels

    stored = writer.snapshot
    checkpoint = Checkpoint(stored.strokes, stored.arrays, stored.notes) if stored else None
    for event in draw_levels(subject, settings, studio, done=writer.done, checkpoint=checkpoint):
        if isinstance(event, Checkpoint):
            writer.save_snapshot(event.strokes, event.arrays, event.notes)
        elif isinstance(event, LevelDone):
            writer.save_level(event.level)
            yield Drawn(event.level)
        else:
            yield event


def _count(subject: Subject, levels: AutoLevels) -> Generator[Counting, None, Counted]:
    """Learn from a draft with how many strokes so many levels are drawn."""
    from picasso_series.draft import draft_losses

    losses = []
    for loss in draft_losses(subject):
        losses.append(loss)
        yield Counting(len(losses), MOST + 1)
    return choose_levels(LossCurve.of_draft(losses), len(levels))


def _choice(counted: Counted, levels: AutoLevels) -> dict[str, str]:
    """The levels as a manifest's choice."""
    return {"value": ",".join(map(str, counted.levels)), "reason": counted.reason, "asked": str(levels)}


def _counted_header(header: Mapping[str, Any], counted: Counted, choice: Mapping[str, str]) -> dict[str, Any]:
    """What becomes of a manifest when the photo has decided on its levels."""
    levels = {**header["settings"]["levels"], "value": list(counted.levels)}
    settings = {**header["settings"], "levels": levels}
    curve = counted.curve and {"blank": counted.curve.blank, "losses": list(counted.curve.losses)}
    return {
        "command": repeat_command(header["photo"]["name"], settings),
        "settings": settings,
        "choices": {**header["choices"], "levels": dict(choice)},
        "draft": curve,
    }


def _result(events: Generator[Counting, None, Counted]) -> Counted:
    """What a count comes to, for those who do not watch it."""
    while True:
        try:
            next(events)
        except StopIteration as end:
            found: Counted = end.value
            return found


def _look(path: Path, resolved: Resolved, folder: str | Path | None, force: bool) -> tuple[Photo, Path, Identity, Plan]:
    """Read the photo and see what lies in the folder."""
    out = default_folder(path) if folder is None else Path(folder)
    photo = load_photo(path)
    identity = _identity(photo, resolved.settings)
    return photo, out, identity, plan_run(out, identity, force=force)


def _prepare(photo: Photo, settings: Settings, fetch: Fetch | None, begun: Mapping[str, Any] | None = None) -> tuple[Subject, Studio]:
    """Find the subject and choose what draws it; as in the run whose manifest is ``begun``, if there is one."""
    from picasso_series.series import choose_studio, computing_threads
    from picasso_series.subject import prepare_subject

    studio = choose_studio(settings, fetch=fetch, begun=begun and begun["choices"])
    if begun is not None:
        studio = replace(studio, threads=begun["threads"])
    with computing_threads(studio.threads):
        return prepare_subject(photo, settings.mask, saliency=studio.find_subject), studio


def _identity(photo: Photo, settings: Settings) -> Identity:
    mask = None
    if settings.mask not in ("auto", "none"):
        try:
            mask = file_sha256(Path(settings.mask))
        except OSError as error:
            raise BadInputError(f"the mask {settings.mask} cannot be read ({error.strerror}); give a picture with --mask") from error
    values = {name: setting_value(settings, name) for name in SETTING_NAMES}
    return Identity(photo.sha256, mask, values, __version__)


def _pinned(settings: Settings, manifest: Mapping[str, Any]) -> Settings:
    """The settings with every "auto" replaced by what the run was begun with, so that all its levels are drawn by the same means."""
    chosen: dict[str, Any] = {
        name: manifest["choices"][name]["value"]
        for name in ("encoder", "rasterizer", "device")
        if getattr(settings, name) == "auto" and name in manifest["choices"]
    }
    if isinstance(settings.levels, AutoLevels):
        chosen["levels"] = tuple(manifest["settings"]["levels"]["value"])
    return replace(settings, **chosen)


def _header(path: Path, photo: Photo, resolved: Resolved, studio: Studio, identity: Identity) -> dict[str, Any]:
    import torch

    settings = manifest_settings(resolved.settings, resolved.sources)
    return {
        "schema": SCHEMA,
        "tool": {"name": "picasso-series", "version": __version__},
        "status": "drawing",
        "title": " ".join(path.stem.replace("_", " ").replace("-", " ").split()) or "series",
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "command": repeat_command(path.name, settings),
        "photo": {"name": path.name, "sha256": photo.sha256, "width": photo.width, "height": photo.height},
        "placement": {},
        "mask": {"source": "", "sha256": identity.mask_sha256},
        "settings": settings,
        "choices": {name: dict(choice) for name, choice in studio.choices.items()},
        "seed": resolved.settings.seed,
        "threads": studio.threads,
        "versions": {"python": platform.python_version(), "torch": str(torch.__version__), "numpy": np.__version__},
    }
