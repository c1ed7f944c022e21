"""Curves as SVG path data in few characters, for files that hold hundreds of shapes.

Knows the grammar of path data: relative coordinates in tenths, smooth curves without their first handles, half circles as arcs, and no
character that a reader can do without. Shapes with equally many curves have the same commands, so that players can go from one to another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from picasso_series.lettering import Line

Chain = NDArray[np.float64]
"""A chain of cubics (3 k + 1, 2)."""

_STEPS = 10
"""Of a unit: all coordinates are whole numbers of them."""


def line_data(chain: Chain) -> str:
    """A smooth chain of cubics in user units; where two meet, their handles point to opposite sides and are equally long."""
    points = _whole(chain)
    return f"M{_numbers(points[0])}{_smooth(points)}"


def outline_data(outline: Chain) -> str:
    """A closed outline of :func:`picasso_series.inking.outlines` in user units."""
    points, pieces = _whole(outline), (len(outline) - 13) // 6
    there, back = points[: 3 * pieces + 1], points[3 * pieces + 6 : -6]
    return f"M{_numbers(points[0])}{_smooth(there)}{_cap(there[-1], back[0])}{_smooth(back)}{_cap(back[-1], points[-1])}Z"


def letters_data(line: Line, x: float, y: float, size: float) -> str:
    """A line of text in user units, its baseline's start at (x, y) and its em ``size``."""
    parts, pen = [], np.zeros(2, np.int64)
    for verb, values in line.commands:
        points = _whole(np.array(values, np.float64).reshape(-1, 2) * size + (x, y))
        # Letters stand far apart: each begins at a place of its own.
        parts.append(verb if verb in "MZ" else verb.lower())
        parts.append(_numbers((points if verb == "M" else points - pen).ravel()))
        pen = points[-1] if len(points) else pen
    return "".join(parts)


def decimal(value: float, digits: int) -> str:
    """A number with at most so many decimals, and no zeros that say nothing."""
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else "0" if text == "-0" else text


def _whole(chain: Chain) -> NDArray[np.int64]:
    return np.asarray(np.rint(chain * _STEPS), np.int64)


def _smooth(points: NDArray[np.int64]) -> str:
    legs = np.concatenate([points[i + 1 : i + 4] - points[i] for i in range(0, len(points) - 1, 3)])
    first, others = legs[:3], legs[3:].reshape(-1, 3, 2)[:, 1:]
    return f"c{_numbers(first.ravel())}" + (f"s{_numbers(others.ravel())}" if len(others) else "")


def _cap(begin: NDArray[np.int64], end: NDArray[np.int64]) -> str:
    """A half circle; a radius that is a little too small grows by itself."""
    radius = int(np.linalg.norm(end - begin) / 2) or 1
    return f"a{_numbers([radius, radius])} 0 0 0{_joined([_tenths(int(v)) for v in end - begin], after='0')}"


def _numbers(values: Iterable[int]) -> str:
    return _joined([_tenths(int(value)) for value in values])


def _tenths(value: int) -> str:
    return decimal(value / _STEPS, 1)


def _joined(texts: Iterable[str], after: str = "") -> str:
    return "".join(_parted(texts, after))


def _parted(texts: Iterable[str], before: str) -> Iterator[str]:
    """Numbers with a space where one would run into the next: a sign begins a number, and a second point does too."""
    for text in texts:
        runs_on = before and not (text.startswith("-") or (text.startswith(".") and "." in before))
        yield f" {text}" if runs_on else text
        before = text
