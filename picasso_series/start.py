"""First strokes: where a level without a warm start begins.

Two ways: contour tracing cuts the subject's lines into as many cubics as there are strokes, the longest good ones; saliency sampling
throws short squiggles where the eye goes, as CLIPasso does. Knows lines and maps; knows no loss and no optimizer. Points are canvas
pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from picasso_series.curves import CORNER_REACH, Fit, Points, cover, is_closed, sample, smooth, turning
from picasso_series.lines import Line, link
from picasso_series.motif import Motif
from picasso_series.strokes import CANVAS, sub_curve
from picasso_series.xdog import xdog_ink

ANGLES = (55.0, 80.0, 110.0, 150.0)
TOLERANCES = (0.2, 0.3, 0.43, 0.63, 0.9)
"""Fit errors that are tried, as shares of the largest that a drawing of so many strokes can bear."""
SPECK = 20.0
"""A stroke of this length in pixels is worth half its length: one long line says more than two short ones."""
DIFFERENT = 4.0
"""Starts whose control points differ by less than this on average, in pixels, are one start."""
CORNER = 12.0, 100.0
"""Outlines go on in one another around a corner across so many pixels, turning by no more than so many degrees."""
POOL = 64
"""Pieces from which a start is assembled."""
TEMPERATURE = 0.3
"""CLIPasso's temperature of the softmax over saliency."""
STEP = 0.05 * CANVAS
"""CLIPasso's random walk: each control point lies within half of this of the one before, on either axis."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A candidate stroke: control points (4, 2), how much line it stands for, and its worth, which prefers one long line to two short."""

    points: Points
    ink: float
    worth: float


def bearable_error(strokes: int) -> float:
    """The fit error in pixels at which a stroke of a drawing with so many strokes is worth nothing."""
    return float(np.clip(3.0 * (32 / strokes) ** 0.625, 2.0, 14.0))


def contour_pieces(motif: Motif, rng: np.random.Generator | None = None) -> list[list[Piece]]:
    """The subject's lines cut into cubics in every way that is tried, each way's pieces by worth.

    With ``rng`` the lines' weights are shaken, so that other details are chosen.
    """
    limit = bearable_error(motif.strokes)
    opened = [(_shaken(line, rng), _starting_points(line.chain)) for line in motif.lines]
    ways = []
    for tolerance in TOLERANCES:
        for angle in ANGLES:
            pieces = [piece for line, starts in opened for piece in _pieces(line, starts, tolerance * limit, angle, limit, motif)]
            ways.append(sorted(pieces, key=lambda piece: -piece.worth))
    return ways


def around_corners(motif: Motif) -> Motif:
    """The motif with outlines that go on in one another around corners as one line, as a leg goes on in a belly."""
    outlines = [line.chain for line in motif.lines if line.outline and line.weight == 1.0]
    others = [line for line in motif.lines if not (line.outline and line.weight == 1.0)]
    reach, turn = CORNER
    return replace(motif, lines=(*(Line(chain, 1.0, True) for chain in link(outlines, reach, turn)), *others))


def contour_starts(ways: Sequence[Sequence[Piece]], strokes: int) -> Iterator[Points]:
    """Sets (strokes, 4, 2) of the worthiest pieces of each way, the best way first, each unlike those before."""
    choices = sorted((way[:strokes] for way in ways if way), key=lambda pieces: -sum(piece.ink for piece in pieces))
    given: list[Points] = []
    for pieces in choices:
        points = _fill(np.stack([piece.points for piece in pieces]), strokes)
        if all(np.abs(points - other).mean() > DIFFERENT for other in given):
            given.append(points)
            yield points


