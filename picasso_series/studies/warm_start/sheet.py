"""Contact sheets: a level's drawings of every photo in every arm, for the eye that a loss does not replace.

Knows a grid and what stands in it; judges nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from picasso_series.film.draw import Sheet, draw_line, draw_picture, draw_strokes, to_rgb
from picasso_series.inking import Strokes
from picasso_series.lettering import set_line
from picasso_series.strokes import CANVAS
from picasso_series.studies.warm_start.arms import ARMS
from picasso_series.studies.warm_start.results import Draw

if TYPE_CHECKING:
    from PIL import Image

SIDE = 200
"""Pixels of a drawing."""
_GAP, _HEAD, _EM, _LEAST_EM = 10, 34, 17.0, 9.0


def sheet_pixels(draws: Sequence[Draw], photos: Sequence[Image.Image], strokes: int) -> NDArray[np.uint8]:
    """One row for each draw, one column for each arm: sRGB (height, width, 3); ``photos`` are (224, 224), one for each draw."""
    arms = [arm for arm in ARMS if any(entry.arm == arm.name and entry.strokes == strokes for entry in draws[0].entries)]
    step = SIDE + _GAP
    sheet = Sheet((1 + len(arms)) * step + _GAP, len(draws) * step + _HEAD + _GAP)
    for column, text in enumerate([f"{strokes} strokes", *(arm.title for arm in arms)]):
        line = set_line(text)
        em = max(_LEAST_EM, min(_EM, SIDE / line.width))
        draw_line(sheet.context, line, (_GAP + column * step + (SIDE - line.width * em) / 2, _HEAD - 8, em))
    for row, (draw, photo) in enumerate(zip(draws, photos, strict=True)):
        top = _HEAD + row * step
        draw_picture(sheet.context, np.asarray(photo), (_GAP, top), SIDE / CANVAS)
        drawn = {entry.arm: entry.points for entry in draw.entries if entry.strokes == strokes}
        for column, arm in enumerate(arms, start=1):
            draw_strokes(sheet.context, Strokes.of(drawn[arm.name]), (_GAP + column * step, top, SIDE))
    return to_rgb(sheet.pixels())
