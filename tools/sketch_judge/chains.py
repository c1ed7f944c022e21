"""A drawing's pixels -> its lines as chains of points.

Knows thin dark lines on light paper; knows no labels and no net.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.morphology import skeletonize

Chain = NDArray[np.float32]
"""Points (N, 2) of a line in the unit square, x to the right and y down."""

SHORTEST = 4
"""Pixels of the shortest line that counts."""
REACH = 2.9
"""Pixels by which a line's end lies off the crossing that it was cut at."""
EIGHT = np.ones((3, 3), int)


def trace(ink: NDArray[np.bool_]) -> list[Chain]:
    """The center lines of ``ink`` (H, W), in pieces that end where lines meet."""
    skeleton = skeletonize(ink)
    crowded = ndimage.convolve(skeleton.astype(int), EIGHT, mode="constant") > 3
    parts, count = ndimage.label(skeleton & ~crowded, EIGHT)
    rows, columns = np.nonzero(parts)
    order = np.argsort(parts[rows, columns], kind="stable")
    pixels = np.stack([columns, rows], 1)[order]
    ends = np.cumsum(np.bincount(parts[rows, columns], minlength=count + 1)[1:])
    lines = [_walked(part) for part in np.split(pixels, ends[:-1]) if len(part) >= SHORTEST]
    crossings = np.argwhere(skeleton & crowded)[:, ::-1]
    return [((line + 0.5) / max(ink.shape)).astype(np.float32) for line in _reaching(lines, crossings)]


def _reaching(lines: list[NDArray[np.int64]], crossings: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The lines (N, 2), with the nearest crossing added to each end that was cut there."""
    if not len(crossings):
        return lines
    tree = cKDTree(crossings)
    found = []
    for line in lines:
        apart, nearest = tree.query(line[[0, -1]], distance_upper_bound=REACH)
        before, after = (crossings[[k]] if np.isfinite(d) else crossings[:0] for d, k in zip(apart, nearest, strict=True))
        found.append(np.concatenate([before, line, after]))
    return found


def _walked(pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The pixels (N, 2) of a line without branches in the order of a walk along it, from an end where it has one."""
    apart = np.abs(pixels[:, None] - pixels[None]).max(2) + 0.1 * np.abs(pixels[:, None] - pixels[None]).sum(2)
    here = int((apart < 1.5).sum(1).argmin())
    order = [here]
    left = np.ones(len(pixels), bool)
    for _ in range(len(pixels) - 1):
        left[here] = False
        here = int(np.where(left, apart[here], np.inf).argmin())
        order.append(here)
    return pixels[order]
