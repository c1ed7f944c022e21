"""Photo -> lines: the chains of points that an artist's pencil might follow, and how much each matters.

The outline comes from the subject's mask (marching squares), inner lines from color edges (Canny's non-maximum suppression and
hysteresis on the strongest channel of CIE Lab); eyes and noses, where some are marked, are small rings. Knows the prepared subject and
its marks; knows no strokes, no optimizer and no torch, and not who weighs lines anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.color import rgb2lab
from skimage.filters import apply_hysteresis_threshold
from skimage.measure import find_contours
from skimage.morphology import skeletonize

from picasso_series.curves import Points, arc_length, resample, smooth
from picasso_series.faces import Mark
from picasso_series.flatten import flatten
from picasso_series.levels import Subject
from picasso_series.strokes import CANVAS

Picture = NDArray[np.float64]
Gradients = Mapping[float, tuple[Picture, Picture, Picture]]
"""By blur in pixels: a picture's color gradient (x, y) and its length."""
FINE, COARSE, BROAD = 1.3, 2.2, 3.6
"""Blurs in pixels at which edges are sought; what only the broadest finds are soft forms, such as an ear's edge against its own head."""
MIN_OUTLINE, MIN_INNER = 14.0, 11.0
"""Shortest lines in pixels."""
FRAME, MIN_CUT = 0.5, 20
"""An outline that stays this near to the photo's edge for so many pixels is where the photo ends, not the subject."""
MIN_INK = 4.5
"""An inner line's length in pixels times its weight, below which it is a speck."""
ENOUGH_INNER = 28
COMMON, FINER, FAINTEST = 0.37, 0.5, 2.0
"""Lowest quantiles of edges from which forms, and what is taken for texture, are sought; the least ink of a line that is to be judged."""
LINK_GAP, LINK_TURN = 9.0, 40.0
"""Ends of inner lines nearer than this many pixels, that turn by no more than so many degrees, are one line."""
MOST_INNER = 200
RING_QUANTILE, RING_WEIGHT, RING_LENGTH = 0.6, 0.4, 70.0
"""Small rings: the quantile of edges from which they are sought, their least weight and their greatest length in pixels."""
RING_ROUND, RING_GAP = 0.6, 0.2
"""A ring's area is at least this share of a circle's of its length, and it is open for no more than this share of that."""
LEAST_MARK, BESIDE_MARK = 2.6, 4.0
"""Least radius of an eye in pixels, and how near to it no other line is sought."""
CROWD = 9.0
"""Lines that have many others within about this many pixels are texture, and weigh less."""
NEIGHBORS = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))


@dataclass(frozen=True, eq=False)
class Line:
    """A chain of points (N, 2) in canvas pixels (pixel centers at .5), its weight in (0, 1], and whether it is outline, or eye or nose."""

    chain: Points
    weight: float
    outline: bool
    mark: bool = False


Weigh = Callable[[Sequence[Line]], Iterable[Line]]
"""Inner lines -> those that are worth drawing, with the weights that they are worth."""


