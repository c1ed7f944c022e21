"""How the strokes of one drawing become those of the next: pure geometry of cubic Bezier curves.

Knows splitting, orientation and the ways of kept, joined, leaving and entering strokes; numpy only. Knows neither time (a change is asked
for its state at a progress from 0 to 1) nor pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from picasso_series.inking import Curves, Strokes, through
from picasso_series.levels import Lineage
from picasso_series.strokes import EVEN, Sketch, along, bernstein, length, sub_curve

PLACES = 33
"""Points, evenly spaced along a stroke, that are followed while it moves."""

STRAY = 0.03
"""How far a point of a stroke may leave its straight way for the sake of the stroke's shape, in sides of the square."""

_THIN = 0.02
"""Length, in sides of the square, below which a leaving stroke also grows thinner, so that no dot pops at its end."""
_DEPARTURE, _LAST_DEPARTURE = 0.5, 0.3
"""How long a stroke takes to leave, and when the last one begins to, as shares of a change."""
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
    cuts = parameters_at(points, _ends(shares))
    return np.stack([sub_curve(points, a, b) for a, b in zip(cuts[:-1], cuts[1:], strict=True)])


def places(points: ArrayLike) -> NDArray[np.float64]:
    """``PLACES`` points (PLACES, 2) evenly spaced along one cubic: its shape, whatever the pace of its parameter."""
    return np.asarray(bernstein(parameters_at(points, np.linspace(0, 1, PLACES))) @ np.asarray(points, np.float64), np.float64)


def oriented(points: ArrayLike, target: ArrayLike) -> Curves:
    """The curve ``points``, drawn from the end that makes its way to ``target`` the shorter: nothing flips on the way."""
    direct, goal = np.asarray(points, np.float64), places(target)
    here = places(direct)
    return direct if ((here - goal) ** 2).sum() <= ((here[::-1] - goal) ** 2).sum() else direct[::-1]


def flow(members: Sequence[ArrayLike], target: ArrayLike) -> tuple[Curves, NDArray[np.float64]]:
    """The pieces (m, 4, 2) of ``target`` into which joined strokes flow, one each in the members' order, and their spans (m, 2) on it.

    The members stand along the target by the parameters nearest to their middles, and each gets a part of its length proportionate to
    its own, so that all pieces together are the target exactly.
    """
    sizes = np.array([length(member) for member in members])
    shares = np.maximum(sizes, _SHORTEST_SHARE * max(float(sizes.sum()), 1e-9))
    curve = bernstein(EVEN) @ np.asarray(target, np.float64)
    nearest = [
        float(np.linalg.norm((bernstein(np.linspace(0, 1, 9)) @ np.asarray(m, np.float64))[:, None] - curve, axis=2).argmin(axis=1).mean())
        for m in members
    ]
    order = np.argsort(nearest, kind="stable")
    back = np.argsort(order)
    ends = _ends(shares[order])
    return split(target, shares[order])[back], np.stack([ends[:-1], ends[1:]], axis=1)[back]


def partly_drawn(curves: ArrayLike, drawn: ArrayLike, anchors: ArrayLike = 0.0) -> Strokes:
    """Strokes of which only a part of the arc length is there.

    Args:
        curves: control points (m, 4, 2).
        drawn: in [0, 1], one or (m,): the part of each that is drawn; a stroke at 0 is left out.
        anchors: one or (m,), the place along the stroke that is there first: 0 its start, 1 its end.
    """
    whole = np.asarray(curves, np.float64).reshape(-1, 4, 2)
    parts, widths, spans = [], [], []
    for points, part, anchor in zip(whole, *(np.broadcast_to(np.asarray(a, float), len(whole)) for a in (drawn, anchors)), strict=True):
        if part <= 0:
            continue
        fractions = (anchor * (1 - part), anchor + (1 - anchor) * part)
        parts.append(sub_curve(points, *parameters_at(points, fractions)) if part < 1 else points)
        spans.append(fractions)
        # A round cap leaves a dot as wide as the stroke however short it gets: let the last bit shrink to nothing.
        widths.append(1.0 if part >= 1 else min(1.0, part * max(length(points) / _THIN, 2.0)))
    return Strokes(np.array(parts).reshape(-1, 4, 2), np.array(widths), np.array(spans).reshape(-1, 2))


