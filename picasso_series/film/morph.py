"""How the strokes of one drawing become those of the next: pure geometry of cubic Bezier curves.

Knows splitting, orientation and the moves of kept, joined, leaving and entering strokes; numpy only. Knows neither time (a move is asked
for its state at a progress from 0 to 1) nor pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from picasso_series.levels import Lineage
from picasso_series.strokes import EVEN, Sketch, along, bernstein, length, sub_curve

Curves = NDArray[np.float64]
"""Control points, (m, 4, 2) or (4, 2) for one curve, in the unit square."""

_THIN = 0.02
"""Length, in sides of the square, below which a leaving stroke also grows thinner, so that no dot pops at its end."""
_SHORTEST_SHARE = 0.04
"""Least part of a join's curve that a joined stroke flows into, so that none becomes a point."""


def parameters_at(points: ArrayLike, fractions: ArrayLike) -> NDArray[np.float64]:
    """Parameters of one cubic at these fractions of its arc length, exactly 0 and 1 at the ends."""
    fractions = np.asarray(fractions, np.float64)
    lengths = along(points)
    if lengths[-1] < 1e-9:
        return fractions
    return np.asarray(np.interp(fractions * lengths[-1], lengths, EVEN), np.float64)


def split(points: ArrayLike, shares: Sequence[float]) -> Curves:
    """Cut one cubic into consecutive pieces (m, 4, 2) whose arc lengths are proportionate to ``shares`` (positive)."""
    ends = np.concatenate([[0.0], np.cumsum(shares) / np.sum(shares)])
    ends[-1] = 1.0
    cuts = parameters_at(points, ends)
    return np.stack([sub_curve(points, a, b) for a, b in zip(cuts[:-1], cuts[1:], strict=True)])


def oriented(points: ArrayLike, target: ArrayLike) -> Curves:
    """The curve ``points``, drawn from the end that brings its control points nearest to those of ``target``: nothing flips on the way."""
    direct, goal = np.asarray(points, np.float64), np.asarray(target, np.float64)
    backward = direct[::-1]
    return direct if ((direct - goal) ** 2).sum() <= ((backward - goal) ** 2).sum() else backward


def flow(members: Sequence[ArrayLike], target: ArrayLike) -> Curves:
    """The pieces (m, 4, 2) of ``target`` into which joined strokes flow: one each, in the members' order.

    The members stand along the target by the parameters nearest to their middles, and each gets a part of its length proportionate to
    its own, so that all pieces together are the target exactly.
    """
    sizes = np.array([length(member) for member in members])
    shares = np.maximum(sizes, _SHORTEST_SHARE * max(float(sizes.sum()), 1e-9))
    curve = bernstein(EVEN) @ np.asarray(target, np.float64)
    places = [
        float(np.linalg.norm((bernstein(np.linspace(0, 1, 9)) @ np.asarray(m, np.float64))[:, None] - curve, axis=2).argmin(axis=1).mean())
        for m in members
    ]
    order = np.argsort(places, kind="stable")
    pieces = split(target, shares[order])
    return pieces[np.argsort(order)]


@dataclass(frozen=True, eq=False)
class Strokes:
    """Curves to be inked: control points (m, 4, 2) in the unit square and widths (m,), 1 for a stroke's full width."""

    curves: Curves
    widths: NDArray[np.float64]

    @classmethod
    def of(cls, points: ArrayLike) -> Strokes:
        """Curves of full width."""
        curves = np.asarray(points, np.float64).reshape(-1, 4, 2)
        return cls(curves, np.ones(len(curves)))


def partly_drawn(curves: Curves, drawn: NDArray[np.float64], anchor: float) -> Strokes:
    """Curves of which only a part of the arc length is there.

    Args:
        curves: control points (m, 4, 2).
        drawn: (m,) in [0, 1], the part of each that is drawn; a stroke at 0 is left out.
        anchor: the place along the stroke that stays longest: 0 its start, 0.5 its middle.
    """
    parts, widths = [], []
    for points, part in zip(curves, drawn, strict=True):
        if part <= 0:
            continue
        fractions = [anchor * (1 - part), anchor + (1 - anchor) * part]
        parts.append(sub_curve(points, *parameters_at(points, fractions)) if part < 1 else np.asarray(points, np.float64))
        # A round cap leaves a dot as wide as the stroke however short it gets: let the last bit shrink to nothing.
        widths.append(1.0 if part >= 1 else min(1.0, part * max(length(points) / _THIN, 2.0)))
    return Strokes(np.array(parts).reshape(-1, 4, 2), np.array(widths))


@dataclass(frozen=True, eq=False)
class Change:
    """The way from one drawing to the next.

    Attributes:
        start, end: (m, 4, 2) each, curves that move, oriented alike. At progress 1 they cover the next drawing exactly.
        leaving: (k, 4, 2), strokes that retract to their middles.
        entering: (j, 4, 2), strokes without ancestors, which grow from their middles.
    """

    start: Curves
    end: Curves
    leaving: Curves
    entering: Curves

    def at(self, moved: float, left: float) -> Strokes:
        """What is drawn when the moving strokes are at progress ``moved`` and the leaving ones at ``left``, both in [0, 1]."""
        moving = Strokes.of((1 - moved) * self.start + moved * self.end)
        leaving = partly_drawn(self.leaving, np.full(len(self.leaving), 1 - left), anchor=0.5)
        entering = partly_drawn(self.entering, np.full(len(self.entering), moved), anchor=0.5)
        together = (moving, leaving, entering)
        return Strokes(np.concatenate([s.curves for s in together]), np.concatenate([s.widths for s in together]))


def change(before: Sketch, after: Sketch, lineage: Lineage) -> Change:
    """Plan how ``before`` becomes ``after``: kept strokes move, joined ones flow into their parts of the survivor, the others leave."""
    start, end = [], []
    old, gone = set(before.ids), set(before.ids)
    fresh = []
    for stroke in after.strokes:
        ancestors = [i for i in (stroke.id, *lineage.joined.get(stroke.id, ())) if i in old]
        gone -= set(ancestors)
        if not ancestors:
            fresh.append(stroke.points)
            continue
        members = [before[i].points for i in ancestors]
        for member, piece in zip(members, flow(members, stroke.points), strict=True):
            start.append(oriented(member, piece))
            end.append(piece)
    leaving = [stroke.points for stroke in before.strokes if stroke.id in gone]
    return Change(*(np.array(part, np.float64).reshape(-1, 4, 2) for part in (start, end, leaving, fresh)))
