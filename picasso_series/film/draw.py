"""Strokes, letters and pictures on cairo surfaces, drawn from the vectors at the picture's own size.

Knows how a look is inked; knows neither frames nor time nor files' formats beyond PNG. cairo is loaded when the first picture is drawn, so
that everything else works without it.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from picasso_series.errors import MissingError
from picasso_series.inking import TILE, Strokes, outlines, roughness, tile_side
from picasso_series.lettering import Line
from picasso_series.look import Color, Look
from picasso_series.strokes import CANVAS, Sketch

_LITTLE_ENDIAN = sys.byteorder == "little"

FrameArray = NDArray[np.uint8]
"""One frame, (height, width, 4), in cairo's order: blue, green, red, unused."""


@lru_cache(maxsize=1)
def cairo() -> ModuleType:
    """The cairo binding.

    Raises:
        MissingError: cairocffi or the system's libcairo is not there.
    """
    try:
        import cairocffi
    except ImportError as error:
        raise MissingError("drawing pictures needs cairocffi, which is not installed: run `pip install cairocffi`") from error
    except OSError as error:
        raise MissingError(
            "drawing pictures needs the cairo library, which is not installed: run `apt install libcairo2` (Debian, Ubuntu), "
            "`brew install cairo` (macOS) or install the GTK runtime (Windows)"
        ) from error
    return cairocffi  # type: ignore[no-any-return]


class Sheet:
    """A picture being drawn: one color at first, then whatever is drawn on its cairo ``context``."""

    def __init__(self, width: int, height: int, color: Color = (255, 255, 255)) -> None:
        """Lay out ``width`` x ``height`` pixels of one color."""
        # The memory is ours and not cairo's, so that the pixels outlive the surface.
        self._pixels = np.empty((height, width, 4), np.uint8)
        self._surface = cairo().ImageSurface(cairo().FORMAT_RGB24, width, height, self._pixels.data.cast("B"), width * 4)
        self.context = cairo().Context(self._surface)
        self.context.set_source_rgb(*(value / 255 for value in color))
        self.context.paint()

    def pixels(self) -> FrameArray:
        """What has been drawn so far; not a copy on machines whose byte order is cairo's."""
        self._surface.flush()
        return self._pixels if _LITTLE_ENDIAN else self._pixels[:, :, ::-1]


def ink_strokes(context: Any, strokes: Strokes, place: tuple[float, float, float], look: Look, opacity: float = 1.0) -> None:
    """Ink strokes of the unit square in the square ``place`` (left, top, side) of a cairo context, as the look has it.

    All of them are one layer: where they cross, a translucent layer is not darker, and pieces that meet leave no seam.
    """
    if opacity <= 0 or not len(strokes.curves):
        return
    if opacity < 1:
        context.push_group()
    if look.grain > 0:
        context.push_group()
    _ink(context, strokes, place, look)
    if look.grain > 0:
        context.pop_group_to_source()
        context.mask(_ground(look, place))
    if opacity < 1:
        context.pop_group_to_source()
        context.paint_with_alpha(opacity)


def _ink(context: Any, strokes: Strokes, place: tuple[float, float, float], look: Look) -> None:
    """Stroke or fill the strokes with the look's ink."""
    left, top, side = place
    context.set_source_rgb(*(value / 255 for value in look.ink))
    if not look.even:
        for chain in outlines(strokes, look) * side + (left, top):
            _trace(context, chain)
            context.close_path()
        context.set_fill_rule(cairo().FILL_RULE_WINDING)
        context.fill()
        return
    context.set_line_cap(cairo().LINE_CAP_ROUND)
    context.set_line_join(cairo().LINE_JOIN_ROUND)
    for width in np.unique(strokes.widths):
        for chain in strokes.curves[strokes.widths == width] * side + (left, top):
            _trace(context, chain)
        context.set_line_width(look.width * look.profile[0] / CANVAS * side * width)
        context.stroke()


