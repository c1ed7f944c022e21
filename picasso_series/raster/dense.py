"""The rasterizer in plain torch for graphics processors: every stroke looks at every pixel.

Knows the same strokes, the same edge and the same gradient as :mod:`~picasso_series.raster.soft`, which works near the ink alone and so
must ask the processor how much there is of it. Here every shape follows from the number of strokes and the canvas: nothing waits for the
device, the order of all sums is fixed, and the cost does not depend on the drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from picasso_series.raster import SOFTNESS
from picasso_series.raster.near import power_basis, settle
from picasso_series.raster.soft import bernstein, check_batch, check_edits, check_size, clear, widths_of
from picasso_series.strokes import CANVAS, STROKE_WIDTH

SAMPLES = 96
"""Points of a curve among which each pixel takes the nearest to begin with.

With so many a canvas full of long random curves has 3 pixels of 50176 that differ by more than 0.02 from those of the exact way, where
a curve folds back on itself; drawings have none.
"""

FINE = 512
"""Pieces of a curve by whose lengths those points are spread."""

NEWTON = 3
"""Newton steps from that point to the nearest of the curve."""

FAR = 1e6
"""Coordinate in pixels beyond which a control point takes its stroke's ink away: the squares of such would not fit in floats."""

MARGIN = 16.0
"""Pixels around the canvas within which a curve is sampled too, wider than any edge reaches."""

CELLS = 1 << 27
"""Most cells (4 bytes each) of points x pixels at a time; bounds the memory, never the result."""


class _Field(NamedTuple):
    """Every stroke at every pixel, (M, size, size) each.

    Attributes:
        t: parameter of the curve's nearest point.
        unit_x: unit vector from the pixel to that point.
        unit_y: likewise.
        rise: s in [0, 1], how far the pixel's center lies across the stroke's edge: 0 is ink, 1 is paper.
    """

    t: Tensor
    unit_x: Tensor
    unit_y: Tensor
    rise: Tensor


