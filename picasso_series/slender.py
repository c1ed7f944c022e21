"""Slender parts of a subject as single lines: what a pencil makes of legs, necks and horns when strokes are few.

Where the subject is narrower than a drawing of so many strokes can show by two contours, they give way to the line along their middle,
and what is left of the contours runs on into it. Knows lines and the subject's mask; knows no strokes and no loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.filters import apply_hysteresis_threshold
from skimage.morphology import skeletonize

from picasso_series.curves import Points, arc_length, is_closed, resample, smooth
from picasso_series.lines import MIN_INNER, Line, Picture, link, walk_chains
from picasso_series.strokes import CANVAS

SWELL = 1.3
"""A slender part may be this many times as wide in places: a leg swells at the knee without becoming a body."""
ELONGATED = 2.0
"""A slender part is this many times as long as it is wide, at least; what is shorter is a corner."""
SHORTEST = 7.0
"""Shortest middle line in pixels."""
BESIDE = 2.0
"""A contour this many pixels farther from a middle line than half the part's width still is that part's."""
LOOSE = 0.8
"""What is left of a contour beside a middle line and is shorter than this share of the width is a scrap."""
BRIDGE, BRIDGE_TURN = 5.0, 100.0
"""What is left of a contour between two slender parts holds them together, as the brow does two horns: its least length in pixels, and the
sharpest turn in degrees from the one part into it."""
RUNS_ON = 0.6, 3.0, 60.0
"""A contour runs on into a middle line across this share of the width and so many pixels, turning by no more than so many degrees."""


def slenderize(lines: Sequence[Line], mask: NDArray[np.float32], width: float) -> tuple[Line, ...]:
    """The lines with single ones in the place of both contours of parts narrower than ``width`` pixels.

    Args:
        lines: the subject's lines; its eyes and noses stay as they are.
        mask: the subject, (224, 224) in [0, 1].
        width: in canvas pixels.
    """
    solid = ndimage.gaussian_filter(mask.astype(np.float64), 1.0) > 0.5
    depth = depth_within(solid)
    middles = list(_middles(solid, depth, width))
    if not middles:
        return tuple(lines)
    points = np.concatenate(middles)
    half = _at(ndimage.maximum_filter(depth, 3), points)
    tree = cKDTree(points)
    owner = np.repeat(np.arange(len(middles)), [len(middle) for middle in middles])
    left: list[Line] = []
    rests: list[Points] = []
    bridges: list[Points] = []
    for line in lines:
        if line.mark:
            left.append(line)
            continue
        apart, nearest = tree.query(line.chain)
        covered = apart <= half[nearest] + BESIDE
        if not covered.any():
            left.append(line)
            continue
        outline = line.outline and line.weight == 1.0
        for chain in _uncovered(line.chain, covered):
            length = arc_length(chain)[-1]
            if length > (LOOSE * width if line.outline else MIN_INNER):
                if outline:
                    rests.append(chain)
                else:
                    left.append(Line(chain, line.weight, line.outline))
            elif outline and length > BRIDGE and len(set(owner[tree.query(chain[[0, -1]])[1]])) == 2:
                bridges.append(chain)
    share, more, turn = RUNS_ON
    reach = share * width + more
    joined = link([*link([*middles, *bridges], reach, BRIDGE_TURN), *rests], reach, turn)
    return (*(Line(chain, 1.0, True) for chain in joined), *left)


def depth_within(solid: NDArray[np.bool_]) -> Picture:
    """Distance in pixels from each pixel of a shape to the nearest outside it; the canvas ends the shape."""
    depth: Picture = ndimage.distance_transform_edt(np.pad(solid, 1))[1:-1, 1:-1]
    return depth


def _at(picture: Picture, points: Points) -> Picture:
    """A picture's values (N,) at points (N, 2); the nearest pixel's beyond the canvas."""
    x, y = np.clip(points.astype(int), 0, CANVAS - 1).T
    values: Picture = picture[y, x]
    return values


def _middles(solid: NDArray[np.bool_], depth: Picture, width: float) -> Iterator[Points]:
    """Middle lines of the slender parts, out to their tips."""
    skeleton = skeletonize(solid)
    spine = skeleton & apply_hysteresis_threshold(np.where(skeleton, -2 * depth, -np.inf), -SWELL * width, -width)
    for chain in walk_chains(spine):
        soft = smooth(chain, 1.5)
        length = float(arc_length(soft)[-1])
        if length >= max(SHORTEST, ELONGATED * 2 * float(_at(depth, soft).max())):
            drawn_out = _to_tips(soft, depth, SWELL * width)
            yield resample(drawn_out, max(5, int(arc_length(drawn_out)[-1])))


def _to_tips(chain: Points, depth: Picture, reach: float) -> Points:
    """The chain with its loose ends drawn out to the edge of the subject, which a skeleton stops short of."""
    for _ in range(2):
        chain = chain[::-1]
        ahead = chain[-1] - chain[max(-8, -len(chain))]
        steps = chain[-1] + ahead / max(float(np.linalg.norm(ahead)), 1e-9) * np.arange(1, int(reach) + 1)[:, None]
        outside = np.flatnonzero(_at(depth, steps) <= 1.0)
        if len(outside):
            chain = np.vstack([chain, steps[: outside[0] + 1]])
    return chain


def _uncovered(chain: Points, covered: NDArray[np.bool_]) -> Iterator[Points]:
    """The runs of a chain's points that are not covered; one that is closed is opened where it is covered."""
    if is_closed(chain):
        start = int(np.flatnonzero(covered)[0])
        chain, covered = np.roll(chain, -start, axis=0), np.roll(covered, -start)
    edges = np.flatnonzero(np.diff(np.concatenate([[True], covered, [True]])))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        if end - first >= 5:
            yield chain[first:end]
