"""The loss: how far a drawing is from its subject.

A sum of terms over pictures: the drawing against the line map (normalized cross-correlation at several blurs) and the drawing against
the photo as an encoder sees it (middle layers and embedding, over views that photo and drawing share). Knows pictures and encoders;
knows no strokes, no optimizer and no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from picasso_series.encoders import Encoder, Features
from picasso_series.levels import Subject
from picasso_series.lines import Line, draw_lines
from picasso_series.strokes import CANVAS

POOL = 8
"""Views whose target features are computed beforehand; the first is the whole picture as it is."""
JUDGES = (0, 1)
"""The views on which a drawing is judged, so that two judgments of one drawing agree."""
BACKGROUND = 0.3
"""Weight of the encoder's view outside the subject, against 1 on it."""


class Term(Protocol):
    """One part of the loss, by name."""

    name: str
    weight: float

    def __call__(self, pictures: Tensor, views: Sequence[int]) -> Tensor:
        """Cost (B,) of pictures (B, H, W), 0 black to 1 white, seen through ``views`` of the pool."""
        ...


@dataclass(frozen=True)
class Objective:
    """The weighted sum of terms."""

    terms: tuple[Term, ...]

    def __call__(self, pictures: Tensor, views: Sequence[int] = JUDGES) -> Tensor:
        """Loss (B,) of pictures (B, H, W), 0 black to 1 white."""
        return torch.stack([term.weight * term(pictures, views) for term in self.terms]).sum(0)

    def parts(self, pictures: Tensor) -> dict[str, Tensor]:
        """Each term's weighted cost (B,) as judged, by name, and their sum as ``total``."""
        costs = {term.name: term.weight * term(pictures, JUDGES) for term in self.terms}
        return {**costs, "total": torch.stack(list(costs.values())).sum(0)}


def blurs(strokes: int) -> tuple[float, ...]:
    """Blurs in pixels at which a drawing of so many strokes is compared: few strokes must match in the large."""
    if strokes > 8:
        return 1.5, 3.0, 6.0, 12.0
    return (2.0, 4.0, 8.0, 16.0) if strokes > 4 else (3.0, 6.0, 12.0, 20.0)


def faintness(strokes: int) -> float:
    """The power of a line's weight that says how dark it should be: with many strokes faint lines count nearly as much as strong ones.

    Where they counted less, strokes along them would score best as dots.
    """
    return min(0.8, 8.0 / strokes)


class LineTerm:
    """1 - normalized cross-correlation of ink and line map, averaged over blurs; in [0, 1]."""

    name = "lines"

    def __init__(self, lines: Sequence[Line], strokes: int, weight: float, device: str = "cpu", size: int = CANVAS) -> None:
        """Compare pictures of ``size`` pixels with ``lines`` as a drawing of so many strokes should show them."""
        self.weight = weight
        self._sigmas = tuple(sigma * size / CANVAS for sigma in blurs(strokes))
        target = torch.as_tensor(draw_lines(lines, faintness(strokes)), dtype=torch.float32, device=device)[None, None]
        target = F.interpolate(target, size=(size, size), mode="area")[0]
        self._targets = [self._unit(blurred) for blurred in _pyramid(target, self._sigmas)]

    def __call__(self, pictures: Tensor, views: Sequence[int]) -> Tensor:
        """See :class:`Term`; the views make no difference."""
        levels = _pyramid(1 - pictures, self._sigmas)
        matches = [(self._unit(ink) * target).sum((1, 2)) for ink, target in zip(levels, self._targets, strict=True)]
        return 1 - torch.stack(matches).mean(0)

    @staticmethod
    def _unit(x: Tensor) -> Tensor:
        return x * (x.square().sum((1, 2), keepdim=True) + 1e-6).rsqrt()


