"""Drawings of a picture for the net to learn from: its line map and few-stroke drawings, as the program itself would begin them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from picasso_series.curves import Points, cover, sample, smooth
from picasso_series.levels import Subject
from picasso_series.lines import Line, trace_lines
from picasso_series.start import bearable_error
from picasso_series.strokes import CANVAS
from picasso_series.xdog import xdog_ink

SIDE = 128
"""Side in pixels of a stored drawing."""
FINER = 3
STROKES = (32, 16, 8, 4)
KINDS = 2 + len(STROKES)
"""Drawings of a picture: all lines, extended difference of Gaussians, and one for each number of strokes."""


def draw(subject: Subject, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Ink (KINDS, SIDE, SIDE), 0 paper to 255 black; the random part is the pen's width and which lines are left out."""
    lines = trace_lines(subject)
    thin = rng.uniform(1.5, 3.0)
    shades = [(smooth(line.chain, 1.2), 255 * line.weight ** rng.uniform(0.2, 0.8)) for line in lines]
    tone = 255 * xdog_ink(subject.rgb) * (subject.mask > 0.5)
    small = Image.fromarray(tone.astype(np.uint8)).resize((SIDE, SIDE), Image.Resampling.BOX)
    found = [_ink(shades, thin), np.asarray(small)]
    for count in STROKES:
        strokes = _strokes(lines, count, rng)
        found.append(_ink([(sample(points, 24), 255.0) for points in strokes], rng.uniform(2.4, 4.0)))
    return np.stack(found)


def _strokes(lines: Sequence[Line], count: int, rng: np.random.Generator) -> list[Points]:
    """About ``count`` cubics that follow the worthiest lines, weights shaken so that not always the same are chosen."""
    limit = bearable_error(count)
    tolerance, angle = limit * rng.uniform(0.25, 0.6), rng.choice([55.0, 80.0, 110.0])
    heaviest = sorted(lines, key=lambda line: -line.weight * len(line.chain))[: 3 * count]
    pieces = []
    for line in heaviest:
        weight = line.weight**0.7 * np.exp(rng.normal(0, 0.25))
        for fit in cover(smooth(line.chain, 1.5 if tolerance < 2.5 else 2.5), tolerance, angle):
            worth = weight * fit.length**2 / (fit.length + 20) * max(0.0, 1 - (fit.error / limit) ** 2)
            pieces.append((worth, fit.points))
    pieces.sort(key=lambda piece: -piece[0])
    return [points for _, points in pieces[:count]]


def _ink(chains: Sequence[tuple[Points, float]], width: float) -> NDArray[np.uint8]:
    """Chains of canvas points, each with its darkness, drawn ``width`` canvas pixels wide."""
    fine = Image.new("L", (SIDE * FINER, SIDE * FINER), 0)
    pen = ImageDraw.Draw(fine)
    scale = SIDE * FINER / CANVAS
    for chain, dark in sorted(chains, key=lambda item: item[1]):
        places = [(float(x), float(y)) for x, y in chain * scale]
        pen.line(places, fill=int(dark), width=max(1, round(width * scale)), joint="curve")
    return np.asarray(fine.resize((SIDE, SIDE), Image.Resampling.BOX))
