"""The films of a series: the abstraction, the optimization, and a pen at work.

Knows what is told in which order and how long each moment takes; knows neither pixels nor formats.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from picasso_series.errors import UsageError
from picasso_series.film.contour import outline, stretch
from picasso_series.film.morph import change, partly_drawn
from picasso_series.film.pen import PenPlan, plan_pen
from picasso_series.film.timeline import Chart, Film, Label, Scene, Shot, between, count_text, ease, glide, still, strokes_text
from picasso_series.inking import Strokes
from picasso_series.lettering import roman
from picasso_series.levels import Level, Series, Trajectory
from picasso_series.strokes import Sketch, length

KINDS = ("series", "trajectory", "draw-on")
"""The films that can be made of a series."""

STORIES = ("simplify", "grow", "pingpong")
"""The ways in which the series film is told: to fewer strokes, to more, or there and back."""

PHOTO_HOLD, CONTOUR, DRAW_ON = 0.8, 0.9, 1.0
MORPH, LEVEL_HOLD, LAST_HOLD = 0.85, 0.8, 1.5
RETURN, END_HOLD = 0.7, 2.2
"""Seconds of the series film: the photo, its outline's coming, the first drawing's, each change, each level, the last, the way back to
the beginning, and the last scene of a film that does not loop."""

PALE = 0.55
"""Opacity to which the photo fades while its outline comes."""

SERIES_MOST = 8.0
"""Seconds that all changes and holds between the two ends may take together in one direction; longer series are told faster."""

TRAJECTORY_SECONDS = (8.0, 12.0)
DRAW_ON_SECONDS = (3.0, 8.0)
"""Least and most seconds of the trajectory film, and of the pen's work in the draw-on film."""

BLANK, VANISH = 0.3, 0.6
"""Seconds of the draw-on film: the blank sheet before the pen's work, and the drawing's going before it begins again."""

PEN_SECONDS = 0.8
"""Seconds in which the pen draws a straight line as long as the drawing is wide."""


@dataclass(frozen=True)
class Telling:
    """How films are told.

    Attributes:
        story: of ``STORIES``, for the series film.
        loop: whether the end of a film leads over to its beginning; else its last scene is held.
        loss_curve: whether the trajectory film shows the loss as a small curve.

    Raises:
        UsageError: there is no such story.
    """

    story: str = "simplify"
    loop: bool = True
    loss_curve: bool = False

    def __post_init__(self) -> None:
        if self.story not in STORIES:
            raise UsageError(f"story takes {', '.join(STORIES[:-1])} or {STORIES[-1]}, not {self.story!r}")


def tell(kind: str, series: Series, telling: Telling | None = None) -> Film:
    """The film of a kind (one of ``KINDS``).

    Raises:
        UsageError: there is no such kind.
        ValueError: the series has no level.
    """
    telling = telling or Telling()
    if not series.levels:
        raise ValueError("a film needs a series of at least one level")
    if kind == "series":
        return _series_film(series, telling)
    if kind == "trajectory":
        return _trajectory_film(series, telling)
    if kind == "draw-on":
        return _draw_on_film(series, telling)
    raise UsageError(f"a film's kind is {', '.join(KINDS[:-1])} or {KINDS[-1]}, not {kind!r}")


def row_times(trajectory: Trajectory) -> NDArray[np.float64]:
    """When each row of a trajectory is shown, (T,) rising from 0 to 1: in step with how far the strokes have moved on average.

    Rows are dense at first and sparse later, so neither their number nor their iterations would give an even speed. A small even part
    keeps rows apart between which nothing moves.
    """
    moves = np.linalg.norm(np.diff(trajectory.points.astype(np.float64), axis=0), axis=-1).mean(axis=(1, 2))
    if len(moves) == 0:
        return np.zeros(1)
    steps = moves + 0.02 * moves.sum() / len(moves) + 1e-9
    times = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(times / times[-1], np.float64)


@dataclass(frozen=True)
class SearchTimes:
    """Seconds of the trajectory film: photo, the first strokes' coming, each optimization, hold and change, the last hold, the return."""

    photo: float = 0.5
    coming: float = 0.8
    work: float = 1.2
    hold: float = 0.6
    change: float = 0.5
    last: float = 1.4
    back: float = 0.6


