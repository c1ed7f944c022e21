"""Films of a finished series: the series film (photo, then level by level) and the trajectory film (how each level was found).

Knows which films there are, their formats and files. What is on screen is told by ``timeline``, drawn by ``draw`` and stored by
``encode`` and ``animate``. Needs no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from picasso_series.atomic import write_whole
from picasso_series.errors import PicassoError, UsageError
from picasso_series.film.animate import animated_svg
from picasso_series.film.draw import Painter, to_rgb
from picasso_series.film.encode import Frames, film_palette, unwritten, write_gif, write_mp4, write_webp
from picasso_series.film.timeline import Film, series_film, trajectory_film
from picasso_series.levels import Series
from picasso_series.settings import FORMATS
from picasso_series.settings import size_pixels as parse_size

__all__ = ["MP4_RATE", "SMALL_RATE", "parse_size", "write_films"]

MP4_RATE = 30
"""Frames a second of an MP4."""
SMALL_RATE = 25
"""Frames a second of GIF and WebP: GIF counts hundredths of a second, so its frames last four of them."""
GIF_WIDTH = 540
WEBP_WIDTH = 720
"""The most pixels across of a GIF and of a WebP, which would be heavy at a film's size."""

Progress = Callable[[str, int, int], None]
"""Called with a film's file name, its frames done and its frames in all."""


def write_films(
    series: Series,
    folder: Path,
    *,
    size: tuple[int, int] = (1080, 1080),
    formats: Sequence[str] = ("mp4", "gif"),
    on_progress: Progress | None = None,
) -> list[Path]:
    """Make the films of a series in ``folder`` (made if it is not there).

    Args:
        series: a series of at least one level.
        folder: where ``series.<format>`` and ``trajectory.<format>`` go; ``svg`` makes ``series.svg`` alone.
        size: width and height of an MP4 in pixels, both even; GIF and WebP keep the shape but are smaller.
        formats: of "mp4", "gif", "webp", "svg".
        on_progress: called after each frame.

    Returns:
        The files made, in order.

    Raises:
        UsageError: an unknown format, or a size that is not even.
        MissingError: cairo or ffmpeg is not there.
        PicassoError: a film could not be written; no part of it is left.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise UsageError(f"formats takes {', '.join(FORMATS)}, not {unknown[0]!r}")
    if min(size) < 2 or size[0] % 2 or size[1] % 2:
        raise UsageError(f"a film has even sides, such as 1080x1080, not {size[0]}x{size[1]}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PicassoError(f"the folder {folder} cannot be made ({error.strerror or error}); choose another with --out") from error
    films = {"series": series_film(series), "trajectory": trajectory_film(series)}
    written = []
    for kind in dict.fromkeys(formats):
        if kind == "svg":
            _write_svg(series, folder / "series.svg")
            written.append(folder / "series.svg")
            continue
        for name, film in films.items():
            path = folder / f"{name}.{kind}"
            _write_film(film, series, path, size, on_progress)
            written.append(path)
    return written


def _write_svg(series: Series, path: Path) -> None:
    try:
        write_whole(path, animated_svg(series))
    except OSError as error:
        raise unwritten(path, error) from error


def _write_film(film: Film, series: Series, path: Path, size: tuple[int, int], on_progress: Progress | None) -> None:
    """Draw and store one film in the format that the path's ending names."""
    if path.suffix == ".mp4":
        painter = Painter(*size, series.subject.rgb)
        write_mp4(_frames(film, painter, MP4_RATE, path.name, on_progress), path, size, MP4_RATE)
        return
    painter = Painter(*_fit(size, GIF_WIDTH if path.suffix == ".gif" else WEBP_WIDTH), series.subject.rgb)
    frames = _frames(film, painter, SMALL_RATE, path.name, on_progress)
    if path.suffix == ".gif":
        palette = film_palette(painter.paper, painter.ink, to_rgb(painter.frame(film.at(0.0))))
        write_gif(frames, path, SMALL_RATE, palette)
    else:
        write_webp(frames, path, SMALL_RATE)


def _frames(film: Film, painter: Painter, rate: int, name: str, on_progress: Progress | None) -> Frames:
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
