"""Cards: the picture that stands for a page where its address is posted.

Knows their size and what is on them; how a sheet is laid out and drawn is known to ``plate`` and ``printing``.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from picasso_series.film.draw import Sheet, ink_strokes, to_rgb
from picasso_series.inking import Strokes
from picasso_series.levels import Series
from picasso_series.look import Look
from picasso_series.paper import Box, Paper, best_grid
from picasso_series.plate import State, all_states, lay_sheet, shown_window
from picasso_series.printing import plate_pixels
from picasso_series.strokes import CANVAS

CARD = (1200, 630)
"""Width and height in pixels: what those who show cards ask for."""
_PIXELS_PER_MM = 15
"""A small sheet of paper has large letters for its size: a card is seen small."""
_MOST_ON_A_CARD = 12


def series_card(series: Series, title: str, subtitle: str) -> bytes:
    """The card of one series as a PNG: its title, the photo and every level.

    Raises:
        MissingError: libcairo is not there.
    """
    look = Look(title=title, counted=False, margin=0.1)
    paper = Paper("card", CARD[0] / _PIXELS_PER_MM, CARD[1] / _PIXELS_PER_MM)
    plan = lay_sheet(series.subject, all_states(series), look, [paper], subtitle)
    return _png(Image.fromarray(plate_pixels(plan, series.subject, look, _PIXELS_PER_MM)))


def gallery_card(runs: Sequence[Series]) -> bytes:
    """The card of several series as a PNG: a drawing of each, neither the fullest nor the barest.

    Raises:
        MissingError: libcairo is not there.
    """
    shown, look = runs[:_MOST_ON_A_CARD], Look()
    sheet, margin = Sheet(*CARD, look.paper), look.margin * CARD[1]
    box = Box(margin, margin, CARD[0] - 2 * margin, CARD[1] - 2 * margin)
    grid = best_grid(len(shown), box, (1.0, 1.0), margin, 0.0)
    for series, (x, y) in zip(shown, grid.cells, strict=True):
        level = series.levels[len(series.levels) // 2]
        window = shown_window(None, [State(1, level)])
        scale = grid.scale / max(window.width, window.height)
        left = x + (grid.scale - scale * window.width) / 2 - scale * window.left
        top = y + (grid.scale - scale * window.height) / 2 - scale * window.top
        ink_strokes(sheet.context, Strokes.of(level.sketch.points), (left, top, scale * CANVAS), look)
    return _png(Image.fromarray(to_rgb(sheet.pixels())))


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.quantize(64).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
