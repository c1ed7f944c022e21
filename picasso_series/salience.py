"""What each stroke is worth, and how a drawing loses strokes: the only place where "most salient" is defined.

A stroke's salience is what the loss gains when the stroke is left out, asked again after each removal, because two strokes that cover
the same line each look useless as long as the other is there. A drawing is reduced by the same question, one cheapest edit at a time:
a stroke leaves, or two that continue into each other become one. Knows a judge of pictures and a rasterizer; knows no photo, no
encoder and no files. Points are canvas pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from picasso_series.curves import join, sample
from picasso_series.optimize import FINAL_PEN
from picasso_series.raster import Rasterizer
from picasso_series.strokes import CANVAS

Judge = Callable[[Tensor], Tensor]
"""Pictures (B, H, W) -> loss (B,)."""
Relax = Callable[[Tensor], Tensor]
"""Points (n, 4, 2) in canvas pixels -> the same strokes, settled a little."""

MOST_JOINS = 24
"""Joins that are judged in a round: those whose cubic fits best."""
CLOSED, SMALL = 0.3, 70.0
"""A stroke no longer than so many pixels, whose ends are nearer to each other than this share of its length, is a ring."""
SAME_LINE = 4.0
"""A stroke whose points lie this near to another on average, in pixels, covers the same line: one of the two leaves in a round at most."""
ROUNDS = 12
"""A reduction takes about this many rounds per halving, so that hundreds of strokes do not take hundreds of rounds."""


@dataclass(frozen=True, eq=False)
class Edit:
    """A change to a drawing: the indices of strokes that leave, and the control points (4, 2) in canvas pixels of one that comes."""

    removed: tuple[int, ...]
    added: Tensor | None = None


@dataclass(frozen=True, eq=False)
class Reduced:
    """A drawing that lost strokes: points (n, 4, 2), and for each stroke the indices of the strokes that went into it."""

    points: Tensor
    members: tuple[tuple[int, ...], ...]


def join_limits(strokes: int) -> tuple[float, float]:
    """Widest gap in pixels and sharpest turn in degrees at which two strokes may join, for a drawing to have so many strokes."""
    return (8.0, 75.0) if strokes > 8 else (14.0, 100.0)


@torch.no_grad()
def rank(points: Tensor, judge: Judge, rasterizer: Rasterizer) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Order strokes (n, 4, 2) by salience.

    Returns:
        Indices, most salient first, and for each of them its salience, which never rises along that order: what the loss gains when
        it is left out of the strokes not yet removed, or what it gained at an earlier removal if that was more.
    """
    left = list(range(len(points)))
    covered = _same_lines(points)
    order: list[int] = []
    values: list[float] = []
    while left:
        here = points[left]
        edits = [Edit(()), *(Edit((i,)) for i in range(len(left)))]
        losses = judge(variants(here, edits, rasterizer)).tolist()
        gains = [loss - losses[0] for loss in losses[1:]]
        share = max(1, len(left) // ROUNDS)
        ranked = sorted(range(len(left)), key=lambda i: (gains[i], i))
        cheapest = [edit.removed[0] for edit in _apart([Edit((i,)) for i in ranked], share, covered[np.ix_(left, left)])]
        order += [left[i] for i in cheapest]
        values += [gains[i] for i in cheapest]
        left = [index for i, index in enumerate(left) if i not in cheapest]
    # A stroke is worth no less than one that could leave before it.
    return np.array(order[::-1], np.int64), np.maximum.accumulate(np.array(values, np.float32))[::-1].copy()


def reduce(points: Tensor, strokes: int, judge: Judge, rasterizer: Rasterizer, relax: Relax, joins: bool) -> Reduced:
    """Take strokes (m, 4, 2) away until ``strokes`` are left, always by the edits that cost the loss least."""
    members: list[tuple[int, ...]] = [(i,) for i in range(len(points))]
    share = max(1, (len(points) - strokes) // ROUNDS)
    while len(points) > strokes:
        edits = [Edit((i,)) for i in range(len(points))]
        if joins:
            edits += _joins(points, *join_limits(strokes))
        with torch.no_grad():
            losses = judge(variants(points, edits, rasterizer)).tolist()
        ranked = sorted(range(len(edits)), key=lambda i: (losses[i], i))
        chosen = _apart([edits[i] for i in ranked], min(share, len(points) - strokes), _same_lines(points))
        points, members = _apply(points, members, chosen)
        points = relax(points)
    return Reduced(points, tuple(members))


def variants(points: Tensor, edits: Sequence[Edit], rasterizer: Rasterizer) -> Tensor:
    """The drawing after each of the edits, (E, size, size)."""
    added = [(i, edit.added) for i, edit in enumerate(edits) if edit.added is not None]
    return rasterizer.edits(
        points / CANVAS,
        [edit.removed for edit in edits],
        torch.stack([stroke for _, stroke in added]) / CANVAS if added else None,
        [i for i, _ in added],
        FINAL_PEN.width * rasterizer.size / CANVAS,
        softness=FINAL_PEN.softness,
    )


def _joins(points: Tensor, gap: float, turn: float) -> list[Edit]:
    """Edits that put one cubic in the place of two strokes whose ends meet; a ring, as an eye is one, goes on in nothing."""
    curves = points.cpu().double().numpy()
    ends = curves[:, [0, 3]]
    apart = np.linalg.norm(ends[:, None, :, None] - ends[None, :, None], axis=-1).min(axis=(2, 3))
    length = np.linalg.norm(np.diff(sample(curves, 9), axis=1), axis=-1).sum(1)
    ring = (length <= SMALL) & (np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1) <= CLOSED * length)
    found = []
    for i, j in zip(*np.nonzero(np.triu(apart <= gap, 1) & ~ring & ~ring[:, None]), strict=True):
        fit, _, angle = join(curves[i], curves[j])
        if angle <= turn:
            found.append((fit.error, Edit((int(i), int(j)), torch.as_tensor(fit.points, dtype=points.dtype, device=points.device))))
    found.sort(key=lambda pair: pair[0])
    return [edit for _, edit in found[:MOST_JOINS]]


def _same_lines(points: Tensor) -> NDArray[np.bool_]:
    """Which strokes (n, 4, 2) lie on which, or under them: bool (n, n), true on the diagonal."""
    curves, count = points.cpu().double().numpy(), len(points)
    some, many = (torch.from_numpy(sample(curves, k).reshape(-1, 2)) for k in (7, 25))
    apart = torch.cdist(some, many).view(count, 7, count, 25).amin(3).mean(1)
    near = apart < SAME_LINE
    same: NDArray[np.bool_] = (near | near.T).numpy()
    return same


def _apart(edits: Sequence[Edit], count: int, same: NDArray[np.bool_]) -> list[Edit]:
    """The first ``count`` edits that touch no line twice."""
    chosen: list[Edit] = []
    touched = np.zeros(len(same), bool)
    for edit in edits:
        if len(chosen) < count and not touched[list(edit.removed)].any():
            chosen.append(edit)
            touched |= same[list(edit.removed)].any(axis=0)
    return chosen


def _apply(points: Tensor, members: list[tuple[int, ...]], edits: Sequence[Edit]) -> tuple[Tensor, list[tuple[int, ...]]]:
    gone = {i for edit in edits for i in edit.removed}
    kept = [i for i in range(len(points)) if i not in gone]
    added = [edit for edit in edits if edit.added is not None]
    rows = [points[kept], *(edit.added[None] for edit in added if edit.added is not None)]
    joined = [tuple(sorted(m for i in edit.removed for m in members[i])) for edit in added]
    return torch.cat(rows), [members[i] for i in kept] + joined
