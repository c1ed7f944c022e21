"""The last touch to a drawing: ends that nearly meet do meet, and barbs, hairpins and overlapping ends go.

Proposes small changes to strokes and asks a judge about each; what costs next to nothing is done, because of drawings that score alike
the calmer one is the better. Knows control points in canvas pixels and a judge of drawings; knows no photo, no optimizer and no files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from picasso_series.curves import Points, arc_length, fit_cubic, resample, sample
from picasso_series.strokes import sub_curve

Judge = Callable[[Points], Sequence[float]]
"""Drawings (B, n, 4, 2) -> the loss of each."""

SAMPLES = 65
SPARE, ALL_SPARE = 0.03, 0.06
"""A change may raise the loss by this share of what it was at first, and all changes together by this one."""
ROUNDS = 2
"""One change makes way for another, so they are proposed so many times."""
MANY = 64
"""In a drawing of more strokes no single end is seen, and asking about each would take minutes."""
PARALLEL = 0.7
"""Cosine of the angle up to which two strokes run side by side."""
BESIDE = 3.5
"""An end that runs this near to another stroke, in pixels, draws its line twice."""
HOOK = 12.0, 110.0
"""An end that turns back within so many pixels, by more than so many degrees, is a hook."""
LONG = 0.4
"""No change takes more than this share of a stroke."""
CLOSEST = 0.3
"""Ends nearer than this many pixels meet."""
ASIDE = 3.0
"""Ends that run side by side, such as those of a leg's two contours, meet across this gap at most."""


@dataclass(frozen=True, eq=False)
class Change:
    """New control points (4, 2) for some strokes, by index, and the strokes that have to stay as they are for that."""

    strokes: dict[int, Points]
    beside: frozenset[int] = frozenset()

    def made(self, points: Points) -> Points:
        """The drawing (n, 4, 2) after the change."""
        changed: Points = points.copy()
        for index, stroke in self.strokes.items():
            changed[index] = stroke
        return changed


def meeting_gap(strokes: int) -> float:
    """Widest gap in pixels across which ends are brought together in a drawing of so many strokes."""
    return 6.0 if strokes > 8 else 11.0


def barb(strokes: int) -> float:
    """Up to this length in pixels what sticks out beyond a crossing is a barb, in a drawing of so many strokes."""
    return 9.0 if strokes > 8 else 18.0


