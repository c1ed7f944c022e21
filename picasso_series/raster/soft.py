"""The rasterizer in plain torch for processors: anti-aliased strokes, differentiable, with a cost that follows the ink.

Knows how near pixels turn into ink, how strokes compose, and the gradient of both; knows no file and no objective. A stroke covers
a pixel all but for the light it lets through, ``c = s^2 (3 - 2 s)`` with ``s = clamp((d - width / 2 + softness) / (2 softness))``
and d the exact distance of the pixel's center to the curve B(t); paper shines through all strokes: image = product of their c. The
gradient holds the nearest parameter t* fixed, which is exact: either d is stationary in t there or t* is an end of the curve
(envelope theorem), so that ``dd / dP_k = b_k(t*) (B(t*) - pixel) / d`` with the Bernstein polynomials b_k.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from picasso_series.raster import SOFTNESS
from picasso_series.raster.near import Grid, margin, near_pixels
from picasso_series.strokes import CANVAS, STROKE_WIDTH

CLEAR = 1e-6
"""Least light that one stroke lets through, so that its logarithm stays finite: full ink is 1e-6 instead of 0."""


class _Ink(NamedTuple):
    """Pairs of a stroke and a pixel that it may ink, (N,) each.

    Attributes:
        stroke: index of the stroke, ascending.
        cell: index of the pixel in the padded grid.
        t: parameter of the curve's nearest point.
        unit_x: unit vector from the pixel to that point.
        unit_y: likewise.
        rise: s in [0, 1], how far the pixel's center lies across the stroke's edge: 0 is ink, 1 is paper.
    """

    stroke: Tensor
    cell: Tensor
    t: Tensor
    unit_x: Tensor
    unit_y: Tensor
    rise: Tensor


def _ink(curves: Tensor, present: Tensor, width: Tensor, softness: float, grid: Grid, reach: float) -> _Ink:
    """Find the inked pairs of curves (n, 4, 2), in pixels with centers at whole numbers, of widths (n,)."""
    stroke, x, y, t, dx, dy = near_pixels(curves, present, reach, grid)
    distance = (dx * dx + dy * dy).sqrt_()
    rise = ((distance - width[stroke] / 2 + softness) / (2 * softness)).clamp_(0, 1)
    # At distance 0 the direction is undefined: any vector of length at most 1 is a subgradient, and 0 is one.
    inverse = distance.clamp(min=1e-9).reciprocal_()
    cell = (y.long() + grid.margin) * grid.side + x.long() + grid.margin
    return _Ink(stroke, cell, t, dx * inverse, dy * inverse, rise)


def clear(rise: Tensor) -> Tensor:
    """The light let through across an edge."""
    return (rise * rise * (3 - 2 * rise)).clamp_(min=CLEAR)


def bernstein(t: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The four Bernstein polynomials of degree 3 at ``t``."""
    u = 1 - t
    return u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t


class _Render(torch.autograd.Function):
    """Curves (m, 4, 2) and widths (m,) of several sketches to their images, with the analytic gradient."""

    @staticmethod
    def forward(  # noqa: D102
        ctx: Any, curves: Tensor, width: Tensor, present: Tensor, sketch: Tensor, sketches: int, softness: float, size: int
    ) -> Tensor:
        reach = (float(width.max()) if len(width) else 0) / 2 + softness
        grid = Grid(size, margin(reach))
        ink = _ink(curves, present, width, softness, grid, reach)
        cell = sketch[ink.stroke] * grid.side**2 + ink.cell
        light = curves.new_zeros(sketches * grid.side**2).index_add_(0, cell, clear(ink.rise).log())
        image = _crop(light.view(sketches, grid.side, grid.side), grid).exp()
        if any(ctx.needs_input_grad[:2]):
            # Only the edge of a stroke has a gradient: inside it is black and outside it is blank.
            edge = ((ink.rise > 0) & (ink.rise < 1)).nonzero().view(-1)
            ctx.save_for_backward(image, cell[edge], *(part[edge] for part in (ink.stroke, ink.t, ink.unit_x, ink.unit_y, ink.rise)))
            ctx.grid, ctx.softness, ctx.strokes = grid, softness, len(curves)
        return image

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:  # noqa: D102
        image, cell, stroke, t, unit_x, unit_y, rise = ctx.saved_tensors
        grid: Grid = ctx.grid
        padded = image.new_zeros(len(image), grid.side, grid.side)
        torch.mul(upstream, image, out=_crop(padded, grid))
        # dI/dd = I / c * dc/dd: the light that the other strokes let through, times the slope of the edge.
        slope = padded.view(-1)[cell] / clear(rise) * (rise * (1 - rise)) * (3 / ctx.softness)
        force_x, force_y = slope * unit_x, slope * unit_y
        parts = torch.stack([force * b for b in bernstein(t) for force in (force_x, force_y)], 1)
        curves = image.new_zeros(ctx.strokes, 8).index_add_(0, stroke, parts).view(-1, 4, 2)
        width = None
        if ctx.needs_input_grad[1]:
            width = image.new_zeros(ctx.strokes).index_add_(0, stroke, slope / -2)
        return curves, width, None, None, None, None, None


def _crop(padded: Tensor, grid: Grid) -> Tensor:
    """The canvas (…, size, size) inside the padded grid, as a view."""
    inner = slice(grid.margin, grid.margin + grid.size)
    return padded[..., inner, inner]


def check_size(size: int) -> None:
    """Refuse canvases whose pixels could not be counted in float32, which is exact up to 2^24 of them, margins included.

    Raises:
        ValueError: the side is not one of 1 to 2048 pixels.
    """
    if not 1 <= size <= 2048:
        raise ValueError(f"a canvas has a side of 1 to 2048 pixels, not {size}")


