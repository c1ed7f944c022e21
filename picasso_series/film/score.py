"""What every part of an animated drawing does in its time: the films' stories as lives of single strokes.

Knows when a stroke is drawn, bends, joins and leaves, and when photo, outline and words are there; knows no CSS and no SVG. A player that
interpolates a path's control points from one moment to the next shows the same film as ``stories`` does frame by frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from picasso_series.film.morph import Change
from picasso_series.film.timeline import ease
from picasso_series.levels import Level

Curve = NDArray[np.float64]
"""Control points (4, 2) in the unit square."""

_QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
_PACES = ("starting", "even", "even", "stopping", "even")
"""Times of a bend's moments and how it goes on from each: together a half cosine."""
_WHOLE = np.array([0.0, 1.0])


@dataclass(frozen=True, eq=False)
class Moment:
    """A stroke at one time.

    Attributes:
        time: seconds after the beginning.
        curve: its shape (4, 2).
        span: (2,), the part of a stroke's profile along which it lies.
        drawn: the part of its length that is there.
        anchor: the place along the stroke that is there first: 0 its start, 1 its end.
        pace: how it goes from here to the next moment: "even", "eased" (slow at both ends), "starting" (slow at first) or "stopping".
    """

    time: float
    curve: Curve
    span: NDArray[np.float64]
    drawn: float = 1.0
    anchor: float = 0.0
    pace: str = "even"


@dataclass(frozen=True, eq=False)
class Life:
    """One path. Before its first moment and after its last it stays as it is.

    Attributes:
        level: the index of its stroke's level.
        own: the stroke as the finished drawing has it.
        moments: what becomes of it, in turn.
    """

    level: int
    own: Curve
    moments: tuple[Moment, ...]

    @property
    def bends(self) -> bool:
        """Whether its shape changes."""
        return any(moment.curve is not self.moments[0].curve for moment in self.moments)


@dataclass(frozen=True)
class Stay:
    """Something is there from ``begin`` to ``end``; it comes and goes within it, in ``rise`` and ``fall`` seconds, both eased."""

    begin: float
    end: float
    rise: float = 0.0
    fall: float = 0.0


@dataclass(frozen=True)
class Overture:
    """The photo and its outline before the first drawing, and the photo's return.

    Attributes:
        photo: (time, opacity) in turn, eased in between.
        outline: seconds when the outline begins to run, is whole, and is gone again; None without one.
    """

    photo: tuple[tuple[float, float], ...]
    outline: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Score:
    """An animated drawing.

    Attributes:
        lives: all paths, by level and in drawing order.
        drawings, words: when each level's paths and words are there.
        seconds: how long it takes once.
        direction: "normal", "reverse" or "alternate", as CSS names it.
        repeats: how often it is played, None for endlessly.
        overture: what comes before the drawings, if anything does.
    """

    lives: tuple[Life, ...]
    drawings: tuple[Stay, ...]
    words: tuple[Stay, ...]
    seconds: float
    direction: str = "normal"
    repeats: int | None = None
    overture: Overture | None = None


def in_turn(level: Level, begin: float, seconds: float) -> dict[int, tuple[float, float]]:
    """When each stroke of a level begins and ends, one shortly after the other, the most salient first."""
    ids: Sequence[int] = level.sketch.ids
    delays = np.linspace(0, 0.45, len(ids)) if len(ids) > 1 else np.zeros(len(ids))
    return {i: (begin + float(delay) * seconds, begin + (float(delay) + 0.55) * seconds) for i, delay in zip(ids, delays, strict=True)}


def rest(curve: Curve, time: float = 0.0) -> Moment:
    """A stroke that is whole."""
    return Moment(time, curve, _WHOLE)


def coming(curve: Curve, way: tuple[float, float] | None, anchor: float = 0.0) -> tuple[Moment, ...]:
    """The moments in which a stroke is drawn from ``way``'s begin to its end; none without a way."""
    if way is None:
        return ()
    return Moment(way[0], curve, _WHOLE, 0.0, anchor, "eased"), Moment(way[1], curve, _WHOLE, 1.0, anchor)


def changing(
    number: int, level: Level, plan: Change, turn: float, seconds: float, before: dict[int, tuple[Moment, ...]] | None = None
) -> list[Life]:
    """The strokes of a level that is not the last, in drawing order, and those of the next that come out of none of them.

    Args:
        number: the level's index.
        level: the level.
        plan: how its drawing becomes the next.
        turn: when the change begins.
        seconds: how long it takes.
        before: what each stroke, by its id, does until then.
    """
    before, found = before or {}, {}
    shapes = [plan.cubics(ease(u)) for u in _QUARTERS]
    spans = [plan.spans_at(ease(u)) for u in _QUARTERS]
    points = {stroke.id: stroke.points for stroke in level.sketch.strokes}
    for row, stroke in enumerate(plan.moving):
        curve = plan.start[row]
        bending = [
            Moment(turn + u * seconds, shape[row] if u else curve, span[row], pace=pace)
            for u, shape, span, pace in zip(_QUARTERS, shapes, spans, _PACES, strict=True)
        ]
        found[stroke] = Life(number, curve, (*_as_drawn(before.get(stroke, ()), curve, points[stroke]), *bending))
    for stroke, curve, (begins, ends) in zip(plan.left, plan.leaving, turn + seconds * plan.departures, strict=True):
        going = (Moment(begins, curve, _WHOLE, pace="eased"), Moment(ends, curve, _WHOLE, 0.0))
        found[stroke] = Life(number, curve, (*_as_drawn(before.get(stroke, ()), curve, points[stroke]), *going))
    fresh = [Life(number, curve, coming(curve, (turn, turn + seconds))) for curve in plan.entering]
    return [*(found[stroke] for stroke in level.sketch.ids), *fresh]


def _as_drawn(moments: Sequence[Moment], curve: Curve, points: NDArray[np.float32]) -> list[Moment]:
    """Moments of a stroke, told from the end from which a change begins ``curve``, which may be the other one."""
    turned = bool(np.abs(curve - points).max() > np.abs(curve - points[::-1]).max())
    last = moments[-1].curve if moments else curve
    told = []
    for moment in moments:
        # A shape that does not change stays one object: so a life knows that it does not bend.
        shape = curve if moment.curve is last else moment.curve[::-1] if turned else moment.curve
        told.append(Moment(moment.time, shape, moment.span, moment.drawn, 1 - moment.anchor if turned else moment.anchor, moment.pace))
    return told
