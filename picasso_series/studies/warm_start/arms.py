"""What is compared: ways in which a level of a series may start.

Knows settings and names; draws nothing and judges nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from picasso_series.settings import Settings

SAMPLED_STEP = 6.0
"""Adam's first step in canvas pixels for sampled starts, which have far to go; where a preset's step stays constant it is left as it is.

Of 1.4, 2, 3, 4.5, 6 and 9, tried on a photo or two each, this gave cold sampled starts the lowest losses, by far: at the contour starts'
0.8 they hardly leave their places.
"""
COLD_STARTS = 2
"""Contour starts that share a cold level's budget where strokes are few: there are two kinds, and which is better differs by photo."""


@dataclass(frozen=True)
class Arm:
    """One way of starting levels.

    Attributes:
        name: its key in files.
        title: its name in tables.
        start: "contour" or "saliency": how a level starts that has none before it, or does not look at the one before.
        warm: whether a level starts from the strokes of the level before.
        joins: whether two strokes may become one on the way there.
        shipped: whether this is the preset as it is, rivals and all, at its own budget; the others share one.
    """

    name: str
    title: str
    start: str
    warm: bool
    joins: bool = False
    shipped: bool = False

    def settings(self, study: Settings, seed: int) -> Settings:
        """The settings that this arm draws with."""
        if self.shipped:
            return replace(study, seed=seed)
        step = SAMPLED_STEP if self.start == "saliency" and study.schedule == "cosine" else study.learning_rate
        rivals = 0 if self.warm else COLD_STARTS
        return replace(study, start=self.start, joins=self.joins, rivals=rivals, learning_rate=step, seed=seed, seeds=1)


COLD_SAMPLED = Arm("cold-sampled", "cold, sampled (CLIPasso's)", "saliency", warm=False)
COLD_CONTOUR = Arm("cold-contour", "cold, contour", "contour", warm=False)
WARM_SAMPLED = Arm("warm-sampled", "warm after sampled, removals", "saliency", warm=True)
WARM = Arm("warm", "warm after contour, removals", "contour", warm=True)
WARM_JOINS = Arm("warm-joins", "warm after contour, joins too", "contour", warm=True, joins=True)
SHIPPED = Arm("shipped", "the preset, rivals and all*", "", warm=True, shipped=True)

ARMS = (COLD_SAMPLED, WARM_SAMPLED, COLD_CONTOUR, WARM, WARM_JOINS, SHIPPED)
"""All arms, in the order of tables and plots."""


@dataclass(frozen=True)
class Contrast:
    """A question that two arms answer together: is the first one better than the other?"""

    question: str
    arm: Arm
    against: Arm


CONTRASTS = (
    Contrast("warm start, after a sampled one", WARM_SAMPLED, COLD_SAMPLED),
    Contrast("warm start, after a contour one", WARM, COLD_CONTOUR),
    Contrast("joins on the way", WARM_JOINS, WARM),
    Contrast("warm start with joins", WARM_JOINS, COLD_CONTOUR),
    Contrast("contours in place of samples", COLD_CONTOUR, COLD_SAMPLED),
    Contrast("rivals, at a budget of their own", SHIPPED, WARM_JOINS),
)
"""What is asked of every level but the first."""
