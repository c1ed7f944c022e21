"""The loss: how far a drawing is from its subject.

A sum of terms over pictures: the drawing against the line map (normalized cross-correlation at several blurs) and the drawing against
the photo as an encoder sees it (middle layers and embedding, over views that photo and drawing share). Knows pictures and encoders;
knows no strokes, no optimizer and no files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from picasso_series.encoders import Encoder
from picasso_series.levels import Subject
from picasso_series.motif import Motif
from picasso_series.strokes import CANVAS
from picasso_series.views import Views, taken

PASS = 8
"""Views of the photo that are encoded at a time: all features of a big pool together would not fit small memories."""
LEAST_GAIN = 0.1
"""Where an encoder sees less than this share of blank paper's cost in a drawing of all lines, its weight grows no further."""
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
    """The weighted sum of terms; ``judges`` are the views of the pool through which drawings are judged."""

    terms: tuple[Term, ...]
    judges: tuple[int, ...] = (0,)

    def __call__(self, pictures: Tensor, views: Sequence[int]) -> Tensor:
        """Loss (B,) of pictures (B, H, W), 0 black to 1 white, seen through ``views``."""
        return torch.stack([term.weight * term(pictures, views) for term in self.terms]).sum(0)

    def parts(self, pictures: Tensor) -> dict[str, Tensor]:
        """Each term's weighted cost (B,) as judged, by name, and their sum as ``total``."""
        costs = {term.name: term.weight * term(pictures, self.judges) for term in self.terms}
        return {**costs, "total": torch.stack(list(costs.values())).sum(0)}


def blurs(strokes: int) -> tuple[float, ...]:
    """Blurs in pixels at which a drawing of so many strokes is compared: few strokes must match in the large."""
    if strokes > 8:
        return 1.5, 3.0, 6.0, 12.0
    return (2.0, 4.0, 8.0, 16.0) if strokes > 4 else (3.0, 6.0, 12.0, 20.0)


class LineTerm:
    """1 - normalized cross-correlation of ink and line map, averaged over blurs; in [0, 1].

    Ink and lines both count more in telling places: what differs there costs more, and no ink darker than a line's is asked for.
    """

    name = "lines"

    def __init__(self, motif: Motif, weight: float, device: str = "cpu", size: int = CANVAS) -> None:
        """Compare pictures of ``size`` pixels with ``motif``."""
        self.weight = weight
        self._sigmas = tuple(sigma * size / CANVAS for sigma in blurs(motif.strokes))
        target = torch.as_tensor(motif.picture(), dtype=torch.float32, device=device)[None, None]
        target = F.interpolate(target, size=(size, size), mode="area")[0]
        blurred = _pyramid(target, self._sigmas)
        self._where = [_told(motif, picture) for picture in blurred]
        self._targets = [self._unit(where * picture) for where, picture in zip(self._where, blurred, strict=True)]

    def __call__(self, pictures: Tensor, views: Sequence[int]) -> Tensor:
        """See :class:`Term`; the views make no difference."""
        levels = _pyramid(1 - pictures, self._sigmas)
        found = [self._unit(where * ink) for where, ink in zip(self._where, levels, strict=True)]
        matches = [(ink * target).sum((1, 2)) for ink, target in zip(found, self._targets, strict=True)]
        return 1 - torch.stack(matches).mean(0)

    @staticmethod
    def _unit(x: Tensor) -> Tensor:
        return x * (x.square().sum((1, 2), keepdim=True) + 1e-6).rsqrt()


class Sight:
    """A photo as an encoder sees it: its features through a pool of views, computed once for all levels of a series.

    Attributes:
        encoder: what looks.
        views: the pool.
        layers: the photo's middle layers, each (V, C, h, w), in the order of the pool.
        embedding: the photo's embeddings (V, D).
        where: how much each place of each layer counts for a "cosine" encoder, (V, 1, h, w); empty for others.
    """

    def __init__(self, encoder: Encoder, subject: Subject, views: Views, device: str = "cpu") -> None:
        """Look at the photo through every one of ``views``."""
        self.encoder, self.views = encoder, views
        with torch.no_grad():
            photo = torch.as_tensor(subject.rgb, device=device).permute(2, 0, 1)[None].float() / 255
            pool = range(views.count)
            found = [encoder.features(views.see(photo, pool[first : first + PASS])) for first in range(0, len(pool), PASS)]
            self.layers = tuple(torch.cat(parts) for parts in zip(*(features.layers for features in found), strict=True))
            self.embedding = torch.cat([features.embedding for features in found])
            self.where: list[Tensor] = []
            if encoder.distance == "cosine":
                mask = torch.as_tensor(subject.mask, device=device)[None, None]
                near = F.max_pool2d(mask, 9, stride=1, padding=4)
                seen = BACKGROUND + (1 - BACKGROUND) * (1 - views.see(1 - near, pool))
                self.where = [F.interpolate(seen, size=layer.shape[2:], mode="area") for layer in self.layers]