@dataclass(frozen=True, eq=False)
class Motion:
    """Strokes on their way from one shape to another, as shapes and not as clouds of points.

    A shape is its middle, the lengths of its ``PLACES - 1`` chords and their directions; each goes evenly from start to end. So a
    turning stroke turns, a bending one bends, and on the way none is ever longer, shorter or more bent than its start and its end allow
    (Sederberg et al., "2-D shape blending: an intrinsic solution to the vertex path problem", SIGGRAPH 1993). Where a stroke becomes
    a very different one, that would swing its ends far out: it then follows the shapes only so far that no point is more than
    ``STRAY`` from its straight way.

    Attributes:
        start, end: places (m, PLACES, 2) along the strokes at progress 0 and 1, oriented alike.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]

    def at(self, moved: float) -> NDArray[np.float64]:
        """The places (m, PLACES, 2) at a progress in [0, 1]."""
        if moved <= 0 or moved >= 1:
            return self.start if moved <= 0 else self.end
        return self._straight(moved) + self._trust[:, None, None] * (self._shapes(moved) - self._straight(moved))

    def _straight(self, moved: float) -> NDArray[np.float64]:
        """Every place on the straight line from its start to its end."""
        return (1 - moved) * self.start + moved * self.end

    def _shapes(self, moved: float) -> NDArray[np.float64]:
        """The shapes between start and end."""
        (from_size, from_turn), (to_size, turned) = self._chords
        size, turn = (1 - moved) * from_size + moved * to_size, from_turn + moved * turned
        steps = size[..., None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
        shape = np.concatenate([np.zeros((len(steps), 1, 2)), np.cumsum(steps, axis=1)], axis=1)
        middle = (1 - moved) * self.start.mean(axis=1) + moved * self.end.mean(axis=1)
        return np.asarray(shape + (middle - shape.mean(axis=1))[:, None], np.float64)

    @cached_property
    def _trust(self) -> NDArray[np.float64]:
        """How far (m,) each stroke follows the shapes rather than straight lines, 0 to 1."""
        away = [np.linalg.norm(self._shapes(u) - self._straight(u), axis=-1).max(axis=1, initial=0.0) for u in np.linspace(0, 1, 11)]
        return np.asarray(np.minimum(1.0, STRAY / np.maximum(np.max(away, axis=0), 1e-12)), np.float64)

    @cached_property
    def _chords(self) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Lengths and directions (m, PLACES - 1) of the chords at the start; their lengths at the end and by what angle they turn."""
        from_size, from_turn = _polar(self.start)
        to_size, to_turn = _polar(self.end)
        # Neighbors turn alike, so that a cusp stays one; and all together turn by less than half a turn.
        turned = np.unwrap(to_turn - from_turn, axis=1)
        turned -= 2 * np.pi * np.round(turned.mean(axis=1, keepdims=True) / (2 * np.pi))
        return (from_size, from_turn), (to_size, turned)


