"""The words and figures of a page: counts, sizes, durations and what became of the strokes.

Pure functions of numbers and levels to plain text; knows no HTML and no files.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from picasso_series.levels import Lineage

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def counted(number: int, noun: str, *, spelled: bool = False) -> str:
    """``number`` with its noun in singular or plural: "1 stroke", "8 strokes"; up to twelve spelled out if asked ("four states")."""
    figure = _SMALL[number] if spelled and 0 <= number < len(_SMALL) else str(number)
    return f"{figure} {noun}" if number == 1 else f"{figure} {noun}s"


def listed(items: Sequence[str]) -> str:
    """The items as one phrase: "32, 16, 8 and 4"."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def in_strokes(counts: Sequence[int]) -> str:
    """What a series is drawn in: "in 8, 4 and 1 stroke"."""
    return f"in {listed([str(count) for count in counts])} {'stroke' if counts[-1] == 1 else 'strokes'}"


def file_size(size: int) -> str:
    """A number of bytes for people, in decimal units: "512 bytes", "18 kB", "2.4 MB"."""
    if size < 1000:
        return counted(size, "byte")
    if size < 999_500:
        return f"{round(size / 1e3)} kB"
    return f"{size / 1e6:.1f} MB"


def duration(seconds: float) -> str:
    """A wall time for people: "3.2 s", "2 min 5 s"."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    return f"{round(seconds) // 60} min {round(seconds) % 60} s"


def fates(lineage: Lineage, before: int) -> str:
    """One sentence on how a level came from the ``before`` strokes of the level before it; empty when it is not recorded."""
    absorbed = sum(len(others) for others in lineage.joined.values())
    parts = []
    if lineage.kept:
        parts.append(f"{len(lineage.kept)} {'goes' if len(lineage.kept) == 1 else 'go'} on")
    if lineage.joined:
        verb = "takes" if len(lineage.joined) == 1 else "take"
        parts.append(f"{len(lineage.joined)} {verb} in {counted(absorbed, 'neighbor', spelled=absorbed == 1)}")
    if lineage.dropped:
        parts.append(f"{len(lineage.dropped)} {'leaves' if len(lineage.dropped) == 1 else 'leave'}")
    return f"Of the {before} strokes before, {listed(parts)}." if parts else ""


def capitalized(text: str) -> str:
    """``text`` with its first letter large and the others as they are."""
    return text[:1].upper() + text[1:]


def words(name: str) -> str:
    """A name of the program's as words: "learning_rate" becomes "Learning rate"."""
    return capitalized(name.replace("-", " ").replace("_", " "))


def print_words(stem: str) -> str:
    """The name of a print as words: "plotter-a5-8" becomes "Plotter A5, 8", "plate-letter-chalk" "Plate letter, chalk"."""
    parts = [part.upper() if re.fullmatch(r"a\d", part) else part for part in stem.split("-")]
    return capitalized(", ".join([" ".join(parts[:2]), *parts[2:]]))


def slug(text: str) -> str:
    """``text`` as a short plain ASCII name for folders and downloads; "series" when nothing of it is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower())[:60].strip("-") or "series"
