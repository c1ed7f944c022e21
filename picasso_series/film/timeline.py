"""What is on screen at time t: the series film and the trajectory film as pure functions of a series.

Knows shots, easing and the pace of a film; numpy only. Knows neither pixels nor frame rates: a film is asked for the frames that fall
on any rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from picasso_series.film.morph import Strokes, change, partly_drawn
from picasso_series.levels import Level, Series, Trajectory

PHOTO_HOLD = 0.8
DRAW_ON = 1.2
MORPH = 0.8
LEVEL_HOLD = 0.9
LAST_HOLD = 1.6
RETURN = 0.7
"""Seconds of the series film: the photo, the first drawing's coming, each change, each level, the last level, the way back."""

SERIES_MOST = 8.0
"""Seconds that all changes and holds between the first drawing and the last may take together; longer series are told faster."""

TRAJECTORY_SECONDS = (8.0, 12.0)
"""Least and most seconds of the trajectory film."""


@dataclass(frozen=True, eq=False)
class Scene:
    """One moment of a film. Two moments that look the same are the same object, so that a frame is drawn once for both.

    Attributes:
        strokes: what is inked.
        ink: opacity of the strokes, 0 to 1.
        photo: opacity of the photo beneath them, 0 to 1.
        captions: (text, opacity) of what is written below the drawing.
    """

    strokes: Strokes
    ink: float = 1.0
    photo: float = 0.0
    captions: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Shot:
    """A stretch of film: ``seconds`` long, ``scene`` gives its look at a progress in [0, 1]."""

    seconds: float
    scene: Callable[[float], Scene]


@dataclass(frozen=True)
class Film:
    """Shots in turn. The end of a film leads over to its beginning, so that it can play in a loop."""

    shots: tuple[Shot, ...]

    @property
    def seconds(self) -> float:
        """How long the film takes."""
        return sum(shot.seconds for shot in self.shots)

    def frame_count(self, rate: float) -> int:
        """The number of frames at ``rate`` frames a second, at least 1."""
        return max(1, round(self.seconds * rate))

    def scenes(self, rate: float) -> Iterator[tuple[Scene, int]]:
        """The film at ``rate`` frames a second: scenes in turn, each with the number of frames that it lasts."""
        last, count = None, 0
        for index in range(self.frame_count(rate)):
            scene = self.at(index / rate)
            if last is not None and scene is not last:
                yield last, count
                count = 0
            last, count = scene, count + 1
        if last is not None:
            yield last, count

    def at(self, seconds: float) -> Scene:
        """What is on screen ``seconds`` after the beginning (after the end: the last moment)."""
        begin = 0.0
        for number, shot in enumerate(self.shots):
            if seconds < begin + shot.seconds or number == len(self.shots) - 1:
                return shot.scene(min(max((seconds - begin) / shot.seconds, 0.0), 1.0))
            begin += shot.seconds
        raise ValueError("a film needs a shot")


def ease(u: float) -> float:
    """Smooth progress: slow, fast, slow (a half cosine), 0 to 1 for u from 0 to 1; clipped outside."""
    return float(0.5 - 0.5 * np.cos(np.pi * min(max(u, 0.0), 1.0)))


def count_text(level: Level) -> str:
    """How many strokes a level has, in words for a caption."""
    return f"{level.strokes} stroke" if level.strokes == 1 else f"{level.strokes} strokes"


def series_film(series: Series) -> Film:
    """The photo, the first drawing, and how it becomes simpler level by level; every stroke keeps its identity.

    Raises:
        ValueError: the series has no level.
    """
    first, last = _ends(series)
    changes = len(series.levels) - 1
    pace = min(1.0, SERIES_MOST / (changes * (MORPH + LEVEL_HOLD))) if changes else 1.0
    shots = [_photo(PHOTO_HOLD), _draw_on(first.sketch.points, count_text(first), DRAW_ON)]
    for before, after in pairwise(series.levels):
        shots.append(_hold(before.sketch.points, count_text(before), LEVEL_HOLD * pace))
        shots.append(_morph(before, after, after.sketch.points, MORPH * pace))
    shots += [_hold(last.sketch.points, count_text(last), LAST_HOLD), _return(last, RETURN)]
    return Film(tuple(shots))