def trace_lines(subject: Subject, marks: Sequence[Mark] = (), weigh: Weigh | None = None) -> tuple[Line, ...]:
    """Find the lines of a subject: its outline and its ``marks`` at weight 1, inner edges by their contrast, or as ``weigh`` has it.

    Inner edges are sought in the photo without its texture, but for small rings that stand out (eyes, knobs), which are as fine as
    texture. A cut-out with few inner edges is searched again with lower thresholds, so that a smooth subject has details to draw too.
    Where ``weigh`` judges them, all are sought that may tell anything, at last those that are taken for texture.
    """
    mask = ndimage.gaussian_filter(subject.mask.astype(np.float64), 1.0)
    inside = mask > 0.5
    certain = subject.source in ("alpha", "file", "backdrop", "rembg") or _is_cut(subject)
    seen, flat = _gradients(subject.rgb), _gradients(flatten(subject.rgb))
    somewhere = inside if inside.any() else np.ones_like(inside)
    strength, flat_strength = _strength(seen, somewhere), _strength(flat, somewhere)
    # A cut-out with alpha is cropped to its subject as a rule: touching the picture's edge says nothing.
    frame = (-1.0, -1.0, 2.0, 2.0) if subject.source == "alpha" else subject.placement.photo_box
    # An uncertain outline may be one of texture against texture.
    outline = list(_outline(mask, None if certain else strength, frame))
    near = _stamp([line.chain for line in outline], radius=3.0) > 0
    faces = [Line(_ring(mark), 1.0, False, True) for mark in marks]
    for line in faces:
        near |= disk(line.chain, BESIDE_MARK) >= 0.5
    rings = [line for line in _inner(seen, inside, near, strength, RING_QUANTILE) if _is_ring(line)]
    near |= _stamp([line.chain for line in rings], radius=3.0) > 0
    if weigh is None:
        forms = _by_ink(_forms(flat, inside, near, flat_strength))
        return (*outline, *faces, *(rings + forms)[:MOST_INNER])
    forms = list(_inner(flat, inside, near, flat_strength, COMMON, FAINTEST))
    near |= _stamp([line.chain for line in forms], radius=4.0) > 0
    fine = list(_inner(seen, inside, near, strength, FINER, FAINTEST))
    return (*outline, *faces, *_by_ink(weigh(rings + forms + fine))[:MOST_INNER])


def _forms(flat: Gradients, inside: NDArray[np.bool_], near: NDArray[np.bool_], strength: Picture) -> list[Line]:
    """The edges of forms, by the highest thresholds that give enough of them."""
    forms: list[Line] = []
    for quantile in (0.82, 0.67, 0.52, COMMON):
        found = list(_inner(flat, inside, near, strength, quantile))
        if len(found) > len(forms):
            forms = found
        if len(forms) >= ENOUGH_INNER:
            break
    return forms


def _by_ink(lines: Iterable[Line]) -> list[Line]:
    """The lines with the most ink first: a picture that is all texture has thousands, of which no drawing has the strokes for many."""
    return sorted(lines, key=lambda line: -line.weight * len(line.chain))


def _ring(mark: Mark) -> Points:
    """A mark's outline; no smaller than a pen can draw, for the eye of an elephant is one nevertheless."""
    turn = np.linspace(0, 2 * np.pi, 25)
    return np.array([mark.x, mark.y]) + max(mark.radius, LEAST_MARK) * np.stack([np.cos(turn), np.sin(turn)], axis=1)


def disk(ring: Points, beside: float) -> Picture:
    """How much of every pixel, 0 to 1, is within a closed round chain (N, 2) or up to so many pixels beside it: (224, 224)."""
    x, y = ring[1:].mean(0)
    away = np.hypot(np.arange(CANVAS) + 0.5 - x, np.arange(CANVAS)[:, None] + 0.5 - y)
    filled: Picture = np.clip(np.hypot(*(ring - (x, y)).T).max() + beside + 0.5 - away, 0, 1)
    return filled


def _is_cut(subject: Subject) -> bool:
    """Whether a salient subject was cut out, as its pixels tell: the photo's part beside it is white, and a white subject shows no edge.

    A doubtful subject still lies on its photo.
    """
    left, top, right, bottom = (round(edge * CANVAS) for edge in np.clip(subject.placement.photo_box, 0, 1))
    photo = slice(top, bottom), slice(left, right)
    beside = subject.rgb[photo][subject.mask[photo] < 0.01]
    # So little of the mask leaves 252 of 255 at least.
    return subject.source == "saliency" and len(beside) > 0 and float((beside >= 250).all(axis=1).mean()) > 0.99


