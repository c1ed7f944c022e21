"""Views: small changes of where pictures are seen from, drawn once and shared by photo and drawing.

A feature that is right from one place only is no feature of the subject. Each kind holds a pool of views made beforehand, so that the
photo's features are computed once for each; the first view of a pool is the picture as it is. Knows pictures; knows no encoder and no
loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

AFFINE_POOL = 8
"""Views in an affine pool."""
DRAWS = 32
"""Perspective views of a pool beside the clean one, from which CLIPasso's four of an iteration are taken.

CLIPasso draws afresh every time; 32 draws give 35960 different fours, for the time of 7 iterations and 80 MB of RN101's features.
"""
AUGMENTED = 4
"""CLIPasso's augmented views beside the clean one, in every iteration."""
DISTORTION = 0.5
"""How far a corner may go, as a share of half the picture's side (CLIPasso)."""
CROP = 0.8
"""The share of the picture's area that is kept (CLIPasso)."""

Kind = Literal["affine", "perspective"]


class Views(Protocol):
    """A pool of views.

    Attributes:
        count: how many there are; view 0 is the picture as it is.
        judges: the views through which drawings are judged, so that two judgments of one drawing agree.
    """

    count: int
    judges: tuple[int, ...]

    def draw(self, rng: np.random.Generator) -> list[int]:
        """The views of one iteration."""
        ...

    def see(self, pictures: Tensor, views: Sequence[int]) -> Tensor:
        """Pictures (B, C, H, H) through each of V views: (B * V, C, resolution, resolution), all views of a picture together."""
        ...


def make_views(kind: Kind, resolution: int, seed: int, device: str = "cpu", draws: int = DRAWS) -> Views:
    """A pool of views of either kind, for pictures seen at so many pixels; ``seed`` decides all but the first.

    ``draws`` is the number of perspective views beside the clean one.
    """
    return AffineViews(resolution, seed, device) if kind == "affine" else PerspectiveViews(resolution, seed, device, 1 + draws)


class AffineViews:
    """Slight turns, shifts and scales, one an iteration; what lies outside goes on as at the edge."""

    count: int = AFFINE_POOL
    judges: tuple[int, ...] = (0, 1)

    def __init__(self, resolution: int, seed: int, device: str = "cpu") -> None:
        """Draw the pool."""
        self._resolution = resolution
        maps = _affine_maps(self.count, torch.Generator().manual_seed(seed))
        grid = F.affine_grid(maps, [self.count, 1, resolution, resolution], align_corners=False)
        self._outside = "border"
        if device == "mps":
            # Older torches lack "border" there; places drawn in to the edge's pixels never need it.
            edge = 1 - 1 / resolution
            grid, self._outside = grid.clamp(-edge, edge), "zeros"
        self._grid = grid.to(device)

    def draw(self, rng: np.random.Generator) -> list[int]:
        """See :class:`Views`."""
        return [int(rng.integers(self.count))]

    def see(self, pictures: Tensor, views: Sequence[int]) -> Tensor:
        """See :class:`Views`."""
        small = F.interpolate(pictures, size=(self._resolution,) * 2, mode="area")
        return _sample(small, taken(self._grid, views), self._outside)


@dataclass(frozen=True)
class PerspectiveDraw:
    """One draw of CLIPasso's augmentation, in pixels of the picture.

    Attributes:
        corners: where the picture's corner pixels go, (x, y) clockwise from the upper left.
        crop: left and upper edge of the square that is then cut out and brought back to full size.
    """

    corners: tuple[tuple[int, int], ...]
    crop: tuple[int, int]