def check_batch(points: Tensor, softness: float) -> None:
    """Refuse what is no batch of sketches, and edges without width.

    Raises:
        ValueError: ``softness`` is not above 0 or ``points`` has another shape than (B, n, 4, 2).
    """
    if points.dim() != 4 or points.shape[2:] != (4, 2):
        raise ValueError(f"a batch of sketches has the shape (B, n, 4, 2), not {tuple(points.shape)}")
    if not softness > 0:
        raise ValueError(f"softness must be above 0, not {softness}")


def check_edits(points: Tensor, removed: Sequence[Sequence[int]], added: Tensor | None, added_to: Sequence[int]) -> Tensor:
    """Refuse edits of strokes that are not there; return the strokes (m, 4, 2) that come.

    Raises:
        ValueError: there are not as many added strokes as variants for them.
        IndexError: a stroke that leaves is not in the sketch.
    """
    extra = points.new_zeros(0, 4, 2) if added is None else added.to(points)
    if len(extra) != len(added_to):
        raise ValueError(f"{len(extra)} added strokes need as many variants, not {len(added_to)}")
    for stroke in {stroke for strokes in removed for stroke in strokes}:
        if not 0 <= stroke < len(points):
            raise IndexError(f"there is no stroke {stroke} among {len(points)}")
    return extra


def widths_of(points: Tensor, width: float | Tensor) -> Tensor:
    """The width of each stroke of a batch (B, n, 4, 2): (B, n)."""
    # A number is filled in on the device: to make a tensor of it here and send it there would make both wait.
    widths = width.to(points) if isinstance(width, Tensor) else points.new_full((), width)
    return widths.expand(points.shape[:2])


@dataclass(frozen=True)
class SoftRasterizer:
    """Draw black strokes on white paper in plain torch; made for processors, right on any device.

    Attributes:
        size: side of the square canvas in pixels, 1 to 2048.
    """

    size: int = CANVAS
    name: str = "torch"

    def __post_init__(self) -> None:
        check_size(self.size)

    def render(
        self, points: Tensor, width: float | Tensor = STROKE_WIDTH, *, softness: float = SOFTNESS, mask: Tensor | None = None
    ) -> Tensor:
        """Draw a batch of sketches.

        Args:
            points: float32 or float64 (B, n, 4, 2), control points in the unit square; they may lie outside it.
            width: stroke width in pixels of the canvas, a number or a tensor that broadcasts to (B, n).
            softness: half the width in pixels of a stroke's edge, above 0.
            mask: bool (B, n), False where a stroke is absent (a batch of sketches of different stroke counts is padded).

        Returns:
            (B, size, size) in [0, 1], 1 being paper and 0 full ink; differentiable in ``points`` and ``width``. A stroke whose
            control points are not finite leaves no ink.

        Raises:
            ValueError: ``softness`` is not above 0 or ``points`` has another shape.
        """
        check_batch(points, softness)
        sketches, strokes = points.shape[:2]
        curves = (points * self.size - 0.5).flatten(0, 1)
        widths = widths_of(points, width).flatten()
        present = torch.ones_like(widths, dtype=torch.bool) if mask is None else mask.flatten()
        sketch = torch.arange(sketches, device=points.device).repeat_interleave(strokes)
        image: Tensor = _Render.apply(  # type: ignore[no-untyped-call]
            curves, widths, present, sketch, sketches, float(softness), self.size
        )
        return image

    @torch.no_grad()
    def edits(
        self,
        points: Tensor,
        removed: Sequence[Sequence[int]],
        added: Tensor | None = None,
        added_to: Sequence[int] = (),
        width: float = STROKE_WIDTH,
        *,
        softness: float = SOFTNESS,
    ) -> Tensor:
        """Draw variants of one sketch, every stroke being rasterized once.

        Args:
            points: (n, 4, 2), the sketch in the unit square.
            removed: for each variant the indices of the strokes of ``points`` that it lacks.
            added: (m, 4, 2), strokes of which each joins one variant.
            added_to: for each of them the index of its variant; m numbers.
            width: stroke width in pixels.
            softness: half the width in pixels of a stroke's edge, above 0.

        Returns:
            (E, size, size) in [0, 1] for E variants.
        """
        extra = check_edits(points, removed, added, added_to)
        curves = torch.cat([points, extra]) * self.size - 0.5
        reach = width / 2 + softness
        grid = Grid(self.size, margin(reach))
        cells = grid.side**2
        present = points.new_ones(len(curves), dtype=torch.bool)
        ink = _ink(curves, present, points.new_full((len(curves),), float(width)), softness, grid, reach)
        log = clear(ink.rise).log()
        base = int(torch.searchsorted(ink.stroke, len(points)))
        whole = points.new_zeros(cells).index_add_(0, ink.cell[:base], log[:base])
        light = whole.repeat(len(removed), 1)
        spans = torch.searchsorted(ink.stroke, torch.arange(len(curves) + 1, device=points.device)).tolist()
        for variant, strokes in enumerate(removed):
            for stroke in set(strokes):
                span = slice(spans[stroke], spans[stroke + 1])
                light[variant].index_add_(0, ink.cell[span], log[span], alpha=-1)
        for stroke, variant in enumerate(added_to, start=len(points)):
            span = slice(spans[stroke], spans[stroke + 1])
            light[variant].index_add_(0, ink.cell[span], log[span])
        return _crop(light.view(-1, grid.side, grid.side), grid).exp().clamp_(max=1)
