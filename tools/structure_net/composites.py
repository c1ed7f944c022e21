"""Photos whose subject is known: cut-outs laid over other photos, with what makes real photos hard."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from tools.structure_net import clutter
from tools.structure_net.arrays import Shelf
from tools.structure_net.warp import Rng, blur, chance, grain, grids, recolor, see, uniform

OWN_DOMAIN = 5
"""The domain of cut-outs from their own archive; the others are PACS pictures before a plain backdrop, with rougher edges."""
OWN_SHARE, LENT_SHARE = 0.65, 0.35
"""Share of the archive's own among the cut-outs, and of subjects of real photos, where such are lent, among all."""
ROUGH = 1
"""Domain whose pictures before a plain backdrop are rarely cut out well: paintings."""
SMALL_SHARE = 0.3
"""Share of the subjects that are much smaller than the picture."""
SCENES = (0, 1, 4)
"""Domains whose pictures serve as backgrounds: photos and paintings."""


class Composer:
    """Lays cut-outs, and subjects that real photos have lent, over photos; every batch is decided by its random generator."""

    def __init__(self, cutouts: Shelf, photos: Shelf, lent: Shelf | None = None) -> None:
        self._cutouts = cutouts if lent is None else cutouts.joined(lent)
        self._lent = 0 if lent is None else len(lent.pixels)
        self._own = np.flatnonzero(cutouts.domain == OWN_DOMAIN)
        self._others = np.flatnonzero(~np.isin(cutouts.domain, (OWN_DOMAIN, ROUGH)))
        self._photos = photos.only(np.isin(photos.domain, SCENES))
        self._weights = np.where(self._photos.domain == 1, 0.3, 1.0)
        self._weights /= self._weights.sum()

    def choose(self, rng: Rng, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Numbers of cut-outs."""
        if len(self._others):
            chosen = np.where(rng.random(count) < OWN_SHARE, rng.choice(self._own, count), rng.choice(self._others, count))
        else:
            chosen = rng.choice(self._own, count)
        if not self._lent:
            return chosen
        lent = rng.integers(len(self._cutouts.pixels) - self._lent, len(self._cutouts.pixels), count)
        return np.where(rng.random(count) < LENT_SHARE, lent, chosen)

    def batch(self, rng: Rng, count: int, side: int) -> tuple[Tensor, Tensor]:
        """Pictures (count, 3, side, side) and how much of each pixel is subject, (count, 1, side, side)."""
        color, alpha = self._subjects(rng, count, side)
        scene = self.scenes(rng, count, side)
        scene = _matched(rng, scene, color, alpha)
        scene = self._distracted(rng, scene, side)
        behind = clutter.cover(rng, count, side, 0.35, (clutter.fence, clutter.poles, clutter.ground))
        paint = torch.from_numpy(rng.random((count, 3, 1, 1)).astype(np.float32))
        scene = scene + behind * uniform(rng, count, 0.4, 1.0) * (paint - scene)
        scene = blur(scene, int(rng.choice([0, 0, 0, 1, 2])))
        scene = shadowed(rng, scene, alpha)
        scene = _mirrored(rng, scene, color, alpha)
        picture = color + scene * (1 - alpha)
        # Thin things in front do not cut the subject in two: who draws it draws it whole.
        before = clutter.cover(rng, count, side, 0.1, (clutter.fence,))
        picture = picture + before * (1 - paint - picture)
        turf = clutter.cover(rng, count, side, 0.1, (clutter.grass,))
        picture = picture + turf * (scene.roll(1, 0) - picture)
        alpha = alpha * (1 - turf)
        return _exposed(rng, picture), alpha

    def _subjects(self, rng: Rng, count: int, side: int) -> tuple[Tensor, Tensor]:
        """Colors, premultiplied, and alpha; some in twos, some much smaller than the picture, some larger."""
        small = round(SMALL_SHARE * count)
        source = self._cutouts.planes(self.choose(rng, count))
        far = see(F.avg_pool2d(source[:small], 2), grids(rng, small, side, (1.4, 3.2), 1.3, 0.12), "zeros")
        near = see(source[small:], grids(rng, count - small, side, (0.6, 1.5), 0.4, 0.12), "zeros")
        planes = torch.cat([far, near])
        twin = see(planes, grids(rng, count, side, (0.9, 1.3), 0.6, 0.08), "zeros") if rng.random() < 0.15 else None
        if twin is not None:
            planes = torch.where(chance(rng, count, 0.5) > 0, planes + twin * (1 - planes[:, 3:]), planes)
        alpha = planes[:, 3:].clamp(0, 1)
        plain = torch.where(alpha > 0.02, planes[:, :3] / alpha.clamp(min=0.02), 0.5).clamp(0, 1)
        slope = torch.linspace(-1, 1, side)
        light = 1 + uniform(rng, count, -0.25, 0.25) * slope.view(1, 1, 1, -1) + uniform(rng, count, -0.25, 0.25) * slope.view(1, 1, -1, 1)
        plain = recolor(rng, plain, 0.7) * light
        if rng.random() < 0.3:
            plain, alpha = blur(plain, 1), blur(alpha, 1)
        return plain.clamp(0, 1) * alpha, alpha

    def scenes(self, rng: Rng, count: int, side: int) -> Tensor:
        """Backgrounds: a photo; one above another's ground; a plain wall or gradient."""
        scene = self._seen(rng, count, side)
        across, down = torch.linspace(-1, 1, side).view(1, 1, 1, -1), torch.linspace(-1, 1, side).view(1, 1, -1, 1)
        paint = torch.from_numpy(rng.random((count, 3, 1, 1)).astype(np.float32))
        parted = round(0.3 * count)
        horizon = uniform(rng, parted, -0.4, 0.9) + uniform(rng, parted, -0.15, 0.15) * across
        below = torch.sigmoid((down - horizon) * uniform(rng, parted, 8, 90))
        floor = torch.lerp(scene.roll(parted, 0)[:parted], paint[:parted].expand(-1, -1, side, side), uniform(rng, parted, 0, 0.9))
        scene = torch.cat([torch.lerp(scene[:parted], floor, below), scene[parted:]])
        wall = (paint + uniform(rng, count, -0.3, 0.3) * down + uniform(rng, count, -0.2, 0.2) * across).clamp(0, 1)
        walled = chance(rng, count, 0.2) * uniform(rng, count, 0.6, 1.0)
        order = torch.from_numpy(rng.permutation(count))
        return recolor(rng, scene + walled * (wall - scene))[order]

    def _seen(self, rng: Rng, count: int, side: int) -> Tensor:
        numbers = rng.choice(len(self._photos.pixels), count, p=self._weights)
        return see(self._photos.planes(numbers), grids(rng, count, side, (0.3, 1.3), 0.7, 0.15), "reflection")

    def _distracted(self, rng: Rng, scene: Tensor, side: int) -> Tensor:
        """Some scenes with a smaller thing behind the subject that is none."""
        count = len(scene) // 6
        planes = see(F.avg_pool2d(self._cutouts.planes(self.choose(rng, count)), 2), grids(rng, count, side, (2.8, 6), 4.0, 0.1), "zeros")
        planes = blur(planes, int(rng.integers(0, 3)))
        picked = torch.from_numpy(rng.choice(len(scene), count, replace=False))
        scene = scene.clone()
        scene[picked] = planes[:, :3] + scene[picked] * (1 - planes[:, 3:])
        return scene


def _matched(rng: Rng, scene: Tensor, color: Tensor, alpha: Tensor) -> Tensor:
    """Some scenes in the subject's own colors, so that color alone does not tell it."""
    weight = alpha.sum((2, 3), keepdim=True).clamp(min=1)
    mine = color.sum((2, 3), keepdim=True) / weight
    spread = ((color - mine * alpha).square().sum((2, 3), keepdim=True) / weight + 1e-4).sqrt()
    theirs, width = scene.mean((2, 3), keepdim=True), scene.std((2, 3), keepdim=True) + 1e-2
    share = chance(rng, len(scene), 0.4) * uniform(rng, len(scene), 0.2, 0.9)
    gain = torch.lerp(torch.ones_like(width), spread / width, share).clamp(0.2, 4)
    return ((scene - theirs) * gain + torch.lerp(theirs, mine, share)).clamp(0, 1)


def shadowed(rng: Rng, scene: Tensor, alpha: Tensor) -> Tensor:
    """Cast shadows: the subject's shape, leaning and flattened towards its feet, dark and soft."""
    count, side = len(scene), scene.shape[-1]
    half = F.avg_pool2d(alpha, 2)
    down = torch.linspace(-1, 1, half.shape[-1])
    feet = torch.stack([down[rows.nonzero().max()] if rows.any() else down[-1] for rows in (half[:, 0] > 0.3).any(2)])
    lean, flat = rng.uniform(-1.2, 1.2, count).astype(np.float32), np.exp(rng.uniform(np.log(0.15), np.log(1.1), count)).astype(np.float32)
    maps = torch.zeros(count, 2, 3)
    maps[:, 0, 0] = 1
    maps[:, 0, 1] = torch.from_numpy(lean)
    maps[:, 0, 2] = -torch.from_numpy(lean) * feet + torch.from_numpy(rng.normal(0, 0.05, count).astype(np.float32))
    maps[:, 1, 1] = torch.from_numpy(1 / flat * np.where(rng.random(count) < 0.25, -1, 1).astype(np.float32))
    maps[:, 1, 2] = feet * (1 - maps[:, 1, 1]) - 0.03
    cast = see(half, F.affine_grid(maps, [count, 1, half.shape[-1], half.shape[-1]], align_corners=False), "zeros")
    cast = F.interpolate(blur(cast, int(rng.integers(0, 4))), size=(side, side), mode="bilinear", align_corners=False)
    return scene * (1 - cast * chance(rng, count, 0.5) * uniform(rng, count, 0.2, 0.75))


def _mirrored(rng: Rng, scene: Tensor, color: Tensor, alpha: Tensor) -> Tensor:
    """A few scenes with the subject's reflection below it, as on water or a polished floor."""
    scene = scene.clone()
    for number in np.flatnonzero(rng.random(len(scene)) < 0.06):
        rows = (alpha[number, 0] > 0.3).any(1).nonzero()
        if not len(rows):
            continue
        feet, side = int(rows.max()) + 1, scene.shape[-1]
        room = min(side - feet, feet)
        fade = torch.linspace(float(rng.uniform(0.3, 0.8)), 0.1, room)[:, None] if room else None
        if fade is not None:
            own, cover = color[number, :, feet - room : feet].flip(1), alpha[number, :, feet - room : feet].flip(1)
            below = scene[number, :, feet : feet + room]
            scene[number, :, feet : feet + room] = below + fade * (own - cover * below)
    return scene


def _exposed(rng: Rng, picture: Tensor) -> Tensor:
    """What the camera adds: softness, glare, grain, now and then no color."""
    count, side = len(picture), picture.shape[-1]
    if rng.random() < 0.3:
        picture = blur(picture, 1)
    place = torch.linspace(-1, 1, side)
    far = (place.view(1, 1, 1, -1) - uniform(rng, count, -1, 1)).square() + (place.view(1, 1, -1, 1) - uniform(rng, count, -1, 1)).square()
    glare = torch.exp(-far / uniform(rng, count, 0.02, 0.5)) * chance(rng, count, 0.15) * uniform(rng, count, 0.2, 0.8)
    picture = picture + glare * (1 - picture)
    gray = chance(rng, count, 0.08)
    picture = torch.lerp(picture, picture.mean(1, keepdim=True).expand_as(picture), gray)
    return grain(rng, picture, 0.05)
