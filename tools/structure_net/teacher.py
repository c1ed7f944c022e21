"""Self-training: the net's own maps of real photos, where it is sure of them, as something to learn from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from picasso_series.strokes import CANVAS
from tools.structure_net.arrays import Shelf
from tools.structure_net.net import Net
from tools.structure_net.warp import Rng, blur, grids, recolor, see

DOMAINS = (0, 4)
"""Photos of PACS and of the ImageNet sample."""
SIDES = (144, 192)
SURE, AGREED = 0.86, 0.8
"""Share of a map that must be clear, and overlap that maps at two sizes must have."""
FRAMED = 0.06
"""Share of a photo's border that a subject may touch and still be lent to other photos."""
LENT_SIDE = CANVAS
"""Side in pixels of the cut-outs that it lends, which is that of all others."""


@dataclass(frozen=True, eq=False)
class Taught:
    """Photos with maps: shelf, and maps uint8 (N, H, W)."""

    photos: Shelf
    maps: NDArray[np.uint8]

    def save(self, file: Path) -> None:
        """Write the maps and the names of their photos."""
        np.savez_compressed(file, name=self.photos.name, maps=self.maps)

    @classmethod
    def load(cls, file: Path, photos: Shelf) -> Taught:
        """Read what :meth:`save` wrote; ``photos`` holds the photos."""
        with np.load(file) as stored:
            return cls(photos.only(np.isin(photos.name, stored["name"])), stored["maps"])

    def without(self, names: Collection[str]) -> Taught:
        """The photos that are not named so."""
        kept = ~np.isin(self.photos.name, sorted(names))
        return Taught(self.photos.only(kept), self.maps[kept])

    def batch(self, rng: Rng, count: int, side: int) -> tuple[Tensor, Tensor]:
        """Pictures (count, 3, side, side) and their subjects (count, 1, side, side)."""
        numbers = rng.integers(0, len(self.maps), count)
        maps = torch.from_numpy(self.maps[numbers])[:, None].float().div_(255)
        both = see(torch.cat([self.photos.planes(numbers), maps], 1), grids(rng, count, side, (0.6, 1.05), 0.15, 0.08), "reflection")
        return recolor(rng, both[:, :3], 0.8), both[:, 3:]

    def cutouts(self) -> Shelf:
        """Its subjects cut out, colors premultiplied, but for those that the photo's border cuts through."""
        border = np.ones(self.maps.shape[1:], bool)
        border[1:-1, 1:-1] = False
        whole = (self.maps[:, border] > 127).mean(1) < FRAMED
        photos, pixels = self.photos.only(whole), []
        for number, map_ in enumerate(self.maps[whole]):
            color = photos.planes(np.array([number]))
            alpha = torch.from_numpy(map_)[None, None].float().div_(255)
            alpha = ((alpha - 0.5) * 2).clamp(0, 1)
            # The outermost pixels hold some of the old background: they take their color from further in.
            inner = (-F.max_pool2d(-alpha, 5, 1, 2) > 0.9).float()
            near = blur(inner, 3)
            spread = blur(color * inner, 3) / near.clamp(min=1e-3)
            color = torch.where((inner < 0.5) & (near > 0.02), spread, color)
            planes = F.interpolate(torch.cat([color * alpha, alpha], 1), size=(LENT_SIDE, LENT_SIDE), mode="bilinear", align_corners=False)
            pixels.append(planes[0].mul(255).round().byte().permute(1, 2, 0).numpy())
        return replace(photos, pixels=np.stack(pixels) if pixels else np.zeros((0, LENT_SIDE, LENT_SIDE, 4), np.uint8))


@torch.no_grad()
def teach(net: Net, photos: Shelf) -> Taught:
    """Keep the photos in which the net, in evaluation mode, sees one clear subject."""
    wanted = photos.only(np.isin(photos.domain, DOMAINS))
    maps, kept = [], []
    for first in range(0, len(wanted.pixels), 16):
        numbers = np.arange(first, min(first + 16, len(wanted.pixels)))
        found = [_seen(net, wanted.planes(numbers), side) for side in SIDES]
        mean = (found[0] + found[1]) / 2
        solid = [each > 0.5 for each in found]
        agreed = (solid[0] & solid[1]).sum((1, 2, 3)) / (solid[0] | solid[1]).sum((1, 2, 3)).clamp(min=1)
        clear = ((mean - 0.5).abs() > 0.3).float().mean((1, 2, 3))
        size = (mean > 0.5).float().mean((1, 2, 3))
        kept.append(((agreed > AGREED) & (clear > SURE) & (size > 0.03) & (size < 0.75)).numpy())
        maps.append(torch.sigmoid(3 * torch.logit(mean, 1e-4)).mul(255).round().byte()[:, 0].numpy())
    which = np.concatenate(kept)
    return Taught(wanted.only(which), np.concatenate(maps)[which])


def _seen(net: Net, pictures: Tensor, side: int) -> Tensor:
    """Maps at the pictures' size, the mean of those of the pictures and of their mirror images."""
    small = F.interpolate(pictures, size=(side, side), mode="bilinear", align_corners=False, antialias=True)
    with torch.autocast("cpu", torch.bfloat16):
        both = net.subject(net.trunk(torch.cat([small, small.flip(3)]))).float().sigmoid()
    mean = (both[: len(pictures)] + both[len(pictures) :].flip(3)) / 2
    return F.interpolate(mean, size=pictures.shape[2:], mode="bilinear", align_corners=False)
