"""The web page of one finished run.

Knows what a run folder holds and what of it a page shows: the states with their strokes, the photo, the films, the plate, the
downloads and how all of it was made. Knows no markup (the templates do) and writes one file, ``index.html``. Whatever a manifest
lacks is left out; a page never says more than the run recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from picasso_series.errors import BadInputError
from picasso_series.gallery.facts import page_facts, page_settings, photo_caption, table, text_of
from picasso_series.gallery.files import write_text
from picasso_series.gallery.media import pixel_size
from picasso_series.gallery.moves import Line, lines
from picasso_series.gallery.posters import poster
from picasso_series.gallery.render import file_url, render
from picasso_series.gallery.vectors import require_still_life
from picasso_series.gallery.words import capitalized, counted, duration, fates, file_size, in_strokes, print_words, slug, words
from picasso_series.lettering import roman
from picasso_series.levels import Series
from picasso_series.strokes import CANVAS, STROKE_WIDTH

if TYPE_CHECKING:
    from picasso_series.run import Run

_FILM_TITLES = {
    "series": ("The abstraction", "From the photo to the last state: strokes move, join and leave."),
    "trajectory": ("The drawing of each state", "Every state finds its lines, from its first strokes to its last."),
    "draw-on": ("The hand", "The first state, stroke by stroke, the most telling ones first."),
}
FILM_KINDS = (".mp4", ".webp", ".gif", ".svg")
"""What a film may be, the kind that plays best first."""
PRINT_KINDS = (".svg", ".pdf", ".png")
"""What a print may be."""


@dataclass(frozen=True)
class State:
    """One level as a state of a print."""

    numeral: str
    strokes: int
    alt: str
    fates: str
    lines: tuple[Line, ...]
    kept: int
    joined: int
    dropped: int
    start: str
    iterations: int
    seconds: str


@dataclass(frozen=True)
class Picture:
    """A file on the page and its size in pixels; ``path`` is relative to the page."""

    path: str
    width: int
    height: int


@dataclass(frozen=True)
class Film:
    """A film on the page: ``moving`` plays, ``poster`` is the address of the still that is shown before it does."""

    title: str
    caption: str
    moving: Picture
    poster: str
    is_video: bool


@dataclass(frozen=True)
class Download:
    """A link to a file, with the name it is saved under and its size in words."""

    path: str
    label: str
    save_as: str
    size: str


@dataclass(frozen=True)
class Neighbor:
    """Another page of the same gallery; ``url`` is relative and already quoted."""

    title: str
    url: str


@dataclass(frozen=True)
class Card:
    """The picture that stands for a page where its address is posted: its own address, its size, and what it shows."""

    url: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True)
class Place:
    """Where a page stands in a gallery.

    Attributes:
        index_url: the way to the index.
        previous, next: the pages around it.
        card: the page's card.
        address: the page's own address in the web, if it is known.
        credit: whose photos these are, in a sentence.
    """

    index_url: str
    previous: Neighbor | None
    next: Neighbor | None
    card: Card
    address: str
    credit: str


def write_page(run: Run, *, films: Sequence[str]) -> Path:
    """Write ``index.html`` into a run's folder and return its path.

    Args:
        run: a finished run.
        films: the films to show, as paths relative to the run's folder.

    Raises:
        BadInputError: a film is not there or cannot be read, or the series has no level.
        PicassoError: the folder cannot be written to.
    """
    return write_text(run.folder / "index.html", page_html(run, run.folder, films))


def page_html(run: Run, folder: Path, films: Sequence[str], place: Place | None = None) -> str:
    """The page of ``run`` as it stands in ``folder``, which holds the files it links to."""
    if not run.series.levels:
        raise BadInputError("the run holds no finished level; draw it first")
    manifest = run.manifest
    title = capitalized(run.title)
    states = page_states(run.series, title)
    photo = _picture(folder, "photo.png")
    plate = _picture(folder, "plate.png") or _picture(folder, "plate.svg")
    about = counted(len(states), "state", spelled=True)
    return render(
        "page.html.j2",
        title=title,
        subtitle=in_strokes([state.strokes for state in states]),
        count=about,
        states=states,
        canvas=CANVAS,
        stroke_width=STROKE_WIDTH,
        photo=photo,
        photo_caption=photo_caption(manifest),
        films=page_films(folder, films),
        plate=plate,
        plate_vector="plate.svg" if (folder / "plate.svg").is_file() else None,
        downloads=page_downloads(folder, films, recorded_prints(manifest), states, slug(run.title)),
        facts=page_facts(manifest, run.series),
        settings=page_settings(manifest),
        command=text_of(manifest.get("command")),
        tool=" ".join(filter(None, (text_of(table(manifest, "tool").get(key)) for key in ("name", "version")))) or "picasso-series",
        place=place,
        card=place.card if place else plate and Card(file_url(plate.path), plate.width, plate.height, f"{title}: the photo and {about}"),
        address=place.address if place else "",
        credit=place.credit if place else "",
    )


def page_states(series: Series, title: str) -> tuple[State, ...]:
    """The levels of a series as states, with the strokes that a page draws and morphs."""
    states = []
    for index, (level, after) in enumerate(zip(series.levels, (*series.levels[1:], None), strict=True)):
        lineage = level.lineage
        states.append(
            State(
                numeral=roman(index + 1),
                strokes=level.strokes,
                alt=f"{title}, drawn with {counted(level.strokes, 'stroke')}",
                fates=fates(lineage, series.levels[index - 1].strokes) if index else "",
                lines=lines(level, after),
                kept=len(lineage.kept),
                joined=len(lineage.joined),
                dropped=len(lineage.dropped),
                start=level.start,
                iterations=int(level.trajectory.iterations[-1]),
                seconds=duration(level.seconds) if level.seconds else "",
            )
        )
    return tuple(states)


def page_films(folder: Path, films: Iterable[str]) -> tuple[Film, ...]:
    """One film of each name: the MP4 where there is one, else a format that plays as a picture.

    Raises:
        BadInputError: a film is not in the folder, or cannot be shown.
    """
    by_name: dict[str, list[str]] = {}
    for film in films:
        if PurePosixPath(film).suffix.lower() not in FILM_KINDS or not (folder / film).is_file():
            raise BadInputError(f"{folder} has no film {film}; make it with `picasso-series film`")
        by_name.setdefault(PurePosixPath(film).stem, []).append(film)
    shown = []
    for name, paths in by_name.items():
        best = min(paths, key=lambda path: FILM_KINDS.index(PurePosixPath(path).suffix.lower()))
        kind = next((kind for kind in _FILM_TITLES if name.startswith(kind)), None)
        label, caption = _FILM_TITLES[kind] if kind else (words(name), "")
        moving = Picture(best, *pixel_size(folder / best))
        shown.append(Film(label, caption, moving, poster(folder / best, first=kind == "series"), best.lower().endswith(".mp4")))
    return tuple(shown)


def page_downloads(
    folder: Path, films: Iterable[str], prints: Iterable[str], states: Sequence[State], stem: str
) -> dict[str, tuple[Download, ...]]:
    """The files of a run that are there, under the headings of the page; a saved file has the subject in its name."""
    drawings = [
        (f"{state.strokes}/{file}", f"{counted(state.strokes, 'stroke')}, {kind}", f"{stem}-{state.strokes}{suffix}")
        for state in states
        for file, kind, suffix in (("sketch.svg", "SVG", ".svg"), ("sketch.png", "PNG", ".png"))
    ]
    motion = [(film, f"{words(PurePosixPath(film).stem)}, {_kind(film)}", f"{stem}-{PurePosixPath(film).name}") for film in films]
    plates = [(f"plate{suffix}", f"Plate, {_kind(suffix)}", f"{stem}-plate{suffix}") for suffix in (".svg", ".png")]
    plates += [(name, f"{print_words(PurePosixPath(name).stem)}, {_kind(name)}", f"{stem}-{PurePosixPath(name).name}") for name in prints]
    data = [
        ("photo.png", "The photo as drawn, PNG", f"{stem}-photo.png"),
        ("mask.png", "Mask of the subject, PNG", f"{stem}-mask.png"),
        ("series.json", "How it was made, JSON", f"{stem}-series.json"),
        *((f"{s.strokes}/trajectory.npz", f"{counted(s.strokes, 'stroke')}, every step, NPZ", f"{stem}-{s.strokes}.npz") for s in states),
    ]
    groups = {"Drawings": drawings, "Films": motion, "Plate": plates, "Photo and data": data}
    for path, *_ in (*drawings, *plates):
        if path.endswith(".svg") and (folder / path).is_file():
            require_still_life(folder / path)
    found = {
        heading: tuple(
            Download(path, label, save_as, file_size((folder / path).stat().st_size))
            for path, label, save_as in entries
            if (folder / path).is_file()
        )
        for heading, entries in groups.items()
    }
    return {heading: entries for heading, entries in found.items() if entries}


def recorded_prints(manifest: Mapping[str, Any]) -> list[str]:
    """The prints that a manifest names, as paths relative to the run."""
    records = manifest.get("files", ())
    return sorted(record["path"] for record in records if record["path"].startswith("prints/") and record["path"].endswith(PRINT_KINDS))


def _picture(folder: Path, path: str) -> Picture | None:
    return Picture(path, *pixel_size(folder / path)) if (folder / path).is_file() else None


def _kind(name: str) -> str:
    return name.rsplit(".", 1)[-1].upper()
