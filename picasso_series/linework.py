"""What makes a line worth looking at: costs on control points alone.

Calm curvature, ends that meet, no line drawn twice, nothing off the paper. Knows control points in canvas pixels as torch tensors;
knows no pictures, no photo and no optimizer.
"""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from picasso_series.strokes import CANVAS, bernstein

SAMPLES = 13
REACH = 14.0
"""Ends nearer to another stroke than this many pixels are drawn to it."""
APART = 4.0
"""Two strokes that run side by side nearer than about this many pixels read as one line drawn twice."""


def sampled(points: Tensor, count: int = SAMPLES) -> Tensor:
    """Points of the curves (B, n, count, 2) of control points (B, n, 4, 2)."""
    curves: Tensor = _basis(count, points.dtype, points.device) @ points
    return curves


@lru_cache(maxsize=16)
def _basis(count: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Weights (count, 4) of control points at even parameters, kept on the device so that it is not waited for."""
    return torch.as_tensor(bernstein(torch.linspace(0, 1, count).numpy()), dtype=dtype, device=device)


def bending(points: Tensor) -> Tensor:
    """Mean over strokes of the control polygon's second differences, relative to its length; (B,)."""
    legs = points[:, :, 1:] - points[:, :, :-1]
    size = legs.norm(dim=-1).sum(-1)
    bends: Tensor = (legs[:, :, 1:] - legs[:, :, :-1]).square().sum((2, 3)) / (size.square() + 25)
    return bends.mean(1)


def loose_ends(points: Tensor) -> Tensor:
    """How many ends stop just short of another stroke, 0 to 1; ends that are far from all others cost nothing; (B,)."""
    batch, strokes = points.shape[:2]
    if strokes < 2:
        return points.new_zeros(batch)
    ends = points[:, :, ::3].reshape(batch, -1, 2)
    curves = sampled(points).reshape(batch, -1, 2)
    with torch.no_grad():
        owner = torch.arange(strokes, device=points.device)
        own = owner.repeat_interleave(2)[:, None] == owner.repeat_interleave(SAMPLES)
        nearest = torch.cdist(ends, curves).masked_fill(own, torch.inf).min(2)
    gap = (ends - curves.gather(1, nearest.indices[..., None].expand(-1, -1, 2))).square().sum(-1)
    return (gap / (gap + 25) * (nearest.values < REACH)).mean(1)


def doubling(points: Tensor) -> Tensor:
    """Share of the strokes' length that runs beside another stroke in the same direction; (B,)."""
    batch, strokes = points.shape[:2]
    if strokes < 2:
        return points.new_zeros(batch)
    curves = sampled(points)
    heading = F.normalize(curves[:, :, 1:] - curves[:, :, :-1], dim=-1, eps=1e-3).reshape(batch, -1, 2)
    middle = ((curves[:, :, 1:] + curves[:, :, :-1]) / 2).reshape(batch, -1, 2)
    owner = torch.arange(strokes, device=points.device).repeat_interleave(SAMPLES - 1)
    square = (middle[:, :, None] - middle[:, None]).square().sum(-1)
    beside = torch.exp(-square / (2 * APART**2)) * (heading @ heading.transpose(1, 2)).square()
    return (beside * (owner[:, None] != owner)).amax(2).mean(1)


def lengths(points: Tensor) -> Tensor:
    """Length of each stroke in pixels, (B, n)."""
    curves = sampled(points)
    return ((curves[:, :, 1:] - curves[:, :, :-1]).square().sum(-1) + 1e-6).sqrt().sum(-1)


def shrinking(points: Tensor, first: Tensor) -> Tensor:
    """Mean squared share of its first length (B, n) that each stroke has lost; (B,).

    A stroke along a faint line scores best as a dot, which an eye reads as dirt: it is to be a line or to leave.
    """
    return F.relu(1 - lengths(points) / first).square().mean(1)


def straying(points: Tensor, first: Tensor) -> Tensor:
    """Mean squared distance in units of 10 pixels between the strokes (B, n, 4, 2) and where they began; (B,)."""
    return (sampled(points) - sampled(first)).square().sum(-1).mean((1, 2)) / 100


def off_paper(points: Tensor) -> Tensor:
    """Mean squared distance in pixels of what lies beyond the canvas, over 10; (B,).

    Of the curves: a control point may well lie outside, and that of a long bend on the paper must.
    """
    curves = sampled(points)
    return (F.relu(-curves) + F.relu(curves - CANVAS)).square().mean((1, 2, 3)) / 10
