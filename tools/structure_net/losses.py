"""What the net is trained for: places of a photo that a drawing of it shows alike, whole pictures likewise, and subjects' maps."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from tools.structure_net.warp import Rng

TEMPERATURE = 0.1
BARE = 0.012
"""How often a place without ink is compared, against 1 for one that is all ink."""

RARE = 24.0
"""How much more a mark's middle weighs than a place without one."""


def places(mine: Tensor, theirs: Tensor, ink: Tensor, count: int, rng: Rng) -> Tensor:
    """Contrastive loss between places of pictures' and drawings' features (B, C, H, W).

    A place's feature is to be nearer to that of the same place than to those of the picture's other places and of another picture's.
    """
    size = mine.shape[2:]
    chances = F.interpolate(ink, size=size, mode="area").flatten(1) + BARE
    # The largest of random numbers to the power 1 / weight: a draw without repetition.
    order = torch.from_numpy(rng.random(chances.shape).astype(np.float32)).clamp(min=1e-9).log() / chances
    index = order.topk(count, 1).indices[:, None].expand(-1, mine.shape[1], -1)
    a, b = (F.normalize(found.flatten(2).gather(2, index), dim=1) for found in (mine, theirs))
    near = torch.einsum("ncj,nck->njk", a, b) / TEMPERATURE
    far = torch.einsum("ncj,nck->njk", a, b.roll(1, 0)) / TEMPERATURE
    goal = torch.arange(count).expand(len(mine), count).flatten()
    forward = F.cross_entropy(torch.cat([near, far], 2).flatten(0, 1), goal)
    return 0.5 * (forward + F.cross_entropy(near.transpose(1, 2).flatten(0, 1), goal))


def wholes(mine: Tensor, theirs: Tensor) -> Tensor:
    """Contrastive loss between embeddings (B, D) of pictures and of their drawings."""
    near = F.normalize(mine, dim=1) @ F.normalize(theirs, dim=1).T / TEMPERATURE
    goal = torch.arange(len(mine))
    return 0.5 * (F.cross_entropy(near, goal) + F.cross_entropy(near.T, goal))


def faces(logits: Tensor, goal: Tensor, counts: Tensor) -> Tensor:
    """Loss of the maps of eyes and noses (B, 2, h, w) against bumps, in which marks weigh as much as all the places without.

    ``counts`` (B, 1, h, w) is 0 where nobody knows.
    """
    weight = counts * (1 + RARE * goal)
    wrong = F.binary_cross_entropy_with_logits(logits, goal, reduction="none")
    return (weight * wrong).sum() / weight.sum().clamp(min=1)


def subjects(logits: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    """Loss of maps (B, 1, h, w) against masks (B, 1, H, W), and their mean soft intersection over union."""
    goal = F.interpolate(masks, size=logits.shape[2:], mode="area").clamp(0, 1)
    seen = logits.sigmoid()
    both = (seen * goal).sum((1, 2, 3))
    overlap = (both + 1) / ((seen + goal - seen * goal).sum((1, 2, 3)) + 1)
    return F.binary_cross_entropy_with_logits(logits, goal) + 0.7 * (1 - overlap.mean()), overlap.mean()
