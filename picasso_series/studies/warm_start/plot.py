"""The summary as a picture: losses above, differences below, a panel for each level, as one SVG without fonts or scripts from outside.

Knows where things stand on the plot; computes nothing of what it shows but scales.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

from picasso_series.studies.warm_start.arms import ARMS, CONTRASTS
from picasso_series.studies.warm_start.summary import Difference, Summary
from picasso_series.svg import SVG_NAMESPACE

_LABELS, _PANEL, _GAP, _ROW, _EDGE = 228.0, 178.0, 22.0, 26.0, 16.0
_TOP, _BETWEEN, _AXIS = 64.0, 74.0, 20.0
_INK, _GREY, _FAINT = "#1a1a1a", "#68665f", "#e4e1da"
_WARM, _COLD, _SHIPPED = "#b5452c", "#3b6c99", "#4c4a45"
_TICKS = 4


def plot_svg(summary: Summary) -> str:
    """The text of the plot's SVG."""
    levels = summary.levels
    width = _LABELS + len(levels) * (_PANEL + _GAP) + _EDGE
    second = _TOP + len(ARMS) * _ROW + _AXIS + _BETWEEN
    height = second + len(CONTRASTS) * _ROW + _AXIS + 2 * _EDGE
    body = [*_losses(summary), *(_differences(summary, second) if len(levels) > 1 else ())]
    title = f"Final loss by start, {len(summary.photos)} photos, {len(summary.seeds)} seeds"
    return (
        f'<svg xmlns="{SVG_NAMESPACE}" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img" '
        f'font-family="Helvetica, Arial, sans-serif" font-size="12" fill="{_INK}">\n<title>{escape(title)}</title>\n'
        f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def _losses(summary: Summary) -> Iterator[str]:
    yield _text(_EDGE, 24, "Final loss (lower is better): dots are photos, bars mean ± deviation over photos", size=14)
    for row, arm in enumerate(ARMS):
        yield _text(_EDGE, _middle(_TOP, row) + 4, arm.title)
    for column, strokes in enumerate(summary.levels):
        cells = {cell.arm: cell for cell in summary.cells if cell.strokes == strokes}
        values = [value for cell in cells.values() for value in cell.photos]
        spans = [cell.mean + sign * (cell.over_photos or 0.0) for cell in cells.values() for sign in (-1, 1)]
        axis = _Axis(_left(column), min(values + spans), max(values + spans))
        yield from axis.frame(_TOP, len(ARMS), f"{strokes} strokes")
        for row, arm in enumerate(ARMS):
            if arm in cells:
                cell = cells[arm]
                color = _SHIPPED if arm.shipped else _WARM if arm.warm else _COLD
                spread = cell.over_photos or 0.0
                yield from axis.marks(_middle(_TOP, row), cell.photos, (cell.mean - spread, cell.mean, cell.mean + spread), color)
            elif arm.warm:
                yield _text(_left(column) + _PANEL / 2, _middle(_TOP, row) + 4, "nothing to start from", _GREY, "middle", 10)


def _differences(summary: Summary, top: float) -> Iterator[str]:
    heading = "What each buys (left of the line it helps): differences paired by photo, bars mean and 95 % interval"
    yield _text(_EDGE, top - 40, heading, size=14)
    for row, contrast in enumerate(CONTRASTS):
        yield _text(_EDGE, _middle(top, row) + 4, contrast.question)
    for column, strokes in enumerate(summary.levels[1:], start=1):
        found = [difference for difference in summary.differences if difference.strokes == strokes]
        dots = [_paired(summary, difference) for difference in found]
        values = [value for photos in dots for value in photos]
        reach = max(map(abs, values)) or 1.0
        axis = _Axis(_left(column), -reach, reach)
        yield from axis.frame(top, len(CONTRASTS), f"{strokes} strokes")
        zero = axis.place(0.0)
        yield f'<path d="M{zero:.1f} {top:g}V{top + len(CONTRASTS) * _ROW:g}" stroke="{_GREY}"/>'
        for row, (difference, photos) in enumerate(zip(found, dots, strict=True)):
            low = difference.mean if difference.low is None else difference.low
            high = difference.mean if difference.high is None else difference.high
            color = _WARM if high < 0 else _COLD if low > 0 else _SHIPPED
            yield from axis.marks(_middle(top, row), photos, (low, difference.mean, high), color)


def _paired(summary: Summary, difference: Difference) -> list[float]:
    one, other = (summary.cell(arm, difference.strokes) for arm in (difference.contrast.arm, difference.contrast.against))
    return [] if one is None or other is None else [a - b for a, b in zip(one.photos, other.photos, strict=True)]


class _Axis:
    """A panel's horizontal axis: values from ``low`` to ``high`` within the panel that begins at ``left``."""

    def __init__(self, left: float, low: float, high: float) -> None:
        room = 0.06 * (high - low) or 0.01
        self._left, self._low, self._high = left, low - room, high + room

    def place(self, value: float) -> float:
        return self._left + _PANEL * (value - self._low) / (self._high - self._low)

    def frame(self, top: float, rows: int, caption: str) -> Iterator[str]:
        bottom = top + rows * _ROW
        yield _text(self._left + _PANEL / 2, top - 10, caption, _INK, "middle", 13)
        lines = "".join(f"M{self._left:g} {top + row * _ROW:g}h{_PANEL:g}" for row in range(rows + 1))
        yield f'<path d="{lines}" stroke="{_FAINT}" fill="none"/>'
        for tick in ticks(self._low, self._high):
            yield f'<path d="M{self.place(tick):.1f} {top:g}V{bottom + 4:g}" stroke="{_FAINT}"/>'
            yield _text(self.place(tick), bottom + 17, f"{tick:g}", _GREY, "middle", 10)

    def marks(self, y: float, dots: Sequence[float], bar: tuple[float, float, float], color: str) -> Iterator[str]:
        for value in dots:
            yield f'<circle cx="{self.place(value):.1f}" cy="{y:g}" r="2.6" fill="{color}" fill-opacity="0.3"/>'
        low, middle, high = map(self.place, bar)
        yield f'<path d="M{low:.1f} {y:g}H{high:.1f}" stroke="{color}" stroke-width="2"/>'
        yield f'<path d="M{middle:.1f} {y - 8:g}v16" stroke="{color}" stroke-width="3"/>'


def ticks(low: float, high: float) -> list[float]:
    """At most five round numbers between ``low`` and ``high``, evenly apart: steps of 1, 2 or 5 times a power of ten."""
    least = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(count * step, 12) for count in range(first, math.floor(high / step + 1e-9) + 1)]


def _left(column: int) -> float:
    return _LABELS + column * (_PANEL + _GAP)


def _middle(top: float, row: int) -> float:
    return top + (row + 0.5) * _ROW


def _text(x: float, y: float, text: str, color: str = _INK, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'
