"""How long rasterizers take on this machine.

Knows the cases of the table (stroke counts and lengths) and how time is taken; knows no rasterizer from within.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np
import torch

from picasso_series.errors import MissingError
from picasso_series.raster import Rasterizer, choose_rasterizer
from picasso_series.strokes import CANVAS, FloatArray

COUNTS = (4, 8, 16, 32, 64)
"""Strokes of the cases."""

LENGTHS = {"about 11 px": (9.0, 13.0), "30-90 px": (30.0, 90.0), "canvas-wide": (200.0, 400.0)}
"""Spans of strokes by name: shortest and longest distance between a stroke's ends and turns taken together, in canvas pixels."""

_WARM_UP = 2


@dataclass(frozen=True)
class Timing:
    """Median milliseconds of one case with one rasterizer."""

    rasterizer: str
    strokes: int
    length: str
    forward: float
    backward: float

    @property
    def total(self) -> float:
        """Forward and backward together."""
        return self.forward + self.backward


def rasterizers() -> list[Rasterizer]:
    """The built-in rasterizer, and diffvg where it is installed and works."""
    found = [choose_rasterizer("torch")[0]]
    try:
        found.append(choose_rasterizer("diffvg")[0])
    except MissingError:
        return found
    return found


def time_rasterizers(repeats: int) -> Iterator[Timing]:
    """Time every case ``repeats`` times with every rasterizer, on as many threads as torch is set to."""
    for rasterizer in rasterizers():
        for length, span in LENGTHS.items():
            for strokes in COUNTS:
                yield _time(rasterizer, strokes, length, span, repeats)


def sample_points(strokes: int, span: tuple[float, float], seed: int = 0) -> FloatArray:
    """Random strokes (n, 4, 2) in the unit square whose control polygons are ``span`` canvas pixels long, mostly on the canvas."""
    rng = np.random.default_rng([seed, strokes])
    steps = rng.normal(size=(strokes, 3, 2)) * 0.6 + rng.normal(size=(strokes, 1, 2))
    steps *= (rng.uniform(*span, strokes) / np.linalg.norm(steps, axis=2).sum(1))[:, None, None]
    corners = np.concatenate([np.zeros((strokes, 1, 2)), steps.cumsum(1)], 1)
    center = rng.uniform(0.2, 0.8, (strokes, 1, 2)) * CANVAS
    points: FloatArray = ((corners - corners.mean(1, keepdims=True) + center) / CANVAS).astype(np.float32)
    return points


def _time(rasterizer: Rasterizer, strokes: int, length: str, span: tuple[float, float], repeats: int) -> Timing:
    points = torch.from_numpy(sample_points(strokes, span))[None].requires_grad_()
    upstream = torch.from_numpy(np.random.default_rng(1).normal(size=(1, rasterizer.size, rasterizer.size)).astype(np.float32))
    forward, backward = [], []
    for repeat in range(_WARM_UP + repeats):
        began = time.perf_counter()
        picture = rasterizer.render(points)
        drawn = time.perf_counter()
        torch.autograd.grad(picture, points, upstream)
        ended = time.perf_counter()
        if repeat >= _WARM_UP:
            forward.append((drawn - began) * 1e3)
            backward.append((ended - drawn) * 1e3)
    return Timing(rasterizer.name, strokes, length, median(forward), median(backward))
