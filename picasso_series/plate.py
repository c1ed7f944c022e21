"""The plate: photo and levels on one sheet, numbered like the states of a print.

Knows two layouts: a strip for the screen, everything side by side, and a sheet of paper, on which title and photo stand beside the
drawings as in a portfolio. Knows neither how either is drawn (:mod:`picasso_series.printing` does) nor runs nor films.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from picasso_series.film.timeline import count_text
from picasso_series.lettering import Line, printable, roman, set_line
from picasso_series.levels import Level, Series, Subject
from picasso_series.look import Look
from picasso_series.paper import Box, Paper, best_grid
from picasso_series.strokes import CANVAS, STROKE_WIDTH, Sketch

PHOTO_WORDS = "the photo"
"""What stands below the photo."""

# The strip's lengths in units of the canvas (224 a drawing), so that strokes keep their own width.
_MARGIN = 56.0
_GAP = 44.0
_LEAST_SIDE = 96
_TITLE_SIZE, _NUMERAL_SIZE, _COUNT_SIZE = 21.0, 13.0, 12.0
_TITLE_ROOM = 62.0
_NUMERAL_DROP, _COUNT_DROP = 30.0, 47.0
_ROW_GAP = 40.0
_ONE_ROW_LEVELS = 5
_MOST_IN_A_ROW = 8
_STRIP_DETAIL = 2

# The sheet's lengths as shares of its shorter side, and its letters in ems of the smallest ones.
_SHEET_GAP, _GUTTER, _FOOT_MARGIN = 0.055, 0.07, 0.02
_LETTERS_ON_A4 = 3.3
"""Em of the smallest letters on a sheet 210 mm wide, in millimeters."""
_TITLE_EMS, _SUBTITLE_EMS, _NUMERAL_EMS = 3.2, 1.3, 1.15
_PANEL, _BAND = 0.25, 0.2
"""Width of what stands beside the drawings, and height of what stands above them, as shares of the sheet within its margins."""
_SHEET_DETAIL = 4
_PHOTO_SHARE = 0.8
"""Most of the drawings' scale that the photo is shown at: the drawings come first."""


@dataclass(frozen=True)
class State:
    """A level and its number among all levels of its series, from 1."""

    number: int
    level: Level


@dataclass(frozen=True)
class Text:
    """A line of text: its baseline's start, its em, and whether it is less important than the drawings."""

    line: Line
    x: float
    y: float
    size: float
    soft: bool


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
    """Where everything stands on a plate.

    Attributes:
        width, height: of the whole plate, in canvas units (a strip) or millimeters (a sheet).
        photo: the photo's window: its upper left corner and its scale, in the plate's units a canvas unit.
        photo_window: what is shown of the photo.
        photo_detail: how many pixels of the photo a canvas unit are worth showing.
        drawings: (sketch, x, y), the upper left corner of each level's window.
        scale: the drawings' scale.
        window: what is shown of the drawings' canvas.
        texts: title and captions.
    """

    width: float
    height: float
    photo: tuple[float, float, float]
    photo_window: Window
    photo_detail: int
    drawings: tuple[tuple[Sketch, float, float], ...]
    scale: float
    window: Window
    texts: tuple[Text, ...]


def all_states(series: Series) -> tuple[State, ...]:
    """All levels of a series with their numbers."""
    return tuple(State(number, level) for number, level in enumerate(series.levels, start=1))


