"""What is on screen at time t: films as pure functions of time.

Knows scenes, shots and easing; numpy only. Knows neither the stories that films tell (``stories``) nor pixels nor frame rates: a film is
asked for the frames that fall on any rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from picasso_series.inking import Strokes
from picasso_series.levels import Level

NOTHING = Strokes.of(np.zeros((0, 4, 2)))


@dataclass(frozen=True)
class Label:
    """What is written below the drawing: a state's numeral, its count of strokes, and how opaque they are, 0 to 1."""

    numeral: str
    text: str
    opacity: float = 1.0

    def at(self, opacity: float) -> Label:
        """The same words at another opacity."""
        return Label(self.numeral, self.text, opacity)


@dataclass(frozen=True, eq=False)
class Chart:
    """A small curve.

    Attributes:
        curve: its places (n, 2) in the unit square, x to the right and y down.
        reached: the part of it that is reached, 0 to 1 of x.
        opacity: how opaque it is, 0 to 1.
    """

    curve: NDArray[np.float64]
    reached: float
    opacity: float = 1.0


@dataclass(frozen=True, eq=False)
class Scene:
    """One moment of a film. Two moments that look the same are the same object, so that a frame is drawn once for both.

    Attributes:
        strokes: what is inked.
        ink: opacity of the strokes, 0 to 1.
        photo: opacity of the photo beneath them, 0 to 1.
        labels: what is written below the drawing.
        chart: a curve beside the labels.
    """

    strokes: Strokes = NOTHING
    ink: float = 1.0
    photo: float = 0.0
    labels: tuple[Label, ...] = ()
    chart: Chart | None = None


@dataclass(frozen=True)
class Shot:
    """A stretch of film: ``seconds`` long, ``scene`` gives its look at a progress in [0, 1]."""

    seconds: float
    scene: Callable[[float], Scene]

    def backward(self) -> Shot:
        """The same shot from its end to its beginning."""
        return Shot(self.seconds, lambda u: self.scene(1 - u))


@dataclass(frozen=True)
class Film:
    """Shots in turn."""

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


def still(scene: Scene, seconds: float) -> Shot:
    """A scene that is held."""
    return Shot(seconds, lambda _: scene)


def ease(u: float) -> float:
    """Smooth progress: slow, fast, slow (a half cosine), 0 to 1 for u from 0 to 1; clipped outside."""
    return float(0.5 - 0.5 * np.cos(np.pi * min(max(u, 0.0), 1.0)))


def glide(u: float, ramp: float = 0.12) -> float:
    """Even progress from 0 to 1 that starts and stops softly: the speed is constant but for a ``ramp`` at both ends; clipped outside."""
    u = min(max(u, 0.0), 1.0)
    if u > 0.5:
        return 1 - glide(1 - u, ramp)
    return (u * u / (2 * ramp) if u < ramp else u - ramp / 2) / (1 - ramp)


def count_text(level: Level) -> str:
    """How many strokes a level has, in words for a caption."""
    return strokes_text(level.strokes)


def strokes_text(count: int) -> str:
    """A number of strokes in words."""
    return f"{count} stroke" if count == 1 else f"{count} strokes"


def between(seconds: Sequence[float], least: float, most: float) -> float:
    """The pace at which durations together take between ``least`` and ``most`` seconds: what to multiply each with."""
    total = sum(seconds)
    return min(max(total, least), most) / total if total > 0 else 1.0
