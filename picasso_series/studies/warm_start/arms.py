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
        own = replace(study, start=self.start, joins=self.joins, rivals=0 if self.warm else COLD_STARTS, finalists=COLD_STARTS)
        return replace(own, learning_rate=step, seed=seed, seeds=1)


COLD_SAMPLED = Arm("cold-sampled", "cold, sampled as CLIPasso does", "saliency", warm=False)
WARM_SAMPLED = Arm("warm-sampled", "warm after sampled, removals", "saliency", warm=True)
WARM_SAMPLED_JOINS = Arm("warm-sampled-joins", "warm after sampled, joins too", "saliency", warm=True, joins=True)
COLD_CONTOUR = Arm("cold-contour", "cold, contour", "contour", warm=False)
WARM_CONTOUR = Arm("warm-contour", "warm after contour, removals", "contour", warm=True)
WARM_CONTOUR_JOINS = Arm("warm-contour-joins", "warm after contour, joins too", "contour", warm=True, joins=True)
SHIPPED = Arm("shipped", "the preset, rivals and all*", "", warm=True, shipped=True)

ARMS = (COLD_SAMPLED, WARM_SAMPLED, WARM_SAMPLED_JOINS, COLD_CONTOUR, WARM_CONTOUR, WARM_CONTOUR_JOINS, SHIPPED)
"""All arms, in the order of tables and plots."""


@dataclass(frozen=True)
class Contrast:
    """A question that two arms answer together: is the first one better than the other?"""

    question: str
    arm: Arm
    against: Arm


CONTRASTS = (
    Contrast("sampled: warm, removals", WARM_SAMPLED, COLD_SAMPLED),
    Contrast("sampled: warm, joins too", WARM_SAMPLED_JOINS, COLD_SAMPLED),
    Contrast("sampled: joins beside removals", WARM_SAMPLED_JOINS, WARM_SAMPLED),
    Contrast("contour: warm, removals", WARM_CONTOUR, COLD_CONTOUR),
    Contrast("contour: warm, joins too", WARM_CONTOUR_JOINS, COLD_CONTOUR),
    Contrast("contour: joins beside removals", WARM_CONTOUR_JOINS, WARM_CONTOUR),
    Contrast("cold: contour for sampled", COLD_CONTOUR, COLD_SAMPLED),
    Contrast("warm, joins: contour for sampled", WARM_CONTOUR_JOINS, WARM_SAMPLED_JOINS),
    Contrast("rivals, at a budget of their own*", SHIPPED, WARM_CONTOUR_JOINS),
)
"""What is asked of every level but the first."""
