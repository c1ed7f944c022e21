"""Films of a finished series: the abstraction, the optimization, and a pen at work.

Knows which files there are, their formats and how they are kept small. What is told is known by ``stories``, drawn by ``painter`` and
stored by ``encode`` and ``animate``. Needs no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from pathlib import Path

from picasso_series.atomic import write_whole
from picasso_series.errors import PicassoError, UsageError
from picasso_series.film.animate import animated_svg
from picasso_series.film.draw import to_rgb
from picasso_series.film.encode import Frames, film_palette, gif, unwritten, webp, write_mp4
from picasso_series.film.filming import Filming, kept, plan_filming, recalled
from picasso_series.film.painter import Painter
from picasso_series.film.stories import KINDS, Telling, tell
from picasso_series.film.thrift import GIF_DIET, WEBP_DIET, Portion, fitting
from picasso_series.film.timeline import Film, Scene
from picasso_series.levels import Series
from picasso_series.settings import FORMATS
from picasso_series.settings import size_pixels as parse_size

__all__ = [
    "DEFAULT_KINDS",
    "KINDS",
    "MP4_RATE",
    "Filming",
    "Telling",
    "film_file",
    "film_names",
    "kept",
    "parse_size",
    "plan_filming",
    "recalled",
    "write_film",
    "write_films",
]

MP4_RATE = 30
"""Frames a second of an MP4."""

DEFAULT_KINDS = ("series", "trajectory")
"""The films that a run has unless others are asked for."""

Progress = Callable[[str, int, int], None]
"""Called with a film's file name, its frames done and its frames in all."""


def film_names(kinds: Sequence[str], formats: Sequence[str]) -> list[str]:
    """The files that these kinds of films in these formats are, in order.

    Raises:
        UsageError: an unknown kind or format.
    """
    for name, asked, known in (("kinds", kinds, KINDS), ("formats", formats, FORMATS)):
        for value in asked:
            if value not in known:
                raise UsageError(f"{name} takes {', '.join(known)}, not {value!r}")
    pairs = [(kind, form) for form in dict.fromkeys(formats) for kind in dict.fromkeys(kinds)]
    return [f"{kind}.{form}" for kind, form in pairs]


def write_films(
    series: Series, folder: Path, names: Iterable[str], *, filming: Filming | None = None, on_progress: Progress | None = None
) -> list[Path]:
    """Make films of a series in ``folder`` (made if it is not there).

    Args:
        series: a series of at least one level.
        folder: where the films go.
        names: the files to make, ``<kind>.<format>``, as :func:`film_names` gives them.
        filming: how they are made.
        on_progress: called after each frame.

    Returns:
        The files made, in order.

    Raises:
        UsageError: an unknown kind or format.
        MissingError: cairo or ffmpeg is not there.
        PicassoError: a film could not be written; no part of it is left.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PicassoError(f"the folder {folder} cannot be made ({error.strerror or error}); choose another with --out") from error
    return [write_film(series, folder / name, filming=filming, on_progress=on_progress) for name in names]


def film_file(series: Series, path: str | PathLike[str], kind: str, filming: Filming) -> None:
    """Make one film as a file of any name; see :func:`write_film`.

    Raises:
        UsageError: the folder is not there, or the kind or the ending is unknown.
        PicassoError: as :func:`write_film`.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent} for the film {path.name}; make it first")
    write_film(series, path, kind=kind, filming=filming)


def write_film(
    series: Series, path: Path, *, kind: str | None = None, filming: Filming | None = None, on_progress: Progress | None = None
) -> Path:
    """Make one film, in the format that the path's ending names.

    Args:
        series: a series of at least one level.
        path: the file to make; its folder is there.
        kind: of "series", "trajectory", "draw-on"; the file's name without its ending when None.
        filming: how it is made.
        on_progress: called after each frame.

    Raises:
        UsageError: an unknown kind or ending.
        MissingError: cairo or ffmpeg is not there.
        PicassoError: the film could not be written; no part of it is left.
    """
    filming = filming or Filming()
    kind, form = kind or path.stem, path.suffix.lower().removeprefix(".")
    film_names([kind], [form])
    film = tell(kind, series, filming.telling)
    if form == "mp4":
        painter = Painter(*filming.size, series.subject.detail, filming.look)
        write_mp4(_frames(film, painter, MP4_RATE, path.name, on_progress), path, filming.size, MP4_RATE)
        return path
    try:
        if form == "svg":
            write_whole(path, animated_svg(series, kind, filming.size, filming.look, filming.telling))
        else:
            write_whole(path, _small(film, series, path.name, filming, on_progress))
    except OSError as error:
        raise unwritten(path, error) from error
    return path


def _small(film: Film, series: Series, name: str, filming: Filming, on_progress: Progress | None) -> bytes:
    """A GIF or WebP, by the ending of its name, that weighs no more than it may."""
    look, loop = filming.look, filming.telling.loop
    diet = GIF_DIET if name.endswith(".gif") else WEBP_DIET

    def make(portion: Portion) -> bytes:
        painter = Painter(*_fit(filming.size, portion.width), series.subject.detail, look)
        frames = _frames(film, painter, 1000 / portion.period, name, on_progress)
        if diet is WEBP_DIET:
            return webp(frames, portion.period, portion.colors, loop)
        photo = to_rgb(painter.frame(Scene(photo=1.0)))
        return gif(frames, portion.period, film_palette(look.paper, look.ink, photo, portion.colors), portion.colors, loop)

    return fitting(make, diet, filming.max_bytes, name)


def _frames(film: Film, painter: Painter, rate: float, name: str, on_progress: Progress | None) -> Frames:
    """Draw a film's frames one at a time; a scene that lasts is drawn once."""
    done, total = 0, film.frame_count(rate)
    for scene, count in film.scenes(rate):
        yield painter.frame(scene), count
        done += count
        if on_progress is not None:
            on_progress(name, done, total)


def _fit(size: tuple[int, int], width: int) -> tuple[int, int]:
    """The size scaled down to at most ``width`` pixels across, with its shape."""
    scale = min(1.0, width / size[0])
    return round(size[0] * scale), round(size[1] * scale)
