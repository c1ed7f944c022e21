"""What can be said of a drawing without anyone who recognizes things: how much ink there is, and how well it lies on the photo's lines.

Knows pictures and lines; knows no encoder. Distances are canvas pixels, of which the picture has 224 a side.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from picasso_series.lines import Line, draw_lines
from picasso_series.strokes import CANVAS

Map = NDArray[np.float64]

BLUR = 4.0
"""Blur in pixels at which drawing and line map are compared: one for all levels, so that levels can be compared."""
FAINTNESS = 0.5
"""The power of a line's weight that says how dark it is on the map."""
DARK = 0.5
"""Ink from which a place counts as drawn on."""
FAR = 32.0
"""Distance beyond which it no longer matters how far off a line lies."""


def line_map(lines: Sequence[Line]) -> Map:
    """The photo's lines as a picture (224, 224), 0 empty to 1 on the heaviest."""
    return draw_lines(lines, FAINTNESS)


def measures(ink: Map, lines: Map) -> dict[str, float]:
    """Measures of a drawing's ``ink`` against the photo's line map, both (224, 224) in [0, 1].

    Returns:
        ``ink``: share of the paper that is dark. ``likeness``: correlation of ink and map, both blurred, 0 to 1. ``missed``: mean
        distance from the lines, each place by its weight, to the nearest ink. ``stray``: mean distance from the ink to the nearest line.
    """
    return {
        "ink": float(ink.mean()),
        "likeness": likeness(ink, lines),
        "missed": _distance(lines * (lines > 0.05), ink > DARK),
        "stray": _distance(ink * (ink > DARK), lines > 0.05),
    }


def likeness(ink: Map, lines: Map) -> float:
    """Cosine of two pictures after a blur; 0 where one of them is empty."""
    return cosine(blurred(ink), blurred(lines))


def blurred(picture: Map) -> Map:
    """A picture through a blur of ``BLUR`` pixels, empty around."""
    soft: Map = ndimage.gaussian_filter(picture, BLUR, mode="constant")
    return soft


def cosine(one: Map, other: Map) -> float:
    """Cosine of two pictures without negative values, 0 to 1; 0 where one of them is empty."""
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float((one * other).sum() / size) if size else 0.0


def _distance(weight: Map, there: NDArray[np.bool_]) -> float:
    """Mean distance of places, each by its ``weight``, to the nearest one that is ``there``, at most ``FAR``."""
    total = float(weight.sum())
    if not total:
        return 0.0
    apart = ndimage.distance_transform_edt(~there) if there.any() else np.full((CANVAS, CANVAS), FAR)
    return float((weight * np.minimum(apart, FAR)).sum() / total)