def draw_lines(lines: Sequence[Line], gamma: float, radius: float = 1.5) -> Picture:
    """Lines as an anti-aliased picture (224, 224), 0 empty to 1 on the heaviest: each as dark as its weight to the power ``gamma``."""
    picture = np.zeros((CANVAS, CANVAS))
    for line in lines:
        ink = _stamp([smooth(line.chain, 1.2)], radius)
        np.maximum(picture, ink * line.weight**gamma, out=picture)
    return picture


def _stamp(chains: list[Points], radius: float) -> Picture:
    """Coverage of chains drawn with a round pen of ``radius`` pixels."""
    picture = np.zeros((CANVAS, CANVAS))
    reach = int(np.ceil(radius + 0.5))
    offsets = np.stack(np.meshgrid(np.arange(-reach, reach + 1), np.arange(-reach, reach + 1)), -1).reshape(-1, 2)
    for chain in chains:
        dense = resample(chain, max(2, int(arc_length(chain)[-1] / 0.4)))
        pixels = np.floor(dense).astype(int)[:, None] + offsets
        distance = np.linalg.norm(pixels + 0.5 - dense[:, None], axis=2)
        ink = np.clip(radius + 0.5 - distance, 0, 1)
        good = (ink > 0) & ((pixels >= 0) & (pixels < CANVAS)).all(axis=2)
        np.maximum.at(picture, (pixels[good][:, 1], pixels[good][:, 0]), ink[good])
    return picture


def _color_gradient(rgb: NDArray[np.uint8], sigma: float) -> tuple[Picture, Picture, Picture]:
    """Gradient (x, y) and its length in the Lab channel that changes most, after a blur of ``sigma`` pixels."""
    lab = ndimage.gaussian_filter(rgb2lab(rgb), (sigma, sigma, 0))
    gx, gy = ndimage.sobel(lab, axis=1), ndimage.sobel(lab, axis=0)
    length = np.hypot(gx, gy)
    channel = length.argmax(axis=2)[..., None]
    return tuple(np.take_along_axis(a, channel, axis=2)[..., 0] for a in (gx, gy, length))  # type: ignore[return-value]


def _gradients(rgb: NDArray[np.uint8]) -> Gradients:
    """The color gradients at the three blurs."""
    return {sigma: _color_gradient(rgb, sigma) for sigma in (FINE, COARSE, BROAD)}


def _strength(gradients: Gradients, inside: NDArray[np.bool_]) -> Picture:
    """How strong the edge at each pixel is among the subject's, 0 to 1, over all scales."""
    near = ndimage.binary_dilation(inside, iterations=2)
    scaled = []
    for sigma, share in ((FINE, 0.8), (COARSE, 1.0), (BROAD, 1.0)):
        length = gradients[sigma][2]
        scaled.append(share * np.clip(length / max(float(np.quantile(length[near], 0.97)), 1e-6), 0, 1))
    strongest: Picture = np.max(scaled, axis=0)
    return strongest


def _outline(mask: Picture, gradient: Picture | None, frame: tuple[float, float, float, float]) -> Iterator[Line]:
    """The mask's contours, but not along the photo's own edges; an uncertain mask's (with ``gradient``) only where the photo shows one."""
    left, top, right, bottom = (edge * CANVAS for edge in frame)
    support = None if gradient is None else ndimage.grey_dilation(gradient, size=(5, 5))
    for contour in find_contours(np.pad(mask, 1), 0.5):
        # find_contours counts from the center of the padded picture's first pixel.
        chain = contour[:, ::-1] - 0.5
        length = arc_length(chain)[-1]
        if length < MIN_OUTLINE:
            continue
        chain = resample(chain, max(8, int(length)))
        x, y = chain.T
        along = np.minimum.reduce([x - left, right - x, y - top, bottom - y]) < FRAME
        # A round back may touch the photo's edge; only a long straight run is a cut.
        free = ~ndimage.binary_opening(along, np.ones(MIN_CUT, bool))
        if support is None:
            shown = np.ones(len(chain), bool)
        else:
            at = np.clip(chain.astype(int), 0, CANVAS - 1)
            shown = ndimage.uniform_filter1d(support[at[:, 1], at[:, 0]], 15) > 0.3
        kind = np.where(free, np.where(shown, 2, 1), 0)
        if (kind == 2).all():
            yield Line(chain, 1.0, True)
            continue
        start = int(np.flatnonzero(kind != kind[-1])[0]) if (kind != kind[-1]).any() else 0
        for piece, which in _runs(np.roll(chain, -start, axis=0), np.roll(kind, -start)):
            if which and len(piece) >= 10:
                yield Line(piece, 1.0 if which == 2 else 0.25, which == 2)


