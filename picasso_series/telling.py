"""Subject -> the lines of it that an artist might draw, with the eyes and noses that make a face.

Contrast alone cannot tell the edge of an ear from a fold of light: which lines tell what a subject is, the embedded encoder has learned,
as it has learned faces. Knows the prepared subject and what finds both; knows no strokes and no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from picasso_series.curves import arc_length
from picasso_series.faces import FindFaces, find_marks
from picasso_series.levels import Subject
from picasso_series.lines import Line, trace_lines
from picasso_series.strokes import CANVAS

FindTelling = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""A picture (H, W, 3) of a subject alone -> how telling a line at each place is, log odds (H, W)."""

CONTRAST_TELLS, LENGTH_TELLS = 1.0, 1.6
"""What a line's contrast and the logarithm of its length in pixels add to the log odds that it is telling."""
UNTELLING, SURE_WEIGHT = 0.06, 0.8
"""Lines that are less likely to be telling are left out; what one that surely is would weigh, against the outline's 1."""


def find_lines(subject: Subject, find_faces: FindFaces, find_telling: FindTelling) -> tuple[Line, ...]:
    """The subject's lines in canvas pixels; those of a whole scene, of which nothing was learned, weigh by their contrast."""
    marks = find_marks(subject, find_faces)
    if subject.source == "none":
        return trace_lines(subject, marks)
    seen = find_telling(subject.rgb)
    return trace_lines(subject, marks, lambda lines: weigh(lines, seen))


def weigh(lines: Sequence[Line], seen: NDArray[np.float32]) -> Iterator[Line]:
    """The lines that may be telling, each weighing as much as it probably is; ``seen`` are the places' log odds (224, 224)."""
    for line in lines:
        chance = float(expit(odds(line, seen)))
        if chance >= UNTELLING:
            yield replace(line, weight=SURE_WEIGHT * chance)


def odds(line: Line, seen: NDArray[np.float32]) -> float:
    """The log odds that a line, whose weight is its contrast, is telling: those of its places on average, and its own."""
    x, y = np.clip(line.chain.astype(int), 0, CANVAS - 1).T
    return float(seen[y, x].mean()) + own_odds(line)


def own_odds(line: Line) -> float:
    """What a line's contrast and length add to the log odds that it is telling."""
    return CONTRAST_TELLS * line.weight + LENGTH_TELLS * float(np.log(arc_length(line.chain)[-1]))