def _trace(context: Any, chain: NDArray[np.float64]) -> None:
    """Begin a path and follow a chain of cubics (3 k + 1, 2) in the context's units."""
    context.move_to(*chain[0])
    for legs in chain[1:].reshape(-1, 6):
        context.curve_to(*legs)


def _ground(look: Look, place: tuple[float, float, float]) -> Any:
    """The look's tile of roughness as a repeated pattern that begins at the corner of ``place``."""
    left, top, side = place
    pattern = cairo().SurfacePattern(_tile_surface(look.grain))
    pattern.set_extend(cairo().EXTEND_REPEAT)
    pattern.set_filter(cairo().FILTER_BILINEAR)
    scale = TILE / (tile_side(look) * side / CANVAS)
    pattern.set_matrix(cairo().Matrix(scale, 0, 0, scale, -left * scale, -top * scale))
    return pattern


@lru_cache(maxsize=8)
def _tile_surface(grain: float) -> Any:
    """The tile of roughness as a surface of opacities."""
    tile = roughness(grain)
    return cairo().ImageSurface(cairo().FORMAT_A8, TILE, TILE, bytearray(tile.tobytes()), TILE)


def draw_strokes(context: Any, strokes: Strokes, place: tuple[float, float, float]) -> None:
    """Ink strokes in black, of the width that they were drawn with, in the square ``place`` (left, top, side) of a cairo context."""
    ink_strokes(context, strokes, place, Look(ink=(0, 0, 0)))


def draw_line(context: Any, line: Line, place: tuple[float, float, float], ink: Color = (0, 0, 0), opacity: float = 1.0) -> None:
    """Fill a line of text with its baseline's start and em at ``place`` (x, y, em) on a cairo context."""
    x, y, size = place
    draw = {"M": context.move_to, "L": context.line_to, "C": context.curve_to, "Z": context.close_path}
    for verb, values in line.commands:
        draw[verb](*(value * size + (x if i % 2 == 0 else y) for i, value in enumerate(values)))
    context.set_source_rgba(*(value / 255 for value in ink), opacity)
    context.fill()


def draw_picture(context: Any, picture: NDArray[np.uint8], corner: tuple[float, float], scale: float) -> None:
    """Paint an sRGB picture (height, width, 3) with its upper left corner at ``corner`` and its pixels ``scale`` wide, smoothly."""
    height, width = picture.shape[:2]
    context.save()
    context.translate(*corner)
    context.scale(scale, scale)
    context.set_source_surface(picture_surface(picture), 0, 0)
    context.get_source().set_filter(cairo().FILTER_GOOD)
    context.get_source().set_extend(cairo().EXTEND_PAD)
    context.rectangle(0, 0, width, height)
    context.fill()
    context.restore()


def to_rgb(frame: FrameArray) -> NDArray[np.uint8]:
    """A frame as (height, width, 3) in the order red, green, blue."""
    return np.ascontiguousarray(frame[:, :, 2::-1])


def write_sketch_png(sketch: Sketch, path: Path, side: int = 896) -> None:
    """Write a sketch in black on white as a PNG of ``side`` x ``side`` pixels, with the look of its ``sketch.svg``.

    Raises:
        MissingError: libcairo is not there.
        OSError: the file cannot be written.
    """
    sheet = Sheet(side, side)
    draw_strokes(sheet.context, Strokes.of(sketch.points), (0.0, 0.0, float(side)))
    Image.fromarray(to_rgb(sheet.pixels())[:, :, 0]).save(path, "PNG", optimize=True)


def picture_surface(picture: NDArray[np.uint8]) -> Any:
    """An RGB24 surface that shows an sRGB picture (height, width, 3)."""
    height, width = picture.shape[:2]
    pixels = np.full((height, width, 4), 255, np.uint8)
    pixels[:, :, :3] = picture[:, :, ::-1]
    if not _LITTLE_ENDIAN:
        pixels = pixels[:, :, ::-1]
    data = bytearray(np.ascontiguousarray(pixels).tobytes())
    return cairo().ImageSurface(cairo().FORMAT_RGB24, width, height, data, width * 4)
