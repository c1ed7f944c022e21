"""One level while it is drawn: starts compete, the best are optimized, the winner's strokes are ranked.

Knows in which order things happen within a level and how to take them up in the middle; knows no files and no progress bars: it yields
what happens. Every random draw comes from the run's seed, the stroke count and the iteration, never from what was drawn before.
Points are canvas pixels.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from picasso_series.critic import Critic
from picasso_series.events import Checkpoint, LevelDone, Step
from picasso_series.levels import Level, Lineage, Subject, Trajectory
from picasso_series.lineage import Ancestry, descend, match
from picasso_series.lines import Line
from picasso_series.motif import find_motif
from picasso_series.objective import Sight
from picasso_series.optimize import FINAL_PEN, Moment, Pen, Schedule, advance, optimize, record_at
from picasso_series.salience import Edit, rank, reduce, variants
from picasso_series.settings import Settings
from picasso_series.start import around_corners, assembled_start, contour_pieces, contour_starts, saliency_start
from picasso_series.strokes import CANVAS
from picasso_series.studio import Studio

AUDITION = 25
"""Iterations after which rival starts are compared."""
EVALUATE = 10
"""Iterations between two judgments that decide which drawing is kept (CLIPasso's) and whether the level has converged."""
FEW = 8
"""From this many strokes down fresh starts compete with the warm one: long new strokes may beat inherited ones."""
CHECKPOINT_EVERY = 25
"""Iterations between two checkpoints, the first of which is at the start."""


@dataclass(frozen=True, eq=False)
class _Start:
    """Where a level may begin: a name, points (n, 4, 2) in canvas pixels, and the strokes of the level before that they come from."""

    name: str
    points: Tensor
    ancestry: Ancestry | None


@dataclass(frozen=True, eq=False)
class _Row:
    """A row of the trajectories of the finalists: iteration, points (B, n, 4, 2) in the unit square, judged loss (B,)."""

    iteration: int
    points: NDArray[np.float32]
    loss: NDArray[np.float32]


class LevelDrawing:
    """The drawing of level ``index`` after the level ``before``."""

    def __init__(
        self,
        subject: Subject,
        sight: Sight | None,
        lines: Sequence[Line],
        settings: Settings,
        studio: Studio,
        index: int,
        before: Level | None,
        critic: Critic | None = None,
    ) -> None:
        """Prepare the critic; nothing is drawn yet.

        ``sight`` is the subject as the encoder sees it, None where none looks. Who wants to know what the critic is asked brings one.
        """
        self._subject, self._settings, self._studio, self._before = subject, settings, studio, before
        self._index, self._strokes = index, settings.levels[index]
        self._motif = find_motif(lines, subject, self._strokes)
        self._critic = critic or Critic(sight, self._motif, settings, studio)

    def run(self, checkpoint: Checkpoint | None) -> Iterator[Step | Checkpoint | LevelDone]:
        """Draw the level, from ``checkpoint`` on if there is one; the last event is the finished level."""
        began = time.monotonic()
        schedule = self._schedule(self._settings.iterations_at(self._index))
        if checkpoint is None:
            yield self._step("starts", 0, 1, float("nan"))
            starts = self._starts()
            if len(starts) > self._settings.finalists:
                starts = yield from self._audition(starts)
            moment = Moment.start(torch.stack([start.points for start in starts]))
            rows = [self._row(moment)]
            # Finding the start took as long as many iterations.
            yield self._save(starts, moment, schedule, rows, time.monotonic() - began)
        else:
            starts, moment, rows = self._restore(checkpoint)
            schedule = replace(schedule, cut=checkpoint.notes["cut"])
            began -= float(checkpoint.notes["seconds"])
        first = self._tensor(rows[0].points) * CANVAS

        def cost(points: Tensor, iteration: int) -> Tensor:
            return self._critic.cost(points, iteration, schedule, first)

        while moment.iteration < schedule.last:
            moment = advance(moment, cost, schedule)
            if self._is_judged(moment.iteration, schedule):
                rows.append(self._row(moment))
            if schedule.cut is None and self._has_converged(rows, moment.iteration, schedule):
                schedule = replace(schedule, cut=moment.iteration)
            yield self._step("optimize", moment.iteration, schedule.last, float(rows[-1].loss.min()))
            if moment.iteration % CHECKPOINT_EVERY == 0 and moment.iteration < schedule.last:
                yield self._save(starts, moment, schedule, rows, time.monotonic() - began)
        yield self._step("rank", 0, 1, float(rows[-1].loss.min()))
        yield LevelDone(self._index, self._finish(starts, rows, began))

    def _schedule(self, iterations: int) -> Schedule:
        settings = self._settings
        if settings.schedule == "constant":
            return Schedule(iterations, settings.learning_rate, False, FINAL_PEN, settings.beta2)
        # Many short strokes begin near where they belong: they take smaller steps, and feel less far.
        step = settings.learning_rate * min(1.0, (FEW / self._strokes) ** 0.5)
        return Schedule(iterations, step, True, Pen(4.0 if self._strokes > FEW else 5.0, 1.2), settings.beta2)

    def _is_judged(self, iteration: int, schedule: Schedule) -> bool:
        evaluated = self._settings.converged > 0 or self._settings.keep == "best"
        return record_at(iteration, schedule.last) or (evaluated and iteration % EVALUATE == 0)

    def _has_converged(self, rows: Sequence[_Row], iteration: int, schedule: Schedule) -> bool:
        """Whether the pen has its final shape and no drawing is better by the least share than at the evaluation before."""
        if self._settings.converged == 0 or iteration % EVALUATE or schedule.annealing(iteration) < 1:
            return False
        before = next(row for row in reversed(rows) if row.iteration <= iteration - EVALUATE)
        return bool((rows[-1].loss > (1 - self._settings.converged) * before.loss).all())

    def _step(self, phase: str, iteration: int, iterations: int, loss: float) -> Step:
        return Step(self._index, self._strokes, phase, iteration, iterations, loss)

    def _rng(self, *purpose: int) -> np.random.Generator:
        return np.random.default_rng([self._settings.seed, self._strokes, *purpose])

    def _starts(self) -> list[_Start]:
        """The warm start, rivals where strokes are few, and at every level at least one fresh start of each seed after the first."""
        settings, before = self._settings, self._before
        starts = [] if before is None else [self._warm(before)]
        rivals = settings.rivals if self._strokes <= FEW else 0
        for seed in range(settings.seed, settings.seed + settings.seeds):
            wanted = max(1, rivals) if before is None or seed > settings.seed else rivals
            rng = np.random.default_rng([seed, self._strokes, 0]) if seed else None
            for name, points in islice(self._fresh(rng), wanted):
                if before is None:
                    starts.append(_Start(name, self._tensor(points), None))
                else:
                    starts.append(_Start(f"rival {name}", self._tensor(points), match(before.sketch, points / CANVAS)))
        return starts

    def _fresh(self, rng: np.random.Generator | None) -> Iterator[tuple[str, NDArray[np.float64]]]:
        """Starts that owe nothing to the level before, by name."""
        if self._settings.start == "contour" and self._motif.lines:
            ways = contour_pieces(self._motif, rng)
            if self._strokes <= FEW:
                ways += contour_pieces(around_corners(self._motif), rng)
                yield "assembled", assembled_start(ways, self._strokes, self._judge_candidates)
            for points in contour_starts(ways, self._strokes):
                yield "contour", points
        else:
            saliency = self._studio.watcher.saliency(self._subject.rgb) * (self._subject.mask > 0.5)
            yield "saliency", saliency_start(saliency, self._subject.rgb, self._strokes, rng or self._rng(0))

    def _judge_candidates(self, chosen: NDArray[np.float64], candidates: NDArray[np.float64]) -> NDArray[np.float64]:
        edits = [Edit((), stroke) for stroke in self._tensor(candidates)]
        with torch.no_grad():
            return self._critic.judge_small(variants(self._tensor(chosen), edits, self._studio.judge)).cpu().double().numpy()

    def _warm(self, before: Level) -> _Start:
        points = self._tensor(before.sketch.points.astype(np.float64) * CANVAS)
        reduced = reduce(points, self._strokes, self._critic.judge_small, self._studio.judge, self._critic.relax, self._settings.joins)
        return _Start("warm", reduced.points, descend(before.sketch.ids, reduced.members))

    def _tensor(self, points: NDArray[Any]) -> Tensor:
        return torch.as_tensor(points, dtype=torch.float32, device=self._studio.device)

    def _audition(self, starts: list[_Start]) -> Generator[Step, None, list[_Start]]:
        """Optimize all starts for a while, side by side; the best go on from where they began."""
        schedule = self._schedule(min(AUDITION, self._settings.iterations_at(self._index)))
        moment = Moment.start(torch.stack([start.points for start in starts]))
        first = moment.points
        for after in optimize(moment, lambda points, i: self._critic.rough_cost(points, i, schedule, first), schedule):
            moment = after
            yield self._step("audition", moment.iteration, schedule.iterations, float("nan"))
        totals = self._critic.rough_judge(moment.points).tolist()
        best = sorted(range(len(starts)), key=lambda i: (totals[i], i))[: self._settings.finalists]
        return [starts[i] for i in sorted(best)]

    def _row(self, moment: Moment) -> _Row:
        points = (moment.points / CANVAS).cpu().numpy().astype(np.float32)
        return _Row(moment.iteration, points, self._critic.judge(moment.points)["total"].cpu().numpy().astype(np.float32))

    def _save(self, starts: Sequence[_Start], moment: Moment, schedule: Schedule, rows: Sequence[_Row], seconds: float) -> Checkpoint:
        arrays = {
            "points": moment.points.cpu().numpy(),
            "first": moment.first.cpu().numpy(),
            "second": moment.second.cpu().numpy(),
            "row_iterations": np.array([row.iteration for row in rows], np.int64),
            "row_points": np.stack([row.points for row in rows]),
            "row_losses": np.stack([row.loss for row in rows]),
        }
        notes = {
            "iteration": moment.iteration,
            "cut": schedule.cut,
            "seconds": round(seconds, 3),
            "starts": [{"name": start.name, "ancestry": None if start.ancestry is None else start.ancestry.to_json()} for start in starts],
        }
        return Checkpoint(self._strokes, arrays, notes)

    def _restore(self, checkpoint: Checkpoint) -> tuple[list[_Start], Moment, list[_Row]]:
        arrays, notes = checkpoint.arrays, checkpoint.notes
        points, first, second = (self._tensor(arrays[name]) for name in ("points", "first", "second"))
        starts = [
            _Start(note["name"], drawn, None if note["ancestry"] is None else Ancestry.from_json(note["ancestry"]))
            for note, drawn in zip(notes["starts"], points, strict=True)
        ]
        stored = zip(arrays["row_iterations"].tolist(), arrays["row_points"], arrays["row_losses"], strict=True)
        return starts, Moment(int(notes["iteration"]), points, first, second), [_Row(*row) for row in stored]

    def _finish(self, starts: Sequence[_Start], rows: Sequence[_Row], began: float) -> Level:
        if self._settings.keep == "best":
            best = 1 + int(np.argmin([row.loss.min() for row in rows[1:]]))
            rows = [row for row in rows[:best] if record_at(row.iteration, row.iteration + 1)] + [rows[best]]
        winner = int(np.argmin(rows[-1].loss))
        result = self._critic.tidied(self._tensor(rows[-1].points[winner]) * CANVAS)
        # What is judged and ranked is what is stored: float32 of the unit square, not the optimizer's pixels.
        stored = (result / CANVAS).cpu().numpy().astype(np.float32)
        points = self._tensor(stored) * CANVAS
        losses = {name: float(cost[0]) for name, cost in self._critic.judge(points[None]).items()}
        order, values = rank(points, self._critic.judge_small, self._studio.judge)
        start = starts[winner]
        trajectory = Trajectory(
            points=np.stack([*(row.points[winner] for row in rows[:-1]), stored])[:, order],
            iterations=np.array([row.iteration for row in rows]),
            loss=np.array([*(row.loss[winner] for row in rows[:-1]), losses["total"]], np.float32),
            ids=np.arange(1, self._strokes + 1) if start.ancestry is None else np.array(start.ancestry.ids)[order],
            salience=values,
        )
        lineage = Lineage() if start.ancestry is None else start.ancestry.lineage()
        return Level(trajectory, lineage, losses, start.name, time.monotonic() - began)