def trajectory_film(series: Series) -> Film:
    """The optimization of each level in turn, at an even visual speed whatever the number of rows recorded.

    Raises:
        ValueError: the series has no level.
    """
    first, last = _ends(series)
    count = len(series.levels)
    rest = 0.5 + 1.0 + 0.5 * (count - 1) + 0.6 * (count - 1) + 1.4 + 0.6
    least, most = TRAJECTORY_SECONDS
    work = max(1.2, (least - rest) / count)
    pace = min(1.0, most / (rest + work * count))
    shots = [_photo(0.5 * pace), _draw_on(first.trajectory.points[0], count_text(first), pace)]
    for before, level in zip((None, *series.levels), series.levels, strict=False):
        if before is not None:
            shots.append(_morph(before, level, level.trajectory.points[0], 0.5 * pace))
        shots.append(_optimization(level, work * pace))
        shots.append(_hold(level.sketch.points, count_text(level), (1.4 if level is last else 0.6) * pace))
    shots.append(_return(last, 0.6 * pace))
    return Film(tuple(shots))


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


def _ends(series: Series) -> tuple[Level, Level]:
    if not series.levels:
        raise ValueError("a film needs a series of at least one level")
    return series.levels[0], series.levels[-1]


def _photo(seconds: float) -> Shot:
    scene = Scene(Strokes.of(np.zeros((0, 4, 2))), photo=1.0)
    return Shot(seconds, lambda _: scene)


def _hold(points: NDArray[np.float32], caption: str, seconds: float) -> Shot:
    scene = Scene(Strokes.of(points), captions=((caption, 1.0),))
    return Shot(seconds, lambda _: scene)


def _draw_on(points: NDArray[np.float32], caption: str, seconds: float) -> Shot:
    """Strokes draw themselves over the photo, the most salient first, while the photo fades."""
    curves = np.asarray(points, np.float64)
    delays = np.linspace(0, 0.45, len(curves)) if len(curves) > 1 else np.zeros(len(curves))

    def scene(u: float) -> Scene:
        drawn = np.array([ease((u - delay) / 0.55) for delay in delays])
        return Scene(partly_drawn(curves, drawn, anchor=0.0), photo=1 - ease(u / 0.9), captions=((caption, ease(2 * u - 1)),))

    return Shot(seconds, scene)


def _morph(before: Level, after: Level, points: NDArray[np.float32], seconds: float) -> Shot:
    """The finished drawing of ``before`` becomes a drawing ``points`` of the strokes of ``after``."""
    plan = change(before.sketch, type(after.sketch).from_points(points, after.trajectory.ids.tolist()), after.lineage)
    old, new = count_text(before), count_text(after)

    def scene(u: float) -> Scene:
        captions = ((old, 1 - ease(2.5 * u)), (new, ease(2.5 * u - 1.5)))
        return Scene(plan.at(ease(u), ease(u / 0.75)), captions=captions)

    return Shot(seconds, scene)


def _optimization(level: Level, seconds: float) -> Shot:
    times, rows = row_times(level.trajectory), level.trajectory.points.astype(np.float64)
    captions = ((count_text(level), 1.0),)

    def scene(u: float) -> Scene:
        at = ease(u)
        right = int(np.clip(np.searchsorted(times, at), 1, max(len(times) - 1, 1)))
        if len(times) == 1:
            return Scene(Strokes.of(rows[0]), captions=captions)
        part = (at - times[right - 1]) / (times[right] - times[right - 1])
        return Scene(Strokes.of((1 - part) * rows[right - 1] + part * rows[right]), captions=captions)

    return Shot(seconds, scene)


def _return(level: Level, seconds: float) -> Shot:
    """The drawing gives way to the photo with which the film begins."""
    strokes, caption = Strokes.of(level.sketch.points), count_text(level)

    def scene(u: float) -> Scene:
        return Scene(strokes, ink=1 - ease(1.4 * u - 0.4), photo=ease(1.25 * u), captions=((caption, 1 - ease(2 * u)),))

    return Shot(seconds, scene)
