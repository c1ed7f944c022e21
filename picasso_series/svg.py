"""Sketch <-> SVG text.

Knows the form of a ``sketch.svg`` (the contract's viewBox, one path a stroke, ids) and reads back exactly what it writes. Knows no
files, no styles and no films.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np

from picasso_series.errors import BadInputError
from picasso_series.strokes import CANVAS, STROKE_WIDTH, FloatArray, Sketch, Stroke

SVG_NAMESPACE = "http://www.w3.org/2000/svg"
_NUMBER = r"([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)"
# Each text matches in one way at most, or a long number could be cut into several, in more ways than there is time to try.
_PART = r"(?:\s*,\s*|\s+|(?=[-+]))"
_PATH = re.compile(rf"\s*M\s*{_NUMBER}{_PART}{_NUMBER}\s*C\s*{_PART.join([_NUMBER] * 6)}\s*$")


def path_data(points: FloatArray, scale: float = CANVAS, digits: int = 3) -> str:
    """Path data of one stroke: ``points`` (4, 2) in the unit square times ``scale``, with ``digits`` decimals."""
    xy = [f"{value:.{digits}f}" for value in (np.asarray(points, np.float64) * scale).ravel()]
    return f"M{xy[0]},{xy[1]} C{xy[2]},{xy[3]} {xy[4]},{xy[5]} {xy[6]},{xy[7]}"


def sketch_to_svg(sketch: Sketch) -> str:
    """The text of a ``sketch.svg``: viewBox 0 0 224 224, one path with id ``s<K>`` a stroke, most salient first."""
    paths = "".join(f'\n<path id="s{stroke.id}" d="{path_data(stroke.points)}"/>' for stroke in sketch.strokes)
    return (
        f'<svg xmlns="{SVG_NAMESPACE}" viewBox="0 0 {CANVAS} {CANVAS}" fill="none" stroke="#000" '
        f'stroke-width="{STROKE_WIDTH:g}" stroke-linecap="round" stroke-linejoin="round">{paths}\n</svg>\n'
    )


def svg_to_sketch(text: str) -> Sketch:
    """Read back what :func:`sketch_to_svg` writes.

    Raises:
        BadInputError: the text is no SVG of that form.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BadInputError("the SVG declares a document type, which a sketch never has; use a sketch.svg that picasso-series wrote")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise BadInputError(f"the sketch is not well-formed SVG ({error}); draw the series again") from error
    if root.tag != f"{{{SVG_NAMESPACE}}}svg":
        raise BadInputError("the text is XML but no SVG; use a sketch.svg that picasso-series wrote")
    strokes = []
    for path in root.iter(f"{{{SVG_NAMESPACE}}}path"):
        id, match = path.get("id", ""), _PATH.match(path.get("d", ""))
        if not re.fullmatch(r"s[1-9]\d{0,8}", id) or match is None:
            raise BadInputError(f"the path {id or 'without an id'} is no single cubic stroke; use a sketch.svg that picasso-series wrote")
        points = np.array([float(value) for value in match.groups()], np.float64).reshape(4, 2) / CANVAS
        if np.abs(points).max() > np.finfo(np.float32).max:
            raise BadInputError(f"the path {id} leaves the paper beyond all measure; use a sketch.svg that picasso-series wrote")
        strokes.append(Stroke(int(id[1:]), points.astype(np.float32)))
    if len({stroke.id for stroke in strokes}) < len(strokes):
        raise BadInputError("two paths of the SVG have the same id; use a sketch.svg that picasso-series wrote")
    return Sketch(tuple(strokes))
