"""Scenes -> frames: where drawing and words stand, and how a moment of a film is drawn in a look.

Knows the layout of a frame; knows neither time nor formats. What draws on cairo is ``draw``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from picasso_series.film.draw import FrameArray, Sheet, draw_line, ink_strokes, picture_surface
from picasso_series.film.timeline import Chart, Scene
from picasso_series.lettering import Line, join_lines, set_line
from picasso_series.look import Color, Look


@dataclass(frozen=True)
class Stage:
    """Where things stand on a frame of ``width`` x ``height`` pixels: the drawing's square in the middle, words above and below it."""

    width: int
    height: int
    look: Look = Look()

    @property
    def letter_size(self) -> float:
        """Size of the labels' em in pixels."""
        return 0.032 * min(self.width, self.height)

    @property
    def side(self) -> float:
        """Side of the drawing's square in pixels."""
        short = min(self.width, self.height)
        room = self.height - self._head - self._foot - 2 * self._edge
        return round(max(min((1 - 2 * self.look.margin) * short, room), 0.3 * short))

    @property
    def left(self) -> float:
        """Left edge of the square."""
        return (self.width - self.side) / 2

    @property
    def top(self) -> float:
        """Upper edge of the square: in the middle, unless the words need more room on one side."""
        lowest = self.height - self._edge - self._foot - self.side
        return min(max((self.height - self.side) / 2, self._edge + self._head), max(lowest, 0.0))

    @property
    def title_baseline(self) -> float:
        """Height of the title's baseline."""
        return self.top - 0.9 * self.letter_size

    @property
    def label_baseline(self) -> float:
        """Height of the baseline on which a drawing's number and its count of strokes stand."""
        return self.top + self.side + 0.9 * self.letter_size

    @property
    def caption_baseline(self) -> float:
        """Height of the caption's baseline."""
        return self.label_baseline + (1.5 * self.letter_size if self.look.counted else 0.0)

    @property
    def _edge(self) -> float:
        """Least room between words and the frame's edge."""
        return 0.03 * min(self.width, self.height)

    @property
    def _head(self) -> float:
        """Room that the title takes above the square."""
        return 2.2 * self.letter_size if self.look.title else 0.0

    @property
    def _foot(self) -> float:
        """Room that the words below the square take."""
        return (1.3 + 1.5 * (int(self.look.counted) + int(bool(self.look.caption)) - 1)) * self.letter_size if self._words else 0.0

    @property
    def _words(self) -> bool:
        return self.look.counted or bool(self.look.caption)


class Painter:
    """Draws scenes on frames of one size in one look. Frames do not share memory, so several threads may draw at once."""

    def __init__(self, width: int, height: int, photo: NDArray[np.uint8], look: Look | None = None) -> None:
        """Prepare for frames of ``width`` x ``height`` pixels.

        Args:
            width: of a frame.
            height: of a frame.
            photo: the subject's square (n, n, 4): sRGB on white, and the mask.
            look: how everything is shown; the default look when None.
        """
        self.look = look or Look()
        self.stage = Stage(width, height, self.look)
        side = int(self.stage.side)
        picture = np.asarray(Image.fromarray(on_paper(photo, self.look.paper)).resize((side, side), Image.Resampling.LANCZOS))
        self._photo = picture_surface(picture)

    def frame(self, scene: Scene) -> FrameArray:
        """Draw one scene."""
        stage, look = self.stage, self.look
        sheet = Sheet(stage.width, stage.height, look.paper)
        context = sheet.context
        if scene.photo > 0:
            context.set_source_surface(self._photo, round(stage.left), round(stage.top))
            context.paint_with_alpha(scene.photo)
        ink_strokes(context, scene.strokes, (stage.left, stage.top, stage.side), look, scene.ink)
        if look.title:
            self._words(context, set_line(look.title, "italic", 0.01), stage.title_baseline, 1.25 * stage.letter_size, 0.9)
        if look.caption:
            self._words(context, set_line(look.caption, "regular", 0.01), stage.caption_baseline, 0.8 * stage.letter_size, 0.72)
        if look.counted:
            for label in scene.labels:
                self._words(context, label_line(label.numeral, label.text), stage.label_baseline, stage.letter_size, 0.72 * label.opacity)
        if scene.chart is not None:
            self._chart(context, scene.chart)
        return sheet.pixels()

    def _words(self, context: Any, line: Line, baseline: float, size: float, opacity: float) -> None:
        """A line in the middle, set smaller when it is wider than the frame's inner part."""
        if opacity > 0 and line.width > 0:
            size = min(size, 0.92 * self.stage.width / line.width)
            draw_line(context, line, ((self.stage.width - line.width * size) / 2, baseline, size), self.look.ink, opacity)

    def _chart(self, context: Any, chart: Chart) -> None:
        """The curve at the right below the square, all of it faintly and the part that is reached in full, with a dot at its end."""
        stage, unit = self.stage, self.stage.letter_size
        width, height = 0.2 * stage.side, 1.1 * unit
        x = stage.left + stage.side - width + width * chart.curve[:, 0]
        y = stage.label_baseline - height + height * chart.curve[:, 1]
        reached = chart.curve[:, 0] < chart.reached
        tip = (float(np.interp(chart.reached, chart.curve[:, 0], x)), float(np.interp(chart.reached, chart.curve[:, 0], y)))
        context.set_line_width(0.05 * unit)
        for places, opacity in ((np.stack([x, y], 1), 0.25), (np.vstack([np.stack([x, y], 1)[reached], tip]), 0.72)):
            context.set_source_rgba(*(value / 255 for value in self.look.ink), opacity * chart.opacity)
            for place in places:
                context.line_to(*place)
            context.stroke()
        context.arc(*tip, 0.14 * unit, 0, 2 * np.pi)
        context.fill()


def on_paper(photo: NDArray[np.uint8], paper: Color) -> NDArray[np.uint8]:
    """The subject's square (n, n, 4) as it stands on paper, sRGB (n, n, 3): the white around the subject becomes the paper."""
    around = 1 - photo[:, :, 3:].astype(np.float64) / 255
    picture = photo[:, :, :3] - around * (255.0 - np.array(paper))
    return np.asarray(np.clip(np.rint(picture), 0, 255), np.uint8)


@lru_cache(maxsize=512)
def label_line(numeral: str, text: str) -> Line:
    """A state's numeral and its count of strokes as one line."""
    return join_lines([set_line(numeral, "regular", 0.12), set_line(text, "italic", 0.01)], 0.75)
