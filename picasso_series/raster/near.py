"""Which pixels lie near which stroke, and at what parameter of its curve.

Knows cubic Beziers in pixel coordinates and a padded grid of pixels; knows no gradient, no color and no ink. The work follows the
strokes' length: curves are cut into short chords, each chord looks at a small disc of pixels, and a pixel that several chords of
one stroke reach keeps the nearest. There is never a tensor of strokes x pixels x chords.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

STEP = 3.0
"""Longest arc that one chord stands for, in pixels."""

SAGITTA = 0.05
"""Farthest that a curve may stray from its chord, in pixels: what is left of an error where Newton's steps gain nothing."""

FAN = 16
"""Most pieces that one cut makes of a piece of curve."""

ROUNDS = 6
"""Most cuts in a row: 8 * 16**6 pieces a curve are finer than float32 can tell parameters apart."""

CELLS = 1 << 21
"""Most cells (8 bytes each) in which the nearest chords are sought at a time; bounds the memory, never the result."""

FIRST_CUT = 8
"""Pieces that every curve is cut into to begin with."""

NEWTON = 2
"""Newton steps from the nearest chord to the curve."""


class Grid(NamedTuple):
    """A square canvas with a margin, so that chords near its edge need no bounds check.

    Attributes:
        size: side of the canvas in pixels.
        margin: pixels added on each side.
    """

    size: int
    margin: int

    @property
    def side(self) -> int:
        """Side of the padded grid in pixels."""
        return self.size + 2 * self.margin


class Near(NamedTuple):
    """Pairs of a stroke and a pixel nearer to it than the reach asked for, each pair once, in the order of the strokes.

    Attributes:
        stroke: int64 (N,), index of the stroke.
        x: (N,) column of the pixel, 0 at the canvas's left edge (in the margin: below 0 or at least ``size``).
        y: (N,) row of the pixel, likewise.
        t: (N,) parameter in [0, 1] of the curve's point nearest to the pixel's center.
        away_x: (N,) columns from the pixel's center to that point.
        away_y: (N,) rows likewise.
    """

    stroke: Tensor
    x: Tensor
    y: Tensor
    t: Tensor
    away_x: Tensor
    away_y: Tensor


class _Chords(NamedTuple):
    """Chords of curves: their stroke (M,), start and extent in t (M,), start point and direction (M, 2), sagitta bound (M,)."""

    stroke: Tensor
    t: Tensor
    dt: Tensor
    start: Tensor
    along: Tensor
    slack: Tensor


def margin(reach: float) -> int:
    """Return the margin in pixels of a :class:`Grid` that holds every pixel :func:`near_pixels` can name at this reach."""
    return math.ceil(2 * reach + 1.5 * STEP + 3)


def power_basis(curves: Tensor) -> Tensor:
    """Return the coefficients c of the curves c0 + c1 t + c2 t^2 + c3 t^3; (n, 4, 2) to (n, 4, 2)."""
    p0, p1, p2, p3 = curves.unbind(1)
    return torch.stack([p0, 3 * (p1 - p0), 3 * (p2 - 2 * p1 + p0), p3 - p0 + 3 * (p1 - p2)], 1)


def near_pixels(curves: Tensor, present: Tensor, reach: float, grid: Grid) -> Near:
    """Find all pixels whose center lies within ``reach`` of a curve.

    Args:
        curves: (n, 4, 2) control points in pixels, where pixel (i, j) has its center at (i, j).
        present: bool (n,); a curve that is not present has no pixels.
        reach: distance in pixels; a few pixels slightly beyond it may be returned too.
        grid: canvas; its margin must be ``margin(reach)``.
    """
    power = power_basis(curves)
    chords = _cut(curves, power, present, reach, grid.size)
    found = [_nearest(group, power, reach, grid) for group in _groups(chords, curves, reach, grid)]
    if not found:
        none = curves.new_zeros(0)
        return Near(none.long(), none, none, none, none, none)
    return Near(*(torch.cat(parts) for parts in zip(*found, strict=True)))


