"""Cubic Bezier curves against chains of points: fitting, cutting at corners, joining.

Knows numpy arrays of points in any units; knows neither photos nor sketches. The least-squares fit alternates between control points
and parameters (Schneider, "An algorithm for automatically fitting digitized curves", Graphics Gems, 1990).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from picasso_series.strokes import bernstein

Points = NDArray[np.float64]

CORNER_REACH = 7
"""A corner is a turn within so many points to both sides."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A cubic fitted to a piece of a chain: control points (4, 2), root mean square distance, length of the piece."""

    points: Points
    error: float
    length: float


def arc_length(chain: Points) -> Points:
    """Length from the start of a chain (N, 2) to each of its points, shape (N,)."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(chain, axis=0), axis=1))])


def resample(chain: Points, count: int) -> Points:
    """``count`` points (count, 2) spread evenly along a chain (N, 2)."""
    along = arc_length(chain)
    places = np.linspace(0, along[-1], count)
    return np.stack([np.interp(places, along, chain[:, k]) for k in (0, 1)], axis=1)


def is_closed(chain: Points, gap: float = 2.5) -> bool:
    """Whether a chain's ends lie within ``gap`` of each other."""
    return bool(np.linalg.norm(chain[0] - chain[-1]) < gap)


def smooth(chain: Points, sigma: float) -> Points:
    """A chain blurred along itself by ``sigma`` points; an open chain keeps its ends, a closed one stays closed."""
    if len(chain) < 5:
        return chain
    if is_closed(chain):
        ring = gaussian_filter1d(chain[:-1], sigma, axis=0, mode="wrap")
        return np.vstack([ring, ring[:1]])
    pad = min(int(3 * sigma) + 1, len(chain) - 1)
    # Reflection through the end points leaves the ends where they are.
    extended = np.vstack([2 * chain[0] - chain[pad:0:-1], chain, 2 * chain[-1] - chain[-2 : -pad - 2 : -1]])
    blurred: Points = gaussian_filter1d(extended, sigma, axis=0, mode="nearest")
    return blurred[pad : pad + len(chain)]


def fit_cubic(chain: Points, rounds: int = 4) -> Fit:
    """Least-squares cubic through a chain (N, 2), N >= 2, with its ends fixed.

    A weak pull towards the straight line keeps control points of short chains from running away.
    """
    along = arc_length(chain)
    length = float(along[-1])
    if length < 1e-6:
        return Fit(np.repeat(chain[:1], 4, axis=0), 0.0, length)
    t = along / length
    first, last = chain[0], chain[-1]
    straight = np.stack([(2 * first + last) / 3, (first + 2 * last) / 3])
    pull = 1e-3 * len(chain) / 30
    points = np.empty((4, 2))
    points[0], points[3] = first, last
    quadratic = np.empty((len(chain), 3))
    for _ in range(rounds):
        basis = bernstein(t)
        middle = basis[:, 1:3]
        rest = chain - basis[:, ::3] @ points[::3]
        # The normal equations of two unknown points, solved by Cramer's rule: this is the innermost loop of contour tracing.
        (a, b), (_, d) = middle.T @ middle
        right = middle.T @ rest + pull * straight
        a, d = a + pull, d + pull
        points[1] = (d * right[0] - b * right[1]) / (a * d - b * b)
        points[2] = (a * right[1] - b * right[0]) / (a * d - b * b)
        u = 1 - t
        quadratic[:, 0], quadratic[:, 1], quadratic[:, 2] = u * u, 2 * u * t, t * t
        velocity = 3 * quadratic @ (points[1:] - points[:-1])
        step = ((chain - basis @ points) * velocity).sum(1) / ((velocity * velocity).sum(1) + 1e-6)
        t = np.maximum.accumulate(np.clip(t + step, 0, 1))
        t[0], t[-1] = 0, 1
    error = float(np.sqrt(((bernstein(t) @ points - chain) ** 2).sum(1).mean()))
    return Fit(points, error, length)