def search_times(count: int) -> SearchTimes:
    """The clock of the trajectory film of ``count`` levels: few take longer each, and many are told faster."""
    one = SearchTimes()
    rest = one.photo + one.coming + (one.hold + one.change) * (count - 1) + one.last + one.back
    least, most = TRAJECTORY_SECONDS
    work = max(one.work, (least - rest) / count)
    pace = min(1.0, most / (rest + work * count))
    return SearchTimes(*(pace * seconds for seconds in (one.photo, one.coming, work, one.hold, one.change, one.last, one.back)))


def row_at(trajectory: Trajectory, times: NDArray[np.float64], moved: float) -> NDArray[np.float64]:
    """The strokes (n, 4, 2) at a time in [0, 1], between the rows that are shown at ``times``."""
    rows = trajectory.points
    if len(times) == 1:
        return np.asarray(rows[0], np.float64)
    right = int(np.clip(np.searchsorted(times, moved), 1, len(times) - 1))
    part = (moved - times[right - 1]) / (times[right] - times[right - 1])
    return np.asarray((1 - part) * rows[right - 1].astype(np.float64) + part * rows[right].astype(np.float64))


def pen_seconds(plan: PenPlan) -> float:
    """How long the pen of a draw-on film takes, by the length of what it draws."""
    alone = PEN_SECONDS * sum(length(curve) for curve in plan.curves)
    return alone * between([alone], *DRAW_ON_SECONDS)


def _series_film(series: Series, telling: Telling) -> Film:
    levels, labels = series.levels, _labels(series)
    pairs = list(pairwise(range(len(levels))))
    pace = between([MORPH + LEVEL_HOLD] * len(pairs), 0, SERIES_MOST)
    holds = [still(_drawn(level.sketch.points, label), LEVEL_HOLD * pace) for level, label in zip(levels, labels, strict=True)]
    changes = [_morph(levels[a], levels[b], levels[b].sketch.points, (labels[a], labels[b]), MORPH * pace) for a, b in pairs]
    there = [*_coming(series, labels[0]), *(shot for hold, morph in zip(holds, changes, strict=False) for shot in (hold, morph))]
    last, away = replace(holds[-1], seconds=LAST_HOLD), _return(levels[-1], labels[-1], RETURN)
    back = [shot.backward() for shot in there[::-1]]
    if telling.story == "grow":
        return Film((last, *back, *([_photo(PHOTO_HOLD), away.backward()] if telling.loop else [_photo(END_HOLD)])))
    if telling.story == "pingpong":
        return Film((_photo(PHOTO_HOLD), *there, last, *back, _photo(PHOTO_HOLD if telling.loop else END_HOLD)))
    return Film((_photo(PHOTO_HOLD), *there, *([last, away] if telling.loop else [replace(last, seconds=END_HOLD)])))


def _trajectory_film(series: Series, telling: Telling) -> Film:
    """The optimization of each level in turn, at an even visual speed whatever the number of rows recorded."""
    levels, labels, times = series.levels, _labels(series), search_times(len(series.levels))
    charts = [_loss_curve(level) if telling.loss_curve else None for level in levels]
    shots = [_photo(times.photo), _draw_over(levels[0].trajectory.points[0], labels[0], times.coming)]
    for number, (level, label, curve) in enumerate(zip(levels, labels, charts, strict=True)):
        if number:
            before = levels[number - 1]
            morph = _morph(before, level, level.trajectory.points[0], (labels[number - 1], label), times.change)
            shots.append(_losing(morph, charts[number - 1]))
        shots.append(_optimization(level, label, curve, times.work))
        seconds = times.hold if level is not levels[-1] else times.last if telling.loop else END_HOLD
        shots.append(still(replace(_drawn(level.sketch.points, label), chart=None if curve is None else Chart(curve, 1.0)), seconds))
    if telling.loop:
        shots.append(_losing(_return(levels[-1], labels[-1], times.back), charts[-1]))
    return Film(tuple(shots))


def _draw_on_film(series: Series, telling: Telling) -> Film:
    """The richest drawing from the blank sheet, most salient stroke first, at the pace of a pen."""
    level = series.levels[0]
    plan = plan_pen(level.sketch.points)
    seconds = pen_seconds(plan)

    def scene(u: float) -> Scene:
        begun = int((plan.begins <= u).sum()) if u > 0 else 0
        return Scene(partly_drawn(plan.curves, plan.drawn(u)), labels=(Label("", strokes_text(begun)),) if begun else ())

    blank, done = Scene(), _drawn(level.sketch.points, Label("", count_text(level)))
    shots = [still(blank, BLANK), Shot(seconds, scene), still(done, LAST_HOLD if telling.loop else END_HOLD)]
    if telling.loop:
        shots.append(Shot(VANISH, lambda u: replace(done, ink=1 - ease(u), labels=(done.labels[0].at(1 - ease(2 * u)),))))
    return Film(tuple(shots))


