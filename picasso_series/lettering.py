"""Text as glyph outlines, so that captions look the same in SVG and in pixels on every machine.

Knows two faces of EB Garamond (Georg Duffner, SIL Open Font License; outlines in ``fonts/``, made by ``tools/make_lettering.py``),
their advances, kerning and old-style figures, and the numerals that the states of a print bear. Knows no layout, no cairo and no
system fonts.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from picasso_series.errors import MissingError
from picasso_series.finding import REINSTALL

Command = tuple[str, tuple[float, ...]]
"""A path command M, L, C or Z with its absolute coordinates."""

_NUMERALS = (
    *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L")),
    *((40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
)


@dataclass(frozen=True)
class Line:
    """One line of set text in em units: the baseline starts at (0, 0), x runs to the right and y down.

    Attributes:
        commands: the outlines, to be filled by the non-zero rule.
        width: the advance of the whole line in ems.
    """

    commands: tuple[Command, ...]
    width: float

    def path_data(self, x: float, y: float, size: float, digits: int = 2) -> str:
        """SVG path data of the line with its baseline's start at (x, y) and an em of ``size``."""
        parts = []
        for verb, values in self.commands:
            placed = (f"{value * size + (x if i % 2 == 0 else y):.{digits}f}" for i, value in enumerate(values))
            parts.append(verb + " ".join(placed))
        return "".join(parts)


@lru_cache(maxsize=1)
def _faces() -> dict[str, Any]:
    try:
        text = resources.files("picasso_series").joinpath("fonts/eb-garamond.json").read_text(encoding="utf-8")
        faces: dict[str, Any] = json.loads(text)
    except (OSError, ValueError) as error:
        raise MissingError(f"the letters that come with the package cannot be read; run `{REINSTALL}`") from error
    return faces


@lru_cache(maxsize=1024)
def _glyph(face: str, character: str) -> tuple[float, tuple[Command, ...]]:
    """Advance and outline of one character in em units, y down."""
    data = _faces()[face]
    em = float(data["units_per_em"])
    advance, outline = data["glyphs"][character]
    commands = []
    for verb, numbers in re.findall(r"([MLCZ])([-\d ]*)", outline):
        values = [int(number) / em for number in numbers.split()]
        commands.append((verb, tuple(-v if i % 2 else v for i, v in enumerate(values))))
    return advance / em, tuple(commands)


def printable(text: str, face: str = "regular") -> str:
    """The text with only the characters that the face has.

    White space becomes single spaces, a letter with an unknown accent loses the accent, and any other unknown character is left out,
    so that a photo's name in another script never breaks a plate.
    """
    glyphs = _faces()[face]["glyphs"]
    kept = []
    for character in unicodedata.normalize("NFC", " ".join(text.split())):
        kept.extend([character] if character in glyphs else [c for c in unicodedata.normalize("NFKD", character) if c in glyphs])
    return " ".join("".join(kept).split())


@lru_cache(maxsize=256)
def set_line(text: str, face: str = "regular", tracking: float = 0.0) -> Line:
    """Set one line of text.

    Args:
        text: any text; what the face lacks is treated as :func:`printable` says.
        face: "regular" or "italic".
        tracking: extra space between letters, in ems.
    """
    kerning, em = _faces()[face]["kerning"], float(_faces()[face]["units_per_em"])
    pen, commands, before = 0.0, [], ""
    for character in printable(text, face):
        if before:
            pen += kerning.get(before + character, 0) / em + tracking
        advance, outline = _glyph(face, character)
        commands += [(verb, tuple(v + (pen if i % 2 == 0 else 0.0) for i, v in enumerate(values))) for verb, values in outline]
        pen += advance
        before = character
    return Line(tuple(commands), pen)


def join_lines(lines: Sequence[Line], gap: float) -> Line:
    """Lines set behind each other as one, with ``gap`` ems between those that have a letter."""
    pen, commands = 0.0, []
    for line in lines:
        if line.width:
            pen += gap if pen else 0.0
            commands += [(verb, tuple(v + (pen if i % 2 == 0 else 0.0) for i, v in enumerate(values))) for verb, values in line.commands]
            pen += line.width
    return Line(tuple(commands), pen)


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
