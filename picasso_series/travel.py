"""The order in which a pen draws strokes so that it travels little between them.

Knows the strokes' two ends and that each may be drawn from either; knows neither curves nor files. A greedy tour is bettered by 2-opt
moves (Croes, "A method for solving traveling-salesman problems", Operations Research, 1958), each of which turns a run of consecutive
strokes round. No chance is involved: the same strokes always give the same order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_LEAST_GAIN = 1e-9


@dataclass(frozen=True, eq=False)
class Tour:
    """Strokes in the order in which they are drawn.

    Attributes:
        order: (n,), indices of the strokes.
        turned: (n,), whether the stroke at that place of the order is drawn from its second end to its first.
        travel: the pen's way in the air, from where it stood to the last stroke's beginning.
    """

    order: NDArray[np.int64]
    turned: NDArray[np.bool_]
    travel: float


def plan_tour(ends: ArrayLike, start: tuple[float, float] = (0.0, 0.0)) -> Tour:
    """Order strokes for a pen that stands at ``start`` and may stop where the last stroke ends.

    Args:
        ends: (n, 2, 2), the two ends of each stroke.
        start: where the pen stands before the first.
    """
    points = np.asarray(ends, np.float64).reshape(-1, 2, 2)
    order, turned = _nearest_first(points, np.asarray(start, np.float64))
    # Row 0 is where the pen stands: a stroke without length that stays first.
    strokes = np.concatenate([np.broadcast_to(np.asarray(start, np.float64), (1, 2, 2)), _oriented(points, order, turned)])
    places = np.concatenate([[-1], order])
    turned = np.concatenate([[False], turned])
    while (move := _best_move(strokes)) is not None:
        i, j = move
        strokes[i : j + 1] = strokes[i : j + 1][::-1, ::-1].copy()
        places[i : j + 1] = places[i : j + 1][::-1].copy()
        turned[i : j + 1] = ~turned[i : j + 1][::-1]
    return Tour(places[1:], turned[1:], _travel(strokes))


def _travel(strokes: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(strokes[1:, 0] - strokes[:-1, 1], axis=1).sum())


def _oriented(points: NDArray[np.float64], order: NDArray[np.int64], turned: NDArray[np.bool_]) -> NDArray[np.float64]:
    chosen = points[order]
    return np.where(turned[:, None, None], chosen[:, ::-1], chosen)


def _nearest_first(points: NDArray[np.float64], pen: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Always on to the nearest end of a stroke that is not drawn yet; of equals, to the first."""
    count = len(points)
    order, turned, left = np.zeros(count, np.int64), np.zeros(count, np.bool_), np.ones(count, np.bool_)
    for place in range(count):
        away = np.where(left[:, None], np.linalg.norm(points - pen, axis=2), np.inf)
        stroke, end = divmod(int(away.argmin()), 2)
        order[place], turned[place], left[stroke] = stroke, end == 1, False
        pen = points[stroke, 1 - end]
    return order, turned


def _best_move(strokes: NDArray[np.float64]) -> tuple[int, int] | None:
    """The run (first, last) of strokes to turn round that shortens the way most; None when no run does."""
    starts, ends = strokes[:, 0], strokes[:, 1]
    count = len(strokes)
    if count < 2:
        return None
    jumps = np.append(np.linalg.norm(starts[1:] - ends[:-1], axis=1), 0.0)
    # Row i, column j: turn round the strokes i + 1 to j + 1. What follows the last stroke costs nothing.
    onward = np.append(_apart(starts)[1:, 1:], np.zeros((count - 1, 1)), axis=1)[:, 1:]
    gain = jumps[:-1, None] + jumps[None, 1:] - _apart(ends)[:-1, 1:] - onward
    gain[np.tril_indices(count - 1, -1)] = 0.0
    i, j = divmod(int(gain.argmax()), count - 1)
    return (i + 1, j + 1) if gain[i, j] > _LEAST_GAIN else None


def _apart(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances (n, n) between points (n, 2)."""
    distances: NDArray[np.float64] = np.linalg.norm(points[:, None] - points[None], axis=2)
    return distances
