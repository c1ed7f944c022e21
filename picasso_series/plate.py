"""The plate: photo and all levels side by side, numbered like the states of a print.

Knows the layout, once, and shows it twice: as vectors (``plate.svg``) and as pixels (``plate.png``). Text is outlines in both, so they
agree on every machine. Knows neither runs nor films.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from picasso_series.atomic import whole_file, write_whole
from picasso_series.errors import PicassoError
from picasso_series.film.draw import Sheet, draw_line, draw_picture, draw_strokes, to_rgb
from picasso_series.film.morph import Strokes
from picasso_series.film.timeline import count_text
from picasso_series.lettering import Line, printable, set_line
from picasso_series.levels import Series
from picasso_series.strokes import CANVAS, STROKE_WIDTH, Sketch
from picasso_series.svg import SVG_NAMESPACE, path_data

PNG_WIDTH = 2400
"""Width of ``plate.png`` in pixels."""

INK = (17, 17, 17)
GREY = (104, 102, 98)

# Lengths in units of the canvas (224 a drawing), so that strokes keep their own width.
_MARGIN = 56.0
_GAP = 28.0
_TITLE_SIZE, _NUMERAL_SIZE, _COUNT_SIZE = 21.0, 13.0, 12.0
_TITLE_ROOM = 62.0
_NUMERAL_DROP, _COUNT_DROP = 30.0, 47.0
_ROW_GAP = 40.0
_ONE_ROW_LEVELS = 5
_MOST_IN_A_ROW = 8
_NUMERALS = (
    *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L")),
    *((40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
)


@dataclass(frozen=True)
class Text:
    """A line of text, centered: its baseline's start, its em, its color."""

    line: Line
    x: float
    y: float
    size: float
    color: tuple[int, int, int]


@dataclass(frozen=True)
class Layout:
    """Where everything stands on a plate, in canvas units.

    Attributes:
        width, height: of the whole plate.
        photo: the upper left corner of the photo's square, which has the side ``CANVAS``.
        drawings: (sketch, x, y) of each level's square.
        texts: title and captions.
    """

    width: float
    height: float
    photo: tuple[float, float]
    drawings: tuple[tuple[Sketch, float, float], ...]
    texts: tuple[Text, ...]


