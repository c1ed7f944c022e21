"""Scenes and sketches -> pixels, from the vectors, on a cairo surface of the picture's own size.

Knows paper, ink, margins and where the caption stands; knows neither time nor files' formats beyond PNG. cairo is loaded when the first
picture is drawn, so that everything else works without it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from picasso_series.errors import MissingError
from picasso_series.film.morph import Strokes
from picasso_series.film.timeline import Scene
from picasso_series.lettering import Line, set_line
from picasso_series.strokes import CANVAS, STROKE_WIDTH, Sketch

Color = tuple[int, int, int]
"""sRGB, 0 to 255."""

PAPER: Color = (252, 250, 246)
INK: Color = (22, 20, 18)

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


@dataclass(frozen=True)
class Stage:
    """Where things stand on a frame of ``width`` x ``height`` pixels: the drawing's square in the middle, the caption below it."""

    width: int
    height: int

    @property
    def side(self) -> float:
        """Side of the drawing's square in pixels."""
        return round(0.84 * min(self.width, self.height))

    @property
    def left(self) -> float:
        """Left edge of the square."""
        return (self.width - self.side) / 2

    @property
    def top(self) -> float:
        """Upper edge of the square."""
        return (self.height - self.side) / 2

    @property
    def letter_size(self) -> float:
        """Size of the caption's em in pixels."""
        return 0.032 * min(self.width, self.height)

    @property
    def baseline(self) -> float:
        """Height of the caption's baseline."""
        return self.top + self.side + 0.9 * self.letter_size


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


class Painter:
    """Draws scenes on frames of one size. Frames do not share memory, so several threads may draw at once."""

    def __init__(self, width: int, height: int, photo: NDArray[np.uint8], paper: Color = PAPER, ink: Color = INK) -> None:
        """Prepare for frames of ``width`` x ``height`` pixels and a square sRGB photo (n, n, 3), whose white becomes the paper."""
        self.stage = Stage(width, height)
        self.paper, self.ink = paper, ink
        side = int(self.stage.side)
        picture = np.asarray(Image.fromarray(photo).resize((side, side), Image.Resampling.LANCZOS), np.float64)
        # Multiplied with the paper, as if printed on it: the white around a cut-out shows no edge.
        self._photo = _image_surface((picture * (np.array(paper) / 255)).round().astype(np.uint8))

    def frame(self, scene: Scene) -> FrameArray:
        """Draw one scene."""
        stage = self.stage
        sheet = Sheet(stage.width, stage.height, self.paper)
        context = sheet.context
        if scene.photo > 0:
            context.set_source_surface(self._photo, round(stage.left), round(stage.top))
            context.paint_with_alpha(scene.photo)
        if scene.ink > 0:
            draw_strokes(context, scene.strokes, (stage.left, stage.top, stage.side), self.ink, scene.ink)
        for text, opacity in scene.captions:
            if opacity > 0:
                line = set_line(text, "italic", tracking=0.01)
                left = stage.width / 2 - line.width * stage.letter_size / 2
                draw_line(context, line, (left, stage.baseline, stage.letter_size), self.ink, 0.72 * opacity)
        return sheet.pixels()


def draw_strokes(context: Any, strokes: Strokes, place: tuple[float, float, float], ink: Color = (0, 0, 0), opacity: float = 1.0) -> None:
    """Ink curves of the unit square in the square ``place`` (left, top, side) of a cairo context, with round caps.

    Curves of one width are stroked together, so that pieces that meet leave no seam and crossings are not darker when translucent.
    """
    left, top, side = place
    context.set_line_cap(cairo().LINE_CAP_ROUND)
    context.set_line_join(cairo().LINE_JOIN_ROUND)
    context.set_source_rgba(*(value / 255 for value in ink), opacity)
    for width in np.unique(strokes.widths):
        for curve in strokes.curves[strokes.widths == width] * side + (left, top):
            context.move_to(*curve[0])
            context.curve_to(*curve[1:].ravel())
        context.set_line_width(STROKE_WIDTH / CANVAS * side * width)
        context.stroke()


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
    context.set_source_surface(_image_surface(picture), 0, 0)
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


def _image_surface(picture: NDArray[np.uint8]) -> Any:
    """An RGB24 surface that shows an sRGB picture (height, width, 3)."""
    height, width = picture.shape[:2]
    pixels = np.full((height, width, 4), 255, np.uint8)
    pixels[:, :, :3] = picture[:, :, ::-1]
    if not _LITTLE_ENDIAN:
        pixels = pixels[:, :, ::-1]
    data = bytearray(np.ascontiguousarray(pixels).tobytes())
    return cairo().ImageSurface(cairo().FORMAT_RGB24, width, height, data, width * 4)
