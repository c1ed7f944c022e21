"""Drawings for a pen plotter: an SVG in millimeters, each stroke a line that the pen draws once.

Knows how states stand on a sheet, their numerals in lines, layers as Inkscape and plotters' programs read them, and the order that
keeps the pen's ways in the air short. Knows no looks and no runs: ink, paper and width are those of the pen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from picasso_series.errors import UsageError
from picasso_series.film.timeline import count_text
from picasso_series.lettering import roman
from picasso_series.levels import Level
from picasso_series.paper import Box, Grid, Paper, best_grid
from picasso_series.plate import State
from picasso_series.svg import SVG_NAMESPACE, path_data
from picasso_series.travel import plan_tour

INKSCAPE_NAMESPACE = "http://www.inkscape.org/namespaces/inkscape"
LAYERS = ("levels", "pens")
"""What a layer holds: all of one level with its numeral, or all that one pen draws (the drawings, the numerals)."""

_COLORS = ("#000000", "#a02c2c", "#1f4e79", "#2e6b34", "#7a4b94", "#b5651d", "#00707a", "#6b6b6b")
"""Colors of the layers in turn, to tell them apart on screen; on paper the pen decides."""
_PEN_WIDTH = 0.4
"""Width of a line on screen, in millimeters."""

_MARGIN, _GAP, _FOOT = 0.09, 0.07, 0.085
"""Empty space around everything, between drawings, and below each for its numeral, as shares of the sheet's shorter side."""
_NUMERAL_TOP, _NUMERAL_HEIGHT = 0.042, 0.021
"""Where a numeral begins below its drawing, and how high it is, likewise."""
_LETTER_GAP = 0.4
_LEAST_SIDE = 0.1
"""Least width and height that is made room for, in sides of the square: a single straight line must not be blown up beyond measure."""

_LETTERS: dict[str, tuple[float, tuple[tuple[float, ...], ...]]] = {
    "I": (0.0, ((0, 0, 0, 1),)),
    "V": (0.7, ((0, 0, 0.35, 1), (0.35, 1, 0.7, 0))),
    "X": (0.7, ((0, 0, 0.7, 1), (0.7, 0, 0, 1))),
    "L": (0.5, ((0, 0, 0, 1), (0, 1, 0.5, 1))),
    "C": (0.7, ((0.7, 0.15, 0.4, -0.2, 0, 0, 0, 0.5), (0, 0.5, 0, 1, 0.4, 1.2, 0.7, 0.85))),
}
"""Roman letters for the numbers up to 256 as lines of a pen, (width, lines) at height 1: the two ends, or all four points of a cubic."""

Points = NDArray[np.float64]
"""Lines of the pen: control points (n, 4, 2), in millimeters."""


@dataclass(frozen=True, eq=False)
class Layer:
    """What is drawn in one go: a name and lines, in the order and direction in which they are drawn."""

    name: str
    lines: Points