def turning(chain: Points, reach: int) -> Points:
    """Angle in degrees by which a chain turns at each of its points, over ``reach`` points to both sides, shape (N,)."""
    count = len(chain)
    angles = np.zeros(count)
    if is_closed(chain):
        ring = chain[:-1]
        back, ahead = ring - np.roll(ring, reach, axis=0), np.roll(ring, -reach, axis=0) - ring
        angles[:-1] = _angle(back, ahead)
        angles[-1] = angles[0]
    elif count > 2 * reach:
        middle = chain[reach:-reach]
        angles[reach:-reach] = _angle(middle - chain[: -2 * reach], chain[2 * reach :] - middle)
    return angles


def _angle(u: Points, v: Points) -> Points:
    angle: Points = np.degrees(np.abs(np.arctan2(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0], (u * v).sum(1))))
    return angle


def cut_at_corners(chain: Points, angle: float, reach: int = CORNER_REACH) -> list[Points]:
    """Cut a chain where it turns by more than ``angle`` degrees; a closed chain with corners starts at its sharpest one."""
    if len(chain) < 2 * reach + 3:
        return [chain]
    closed = is_closed(chain)
    angles = turning(chain, reach)
    if closed:
        start = int(angles[:-1].argmax())
        if angles[start] < angle:
            return [chain]
        ring = np.roll(chain[:-1], -start, axis=0)
        chain = np.vstack([ring, ring[:1]])
        angles = np.roll(angles[:-1], -start)
        angles = np.append(angles, angles[0])
        angles[: reach + 1] = angles[-reach - 1 :] = 0
    cuts = []
    while (sharpest := int(angles.argmax())) and angles[sharpest] >= angle:
        cuts.append(sharpest)
        angles[max(0, sharpest - reach) : sharpest + reach + 1] = 0
    places = [0, *sorted(cuts), len(chain) - 1]
    return [chain[a : b + 1] for a, b in zip(places[:-1], places[1:], strict=True) if b - a >= 4]


def cover(chain: Points, tolerance: float, angle: float) -> Iterator[Fit]:
    """Cut a chain into pieces that one cubic each follows within ``tolerance`` (rms): at corners, then as long as possible."""
    for piece in cut_at_corners(chain, angle):
        start, last = 0, len(piece) - 1
        while last - start >= 4:
            fit = _fit_thinned(piece[start:])
            end = last
            if fit.error > tolerance:
                end, fit = _longest_prefix(piece, start, tolerance)
            yield fit
            start = end


def _fit_thinned(chain: Points) -> Fit:
    """Fit with every other point of a long chain, which costs half and changes nothing visible."""
    return fit_cubic(chain[:: 2 if len(chain) > 60 and len(chain) % 2 else 1])


def _longest_prefix(piece: Points, start: int, tolerance: float) -> tuple[int, Fit]:
    """Bisect for the last point up to which one cubic stays within the tolerance (the error is nearly monotone)."""
    low, high = start + 4, len(piece) - 1
    fit = _fit_thinned(piece[start : low + 1])
    while high - low > 3:
        middle = (low + high) // 2
        trial = _fit_thinned(piece[start : middle + 1])
        if trial.error <= tolerance:
            low, fit = middle, trial
        else:
            high = middle
    return low, fit


def sample(points: NDArray[np.floating[Any]], count: int) -> Points:
    """``count`` points (..., count, 2) of curves with control points (..., 4, 2), even in the parameter."""
    return bernstein(np.linspace(0, 1, count)) @ np.asarray(points, np.float64)


def join(first: Points, second: Points, samples: int = 24) -> tuple[Fit, float, float]:
    """One cubic for two strokes (4, 2) that meet at their nearest ends.

    Returns:
        The fit, the gap between the two ends, and the turn in degrees from the one stroke into the other.
    """
    ends = [(np.linalg.norm(first[a] - second[b]), a, b) for a in (0, 3) for b in (0, 3)]
    gap, a, b = min(ends)
    head = sample(first, samples)[:: 1 if a == 3 else -1]
    tail = sample(second, samples)[:: 1 if b == 0 else -1]
    step = samples // 5
    turn = float(_angle((head[-1] - head[-1 - step])[None], (tail[step] - tail[0])[None])[0])
    return fit_cubic(resample(np.vstack([head, tail]), 36)), float(gap), turn
