"""The slider of a series inside a notebook.

Knows the frame that keeps the slider's page and a notebook's apart; knows neither IPython (which finds ``_repr_html_`` by itself) nor
files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from picasso_series.errors import BadInputError
from picasso_series.gallery.page import page_states
from picasso_series.gallery.render import render
from picasso_series.gallery.words import in_strokes
from picasso_series.levels import Series
from picasso_series.strokes import CANVAS, STROKE_WIDTH


@dataclass(frozen=True)
class Slider:
    """A series to be moved through; a notebook shows it where it is the value of a cell, or by ``display``.

    Attributes:
        page: a whole page of HTML that asks for nothing from outside.
        title: what it is called.
    """

    page: str = field(repr=False)
    title: str

    def _repr_html_(self) -> str:
        """The page in a frame of its own, so that neither its style nor its script touches the notebook's."""
        style = "width: 100%; max-width: 40rem; height: 38rem; border: 0"
        return f'<iframe title="{escape(self.title)}" sandbox="allow-scripts" style="{style}" srcdoc="{escape(self.page)}"></iframe>'


def series_slider(series: Series, title: str) -> Slider:
    """The slider of ``series``.

    Raises:
        BadInputError: the series has no level.
    """
    if not series.levels:
        raise BadInputError("the series has no level; draw one first")
    page = render(
        "frame.html.j2",
        title=title,
        subtitle=in_strokes([level.strokes for level in series.levels]),
        states=page_states(series, title),
        canvas=CANVAS,
        stroke_width=STROKE_WIDTH,
        card=None,
        address="",
        tool="",
    )
    return Slider(page, title)
