"""What happens while a series is drawn, as plain records for whoever listens.

Knows the shape of each event alone: neither torch, nor files, nor progress bars.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from picasso_series.levels import Level


@dataclass(frozen=True)
class Step:
    """One step of progress: the level, what it is doing ("starts", "audition", "optimize", "rank"), how far it is, and its loss."""

    index: int
    strokes: int
    phase: str
    iteration: int
    iterations: int
    loss: float


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """All that is needed to take up a level in the middle: arrays and JSON notes; opaque to whoever stores it."""

    strokes: int
    arrays: Mapping[str, NDArray[Any]]
    notes: Mapping[str, Any]


@dataclass(frozen=True)
class LevelDone:
    """A finished level."""

    index: int
    level: Level
