"""How the strokes of a state on the page become those of the next.

Knows the steps that a page's script goes through, as plain path data; the geometry is the films'. Knows no markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from picasso_series.film.morph import change
from picasso_series.levels import Level
from picasso_series.strokes import CANVAS
from picasso_series.svg import path_data

STEPS = 4
"""Shapes that a moving stroke goes through after its own, the last of them its part of the next drawing; straight ways in between."""


@dataclass(frozen=True)
class Line:
    """One stroke on the page.

    Attributes:
        id: the stroke's identity.
        data: path data on the canvas of 224 units.
        steps: the control points of the shapes that it goes through until it is part of the next state, 8 numbers each; empty for a
            stroke that draws back to its start, and in the last state.
    """

    id: int
    data: str
    steps: str = ""


def lines(level: Level, after: Level | None) -> tuple[Line, ...]:
    """The strokes of a level in drawing order, with their ways to the level ``after`` it, if there is one."""
    if after is None:
        return tuple(Line(stroke.id, path_data(stroke.points, digits=2)) for stroke in level.sketch.strokes)
    plan = change(level.sketch, after.sketch, after.lineage)
    shapes = np.stack([plan.cubics(step / STEPS) for step in range(STEPS + 1)], axis=1)
    # A script that draws from one end to the other needs each stroke begun where the plan begins it.
    found = {
        id: Line(id, path_data(way[0].astype(np.float32), digits=2), _numbers(way[1:].ravel().tolist()))
        for id, way in zip(plan.moving, shapes, strict=True)
    }
    found |= {id: Line(id, path_data(points.astype(np.float32), digits=2)) for id, points in zip(plan.left, plan.leaving, strict=True)}
    return tuple(found[stroke.id] for stroke in level.sketch.strokes)


def _numbers(values: Sequence[float]) -> str:
    return " ".join(f"{value * CANVAS:.1f}" for value in values)
