"""Contact sheets: a level's drawings of every photo in every arm, for the eye that a loss does not replace.

Knows a grid and what stands in it, as SVG; judges nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from picasso_series.strokes import CANVAS, STROKE_WIDTH
from picasso_series.studies.warm_start.arms import ARMS
from picasso_series.studies.warm_start.results import Draw
from picasso_series.svg import SVG_NAMESPACE, path_data

_GAP, _HEAD = 12, 34
_STEP = CANVAS + _GAP


def sheet_svg(draws: Sequence[Draw], photos: Sequence[bytes], strokes: int) -> str:
    """The text of a sheet: a row for each draw, a column for each arm; ``photos`` are the PNG files of the draws' photos."""
    arms = [arm for arm in ARMS if any(entry.arm == arm.name and entry.strokes == strokes for entry in draws[0].entries)]
    width, height = (1 + len(arms)) * _STEP + _GAP, len(draws) * _STEP + _HEAD + _GAP
    body = []
    for column, text in enumerate([f"{strokes} strokes", *(arm.title for arm in arms)]):
        body.append(f'<text x="{_GAP + column * _STEP + CANVAS / 2:g}" y="{_HEAD - 12}" text-anchor="middle">{escape(text)}</text>')
    for row, (draw, photo) in enumerate(zip(draws, photos, strict=True)):
        top = _HEAD + row * _STEP
        data = base64.b64encode(photo).decode("ascii")
        body.append(f'<image x="{_GAP}" y="{top}" width="{CANVAS}" height="{CANVAS}" href="data:image/png;base64,{data}"/>')
        drawn = {entry.arm: entry for entry in draw.entries if entry.strokes == strokes}
        for column, arm in enumerate(arms, start=1):
            curves = "".join(path_data(points, digits=1) for points in drawn[arm.name].points)
            loss = f"{draw.photo}: {drawn[arm.name].losses['total']:.4f}"
            body.append(f'<g transform="translate({_GAP + column * _STEP} {top})"><title>{escape(loss)}</title><path d="{curves}"/></g>')
    return (
        f'<svg xmlns="{SVG_NAMESPACE}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        'font-family="Helvetica, Arial, sans-serif" font-size="13">\n'
        f"<style>path{{fill:none;stroke:#000;stroke-width:{STROKE_WIDTH:g};stroke-linecap:round;stroke-linejoin:round}}</style>\n"
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n' + "\n".join(body) + "\n</svg>\n"
    )
