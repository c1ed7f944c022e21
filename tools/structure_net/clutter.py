"""What stands about in photos and is not the subject: fences, poles, ground lines, blades of grass, drawn by a random hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from tools.structure_net.warp import Rng

Pen = Callable[[ImageDraw.ImageDraw, int, Rng], None]


def fence(draw: ImageDraw.ImageDraw, side: int, rng: Rng) -> None:
    """Posts, and rails between them."""
    top, bottom = rng.uniform(0.1, 0.6) * side, rng.uniform(0.6, 1.1) * side
    gap, width = rng.uniform(0.06, 0.35) * side, rng.uniform(0.006, 0.035) * side
    lean = rng.normal(0, 0.03) * side
    for x in np.arange(rng.uniform(0, gap), side, gap):
        draw.line([(x, top), (x + lean, bottom)], fill=255, width=max(1, round(width)))
    for share in rng.uniform(0.05, 0.9, rng.integers(1, 5)):
        y = top + share * (bottom - top)
        draw.line([(0, y), (side, y + rng.normal(0, 0.05) * side)], fill=255, width=max(1, round(width * rng.uniform(0.5, 1.5))))


def poles(draw: ImageDraw.ImageDraw, side: int, rng: Rng) -> None:
    """Trunks, masts, door posts."""
    for x in rng.uniform(0, side, rng.integers(1, 5)):
        width = rng.uniform(0.01, 0.12) * side
        lean = rng.normal(0, 0.08) * side
        draw.line([(x, -2), (x + lean, rng.uniform(0.4, 1.1) * side)], fill=255, width=max(1, round(width)))


def ground(draw: ImageDraw.ImageDraw, side: int, rng: Rng) -> None:
    """Wavering lines from side to side: a horizon, a path, the edge of a table."""
    for y in rng.uniform(0.25, 1, rng.integers(1, 4)) * side:
        x = np.linspace(0, side, 9)
        height = y + np.cumsum(rng.normal(0, 0.012, 9)) * side + rng.normal(0, 0.15) * (x - side / 2)
        draw.line(list(zip(x.tolist(), height.tolist(), strict=True)), fill=255, width=max(1, round(rng.uniform(0.005, 0.03) * side)))


def grass(draw: ImageDraw.ImageDraw, side: int, rng: Rng) -> None:
    """A strip along the lower edge with a ragged top."""
    count = int(rng.integers(12, 60))
    x = np.sort(rng.uniform(0, side, count))
    y = side * (rng.uniform(0.75, 0.97) - rng.uniform(0.005, 0.12) * rng.random(count))
    draw.polygon([(0, side), (0, float(y[0])), *zip(x.tolist(), y.tolist(), strict=True), (side, float(y[-1])), (side, side)], fill=255)


def cover(rng: Rng, count: int, side: int, share: float, pens: tuple[Pen, ...]) -> Tensor:
    """How much of each pixel of ``count`` pictures is covered, (count, 1, side, side); a ``share`` of the pictures gets anything."""
    found = np.zeros((count, side, side), np.uint8)
    for number in np.flatnonzero(rng.random(count) < share):
        picture = Image.new("L", (side, side), 0)
        pens[rng.integers(len(pens))](ImageDraw.Draw(picture), side, rng)
        found[number] = np.asarray(picture)
    return torch.from_numpy(found)[:, None].float().div_(255)
