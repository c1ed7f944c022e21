"""Recognition against strokes as one picture, as SVG and as PNG, with letters as outlines so that it looks the same everywhere.

Knows where things stand on the plot; computes nothing of what it shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from picasso_series.evaluate.report import Level, Report
from picasso_series.film.draw import cairo
from picasso_series.lettering import set_line
from picasso_series.svg import SVG_NAMESPACE

WIDTH, HEIGHT = 860.0, 460.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 300.0, 56.0, 58.0
_PAPER, _INK, _GREY, _FAINT = (255, 255, 255), (26, 26, 26), (104, 102, 95), (228, 225, 218)
_COLORS = ((181, 69, 44), (59, 108, 153), (120, 142, 60), (148, 96, 160), (200, 150, 40), (76, 74, 69))
_PNG_SCALE = 2.0
_LETTERS = 14.0
_DOT, _RING = 3.4, 1.5
"""Radius of a dot, and by how much more it sticks out for each dot of another curve that lies on it."""
_SOLID, _DASHED, _DOTTED = (), (5.0, 4.0), (1.2, 3.2)

Color = tuple[int, int, int]
Dashes = tuple[float, ...]
Point = tuple[float, float]


@dataclass(frozen=True)
class _Curve:
    """What one judge says: shares by strokes, and of the photos and their XDoGs, where it says anything of them."""

    title: str
    color: Color
    dashes: Dashes
    points: tuple[tuple[int, float], ...]
    photo: float | None
    xdog: float | None


@dataclass(frozen=True)
class _Mark:
    """Something on the plot: a line through points, a ``dot`` of a radius or, with ``text``, letters whose baseline starts at the point."""

    points: tuple[Point, ...]
    color: Color
    width: float = 1.0
    dashes: Dashes = _SOLID
    dot: float = 0.0
    text: str = ""
    size: float = _LETTERS


def plot_svg(report: Report) -> str:
    """The text of the plot's SVG."""
    body = []
    for mark in _marks(report):
        color = "#{:02x}{:02x}{:02x}".format(*mark.color)
        x, y = mark.points[0]
        if mark.text:
            body.append(f'<path d="{set_line(mark.text).path_data(x, y, mark.size)}" fill="{color}"/>')
        elif mark.dot:
            body.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{mark.dot:g}" fill="{color}"/>')
        else:
            dashes = f' stroke-dasharray="{" ".join(map(str, mark.dashes))}"' if mark.dashes else ""
            line = "L".join(f"{x:.1f} {y:.1f}" for x, y in mark.points)
            body.append(f'<path d="M{line}" stroke="{color}" stroke-width="{mark.width:g}" fill="none"{dashes}/>')
    return (
        f'<svg xmlns="{SVG_NAMESPACE}" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="{WIDTH:g}" height="{HEIGHT:g}" role="img">\n'
        f"<title>{escape(_title(report))}</title>\n"
        f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="#fff"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def write_png(report: Report, path: Path) -> None:
    """Write the plot as a PNG of twice its size in pixels.

    Raises:
        MissingError: cairo is not there.
        OSError: the file cannot be written.
    """
    library = cairo()
    surface = library.ImageSurface(library.FORMAT_RGB24, round(WIDTH * _PNG_SCALE), round(HEIGHT * _PNG_SCALE))
    context = library.Context(surface)
    context.scale(_PNG_SCALE, _PNG_SCALE)
    context.set_source_rgb(*(value / 255 for value in _PAPER))
    context.paint()
    for mark in _marks(report):
        context.set_source_rgb(*(value / 255 for value in mark.color))
        (x, y), *rest = mark.points
        if mark.text:
            for verb, values in set_line(mark.text).commands:
                placed = [value * mark.size + (y if i % 2 else x) for i, value in enumerate(values)]
                {"M": context.move_to, "L": context.line_to, "C": context.curve_to, "Z": context.close_path}[verb](*placed)
            context.fill()
        elif mark.dot:
            context.arc(x, y, mark.dot, 0, 2 * math.pi)
            context.fill()
        else:
            context.set_line_width(mark.width)
            context.set_dash(list(mark.dashes))
            context.move_to(x, y)
            for place in rest:
                context.line_to(*place)
            context.stroke()
    path.write_bytes(surface.write_to_png() or b"")


def _title(report: Report) -> str:
    count = len({entry.run for entry in report.entries})
    return f"Recognition against strokes, {count} run{'s' if count > 1 else ''}"


def _curves(report: Report) -> Iterator[_Curve]:
    levels = report.levels
    colors = {judge: _COLORS[i % len(_COLORS)] for i, judge in enumerate(dict.fromkeys([*report.namers, *report.finders]))}
    for judge in report.namers:
        for what, words, dashes in (("top1", "named", _SOLID), ("top1_or_none", "named, none allowed", _DASHED)):
            yield _curve(f"{words}: {judge}", colors[judge], dashes, levels, [level.named.get(judge, {}).get(what) for level in levels])
    for judge in report.finders:
        values = [level.found.get(judge, {}).get("top1") for level in levels]
        yield _curve(f"photo found: {judge}", colors[judge], _DOTTED, levels, values)


def _curve(title: str, color: Color, dashes: Dashes, levels: Sequence[Level], values: Sequence[float | None]) -> _Curve:
    both = list(zip(levels, values, strict=True))
    points = tuple((level.strokes, value) for level, value in both if level.strokes is not None and value is not None)
    others = {level.kind: value for level, value in both if level.kind != "sketch"}
    return _Curve(title, color, dashes, points, others.get("photo"), others.get("xdog"))


def _marks(report: Report) -> Iterator[_Mark]:
    curves = [curve for curve in _curves(report) if curve.points]
    counts = sorted({strokes for curve in curves for strokes, _ in curve.points})
    yield _Mark(((_LEFT, 30.0),), _INK, text=_title(report), size=20.0)
    if not counts:
        yield _Mark(((_LEFT, _TOP + 40.0),), _GREY, text="Nothing was named and nothing could be found: see the report’s notes.")
        return
    right = WIDTH - _RIGHT
    for percent in range(0, 101, 20):
        y = _height(percent / 100)
        yield _Mark(((_LEFT, y), (right, y)), _FAINT)
        yield _text(f"{percent} %", _LEFT - 8, y + 4, _GREY, "end")
    for strokes in _spread(counts, right):
        yield _text(str(strokes), _place(strokes, counts, right), HEIGHT - _BOTTOM + 22, _GREY, "middle")
    yield _text("strokes", (_LEFT + right) / 2, HEIGHT - 14, _GREY, "middle")
    for row, curve in enumerate(curves):
        line = tuple((_place(strokes, counts, right), _height(value)) for strokes, value in curve.points)
        if len(line) > 1:
            yield _Mark(line, curve.color, 2.0, curve.dashes)
        for value, point in zip(curve.points, line, strict=True):
            covered = sum(value in later.points for later in curves[row + 1 :])
            yield _Mark((point,), curve.color, dot=_DOT + _RING * covered)
        y = _TOP + 8 + 40.0 * row
        yield _Mark(((right + 22, y), (right + 46, y)), curve.color, 2.0, curve.dashes)
        yield _text(curve.title, right + 54, y + 4, _INK)
        said = [f"{word} {value:.0%}" for word, value in (("photos", curve.photo), ("XDoG", curve.xdog)) if value is not None]
        yield _text(", ".join(said), right + 54, y + 20, _GREY, size=12.0)


def _spread(counts: Sequence[int], right: float) -> Iterator[int]:
    """The counts that can be written below the axis without touching."""
    last = math.inf
    for strokes in sorted(counts, reverse=True):
        x = _place(strokes, counts, right)
        if abs(last - x) >= 20.0:
            last = x
            yield strokes


def _place(strokes: int, counts: Sequence[int], right: float) -> float:
    """Many strokes stand on the left: a series is read from much to little."""
    low, high = math.log(counts[0]), math.log(counts[-1])
    share = 0.5 if high == low else (high - math.log(strokes)) / (high - low)
    return _LEFT + 18.0 + share * (right - _LEFT - 36.0)


def _height(share: float) -> float:
    return HEIGHT - _BOTTOM - share * (HEIGHT - _BOTTOM - _TOP)


def _text(text: str, x: float, y: float, color: Color, anchor: str = "start", size: float = _LETTERS) -> _Mark:
    room = set_line(text).width * size
    left = x - (room if anchor == "end" else room / 2 if anchor == "middle" else 0.0)
    return _Mark(((left, y),), color, text=text or " ", size=size)