def lay_strip(subject: Subject, states: Sequence[State], look: Look) -> Layout:
    """Lay out a strip: the photo and up to five levels in one row, more in two rows or as many as they need.

    Args:
        subject: the photo.
        states: at least one level.
        look: its title stands above the rows (a text without a printable letter leaves it out); ``counted`` numbers the drawings.

    Raises:
        ValueError: there is no level.
    """
    cells = _at_least_one(states) + 1
    rows = 1 if len(states) <= _ONE_ROW_LEVELS else max(2, -(-cells // _MOST_IN_A_ROW))
    columns = -(-cells // rows)
    window = shown_window(subject, states)
    width = 2 * _MARGIN + columns * window.width + (columns - 1) * _GAP
    title = _printable(look.title)
    top = _MARGIN + (_TITLE_ROOM if title else 0.0)
    row_height = window.height + _COUNT_DROP + _ROW_GAP
    places = [(_MARGIN + (i % columns) * (window.width + _GAP), top + (i // columns) * row_height) for i in range(cells)]
    room = window.width + 0.5 * _GAP
    texts = []
    if title:
        texts.append(_centered(title, "italic", (width / 2, _MARGIN + 0.7 * _TITLE_SIZE), _TITLE_SIZE, width - 2 * _MARGIN))
    if look.counted:
        for state, (x, y) in zip(states, places[1:], strict=True):
            middle, below = x + window.width / 2, y + window.height
            texts.append(_centered(roman(state.number), "regular", (middle, below + _NUMERAL_DROP), _NUMERAL_SIZE, room))
            texts.append(_centered(count_text(state.level), "italic", (middle, below + _COUNT_DROP), _COUNT_SIZE, room, soft=True))
        x, y = places[0]
        texts.append(
            _centered(PHOTO_WORDS, "italic", (x + window.width / 2, y + window.height + _COUNT_DROP), _COUNT_SIZE, room, soft=True)
        )
    drawings = tuple((state.level.sketch, x, y) for state, (x, y) in zip(states, places[1:], strict=True))
    height = top + rows * row_height - _ROW_GAP + _MARGIN
    return Layout(width, height, (*places[0], 1.0), window, _STRIP_DETAIL, drawings, 1.0, window, tuple(texts))


def lay_sheet(subject: Subject, states: Sequence[State], look: Look, sheets: Sequence[Paper], subtitle: str = "") -> Layout:
    """Lay out a sheet of paper, in millimeters: the drawings as large as it allows, title and photo beside or above them.

    Args:
        subject: the photo.
        states: at least one level.
        look: its title and caption, its margin, and whether drawings are numbered.
        sheets: the papers to choose from; the one that lets the drawings be largest is taken.
        subtitle: stands below the title.

    Raises:
        ValueError: there is no level or no sheet.
    """
    _at_least_one(states)
    if not sheets:
        raise ValueError("a plate needs a sheet of paper")
    plans = [
        _lay_on(subject, states, look, sheet, subtitle, beside=beside) for sheet in sheets for beside in (sheet.is_wide, not sheet.is_wide)
    ]
    return max(plans, key=lambda plan: round(plan.scale, 6))


def shown_window(subject: Subject | None, states: Sequence[State], reach: float = STROKE_WIDTH / 2) -> Window:
    """The smallest window, at least ``_LEAST_SIDE`` units either way, that holds all that is not white of the photo and all strokes.

    A wide horse thus gets a wide window and a giraffe a tall one, the same for every level. ``reach`` is how far ink reaches to the
    side of a stroke, in canvas units. A white photo without strokes is shown whole.
    """
    boxes: list[tuple[float, float, float, float]] = []
    if subject is not None:
        rows, columns = np.nonzero((subject.rgb < 250).any(axis=2))
        boxes += [(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)] if len(rows) else []
    for state in states:
        for stroke in state.level.sketch.strokes:
            x, y, end_x, end_y = (CANVAS * value for value in stroke.bounds)
            boxes.append((x - reach, y - reach, end_x + reach, end_y + reach))
    if not boxes:
        return Window(0, 0, CANVAS, CANVAS)
    least, most = np.min(boxes, axis=0), np.max(boxes, axis=0)
    (left, right), (top, bottom) = _widened(least[0], most[2]), _widened(least[1], most[3])
    return Window(left, top, right, bottom)


def _lay_on(subject: Subject, states: Sequence[State], look: Look, sheet: Paper, subtitle: str, *, beside: bool) -> Layout:
    """Lay out one sheet, title and photo beside the drawings or above them."""
    photo_window, window = shown_window(subject, ()), shown_window(None, states)
    # Letters grow more slowly than paper: who looks at a large sheet stands no farther away for it.
    em = _LETTERS_ON_A4 * (sheet.short / 210) ** 0.7
    margin, gutter = look.margin * sheet.short, _GUTTER * sheet.short
    caption = _printable(look.caption)
    foot = margin + _FOOT_MARGIN * sheet.short + (3 * em if caption else 0.0)
    inner = Box(margin, margin, sheet.width - 2 * margin, sheet.height - margin - foot)
    words = 2.2 * em if look.counted else 0.0
    if beside:
        head = Box(inner.x, inner.y, _PANEL * inner.width, inner.height)
        body = Box(inner.x + head.width + gutter, inner.y, inner.width - head.width - gutter, inner.height)
        photo_room = (head.width, 0.6 * head.height - words)
    else:
        head = Box(inner.x, inner.y, inner.width, max(_BAND * inner.height, 8 * em))
        body = Box(inner.x, inner.y + head.height + gutter, inner.width, inner.height - head.height - gutter)
        photo_room = (0.42 * head.width, head.height - words)
    grid = best_grid(len(states), body, (window.width, window.height), _SHEET_GAP * sheet.short, 3.9 * em if look.counted else 0.0)
    scale = min(photo_room[0] / photo_window.width, photo_room[1] / photo_window.height, _PHOTO_SHARE * grid.scale)
    width, height = scale * photo_window.width, scale * photo_window.height
    if beside:
        # It stands on one line with the lowest drawings, unless that is up where the title is.
        foot_line = max(y for _, y in grid.cells) + grid.scale * window.height
        photo, title, title_room = (head.x, max(foot_line - height, head.y + 6 * em)), (head.x, head.y), head.width
    else:
        photo = (head.x + head.width - width, head.y + (head.height - words - height) / 2)
        title, title_room = (head.x, head.y + head.height / 2 - 3.2 * em), head.width - width - gutter
    texts = list(_heading(look, subtitle, title, em, title_room))
    if look.counted:
        texts.append(_centered(PHOTO_WORDS, "italic", (photo[0] + width / 2, photo[1] + height + 2.1 * em), em, width, soft=True))
        for state, (x, y) in zip(states, grid.cells, strict=True):
            room = grid.scale * window.width
            middle, below = x + room / 2, y + grid.scale * window.height
            texts.append(_centered(roman(state.number), "regular", (middle, below + 2.1 * em), _NUMERAL_EMS * em, room))
            texts.append(_centered(count_text(state.level), "italic", (middle, below + 3.6 * em), em, room, soft=True))
    if caption:
        texts.append(_left(caption, "italic", (margin, sheet.height - margin), em, sheet.width - 2 * margin, soft=True))
    drawings = tuple((state.level.sketch, x, y) for state, (x, y) in zip(states, grid.cells, strict=True))
    return Layout(sheet.width, sheet.height, (*photo, scale), photo_window, _SHEET_DETAIL, drawings, grid.scale, window, tuple(texts))


def _heading(look: Look, subtitle: str, corner: tuple[float, float], em: float, room: float) -> Iterator[Text]:
    x, y = corner
    if title := _printable(look.title):
        yield _left(title, "italic", (x, y + 0.75 * _TITLE_EMS * em), _TITLE_EMS * em, room)
    if below := _printable(subtitle):
        yield _left(below, "italic", (x, y + (0.75 * _TITLE_EMS + 2.1) * em), _SUBTITLE_EMS * em, room, soft=True)


def _at_least_one(states: Sequence[State]) -> int:
    if not states:
        raise ValueError("a plate needs a series of at least one level")
    return len(states)


def _printable(text: str | None) -> str:
    return printable(text, "italic") if text else ""


def _widened(start: float, end: float) -> tuple[int, int]:
    """Whole units within the canvas around ``start`` to ``end``, at least ``_LEAST_SIDE`` of them."""
    first, last = max(0, int(np.floor(start))), min(CANVAS, int(np.ceil(end)))
    lack = max(0, _LEAST_SIDE - (last - first))
    first = min(max(0, first - lack // 2), CANVAS - _LEAST_SIDE)
    return first, max(last, first + _LEAST_SIDE)


def _left(text: str, face: str, start: tuple[float, float], size: float, room: float, *, soft: bool = False) -> Text:
    """A line from ``start`` on, set smaller when it is wider than ``room``."""
    line = set_line(text, face, 0.12 if face == "regular" else 0.01)
    size = min(size, room / line.width) if line.width else size
    return Text(line, *start, size, soft)


def _centered(text: str, face: str, middle: tuple[float, float], size: float, room: float, *, soft: bool = False) -> Text:
    """A line centered at ``middle``, set smaller when it is wider than ``room``."""
    text_left = _left(text, face, (0.0, middle[1]), size, room, soft=soft)
    return Text(text_left.line, middle[0] - text_left.line.width * text_left.size / 2, middle[1], text_left.size, soft)
