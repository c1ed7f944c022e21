"""The pace of a pen that draws strokes one after the other.

Knows how a hand moves; numpy only. Knows neither films nor pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from picasso_series.inking import Curves
from picasso_series.strokes import EVEN, along, bernstein

LIFT = 0.035
"""What it costs to lift the pen and to set it down, in units of a straight stroke's length (sides of the square)."""

AIR = 0.45
"""Time of a way through the air, as a share of the same way drawn."""

_SHARPEST = 90.0
"""Curvature, in 1/sides of the square, from which the pen gets no slower."""
_GENTLEST = 4.0
"""Curvature below which it gets no faster."""


@dataclass(frozen=True, eq=False)
class PenPlan:
    """When a pen draws what.

    Attributes:
        curves: (n, 4, 2), the strokes in their order, each drawn from the end at which the pen sets down.
        begins, ends: (n,), when each is begun and done; the last is done at 1.
        paces: (n, 65), when the pen passes the even parameters of each stroke, from 0 at its begin to 1 at its end.
    """

    curves: Curves
    begins: NDArray[np.float64]
    ends: NDArray[np.float64]
    paces: NDArray[np.float64]

    def drawn(self, time: float) -> NDArray[np.float64]:
        """The part (n,) of each stroke's length that is drawn at a time in [0, 1]."""
        parts = np.zeros(len(self.curves))
        for number, curve in enumerate(self.curves):
            at = (time - self.begins[number]) / max(self.ends[number] - self.begins[number], 1e-9)
            if at >= 1:
                parts[number] = 1.0
            elif at > 0:
                lengths = along(curve)
                parts[number] = np.interp(at, self.paces[number], lengths / max(lengths[-1], 1e-9))
        return parts


def plan_pen(points: ArrayLike) -> PenPlan:
    """Plan how a pen draws strokes (n, 4, 2) in their order.

    A hand slows down in bends: its speed falls with the cube root of the curvature (the two-thirds power law: Lacquaniti, Terzuolo and
    Viviani, "The law relating the kinematic and figural aspects of drawing movements", Acta Psychologica, 1983). It starts and ends a
    stroke at rest, sets down at the nearer end of the next stroke, and moves faster through the air.
    """
    strokes = np.asarray(points, np.float64).reshape(-1, 4, 2)
    curves, begins, ends, paces = [], [], [], []
    clock, pen = 0.0, None
    for stroke in strokes:
        curve = stroke
        if pen is not None:
            if np.linalg.norm(stroke[3] - pen) < np.linalg.norm(stroke[0] - pen):
                curve = stroke[::-1]
            clock += LIFT + AIR * float(np.linalg.norm(curve[0] - pen))
        times = _times(curve)
        curves.append(curve)
        begins.append(clock)
        clock += float(times[-1])
        ends.append(clock)
        paces.append(times / times[-1])
        pen = curve[3]
    total = max(clock, 1e-9)
    return PenPlan(
        np.array(curves).reshape(-1, 4, 2), np.array(begins) / total, np.array(ends) / total, np.array(paces).reshape(-1, len(EVEN))
    )


def _times(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """When the pen passes the parameters ``EVEN`` of a curve, from 0, in units of a straight stroke's length."""
    steps = np.diff(along(curve))
    turns = np.abs(_turns(bernstein(EVEN) @ curve))
    bend = np.clip(turns / np.maximum(steps, 1e-6), _GENTLEST, _SHARPEST)
    # A touch of the even parameter keeps the clock running where a curve stands still.
    slow = steps * np.cbrt(bend / _GENTLEST) + 1e-5
    clock = np.concatenate([[0.0], np.cumsum(slow)])
    share = clock / clock[-1]
    # At rest at both ends: the time that a share of the way takes when the speed is a half sine.
    rest = np.arccos(1 - 2 * share) / np.pi
    return np.asarray(clock[-1] * (0.6 * share + 0.4 * rest), np.float64)


def _turns(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """The angles (n - 1,) by which a polyline (n, 2) turns at its chords, smoothed over neighbors."""
    chords = np.diff(places, axis=0)
    angles = np.unwrap(np.arctan2(chords[:, 1], chords[:, 0]))
    return np.asarray(np.gradient(angles), np.float64)
