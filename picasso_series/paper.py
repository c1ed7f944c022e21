"""Sheets of paper and how pictures stand on them in rows.

Knows sizes in millimeters, the names that printers and plotters use for them, and grids of equal cells; knows nothing of what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from picasso_series.errors import UsageError

_SIZES = {
    "a6": (105.0, 148.0),
    "a5": (148.0, 210.0),
    "a4": (210.0, 297.0),
    "a3": (297.0, 420.0),
    "letter": (215.9, 279.4),
}
"""Width and height in millimeters (ISO 216; ANSI Y14.1 A), upright."""

_LEAST, _MOST = 50.0, 2000.0
MM_PER_INCH = 25.4
MM_PER_POINT = MM_PER_INCH / 72


@dataclass(frozen=True)
class Paper:
    """A sheet of paper: the name it was asked for by, its width and height in millimeters."""

    name: str
    width: float
    height: float

    @property
    def short(self) -> float:
        """Length of the shorter side in millimeters."""
        return min(self.width, self.height)

    @property
    def is_wide(self) -> bool:
        """Whether the sheet lies on its longer side."""
        return self.width > self.height

    @property
    def turned(self) -> Paper:
        """The same sheet on its other side."""
        return Paper(self.name, self.height, self.width)


@dataclass(frozen=True)
class Box:
    """A rectangle: left and upper edge, width, height."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Grid:
    """Equal cells in centered rows.

    Attributes:
        scale: how much the cells' pictures are enlarged.
        cells: the upper left corner of each picture, row by row.
    """

    scale: float
    cells: tuple[tuple[float, float], ...]


def paper_names() -> list[str]:
    """The names of all sheets that have one."""
    return list(_SIZES)


def parse_paper(text: str) -> tuple[Paper, ...]:
    """The sheets that ``text`` allows: both ways up for a name (``a4``), one for a size in millimeters (``300x200``).

    Raises:
        UsageError: the text is neither.
    """
    name = text.strip().lower()
    if name in _SIZES:
        upright = Paper(name, *_SIZES[name])
        return upright, upright.turned
    number = r"(\d{1,4}(?:\.\d{1,3})?)"
    match = re.fullmatch(rf"{number}[x×]{number}(?:mm)?", name)
    if match is None:
        raise UsageError(f"paper takes {', '.join(_SIZES)}, or WxH in millimeters such as 300x200, not {text!r}")
    width, height = float(match[1]), float(match[2])
    if not _LEAST <= min(width, height) <= max(width, height) <= _MOST:
        raise UsageError(f"paper takes sides of {_LEAST:g} to {_MOST:g} millimeters, such as 300x200, not {text!r}")
    return (Paper(f"{width:g}x{height:g}", width, height),)


def best_grid(count: int, box: Box, picture: tuple[float, float], gap: float, foot: float) -> Grid:
    """Set ``count`` pictures of one size into a box, as large as rows and columns allow; of equals, with the fewest cells left empty.

    Args:
        count: how many, at least 1.
        box: where they may stand.
        picture: width and height of a picture at scale 1.
        gap: space between neighbors.
        foot: room below each picture, for its caption.
    """
    _, _, columns, scale = max(_columns(count, box, picture, gap, foot))
    width, height = picture[0] * scale, picture[1] * scale + foot
    rows = -(-count // columns)
    top = box.y + (box.height - rows * height - (rows - 1) * gap) / 2
    cells = []
    for row in range(rows):
        filled = min(columns, count - row * columns)
        left = box.x + (box.width - filled * width - (filled - 1) * gap) / 2
        cells += [(left + column * (width + gap), top + row * (height + gap)) for column in range(filled)]
    return Grid(scale, tuple(cells))


def _columns(count: int, box: Box, picture: tuple[float, float], gap: float, foot: float) -> Iterator[tuple[float, int, int, float]]:
    """How good each number of columns is: its scale, rounded, and the cells it leaves empty; the number; the exact scale."""
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        across = (box.width - (columns - 1) * gap) / (columns * picture[0])
        down = (box.height - (rows - 1) * gap - rows * foot) / (rows * picture[1])
        scale = max(min(across, down), 1e-6)
        yield round(scale, 6), count - rows * columns, columns, scale
