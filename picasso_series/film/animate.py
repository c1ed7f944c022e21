"""The series as one animated SVG: level after level draws itself, sharp at any size, in some tens of kilobytes.

Knows CSS animation alone, so the file also moves inside an ``<img>``. Whatever shows no animation (a print, a plotter, a reader who asked
for less motion) shows the finished drawing of the first level.
"""

from __future__ import annotations

from html import escape

from picasso_series.film.draw import INK, PAPER, Color
from picasso_series.film.timeline import count_text
from picasso_series.lettering import set_line
from picasso_series.levels import Level, Series
from picasso_series.strokes import CANVAS, STROKE_WIDTH
from picasso_series.svg import SVG_NAMESPACE, path_data

SECONDS = 2.6
"""Seconds that each level has."""
_DRAW, _STAGGER, _FADE = 0.8, 0.5, 0.35
_HEIGHT, _LETTER = CANVAS + 16, 8.5


def animated_svg(series: Series) -> str:
    """The text of a ``series.svg``: its levels draw themselves in turn, endlessly.

    Raises:
        ValueError: the series has no level.
    """
    if not series.levels:
        raise ValueError("an animation needs a series of at least one level")
    counts = ", ".join(str(level.strokes) for level in series.levels)
    groups = "".join(_group(level, number) for number, level in enumerate(series.levels))
    return (
        f'<svg xmlns="{SVG_NAMESPACE}" viewBox="0 0 {CANVAS} {_HEIGHT}" role="img">\n'
        f"<title>{escape(f'One drawing in {counts} strokes')}</title>\n"
        f"<style>{_style(len(series.levels))}</style>\n"
        f'<rect width="{CANVAS}" height="{_HEIGHT}" fill="{_hex(PAPER)}"/>\n{groups}</svg>\n'
    )


def _style(count: int) -> str:
    """Each level is there for its part of the cycle, and its strokes are drawn when that part begins."""
    cycle = count * SECONDS
    rules = [f".level,.strokes path{{animation-duration:{cycle:g}s;animation-iteration-count:infinite;animation-fill-mode:backwards}}"]
    for number in range(count):
        begin = 100 * number / count
        drawn, shown = begin + 100 * _DRAW / cycle, begin + 100 * _FADE / cycle
        end = 100 * (number + 1) / count
        leave = end - 100 * _FADE / cycle
        rules.append(f".l{number}{{animation-name:show{number}}}.l{number} .strokes path{{animation-name:draw{number}}}")
        before = f"0%,{begin:.3f}%" if number else "0%"
        after = f"{end:.3f}%,100%" if number < count - 1 else "100%"
        rules.append(f"@keyframes show{number}{{{before}{{opacity:0}}{shown:.3f}%,{leave:.3f}%{{opacity:1}}{after}{{opacity:0}}}}")
        # Dashes of 1 with gaps of 1.2 along a path of length 1: at offset 1.1 all of it lies in a gap, and no round cap shows a dot.
        rules.append(
            f"@keyframes draw{number}{{{before}{{stroke-dasharray:1 1.2;stroke-dashoffset:1.1;animation-timing-function:ease-in-out}}"
            f"{drawn:.3f}%,100%{{stroke-dasharray:1 1.2;stroke-dashoffset:0}}}}"
        )
    return "@media (prefers-reduced-motion:no-preference){" + "".join(rules) + "}"


def _group(level: Level, number: int) -> str:
    hidden = "" if number == 0 else ' opacity="0"'
    step = _STAGGER / max(level.strokes - 1, 1)
    paths = "".join(
        f'<path pathLength="1" style="animation-delay:{order * step:.2f}s" d="{path_data(stroke.points, digits=2)}"/>\n'
        for order, stroke in enumerate(level.sketch.strokes)
    )
    line = set_line(count_text(level), "italic", tracking=0.01)
    caption = line.path_data((CANVAS - line.width * _LETTER) / 2, CANVAS + 4, _LETTER)
    return (
        f'<g class="level l{number}"{hidden}>\n<g class="strokes" fill="none" stroke="{_hex(INK)}" stroke-width="{STROKE_WIDTH:g}" '
        f'stroke-linecap="round">\n{paths}</g>\n<g fill="{_hex(INK)}" fill-opacity=".72"><path d="{caption}"/></g>\n</g>\n'
    )


def _hex(color: Color) -> str:
    return "#" + "".join(f"{value:02x}" for value in color)
