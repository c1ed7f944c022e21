"""One level's optimization: Adam on control points, as a generator of moments.

Knows a cost to bring down and how widths, edges and steps change on the way; knows no photo, no encoder and no files. Several drawings
of one stroke count go side by side in one batch, each unaffected by the others. The whole state is in the moment that is yielded, so
a run that is taken up from any moment goes on exactly as it would have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from picasso_series.raster import SOFTNESS
from picasso_series.strokes import STROKE_WIDTH

Cost = Callable[[Tensor, int], Tensor]
"""(points (B, n, 4, 2), iteration) -> cost (B,), differentiable in the points."""

BETA1 = 0.9
"""The decay of Adam's average of slopes."""
EPSILON = 1e-8
ANNEALED = 0.6
"""Share of the iterations after which width and edge have their final values."""
FINAL_RATE = 0.1
"""What is left of the learning rate at the end of a "cosine" schedule."""
FINISH = 10
"""Iterations in which a drawing that has converged comes to rest."""


@dataclass(frozen=True)
class Pen:
    """How strokes are rendered: width, and half the width of the edge's ramp, both in canvas pixels."""

    width: float
    softness: float


FINAL_PEN = Pen(STROKE_WIDTH, SOFTNESS)
"""The pen that drawings are judged with."""


@dataclass(frozen=True)
class Schedule:
    """How a level is optimized.

    Attributes:
        iterations: the most steps.
        learning_rate: first step in canvas pixels.
        decays: whether the step shrinks along a cosine, else it stays.
        first_pen: the pen at the start, soft and wide so that a stroke feels lines at a distance.
        beta2: the decay of Adam's average of squared slopes; below the usual 0.999 where a level takes few steps.
        cut: the iteration after which the drawing had converged; what is left of the schedule is then gone through in a few steps.
    """

    iterations: int
    learning_rate: float
    decays: bool
    first_pen: Pen
    beta2: float = 0.95
    cut: int | None = None

    @property
    def last(self) -> int:
        """The number of steps that are done."""
        if self.cut is None:
            return self.iterations
        return min(self.iterations, self.cut + FINISH)

    def progress(self, iteration: int) -> float:
        """Where an iteration stands, 0 at the first and 1 at the last."""
        if self.cut is None or iteration <= self.cut:
            return iteration / max(1, self.iterations - 1)
        begun = self.cut / max(1, self.iterations - 1)
        return begun + (1 - begun) * (iteration - self.cut) / max(1, self.last - 1 - self.cut)

    def rate(self, iteration: int) -> float:
        """The step at an iteration."""
        if not self.decays:
            return self.learning_rate
        return self.learning_rate * (FINAL_RATE + (1 - FINAL_RATE) * (0.5 + 0.5 * math.cos(math.pi * self.progress(iteration))))

    def annealing(self, iteration: int) -> float:
        """How far the pen has come to its final shape, 0 to 1."""
        return min(1.0, self.progress(iteration) / ANNEALED)

    def pen(self, iteration: int) -> Pen:
        """The pen at an iteration."""
        done = self.annealing(iteration)
        return Pen(
            self.first_pen.width + (FINAL_PEN.width - self.first_pen.width) * done,
            self.first_pen.softness + (FINAL_PEN.softness - self.first_pen.softness) * done,
        )


@dataclass(frozen=True, eq=False)
class Moment:
    """The state after ``iteration`` steps: points and Adam's two averages, each (B, n, 4, 2), points in canvas pixels."""

    iteration: int
    points: Tensor
    first: Tensor
    second: Tensor

    @classmethod
    def start(cls, points: Tensor) -> Moment:
        """The moment before the first step."""
        return cls(0, points, torch.zeros_like(points), torch.zeros_like(points))


def optimize(moment: Moment, cost: Cost, schedule: Schedule) -> Iterator[Moment]:
    """Yield the moment after each remaining step.

    Args:
        moment: where to go on from.
        cost: what is brought down.
        schedule: steps and pens.

    """
    while moment.iteration < schedule.last:
        moment = advance(moment, cost, schedule)
        yield moment


def advance(moment: Moment, cost: Cost, schedule: Schedule) -> Moment:
    """The moment after one step; see :func:`optimize`."""
    points = moment.points.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(cost(points, moment.iteration).sum(), points)
    return stepped(moment, gradient, schedule)


@torch.no_grad()
def stepped(moment: Moment, gradient: Tensor, schedule: Schedule) -> Moment:
    """The moment after a step against ``gradient`` (B, n, 4, 2), which is Adam's (Kingma and Ba, 2015, algorithm 1)."""
    count = moment.iteration + 1
    first = moment.first.lerp(gradient, 1 - BETA1)
    second = moment.second.lerp(gradient.square(), 1 - schedule.beta2)
    step = first / (1 - BETA1**count) / ((second / (1 - schedule.beta2**count)).sqrt() + EPSILON)
    return Moment(count, moment.points.detach() - schedule.rate(moment.iteration) * step, first, second)


def record_at(iteration: int, iterations: int) -> bool:
    """Whether a trajectory keeps the moment after ``iteration`` of ``iterations`` steps: all at first, then a tenth apart."""
    if iteration <= 10 or iteration == iterations:
        return True
    return math.floor(math.log(iteration) / math.log(1.1)) > math.floor(math.log(iteration - 1) / math.log(1.1))
