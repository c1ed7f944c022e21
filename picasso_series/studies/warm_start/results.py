"""What a study found, as plain records, and the folder that keeps them.

Knows the form of the files (one for each photo and seed, so that a stopped study loses little); knows no torch and no statistics.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from picasso_series.atomic import whole_file, write_whole
from picasso_series.errors import BadInputError, UsageError
from picasso_series.levels import Subject
from picasso_series.strokes import FloatArray

SCHEMA = 1
STUDY = "study.json"
DRAWS = "draws"


@dataclass(frozen=True, eq=False)
class Entry:
    """One level of one arm.

    Attributes:
        arm: the arm's name.
        strokes: of the level.
        iterations: for which it was optimized.
        work: all that was done for it, in iterations.
        seconds: the CPU seconds that this took.
        losses: the parts of the loss as judged, by name, and their sum as ``total``.
        start: the name of the start that won.
        drift: canvas pixels between its strokes and those of the level before; None at a first level.
        points: float32 (n, 4, 2) in the unit square, the most salient stroke first.
    """

    arm: str
    strokes: int
    iterations: int
    work: float
    seconds: float
    losses: Mapping[str, float]
    start: str
    drift: float | None
    points: FloatArray

    def to_json(self) -> dict[str, Any]:
        """As plain values; points have six decimals."""
        return {**asdict(self), "points": np.round(self.points.astype(float), 6).tolist()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Entry:
        """From what :meth:`to_json` gives."""
        values = {field.name: stored[field.name] for field in fields(cls)}
        return cls(**{**values, "points": np.array(stored["points"], np.float32)})


@dataclass(frozen=True)
class Draw:
    """All entries of one photo and one seed."""

    photo: str
    sha256: str
    seed: int
    entries: tuple[Entry, ...]


class StudyFolder:
    """A study on disk."""

    def __init__(self, path: Path, asked: Mapping[str, Any]) -> None:
        """Begin a study, or go on with one that was ``asked`` the same.

        Raises:
            UsageError: the folder holds another study.
            BadInputError: the folder's files are damaged.
        """
        self.path = path
        header = path / STUDY
        wanted = json.loads(json.dumps({"schema": SCHEMA, **asked}))
        if header.is_file() and _read(header) != wanted:
            raise UsageError(f"{path} holds a study with other settings or on another machine; choose another folder with --out")
        (path / DRAWS).mkdir(parents=True, exist_ok=True)
        (path / "photos").mkdir(exist_ok=True)
        write_whole(header, json.dumps(wanted, indent=1) + "\n")

    def load(self, photo: str, sha256: str, seed: int) -> Draw | None:
        """What was drawn of a photo with a seed, None where that is still to do.

        Raises:
            BadInputError: the file is damaged.
        """
        path = self._draw(photo, seed)
        if not path.is_file():
            return None
        stored = _read(path)
        try:
            draw = Draw(stored["photo"], stored["sha256"], stored["seed"], tuple(map(Entry.from_json, stored["entries"])))
        except (KeyError, TypeError, ValueError) as error:
            raise BadInputError(f"{path} is damaged ({error}); delete it and run the same command again") from error
        return draw if draw.sha256 == sha256 else None

    def save(self, draw: Draw) -> None:
        """Keep what was drawn."""
        record = {"photo": draw.photo, "sha256": draw.sha256, "seed": draw.seed, "entries": [entry.to_json() for entry in draw.entries]}
        write_whole(self._draw(draw.photo, draw.seed), json.dumps(record) + "\n")

    def save_photo(self, photo: str, subject: Subject) -> None:
        """Keep the prepared photo for the sheets."""
        with whole_file(self._photo(photo)) as temporary:
            Image.fromarray(subject.rgb).save(temporary, "PNG")

    def load_photo(self, photo: str) -> bytes:
        """The prepared photo, as the bytes of a PNG of 224 x 224 pixels."""
        return self._photo(photo).read_bytes()

    def _photo(self, photo: str) -> Path:
        return self.path / "photos" / f"{photo}.png"

    def _draw(self, photo: str, seed: int) -> Path:
        return self.path / DRAWS / f"{photo}-{seed}.json"


def photo_names(photos: Sequence[Path]) -> list[str]:
    """The photos' names in the study.

    Raises:
        UsageError: two photos have one name.
    """
    names = [photo.stem for photo in photos]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"two photos are called {name}; rename one or leave it out")
    return names


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInputError(f"{path} is damaged ({error}); delete it and run the same command again") from error
