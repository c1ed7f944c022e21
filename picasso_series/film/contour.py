"""The subject's outline as curves, for the moment between photo and drawing.

Knows the lines that the program sees in a subject and makes curves of them; knows neither time nor pixels. Needs no torch.
"""

from __future__ import annotations

import numpy as np

from picasso_series.curves import arc_length, is_closed, resample, smooth
from picasso_series.inking import Curves, Strokes, through
from picasso_series.levels import Subject
from picasso_series.lines import trace_lines
from picasso_series.strokes import CANVAS

STEP = 5.0
"""Length of each curve in units of the canvas."""

THIN = 0.45
"""The outline's width, as a share of a stroke's."""


def outline(subject: Subject) -> Strokes:
    """The outline, the longest line first, as many short curves in a row of which each is at its middle's width everywhere."""
    chains = sorted((line.chain for line in trace_lines(subject) if line.outline), key=lambda chain: -arc_length(chain)[-1])
    pieces: list[Curves] = []
    for chain in chains:
        even = resample(smooth(chain, 2.0), max(3, 1 + round(arc_length(chain)[-1] / STEP))) / CANVAS
        if is_closed(chain):
            even[-1] = even[0]
        whole = through(even[None])[0]
        pieces.append(np.stack([whole[i : i + 4] for i in range(0, len(whole) - 1, 3)]))
    curves = np.concatenate([np.zeros((0, 4, 2)), *pieces])
    return Strokes(curves, np.full(len(curves), THIN), np.full((len(curves), 2), 0.5))


def stretch(line: Strokes, begin: float, end: float) -> Strokes:
    """The part of an outline between two shares of its number of curves, both in [0, 1]; one that is cut becomes thinner instead."""
    places = np.arange(len(line.curves)) / max(len(line.curves), 1)
    size = 1 / max(len(line.curves), 1)
    shown = np.clip((end - places) / size, 0, 1) * np.clip((places + size - begin) / size, 0, 1)
    kept = shown > 0.02
    return Strokes(line.curves[kept], (line.widths * shown)[kept], line.spans[kept])