def assembled_start(ways: Sequence[Sequence[Piece]], strokes: int, judge: Callable[[Points, Points], NDArray[np.float64]]) -> Points:
    """The set (strokes, 4, 2) that grows by whichever piece helps the loss most.

    Args:
        ways: what :func:`contour_pieces` gives.
        strokes: how many to choose.
        judge: (chosen (k, 4, 2), candidates (m, 4, 2)) -> loss (m,) of the chosen with each of the candidates.
    """
    pool: list[Points] = []
    for piece in sorted((piece for way in ways for piece in way[:strokes]), key=lambda piece: -piece.worth):
        if len(pool) < POOL and all(_difference(piece.points, other) > DIFFERENT for other in pool):
            pool.append(piece.points)
    candidates = np.stack(pool)
    chosen = np.zeros((0, 4, 2))
    while len(chosen) < min(strokes, len(pool)):
        best = int(judge(chosen, candidates).argmin())
        chosen = np.concatenate([chosen, candidates[best : best + 1]])
        candidates = np.delete(candidates, best, axis=0)
    return _fill(chosen, strokes)


def _difference(a: Points, b: Points) -> float:
    return float(min(np.abs(a - b).mean(), np.abs(a - b[::-1]).mean()))


def _shaken(line: Line, rng: np.random.Generator | None) -> Line:
    return line if rng is None else replace(line, weight=float(np.clip(line.weight * np.exp(rng.normal(0, 0.25)), 0.01, 1.5)))


def _starting_points(chain: Points) -> Sequence[int]:
    """Where a closed outline may be opened; an open one has no choice."""
    return [int(k * len(chain) / 4) for k in range(4)] if is_closed(chain) else [0]


def _pieces(line: Line, starts: Sequence[int], tolerance: float, angle: float, limit: float, motif: Motif) -> list[Piece]:
    """The fewest cubics that follow a line within the tolerance."""
    blurred = smooth(line.chain, 1.5 if tolerance < 2.5 else 2.5)
    best: list[Fit] | None = None
    if len(starts) > 1 and turning(blurred, CORNER_REACH).max() >= angle:
        # A closed outline with corners is opened at the sharpest, wherever its chain begins.
        starts = starts[:1]
    for start in starts:
        chain = blurred
        if start:
            ring = np.roll(blurred[:-1], -start, axis=0)
            chain = np.vstack([ring, ring[:1]])
        fits = list(cover(chain, tolerance, angle))
        if best is None or len(fits) < len(best):
            best = fits
    pieces = []
    for fit in best or []:
        ink = line.weight**0.7 * fit.length * max(0.0, 1 - (fit.error / limit) ** 2) * motif.told_by(sample(fit.points[None], 17)[0])
        pieces.append(Piece(fit.points, ink, ink * fit.length / (fit.length + SPECK)))
    return pieces


def _fill(points: Points, strokes: int) -> Points:
    """Split the longest strokes until there are enough: a subject with few lines still gets the strokes that were asked for."""
    while len(points) < strokes:
        length = np.linalg.norm(np.diff(points, axis=1), axis=2).sum(1)
        longest = int(length.argmax())
        points = np.concatenate([points[:longest], np.stack(halves(points[longest])), points[longest + 1 :]])
    return points


def halves(points: Points) -> tuple[Points, Points]:
    """Cut a cubic (4, 2) in its middle."""
    return sub_curve(points, 0.0, 0.5), sub_curve(points, 0.5, 1.0)


def saliency_start(saliency: NDArray[np.float32], rgb: NDArray[np.uint8], strokes: int, rng: np.random.Generator) -> Points:
    """Squiggles (strokes, 4, 2) at places drawn by saliency x edges, each a short random walk (CLIPasso, Vinker et al. 2022, 3.3).

    ``saliency`` is (224, 224) in [0, 1]. A map with fewer positive pixels than strokes is filled up evenly, where CLIPasso fails.
    """
    weight = saliency.astype(np.float64) * xdog_ink(rgb)
    positive = weight > 0
    if positive.sum() < strokes:
        weight, positive = weight + 1e-3, np.ones_like(positive)
    value = weight[positive] / max(float(weight.max()), 1e-9)
    chance = np.exp((value - value.max()) / TEMPERATURE)
    places = np.argwhere(positive)[rng.choice(len(value), strokes, replace=False, p=chance / chance.sum())]
    first = places[:, None, ::-1] + 0.5
    walk = rng.uniform(-0.5, 0.5, (strokes, 3, 2)).cumsum(axis=1) * STEP
    return np.concatenate([first, first + walk], axis=1)
