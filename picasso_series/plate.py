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
from picasso_series.lettering import Line, printable, roman, set_line
from picasso_series.levels import Series
from picasso_series.strokes import CANVAS, STROKE_WIDTH, Sketch
from picasso_series.svg import SVG_NAMESPACE, path_data

PNG_WIDTH = 2400
"""Width of ``plate.png`` in pixels."""

INK = (17, 17, 17)
GREY = (104, 102, 98)

# Lengths in units of the canvas (224 a drawing), so that strokes keep their own width.
_MARGIN = 56.0
_GAP = 44.0
_LEAST_SIDE = 96
_TITLE_SIZE, _NUMERAL_SIZE, _COUNT_SIZE = 21.0, 13.0, 12.0
_TITLE_ROOM = 62.0
_NUMERAL_DROP, _COUNT_DROP = 30.0, 47.0
_ROW_GAP = 40.0
_ONE_ROW_LEVELS = 5
_MOST_IN_A_ROW = 8


@dataclass(frozen=True)
class Text:
    """A line of text, centered: its baseline's start, its em, its color."""

    line: Line
    x: float
    y: float
    size: float
    color: tuple[int, int, int]


@dataclass(frozen=True)
class Window:
    """The part of the canvas that a plate shows of the photo and of every drawing, in whole canvas units."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Units across."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Units from top to bottom."""
        return self.bottom - self.top


@dataclass(frozen=True)
class Layout:
    """Where everything stands on a plate, in canvas units.

    Attributes:
        width, height: of the whole plate.
        window: what is shown of the canvas.
        photo: the upper left corner of the photo's window.
        drawings: (sketch, x, y), the upper left corner of each level's window.
        texts: title and captions.
    """

    width: float
    height: float
    window: Window
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
    window = shown_window(series)
    width = 2 * _MARGIN + columns * window.width + (columns - 1) * _GAP
    titled = bool(title and printable(title, "italic"))
    top = _MARGIN + (_TITLE_ROOM if titled else 0.0)
    row_height = window.height + _COUNT_DROP + _ROW_GAP
    places = [(_MARGIN + (i % columns) * (window.width + _GAP), top + (i // columns) * row_height) for i in range(cells)]
    texts = []
    if title and titled:
        texts.append(_centered(title, "italic", width / 2, _MARGIN + 0.7 * _TITLE_SIZE, _TITLE_SIZE, INK, 0.01, width - 2 * _MARGIN))

    def caption(text: str, face: str, cell: int, drop: float, size: float, color: tuple[int, int, int], tracking: float) -> None:
        x, y = places[cell]
        texts.append(
            _centered(text, face, x + window.width / 2, y + window.height + drop, size, color, tracking, window.width + 0.5 * _GAP)
        )

    caption("the photo", "italic", 0, _COUNT_DROP, _COUNT_SIZE, GREY, 0.01)
    for number, level in enumerate(series.levels, start=1):
        caption(roman(number), "regular", number, _NUMERAL_DROP, _NUMERAL_SIZE, INK, 0.12)
        caption(count_text(level), "italic", number, _COUNT_DROP, _COUNT_SIZE, GREY, 0.01)
    drawings = tuple((level.sketch, x, y) for level, (x, y) in zip(series.levels, places[1:], strict=True))
    return Layout(width, top + rows * row_height - _ROW_GAP + _MARGIN, window, places[0], drawings, tuple(texts))


def shown_window(series: Series) -> Window:
    """The smallest window, at least ``_LEAST_SIDE`` units either way, that holds all that is not white of the photo and all strokes.

    A wide horse thus gets a wide window and a giraffe a tall one, the same for the photo and every level.
    """
    tinted = (series.subject.rgb < 250).any(axis=2)
    boxes = [(x.min(), y.min(), x.max() + 1, y.max() + 1) for y, x in [np.nonzero(tinted)] if len(x)]
    reach = STROKE_WIDTH / 2
    for level in series.levels:
        for stroke in level.sketch.strokes:
            x, y, end_x, end_y = (CANVAS * value for value in stroke.bounds)
            boxes.append((x - reach, y - reach, end_x + reach, end_y + reach))
    least, most = np.min(boxes, axis=0), np.max(boxes, axis=0)
    (left, right), (top, bottom) = _widened(least[0], most[2]), _widened(least[1], most[3])
    return Window(left, top, right, bottom)


def _widened(start: float, end: float) -> tuple[int, int]:
    """Whole units within the canvas around ``start`` to ``end``, at least ``_LEAST_SIDE`` of them."""
    first, last = max(0, int(np.floor(start))), min(CANVAS, int(np.ceil(end)))
    lack = max(0, _LEAST_SIDE - (last - first))
    first = min(max(0, first - lack // 2), CANVAS - _LEAST_SIDE)
    return first, max(last, first + _LEAST_SIDE)


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
        f'<image x="{plan.photo[0]:g}" y="{plan.photo[1]:g}" width="{plan.window.width}" height="{plan.window.height}" '
        f'preserveAspectRatio="none" href="{_data_uri(_cropped(series, plan.window))}"/>\n' + "".join(_svg_lines(plan)) + "</svg>\n"
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
    draw_picture(sheet.context, _cropped(series, plan.window), (x * scale, y * scale), scale)
    for sketch, x, y in plan.drawings:
        place = ((x - plan.window.left) * scale, (y - plan.window.top) * scale, CANVAS * scale)
        draw_strokes(sheet.context, Strokes.of(sketch.points), place, INK)
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


def _cropped(series: Series, window: Window) -> NDArray[np.uint8]:
    """The photo's part in the window; one of its pixels is one canvas unit."""
    return series.subject.rgb[window.top : window.bottom, window.left : window.right]


def _centered(
    text: str,
    face: str,
    center: float,
    baseline: float,
    size: float,
    color: tuple[int, int, int],
    tracking: float,
    room: float,
) -> Text:
    """A line centered at ``center``, set smaller when it is wider than ``room``."""
    line = set_line(text, face, tracking)
    size = min(size, room / line.width) if line.width else size
    return Text(line, center - line.width * size / 2, baseline, size, color)


def _svg_lines(plan: Layout) -> Iterator[str]:
    style = f'fill="none" stroke="{_hex(INK)}" stroke-width="{STROKE_WIDTH:g}" stroke-linecap="round" stroke-linejoin="round"'
    for sketch, x, y in plan.drawings:
        paths = "".join(f'<path d="{path_data(stroke.points)}"/>\n' for stroke in sketch.strokes)
        yield f'<g transform="translate({x - plan.window.left:g} {y - plan.window.top:g})" {style}>\n{paths}</g>\n'
    for text in plan.texts:
        yield f'<path fill="{_hex(text.color)}" d="{text.line.path_data(text.x, text.y, text.size)}"/>\n'


def _data_uri(picture: NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _hex(color: tuple[int, int, int]) -> str:
    return "#" + "".join(f"{value:02x}" for value in color)
