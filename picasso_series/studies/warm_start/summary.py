"""What the results say: means, spreads, and differences between arms paired by photo.

Knows numbers alone: no files, no pictures, no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from picasso_series.studies.warm_start.arms import ARMS, CONTRASTS, Arm, Contrast
from picasso_series.studies.warm_start.results import Draw, Entry

RESAMPLES = 10_000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Cell:
    """One arm at one level.

    Attributes:
        arm: the arm.
        strokes: of the level.
        photos: mean loss of each photo over its seeds, in the order of the photos.
        mean: of those.
        over_photos: their standard deviation, None for a single photo.
        over_seeds: standard deviation over the seeds of a photo, pooled over photos; None for a single seed.
        parts: means of the parts of the loss, by name.
        iterations, work, seconds, drift: means of what the entries say; drift is None at a first level.
    """

    arm: Arm
    strokes: int
    photos: tuple[float, ...]
    mean: float
    over_photos: float | None
    over_seeds: float | None
    parts: dict[str, float]
    iterations: float
    work: float
    seconds: float
    drift: float | None


@dataclass(frozen=True)
class Difference:
    """A contrast at one level: the first arm's loss minus the other's, below 0 where the first is better.

    Attributes:
        contrast: what was asked.
        strokes: of the level.
        mean: mean difference over photos, each the mean of its seeds.
        low, high: its 95 % interval, from photos drawn anew (percentile bootstrap); None for a single photo.
        relative: the mean difference as a share of the other arm's mean loss.
        better: photos for which the first arm is better.
        photos: how many there are.
    """

    contrast: Contrast
    strokes: int
    mean: float
    low: float | None
    high: float | None
    relative: float
    better: int
    photos: int


@dataclass(frozen=True)
class Summary:
    """Everything that tables and plots tell."""

    photos: tuple[str, ...]
    seeds: tuple[int, ...]
    cells: tuple[Cell, ...]
    differences: tuple[Difference, ...]

    @property
    def levels(self) -> tuple[int, ...]:
        """Strokes of the levels, in the order of the series."""
        return tuple(dict.fromkeys(cell.strokes for cell in self.cells))

    def cell(self, arm: Arm, strokes: int) -> Cell | None:
        """The arm at a level, None where it does not draw that level."""
        return next((cell for cell in self.cells if cell.arm == arm and cell.strokes == strokes), None)


def summarize(draws: Sequence[Draw]) -> Summary:
    """Sum up draws; every photo must have the same seeds and levels."""
    photos = tuple(dict.fromkeys(draw.photo for draw in draws))
    seeds = tuple(dict.fromkeys(draw.seed for draw in draws))
    found = {(entry.arm, entry.strokes, draw.photo, draw.seed): entry for draw in draws for entry in draw.entries}
    levels = dict.fromkeys(entry.strokes for draw in draws for entry in draw.entries)
    cells = []
    for strokes in levels:
        for arm in ARMS:
            if (arm.name, strokes, photos[0], seeds[0]) in found:
                cells.append(_cell(arm, strokes, [[found[arm.name, strokes, photo, seed] for seed in seeds] for photo in photos]))
    by_place = {(cell.arm, cell.strokes): cell for cell in cells}
    differences = [
        _difference(contrast, by_place[contrast.arm, strokes], by_place[contrast.against, strokes])
        for strokes in levels
        for contrast in CONTRASTS
        if strokes != next(iter(levels))
    ]
    return Summary(photos, seeds, tuple(cells), tuple(differences))


def _cell(arm: Arm, strokes: int, entries: list[list[Entry]]) -> Cell:
    """Entries by photo, then by seed."""
    losses = np.array([[entry.losses["total"] for entry in row] for row in entries])
    by_photo = losses.mean(1)
    flat = [entry for row in entries for entry in row]
    drifts = [entry.drift for entry in flat if entry.drift is not None]
    return Cell(
        arm,
        strokes,
        tuple(by_photo.tolist()),
        float(by_photo.mean()),
        float(by_photo.std(ddof=1)) if len(by_photo) > 1 else None,
        float(losses.var(axis=1, ddof=1).mean() ** 0.5) if losses.shape[1] > 1 else None,
        {name: float(np.mean([entry.losses[name] for entry in flat])) for name in flat[0].losses},
        float(np.mean([entry.iterations for entry in flat])),
        float(np.mean([entry.work for entry in flat])),
        float(np.mean([entry.seconds for entry in flat])),
        float(np.mean(drifts)) if drifts else None,
    )


def _difference(contrast: Contrast, one: Cell, other: Cell) -> Difference:
    apart = np.array(one.photos) - np.array(other.photos)
    low, high = interval(apart) if len(apart) > 1 else (None, None)
    mean = float(apart.mean())
    return Difference(contrast, one.strokes, mean, low, high, mean / other.mean, int((apart < 0).sum()), len(apart))


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The percentile bootstrap's 95 % interval of the mean of ``values`` (n,), the same whenever it is asked."""
    chosen = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.quantile(values[chosen].mean(1), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)
