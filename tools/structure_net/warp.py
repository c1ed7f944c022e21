"""Random changes of pictures as batches of tensors: where they are seen from, their colors, their sharpness."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

Rng = np.random.Generator


def uniform(rng: Rng, count: int, low: float, high: float) -> Tensor:
    """Random numbers (count, 1, 1, 1)."""
    return torch.from_numpy(rng.uniform(low, high, (count, 1, 1, 1)).astype(np.float32))


def chance(rng: Rng, count: int, share: float) -> Tensor:
    """1 with probability ``share``, else 0: (count, 1, 1, 1)."""
    return torch.from_numpy((rng.random((count, 1, 1, 1)) < share).astype(np.float32))


def grids(rng: Rng, count: int, side: int, scale: tuple[float, float], shift: float, turn: float) -> Tensor:
    """Sampling grids (count, side, side, 2): ``scale`` below 1 enlarges (log-uniform); half of them mirror."""
    size = np.exp(rng.uniform(math.log(scale[0]), math.log(scale[1]), count))
    aspect = np.exp(rng.normal(0, 0.08, count))
    angle = rng.normal(0, turn, count)
    mirror = rng.choice([-1.0, 1.0], count)
    maps = np.zeros((count, 2, 3), np.float32)
    maps[:, 0, 0], maps[:, 0, 1] = size * aspect * np.cos(angle) * mirror, -size * np.sin(angle)
    maps[:, 1, 0], maps[:, 1, 1] = size * np.sin(angle) * mirror, size / aspect * np.cos(angle)
    maps[:, :, 2] = rng.uniform(-shift, shift, (count, 2))
    return F.affine_grid(torch.from_numpy(maps), [count, 1, side, side], align_corners=False)


def see(pictures: Tensor, grid: Tensor, outside: str) -> Tensor:
    """Pictures through grids; ``outside`` is "zeros", "border" or "reflection"."""
    return F.grid_sample(pictures, grid, padding_mode=outside, align_corners=False)


def recolor(rng: Rng, pictures: Tensor, strength: float = 1.0) -> Tensor:
    """Other saturation, contrast, brightness and tint."""
    count = len(pictures)
    gray = pictures.mean(1, keepdim=True)
    pictures = gray + (pictures - gray) * uniform(rng, count, 1 - strength, 1 + 0.4 * strength)
    contrast = uniform(rng, count, 1 - 0.4 * strength, 1 + 0.3 * strength)
    shift = rng.normal(0, 0.09 * strength, (count, 1, 1, 1)) + rng.normal(0, 0.04 * strength, (count, 3, 1, 1))
    return ((pictures - 0.5) * contrast + 0.5 + torch.from_numpy(shift.astype(np.float32))).clamp(0, 1)


def blur(pictures: Tensor, reach: int) -> Tensor:
    """Two running means of 2 ``reach`` + 1 pixels: nearly a Gaussian."""
    if reach == 0:
        return pictures
    for _ in range(2):
        pictures = F.avg_pool2d(pictures, 2 * reach + 1, 1, reach, count_include_pad=False)
    return pictures


def grain(rng: Rng, pictures: Tensor, most: float) -> Tensor:
    """Gray noise of up to ``most``, another amount in each picture."""
    noise = torch.from_numpy(rng.standard_normal((len(pictures), 1, *pictures.shape[2:]), dtype=np.float32))
    return (pictures + noise * uniform(rng, len(pictures), 0, most)).clamp(0, 1)