def plotter_svg(states: Sequence[State], sheets: Sequence[Paper], title: str, layers: str = "levels") -> str:
    """The text of an SVG for a pen plotter.

    Args:
        states: the levels to draw, at least one, in the order of their numerals.
        sheets: the papers to choose from; the one that lets the drawings be largest is taken.
        title: what the drawing is called; it is not drawn.
        layers: one of ``LAYERS``.

    Raises:
        UsageError: ``layers`` is none of them.
        ValueError: there is no state or no sheet.
    """
    if layers not in LAYERS:
        raise UsageError(f"layers takes {' or '.join(LAYERS)}, not {layers!r}")
    if not (states and sheets):
        raise ValueError("a plot needs a level and a sheet")
    window = _window(states)
    sheet, grid = max(((sheet, _grid(len(states), sheet, window)) for sheet in sheets), key=lambda plan: plan[1].scale)
    drawings = [_placed(state.level, window, grid.scale, corner) for state, corner in zip(states, grid.cells, strict=True)]
    middle, below = grid.scale * window.width / 2, grid.scale * window.height + _NUMERAL_TOP * sheet.short
    numerals = [
        _numeral(state.number, (x + middle, y + below), _NUMERAL_HEIGHT * sheet.short)
        for state, (x, y) in zip(states, grid.cells, strict=True)
    ]
    if layers == "levels":
        parts = [(count_text(s.level), np.concatenate([d, n])) for s, d, n in zip(states, drawings, numerals, strict=True)]
    else:
        parts = [("drawings", np.concatenate(drawings)), ("numerals", np.concatenate(numerals))]
    size_mm = f'width="{sheet.width:g}mm" height="{sheet.height:g}mm" viewBox="0 0 {sheet.width:g} {sheet.height:g}"'
    groups = "".join(_group(number, layer) for number, layer in enumerate(_in_order(parts), start=1))
    return (
        f'<svg xmlns="{SVG_NAMESPACE}" xmlns:inkscape="{INKSCAPE_NAMESPACE}" {size_mm}>\n<title>{escape(title)}</title>\n{groups}</svg>\n'
    )


def _window(states: Sequence[State]) -> Box:
    """The part of the unit square that all strokes of all states fill."""
    bounds = np.array([stroke.bounds for state in states for stroke in state.level.sketch.strokes])
    (left, top), (right, bottom) = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    width, height = max(right - left, _LEAST_SIDE), max(bottom - top, _LEAST_SIDE)
    return Box((left + right - width) / 2, (top + bottom - height) / 2, width, height)


def _grid(count: int, sheet: Paper, window: Box) -> Grid:
    margin = _MARGIN * sheet.short
    box = Box(margin, margin, sheet.width - 2 * margin, sheet.height - 2 * margin)
    return best_grid(count, box, (window.width, window.height), _GAP * sheet.short, _FOOT * sheet.short)


def _placed(level: Level, window: Box, scale: float, corner: tuple[float, float]) -> Points:
    points: Points = (level.sketch.points.astype(np.float64) - (window.x, window.y)) * scale + corner
    return points


def _numeral(number: int, top: tuple[float, float], height: float) -> Points:
    """A Roman numeral centered below the point ``top``."""
    pen, lines = 0.0, []
    for letter in roman(number):
        width, parts = _LETTERS[letter]
        for part in parts:
            points = np.array(part, np.float64).reshape(-1, 2)
            if len(points) == 2:
                points = points[0] + np.linspace(0, 1, 4)[:, None] * (points[1] - points[0])
            lines.append(points + (pen, 0))
        pen += width + _LETTER_GAP
    placed: Points = (np.stack(lines) - ((pen - _LETTER_GAP) / 2, 0)) * height + top
    return placed


def _in_order(parts: Sequence[tuple[str, Points]]) -> Iterator[Layer]:
    """The layers, each ordered for a pen that stands where the layer before it ends, at first in the sheet's upper left corner."""
    pen = (0.0, 0.0)
    for name, lines in parts:
        tour = plan_tour(lines[:, [0, 3]], pen)
        ordered = np.where(tour.turned[:, None, None], lines[tour.order][:, ::-1], lines[tour.order])
        pen = (float(ordered[-1, 3, 0]), float(ordered[-1, 3, 1]))
        yield Layer(name, ordered)


def _group(number: int, layer: Layer) -> str:
    paths = "".join(f'<path d="{path_data(line, scale=1)}"/>\n' for line in layer.lines)
    style = f'fill="none" stroke="{_COLORS[(number - 1) % len(_COLORS)]}" stroke-width="{_PEN_WIDTH}" stroke-linecap="round"'
    label = f'inkscape:groupmode="layer" inkscape:label="{number} - {escape(layer.name)}"'
    return f'<g id="layer{number}" {label} {style} stroke-linejoin="round">\n{paths}</g>\n'
