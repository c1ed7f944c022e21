"""The judge of one level: what a drawing of so many strokes costs, while it is drawn and when it is done.

Knows the loss of pictures and the manners of lines, and with which pen a drawing is looked at; knows no starts, no order of things and
no files. Points are canvas pixels.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from picasso_series.linework import bending, doubling, lengths, loose_ends, off_paper, shrinking, straying
from picasso_series.motif import Motif
from picasso_series.objective import EncoderTerm, LineTerm, Objective, Sight, Term
from picasso_series.optimize import FINAL_PEN, Moment, Pen, Schedule, optimize
from picasso_series.settings import Settings
from picasso_series.strokes import CANVAS
from picasso_series.studio import Studio
from picasso_series.tidy import tidy

RELAX = Schedule(6, 0.5, False, Pen(3.5, 1.0))
"""How strokes settle after one of them left."""
AT_ONCE = 8
"""Drawings that are judged side by side while one gets its last touch: more would only take more memory."""
BEND, MEET, DOUBLE, SHRINK, STRAY = 0.02, 0.03, 0.15, 0.5, 0.1
"""Weights of calm curvature, ends that meet, lines drawn twice, strokes that shrink and strokes that stray from their start."""


class Critic:
    """Costs of drawings of one stroke count."""

    def __init__(self, sight: Sight | None, motif: Motif, settings: Settings, studio: Studio) -> None:
        """Prepare the terms; without ``sight`` no encoder looks. The seed of ``settings`` decides the views of each iteration."""
        strokes = motif.strokes
        self._sight, self._settings, self._studio, self._strokes = sight, settings, studio, strokes
        small: tuple[Term, ...] = ()
        self._line_terms: tuple[Term, ...] = ()
        if settings.line_weight > 0:
            self._line_terms = (LineTerm(motif, settings.line_weight, studio.device),)
            small = (LineTerm(motif, settings.line_weight, studio.device, studio.judge.size),)
        seen: tuple[Term, ...] = ()
        if sight is not None:
            # A drawing of a handful of strokes cannot follow every feature: at full weight it drops parts of the subject.
            share = 1.0 if strokes > 4 or settings.line_weight == 0 else 0.5
            model = None
            if settings.balance == "lines":
                model = torch.as_tensor(1 - motif.picture().clip(0, 1), dtype=torch.float32, device=studio.device)
            seen = (EncoderTerm(sight, share * settings.layer_weight, share * settings.embedding_weight, model),)
        self._objective = Objective((*self._line_terms, *seen), (0,) if sight is None else sight.views.judges)
        # Hundreds of small pictures are judged a level, and rivals optimized for a while, which a large encoder would take minutes for;
        # the lines alone tell enough.
        rough = bool(small) and sight is not None and not sight.encoder.quick
        self._rough = Objective(self._line_terms) if rough else self._objective
        self._coarse = Objective(small if rough else (*small, *seen))

    def cost(self, points: Tensor, iteration: int, schedule: Schedule, first: Tensor) -> Tensor:
        """What the optimizer brings down: drawings (B, n, 4, 2) that began as ``first``, through views of the pool; (B,)."""
        return self._cost(self._objective, points, iteration, schedule, first)

    def rough_cost(self, points: Tensor, iteration: int, schedule: Schedule, first: Tensor) -> Tensor:
        """The same while starts compete: by the lines alone where the encoder takes long."""
        if self._rough is self._objective:
            return self.cost(points, iteration, schedule, first)
        return self._cost(self._rough, points, iteration, schedule, first)

    def _cost(self, objective: Objective, points: Tensor, iteration: int, schedule: Schedule, first: Tensor) -> Tensor:
        rng = np.random.default_rng([self._settings.seed, self._strokes, 1, iteration])
        views = [0] if self._sight is None else self._sight.views.draw(rng)
        cost = objective(self._render(points, schedule.pen(iteration)), views)
        if self._minds_lines:
            cost = cost + off_paper(points)
            cost = cost + self._linework(points, schedule.annealing(iteration))
        if self._keeps_lines:
            cost = cost + SHRINK * shrinking(points, lengths(first)) + STRAY * straying(points, first)
        return cost

    @torch.no_grad()
    def judge(self, points: Tensor) -> dict[str, Tensor]:
        """Each part of the loss of finished drawings (B, n, 4, 2), by name, and their sum as ``total``; each (B,)."""
        return self._judge(self._objective, points)

    @torch.no_grad()
    def rough_judge(self, points: Tensor) -> Tensor:
        """Loss (B,) by which starts are compared."""
        return self._judge(self._rough, points)["total"]

    def _judge(self, objective: Objective, points: Tensor) -> dict[str, Tensor]:
        parts = objective.parts(self._render(points, FINAL_PEN))
        linework = self._linework(points, 1.0) if self._minds_lines else points.new_zeros(len(points))
        return {**parts, "linework": linework, "total": parts["total"] + linework}

    @torch.no_grad()
    def judge_small(self, pictures: Tensor) -> Tensor:
        """Loss (B,) of pictures at the size of the studio's judge."""
        return self._coarse(pictures, [0])

    def relax(self, points: Tensor) -> Tensor:
        """Let one drawing's strokes (n, 4, 2) settle along the lines after one of them left."""
        moment = Moment.start(points[None])
        if self._minds_lines:
            for settled in optimize(moment, self._relaxing_cost, RELAX):
                moment = settled
        return moment.points[0]

    @torch.no_grad()
    def tidied(self, points: Tensor) -> Tensor:
        """One finished drawing (n, 4, 2) after its last touch, of which the lines alone judge: an encoder hardly sees it."""
        if not self._minds_lines:
            return points

        lines = Objective(self._line_terms)

        def judge(drawings: NDArray[np.float64]) -> list[float]:
            asked = torch.as_tensor(drawings, dtype=points.dtype, device=points.device)
            return [loss for i in range(0, len(asked), AT_ONCE) for loss in self._judge(lines, asked[i : i + AT_ONCE])["total"].tolist()]

        return torch.as_tensor(tidy(points.cpu().numpy(), judge), dtype=points.dtype, device=points.device)

    @property
    def _minds_lines(self) -> bool:
        """Without line terms a drawing is CLIPasso's, whose strokes go where the encoder wants them."""
        return bool(self._line_terms)

    @property
    def _keeps_lines(self) -> bool:
        """Strokes that began on lines are to stay with them; sampled squiggles have their way still before them."""
        return self._minds_lines and self._settings.start == "contour"

    def _relaxing_cost(self, points: Tensor, iteration: int) -> Tensor:
        pictures = self._render(points, RELAX.pen(iteration))
        return Objective(self._line_terms)(pictures, [0]) + self._linework(points, 1.0) + off_paper(points)

    def _linework(self, points: Tensor, meeting: float) -> Tensor:
        return BEND * bending(points) + meeting * (MEET * loose_ends(points) + DOUBLE * doubling(points))

    def _render(self, points: Tensor, pen: Pen) -> Tensor:
        return self._studio.rasterizer.render(points / CANVAS, pen.width, softness=pen.softness)
