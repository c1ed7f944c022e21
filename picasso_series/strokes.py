"""Strokes and sketches: cubic Bezier curves with an identity.

Knows geometry alone (numpy): no pixels, no files, no torch. Coordinates are in the unit square, x to the right and y down, so a
point (x, y) lies at (224 x, 224 y) in the units of a ``sketch.svg`` and pixel (i, j) of a 224-pixel picture has its center at
((i + 0.5) / 224, (j + 0.5) / 224).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

CANVAS = 224
"""Side of the canvas on which sketches are measured, in pixels and in SVG user units."""

STROKE_WIDTH = 3.0
"""Width of a stroke on the canvas, in pixels (diffvg's ``stroke_width`` 1.5 is a radius)."""

EVEN = np.linspace(0, 1, 65)
"""Even parameters at which a curve is measured."""
EVEN.setflags(write=False)

FloatArray = NDArray[np.float32]


def bernstein(t: ArrayLike) -> NDArray[np.float64]:
    """Return the cubic Bernstein basis at parameters ``t`` (any shape) as an array of shape ``t.shape + (4,)``."""
    t = np.asarray(t, dtype=np.float64)
    u = 1 - t
    basis = np.empty((*t.shape, 4))
    basis[..., 0], basis[..., 1], basis[..., 2], basis[..., 3] = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
    return basis


def sub_curve(points: ArrayLike, start: float, end: float) -> NDArray[np.float64]:
    """Control points (4, 2) of the part of a cubic between two parameters, exactly, by blossoming (de Casteljau's algorithm)."""

    def blossom(*parameters: float) -> NDArray[np.float64]:
        row: NDArray[np.float64] = np.asarray(points, np.float64)
        for t in parameters:
            row = (1 - t) * row[:-1] + t * row[1:]
        end: NDArray[np.float64] = row[0]
        return end

    return np.stack([blossom(start, start, start), blossom(start, start, end), blossom(start, end, end), blossom(end, end, end)])


def along(points: ArrayLike) -> NDArray[np.float64]:
    """Arc lengths (65,) from the start of one cubic (4, 2) to its points at the parameters ``EVEN``, by a polyline of 64 pieces."""
    curve = bernstein(EVEN) @ np.asarray(points, np.float64)
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])


def length(points: ArrayLike) -> float:
    """Arc length of one cubic (4, 2), by a polyline of 64 pieces."""
    return float(along(points)[-1])


@dataclass(frozen=True, eq=False)
class Stroke:
    """One cubic Bezier stroke.

    Attributes:
        id: the stroke's identity through a whole series, at least 1.
        points: float32 (4, 2), control points in the unit square (they may lie outside it).
    """

    id: int
    points: FloatArray

    def __post_init__(self) -> None:
        if self.id < 1:
            raise ValueError(f"a stroke's id is at least 1, not {self.id}")
        points = np.array(self.points, dtype=np.float32)
        if points.shape != (4, 2):
            raise ValueError(f"a stroke has 4 control points of 2 coordinates, not {points.shape}")
        if not np.isfinite(points).all():
            raise ValueError("a stroke's control points must be finite numbers")
        points.setflags(write=False)
        object.__setattr__(self, "points", points)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stroke):
            return NotImplemented
        return self.id == other.id and np.array_equal(self.points, other.points)

    def __hash__(self) -> int:
        return hash((self.id, self.points.tobytes()))

    def at(self, t: ArrayLike) -> NDArray[np.float64]:
        """Return the points of the curve at parameters ``t`` in [0, 1], shape ``t.shape + (2,)``."""
        return bernstein(t) @ self.points.astype(np.float64)

    @cached_property
    def length(self) -> float:
        """Arc length in units of the square's side."""
        return length(self.points)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of the curve itself, by a polyline of 64 pieces."""
        curve = self.at(EVEN)
        left, top = curve.min(axis=0)
        right, bottom = curve.max(axis=0)
        return float(left), float(top), float(right), float(bottom)


@dataclass(frozen=True)
class Sketch:
    """An ordered set of strokes, the most salient first, each with an id of its own."""

    strokes: tuple[Stroke, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "strokes", tuple(self.strokes))
        if len(set(self.ids)) != len(self.strokes):
            raise ValueError("the ids of a sketch's strokes must differ")

    @classmethod
    def from_points(cls, points: ArrayLike, ids: Iterable[int] | None = None) -> Sketch:
        """Make a sketch of control points (n, 4, 2) in the unit square; ids are 1 … n unless given."""
        array = np.asarray(points, dtype=np.float32).reshape(-1, 4, 2)
        numbers = list(range(1, len(array) + 1)) if ids is None else [int(i) for i in ids]
        if len(numbers) != len(array):
            raise ValueError(f"{len(array)} strokes need as many ids, not {len(numbers)}")
        return cls(tuple(Stroke(i, p) for i, p in zip(numbers, array, strict=True)))

    def __len__(self) -> int:
        return len(self.strokes)

    def __getitem__(self, id: int) -> Stroke:
        """The stroke with identity ``id``; KeyError when there is none."""
        for stroke in self.strokes:
            if stroke.id == id:
                return stroke
        raise KeyError(id)

    @property
    def ids(self) -> tuple[int, ...]:
        """Identities in drawing order."""
        return tuple(stroke.id for stroke in self.strokes)

    @property
    def points(self) -> FloatArray:
        """Control points, float32 (n, 4, 2) in the unit square, in drawing order."""
        if not self.strokes:
            return np.zeros((0, 4, 2), np.float32)
        return np.stack([stroke.points for stroke in self.strokes])

    def to_svg(self) -> str:
        """The sketch as the text of a ``sketch.svg``."""
        from picasso_series.svg import sketch_to_svg

        return sketch_to_svg(self)
