"""How many strokes a photo needs: levels spaced by what is lost from one to the next.

CLIPasso is told the number of strokes and names that as its limitation; CLIPascene spaces its levels by the loss. Here the loss of a
draft from which one stroke after the other is taken decides. Knows numbers alone: :mod:`picasso_series.draft` draws the draft.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

MOST = 32
"""Strokes of the draft, and the most that a level gets."""
HELD = 0.9
"""Share of what the best draft shows below which a subject falls apart.

Seen on drafts of 28 photos: down to here a horse keeps its head, an elephant its trunk, a penguin its beak, a light bulb its thread;
with one stroke fewer an animal loses its head or its legs, as a rule.
"""
ENOUGH = 0.998
"""Share of what the best draft shows that is all of it, as far as anyone can see."""


@dataclass(frozen=True)
class LossCurve:
    """What a draft of a photo loses.

    Attributes:
        losses: the loss with 1, 2, … strokes, by one yardstick for all.
        blank: the loss of empty paper.
    """

    losses: tuple[float, ...]
    blank: float

    @classmethod
    def of_draft(cls, losses: Sequence[float]) -> LossCurve | None:
        """The curve of a draft's losses: of empty paper, then of ever fewer strokes down to one; None where there are none."""
        return cls(tuple(reversed(losses[1:])), losses[0]) if losses else None

    @property
    def reached(self) -> tuple[float, ...]:
        """The loss that 1, 2, … strokes can bring about, which never rises: where fewer do better, so many can do as well."""
        return tuple(accumulate(self.losses, min))

    @property
    def shown(self) -> tuple[float, ...]:
        """What 1, 2, … strokes show of the subject: 0 is empty paper, 1 the best draft."""
        gained = [max(self.blank - loss, 0.0) for loss in self.reached]
        return tuple(gain / gained[-1] if gained[-1] else 1.0 for gain in gained)

    def fewest(self, share: float) -> int:
        """The fewest strokes that show ``share`` of the subject."""
        return 1 + next(i for i, shown in enumerate(self.shown) if shown >= share)


@dataclass(frozen=True)
class Counted:
    """Levels that were chosen for a photo, the reason in a few words, and the curve that they were chosen by, None where there is none."""

    levels: tuple[int, ...]
    reason: str
    curve: LossCurve | None = None


def choose_levels(curve: LossCurve | None, count: int) -> Counted:
    """Choose ``count`` levels, 1 to 16, each losing as large a part of what the one before it lost already.

    They begin with the strokes beyond which a draft gains nothing that can be seen and end with the fewest that still hold the subject;
    a single level is these fewest. The steps between them are equal on the logarithm of the loss, as equal steps of any magnitude are
    to the eye (Weber's law); CLIPascene fits an exponential for the same reason. Without a curve, levels are halved.
    """
    if curve is None:
        halved = tuple(accumulate(range(count - 1), lambda strokes, _: strokes // 2, initial=MOST))
        levels = _apart(halved, MOST)
        return Counted(levels, "the photo shows no lines to count by, so the strokes are halved")
    fewest, most = curve.fewest(HELD), curve.fewest(ENOUGH)
    if count == 1:
        return Counted((fewest,), f"the fewest that keep {HELD:.0%} of what a draft can show", curve)
    heights = [math.log(max(loss, 1e-6)) for loss in curve.reached]
    low, high = heights[most - 1], heights[fewest - 1]
    aims = [low + (high - low) * step / (count - 1) for step in range(1, count - 1)]
    between = [min(range(fewest, most + 1), key=lambda n: (abs(heights[n - 1] - aim), -n)) for aim in aims]
    levels = _apart((most, *between, fewest), len(curve.losses))
    reason = (
        f"a draft gains nothing beyond {most} strokes and keeps {HELD:.0%} of what it can show down to {fewest}; "
        "each step between loses an equal part"
    )
    return Counted(levels, reason, curve)


def _apart(levels: Sequence[int], most: int) -> tuple[int, ...]:
    """The levels made strictly fewer from one to the next, moving as few as can be, from 1 to ``most`` strokes."""
    found = list(levels)
    for i in range(len(found) - 2, -1, -1):
        found[i] = max(found[i], found[i + 1] + 1)
    if found[0] > most:
        found[0] = most
        for i in range(1, len(found)):
            found[i] = min(found[i], found[i - 1] - 1)
    return tuple(found)
