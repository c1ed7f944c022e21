"""Who descends from whom: identities of strokes from one level to the next.

Knows sketches and sets of indices; knows neither pictures nor losses. Ids of a level are a subset of those of the level before, and a
stroke that several went into bears the id of the most salient of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from picasso_series.curves import sample
from picasso_series.levels import Lineage
from picasso_series.strokes import CANVAS, Sketch

COVERED = 8.0 / CANVAS
"""A stroke whose points lie this near to another on average is covered by it."""


@dataclass(frozen=True)
class Ancestry:
    """For each stroke of a new level its id and the ids that it absorbed, and the ids that left."""

    ids: tuple[int, ...]
    absorbed: tuple[tuple[int, ...], ...]
    dropped: tuple[int, ...]

    def lineage(self) -> Lineage:
        """The same as kept, joined and dropped ids."""
        joined = {id: others for id, others in zip(self.ids, self.absorbed, strict=True) if others}
        return Lineage(tuple(sorted(id for id in self.ids if id not in joined)), joined, tuple(sorted(self.dropped)))

    def to_json(self) -> dict[str, Any]:
        """As plain lists."""
        return {"ids": list(self.ids), "absorbed": [list(others) for others in self.absorbed], "dropped": list(self.dropped)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Ancestry:
        """From what :meth:`to_json` gives."""
        return cls(tuple(stored["ids"]), tuple(tuple(others) for others in stored["absorbed"]), tuple(stored["dropped"]))


def descend(ids: Sequence[int], members: Sequence[tuple[int, ...]]) -> Ancestry:
    """Name strokes by what went into them: ``members`` are indices into ``ids``, which stand most salient first."""
    gone = set(range(len(ids))) - {i for group in members for i in group}
    return Ancestry(
        tuple(ids[min(group)] for group in members),
        tuple(tuple(ids[i] for i in sorted(group)[1:]) for group in members),
        tuple(ids[i] for i in sorted(gone)),
    )


def match(before: Sketch, points: NDArray[np.floating[Any]]) -> Ancestry:
    """Name fresh strokes (n, 4, 2) in the unit square by the strokes of ``before`` that they cover; n is at most ``len(before)``.

    Each fresh stroke gets one stroke of its own, so that the distances in sum are least (Hungarian method); the rest are absorbed by
    the fresh stroke that covers them, or leave.
    """
    old, new = sample(before.points, 17), sample(points, 33)
    # (old, new): how far the points of the one lie from the curve of the other, both ways.
    apart = np.linalg.norm(old[:, None, :, None] - new[None, :, None], axis=-1)
    old_to_new = apart.min(axis=3).mean(axis=2)
    new_to_old = apart.min(axis=2).mean(axis=2)
    rows, columns = linear_sum_assignment(old_to_new + 0.5 * new_to_old)
    groups = {int(column): [int(row)] for row, column in zip(rows, columns, strict=True)}
    for row in sorted(set(range(len(before))) - set(rows.tolist())):
        nearest = int(old_to_new[row].argmin())
        if old_to_new[row, nearest] < COVERED:
            groups[nearest].append(row)
    return descend(before.ids, [tuple(groups[column]) for column in range(len(points))])