def _cut(curves: Tensor, power: Tensor, present: Tensor, reach: float, size: int) -> _Chords:
    """Cut the curves into chords of at most ``STEP`` of arc and ``SAGITTA`` of bend, leaving out what cannot touch the canvas."""
    stroke = torch.arange(len(curves), device=curves.device).repeat_interleave(FIRST_CUT)
    t = torch.arange(FIRST_CUT, device=curves.device, dtype=curves.dtype).div(FIRST_CUT).repeat(len(curves))
    dt = torch.full_like(t, 1 / FIRST_CUT)
    for cut in range(ROUNDS):
        start, end, arc, slack = _hull(power, stroke, t, dt)
        low = torch.minimum(start, end) - slack[:, None]
        high = torch.maximum(start, end) + slack[:, None]
        # Written so that a comparison with NaN drops the piece.
        here = ((high >= -reach - 1) & (low <= size + reach)).all(1) & (arc < math.inf) & present[stroke]
        wanted = torch.maximum(arc / STEP, (slack / SAGITTA).sqrt()).ceil()
        pieces = torch.where(here, wanted.clamp(1, FAN), 0).long()
        last = cut == ROUNDS - 1 or not bool(((wanted > FAN) & here).any())
        origin = torch.repeat_interleave(pieces)
        rank = torch.arange(len(origin), device=t.device) - (pieces.cumsum(0) - pieces)[origin]
        dt = (dt / pieces)[origin]
        t = t[origin] + rank * dt
        stroke = stroke[origin]
        if last:
            break
    start, end, _, slack = _hull(power, stroke, t, dt)
    middle = (start + end) / 2
    here = ((middle >= -reach - STEP) & (middle <= size + reach + STEP)).all(1).nonzero().view(-1)
    return _Chords(*(part[here] for part in (stroke, t, dt, start, end - start, slack.clamp(max=STEP / 2))))