class EncoderTerm:
    """Distance of drawing and photo in an encoder's middle layers, plus its embedding's.

    With a "cosine" encoder a layer's distance is 1 - cosine of the channels at each place, averaged with more weight on the subject;
    with a "squared" one it is the mean squared difference (CLIPasso, Vinker et al. 2022, section 3).
    """

    name = "encoder"

    def __init__(
        self, encoder: Encoder, subject: Subject, layer_weight: float, embedding_weight: float, seed: int, device: str = "cpu"
    ) -> None:
        """Compute the target features of a pool of views; ``seed`` decides the views."""
        self.weight = 1.0
        self._encoder = encoder
        self._layer_weight, self._embedding_weight = layer_weight, embedding_weight
        generator = torch.Generator().manual_seed(seed)
        size = [POOL, 1, encoder.resolution, encoder.resolution]
        self._grid = F.affine_grid(_views(POOL, generator), size, align_corners=False).to(device)
        with torch.no_grad():
            photo = torch.as_tensor(subject.rgb, device=device).permute(2, 0, 1)[None].float() / 255
            mask = torch.as_tensor(subject.mask, device=device)[None, None]
            self._target: Features = encoder.features(self._view(photo, range(POOL)))
            near = F.max_pool2d(mask, 9, stride=1, padding=4)
            seen = BACKGROUND + (1 - BACKGROUND) * (1 - self._view(1 - near, range(POOL)))
            self._where = [F.interpolate(seen, size=layer.shape[2:], mode="area") for layer in self._target.layers]

    def __call__(self, pictures: Tensor, views: Sequence[int]) -> Tensor:
        """See :class:`Term`."""
        batch, chosen = len(pictures), list(views)
        seen = self._view(pictures[:, None], chosen)
        found = self._encoder.features(seen.expand(-1, 3, -1, -1))
        target = Features(
            tuple(layer[chosen].repeat(batch, 1, 1, 1) for layer in self._target.layers), self._target.embedding[chosen].repeat(batch, 1)
        )
        cost = self._embedding_weight * (1 - F.cosine_similarity(found.embedding, target.embedding))
        for mine, theirs, where in zip(found.layers, target.layers, self._where, strict=True):
            cost = cost + self._layer_weight * self._distance(mine, theirs, where[chosen].repeat(batch, 1, 1, 1))
        return cost.view(batch, len(chosen)).mean(1)

    def _distance(self, mine: Tensor, theirs: Tensor, where: Tensor) -> Tensor:
        if self._encoder.distance == "squared":
            return (mine - theirs).square().mean((1, 2, 3))
        apart = 1 - F.cosine_similarity(mine, theirs, dim=1)[:, None]
        return (where * apart).sum((1, 2, 3)) / where.sum((1, 2, 3))

    def _view(self, pictures: Tensor, views: Sequence[int]) -> Tensor:
        """Pictures (B, C, H, W) through each of V views: (B * V, C, resolution, resolution), all views of a picture together."""
        small = F.interpolate(pictures, size=(self._encoder.resolution,) * 2, mode="area")
        repeated = small.repeat_interleave(len(views), dim=0)
        return F.grid_sample(repeated, self._grid[list(views)].repeat(len(pictures), 1, 1, 1), padding_mode="border", align_corners=False)


def _views(count: int, generator: torch.Generator) -> Tensor:
    """Affine maps (count, 2, 3): the identity, then slight turns, shifts and scales."""
    scale = torch.empty(count).uniform_(0.8, 1.05, generator=generator)
    angle = torch.randn(count, generator=generator) * 0.06
    shift = torch.empty(count, 2).uniform_(-0.08, 0.08, generator=generator)
    cosine, sine = scale * angle.cos(), scale * angle.sin()
    maps = torch.stack([torch.stack([cosine, -sine, shift[:, 0]], 1), torch.stack([sine, cosine, shift[:, 1]], 1)], 1)
    maps[0] = torch.tensor([[1.0, 0, 0], [0, 1, 0]])
    return maps


def _pyramid(x: Tensor, sigmas: Sequence[float]) -> list[Tensor]:
    """Pictures (B, H, H) blurred by each sigma in pixels; the wider the blur, the coarser the grid that it is computed on."""
    maps = [_blur(x.shape[-1], sigma).to(x) for sigma in sigmas]
    return [across @ x @ across.T for across in maps]


@lru_cache(maxsize=64)
def _blur(size: int, sigma: float) -> Tensor:
    """Pooling of a row of ``size`` pixels to a coarser grid, then a Gaussian of ``sigma`` pixels, as one matrix (coarse, size)."""
    factor = max(1, int(sigma / 1.5))
    coarse = size // factor
    pool = torch.eye(coarse).repeat_interleave(factor, dim=1) / factor
    pool = F.pad(pool, (0, size - coarse * factor))
    apart = torch.arange(coarse)[:, None] - torch.arange(coarse)
    kernel = torch.exp(-0.5 * (apart / max(0.7, sigma / factor)) ** 2)
    # Rows have the weight of a whole Gaussian: beyond the paper there is no ink.
    return kernel / kernel[coarse // 2].sum() @ pool