def _field(curves: Tensor, width: Tensor, present: Tensor, softness: float, size: int) -> _Field:
    """The field of curves (M, 4, 2), in pixels with centers at whole numbers, of widths (M,)."""
    # Written so that a comparison with NaN takes the stroke away.
    here = present & (curves.abs() <= FAR).all(2).all(1)
    curves = torch.where(here[:, None, None], curves, 0)
    step = max(1, CELLS // (SAMPLES * size**2))
    parts = []
    for first in range(0, len(curves), step):
        group = slice(first, first + step)
        t, x, y = _nearest(curves[group], size)
        distance = (x * x + y * y).sqrt_()
        rise = ((distance - width[group, None, None] / 2 + softness) / (2 * softness)).clamp_(0, 1)
        rise = torch.where(here[group, None, None], rise, 1)
        # At distance 0 the direction is undefined: any vector of length at most 1 is a subgradient, and 0 is one.
        inverse = distance.clamp_(min=1e-9).reciprocal_()
        parts.append(_Field(t, x * inverse, y * inverse, rise))
    if not parts:
        return _Field(*(curves.new_zeros(0, size, size) for _ in _Field._fields))
    return _Field(*(torch.cat(part) for part in zip(*parts, strict=True)))


def _nearest(curves: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Of every curve (M, 4, 2) and pixel the parameter of the nearest point and the vector to it: (M, size, size) each."""
    power = power_basis(curves)
    t = _spread(power, size)
    places = _on_curves(power, t[..., None])
    across = torch.arange(size, device=curves.device, dtype=curves.dtype)
    beside = (places[:, :, :1] - across).square()[:, :, None, :]
    below = (places[:, :, 1:] - across).square()[:, :, :, None]
    nearest = (beside + below).argmin(1)
    first = t.gather(1, nearest.flatten(1)).view_as(nearest)
    coefficients = power.flatten(1)[:, :, None, None].unbind(1)
    return settle(coefficients, across, across[:, None], first, NEWTON)


def _on_curves(power: Tensor, t: Tensor) -> Tensor:
    """Points (M, k, 2) of the curves at parameters (M or 1, k, 1)."""
    c0, c1, c2, c3 = power[:, :, None].unbind(1)
    places: Tensor = ((c3 * t + c2) * t + c1) * t + c0
    return places


def _spread(power: Tensor, size: int) -> Tensor:
    """Parameters (M, SAMPLES) that lie evenly along the part of each curve that may touch the canvas."""
    options: Any = {"device": power.device, "dtype": power.dtype}
    places = _on_curves(power, torch.linspace(0, 1, FINE + 1, **options)[None, :, None])
    start, end = places[:, :-1], places[:, 1:]
    length = (end - start).norm(dim=2)
    reach = length[..., None] + MARGIN
    near = ((torch.maximum(start, end) > -reach) & (torch.minimum(start, end) < size + reach)).all(2)
    # Hardly any weight is not none: a curve that stays away is sampled somewhere too.
    ends = (length * near + 1e-6).cumsum(1)
    ends = ends / ends[:, -1:]
    wanted = torch.linspace(0, 1, SAMPLES, **options).repeat(len(power), 1)
    piece = torch.searchsorted(ends, wanted).clamp_(max=FINE - 1)
    last = ends.gather(1, piece)
    first = torch.where(piece > 0, ends.gather(1, (piece - 1).clamp(min=0)), 0)
    within = ((wanted - first) / (last - first).clamp(min=1e-12)).clamp(0, 1)
    found: Tensor = (piece + within) / FINE
    return found


class _Render(torch.autograd.Function):
    """Curves (B, n, 4, 2) and widths (B, n) of sketches to their images, with the analytic gradient."""

    @staticmethod
    def forward(ctx: Any, curves: Tensor, width: Tensor, present: Tensor, softness: float, size: int) -> Tensor:  # noqa: D102
        sketches, strokes = width.shape
        field = _field(curves.flatten(0, 1), width.flatten(), present.flatten(), softness, size)
        image = clear(field.rise).log_().view(sketches, strokes, size, size).sum(1).exp_()
        if any(ctx.needs_input_grad[:2]):
            ctx.save_for_backward(image, *field)
            ctx.shape, ctx.softness = (sketches, strokes, size, size), softness
        return image

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:  # noqa: D102
        image, t, unit_x, unit_y, rise = ctx.saved_tensors
        # dI/dd = I / c * dc/dd: the light that the other strokes let through, times the slope of the edge.
        slope = (rise * (1 - rise)).div_(clear(rise)).mul_(3 / ctx.softness).view(ctx.shape)
        slope = (slope * (upstream * image)[:, None]).flatten(0, 1).flatten(1)
        forces = torch.stack([slope * unit_x.flatten(1), slope * unit_y.flatten(1)], 2)
        curves = torch.stack(bernstein(t.flatten(1)), 1) @ forces
        width = slope.sum(1).div(-2).view(ctx.shape[:2]) if ctx.needs_input_grad[1] else None
        return curves.view(*ctx.shape[:2], 4, 2), width, None, None, None


@dataclass(frozen=True)
class DenseRasterizer:
    """Draw black strokes on white paper in plain torch, without ever waiting for the device.

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
        """Draw a batch of sketches as :meth:`~picasso_series.raster.soft.SoftRasterizer.render` does, by the same rules."""
        check_batch(points, softness)
        widths = widths_of(points, width)
        present = torch.ones_like(widths, dtype=torch.bool) if mask is None else mask
        image: Tensor = _Render.apply(  # type: ignore[no-untyped-call]
            points * self.size - 0.5, widths, present, float(softness), self.size
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
        """Draw variants of one sketch as :meth:`~picasso_series.raster.soft.SoftRasterizer.edits` does, by the same rules."""
        extra = check_edits(points, removed, added, added_to)
        curves = torch.cat([points, extra]) * self.size - 0.5
        here = torch.ones(len(removed), len(curves), dtype=torch.bool)
        here[:, len(points) :] = False
        for variant, strokes in enumerate(removed):
            here[variant, list(strokes)] = False
        here[list(added_to), range(len(points), len(curves))] = True
        present = points.new_ones(len(curves), dtype=torch.bool)
        field = _field(curves, points.new_full((len(curves),), float(width)), present, softness, self.size)
        light = here.to(points) @ clear(field.rise).log_().flatten(1)
        return light.exp_().view(-1, self.size, self.size)
