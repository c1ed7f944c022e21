"""How recognizable each level of some runs is: a record of every picture, the means of each level, and both as text, JSON and CSV.

Knows verdicts and measures; knows neither how they were come by nor where they are written to.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from picasso_series.evaluate.verdicts import Found, Named

NAMINGS = ("top1", "top3", "top1_or_none", "top3_or_none")
FINDINGS = ("top1", "top3")
MEASURES = ("loss", "likeness", "missed", "stray", "ink")


@dataclass(frozen=True)
class Entry:
    """What is said of one picture.

    Attributes:
        run: the run that it belongs to.
        label: what it shows, None where nobody says.
        kind: "photo", "xdog" or "sketch".
        strokes: of a sketch, None for others.
        measures: by name; see :func:`picasso_series.evaluate.measures.measures`, and ``loss`` for a sketch.
        named: what each judge calls it, nothing without a label.
        found: whether each judge finds its photo, nothing where there is but one photo.
    """

    run: str
    label: str | None
    kind: str
    strokes: int | None
    measures: Mapping[str, float]
    named: tuple[Named, ...]
    found: tuple[Found, ...]


@dataclass(frozen=True)
class Level:
    """The means of all pictures of one kind: of the photos, of their XDoGs, or of the sketches with so many strokes.

    Attributes:
        kind: "photo", "xdog" or "sketch".
        strokes: of the sketches, None for others.
        pictures: how many there are.
        measures: means by name.
        named: judge -> how many pictures have a label, and the shares that were named right, by name of ``NAMINGS``.
        found: judge -> the shares whose photo was found, by name of ``FINDINGS``.
    """

    kind: str
    strokes: int | None
    pictures: int
    measures: Mapping[str, float]
    named: Mapping[str, Mapping[str, float]]
    found: Mapping[str, Mapping[str, float]]

    @property
    def title(self) -> str:
        """What it is called in tables."""
        return {"photo": "photo", "xdog": "XDoG"}.get(self.kind, f"{self.strokes} strokes" if self.strokes != 1 else "1 stroke")


@dataclass(frozen=True)
class Table:
    """Means as text: a title, the heads of all columns but the first, and rows that begin with what they are of."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Report:
    """All that was found out.

    Attributes:
        entries: one for each picture.
        labels: what names were chosen among, empty where nothing was named.
        namers, finders: names of the judges that name pictures and that find photos.
        drew: judge -> the runs that it drew itself, so that its word on them counts for less.
        notes: what the reader must know, each a sentence.
    """

    entries: tuple[Entry, ...]
    labels: tuple[str, ...]
    namers: tuple[str, ...]
    finders: tuple[str, ...]
    drew: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]

    @property
    def levels(self) -> tuple[Level, ...]:
        """Means over runs: photos, XDoGs, then sketches with most strokes first."""
        order = {"photo": 0, "xdog": 1, "sketch": 2}
        groups: dict[tuple[int, int], list[Entry]] = {}
        for entry in self.entries:
            groups.setdefault((order[entry.kind], -(entry.strokes or 0)), []).append(entry)
        return tuple(self._level(groups[key]) for key in sorted(groups))

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "labels": list(self.labels),
            "judges": {"naming": list(self.namers), "finding": list(self.finders), "drew": {k: list(v) for k, v in self.drew.items()}},
            "notes": list(self.notes),
            "levels": [asdict(level) for level in self.levels],
            "pictures": [_entry_json(entry) for entry in self.entries],
        }

    def to_csv(self) -> str:
        """One row for each picture; 1 for yes and 0 for no, nothing where nothing can be said."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        named = [(judge, what) for judge in self.namers for what in ("guess", "probability", *NAMINGS)]
        found = [(judge, what) for judge in self.finders for what in ("rank", "of")]
        head = ["run", "label", "kind", "strokes", *MEASURES]
        writer.writerow(head + [f"{judge} names {what}" for judge, what in named] + [f"{judge} finds {what}" for judge, what in found])
        for entry in self.entries:
            row: list[object] = [entry.run, entry.label, entry.kind, entry.strokes]
            row += [_short(entry.measures.get(what)) for what in MEASURES]
            names = {verdict.judge: verdict for verdict in entry.named}
            finds = {verdict.judge: verdict for verdict in entry.found}
            row += [_naming(names.get(judge), what) for judge, what in named]
            row += [getattr(finds[judge], what) if judge in finds else None for judge, what in found]
            writer.writerow(row)
        return buffer.getvalue()

    def tables(self) -> Iterator[Table]:
        """The means as text: one table for each judge that names, one of photos found, one of measures; none without content."""
        levels = self.levels
        for judge in self.namers:
            said = [(level, level.named[judge]) for level in levels if judge in level.named]
            if said:
                heads: tuple[str, ...] = ("pictures", "top-1", "top-3", "top-1, none allowed", "top-3, none allowed")
                rows = [(level.title, f"{values['of']:.0f}", *(f"{values[what]:.0%}" for what in NAMINGS)) for level, values in said]
                yield Table(f"Named right by {judge}, among {len(self.labels)} labels", heads, tuple(rows))
        if self.finders:
            photos = max(verdict.of for entry in self.entries for verdict in entry.found)
            rows = [
                (level.title, str(level.pictures), *(_percent(level.found.get(judge, {}).get("top1")) for judge in self.finders))
                for level in levels
            ]
            yield Table(f"Own photo found, among {photos} photos, by", ("pictures", *self.finders), tuple(rows))
        known = [what for what in MEASURES if any(what in level.measures for level in levels)]
        if known:
            measured = [level for level in levels if level.measures]
            rows = [(level.title, str(level.pictures), *(_measure(what, level.measures.get(what)) for what in known)) for level in measured]
            yield Table("Measures against the photo's lines", ("pictures", *known), tuple(rows))

    def _level(self, entries: Sequence[Entry]) -> Level:
        named, found = {}, {}
        for judge in self.namers:
            verdicts = [verdict for entry in entries for verdict in entry.named if verdict.judge == judge]
            if verdicts:
                named[judge] = {"of": float(len(verdicts)), **{what: _mean(getattr(v, what) for v in verdicts) for what in NAMINGS}}
        for judge in self.finders:
            ranks = [verdict for entry in entries for verdict in entry.found if verdict.judge == judge]
            if ranks:
                found[judge] = {what: _mean(getattr(v, what) for v in ranks) for what in FINDINGS}
        first = entries[0]
        return Level(first.kind, first.strokes, len(entries), dict(_means(entries)), named, found)


def _means(entries: Sequence[Entry]) -> Iterator[tuple[str, float]]:
    for what in MEASURES:
        values = [entry.measures[what] for entry in entries if what in entry.measures]
        if values:
            yield what, _mean(values)


def _mean(values: Iterable[float]) -> float:
    numbers = [float(value) for value in values]
    return sum(numbers) / len(numbers)


def _entry_json(entry: Entry) -> dict[str, Any]:
    found = [{**asdict(verdict), "top1": verdict.top1, "top3": verdict.top3} for verdict in entry.found]
    return {**asdict(entry), "found": found}


def _naming(verdict: Named | None, what: str) -> object:
    if verdict is None:
        return None
    if what == "guess":
        return verdict.guesses[0]
    value = getattr(verdict, what)
    return int(value) if isinstance(value, bool) else _short(value)


def _short(value: float | None) -> str | None:
    return None if value is None else f"{value:.6g}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _measure(what: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1%}" if what == "ink" else f"{value:.1f} px" if what in ("missed", "stray") else f"{value:.3f}"