def _runs(chain: Points, labels: NDArray[np.int64]) -> Iterator[tuple[Points, int]]:
    """Cut a chain where its label changes."""
    cuts = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(chain)]
    for a, b in zip(cuts[:-1], cuts[1:], strict=True):
        yield chain[a : b + 1], int(labels[a])


def _inner(
    gradients: Gradients,
    inside: NDArray[np.bool_],
    near: NDArray[np.bool_],
    strength: Picture,
    quantile: float,
    least_ink: float = MIN_INK,
) -> Iterator[Line]:
    """Edges within the subject at three scales; a line that several find is kept once."""
    deep = ndimage.binary_erosion(inside, iterations=2)
    where = deep if deep.sum() > 200 else inside
    if not where.any():
        return
    edges = np.zeros_like(inside)
    for sigma, extra in ((COARSE, 0.03), (FINE, 0.0), (BROAD, 0.0)):
        gx, gy, length = gradients[sigma]
        high = max(float(np.quantile(length[where], min(0.97, quantile + extra))), 4.0)
        found = _thin_edges(gx, gy, length, 0.4 * high, high) & inside & ~near
        edges |= found & ~ndimage.binary_dilation(edges, iterations=max(3, round(1.5 * sigma)))
    skeleton = skeletonize(edges)
    crowding = ndimage.gaussian_filter(skeleton.astype(np.float64), CROWD)
    crowding /= max(float(np.quantile(crowding[where], 0.6)), 1e-6)
    for chain in link([smooth(chain, 1.0) for chain in walk_chains(skeleton)]):
        length = arc_length(chain)[-1]
        at = np.clip(chain.astype(int), 0, CANVAS - 1)
        weight = strength[at[:, 1], at[:, 0]].mean() / np.maximum(1, crowding[at[:, 1], at[:, 0]].mean()) ** 0.7
        if length >= MIN_INNER and length * weight >= least_ink:
            yield Line(chain, float(np.clip(weight, 0.02, 1)), False)


def _is_ring(line: Line) -> bool:
    """Whether a line closes, or nearly, into something small and round that stands out."""
    x, y = line.chain.T
    gap = float(np.linalg.norm(line.chain[0] - line.chain[-1]))
    around = float(arc_length(line.chain)[-1]) + gap
    if line.weight < RING_WEIGHT or around > RING_LENGTH or gap > RING_GAP * around:
        return False
    area = abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1))) / 2
    return 4 * np.pi * area >= RING_ROUND * around**2