def _hull(power: Tensor, stroke: Tensor, t: Tensor, dt: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return both ends (M, 2) of pieces of curve, and bounds of their arc length (M,) and distance from the chord (M,)."""
    c0, c1, c2, c3 = power[stroke].unbind(1)
    a, h = t[:, None], dt[:, None]
    b = a + h
    start = ((c3 * a + c2) * a + c1) * a + c0
    end = ((c3 * b + c2) * b + c1) * b + c0
    # The derivative is a quadratic Bezier with these three control points: no piece is faster than the longest of them.
    v0 = (3 * c3 * a + 2 * c2) * a + c1
    v2 = (3 * c3 * b + 2 * c2) * b + c1
    v1 = v0 + h * (3 * c3 * a + c2)
    arc = torch.stack([v0, v1, v2]).square().sum(-1).amax(0).sqrt() * dt
    # A curve leaves its chord by at most h^2 / 8 times its largest second derivative, which is linear in t.
    bend = torch.maximum((6 * c3 * a + 2 * c2).square().sum(-1), (6 * c3 * b + 2 * c2).square().sum(-1)).sqrt() * dt.square() / 8
    return start, end, arc, bend


def _groups(chords: _Chords, curves: Tensor, reach: float, grid: Grid) -> Iterator[_Chords]:
    """Split the chords, whole strokes together, so that a group needs a bounded amount of memory."""
    if not len(chords.stroke):
        return
    work = len(_disc(reach + STEP / 2, "cpu", curves.dtype)[0]) * len(chords.stroke)
    if max(work, grid.side**2 * len(curves)) <= CELLS:
        yield chords
        return
    counts = torch.bincount(chords.stroke, minlength=len(curves)).tolist()
    each = work / len(chords.stroke)
    first = stop = 0
    load = 0.0
    for count in counts:
        cost = max(count * each, grid.side**2 if count else 0)
        if load and load + cost > CELLS:
            yield _Chords(*(part[first:stop] for part in chords))
            first, load = stop, 0.0
        stop += count
        load += cost
    yield _Chords(*(part[first:stop] for part in chords))


@lru_cache(maxsize=64)
def _disc(radius: float, device: torch.device | str, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Columns and rows (K,) of the pixels that a disc may cover whose center lies within half a pixel of (0, 0)."""
    reach = radius + math.sqrt(0.5)
    side = torch.arange(-math.ceil(reach), math.ceil(reach) + 1, device=device, dtype=dtype)
    y, x = torch.meshgrid(side, side, indexing="ij")
    inside = x.square() + y.square() <= reach**2
    return x[inside], y[inside]


def _nearest(chords: _Chords, power: Tensor, reach: float, grid: Grid) -> Near:
    """Return each stroke's pixels with their nearest parameter."""
    disc_x, disc_y = _disc(reach + STEP / 2, chords.t.device, chords.t.dtype)
    middle = torch.round(chords.start + chords.along / 2)
    ahead = chords.along / chords.along.square().sum(1, keepdim=True).clamp(min=1e-12)
    x = (middle - chords.start)[:, :1] + disc_x
    y = (middle - chords.start)[:, 1:] + disc_y
    at = torch.addcmul(x * ahead[:, :1], y, ahead[:, 1:]).clamp_(0, 1)
    gap = x.addcmul_(at, chords.along[:, :1], value=-1).square_()
    gap.add_(y.addcmul_(at, chords.along[:, 1:], value=-1).square_())
    hit = (gap <= (reach + chords.slack).square()[:, None]).view(-1).nonzero().view(-1)

    # Each stroke has a table of its own box; the winner of a cell is the smallest (gap, rank) pair, packed into one integer.
    # Whole rows of chords x disc are computed where only the hits count: that is cheaper than to gather the parts for each hit.
    low, wide, base, cells = _boxes(chords.stroke, middle, disc_x, len(power))
    corner = base[chords.stroke] + (middle - low[chords.stroke])[:, 1] * wide[chords.stroke] + (middle - low[chords.stroke])[:, 0]
    cell = torch.addcmul(corner[:, None] + disc_x, wide[chords.stroke][:, None], disc_y).view(-1)[hit].long()
    rank = torch.arange(len(cell), device=cell.device)
    packed = (gap.view(-1)[hit].float().view(torch.int32).long() << 32) | rank
    best = packed.new_full((cells,), torch.iinfo(torch.int64).max).scatter_reduce_(0, cell, packed, "amin")
    hit = hit[best[cell] == packed]

    stroke = chords.stroke[hit.div(len(disc_x), rounding_mode="floor")]
    x = (middle[:, :1] + disc_x).view(-1)[hit]
    y = (middle[:, 1:] + disc_y).view(-1)[hit]
    t = torch.addcmul(chords.t[:, None], at, chords.dt[:, None]).view(-1)[hit]
    return _refine(power, stroke, x, y, t)


def _boxes(stroke: Tensor, middle: Tensor, disc: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor, int]:
    """Lay out a table for each stroke: first column and row (n, 2), width (n,), offset (n,), and the cells of all tables."""
    radius = disc.amax()
    index = stroke[:, None].expand(-1, 2)
    low = middle.new_zeros(count, 2).scatter_reduce_(0, index, middle, "amin", include_self=False) - radius
    high = middle.new_zeros(count, 2).scatter_reduce_(0, index, middle, "amax", include_self=False) + radius
    extent = (high - low + 1).long()
    area = extent.prod(1)
    ends = area.cumsum(0)
    return low, (high - low + 1)[:, 0], ends - area, int(ends[-1])


def _refine(power: Tensor, stroke: Tensor, x: Tensor, y: Tensor, t: Tensor) -> Near:
    """Move ``t`` from the nearest chord to the nearest point of the curve."""
    coefficients = power.flatten(1).t().contiguous().index_select(1, stroke).unbind(0)
    return Near(stroke, x, y, *settle(coefficients, x, y, t, NEWTON))


def settle(coefficients: Sequence[Tensor], x: Tensor, y: Tensor, t: Tensor, steps: int) -> tuple[Tensor, Tensor, Tensor]:
    """Move parameters ``t`` near the nearest points of curves nearer still, by guarded Newton steps.

    Args:
        coefficients: of :func:`power_basis`, x and y of each in turn; eight tensors.
        x: columns of the pixels.
        y: rows of the pixels.
        t: parameters in [0, 1].
        steps: how many.

    Returns:
        The parameter and the vector (x, y) from the pixel to the curve there. All shapes are broadcast with each other.
    """
    x0, y0, x1, y1, x2, y2, x3, y3 = coefficients
    x0, y0 = x0 - x, y0 - y

    def away(at: Tensor) -> tuple[Tensor, Tensor]:
        return ((x3 * at + x2) * at + x1) * at + x0, ((y3 * at + y2) * at + y1) * at + y0

    first_x, first_y = away(t)
    at, away_x, away_y = t, first_x, first_y
    for _ in range(steps):
        vx = (3 * x3 * at + 2 * x2) * at + x1
        vy = (3 * y3 * at + 2 * y2) * at + y1
        speed = vx * vx + vy * vy
        bend = away_x * (6 * x3 * at + 2 * x2) + away_y * (6 * y3 * at + 2 * y2)
        # Beyond the center of curvature Newton would run uphill: there the step is bounded by twice Gauss-Newton's.
        slope = torch.maximum(speed + bend, speed / 2).clamp_(min=1e-12)
        at = (at - (away_x * vx + away_y * vy) / slope).clamp_(0, 1)
        away_x, away_y = away(at)
    better = away_x * away_x + away_y * away_y <= first_x * first_x + first_y * first_y
    return torch.where(better, at, t), torch.where(better, away_x, first_x), torch.where(better, away_y, first_y)
