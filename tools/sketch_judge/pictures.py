"""Chains of points -> what the judge looks at: one framed picture, as it stands or as one of many drawings that it might have been.

Knows how sparse and how crooked drawings may be; knows no labels and no net.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cairocffi
import numpy as np
from numpy.typing import NDArray

from picasso_series.strokes import bernstein

Curve = NDArray[np.floating]
"""Points (N, 2) of a polyline."""

SIDE = 80
"""Side in pixels of the judge's pictures."""
MARGIN = 0.08
"""Paper left around a drawing, as a share of its longer side."""
WIDTH = 0.022
"""Width of the judge's pen as a share of the picture's side."""
BASIS = bernstein(np.linspace(0, 1, 17))


def framed(curves: Iterable[Curve], margin: float = MARGIN, width: float = WIDTH) -> NDArray[np.uint8]:
    """Polylines as a picture (80, 80), ink 255 on 0, their box in the middle: neither place, size nor pen tells a class."""
    drawn = [np.asarray(curve, float) for curve in curves]
    surface = cairocffi.ImageSurface(cairocffi.FORMAT_A8, SIDE, SIDE)
    if drawn:
        points = np.concatenate(drawn)
        low, high = points.min(0), points.max(0)
        side = max(float((high - low).max()), 1e-6) * (1 + 2 * margin)
        corner = (low + high - side) / 2
        context = cairocffi.Context(surface)
        context.set_line_width(width * SIDE)
        context.set_line_cap(cairocffi.LINE_CAP_ROUND)
        context.set_line_join(cairocffi.LINE_JOIN_ROUND)
        for curve in drawn:
            (x, y), *rest = ((curve - corner) / side * SIDE).tolist()
            context.move_to(x, y)
            for x, y in rest:
                context.line_to(x, y)
        context.stroke()
    surface.flush()
    stride = surface.get_stride()
    pixels: NDArray[np.uint8] = np.frombuffer(bytes(surface.get_data()), np.uint8).reshape(SIDE, stride)[:, :SIDE].copy()
    return pixels


def strokes_of(points: NDArray[np.floating]) -> list[Curve]:
    """Polylines of the cubic strokes (n, 4, 2) of a sketch."""
    return list(BASIS @ np.asarray(points, float))


def varied(chains: Sequence[Curve], rng: np.random.Generator) -> NDArray[np.uint8]:
    """One of the many drawings that a sketch's chains might have been: fewer and smoother strokes, another hand, another pen."""
    curves = _as_cubics(chains, rng) if rng.random() < 0.75 else [chain for chain in chains if rng.random() > 0.1]
    if rng.random() < 0.3:
        curves = [*curves, *(_stray(rng) for _ in range(rng.integers(1, 4)))]
    matrix = _affine(rng)
    shake = 0.02 * rng.random()
    curves = [(curve - 0.5) @ matrix.T + shake * rng.normal(size=2) for curve in curves]
    return framed(curves, MARGIN * rng.uniform(0.3, 2.5), WIDTH * rng.uniform(0.7, 1.7))


def _as_cubics(chains: Sequence[Curve], rng: np.random.Generator) -> list[Curve]:
    """The chains as a few cubics: 4 to 40, longer ones rather than shorter."""
    count = int(np.exp(rng.uniform(np.log(4), np.log(40))))
    lengths = [_length(chain) for chain in chains]
    # Few strokes are long ones: with pieces of this length twice as many would cover all.
    reach = max(sum(lengths) / count * rng.uniform(0.5, 1.5), 0.04)
    pieces: list[Curve] = []
    for chain, length in zip(chains, lengths, strict=True):
        parts = max(1, round(length / reach))
        cuts = np.linspace(0, len(chain) - 1, parts + 1).round().astype(int)
        pieces += [chain[a : b + 1] for a, b in zip(cuts[:-1], cuts[1:], strict=True) if b - a >= 3]
    worth = [_length(piece) * np.exp(rng.normal(0, 0.5)) for piece in pieces]
    return [BASIS @ _cubic(pieces[i]) for i in np.argsort(worth)[::-1][:count]]


def _cubic(chain: Curve) -> Curve:
    """The cubic (4, 2) that fits a chain best, parameters by length along it."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(chain, axis=0), axis=1))])
    fitted: Curve = np.linalg.lstsq(bernstein(along / along[-1]), chain, rcond=None)[0]
    return fitted


def _stray(rng: np.random.Generator) -> Curve:
    """A line that has nothing to do with the subject: ground, shadow, something behind it."""
    first = rng.uniform(0.1, 0.9, 2)
    line: Curve = BASIS @ (first + np.concatenate([np.zeros((1, 2)), rng.normal(0, 0.12, (3, 2)).cumsum(0)]))
    return line


def _affine(rng: np.random.Generator) -> NDArray[np.float64]:
    """A mirrored, turned, stretched and sheared hand."""
    angle = np.radians(rng.normal(0, 8))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    stretch = np.exp(rng.normal(0, 0.12))
    shear = np.array([[1.0, rng.normal(0, 0.1)], [0.0, 1.0]])
    matrix: NDArray[np.float64] = turn @ shear @ np.diag([stretch * rng.choice([-1.0, 1.0]), 1 / stretch])
    return matrix


def _length(chain: Curve) -> float:
    return float(np.linalg.norm(np.diff(chain, axis=0), axis=1).sum())