def link(chains: Sequence[Points], reach: float = LINK_GAP, turn: float = LINK_TURN) -> list[Points]:
    """Chains that go on in one another across a small gap made one, the nearest ends first."""
    if not chains:
        return []
    # End 2 i is the start of chain i, end 2 i + 1 its last point.
    ends = np.array([chain[k] for chain in chains for k in (0, -1)])
    pairs = cKDTree(ends).query_pairs(reach, output_type="ndarray")
    gaps = np.linalg.norm(ends[pairs[:, 0]] - ends[pairs[:, 1]], axis=1)
    partner: dict[int, int] = {}
    group = list(range(len(chains)))
    for a, b in pairs[np.lexsort((pairs[:, 1], pairs[:, 0], gaps))].tolist():
        free = a not in partner and b not in partner and group[a // 2] != group[b // 2]
        if free and _goes_on(_leaving(chains, a), _leaving(chains, b)[::-1], turn):
            partner[a], partner[b] = b, a
            old, new = group[b // 2], group[a // 2]
            group = [new if member == old else member for member in group]
    return list(_threaded(chains, partner))


def _leaving(chains: Sequence[Points], end: int) -> Points:
    """The chain of an end, running towards that end."""
    chain = chains[end // 2]
    return chain if end % 2 else chain[::-1]


def _threaded(chains: Sequence[Points], partner: Mapping[int, int]) -> Iterator[Points]:
    """Follow the links from each loose end to the other."""
    seen: set[int] = set()
    for end in range(2 * len(chains)):
        if end in partner or end // 2 in seen:
            continue
        parts, here = [], end
        while True:
            seen.add(here // 2)
            parts.append(_leaving(chains, here ^ 1))
            if here ^ 1 not in partner:
                break
            here = partner[here ^ 1]
        joined = np.vstack(parts)
        yield joined if len(parts) == 1 else resample(joined, max(5, int(arc_length(joined)[-1])))


def _goes_on(a: Points, b: Points, turn: float) -> bool:
    """Whether the end of ``a`` points at the start of ``b`` and they run the same way."""
    out, into = a[-1] - a[max(-8, -len(a))], b[min(7, len(b) - 1)] - b[0]
    across = b[0] - a[-1]
    limit = np.cos(np.radians(turn))

    def agree(u: Points, v: Points) -> bool:
        return bool(u @ v >= limit * np.linalg.norm(u) * np.linalg.norm(v))

    straight = float(np.linalg.norm(across)) < 3 or (agree(out, across) and agree(across, into))
    return agree(out, into) and straight


def _thin_edges(gx: Picture, gy: Picture, length: Picture, low: float, high: float) -> NDArray[np.bool_]:
    """Canny's edges: pixels whose gradient is the largest across the edge, linked from ``high`` down to ``low``."""
    rows, columns = np.indices(length.shape)
    unit = np.maximum(length, 1e-9)
    dx, dy = gx / unit, gy / unit
    ahead = ndimage.map_coordinates(length, [rows + dy, columns + dx], order=1, mode="nearest")
    behind = ndimage.map_coordinates(length, [rows - dy, columns - dx], order=1, mode="nearest")
    peak = (length >= ahead) & (length > behind)
    return np.asarray(apply_hysteresis_threshold(np.where(peak, length, 0), low, high), bool)


def walk_chains(skeleton: NDArray[np.bool_]) -> Iterator[Points]:
    """Walk along a one-pixel skeleton: chains (N, 2) of pixel centers, straight on at junctions, ends first."""
    pixels = {(int(x), int(y)) for y, x in zip(*np.nonzero(skeleton), strict=True)}
    degree = {p: sum((p[0] + dx, p[1] + dy) in pixels for dx, dy in NEIGHBORS) for p in pixels}
    seen: set[tuple[int, int]] = set()

    def walk(start: tuple[int, int]) -> list[tuple[int, int]]:
        path = [start]
        seen.add(start)
        while True:
            x, y = path[-1]
            open_ = [(x + dx, y + dy) for dx, dy in NEIGHBORS if (x + dx, y + dy) in pixels and (x + dx, y + dy) not in seen]
            if not open_:
                return path
            back = path[max(0, len(path) - 6)]
            heading = (x - back[0], y - back[1])
            # max() takes the first of equals: side neighbors before diagonal ones, so that stairs are not cut short.
            step = max(open_, key=lambda q: ((q[0] - x) * heading[0] + (q[1] - y) * heading[1]) / np.hypot(q[0] - x, q[1] - y))
            seen.add(step)
            path.append(step)

    for start in sorted(pixels, key=lambda p: (degree[p] != 1, p)):
        if start in seen:
            continue
        path = walk(start)
        if degree[start] > 1:
            path = walk(start)[:0:-1] + path
        if len(path) >= 5:
            yield np.array(path, np.float64) + 0.5