def lay_out(series: Series, title: str | None) -> Layout:
    """Lay out a plate: the photo and up to five levels in one row, more in two rows or as many as they need.

    Args:
        series: a series of at least one level.
        title: stands above the rows; None or a text without a printable letter leaves it out.

    Raises:
        ValueError: the series has no level.
    """
    if not series.levels:
        raise ValueError("a plate needs a series of at least one level")
    cells = len(series.levels) + 1
    rows = 1 if len(series.levels) <= _ONE_ROW_LEVELS else max(2, -(-cells // _MOST_IN_A_ROW))
    columns = -(-cells // rows)
    width = 2 * _MARGIN + columns * CANVAS + (columns - 1) * _GAP
    titled = bool(title and printable(title, "italic"))
    top = _MARGIN + (_TITLE_ROOM if titled else 0.0)
    row_height = CANVAS + _COUNT_DROP + _ROW_GAP
    places = [(_MARGIN + (i % columns) * (CANVAS + _GAP), top + (i // columns) * row_height) for i in range(cells)]
    texts = []
    if title and titled:
        texts.append(_centered(title, "italic", width / 2, _MARGIN + 0.7 * _TITLE_SIZE, _TITLE_SIZE, INK, 0.01, width - 2 * _MARGIN))
    for number, (level, (x, y)) in enumerate(zip(series.levels, places[1:], strict=True), start=1):
        texts.append(_centered(roman(number), "regular", x + CANVAS / 2, y + CANVAS + _NUMERAL_DROP, _NUMERAL_SIZE, INK, 0.12))
        texts.append(_centered(count_text(level), "italic", x + CANVAS / 2, y + CANVAS + _COUNT_DROP, _COUNT_SIZE, GREY, 0.01))
    x, y = places[0]
    texts.append(_centered("the photo", "italic", x + CANVAS / 2, y + CANVAS + _COUNT_DROP, _COUNT_SIZE, GREY, 0.01))
    drawings = tuple((level.sketch, x, y) for level, (x, y) in zip(series.levels, places[1:], strict=True))
    height = top + rows * row_height - _ROW_GAP + _MARGIN
    return Layout(width, height, places[0], drawings, tuple(texts))


def roman(number: int) -> str:
    """A number from 1 to 3999 in Roman numerals.

    Raises:
        ValueError: the number is not in that range.
    """
    if not 1 <= number <= 3999:
        raise ValueError(f"Roman numerals go from 1 to 3999, not {number}")
    parts = []
    for value, letters in _NUMERALS:
        count, number = divmod(number, value)
        parts.append(letters * count)
    return "".join(parts)


def plate_svg(series: Series, title: str | None = None) -> str:
    """The text of a ``plate.svg``: the photo embedded, all levels and captions as vectors, no outside resource and no font.

    Raises:
        ValueError: the series has no level.
    """
    plan = lay_out(series, title)
    name = title or "A series"
    counts = ", ".join(str(level.strokes) for level in series.levels)
    size = f'width="{plan.width:g}" height="{plan.height:g}"'
    return (
        f'<svg xmlns="{SVG_NAMESPACE}" viewBox="0 0 {plan.width:g} {plan.height:g}" {size} role="img">\n'
        f"<title>{escape(f'{name}: the photo and its drawings in {counts} strokes')}</title>\n"
        f'<rect {size} fill="#fff"/>\n'
        f'<image x="{plan.photo[0]:g}" y="{plan.photo[1]:g}" width="{CANVAS}" height="{CANVAS}" href="{_data_uri(series.subject.rgb)}"/>\n'
        + "".join(_svg_lines(plan))
        + "</svg>\n"
    )


def plate_pixels(series: Series, title: str | None = None, width: int = PNG_WIDTH) -> NDArray[np.uint8]:
    """The plate as sRGB pixels (height, ``width``, 3), drawn from the same layout as the SVG.

    Raises:
        ValueError: the series has no level.
        MissingError: libcairo is not there.
    """
    plan = lay_out(series, title)
    scale = width / plan.width
    sheet = Sheet(width, round(plan.height * scale))
    x, y = plan.photo
    draw_picture(sheet.context, series.subject.rgb, (x * scale, y * scale, CANVAS * scale))
    for sketch, x, y in plan.drawings:
        draw_strokes(sheet.context, Strokes.of(sketch.points), (x * scale, y * scale, CANVAS * scale), INK)
    for text in plan.texts:
        draw_line(sheet.context, text.line, (text.x * scale, text.y * scale, text.size * scale), text.color)
    return to_rgb(sheet.pixels())


def write_plate(series: Series, folder: Path, title: str | None = None) -> tuple[Path, Path]:
    """Write ``plate.svg`` and ``plate.png`` into an existing folder and return their paths.

    Raises:
        MissingError: libcairo is not there.
        PicassoError: a file cannot be written.
    """
    vector, raster = folder / "plate.svg", folder / "plate.png"
    try:
        write_whole(vector, plate_svg(series, title))
        with whole_file(raster) as temporary:
            Image.fromarray(plate_pixels(series, title)).save(temporary, "PNG", optimize=True)
    except OSError as error:
        raise PicassoError(f"the plate could not be written ({error.strerror or error}); check the folder and the free space") from error
    return vector, raster


def _centered(
    text: str,
    face: str,
    center: float,
    baseline: float,
    size: float,
    color: tuple[int, int, int],
    tracking: float,
    room: float = float(CANVAS),
) -> Text:
    """A line centered at ``center``, set smaller when it is wider than ``room``."""
    line = set_line(text, face, tracking)
    size = min(size, room / line.width) if line.width else size
    return Text(line, center - line.width * size / 2, baseline, size, color)


def _svg_lines(plan: Layout) -> Iterator[str]:
    for sketch, x, y in plan.drawings:
        paths = "".join(f'<path d="{path_data(stroke.points)}"/>\n' for stroke in sketch.strokes)
        yield (
            f'<g transform="translate({x:g} {y:g})" fill="none" stroke="{_hex(INK)}" stroke-width="{STROKE_WIDTH:g}" '
            f'stroke-linecap="round" stroke-linejoin="round">\n{paths}</g>\n'
        )
    for text in plan.texts:
        yield f'<path fill="{_hex(text.color)}" d="{text.line.path_data(text.x, text.y, text.size)}"/>\n'


def _data_uri(picture: NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _hex(color: tuple[int, int, int]) -> str:
    return "#" + "".join(f"{value:02x}" for value in color)