class PerspectiveViews:
    """CLIPasso's augmentation (Vinker et al. 2022, section 3.2): a random perspective on black, then a random crop of 0.8.

    Torchvision's ``RandomPerspective(0.5, p=1, fill=0)`` and ``RandomResizedCrop(side, scale=(0.8, 0.8), ratio=(1, 1))`` with the same
    distributions, but as one map, so that pixels are interpolated once in place of twice: seen pictures are slightly sharper. Every
    iteration looks through the clean view and four others.
    """

    judges: tuple[int, ...] = (0,)

    def __init__(self, resolution: int, seed: int, device: str = "cpu", count: int = 1 + DRAWS) -> None:
        """Draw the pool."""
        self._resolution, self.count = resolution, count
        rng = np.random.default_rng([seed, resolution])
        self.draws = tuple(_draw_perspective(resolution, rng) for _ in range(count - 1))
        """The pool's draws but for the clean view: view k is draw k - 1."""
        grids = [_pixel_centers(resolution), *(perspective_places(resolution, draw) for draw in self.draws)]
        self._grid = torch.as_tensor(np.stack(grids) * (2 / resolution) - 1, dtype=torch.float32, device=device)

    def draw(self, rng: np.random.Generator) -> list[int]:
        """See :class:`Views`."""
        return [0, *(1 + rng.choice(self.count - 1, AUGMENTED, replace=False)).tolist()]

    def see(self, pictures: Tensor, views: Sequence[int]) -> Tensor:
        """See :class:`Views`."""
        if pictures.shape[-1] != self._resolution:
            pictures = F.interpolate(pictures, size=(self._resolution,) * 2, mode="bilinear", align_corners=False, antialias=True)
        return _sample(pictures, taken(self._grid, views), "zeros")


def perspective_places(side: int, draw: PerspectiveDraw) -> NDArray[np.float64]:
    """Where each pixel of the augmented picture comes from: (side, side, 2), x and y in pixels, 0.5 being the first pixel's center."""
    cut = _crop_side(side)
    places = _pixel_centers(side) * (cut / side) + np.array(draw.crop)
    back = _homography(np.array(draw.corners, np.float64), _corners(side))
    x, y = places[..., 0], places[..., 1]
    # Torchvision finds the map between whole pixel numbers and applies it to pixel centers; so do we.
    depth = back[2, 0] * x + back[2, 1] * y + 1
    across = (back[0, 0] * x + back[0, 1] * y + back[0, 2]) / depth
    down = (back[1, 0] * x + back[1, 1] * y + back[1, 2]) / depth
    return np.stack([across, down], -1)


def _pixel_centers(side: int) -> NDArray[np.float64]:
    x, y = np.meshgrid(np.arange(side) + 0.5, np.arange(side) + 0.5)
    return np.stack([x, y], -1)


def _crop_side(side: int) -> int:
    return int(round((CROP * side * side) ** 0.5))


def _draw_perspective(side: int, rng: np.random.Generator) -> PerspectiveDraw:
    reach = int(DISTORTION * (side // 2))
    # Each corner goes inward on both axes.
    corners = abs(_corners(side).astype(int) - rng.integers(0, reach + 1, (4, 2)))
    left, top = rng.integers(0, side - _crop_side(side) + 1, 2)
    return PerspectiveDraw(tuple((int(x), int(y)) for x, y in corners), (int(left), int(top)))


def _corners(side: int) -> NDArray[np.float64]:
    """The corner pixels (4, 2), x and y, clockwise from the upper left."""
    return np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]) * (side - 1)


def _homography(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The projective map (3, 3), its last entry 1, that takes four points (4, 2) to four others."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    found: NDArray[np.float64] = np.append(np.linalg.solve(np.array(rows), np.array(values)), 1.0).reshape(3, 3)
    return found


def _affine_maps(count: int, generator: torch.Generator) -> Tensor:
    """Affine maps (count, 2, 3): the identity, then slight turns, shifts and scales."""
    scale = torch.empty(count).uniform_(0.8, 1.05, generator=generator)
    angle = torch.randn(count, generator=generator) * 0.06
    shift = torch.empty(count, 2).uniform_(-0.08, 0.08, generator=generator)
    cosine, sine = scale * angle.cos(), scale * angle.sin()
    maps = torch.stack([torch.stack([cosine, -sine, shift[:, 0]], 1), torch.stack([sine, cosine, shift[:, 1]], 1)], 1)
    maps[0] = torch.tensor([[1.0, 0, 0], [0, 1, 0]])
    return maps


def taken(pool: Tensor, views: Sequence[int]) -> Tensor:
    """The entries of a pool (V, …) that belong to some views; unlike an index made of a list, it sends nothing to the device."""
    return torch.stack([pool[view] for view in views])


def _sample(pictures: Tensor, grid: Tensor, outside: str) -> Tensor:
    repeated = pictures.repeat_interleave(len(grid), dim=0)
    return F.grid_sample(repeated, grid.repeat(len(pictures), 1, 1, 1), padding_mode=outside, align_corners=False)
