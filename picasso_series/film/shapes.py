"""The shapes of an animated drawing's paths: lines, and outlines of few points in a look whose strokes swell.

Knows how a moment of a stroke's life is written as path data in units of the canvas; knows neither CSS nor the rest of an SVG.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from picasso_series.film.morph import parameters_at
from picasso_series.film.score import Life, Moment
from picasso_series.film.terse import line_data, outline_data
from picasso_series.inking import Strokes, outlines
from picasso_series.look import Look
from picasso_series.strokes import CANVAS, bernstein, sub_curve

STRAY = 0.3
"""How far an outline may be from its true place, in units of the canvas: less than a third of a pixel of most films' 1080."""
_MOST_SIDES = 8
_MEASURED = 24
"""Even places on each side at which an outline is measured."""
_LEAST_DRAWN = 0.02


@dataclass(frozen=True)
class Shaper:
    """Writes the shapes of one life. All have the same commands, so that one can become another.

    Attributes:
        look: how strokes are inked.
        sides: cubics on each side of an outline; 0 in an even look.
    """

    look: Look
    sides: int = 0

    @classmethod
    def of(cls, life: Life, look: Look) -> Shaper:
        """The shaper with the fewest cubics that show all whole shapes of a life truly."""
        if look.even:
            return cls(look)
        strokes = Strokes.together([_inked(moment) for moment in life.moments if moment.drawn == 1])
        true = outlines(strokes, look, _MEASURED)
        knots = np.concatenate([side[:, ::3] for side in _sides(true, _MEASURED)], axis=1)
        for sides in range(2, _MOST_SIDES):
            near = np.concatenate([_places(side) for side in _sides(outlines(strokes, look, sides), sides)], axis=1)
            if np.linalg.norm(near - knots, axis=-1).max() * CANVAS <= STRAY:
                return cls(look, sides)
        return cls(look, _MOST_SIDES)

    def data(self, moment: Moment) -> str:
        """Path data, in units of the canvas, of a moment's line or outline."""
        if self.look.even:
            return line_data(CANVAS * moment.curve)
        return outline_data(CANVAS * outlines(_inked(moment), self.look, self.sides)[0])


def _inked(moment: Moment) -> Strokes:
    """The part of a stroke that is there."""
    share = max(moment.drawn, _LEAST_DRAWN)
    ends = np.array([moment.anchor * (1 - share), moment.anchor + (1 - moment.anchor) * share])
    part = sub_curve(moment.curve, *parameters_at(moment.curve, ends)) if share < 1 else moment.curve
    begin, end = moment.span
    return Strokes(part[None], np.ones(1), (begin + ends * (end - begin))[None])


def _sides(shapes: NDArray[np.float64], pieces: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both sides (m, 3 pieces + 1, 2) of outlines, without their caps."""
    return shapes[:, : 3 * pieces + 1], shapes[:, 3 * pieces + 6 : 6 * pieces + 7]


def _places(chains: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (m, _MEASURED + 1, 2) on chains at even parameters."""
    pieces = chains.shape[1] // 3
    at = np.linspace(0, pieces, _MEASURED + 1)
    piece = np.minimum(at.astype(int), pieces - 1)
    legs = chains[:, 3 * piece[:, None] + np.arange(4)]
    return np.asarray(np.einsum("qk,mqkd->mqd", bernstein(at - piece), legs))
