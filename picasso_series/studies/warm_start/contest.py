"""One photo drawn with one seed in every arm, level by level, at one budget.

Knows how budgets are made equal and how results are judged; knows no files. The budget of a level is its iterations plus the dearest
start among the arms, in iterations: who starts for less goes on for longer, and two starts side by side share what is left. What the
seed changes: which lines a contour start takes (their weights are shaken), where a sampled start lies, and through which views the
encoder looks while drawing. Judged are all drawings by one critic, whose views no seed changes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from picasso_series.critic import Critic
from picasso_series.curves import sample
from picasso_series.drawing import LevelDrawing
from picasso_series.events import Checkpoint, LevelDone, Step
from picasso_series.levels import Level, Subject
from picasso_series.lineage import match
from picasso_series.lines import Line
from picasso_series.motif import Motif, find_motif
from picasso_series.series import look_at
from picasso_series.settings import Settings
from picasso_series.strokes import CANVAS, Sketch
from picasso_series.studies.warm_start.arms import ARMS, Arm
from picasso_series.studies.warm_start.results import Entry
from picasso_series.studies.warm_start.work import MeteredCritic
from picasso_series.studio import Studio, computing_threads
from picasso_series.telling import find_lines

THREADS = 1
"""Results depend on the order of sums, and so on the number of threads."""
JUDGES_SEED = 0
"""The seed of the views through which all drawings are judged."""


@dataclass(frozen=True, eq=False)
class _Begun:
    """A level that has its start: where to go on from, the price of the start in iterations, and the CPU seconds that it took."""

    critic: MeteredCritic
    checkpoint: Checkpoint
    price: float
    seconds: float


class Contest:
    """All arms on one photo with one seed."""

    def __init__(self, subject: Subject, settings: Settings, studio: Studio, seed: int) -> None:
        """Look at the photo; nothing is drawn yet. ``settings`` are the study's: levels, iterations and objective."""
        # Budgets are equal only where every iteration is done.
        settings = replace(settings.seen_by(studio.encoder.name), converged=0.0)
        self._subject, self._settings, self._studio, self._seed = subject, settings, studio, seed
        with computing_threads(THREADS):
            self._lines: Sequence[Line] = find_lines(subject, studio.find_faces, studio.find_telling)
            self._sight = look_at(subject, replace(settings, seed=seed), studio)
            self._judges_sight = look_at(subject, replace(settings, seed=JUDGES_SEED), studio)

    def run(self) -> Iterator[Entry]:
        """Draw every level in every arm. A first level has nothing before it: only arms that start it in ways of their own draw it."""
        with computing_threads(THREADS):
            before: dict[Arm, Level] = {}
            for index in range(len(self._settings.levels)):
                arms = [arm for arm in ARMS if index or arm.shipped or not arm.warm]
                drawn: dict[Arm, Level] = {}
                for arm, level, entry in self._draw(index, arms, before):
                    drawn[arm] = level
                    yield entry
                before = {arm: drawn.get(arm) or next(drawn[cold] for cold in arms if cold.start == arm.start) for arm in ARMS}

    def _draw(self, index: int, arms: list[Arm], before: Mapping[Arm, Level]) -> Iterator[tuple[Arm, Level, Entry]]:
        own = self._settings.iterations_at(index)
        judge = Critic(self._judges_sight, self._motif(index), replace(self._settings, seed=JUDGES_SEED), self._studio)
        begun = {arm: self._begin(arm, index, before.get(arm)) for arm in arms}
        budget = own + max(start.price for arm, start in begun.items() if not arm.shipped)
        for arm, start in begun.items():
            iterations = own if arm.shipped else round((budget - start.price) / len(start.checkpoint.notes["starts"]))
            level, work, seconds = self._finish(arm, index, before.get(arm), start, iterations)
            points = torch.from_numpy(level.trajectory.points[-1])[None].to(self._studio.device) * CANVAS
            entry = Entry(
                arm=arm.name,
                strokes=level.strokes,
                iterations=iterations,
                work=work,
                seconds=start.seconds + seconds,
                losses={name: float(cost[0]) for name, cost in judge.judge(points).items()},
                start=level.start,
                drift=drift(before[arm].sketch, level.sketch) if arm in before else None,
                points=level.trajectory.points[-1],
            )
            yield arm, level, entry

    def _motif(self, index: int) -> Motif:
        return find_motif(self._lines, self._subject, self._settings.levels[index])

    def _drawing(self, arm: Arm, index: int, before: Level | None, critic: MeteredCritic, iterations: int) -> LevelDrawing:
        settings = replace(arm.settings(self._settings, self._seed), iterations=(iterations,))
        known = before if arm.warm else None
        return LevelDrawing(self._subject, self._sight, self._lines, settings, self._studio, index, known, critic)

    def _begin(self, arm: Arm, index: int, before: Level | None) -> _Begun:
        critic = MeteredCritic(self._sight, self._motif(index), arm.settings(self._settings, self._seed), self._studio)
        began = time.process_time()
        events = self._drawing(arm, index, before, critic, self._settings.iterations_at(index)).run(None)
        checkpoint = next(event for event in events if isinstance(event, Checkpoint))
        return _Begun(critic, checkpoint, self._price(critic), time.process_time() - began)

    def _finish(self, arm: Arm, index: int, before: Level | None, start: _Begun, iterations: int) -> tuple[Level, float, float]:
        """Optimize and rank; work in iterations and CPU seconds are told without the ranking, which is the same in all arms."""
        began = time.process_time()
        work = seconds = math.nan
        for event in self._drawing(arm, index, before, start.critic, iterations).run(start.checkpoint):
            if isinstance(event, Step) and event.phase == "rank":
                work, seconds = self._price(start.critic), time.process_time() - began
            if isinstance(event, LevelDone):
                return event.level, work, seconds
        raise AssertionError("a level that raises nothing ends with LevelDone")

    def _price(self, critic: MeteredCritic) -> float:
        return critic.work.price(self._studio.encoder.quick)


def drift(before: Sketch, after: Sketch) -> float:
    """How far a level lies from the one before, in canvas pixels.

    The mean distance of a stroke's points from the strokes that it descends from, by :func:`picasso_series.lineage.match` in all arms:
    near 0 where a level is some strokes of the one before, and large where an eye cannot follow.
    """
    ancestry = match(before, after.points)
    curves = sample(after.points * CANVAS, 33)
    apart = []
    for curve, own, others in zip(curves, ancestry.ids, ancestry.absorbed, strict=True):
        sources = np.concatenate([sample(before[id].points[None] * CANVAS, 65)[0] for id in (own, *others)])
        apart.append(np.linalg.norm(curve[:, None] - sources[None], axis=2).min(axis=1).mean())
    return float(np.mean(apart))
