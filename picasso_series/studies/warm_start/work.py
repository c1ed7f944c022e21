"""What a drawing costs, counted and not timed, so that budgets are the same on every machine.

Knows what a critic is asked and what each question is worth in iterations; knows no arm and no clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from picasso_series.critic import RELAX, Critic
from picasso_series.motif import Motif
from picasso_series.objective import Sight
from picasso_series.optimize import Schedule
from picasso_series.settings import Settings
from picasso_series.studio import Studio

LOOK = 1 / 6
"""Price in iterations of judging one small picture, forward alone, with an encoder that takes milliseconds.

With the ``structure`` encoder an iteration took as long as 5.4 to 8.2 small pictures, measured at 4 to 32 strokes of two photos.
"""
SETTLE = 1 / 2
"""Price in iterations of one settling step, which no encoder looks at: an iteration took as long as 2.1 to 3.8 of those."""


@dataclass
class Work:
    """What was done for a drawing.

    Attributes:
        steps: iterations of single drawings: two that go side by side count twice.
        settling: steps in which a drawing settles after it lost a stroke.
        looks: small pictures that were judged.
    """

    steps: int = 0
    settling: int = 0
    looks: int = 0

    def price(self, quick: bool) -> float:
        """The same in iterations; ``quick`` is the encoder's.

        An encoder that is not quick takes no part in reductions: what is left of them is nothing beside its iterations.
        """
        return self.steps + (SETTLE * self.settling + LOOK * self.looks if quick else 0.0)


class MeteredCritic(Critic):
    """A critic that counts what it is asked."""

    def __init__(self, sight: Sight | None, motif: Motif, settings: Settings, studio: Studio) -> None:
        """As any critic; nothing is counted yet."""
        super().__init__(sight, motif, settings, studio)
        self.work = Work()

    def cost(self, points: Tensor, iteration: int, schedule: Schedule, first: Tensor) -> Tensor:
        """See :class:`Critic`."""
        self.work.steps += len(points)
        return super().cost(points, iteration, schedule, first)

    def judge_small(self, pictures: Tensor) -> Tensor:
        """See :class:`Critic`."""
        self.work.looks += len(pictures)
        return super().judge_small(pictures)

    def relax(self, points: Tensor) -> Tensor:
        """See :class:`Critic`."""
        self.work.settling += RELAX.iterations
        return super().relax(points)
