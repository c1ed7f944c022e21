"""The two rasterizers side by side, where diffvg is installed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from picasso_series.raster import Rasterizer, choose_rasterizer

pytestmark = pytest.mark.diffvg

EXTRACT = np.load(Path(__file__).parent / "data" / "diffvg_extract.npz")


@pytest.fixture(scope="module")
def diffvg() -> Rasterizer:
    pytest.importorskip("pydiffvg")
    return choose_rasterizer("diffvg")[0]


@pytest.mark.parametrize("name", ["medium32", "medium8", "single_long"])
def test_pictures_and_gradients_agree(diffvg: Rasterizer, name: str) -> None:
    points = (torch.from_numpy(EXTRACT[f"{name}_points"])[None] / 224).requires_grad_()
    upstream = torch.from_numpy(EXTRACT["upstream"]).float()
    pictures, gradients = [], []
    for rasterizer in (diffvg, choose_rasterizer("torch")[0]):
        pictures.append(rasterizer.render(points)[0])
        gradients.append(torch.autograd.grad(pictures[-1], points, upstream)[0].flatten())
    # One picture of diffvg has five grays: it is further from ours than its mean over sample seeds.
    assert -10 * math.log10(float((pictures[0] - pictures[1]).detach().square().mean())) > 27
    assert float(torch.nn.functional.cosine_similarity(*gradients, dim=0)) > 0.9


def test_masks_and_variants_mean_the_same(diffvg: Rasterizer) -> None:
    soft, _ = choose_rasterizer("torch")
    points = torch.from_numpy(EXTRACT["medium8_points"]) / 224
    mask = torch.tensor([[True] * 8, [True] * 3 + [False] * 5, [False] * 8])
    batch = points.expand(3, -1, -1, -1)
    variants = ([(0, 2), ()], points[:1] * 0.5, [1])
    for ours, theirs in (
        (soft.render(batch, mask=mask), diffvg.render(batch, mask=mask)),
        (soft.edits(points, [(i,) for i in range(8)]), diffvg.edits(points, [(i,) for i in range(8)])),
        (soft.edits(points, *variants), diffvg.edits(points, *variants)),
    ):
        assert ours.shape == theirs.shape
        assert float((ours - theirs).square().mean((1, 2)).max()) < 1e-3
