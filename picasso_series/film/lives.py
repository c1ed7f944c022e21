"""The scores of the films: the abstraction, the optimization and a pen at work, for players that move vectors.

Knows the clock of each story, the one that ``stories`` has; what a stroke does in a change is known to ``score``.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from picasso_series.film import stories
from picasso_series.film.contour import outline
from picasso_series.film.morph import change
from picasso_series.film.pen import plan_pen
from picasso_series.film.score import Curve, Life, Moment, Overture, Score, Stay, changing, coming, in_turn, rest
from picasso_series.film.stories import Telling, pen_seconds, row_at, row_times, search_times
from picasso_series.film.timeline import between, glide
from picasso_series.levels import Level, Series
from picasso_series.strokes import CANVAS, Sketch

SEARCH_MOMENTS = 11
"""Shapes of a stroke that are known of its level's optimization, at even times."""

STRAY = 0.8 / CANVAS
"""How far a stroke may be from its way, in sides of the square, so that fewer of them need to be told."""


def score_of(kind: str, series: Series, telling: Telling) -> Score:
    """The score of a film of a kind of ``stories.KINDS``; the series has a level."""
    if kind == "draw-on":
        return pen_score(series.levels[0], telling)
    return series_score(series, telling) if kind == "series" else trajectory_score(series, telling)


def series_score(series: Series, telling: Telling) -> Score:
    """The photo's outline, the first drawing over it, and how it becomes the others in turn.

    The story "grow" is this one backward, "pingpong" there and back.
    """
    levels, simplifies = series.levels, telling.story == "simplify"
    plans = [change(a.sketch, b.sketch, b.lineage) for a, b in pairwise(levels)]
    pace = between([stories.MORPH + stories.LEVEL_HOLD] * len(plans), 0, stories.SERIES_MOST)
    hold = stories.END_HOLD if telling.story == "grow" and not telling.loop else stories.PHOTO_HOLD
    whole, drawn = hold + stories.CONTOUR, hold + stories.CONTOUR + stories.DRAW_ON
    lined = len(outline(series.subject).curves) > 0
    begin = whole if lined else hold
    photo = [(0.0, 1.0), (hold, 1.0), *([(whole, stories.PALE)] if lined else []), (begin + 0.9 * (drawn - begin), 0.0)]
    ways = in_turn(levels[0], begin, drawn - begin)
    turns = [drawn + stories.LEVEL_HOLD * pace + n * (stories.LEVEL_HOLD + stories.MORPH) * pace for n in range(len(plans))]
    lives: list[Life] = []
    for number, (level, plan, turn) in enumerate(zip(levels, plans, turns, strict=False)):
        arrivals = _arrivals(level, ways) if number == 0 else {}
        lives += changing(number, level, plan, turn, stories.MORPH * pace, arrivals)
    ends = _arrivals(levels[0], ways) if not plans else {s.id: (rest(s.points.astype(np.float64)),) for s in levels[-1].sketch.strokes}
    lives += [_at_last(len(plans), ends[i]) for i in levels[-1].sketch.ids]
    last = {"simplify": stories.LAST_HOLD if telling.loop else stories.END_HOLD, "grow": stories.LAST_HOLD}
    # There and back, the last drawing is held twice.
    clock = (turns[-1] + stories.MORPH * pace if turns else drawn) + last.get(telling.story, stories.LAST_HOLD / 2)
    returns = stories.RETURN if telling.loop and telling.story != "pingpong" else 0.0
    if returns:
        photo += [(clock, 0.0), (clock + 0.8 * returns, 1.0)]
    end = clock + returns
    repeats = None if telling.loop else 2 if telling.story == "pingpong" else 1
    return Score(
        tuple(lives),
        _stays(begin, [turn + stories.MORPH * pace for turn in turns], end, 0.7 * returns),
        _words((begin + drawn) / 2, (drawn - begin) / 2, turns, stories.MORPH * pace, clock + 0.5 * returns, 0.5 * returns),
        end,
        "normal" if simplifies else "reverse" if telling.story == "grow" else "alternate",
        repeats,
        Overture(tuple(photo), (hold, whole, begin + (drawn - begin) / 1.1) if lined else None),
    )


