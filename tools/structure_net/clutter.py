"""What stands about in photos and is not the subject: fences, poles, twigs, ground lines, blades of grass, drawn by a random hand."""

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


def twig(draw: ImageDraw.ImageDraw, side: int, rng: Rng) -> None:
    """A thin branch across the picture, at any angle, with side branches and leaves."""
    angle, width = rng.uniform(0, np.pi), rng.uniform(0.012, 0.05) * side
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    way = np.linspace(-0.8, rng.choice([0.3, 0.8]), 12)
    bend = np.cumsum(rng.normal(0, 0.015, 12))
    points = side * (rng.uniform(0.25, 0.75, 2) + way[:, None] * along + bend[:, None] * across)
    draw.line([tuple(point) for point in points.tolist()], fill=255, width=max(1, round(width)), joint="curve")
    for start in points[rng.random(12) < 0.25]:
        end = start + rng.uniform(0.05, 0.25) * side * (along + rng.choice([-1, 1]) * across)
        draw.line([tuple(start.tolist()), tuple(end.tolist())], fill=255, width=max(1, round(0.6 * width)))
        if rng.random() < 0.6:
            leaf = end + np.outer(np.cos(np.linspace(0, 2 * np.pi, 14)), (end - start) * 0.6)
            leaf += np.outer(np.sin(np.linspace(0, 2 * np.pi, 14)), (end - start)[::-1] * (0.25, -0.25))
            draw.polygon([tuple(point) for point in leaf.tolist()], fill=255)


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