@dataclass(frozen=True, eq=False)
class Change:
    """The way from one drawing to the next.

    Attributes:
        start, end: (m, 4, 2) each, the strokes that move, oriented alike. At progress 1 they cover the next drawing exactly.
        spans: (m, 2), the part of a stroke of the next drawing that each of them becomes.
        moving: (m,), which strokes of the drawing before they are.
        leaving: (k, 4, 2), strokes that draw back along themselves to their start, the end that is nearer to the drawing.
        left: (k,), which strokes those are.
        entering: (j, 4, 2), strokes without ancestors, which grow out of the drawing.
    """

    start: Curves
    end: Curves
    spans: NDArray[np.float64]
    moving: tuple[int, ...]
    leaving: Curves
    left: tuple[int, ...]
    entering: Curves

    @property
    def departures(self) -> NDArray[np.float64]:
        """When each leaving stroke begins and ends to go, (k, 2) in shares of the change's time: the least salient goes first."""
        begins = np.linspace(_LAST_DEPARTURE, 0, len(self.left)) if len(self.left) > 1 else np.zeros(len(self.left))
        return np.stack([begins, begins + _DEPARTURE], axis=1)

    def at(self, moved: float, left: ArrayLike) -> Strokes:
        """What is drawn when the moving strokes are at progress ``moved`` and the leaving ones at ``left``, one or (k,), all in [0, 1]."""
        chains = through(self._motion.at(moved))
        moving = Strokes(chains, np.ones(len(chains)), self.spans_at(moved))
        return Strokes.together([moving, partly_drawn(self.leaving, 1 - np.asarray(left)), partly_drawn(self.entering, moved)])

    def spans_at(self, moved: float) -> NDArray[np.float64]:
        """The spans (m, 2) of the moving strokes at a progress in [0, 1]."""
        return (1 - moved) * np.array([0.0, 1.0]) + moved * self.spans

    def cubics(self, moved: float) -> Curves:
        """The moving strokes at a progress in [0, 1] as single cubics (m, 4, 2): exact at both ends, the nearest in between."""
        shapes = self._motion.at(moved)
        even = np.linspace(0, 1, PLACES)
        fitted = []
        for start, end, shape in zip(self.start, self.end, shapes, strict=True):
            basis = bernstein((1 - moved) * parameters_at(start, even) + moved * parameters_at(end, even))
            outer = basis[:, [0, 3]] @ shape[[0, -1]]
            inner = np.linalg.lstsq(basis[:, 1:3], shape - outer, rcond=None)[0]
            fitted.append(np.stack([shape[0], *inner, shape[-1]]))
        return np.array(fitted).reshape(-1, 4, 2)

    @cached_property
    def _motion(self) -> Motion:
        return Motion(*(np.array([places(curve) for curve in curves]).reshape(-1, PLACES, 2) for curves in (self.start, self.end)))


def change(before: Sketch, after: Sketch, lineage: Lineage) -> Change:
    """Plan how ``before`` becomes ``after``: kept strokes move, joined ones flow into their parts of the survivor, the others leave."""
    start: list[Curves] = []
    end: list[Curves] = []
    spans, moving, fresh = [np.zeros((0, 2))], [], []
    for stroke in after.strokes:
        ancestors = [i for i in (stroke.id, *lineage.joined.get(stroke.id, ())) if i in before.ids]
        if not ancestors:
            fresh.append(stroke.points)
            continue
        members = [before[i].points for i in ancestors]
        pieces, parts = flow(members, stroke.points)
        start += [oriented(member, piece) for member, piece in zip(members, pieces, strict=True)]
        end += list(pieces)
        spans.append(parts)
        moving += ancestors
    gone = tuple(i for i in before.ids if i not in moving)
    return Change(
        _curves(start),
        _curves(end),
        np.concatenate(spans),
        tuple(moving),
        _rooted([before[i].points for i in gone], _curves(end)),
        gone,
        _rooted(fresh, _curves(start)),
    )


def _curves(parts: Iterable[ArrayLike]) -> Curves:
    return np.array([np.asarray(part, np.float64) for part in parts]).reshape(-1, 4, 2)


def _rooted(curves: Iterable[ArrayLike], others: Curves) -> Curves:
    """Curves (m, 4, 2), each drawn from the end that is nearer to ``others`` (k, 4, 2)."""
    ink = (bernstein(EVEN) @ others).reshape(-1, 2)
    rooted = []
    for points in curves:
        curve = np.asarray(points, np.float64)
        if len(ink):
            first, last = (float(np.linalg.norm(ink - curve[end], axis=1).min()) for end in (0, -1))
            curve = curve[::-1] if last < first else curve
        rooted.append(curve)
    return _curves(rooted)


def _polar(shape: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lengths and directions (m, q - 1) of the chords of polylines (m, q, 2)."""
    chords = np.diff(shape, axis=1)
    return np.linalg.norm(chords, axis=-1), np.arctan2(chords[..., 1], chords[..., 0])


def _ends(shares: ArrayLike) -> NDArray[np.float64]:
    """Where pieces with these shares begin and end, from exactly 0 to exactly 1."""
    ends = np.concatenate([[0.0], np.cumsum(shares) / np.sum(shares)])
    ends[-1] = 1.0
    return np.asarray(ends, np.float64)
