"""The chain of levels: from a subject to drawings of fewer and fewer strokes.

Knows in which order things happen: starts compete, the best are optimized, strokes are ranked, the next level takes up what is most
salient. Knows no files and no progress bars: it yields what happens, and whoever listens shows or stores it. Every random draw comes
from the run's seed, the level and the iteration, so that a level can be taken up again from any checkpoint.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from picasso_series.encoders import Encoder, choose_encoder
from picasso_series.levels import Level, Subject, Trajectory
from picasso_series.lineage import Ancestry, descend, match
from picasso_series.lines import LineMap, trace_lines
from picasso_series.linework import bending, doubling, lengths, loose_ends, off_paper, shrinking
from picasso_series.objective import POOL, EncoderTerm, LineTerm, Objective, Term, blurs
from picasso_series.optimize import FINAL_PEN, Moment, Pen, Schedule, optimize, record_at
from picasso_series.raster import Rasterizer, choose_rasterizer
from picasso_series.salience import Edit, rank, reduce, variants
from picasso_series.settings import Settings
from picasso_series.start import assembled_start, contour_pieces, contour_starts, saliency_start
from picasso_series.strokes import CANVAS

AUDITION = 25
"""Iterations after which rival starts are compared."""
FINALISTS = 2
"""Rival starts that are optimized to the end."""
FEW = 8
"""From this many strokes down fresh starts compete with the warm one: long new strokes may beat inherited ones."""
CHECKPOINT_EVERY = 25
"""Iterations between two checkpoints."""
RELAX = Schedule(6, 0.5, False, Pen(3.5, 1.0))
"""How strokes settle after one of them left."""
BEND, MEET, DOUBLE, SHRINK = 0.02, 0.03, 0.15, 0.3
"""Weights of calm curvature, ends that meet, lines drawn twice and strokes that shrink."""


@dataclass(frozen=True)
class Step:
    """One step of progress: the level, what it is doing ("starts", "audition", "optimize", "rank"), how far it is, and its loss."""

    index: int
    strokes: int
    phase: str
    iteration: int
    iterations: int
    loss: float


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """All that is needed to take up a level in the middle: arrays and JSON notes; opaque to whoever stores it."""

    strokes: int
    arrays: Mapping[str, NDArray[Any]]
    notes: Mapping[str, Any]


@dataclass(frozen=True)
class LevelDone:
    """A finished level."""

    index: int
    level: Level


@dataclass(frozen=True)
class Studio:
    """The machinery that draws, and why it was chosen: name -> {"value", "reason"}.

    ``judge`` rasterizes at half the size: what a stroke is worth is asked many hundred times and seen as well on small pictures.
    """

    encoder: Encoder
    rasterizer: Rasterizer
    judge: Rasterizer
    device: str
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def choose_studio(settings: Settings) -> Studio:
    """Choose device, encoder and rasterizer.

    Raises:
        UsageError: a name is unknown.
        MissingError: what was asked for is not on this machine.
    """
    device, device_reason = choose_device(settings.device)
    encoder, encoder_reason = choose_encoder(settings.encoder, device)
    rasterizer, rasterizer_reason = choose_rasterizer(settings.rasterizer)
    choices = {
        "device": {"value": device, "reason": device_reason},
        "encoder": {"value": encoder.name, "reason": encoder_reason, "sha256": encoder.sha256},
        "rasterizer": {"value": rasterizer.name, "reason": rasterizer_reason},
    }
    judge, _ = choose_rasterizer(settings.rasterizer, size=CANVAS // 2)
    return Studio(encoder, rasterizer, judge, device, choices)


def choose_device(name: str) -> tuple[str, str]:
    """The device that ``name`` stands for, and why.

    Raises:
        MissingError: the device asked for is not there.
    """
    from picasso_series.errors import MissingError

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return ("cuda", "a CUDA device is there") if there["cuda"] else ("cpu", "no CUDA device is there")
    if not there.get(name, False):
        raise MissingError(f"torch sees no device {name!r} here; use --device cpu")
    return name, "asked for"


def draw_levels(
    subject: Subject, settings: Settings, studio: Studio, *, done: Sequence[Level] = (), checkpoint: Checkpoint | None = None
) -> Iterator[Step | Checkpoint | LevelDone]:
    """Draw the levels that are not ``done`` yet, going on from ``checkpoint`` if there is one.

    Raises:
        BadInputError: the subject has nothing to draw.
    """
    finished = list(done)
    lines = trace_lines(subject)
    for index in range(len(finished), len(settings.levels)):
        drawing = _LevelDrawing(subject, lines, settings, studio, index, finished[-1] if finished else None)
        taken_up = checkpoint if checkpoint is not None and checkpoint.strokes == settings.levels[index] else None
        for event in drawing.run(taken_up):
            if isinstance(event, LevelDone):
                finished.append(event.level)
            yield event


@dataclass(frozen=True, eq=False)
class _Start:
    """Where a level may begin: a name, points (n, 4, 2) in canvas pixels, and the strokes of the level before that they come from."""

    name: str
    points: Tensor
    ancestry: Ancestry | None


class _LevelDrawing:
    """One level while it is drawn."""

    def __init__(self, subject: Subject, lines: LineMap, settings: Settings, studio: Studio, index: int, before: Level | None) -> None:
        self.subject, self.lines, self.settings, self.studio, self.before = subject, lines, settings, studio, before
        self.index, self.strokes = index, settings.levels[index]
        self.seconds = 0.0
        terms: list[Term] = []
        coarse: list[Term] = []
        if settings.line_weight > 0:
            self.line_term = LineTerm(lines, blurs(self.strokes), settings.line_weight, studio.device)
            terms.append(self.line_term)
            coarse.append(LineTerm(lines, blurs(self.strokes), settings.line_weight, studio.device, studio.judge.size))
        if settings.layer_weight > 0 or settings.embedding_weight > 0:
            # A drawing of a handful of strokes cannot follow every feature: at full weight it drops parts of the subject.
            share = 1.0 if self.strokes > 4 or settings.line_weight == 0 else 0.5
            weights = share * settings.layer_weight, share * settings.embedding_weight
            encoder_term = EncoderTerm(studio.encoder, subject, *weights, settings.seed, studio.device)
            terms.append(encoder_term)
            coarse.append(encoder_term)
        self.objective = Objective(tuple(terms))
        self.coarse_objective = Objective(tuple(coarse))

    def run(self, checkpoint: Checkpoint | None) -> Iterator[Step | Checkpoint | LevelDone]:
        began = time.monotonic()
        if checkpoint is None:
            yield self._step("starts", 0, 1, float("nan"))
            starts = self._starts()
            if len(starts) > FINALISTS:
                starts = yield from self._audition(starts)
            moment = Moment.start(torch.stack([start.points for start in starts]))
            rows = [self._row(moment)]
        else:
            starts, moment, rows = self._restore(checkpoint)
            began -= float(checkpoint.notes["seconds"])
        schedule = self._schedule(self._iterations())
        first = lengths(self._tensor(rows[0][1]) * CANVAS)
        for moment in optimize(moment, lambda points, i: self._cost(points, i, schedule, first), schedule):
            last = moment.iteration == schedule.iterations
            if record_at(moment.iteration, schedule.iterations):
                rows.append(self._row(moment))
            yield self._step("optimize", moment.iteration, schedule.iterations, float(rows[-1][2].min()))
            if moment.iteration % CHECKPOINT_EVERY == 0 and not last:
                yield self._save(starts, moment, rows, time.monotonic() - began)
        yield self._step("rank", 0, 1, float(rows[-1][2].min()))
        yield LevelDone(self.index, self._finish(starts, rows, began))

    def _iterations(self) -> int:
        return self.settings.iterations[self.index if len(self.settings.iterations) > 1 else 0]

    def _schedule(self, iterations: int) -> Schedule:
        wide = 4.0 if self.strokes > FEW else 5.0
        first = Pen(wide, 1.2) if self.settings.schedule == "cosine" else FINAL_PEN
        return Schedule(iterations, self.settings.learning_rate, self.settings.schedule == "cosine", first)

    def _step(self, phase: str, iteration: int, iterations: int, loss: float) -> Step:
        return Step(self.index, self.strokes, phase, iteration, iterations, loss)

    def _rng(self, *purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.settings.seed, self.strokes, *purpose])

    # Losses

    def _cost(self, points: Tensor, iteration: int, schedule: Schedule, first: Tensor) -> Tensor:
        pen = schedule.pen(iteration)
        pictures = self.studio.rasterizer.render(points / CANVAS, pen.width, softness=pen.softness)
        view = int(self._rng(1, iteration).integers(POOL))
        cost = self.objective(pictures, [view]) + self._linework(points, schedule.annealing(iteration)) + off_paper(points)
        return cost + SHRINK * shrinking(points, first) if self.settings.line_weight > 0 else cost

    def _linework(self, points: Tensor, meeting: float = 1.0) -> Tensor:
        if self.settings.line_weight == 0:
            return points.new_zeros(len(points))
        return BEND * bending(points) + meeting * (MEET * loose_ends(points) + DOUBLE * doubling(points))

    @torch.no_grad()
    def _judge(self, points: Tensor) -> dict[str, Tensor]:
        """Each part of the loss of finished drawings (B, n, 4, 2), by name, and the total."""
        pictures = self.studio.rasterizer.render(points / CANVAS, FINAL_PEN.width, softness=FINAL_PEN.softness)
        parts = self.objective.parts(pictures)
        linework = self._linework(points)
        return {**parts, "linework": linework, "total": parts["total"] + linework}

    def _judge_pictures(self, pictures: Tensor) -> Tensor:
        return self.coarse_objective(pictures, [0])

    # Starts

    def _starts(self) -> list[_Start]:
        settings, before = self.settings, self.before
        starts = [] if before is None else [self._warm(before)]
        for seed in range(settings.seed, settings.seed + settings.seeds):
            rng = np.random.default_rng([seed, self.strokes, 0]) if seed else None
            fresh = list(self._fresh(rng))
            if before is None:
                starts.append(_Start(fresh[0][0], self._tensor(fresh[0][1]), None))
            elif self.strokes <= FEW:
                rivals = fresh[: settings.rivals]
                starts += [_Start(f"rival {name}", self._tensor(points), match(before.sketch, points / CANVAS)) for name, points in rivals]
        return starts

    def _fresh(self, rng: np.random.Generator | None) -> Iterator[tuple[str, NDArray[np.float64]]]:
        """Starts that owe nothing to the level before, by name."""
        if self.settings.start == "contour" and self.lines.lines:
            ways = contour_pieces(self.lines, self.strokes, rng)
            if self.strokes <= FEW:
                yield "assembled", assembled_start(ways, self.strokes, self._judge_candidates)
            for points in contour_starts(ways, self.strokes):
                yield "contour", points
        else:
            saliency = self.studio.encoder.saliency(self.subject.rgb) * (self.subject.mask > 0.5)
            yield "saliency", saliency_start(saliency, self.subject.rgb, self.strokes, rng or self._rng(0))

    def _judge_candidates(self, chosen: NDArray[np.float64], candidates: NDArray[np.float64]) -> NDArray[np.float64]:
        edits = [Edit((), stroke) for stroke in self._tensor(candidates)]
        with torch.no_grad():
            return self._judge_pictures(variants(self._tensor(chosen), edits, self.studio.judge)).double().cpu().numpy()

    def _warm(self, before: Level) -> _Start:
        points = self._tensor(before.sketch.points.astype(np.float64) * CANVAS)
        reduced = reduce(points, self.strokes, self._judge_pictures, self.studio.judge, self._relax, self.settings.joins)
        return _Start("warm", reduced.points, descend(before.sketch.ids, reduced.members))

    def _relax(self, points: Tensor) -> Tensor:
        if self.settings.line_weight == 0:
            return points
        moment = Moment.start(points[None])

        def cost(batch: Tensor, iteration: int) -> Tensor:
            pen = RELAX.pen(iteration)
            pictures = self.studio.rasterizer.render(batch / CANVAS, pen.width, softness=pen.softness)
            return self.line_term(pictures, [0]) + self._linework(batch) + off_paper(batch)

        for moment in optimize(moment, cost, RELAX):
            pass
        return moment.points[0]

    def _tensor(self, points: NDArray[np.float64]) -> Tensor:
        return torch.as_tensor(points, dtype=torch.float32, device=self.studio.device)

    def _audition(self, starts: list[_Start]) -> Iterator[Step]:
        """Optimize all starts for a while, side by side; the best go on from where they began."""
        schedule = self._schedule(min(AUDITION, self._iterations()))
        moment = Moment.start(torch.stack([start.points for start in starts]))
        first = lengths(moment.points)
        for moment in optimize(moment, lambda points, i: self._cost(points, i, schedule, first), schedule):
            yield self._step("audition", moment.iteration, schedule.iterations, float("nan"))
        totals = self._judge(moment.points)["total"].tolist()
        best = sorted(range(len(starts)), key=lambda i: (totals[i], i))[:FINALISTS]
        return [starts[i] for i in sorted(best)]

    # Recording

    def _row(self, moment: Moment) -> tuple[int, NDArray[np.float32], NDArray[np.float32]]:
        """Iteration, points (B, n, 4, 2) in the unit square, judged loss (B,)."""
        points = (moment.points / CANVAS).cpu().numpy().astype(np.float32)
        return moment.iteration, points, self._judge(moment.points)["total"].cpu().numpy().astype(np.float32)

    def _save(self, starts: Sequence[_Start], moment: Moment, rows: Sequence[Any], seconds: float) -> Checkpoint:
        arrays = {
            "points": moment.points.cpu().numpy(),
            "first": moment.first.cpu().numpy(),
            "second": moment.second.cpu().numpy(),
            "row_iterations": np.array([row[0] for row in rows], np.int64),
            "row_points": np.stack([row[1] for row in rows]),
            "row_losses": np.stack([row[2] for row in rows]),
        }
        notes = {
            "iteration": moment.iteration,
            "seconds": round(seconds, 3),
            "starts": [{"name": start.name, "ancestry": None if start.ancestry is None else start.ancestry.to_json()} for start in starts],
        }
        return Checkpoint(self.strokes, arrays, notes)

    def _restore(self, checkpoint: Checkpoint) -> tuple[list[_Start], Moment, list[Any]]:
        arrays, notes = checkpoint.arrays, checkpoint.notes
        tensors = {name: self._tensor(arrays[name]) for name in ("points", "first", "second")}
        moment = Moment(int(notes["iteration"]), tensors["points"], tensors["first"], tensors["second"])
        starts = [
            _Start(note["name"], points, None if note["ancestry"] is None else Ancestry.from_json(note["ancestry"]))
            for note, points in zip(notes["starts"], tensors["points"], strict=True)
        ]
        rows = list(zip(arrays["row_iterations"].tolist(), arrays["row_points"], arrays["row_losses"], strict=True))
        return starts, moment, rows

    def _finish(self, starts: Sequence[_Start], rows: Sequence[Any], began: float) -> Level:
        winner = int(np.argmin(rows[-1][2]))
        # What is judged and ranked is what is stored: float32 of the unit square, not the optimizer's pixels.
        points = self._tensor(rows[-1][1][winner].astype(np.float64) * CANVAS)
        order, values = rank(points, self._judge_pictures, self.studio.judge)
        start = starts[winner]
        ancestry = start.ancestry
        ids = np.arange(1, self.strokes + 1) if ancestry is None else np.array(ancestry.ids)[order]
        trajectory = Trajectory(
            points=np.stack([row[1][winner] for row in rows])[:, order],
            iterations=np.array([row[0] for row in rows]),
            loss=np.array([row[2][winner] for row in rows]),
            ids=ids,
            salience=values,
        )
        losses = {name: float(cost[0]) for name, cost in self._judge(points[None]).items()}
        lineage = ancestry.lineage() if ancestry is not None else Ancestry.none().lineage()
        return Level(trajectory, lineage, losses, start.name, time.monotonic() - began)
