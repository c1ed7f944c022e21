"""Whether a level can be taken up at a checkpoint that was read from a file, which may be damaged or contrived.

Knows what :class:`~picasso_series.drawing.LevelDrawing` keeps in a checkpoint, array by array; draws nothing and knows no files.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from picasso_series.events import Checkpoint
from picasso_series.levels import Level
from picasso_series.lineage import Ancestry
from picasso_series.optimize import FINAL_PEN, Schedule
from picasso_series.settings import Settings
from picasso_series.strokes import CANVAS

_FARTHEST = 100.0
"""How far a point may lie from the paper, in its sides; a true one stays within two or three."""


def fits(checkpoint: Checkpoint, settings: Settings, index: int, before: Level | None) -> bool:
    """Whether the checkpoint is one of level ``index``, drawn by these settings after the level ``before``."""
    try:
        notes = checkpoint.notes
        starts, iteration, cut, seconds = notes["starts"], notes["iteration"], notes["cut"], notes["seconds"]
        if not (isinstance(starts, list) and 1 <= len(starts) <= settings.finalists and all(_is_start(start, before) for start in starts)):
            return False
        if any(len(start["ancestry"]["ids"]) != checkpoint.strokes for start in starts if start["ancestry"] is not None):
            return False
        if not _is_whole(iteration) or not (cut is None or (_is_whole(cut) and 1 <= cut <= iteration)):
            return False
        last = Schedule(settings.iterations_at(index), 1.0, True, FINAL_PEN, cut=cut).last
        if iteration >= last or isinstance(seconds, bool) or not math.isfinite(seconds) or seconds < 0:
            return False
        return checkpoint.strokes == settings.levels[index] and _are_arrays(checkpoint.arrays, len(starts), checkpoint.strokes, iteration)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return False


def _are_arrays(arrays: Mapping[str, NDArray[Any]], starts: int, strokes: int, iteration: int) -> bool:
    rows = arrays["row_iterations"]
    if rows.ndim != 1 or rows.dtype != np.int64 or not len(rows):
        return False
    if rows[0] != 0 or rows[-1] > iteration or (rows[1:] <= rows[:-1]).any():
        return False
    state = (starts, strokes, 4, 2)
    shapes = {name: state for name in ("points", "first", "second")} | {
        "row_points": (len(rows), *state),
        "row_losses": (len(rows), starts),
    }
    for name, shape in shapes.items():
        array = arrays[name]
        if array.shape != shape or array.dtype != np.float32 or not np.isfinite(array).all():
            return False
    near = (np.abs(arrays["points"]) <= _FARTHEST * CANVAS).all() and (np.abs(arrays["row_points"]) <= _FARTHEST).all()
    return bool(near and (arrays["second"] >= 0).all())


def _is_start(note: Mapping[str, Any], before: Level | None) -> bool:
    """Whether it is a start's name with an ancestry that tells of each stroke of the level before once."""
    if not isinstance(note["name"], str):
        return False
    if before is None or note["ancestry"] is None:
        return before is None and note["ancestry"] is None
    ancestry = Ancestry.from_json(note["ancestry"])
    told: Sequence[Any] = [*ancestry.ids, *(id for others in ancestry.absorbed for id in others), *ancestry.dropped]
    return len(ancestry.absorbed) == len(ancestry.ids) and all(_is_whole(id) for id in told) and sorted(told) == sorted(before.sketch.ids)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
