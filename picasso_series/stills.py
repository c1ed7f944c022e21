"""Stills: what the program sees in a photo before it draws a stroke, as pictures to look at.

Knows which pictures there are and how each is painted; what is on them (subject, saliency, XDoG, lines, first strokes) is found by the
modules that the drawing itself asks. Every one of them is looked for when it is asked for: torch is imported only where the subject has
to be found in a scene, for saliency, and for eyes, which are among the lines.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from picasso_series.film.draw import Sheet, draw_line, draw_picture, draw_strokes, to_rgb
from picasso_series.inking import Strokes
from picasso_series.lettering import set_line
from picasso_series.levels import Subject
from picasso_series.lines import Line, draw_lines
from picasso_series.motif import find_motif
from picasso_series.photo import Photo
from picasso_series.start import contour_pieces, contour_starts, saliency_start
from picasso_series.strokes import CANVAS, FloatArray
from picasso_series.subject import prepare_subject
from picasso_series.telling import find_lines
from picasso_series.xdog import xdog_ink

Picture = NDArray[np.uint8]
"""sRGB pixels (H, W, 3)."""

KINDS = {
    "photo": "the photo",
    "subject": "what is drawn of it",
    "mask": "the mask",
    "saliency": "where the eye goes",
    "xdog": "XDoG",
    "lines": "lines, by their weight",
    "contour": "first strokes, along lines",
    "squiggles": "first strokes of CLIPasso",
}
"""All stills by name, each with its caption on the sheet."""

ENLARGED = 4
"""Pixels of a still along one pixel of the canvas."""
PALE = 0.25
"""What is left of the subject's color beneath strokes."""
_COLUMNS, _PANEL, _GAP, _FOOT, _LETTERS = 4, 2 * CANVAS, 24, 56, 24.0
_FRAME = (216, 212, 204)
"""Columns of the sheet; side of a panel, space around it and below it, and size of the letters, in pixels; color of the frames."""


class Seen:
    """A photo as the program sees it; each part is found when it is first asked for.

    Attributes:
        encoder: the name of the encoder whose saliency was taken and why, ``(name, reason)``; None as long as none was.
    """

    def __init__(self, photo: Photo, *, mask: str = "auto", encoder: str = "auto", strokes: int = 32, seed: int = 0) -> None:
        """Look at ``photo`` with the settings of a drawing; ``strokes`` is the number of first strokes."""
        self.photo = photo
        self.encoder: tuple[str, str] | None = None
        self._mask, self._encoder_name, self._strokes, self._seed = mask, encoder, strokes, seed

    @cached_property
    def subject(self) -> Subject:
        """What is drawn of the photo.

        Raises:
            BadInputError: there is nothing to draw, or the mask picture cannot be used.
        """
        return prepare_subject(self.photo, self._mask, saliency=_find_subject)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The subject's lines."""
        return find_lines(self.subject, _find_faces, _find_telling)

    @cached_property
    def saliency(self) -> FloatArray:
        """Where the encoder's eye goes within the subject, float32 (224, 224) in [0, 1].

        Raises:
            MissingError: the encoder asked for needs weights that are not on this machine.
        """
        from picasso_series.encoders import choose_watcher

        watcher, reason = choose_watcher(self._encoder_name)
        self.encoder = watcher.name, reason
        return np.asarray(watcher.saliency(self.subject.rgb) * (self.subject.mask > 0.5), np.float32)

    def still(self, kind: str) -> Picture:
        """One still of :data:`KINDS`, 896 x 896 pixels; a map shows the pixels of the canvas as squares.

        Raises:
            BadInputError: there is nothing to draw in the photo, or the mask picture cannot be used.
            MissingError: weights or libcairo are not there.
        """
        if kind == "photo":
            square = ImageOps.pad(Image.fromarray(self.photo.rgb), (ENLARGED * CANVAS,) * 2, Image.Resampling.LANCZOS, color="white")
            return np.asarray(square)
        if kind == "contour":
            starts = contour_starts(contour_pieces(find_motif(self.lines, self.subject, self._strokes)), self._strokes)
            return self._inked(next(starts, np.zeros((0, 4, 2))))
        if kind == "squiggles":
            return self._inked(saliency_start(self.saliency, self.subject.rgb, self._strokes, self._first_draw()))
        maps: dict[str, Callable[[], Picture]] = {
            "subject": lambda: self.subject.rgb,
            "mask": lambda: _gray(self.subject.mask),
            "saliency": lambda: _gray(self.saliency),
            "xdog": lambda: _gray(1 - xdog_ink(self.subject.rgb)),
            "lines": lambda: _gray(1 - draw_lines(self.lines, 1.0)),
        }
        return maps[kind]().repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1)

    def _first_draw(self) -> np.random.Generator:
        """The draw that the first level of this seed takes."""
        return np.random.default_rng([self._seed, self._strokes, 0])

    def _inked(self, points: NDArray[np.float64]) -> Picture:
        """Strokes (n, 4, 2) in canvas pixels over the pale subject."""
        side = ENLARGED * CANVAS
        sheet = Sheet(side, side)
        pale = np.rint(255 - PALE * (255 - self.subject.rgb.astype(np.float64))).astype(np.uint8)
        draw_picture(sheet.context, pale, (0.0, 0.0), float(ENLARGED))
        draw_strokes(sheet.context, Strokes.of(points / CANVAS), (0.0, 0.0, float(side)))
        return to_rgb(sheet.pixels())


def contact_sheet(seen: Seen) -> Picture:
    """All stills side by side, with captions.

    Raises:
        BadInputError: there is nothing to draw in the photo, or the mask picture cannot be used.
        MissingError: weights or libcairo are not there.
    """
    rows = -(-len(KINDS) // _COLUMNS)
    sheet = Sheet(_GAP + _COLUMNS * (_PANEL + _GAP), _GAP + rows * (_PANEL + _FOOT))
    for index, (kind, caption) in enumerate(KINDS.items()):
        left, top = _GAP + index % _COLUMNS * (_PANEL + _GAP), _GAP + index // _COLUMNS * (_PANEL + _FOOT)
        draw_picture(sheet.context, seen.still(kind), (left, top), _PANEL / (ENLARGED * CANVAS))
        sheet.context.rectangle(left - 0.5, top - 0.5, _PANEL + 1, _PANEL + 1)
        sheet.context.set_source_rgb(*(value / 255 for value in _FRAME))
        sheet.context.set_line_width(1)
        sheet.context.stroke()
        line = set_line(caption, "italic", tracking=0.01)
        draw_line(sheet.context, line, (left + (_PANEL - line.width * _LETTERS) / 2, top + _PANEL + 1.4 * _LETTERS, _LETTERS))
    return to_rgb(sheet.pixels())


def _find_subject(rgb: NDArray[np.uint8]) -> FloatArray:
    from picasso_series.encoders.structure import StructureEncoder

    return StructureEncoder.load().saliency(rgb)


def _find_faces(rgb: NDArray[np.uint8]) -> FloatArray:
    from picasso_series.encoders.structure import StructureEncoder

    return StructureEncoder.load().faces(rgb)


def _find_telling(rgb: NDArray[np.uint8]) -> FloatArray:
    from picasso_series.encoders.structure import StructureEncoder

    return StructureEncoder.load().telling(rgb)


def _gray(values: NDArray[np.floating]) -> Picture:
    """A map (H, W) in [0, 1], 1 being white."""
    return np.repeat(np.rint(255 * values).clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
