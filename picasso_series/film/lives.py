"""What each path of an animated drawing does in its time: the films' stories as lives of single strokes.

Knows when a stroke is drawn, bends, joins and leaves; knows no CSS and no SVG. A player that interpolates a path's control points from one
moment to the next shows the same film as ``stories`` does frame by frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from picasso_series.film.morph import Change, change
from picasso_series.film.pen import plan_pen
from picasso_series.film.stories import DRAW_ON, LAST_HOLD, LEVEL_HOLD, MORPH, SERIES_MOST, Telling, pen_seconds
from picasso_series.film.timeline import between, ease
from picasso_series.levels import Level, Series

RETRACT = 0.7
"""Seconds in which the last drawing goes before the film begins again."""

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
        drawn: the part of its length that is there, from its start.
        pace: how it goes from here to the next moment: "even", "eased" (slow at both ends), "starting" (slow at first) or "stopping".
    """

    time: float
    curve: NDArray[np.float64]
    span: NDArray[np.float64]
    drawn: float
    pace: str = "even"


@dataclass(frozen=True)
class Life:
    """One path: a stroke of the level with this index, and its moments in turn; before the first and after the last it stays as it is."""

    level: int
    moments: tuple[Moment, ...]

    @property
    def bends(self) -> bool:
        """Whether its shape changes."""
        return any(moment.curve is not self.moments[0].curve for moment in self.moments)


@dataclass(frozen=True)
class Score:
    """An animated drawing.

    Attributes:
        lives: all paths, by level and in drawing order.
        windows: (begin, end) in seconds, when each level's paths are there.
        words: (begin, end) in seconds, when each level's words are there: they change in the middle of a change.
        seconds: how long it takes once.
        direction: "normal", "reverse" or "alternate", as CSS names it.
        repeats: how often it is played, None for endlessly.
    """

    lives: tuple[Life, ...]
    windows: tuple[tuple[float, float], ...]
    words: tuple[tuple[float, float], ...]
    seconds: float
    direction: str = "normal"
    repeats: int | None = None


def series_score(series: Series, telling: Telling) -> Score:
    """The first drawing draws itself and becomes the others in turn.

    The story "grow" is this one backward, "pingpong" there and back. What does not loop ends with a drawing and not with a blank sheet.
    """
    levels = series.levels
    changes = [change(a.sketch, b.sketch, b.lineage) for a, b in pairwise(levels)]
    pace = between([MORPH + LEVEL_HOLD] * len(changes), 0, SERIES_MOST)
    draws_on = telling.loop or telling.story == "simplify"
    clock = DRAW_ON if draws_on else 0.0
    windows, turns = [], []
    begin = 0.0
    for _ in changes:
        clock += LEVEL_HOLD * pace
        turns.append(clock)
        clock += MORPH * pace
        windows.append((begin, clock))
        begin = clock
    clock += LAST_HOLD
    goes = telling.story == "grow" or (telling.loop and telling.story == "simplify")
    end = clock + (RETRACT if goes else 0.0)
    windows.append((begin, end))
    lives: list[Life] = []
    for number, level in enumerate(levels):
        begins = _stagger(level, 0.0, DRAW_ON) if number == 0 and draws_on else {}
        if number < len(changes):
            lives += _changing(number, level, changes[number], turns[number], MORPH * pace, begins)
        else:
            lives += _last(number, level, begins, clock if goes else None)
    direction = {"simplify": "normal", "grow": "reverse", "pingpong": "alternate"}[telling.story]
    repeats = None if telling.loop else 2 if telling.story == "pingpong" else 1
    middles = [0.0, *(turn + 0.5 * MORPH * pace for turn in turns), end]
    return Score(tuple(lives), tuple(windows), tuple(pairwise(middles)), end, direction, repeats)


def pen_score(level: Level, telling: Telling) -> Score:
    """The drawing from the blank sheet at the pace of a pen."""
    plan = plan_pen(level.sketch.points)
    seconds = pen_seconds(plan)
    end = 0.3 + seconds + LAST_HOLD
    lives = []
    for curve, begin, done in zip(plan.curves, 0.3 + seconds * plan.begins, 0.3 + seconds * plan.ends, strict=True):
        moments = [Moment(float(begin), curve, _WHOLE, 0.0, "eased"), Moment(float(done), curve, _WHOLE, 1.0)]
        if telling.loop:
            moments += [Moment(end, curve, _WHOLE, 1.0, "eased"), Moment(end + RETRACT, curve, _WHOLE, 0.0)]
        lives.append(Life(0, tuple(moments)))
    total = end + (RETRACT if telling.loop else 0.0)
    return Score(tuple(lives), ((0.0, total),), ((0.3 + seconds, total),), total, repeats=None if telling.loop else 1)


def _changing(number: int, level: Level, plan: Change, turn: float, seconds: float, begins: dict[int, tuple[float, float]]) -> list[Life]:
    """The strokes of a level that is not the last, in drawing order, and those of the next that come out of none of them."""
    found: dict[int, Life] = {}
    shapes = [plan.cubics(ease(u)) for u in _QUARTERS]
    spans = [plan.spans_at(ease(u)) for u in _QUARTERS]
    for row, stroke in enumerate(plan.moving):
        bending = [
            Moment(turn + u * seconds, shape[row], span[row], 1.0, pace)
            for u, shape, span, pace in zip(_QUARTERS, shapes, spans, _PACES, strict=True)
        ]
        found[stroke] = Life(number, (*_coming(plan.start[row], begins.get(stroke)), *bending))
    for stroke, curve in zip(plan.left, plan.leaving, strict=True):
        going = (Moment(turn, curve, _WHOLE, 1.0, "eased"), Moment(turn + 0.75 * seconds, curve, _WHOLE, 0.0))
        found[stroke] = Life(number, (*_coming(curve, begins.get(stroke)), *going))
    fresh = [Life(number, _coming(curve, (turn, turn + seconds))) for curve in plan.entering]
    return [*(found[stroke] for stroke in level.sketch.ids), *fresh]


def _last(number: int, level: Level, begins: dict[int, tuple[float, float]], goes: float | None) -> list[Life]:
    """The strokes of the last level, which go when the time ``goes`` has come."""
    lives = []
    ways = _stagger(level, goes or 0.0, RETRACT)
    for stroke in level.sketch.strokes:
        curve = stroke.points.astype(np.float64)
        begin, end = ways[stroke.id]
        going = () if goes is None else (Moment(begin, curve, _WHOLE, 1.0, "eased"), Moment(end, curve, _WHOLE, 0.0))
        rest = () if going or stroke.id in begins else (Moment(0.0, curve, _WHOLE, 1.0),)
        lives.append(Life(number, (*_coming(curve, begins.get(stroke.id)), *rest, *going)))
    return lives


def _coming(curve: NDArray[np.float64], way: tuple[float, float] | None) -> tuple[Moment, ...]:
    """The moments in which a stroke is drawn from ``way``'s begin to its end."""
    if way is None:
        return ()
    return Moment(way[0], curve, _WHOLE, 0.0, "eased"), Moment(way[1], curve, _WHOLE, 1.0)


def _stagger(level: Level, begin: float, seconds: float) -> dict[int, tuple[float, float]]:
    """When each stroke of a level begins and ends, one shortly after the other, the most salient first."""
    ids: Sequence[int] = level.sketch.ids
    delays = np.linspace(0, 0.45, len(ids)) if len(ids) > 1 else np.zeros(len(ids))
    return {i: (begin + float(delay) * seconds, begin + (float(delay) + 0.55) * seconds) for i, delay in zip(ids, delays, strict=True)}
