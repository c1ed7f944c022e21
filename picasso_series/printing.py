"""A laid-out plate as vectors, as pixels and as a page of PDF.

Knows how a layout is drawn, in one look, so that all three agree; text is outlines in each, so they look the same on every machine.
Knows neither runs nor how a layout came about.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from picasso_series.atomic import whole_file, write_whole
from picasso_series.errors import PicassoError
from picasso_series.film.draw import Sheet, cairo, draw_line, draw_picture, ink_strokes, to_rgb
from picasso_series.film.painter import on_paper
from picasso_series.inking import Strokes, svg_ground, svg_strokes, svg_style
from picasso_series.levels import Series, Subject
from picasso_series.look import Color, Look, color_text
from picasso_series.paper import MM_PER_INCH, MM_PER_POINT
from picasso_series.plate import Layout, all_states, lay_strip
from picasso_series.strokes import CANVAS
from picasso_series.svg import SVG_NAMESPACE

PNG_WIDTH = 2400
"""Width of ``plate.png`` in pixels."""

PLAIN = Look(paper=(255, 255, 255), ink=(17, 17, 17))
"""The look of plates where none is asked for: nothing is printed but ink."""

_SOFT_INK = 0.62
"""How much of the ink softer letters have, the rest being paper."""
_UNDATED = "2000-01-01T00:00:00Z"
"""The date that a PDF bears, which must bear one: the same plate makes the same file whenever it is made."""


def write_plate(series: Series, folder: Path, title: str | None = None) -> tuple[Path, Path]:
    """Write ``plate.svg`` and ``plate.png``, the strip of a series, into an existing folder and return their paths.

    Raises:
        MissingError: libcairo is not there.
        PicassoError: a file cannot be written.
        ValueError: the series has no level.
    """
    vector, raster = folder / "plate.svg", folder / "plate.png"
    look = replace(PLAIN, title=title)
    plan = lay_strip(series.subject, all_states(series), look)
    try:
        write_whole(vector, plate_svg(plan, series.subject, look, plate_words(series, title)))
        with whole_file(raster) as temporary:
            Image.fromarray(plate_pixels(plan, series.subject, look, PNG_WIDTH / plan.width)).save(temporary, "PNG", optimize=True)
    except OSError as error:
        raise PicassoError(f"the plate could not be written ({error.strerror or error}); check the folder and the free space") from error
    return vector, raster


def plate_words(series: Series, title: str | None) -> str:
    """What a plate shows, in a sentence."""
    return f"{title or 'A series'}: the photo and its drawings in {', '.join(str(level.strokes) for level in series.levels)} strokes"


def plate_svg(plan: Layout, subject: Subject, look: Look, words: str, unit: str = "") -> str:
    """The text of an SVG: the photo embedded, all else as vectors, no outside resource and no font.

    Args:
        plan: the layout.
        subject: the photo.
        look: paper and ink.
        words: what it shows, for those who do not see it.
        unit: the unit of the layout's lengths, "mm" for a sheet.
    """
    box = f'width="{plan.width:g}" height="{plan.height:g}"'
    size = f'width="{plan.width:g}{unit}" height="{plan.height:g}{unit}"'
    x, y, scale = plan.photo
    return (
        f'<svg xmlns="{SVG_NAMESPACE}" viewBox="0 0 {plan.width:g} {plan.height:g}" {size} role="img">\n'
        f"<title>{escape(words)}</title>\n"
        f'<rect {box} fill="{color_text(look.paper)}"/>\n'
        f'<image x="{x:.6g}" y="{y:.6g}" width="{plan.photo_window.width * scale:.6g}" height="{plan.photo_window.height * scale:.6g}" '
        f'preserveAspectRatio="none" href="{_data_uri(_photo(plan, subject, look))}"/>\n' + "".join(_svg_lines(plan, look)) + "</svg>\n"
    )


def plate_pixels(plan: Layout, subject: Subject, look: Look, scale: float) -> NDArray[np.uint8]:
    """The plate as sRGB pixels (height, width, 3), ``scale`` of them a unit of the layout.

    Raises:
        MissingError: libcairo is not there.
    """
    sheet = Sheet(round(plan.width * scale), round(plan.height * scale), look.paper)
    _draw(sheet.context, plan, subject, look, scale)
    return to_rgb(sheet.pixels())


def sheet_png(plan: Layout, subject: Subject, look: Look, dpi: int) -> bytes:
    """A sheet in millimeters as a PNG that tells its resolution.

    Raises:
        MissingError: libcairo is not there.
    """
    buffer = io.BytesIO()
    pixels = plate_pixels(plan, subject, look, dpi / MM_PER_INCH)
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True, dpi=(dpi, dpi))
    return buffer.getvalue()


def sheet_pdf(plan: Layout, subject: Subject, look: Look, title: str) -> bytes:
    """A sheet in millimeters as a PDF of one page.

    Raises:
        MissingError: libcairo is not there.
    """
    buffer, scale = io.BytesIO(), 1 / MM_PER_POINT
    surface = cairo().PDFSurface(buffer, plan.width * scale, plan.height * scale)
    for name, value in (("TITLE", title), ("CREATE_DATE", _UNDATED), ("MOD_DATE", _UNDATED)):
        surface.set_metadata(getattr(cairo(), f"PDF_METADATA_{name}"), value)
    context = cairo().Context(surface)
    context.set_source_rgb(*(value / 255 for value in look.paper))
    context.paint()
    _draw(context, plan, subject, look, scale)
    surface.finish()
    return buffer.getvalue()


def _draw(context: Any, plan: Layout, subject: Subject, look: Look, scale: float) -> None:
    """Draw a plate on a cairo context that is ``scale`` of its units a unit of the layout."""
    x, y, photo_scale = plan.photo
    photo = _photo(plan, subject, look)
    draw_picture(context, photo, (x * scale, y * scale), scale * photo_scale * plan.photo_window.width / photo.shape[1])
    side = CANVAS * plan.scale * scale
    for sketch, x, y in plan.drawings:
        place = ((x - plan.window.left * plan.scale) * scale, (y - plan.window.top * plan.scale) * scale, side)
        ink_strokes(context, Strokes.of(sketch.points), place, look)
    for text in plan.texts:
        draw_line(context, text.line, (text.x * scale, text.y * scale, text.size * scale), _letter_color(look, text.soft))


def _photo(plan: Layout, subject: Subject, look: Look) -> NDArray[np.uint8]:
    """The photo's part in the window, the white around its subject the paper, with as many pixels as the layout has use for."""
    window, scale = plan.photo_window, subject.detail.shape[0] / CANVAS
    place = [round(value * scale) for value in (window.left, window.top, window.right, window.bottom)]
    part = Image.fromarray(on_paper(subject.detail, look.paper)).crop((place[0], place[1], place[2], place[3]))
    if scale > plan.photo_detail:
        part = part.resize((window.width * plan.photo_detail, window.height * plan.photo_detail), Image.Resampling.LANCZOS)
    return np.asarray(part)


def _letter_color(look: Look, soft: bool) -> Color:
    share = _SOFT_INK if soft else 1.0
    red, green, blue = (round(share * ink + (1 - share) * paper) for ink, paper in zip(look.ink, look.paper, strict=True))
    return red, green, blue


def _svg_lines(plan: Layout, look: Look) -> Iterator[str]:
    # Each drawing is moved into its place, so one definition of the ground serves all of them.
    yield svg_ground(look, (0, 0, CANVAS, CANVAS))
    roughness = ' mask="url(#ground)"' if look.grain > 0 else ""
    for sketch, x, y in plan.drawings:
        place = f"translate({x - plan.window.left * plan.scale:.6g} {y - plan.window.top * plan.scale:.6g})"
        zoom = f" scale({plan.scale:.6g})" if plan.scale != 1 else ""
        yield f'<g transform="{place}{zoom}" {svg_style(look)}{roughness}>\n{svg_strokes(Strokes.of(sketch.points), look, digits=3)}</g>\n'
    for text in plan.texts:
        color = color_text(_letter_color(look, text.soft))
        yield f'<path fill="{color}" d="{text.line.path_data(text.x, text.y, text.size, 3)}"/>\n'


def _data_uri(picture: NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
