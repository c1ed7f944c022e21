"""CLIPasso's loss, exactly: the fast path costs what the plain one costs, and wants the same of every control point."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from plain_clip import State, plain_loss, residual_state, transformer_state
from sample_subjects import face
from torch import Tensor

from picasso_series.encoders.clip import ClipEncoder
from picasso_series.encoders.towers import make_tower
from picasso_series.encoders.weights_table import resolve
from picasso_series.objective import EncoderTerm, Sight
from picasso_series.raster import choose_rasterizer
from picasso_series.views import PerspectiveViews

FULL = {
    "RN101": lambda: residual_state((3, 4, 23, 3), width=64, side=7, out=512),
    "ViT-B-32": lambda: transformer_state(depth=12, width=768, patch=32, side=7, out=512),
}
LEAN = {"small RN": lambda: residual_state(side=7), "small ViT": lambda: transformer_state(patch=32, side=7)}


def encoder_of(state: State) -> ClipEncoder:
    return ClipEncoder(resolve("RN101"), make_tower(state), "")


def strokes(count: int = 32) -> Tensor:
    rng = np.random.default_rng(5)
    first = rng.uniform(0.2, 0.8, (count, 1, 2))
    return torch.as_tensor(np.concatenate([first, first + rng.normal(0, 0.1, (count, 3, 2))], 1), dtype=torch.float32)[None]


def compare(state: State) -> tuple[float, float]:
    """Relative difference of the losses, and cosine of the control points' gradients, of the fast and the plain path."""
    rasterizer, _ = choose_rasterizer("torch")
    views = PerspectiveViews(224, 3, count=7)
    chosen = [0, 2, 6, 3, 4]
    term = EncoderTerm(Sight(encoder_of(state), face(), views), 1.0, 0.1)
    photo = torch.as_tensor(face().rgb).permute(2, 0, 1).float() / 255

    found, expected = [], []
    for losses, loss in (
        (found, lambda pictures: term(pictures, chosen).sum()),
        (expected, lambda pictures: plain_loss(state, photo, pictures[0], [views.draws[view - 1] for view in chosen[1:]])),
    ):
        points = strokes().requires_grad_()
        cost = loss(rasterizer.render(points))
        losses += [cost.item(), torch.autograd.grad(cost, points)[0].flatten().double()]
    assert expected[1].norm() > 0
    return abs(found[0] / expected[0] - 1), torch.nn.functional.cosine_similarity(found[1], expected[1], dim=0).item()


@pytest.mark.parametrize("name", LEAN)
def test_small_towers_cost_what_the_plain_objective_says(name: str) -> None:
    apart, agreement = compare(LEAN[name]())
    assert apart < 1e-5
    assert agreement >= 0.9999


@pytest.mark.heavy
@pytest.mark.parametrize("name", FULL)
def test_towers_of_full_size_cost_what_the_plain_objective_says(name: str) -> None:
    apart, agreement = compare(FULL[name]())
    print(f"{name}: relative difference {apart:.1e}, gradient's cosine {agreement:.7f}")
    assert apart < 1e-5
    assert agreement >= 0.9999