def _labels(series: Series) -> list[Label]:
    return [Label(roman(number), count_text(level)) for number, level in enumerate(series.levels, start=1)]


def _drawn(points: ArrayLike, label: Label) -> Scene:
    return Scene(Strokes.of(points), labels=(label,))


def _photo(seconds: float) -> Shot:
    return still(Scene(photo=1.0), seconds)


def _coming(series: Series, label: Label) -> tuple[Shot, ...]:
    """The outline runs around the photo's subject; then the first drawing's strokes take its place while the photo goes."""
    line, points = outline(series.subject), series.levels[0].sketch.points
    if not len(line.curves):
        return (_draw_over(points, label, CONTOUR + DRAW_ON),)

    def around(u: float) -> Scene:
        return Scene(stretch(line, 0.0, glide(u)), photo=1 - (1 - PALE) * ease(u))

    def inked(u: float) -> Scene:
        strokes = Strokes.together([stretch(line, glide(1.1 * u), 1.0), _drawn_in_turn(points, u)])
        return Scene(strokes, photo=PALE * (1 - ease(u / 0.9)), labels=(label.at(ease(2 * u - 1)),))

    return Shot(CONTOUR, around), Shot(DRAW_ON, inked)


def _draw_over(points: ArrayLike, label: Label, seconds: float) -> Shot:
    """Strokes draw themselves over the photo, the most salient first, while the photo fades."""

    def scene(u: float) -> Scene:
        return Scene(_drawn_in_turn(points, u), photo=1 - ease(u / 0.9), labels=(label.at(ease(2 * u - 1)),))

    return Shot(seconds, scene)


def _drawn_in_turn(points: ArrayLike, u: float) -> Strokes:
    """Strokes that draw themselves, one beginning shortly after the other, at a progress in [0, 1]."""
    count = len(np.asarray(points))
    delays = np.linspace(0, 0.45, count) if count > 1 else np.zeros(count)
    return partly_drawn(points, [ease((u - delay) / 0.55) for delay in delays])


def _morph(before: Level, after: Level, points: NDArray[np.float32], labels: tuple[Label, Label], seconds: float) -> Shot:
    """The finished drawing of ``before`` becomes a drawing ``points`` of the strokes of ``after``."""
    plan = change(before.sketch, Sketch.from_points(points, after.trajectory.ids.tolist()), after.lineage)
    old, new = labels

    def scene(u: float) -> Scene:
        left = [ease((u - begin) / (end - begin)) for begin, end in plan.departures]
        return Scene(plan.at(ease(u), left), labels=(old.at(1 - ease(2.5 * u)), new.at(ease(2.5 * u - 1.5))))

    return Shot(seconds, scene)


def _optimization(level: Level, label: Label, curve: NDArray[np.float64] | None, seconds: float) -> Shot:
    times = row_times(level.trajectory)

    def scene(u: float) -> Scene:
        at = glide(u)
        chart = None if curve is None else Chart(curve, at, ease(8 * u))
        return Scene(Strokes.of(row_at(level.trajectory, times, at)), labels=(label,), chart=chart)

    return Shot(seconds, scene)


def _losing(shot: Shot, curve: NDArray[np.float64] | None) -> Shot:
    """A shot at whose beginning the curve of the shot before fades."""
    if curve is None:
        return shot
    return Shot(shot.seconds, lambda u: replace(shot.scene(u), chart=Chart(curve, 1.0, 1 - ease(2.5 * u))))


def _loss_curve(level: Level) -> NDArray[np.float64]:
    """The loss of a level over the film's time, (T, 2): x from 0 to 1, y from 0 at its greatest to 1 at its least."""
    loss = np.asarray(level.trajectory.loss, np.float64)
    known = loss[np.isfinite(loss)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    fallen = (high - np.nan_to_num(loss, nan=high, posinf=high, neginf=low)) / max(high - low, 1e-9)
    return np.stack([row_times(level.trajectory), fallen], axis=1)


def _return(level: Level, label: Label, seconds: float) -> Shot:
    """The drawing gives way to the photo."""
    strokes = Strokes.of(level.sketch.points)

    def scene(u: float) -> Scene:
        return Scene(strokes, ink=1 - ease(1.4 * u - 0.4), photo=ease(1.25 * u), labels=(label.at(1 - ease(2 * u)),))

    return Shot(seconds, scene)
