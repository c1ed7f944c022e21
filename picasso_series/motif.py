"""What a drawing of so many strokes is to show of a subject: fewer strokes, a simpler motif.

Four things change with the number of strokes: slender parts become single lines, lines within the outline fade, eyes leave at last, and
the parts that tell what the subject is gain weight. Those are the ones that reach out from its body, the upper ones above all: a head,
horns or a neck tell more than a fourth leg. Knows lines and the subject's mask; knows no strokes and no loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.graph import MCP_Geometric

from picasso_series.curves import Points
from picasso_series.levels import Subject
from picasso_series.lines import Line, Picture, disk, draw_lines
from picasso_series.slender import depth_within, slenderize
from picasso_series.strokes import CANVAS

SLENDER = 30.0
"""Width in pixels below which a part would be a single line in a drawing of one stroke; it falls with the root of the strokes."""
FADING = 16
"""With fewer strokes than these, lines within the outline weigh less."""
FACES, FACE_TELLS, AROUND_MARK = 6, 2.0, 3.5
"""Fewest strokes of a drawing that has eyes, how much more these tell than other lines, and how many pixels around them."""
TELLING, MOST_TELLING = 24.0, 4.5
"""How much more telling parts count, divided by the number of strokes, and at most."""
CORE = 0.75
"""A body's core: where it is at least this share as deep as at its deepest."""
REACH = 0.6
"""Parts begin this share of the body's depth away from its core."""
LOW = 0.25
"""How much the lowest parts tell, against 1 for the highest."""


@dataclass(frozen=True, eq=False)
class Motif:
    """The lines that a drawing of ``strokes`` strokes is to show.

    Attributes:
        strokes: how many.
        lines: chains in canvas pixels, with weights.
        telling: how much each place counts, (224, 224) from 1 up; None where all places count the same.
    """

    strokes: int
    lines: tuple[Line, ...]
    telling: Picture | None = None

    def picture(self) -> Picture:
        """The lines drawn, (224, 224), each as dark as it matters, 0 empty to 1; telling places are no darker than others."""
        return draw_lines(self.lines, faintness(self.strokes))

    def told_by(self, points: Points) -> float:
        """How much the places of points (N, 2) count, on average."""
        if self.telling is None:
            return 1.0
        x, y = np.clip(points.astype(int), 0, CANVAS - 1).T
        return float(self.telling[y, x].mean())


def find_motif(lines: Sequence[Line], subject: Subject, strokes: int) -> Motif:
    """The motif of a subject with these lines for a drawing of so many strokes."""
    fading = min(1.0, strokes / FADING)
    shown = [line for line in lines if strokes >= FACES or not line.mark]
    faded = [line if line.outline or line.mark else replace(line, weight=fading * line.weight) for line in shown]
    if subject.source == "none":
        # Without a subject there is no silhouette whose parts could be slender or telling.
        return Motif(strokes, tuple(faded))
    simple = slenderize(faded, subject.mask, SLENDER / strokes**0.5)
    telling = 1 + min(MOST_TELLING, TELLING / strokes) * extremities(subject.mask > 0.5)
    return Motif(strokes, simple, telling + FACE_TELLS * _faces(simple))


def _faces(lines: Sequence[Line]) -> Picture:
    """Where eyes and noses are, (224, 224), 0 to 1."""
    marked = np.zeros((CANVAS, CANVAS))
    for line in lines:
        if line.mark:
            np.maximum(marked, disk(line.chain, AROUND_MARK), out=marked)
    around: Picture = ndimage.gaussian_filter(marked, 1.5)
    return around


def faintness(strokes: int) -> float:
    """The power of a line's weight that says how dark it should be: with many strokes faint lines count nearly as much as strong ones.

    Where they counted less, strokes along them would score best as dots.
    """
    return min(0.8, 8.0 / strokes)


def extremities(solid: NDArray[np.bool_]) -> Picture:
    """How far each place of a shape (224, 224) reaches out from its body, 0 to 1, and less the lower it lies."""
    depth = depth_within(solid)
    body = float(depth.max())
    if body <= 0:
        return np.zeros(depth.shape)
    near = ndimage.binary_dilation(depth > 0, iterations=3)
    way, _ = MCP_Geometric(np.where(near, 1.0, -1.0)).find_costs(np.argwhere(depth > CORE * body))
    way = np.where(np.isfinite(way), way, 0.0)
    first = REACH * body
    out = np.clip((way - first) / max(1.0, float(np.quantile(way[depth > 0], 0.98)) - first), 0, 1)
    rows = np.flatnonzero((depth > 0).any(1))
    low = np.clip((np.arange(CANVAS) - rows[0]) / max(1, rows[-1] - rows[0]), 0, 1)
    reaching: Picture = ndimage.gaussian_filter(out * (1 - (1 - LOW) * low[:, None]), 4.0)
    return reaching