class EncoderTerm:
    """Distance of drawing and photo in an encoder's middle layers, plus its embedding's.

    With a "cosine" encoder a layer's distance is 1 - cosine of the channels at each place, averaged with more weight on the subject;
    with a "squared" one it is the mean squared difference (CLIPasso, Vinker et al. 2022, section 3).

    Encoders differ in the size of their features, and in how far from a photo the best drawing stays. In the unit of a model drawing a
    part costs 1 more on blank paper than on that drawing, whatever the encoder.
    """

    name = "encoder"

    def __init__(self, sight: Sight, layer_weight: float, embedding_weight: float, model: Tensor | None = None) -> None:
        """Compare drawings with the photo as it is seen; each layer counts ``layer_weight``, in units of the picture ``model`` (H, W)."""
        self.weight = 1.0
        self._sight = sight
        self._weights = [embedding_weight, *(layer_weight for _ in sight.layers)]
        if model is not None:
            gains = self._gains(model)
            self._weights = [weight / gain for weight, gain in zip(self._weights, gains, strict=True)]

    def __call__(self, pictures: Tensor, views: Sequence[int]) -> Tensor:
        """See :class:`Term`."""
        limit = self._sight.encoder.at_once
        if limit is None or len(pictures) * len(views) <= limit:
            return self._cost(pictures, views)
        size = max(1, limit // len(views))
        if torch.is_grad_enabled() and pictures.requires_grad:
            found: Tensor = _Piecemeal.apply(pictures, lambda part: self._cost(part, views), size)  # type: ignore[no-untyped-call]
            return found
        return torch.cat([self._cost(pictures[first : first + size], views) for first in range(0, len(pictures), size)])

    def _cost(self, pictures: Tensor, views: Sequence[int]) -> Tensor:
        first, *others = [weight * part for weight, part in zip(self._weights, self._parts(pictures, views), strict=True)]
        return sum(others, start=first).view(len(pictures), len(views)).mean(1)

    @torch.no_grad()
    def _gains(self, model: Tensor) -> list[float]:
        """What each part costs less on the model drawing than on blank paper, as judged."""
        gains = []
        for part in self._parts(torch.stack([torch.ones_like(model), model]), self._sight.views.judges):
            blank, drawn = part.view(2, -1).mean(1).tolist()
            gains.append(max(blank - drawn, LEAST_GAIN * blank, 1e-6))
        return gains

    def _parts(self, pictures: Tensor, views: Sequence[int]) -> list[Tensor]:
        """Distance of the embeddings, then of each layer, each (B * V,)."""
        sight, batch, chosen = self._sight, len(pictures), list(views)
        seen = sight.views.see(pictures[:, None], chosen)
        found = sight.encoder.features(seen.expand(-1, 3, -1, -1))
        embedding = taken(sight.embedding, chosen).repeat(batch, 1)
        parts = [1 - F.cosine_similarity(found.embedding, embedding)]
        for index, mine in enumerate(found.layers):
            theirs = taken(sight.layers[index], chosen).repeat(batch, 1, 1, 1)
            if sight.encoder.distance == "squared":
                parts.append((mine - theirs).square().mean((1, 2, 3)))
            else:
                parts.append(_unlike(mine, theirs, taken(sight.where[index], chosen).repeat(batch, 1, 1, 1)))
        return parts


class _Piecemeal(torch.autograd.Function):
    """A cost of pictures, each by itself, computed with its gradient some pictures at a time: no more than theirs is in memory."""

    @staticmethod
    def forward(ctx: Any, pictures: Tensor, cost: Callable[[Tensor], Tensor], size: int) -> Tensor:
        costs: list[Tensor] = []
        gradients: list[Tensor] = []
        for first in range(0, len(pictures), size):
            with torch.enable_grad():
                alone = pictures[first : first + size].detach().requires_grad_()
                found = cost(alone)
                gradients += torch.autograd.grad(found.sum(), alone)
            costs.append(found.detach())
        ctx.save_for_backward(torch.cat(gradients))
        return torch.cat(costs)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * upstream[:, None, None], None, None


def _told(motif: Motif, like: Tensor) -> Tensor:
    """How much each place of a picture (1, H, W) counts."""
    if motif.telling is None:
        return torch.ones_like(like)
    telling = torch.as_tensor(motif.telling, dtype=like.dtype, device=like.device)
    return F.interpolate(telling[None, None], size=like.shape[1:], mode="area")[0]


def _unlike(mine: Tensor, theirs: Tensor, where: Tensor) -> Tensor:
    """1 - cosine of the channels at each place, averaged by ``where``: (B,)."""
    apart = 1 - F.cosine_similarity(mine, theirs, dim=1)[:, None]
    return (where * apart).sum((1, 2, 3)) / where.sum((1, 2, 3))


def _pyramid(x: Tensor, sigmas: Sequence[float]) -> list[Tensor]:
    """Pictures (B, H, H) blurred by each sigma in pixels; the wider the blur, the coarser the grid that it is computed on."""
    maps = [_blur(x.shape[-1], sigma, x.dtype, x.device) for sigma in sigmas]
    return [across @ x @ across.T for across in maps]


@lru_cache(maxsize=64)
def _blur(size: int, sigma: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Pooling of a row of ``size`` pixels to a coarser grid, then a Gaussian of ``sigma`` pixels, as one matrix (coarse, size)."""
    factor = max(1, int(sigma / 1.5))
    coarse = size // factor
    pool = torch.eye(coarse).repeat_interleave(factor, dim=1) / factor
    pool = F.pad(pool, (0, size - coarse * factor))
    apart = torch.arange(coarse)[:, None] - torch.arange(coarse)
    kernel = torch.exp(-0.5 * (apart / max(0.7, sigma / factor)) ** 2)
    # Rows have the weight of a whole Gaussian: beyond the paper there is no ink.
    return (kernel / kernel[coarse // 2].sum() @ pool).to(device, dtype)
