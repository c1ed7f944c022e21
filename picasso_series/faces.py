"""Subject -> the eyes and noses that make a face of what is drawn.

An eye is a few pixels of a photo and most of what an animal is known by: contrast alone cannot tell it from a spot in fur. Where they
are is what the embedded encoder has learned. Knows the prepared subject and a map of them; knows no lines and no torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.feature import peak_local_max

from picasso_series.levels import Subject
from picasso_series.strokes import CANVAS

FindFaces = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""A picture (H, W, 3) -> where it has eyes and noses, (H, W) in [0, 1]."""

MOST = 4
"""Most marks of a subject: more are a crowd's, which are no longer telling, or spots of fur."""
UNLIKELY = 0.4
"""Places of which a map is less sure are not looked at."""
TEXTURE = 0.5
"""So much of how sure the map is of one mark too many is taken from all."""
SURE = 0.65
"""How sure the map must be of a mark after that."""
SPREAD = 0.3
"""A mark is a Gaussian bump in the map, whose deviation is this share of its diameter."""
APART = 0.02
"""Marks are further apart than this share of the picture."""
WIDEST = 0.15
"""No mark's radius is more than this share of the picture: no wider ones were taught."""


@dataclass(frozen=True)
class Mark:
    """An eye or a nose: its center and its radius in pixels."""

    x: float
    y: float
    radius: float


def find_marks(subject: Subject, find_faces: FindFaces) -> tuple[Mark, ...]:
    """The marks of a subject in canvas pixels, the surest first."""
    scale = CANVAS / subject.detail.shape[0]
    found = peaks(find_faces(subject.detail[..., :3]), subject.detail[..., 3] / 255)
    return tuple(Mark(mark.x * scale, mark.y * scale, mark.radius * scale) for mark in found)


def peaks(seen: NDArray[np.float32], mask: NDArray[np.float64]) -> list[Mark]:
    """The marks that a map (H, W) shows within a mask (H, W), in their pixels, the surest first.

    Where many places look like an eye it is a leopard's fur that does: the surer the map is of a fifth, the less sure are all. The price
    is that of two full faces side by side there may be none. What is sure beside the subject still suppresses what is near within it,
    for its slope is no eye.
    """
    tops = peak_local_max(seen, min_distance=round(APART * max(mask.shape)), threshold_abs=UNLIKELY, exclude_border=False)
    places = [(float(seen[y, x]), int(x), int(y)) for y, x in tops if mask[y, x] > 0.5]
    texture = TEXTURE * (places[MOST][0] - UNLIKELY) if len(places) > MOST else 0.0
    return [Mark(x + 0.5, y + 0.5, _radius(seen, x, y)) for sure, x, y in places[:MOST] if sure - texture >= SURE]


def _radius(seen: NDArray[np.float32], x: int, y: int) -> float:
    """Half the diameter of the mark whose bump is highest at a place."""
    blobs, _ = ndimage.label(seen > 0.5 * seen[y, x])
    half_width = math.sqrt(int((blobs == blobs[y, x]).sum()) / math.pi)
    deviation = half_width / math.sqrt(2 * math.log(2))
    return min(0.5 * deviation / SPREAD, WIDEST * float(max(seen.shape)))
