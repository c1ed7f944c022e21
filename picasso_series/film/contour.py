"""The subject's outline as curves, for the moment between photo and drawing.

Knows the subject's mask at the photo's own fineness and makes curves of its rim; knows neither time nor pixels of a film. The lines that
are drawn come from elsewhere (``lines``): those leave out what no stroke could follow, such as thin ears, which an outline has to show.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import find_contours

from picasso_series.curves import Points, arc_length, is_closed, resample, smooth
from picasso_series.inking import Curves, Strokes, through
from picasso_series.levels import Subject
from picasso_series.strokes import CANVAS

STEP = 2.5
"""Length of each curve in units of the canvas."""

THIN = 0.45
"""The outline's width, as a share of a stroke's."""

_BLUR = 0.3
"""Of the mask, in units of the canvas: a rim in stairs becomes smooth, an ear stays."""
_SHORTEST = 20.0
"""Length in units of the canvas below which a contour is a speck of the mask."""
_EDGE, _CUT = 0.8, 20.0
"""A rim that stays this near to an edge of photo or square for so long, in units of the canvas, is where these end, not the subject."""


def rims(subject: Subject) -> list[Curves]:
    """The outline's lines, the longest first, as smooth chains of cubics (3 k + 1, 2) in the unit square, each cubic ``STEP`` long."""
    found: list[Curves] = []
    for chain in sorted(_chains(subject), key=lambda chain: -arc_length(chain)[-1]):
        even = resample(smooth(chain, 1.5), max(3, 1 + round(arc_length(chain)[-1] / STEP))) / CANVAS
        if is_closed(chain):
            even[-1] = even[0]
        found.append(through(even[None])[0])
    return found


def outline(subject: Subject) -> Strokes:
    """The outline as many short curves in a row of which each is at its middle's width everywhere."""
    pieces = [chain[3 * i : 3 * i + 4] for chain in rims(subject) for i in range(len(chain) // 3)]
    curves = np.array(pieces, np.float64).reshape(-1, 4, 2)
    return Strokes(curves, np.full(len(curves), THIN), np.full((len(curves), 2), 0.5))


def stretch(line: Strokes, begin: float, end: float) -> Strokes:
    """The part of an outline between two shares of its number of curves, both in [0, 1]; one that is cut becomes thinner instead."""
    places = np.arange(len(line.curves)) / max(len(line.curves), 1)
    size = 1 / max(len(line.curves), 1)
    shown = np.clip((end - places) / size, 0, 1) * np.clip((places + size - begin) / size, 0, 1)
    kept = shown > 0.02
    return Strokes(line.curves[kept], (line.widths * shown)[kept], line.spans[kept])


def _chains(subject: Subject) -> Iterator[Points]:
    """The mask's contours (N, 2) in units of the canvas, with two points a unit, where they are the subject's own."""
    mask = subject.detail[:, :, 3] / 255
    fineness = len(mask) / CANVAS
    for contour in find_contours(np.pad(ndimage.gaussian_filter(mask, _BLUR * fineness), 1), 0.5):
        # find_contours counts from the center of the padded picture's first pixel.
        chain = (contour[:, ::-1] - 0.5) / fineness
        around = arc_length(chain)[-1]
        if around >= _SHORTEST:
            chain = resample(chain, round(2 * around))
            yield from (piece for piece in _kept(chain, _cut(chain, subject)) if arc_length(piece)[-1] >= _SHORTEST)


def _cut(chain: Points, subject: Subject) -> NDArray[np.bool_]:
    """Where a chain (N, 2) runs along an edge of the photo or of the square, (N,)."""
    # A cut-out with alpha is cropped to its subject as a rule: touching the picture's edge says nothing.
    if subject.source == "alpha":
        return np.zeros(len(chain), bool)
    left, top, right, bottom = (CANVAS * min(max(edge, 0.0), 1.0) for edge in subject.placement.photo_box)
    x, y = chain.T
    along = np.minimum.reduce([x - left, right - x, y - top, bottom - y]) < _EDGE
    return np.asarray(ndimage.binary_opening(along, np.ones(round(2 * _CUT), bool)), bool)


def _kept(chain: Points, cut: NDArray[np.bool_]) -> Iterator[Points]:
    """The runs of a closed chain that are not cut."""
    if not cut.any():
        yield chain
        return
    start = int(np.flatnonzero(cut)[0])
    chain, cut = np.roll(chain, -start, axis=0), np.roll(cut, -start)
    edges = [*(np.flatnonzero(np.diff(cut)) + 1).tolist(), len(chain)]
    yield from (chain[a:b] for a, b in zip(edges[:-1], edges[1:], strict=True) if not cut[a])
