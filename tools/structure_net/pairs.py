"""Pictures and drawings of them, changed together, for the net to see as one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from tools.structure_net.arrays import Shelf
from tools.structure_net.composites import Composer
from tools.structure_net.warp import Rng, blur, grids, recolor, see, uniform

SIDE = 112
"""The encoder looks at pictures of this side."""
KINDS = (0.18, 0.06, 0.22, 0.2, 0.19, 0.15)
"""How often each kind of drawing is shown: all lines, extended difference of Gaussians, 32, 16, 8 and 4 strokes."""
DOMAINS = (0.35, 0.15, 0.2, 0.15, 0.15)
"""How often whole pictures are photos, paintings, cartoons, sketches and of the ImageNet sample."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pictures (B, 3, SIDE, SIDE), the ink of drawings of them (B, 1, SIDE, SIDE), and PACS classes (B,), -1 where unknown."""

    pictures: Tensor
    ink: Tensor
    label: Tensor


class Pairer:
    """Half cut-outs (most on white, as the program shows them to the encoder), half whole pictures."""

    def __init__(self, cutouts: Shelf, photos: Shelf) -> None:
        self._cutouts, self._photos = cutouts, photos.only(np.asarray(photos.ink.any((1, 2, 3))))
        self._composer = Composer(cutouts, photos)
        weights = np.array([DOMAINS[domain] / (self._photos.domain == domain).sum() for domain in self._photos.domain])
        self._weights = weights / weights.sum()

    def batch(self, rng: Rng, count: int) -> Pairs:
        """A batch of ``count`` pairs."""
        first, second = self._cut(rng, count - count // 2), self._whole(rng, count // 2)
        pictures, ink = (torch.cat(parts) for parts in ((first.pictures, second.pictures), (first.ink, second.ink)))
        return Pairs(pictures, ink, torch.cat([first.label, second.label]))

    def _cut(self, rng: Rng, count: int) -> Pairs:
        numbers = self._composer.choose(rng, count)
        planes = F.interpolate(self._cutouts.planes(numbers), size=(128, 128), mode="area")
        ink = self._cutouts.drawings(numbers, rng.choice(len(KINDS), count, p=KINDS))
        both = see(torch.cat([planes, ink], 1), grids(rng, count, SIDE, (0.8, 1.3), 0.12, 0.12), "zeros")
        alpha, ink = both[:, 3:4].clamp(0, 1), both[:, 4:]
        plain = recolor(rng, torch.where(alpha > 0.02, both[:, :3] / alpha.clamp(min=0.02), 0.5).clamp(0, 1), 0.8)
        ground = torch.ones_like(plain)
        placed = max(1, count // 4)
        ground[:placed] = self._composer.scenes(rng, placed, SIDE)
        return Pairs(plain * alpha + ground * (1 - alpha), self._inked(rng, ink), torch.from_numpy(self._cutouts.label[numbers]))

    def _whole(self, rng: Rng, count: int) -> Pairs:
        numbers = rng.choice(len(self._photos.pixels), count, p=self._weights)
        planes = F.interpolate(self._photos.planes(numbers), size=(128, 128), mode="area")
        ink = self._photos.drawings(numbers, rng.choice(len(KINDS), count, p=KINDS))
        both = see(torch.cat([planes, ink], 1), grids(rng, count, SIDE, (0.8, 1.15), 0.1, 0.12), "border")
        return Pairs(recolor(rng, both[:, :3], 0.8), self._inked(rng, both[:, 3:]), torch.from_numpy(self._photos.label[numbers]))

    @staticmethod
    def _inked(rng: Rng, ink: Tensor) -> Tensor:
        """Another darkness for each drawing, and for some batches a softer pen."""
        return (blur(ink, int(rng.random() < 0.2)) * uniform(rng, len(ink), 0.8, 1.5)).clamp(0, 1)