def tidy(points: NDArray[np.floating[Any]], judge: Judge) -> Points:
    """The drawing (n, 4, 2) with every proposed change that costs next to nothing, cheapest first.

    One of more than :data:`MANY` strokes is left as it is.
    """
    drawing = np.asarray(points, np.float64)
    if len(drawing) > MANY:
        return drawing
    first = loss = float(judge(drawing[None])[0])
    # Half of what all changes may cost is kept for ends that meet: shortened strokes leave some that do not.
    for propose, share in (*((_shortened, 0.5), (_met, 1.0)) * ROUNDS, (_met, 1.0)):
        most = (1 + share * ALL_SPARE) * first
        changes = list(propose(drawing))
        if not changes:
            continue
        rises = np.asarray(judge(np.stack([change.made(drawing) for change in changes]))) - loss
        cheap = [changes[i] for i in np.argsort(rises, kind="stable").tolist() if rises[i] <= SPARE * first]
        chosen = list(_compatible(cheap))
        # Changes were judged one by one, and may cost more together: the dearest are given up.
        while chosen:
            changed = drawing
            for change in chosen:
                changed = change.made(changed)
            together = float(judge(changed[None])[0])
            if together <= most:
                drawing, loss = changed, together
                break
            chosen = chosen[: len(chosen) // 2]
    return drawing


def _compatible(changes: Sequence[Change]) -> Iterator[Change]:
    """Changes of which none alters what another has altered or relies on; earlier ones go before later ones."""
    altered, needed = set[int](), set[int]()
    for change in changes:
        if altered.isdisjoint(change.strokes.keys() | change.beside) and needed.isdisjoint(change.strokes):
            altered |= change.strokes.keys()
            needed |= change.beside
            yield change


@dataclass(frozen=True, eq=False)
class _Run:
    """A stroke as seen from one of its ends: points from there on (SAMPLES, 2), their distance along it, and which end."""

    index: int
    end: int
    points: Points
    along: Points

    def without(self, stroke: Points, length: float) -> Points:
        """The stroke (4, 2) shortened by so many pixels at this end."""
        share = float(np.interp(length, self.along, np.linspace(0, 1, SAMPLES)))
        shorter: Points = sub_curve(stroke, share, 1) if self.end == 0 else sub_curve(stroke, 0, 1 - share)
        return shorter

    @property
    def heading(self) -> Points:
        """Where the stroke would go on to beyond this end, a unit vector."""
        ahead = self.points[0] - self.points[np.searchsorted(self.along, min(6.0, 0.5 * self.along[-1]))]
        return np.asarray(ahead / max(float(np.linalg.norm(ahead)), 1e-9))


def _runs(points: Points) -> Iterator[_Run]:
    for index, curve in enumerate(sample(points, SAMPLES)):
        if arc_length(curve)[-1] > 1:
            for end in (0, 1):
                seen = curve[::-1] if end else curve
                yield _Run(index, end, seen, arc_length(seen))


def _shortened(points: Points) -> Iterator[Change]:
    """Strokes without an end that sticks out, turns back or runs along another stroke."""
    curves, longest = sample(points, SAMPLES), barb(len(points))
    for run in _runs(points):
        found = [(_hook(run), frozenset[int]())]
        for index in _around(run.points[0], curves, max(longest, BESIDE)):
            if index != run.index:
                found.append((max(_barb(run, curves[index], longest), _doubled(run, curves[index])), frozenset({index})))
        for length, beside in found:
            if 0.5 < length <= LONG * run.along[-1]:
                yield Change({run.index: run.without(points[run.index], length)}, beside)


def _hook(run: _Run) -> float:
    """Length in pixels of an end that turns back, 0 where none does."""
    reach, limit = HOOK
    steps = np.diff(run.points, axis=0)
    angles = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
    body = int(np.searchsorted(run.along, min(2 * reach, 0.6 * run.along[-1])))
    turned = np.degrees(np.abs(angles - angles[min(body, len(angles) - 1)]))
    if turned[0] < limit:
        return 0.0
    bent = np.flatnonzero(turned < limit / 2)
    length = float(run.along[bent[0]]) if len(bent) else 0.0
    return length if length <= reach else 0.0


def _barb(run: _Run, other: Points, longest: float) -> float:
    """Length in pixels of what sticks out beyond a crossing with another stroke, 0 where nothing does."""
    last = int(np.searchsorted(run.along, longest))
    for a in range(min(last, SAMPLES - 1) - 1, -1, -1):
        at = _crossing(run.points[a], run.points[a + 1], other)
        if at is not None:
            length = float(run.along[a] + at * (run.along[a + 1] - run.along[a]))
            return length if length <= longest else 0.0
    return 0.0


def _crossing(start: Points, end: Points, chain: Points) -> float | None:
    """How far along the segment from ``start`` to ``end`` it first crosses a chain, 0 to 1, or None."""
    d, e = end - start, np.diff(chain, axis=0)
    apart = chain[:-1] - start
    cross = d[0] * e[:, 1] - d[1] * e[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (apart[:, 0] * e[:, 1] - apart[:, 1] * e[:, 0]) / cross
        u = (apart[:, 0] * d[1] - apart[:, 1] * d[0]) / cross
    hits = t[(t >= 0) & (t <= 1) & (u >= 0) & (u <= 1)]
    return float(hits.min()) if len(hits) else None


def _doubled(run: _Run, other: Points) -> float:
    """Length in pixels along which an end runs beside another stroke, 0 where it does not."""
    apart = np.linalg.norm(run.points[:-1, None] - other[None], axis=2)
    if apart[0].min() >= BESIDE:
        return 0.0
    mine, theirs = (_directions(chain) for chain in (run.points, other))
    nearest = np.minimum(apart.argmin(1), len(theirs) - 1)
    beside = (apart.min(1) < BESIDE) & (np.abs((mine * theirs[nearest]).sum(1)) > PARALLEL)
    count = len(beside) if beside.all() else int(np.argmin(beside))
    length = float(run.along[count])
    return length if length > BESIDE else 0.0


def _directions(chain: Points) -> Points:
    steps = np.diff(chain, axis=0)
    return np.asarray(steps / np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-9))


def _met(points: Points) -> Iterator[Change]:
    """Strokes whose ends go to a nearby end of another, or to another's line."""
    gap = meeting_gap(len(points))
    runs = list(_runs(points))
    curves = sample(points, SAMPLES)
    tips = np.array([run.points[0] for run in runs])
    for number, one in enumerate(runs):
        tip = one.points[0]
        for after in np.flatnonzero(np.linalg.norm(tips[number + 1 :] - tip, axis=1) <= gap).tolist():
            other = runs[number + 1 + after]
            if other.index == one.index and one.along[-1] < 4 * gap:
                continue
            apart = float(np.linalg.norm(tip - other.points[0]))
            aside = float(one.heading @ other.heading) > PARALLEL
            if CLOSEST < apart <= (min(gap, ASIDE) if aside else gap):
                goal = (tip + other.points[0]) / 2
                moved = _moved(points[one.index], one.end, goal)
                if one.index == other.index:
                    yield Change({one.index: _moved(moved, other.end, goal)})
                else:
                    yield Change({one.index: moved, other.index: _moved(points[other.index], other.end, goal)})
        for index in _around(tip, curves, gap):
            if index != one.index:
                goal, within = _nearest(tip, curves[index])
                reach = float(np.linalg.norm(goal - tip))
                ahead = float(one.heading @ (goal - tip)) >= 0.5 * reach
                if within and CLOSEST < reach <= (0.8 * gap if ahead else ASIDE):
                    yield Change({one.index: _moved(points[one.index], one.end, goal)}, frozenset({index}))


def _around(place: Points, curves: Points, reach: float) -> list[int]:
    """Which curves (n, SAMPLES, 2) may come within ``reach`` pixels of a place: most strokes are far from most ends."""
    step = np.linalg.norm(np.diff(curves, axis=1), axis=2).max()
    near = np.linalg.norm(curves - place, axis=2).min(axis=1) <= reach + step / 2
    return [int(index) for index in np.flatnonzero(near)]


def _nearest(place: Points, chain: Points) -> tuple[Points, bool]:
    """The point of a chain that is nearest to a place, and whether it lies within the chain rather than at its ends."""
    steps = np.diff(chain, axis=0)
    share = ((place - chain[:-1]) * steps).sum(1) / np.maximum((steps * steps).sum(1), 1e-12)
    feet = chain[:-1] + np.clip(share, 0, 1)[:, None] * steps
    number = int(np.linalg.norm(feet - place, axis=1).argmin())
    return feet[number], 2 < number < len(steps) - 3


def _moved(stroke: Points, end: int, goal: Points) -> Points:
    """The stroke (4, 2) with one end at ``goal``, else as near as can be to what it was."""
    curve = sample(stroke, SAMPLES)[:: -1 if end else 1]
    step = float(np.linalg.norm(goal - curve[0]))
    kept = curve[arc_length(curve) > step]
    if len(kept) < SAMPLES // 2:
        kept = curve[SAMPLES // 2 :]
    fitted = fit_cubic(resample(np.vstack([goal, kept]), SAMPLES // 2)).points
    moved: Points = fitted[::-1] if end else fitted
    return moved