def trajectory_score(series: Series, telling: Telling) -> Score:
    """The optimization of each level in turn, at an even visual speed."""
    levels = series.levels
    times = search_times(len(levels))
    begin, clock = times.photo, times.photo + times.coming
    starts = [Sketch.from_points(level.trajectory.points[0], level.trajectory.ids.tolist()) for level in levels]
    ways = in_turn(levels[0], begin, times.coming)
    lives: list[Life] = []
    turns: list[float] = []
    for number, level in enumerate(levels):
        found = {
            i: (*coming(curve, ways.get(i) if number == 0 else None), *rests) for i, (curve, rests) in _search(level, clock, times.work)
        }
        if level is levels[-1]:
            lives += [_at_last(number, found[i]) for i in level.sketch.ids]
            clock += times.work
            continue
        turns.append(clock + times.work + times.hold)
        after = levels[number + 1]
        lives += changing(number, level, change(level.sketch, starts[number + 1], after.lineage), turns[-1], times.change, found)
        clock = turns[-1] + times.change
    clock += times.last if telling.loop else stories.END_HOLD
    returns = times.back if telling.loop else 0.0
    photo = [(0.0, 1.0), (begin, 1.0), (begin + 0.9 * times.coming, 0.0)]
    if returns:
        photo += [(clock, 0.0), (clock + 0.8 * returns, 1.0)]
    return Score(
        tuple(lives),
        _stays(begin, [turn + times.change for turn in turns], clock + returns, 0.7 * returns),
        _words(begin + 0.5 * times.coming, 0.5 * times.coming, turns, times.change, clock + 0.5 * returns, 0.5 * returns),
        clock + returns,
        repeats=None if telling.loop else 1,
        overture=Overture(tuple(photo)),
    )


def pen_score(level: Level, telling: Telling) -> Score:
    """The drawing from the blank sheet at the pace of a pen."""
    plan = plan_pen(level.sketch.points)
    begin = stories.BLANK
    done = begin + pen_seconds(plan)
    ways = zip(begin + (done - begin) * plan.begins, begin + (done - begin) * plan.ends, strict=True)
    lives = [_at_last(0, coming(curve, (float(a), float(b)))) for curve, (a, b) in zip(plan.curves, ways, strict=True)]
    fall = stories.VANISH if telling.loop else 0.0
    end = done + (stories.LAST_HOLD if telling.loop else stories.END_HOLD) + fall
    words = Stay(done, end - fall / 2, 0.2, fall / 2)
    return Score(tuple(lives), (Stay(0.0, end, fall=fall),), (words,), end, repeats=None if telling.loop else 1)


def _at_last(number: int, moments: tuple[Moment, ...]) -> Life:
    """The life of a stroke that ends as it is drawn."""
    return Life(number, moments[-1].curve, moments)


def _arrivals(level: Level, ways: dict[int, tuple[float, float]]) -> dict[int, tuple[Moment, ...]]:
    return {stroke.id: coming(stroke.points.astype(np.float64), ways[stroke.id]) for stroke in level.sketch.strokes}


def _search(level: Level, begin: float, seconds: float) -> list[tuple[int, tuple[Curve, tuple[Moment, ...]]]]:
    """By their ids, the first shapes of a level's strokes and the moments of their optimization."""
    steps, times = np.linspace(0, 1, SEARCH_MOMENTS), row_times(level.trajectory)
    shapes = [row_at(level.trajectory, times, glide(u)) for u in steps]
    found = []
    for row, stroke in enumerate(level.trajectory.ids):
        way = np.stack([shape[row] for shape in shapes])
        told = [rest(way[n], begin + steps[n] * seconds) for n in _telling(way, steps)]
        found.append((int(stroke), (told[0].curve, tuple(told))))
    return found


def _telling(way: NDArray[np.float64], steps: NDArray[np.float64]) -> list[int]:
    """Of a stroke's shapes (n, 4, 2) at the times ``steps``, those from which the others follow by going evenly from one to the next."""
    last = len(way) - 1
    part = ((steps - steps[0]) / (steps[-1] - steps[0]))[:, None, None]
    away = np.linalg.norm(way - ((1 - part) * way[0] + part * way[-1]), axis=-1).max(axis=1)
    worst = int(away.argmax())
    if last < 2 or away[worst] <= STRAY:
        return [0, last]
    return [*_telling(way[: worst + 1], steps[: worst + 1])[:-1], *(worst + n for n in _telling(way[worst:], steps[worst:]))]


def _stays(begin: float, turns: list[float], end: float, fall: float) -> tuple[Stay, ...]:
    """The drawings: each takes the place of the one before at once, the last goes in ``fall`` seconds."""
    places = [begin, *turns, end]
    return tuple(Stay(a, b, fall=fall if b == end else 0.0) for a, b in pairwise(places))


def _words(begin: float, rise: float, turns: list[float], change: float, end: float, fall: float) -> tuple[Stay, ...]:
    """The words: they change in the middle of a change, the old ones gone before the new ones come."""
    fade = 0.4 * change
    begins = [(begin, rise), *((turn + change - fade, fade) for turn in turns)]
    ends = [*((turn + fade, fade) for turn in turns), (end, fall)]
    return tuple(Stay(a, b, rise, fall) for (a, rise), (b, fall) in zip(begins, ends, strict=True))
