"""How strokes are inked in a look: curves with widths, outlines that swell and taper, the roughness of the ground, and all of it as SVG.

Knows geometry and SVG text; cairo's side of it is ``film/draw``. Both draw from the same outlines and the same tile of roughness, so
vectors and pixels agree. What cannot follow is told at :func:`svg_ground`.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from scipy.interpolate import PchipInterpolator

from picasso_series.look import Look, color_text
from picasso_series.strokes import CANVAS, bernstein

Curves = NDArray[np.float64]
"""Chains of cubics: control points (m, 3 k + 1, 2) in the unit square, k cubics a chain that share their ends."""

PIECES = 16
"""Cubics on each side of an uneven stroke's outline."""

FULL_LENGTH = 0.2
"""Length of the shortest stroke that is as wide as the look has it, in sides of the square."""

TILE = 192
"""Side of the tile of roughness in texels, two for each ``grain_size``."""

_FINE = 6
"""Places at which an outline is measured for each of its cubics."""

_ARC = 0.5523
"""Handle of a cubic that is nearly a quarter of a circle, in radii."""


@dataclass(frozen=True, eq=False)
class Strokes:
    """Curves to be inked.

    Attributes:
        curves: chains of cubics (m, 3 k + 1, 2) in the unit square.
        widths: (m,), 1 for a stroke's full width.
        spans: (m, 2), the part of a stroke along which each curve lies, 0 at the stroke's start and 1 at its end: where it tapers.
    """

    curves: Curves
    widths: NDArray[np.float64]
    spans: NDArray[np.float64]

    @classmethod
    def of(cls, points: ArrayLike, width: float = 1.0) -> Strokes:
        """Whole strokes (m, 4, 2) of one width."""
        curves = np.asarray(points, np.float64).reshape(-1, 4, 2)
        return cls(curves, np.full(len(curves), width), np.tile([0.0, 1.0], (len(curves), 1)))

    @classmethod
    def together(cls, parts: Sequence[Strokes]) -> Strokes:
        """Several strokes as one; chains of single cubics are cut where the others have several."""
        most = max((part.curves.shape[1] // 3 for part in parts if len(part.curves)), default=1)
        curves = [cut_evenly(part.curves, most) for part in parts if len(part.curves)]
        return cls(
            np.concatenate([np.zeros((0, 3 * most + 1, 2)), *curves]),
            np.concatenate([np.zeros(0), *(part.widths for part in parts)]),
            np.concatenate([np.zeros((0, 2)), *(part.spans for part in parts)]),
        )


def cut_evenly(curves: Curves, count: int) -> Curves:
    """Single cubics (m, 4, 2) as the very same curves in ``count`` cubics each; chains of ``count`` cubics stay as they are.

    Raises:
        ValueError: the chains have neither one cubic nor ``count``.
    """
    if curves.shape[1] == 3 * count + 1:
        return curves
    if curves.shape[1] != 4:
        raise ValueError(f"chains of {curves.shape[1] // 3} cubics cannot be made chains of {count}")
    ends = np.linspace(0, 1, count + 1)
    places, speed = bernstein(ends) @ curves, _derivative(curves, ends) / (3 * count)
    return _hermite(places, speed)


def through(places: NDArray[np.float64]) -> Curves:
    """Smooth chains of cubics (m, 3 (q - 1) + 1, 2) through places (m, q, 2) that are about evenly spaced (Catmull and Rom)."""
    return _hermite(places, np.gradient(places, axis=1, edge_order=2) / 3)


def outlines(strokes: Strokes, look: Look, pieces: int = PIECES) -> Curves:
    """Closed outlines (m, 6 pieces + 13, 2) of strokes whose width follows the look's profile, in the unit square.

    Each side is offset from the curve by half the width there, in so many cubics; half circles close both ends. Fill by the non-zero
    rule.
    """
    # Sides are measured more closely than they are cut, so that few cubics follow tight bends too.
    u = np.linspace(0, 1, _FINE * pieces + 1)
    middle, along, length = _even_places(strokes.curves, u)
    normal = np.stack([-along[..., 1], along[..., 0]], axis=-1)
    span = strokes.spans[:, 1:] - strokes.spans[:, :1]
    place = strokes.spans[:, :1] + span * u
    # The hand presses less on a short stroke: it does not get to the profile's middle.
    whole = np.divide(length[:, None], np.abs(span), out=np.full(span.shape, np.inf), where=np.abs(span) > 1e-6)
    depth = 4 * place * (1 - place) * np.minimum(1, whole / FULL_LENGTH)
    reach = (0.5 * look.width / CANVAS) * strokes.widths[:, None] * _profile(look.profile)(depth)
    left, right = middle + reach[..., None] * normal, middle - reach[..., None] * normal
    sides = [_hermite(side[:, ::_FINE], np.gradient(side, axis=1, edge_order=2)[:, ::_FINE] * _FINE / 3) for side in (left, right[:, ::-1])]
    caps = [
        _half_circle(middle[:, -1], along[:, -1], normal[:, -1], reach[:, -1]),
        _half_circle(middle[:, 0], -along[:, 0], -normal[:, 0], reach[:, 0]),
    ]
    return np.concatenate([sides[0], caps[0], sides[1][:, 1:], caps[1]], axis=1)


@lru_cache(maxsize=8)
def roughness(grain: float, seed: int = 5) -> NDArray[np.uint8]:
    """How much ink the ground takes, uint8 (TILE, TILE), 255 all of it: the same for the same ``grain``, and it tiles without a seam."""
    noise = np.random.default_rng(seed).random((TILE, TILE))
    # Specks, closer together here and there.
    rough = ndimage.gaussian_filter(noise, 0.7, mode="wrap") + ndimage.gaussian_filter(noise, 3.0, mode="wrap")
    # The rank of each texel, so that the shares of bare and inked ground are those asked for whatever the noise.
    rank = np.empty(rough.size)
    rank[rough.ravel().argsort(kind="stable")] = (np.arange(rough.size) + 0.5) / rough.size
    bare = np.clip((0.55 * grain - rank.reshape(rough.shape)) / 0.3 + 0.5, 0, 1)
    return np.asarray(np.rint(255 * (1 - grain * bare)), np.uint8)


def tile_side(look: Look) -> float:
    """Side of the tile of roughness in units of the canvas."""
    return TILE * look.grain_size / 2


def svg_strokes(strokes: Strokes, look: Look, *, scale: float = CANVAS, digits: int = 2, attributes: Sequence[str] = ()) -> str:
    """Strokes as SVG paths, one a curve: stroked lines in an even look, filled outlines else.

    Args:
        strokes: what is inked.
        look: how.
        scale: side of the drawing's square in user units; widths are given for it.
        digits: decimals of coordinates.
        attributes: further attributes of each path, such as ``id="s1"``.
    """
    paths = []
    shapes = strokes.curves if look.even else outlines(strokes, look)
    for number, curve in enumerate(shapes):
        extra = f" {attributes[number]}" if attributes else ""
        if look.even and strokes.widths[number] != 1:
            extra += f' stroke-width="{look.width * scale / CANVAS * strokes.widths[number]:.{digits}f}"'
        end = "" if look.even else "Z"
        paths.append(f'<path{extra} d="{chain_data(curve * scale, digits)}{end}"/>\n')
    return "".join(paths)


def svg_style(look: Look, scale: float = CANVAS) -> str:
    """Attributes of the group that holds what :func:`svg_strokes` makes."""
    color = color_text(look.ink)
    if not look.even:
        return f'fill="{color}"'
    width = look.width * look.profile[0] * scale / CANVAS
    return f'fill="none" stroke="{color}" stroke-width="{width:g}" stroke-linecap="round" stroke-linejoin="round"'


def svg_ground(look: Look, box: tuple[float, float, float, float], scale: float = CANVAS, name: str = "ground") -> str:
    """The definition of a mask ``#name`` with the ground's roughness over ``box`` (x, y, width, height); empty for a smooth look.

    The first tile starts at the user units' origin, which is to be the corner of the drawing's square. Programs that know no masks
    (plotters, some converters) show smooth lines instead.
    """
    if look.grain == 0:
        return ""
    x, y, width, height = box
    side = tile_side(look) * scale / CANVAS
    texel = side / TILE
    # A texel of the neighbors on every side: where viewers blend a picture's edge with nothing, the pattern cuts it off.
    tile = np.pad(roughness(look.grain), 1, mode="wrap")
    area = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
    return (
        f'<defs><pattern id="{name}-tile" width="{side:g}" height="{side:g}" patternUnits="userSpaceOnUse">'
        f'<image x="{-texel:g}" y="{-texel:g}" width="{side + 2 * texel:g}" height="{side + 2 * texel:g}" preserveAspectRatio="none" '
        f'href="{_png_uri(tile)}"/></pattern>'
        f'<mask id="{name}" maskUnits="userSpaceOnUse" {area}><rect {area} fill="url(#{name}-tile)"/></mask></defs>\n'
    )


def chain_data(chain: NDArray[np.float64], digits: int = 2) -> str:
    """Path data of a chain of cubics (3 k + 1, 2) in user units."""
    numbers = [f"{x:.{digits}f},{y:.{digits}f}" for x, y in chain]
    return f"M{numbers[0]}C{' '.join(numbers[1:])}"


@lru_cache(maxsize=8)
def _profile(shares: tuple[float, ...]) -> PchipInterpolator:
    """The width from a stroke's end (0) to its middle (1): smooth, and never beyond the shares that it goes through."""
    knots = shares if len(shares) > 1 else (*shares, *shares)
    return PchipInterpolator(np.linspace(0, 1, len(knots)), knots)


def _even_places(curves: Curves, u: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Points (m, q, 2) of chains at fractions ``u`` of their lengths, the unit directions there, and the lengths (m,)."""
    count = curves.shape[1] // 3
    fine = np.linspace(0, 1, 1 + max(4, 64 // count))
    pieces = np.stack([curves[:, 3 * i : 3 * i + 4] for i in range(count)], axis=1)
    dense = bernstein(fine) @ pieces
    dense = np.concatenate([dense[:, :, :-1].reshape(len(curves), -1, 2), dense[:, -1:, -1]], axis=1)
    steps = np.linalg.norm(np.diff(dense, axis=1), axis=-1)
    lengths = np.concatenate([np.zeros((len(curves), 1)), np.cumsum(steps, axis=1)], axis=1)
    grid = np.arange(dense.shape[1])
    points, along = np.empty((len(curves), len(u), 2)), np.empty((len(curves), len(u), 2))
    for row, (chain, length) in enumerate(zip(dense, lengths, strict=True)):
        at = np.interp(u * length[-1], length, grid) if length[-1] > 0 else u * (len(grid) - 1)
        points[row] = _at(chain, at)
        along[row] = _at(chain, np.minimum(at + 0.5, grid[-1])) - _at(chain, np.maximum(at - 0.5, 0))
    size = np.linalg.norm(along, axis=-1, keepdims=True)
    return points, np.where(size > 1e-12, along / np.maximum(size, 1e-12), (1.0, 0.0)), lengths[:, -1]


def _at(chain: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """A polyline (n, 2) at places counted in its vertices."""
    grid = np.arange(len(chain))
    return np.stack([np.interp(places, grid, chain[:, axis]) for axis in (0, 1)], axis=-1)


def _derivative(curves: Curves, t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Derivatives (m, q, 2) of single cubics at the parameters ``t``."""
    steps = 3 * np.diff(curves, axis=1)
    s = 1 - t
    return np.stack([s * s, 2 * s * t, t * t], axis=-1) @ steps


def _hermite(places: NDArray[np.float64], handles: NDArray[np.float64]) -> Curves:
    """Chains of cubics (m, 3 (q - 1) + 1, 2) through places (m, q, 2) with handles (m, q, 2) to both sides."""
    chains = np.empty((len(places), 3 * places.shape[1] - 2, 2))
    chains[:, ::3] = places
    chains[:, 1::3] = places[:, :-1] + handles[:, :-1]
    chains[:, 2::3] = places[:, 1:] - handles[:, 1:]
    return chains


def _half_circle(
    center: NDArray[np.float64], ahead: NDArray[np.float64], side: NDArray[np.float64], radius: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The control points (m, 6, 2) after the first of a half circle from ``side`` over ``ahead`` to the other side."""
    legs = [(1, _ARC), (_ARC, 1), (0, 1), (-_ARC, 1), (-1, _ARC), (-1, 0)]
    return np.stack([center + radius[:, None] * (a * side + b * ahead) for a, b in legs], axis=1)


def _png_uri(tile: NDArray[np.uint8]) -> str:
    from PIL import Image

    buffer = io.BytesIO()
    # 16 steps are enough for specks, and half the bytes.
    Image.fromarray(tile // 16 * 17).quantize(16).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
