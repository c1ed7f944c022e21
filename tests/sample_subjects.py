"""Small synthetic subjects whose lines are known, for the tests of the drawing core."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from picasso_series.levels import Placement, Subject
from picasso_series.strokes import CANVAS

WHOLE = Placement(0.0, 0.0, CANVAS, CANVAS, CANVAS)
"""The canvas shows exactly the photo."""
Y, X = np.mgrid[:CANVAS, :CANVAS] + 0.5
"""The pixels' centers."""


def subject(mask: NDArray[np.bool_], tone: NDArray[np.float64], source: str = "alpha", placement: Placement = WHOLE) -> Subject:
    """A grey subject on white: ``tone`` (224, 224) is 0 black to 1 white."""
    gray = np.where(mask, tone, 1.0)
    rgb = np.repeat(np.round(255 * gray)[..., None], 3, axis=2).astype(np.uint8)
    return Subject(rgb, mask.astype(np.float32), placement, source)


def disk(radius: float = 70.0, source: str = "alpha") -> Subject:
    """An even dark disk in the middle: one round outline and nothing within."""
    return subject(np.hypot(X - 112, Y - 112) < radius, np.full_like(X, 0.3), source)


def square(source: str = "alpha") -> Subject:
    """A square from 50 to 170 whose lower part, below y = 100, is lighter: four corners and one straight inner line."""
    return subject((abs(X - 110) < 60) & (abs(Y - 110) < 60), np.where(Y < 100, 0.2, 0.7), source)


def face(source: str = "alpha") -> Subject:
    """A disk with two round eyes, a mouth and an ear: short lines beside long ones."""
    tone = np.full_like(X, 0.75)
    for x in (88, 136):
        tone[np.hypot(X - x, Y - 92) < 9] = 0.1
    tone[(abs(np.hypot(X - 112, Y - 110) - 38) < 4) & (Y > 125)] = 0.2
    tone[(X > 176) & (Y > 80)] = 0.5
    return subject((np.hypot(X - 112, Y - 112) < 70) | (np.hypot(X - 180, Y - 112) < 25), tone, source)


def blank(source: str = "none") -> Subject:
    """A photo of one even grey."""
    return subject(np.ones_like(X, bool), np.full_like(X, 0.5), source)


def empty() -> Subject:
    """A mask without a subject."""
    return subject(np.zeros_like(X, bool), np.zeros_like(X), "file")


SUBJECTS = {"disk": disk(), "square": square(), "face": face()}
