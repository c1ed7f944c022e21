"""The rasterizer for graphics processors draws what the one for processors draws, with the same gradient."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_raster import PECULIAR, cosine, sketch, smooth_upstream
from torch import Tensor

from picasso_series.raster import choose_rasterizer
from picasso_series.raster.dense import DenseRasterizer
from picasso_series.raster.soft import SoftRasterizer

EXTRACT = np.load(Path(__file__).parent / "data" / "diffvg_extract.npz")
SMALL, SPARSE = DenseRasterizer(size=48), SoftRasterizer(size=48)


def both(points: Tensor, **options: object) -> tuple[Tensor, Tensor]:
    return SMALL.render(points, **options), SPARSE.render(points, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "strays"), [("rand32_0", 6), ("medium32", 0), ("init32", 0), ("single_long", 0)])
@pytest.mark.parametrize(("width", "softness"), [(3.0, 0.65), (5.0, 1.2)])
def test_pictures_and_gradients_are_those_of_the_sparse_way(name: str, strays: int, width: float, softness: float) -> None:
    """Where a long curve folds back on itself a few pixels may take the farther of two arms."""
    points = (torch.from_numpy(EXTRACT[f"{name}_points"])[None].float() / 224).requires_grad_()
    upstream = torch.from_numpy(EXTRACT["upstream"]).float()
    drawn = [rasterizer.render(points, width, softness=softness)[0] for rasterizer in (DenseRasterizer(), SoftRasterizer())]
    one, other = (torch.autograd.grad(image, points, upstream)[0] for image in drawn)
    assert int(((drawn[0] - drawn[1]).abs() > 0.02).sum()) <= strays
    assert cosine(one, other) > (0.998 if strays else 0.9999)
    assert float(one.norm() / other.norm()) == pytest.approx(1, abs=0.02 if strays else 1e-3)


@pytest.mark.parametrize("name", ["rand32_0", "medium32", "medium8", "init32", "single_long"])
def test_parity_with_diffvg(name: str) -> None:
    points = torch.from_numpy(EXTRACT[f"{name}_points"])[None] / 224
    error = np.square(DenseRasterizer().render(points)[0].numpy() - EXTRACT[f"{name}_image"] / 255).mean()
    assert -10 * math.log10(error) >= 34


def test_gradient_agrees_with_finite_differences() -> None:
    points = sketch(5, 0, spread=0.15, dtype=torch.float64).requires_grad_()
    upstream = smooth_upstream(48)
    (gradient,) = torch.autograd.grad((SMALL.render(points[None])[0] * upstream).sum(), points)
    nudges = 1e-5 * torch.eye(points.numel(), dtype=torch.float64).view(-1, *points.shape)
    with torch.no_grad():
        ahead, behind = (SMALL.render(points + sign * nudges) for sign in (1, -1))
    slopes = ((ahead - behind) * upstream).sum((1, 2)) / 2e-5
    assert cosine(gradient, slopes) > 0.999
    assert float(gradient.norm() / slopes.norm()) == pytest.approx(1, abs=0.01)


def test_width_has_the_same_gradient() -> None:
    points, upstream = sketch(5, 1, dtype=torch.float64)[None], smooth_upstream(48)
    gradients = []
    for rasterizer in (SMALL, SPARSE):
        widths = torch.tensor([[2.0, 3.0, 4.0, 2.5, 3.5]], dtype=torch.float64, requires_grad=True)
        gradients += torch.autograd.grad((rasterizer.render(points, widths)[0] * upstream).sum(), widths)
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", PECULIAR)
def test_peculiar_strokes_are_drawn_alike(name: str) -> None:
    points = torch.tensor(PECULIAR[name], dtype=torch.float64)[None, None].requires_grad_()
    one, other = both(points)
    assert float((one - other).detach().abs().max()) < 0.02
    (gradient,) = torch.autograd.grad(one[0], points, smooth_upstream(48))
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("offset", [2.0, 1e3, 1e9, 1e30, math.inf, math.nan])
def test_strokes_off_the_canvas_leave_paper_and_no_gradient(offset: float) -> None:
    points = (sketch(4, 14) + offset)[None].requires_grad_()
    image = SMALL.render(points)
    image.sum().backward()
    assert torch.equal(image, torch.ones_like(image))
    assert torch.equal(points.grad, torch.zeros_like(points))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.5 + 1e-7, 1.0, -1.0, 40.0, -1e3, 1e3, 1e6, -1e12, 3e38]), min_size=16, max_size=16))
def test_image_and_gradient_are_finite_for_any_points(numbers: list[float]) -> None:
    points = torch.tensor(numbers).view(1, 2, 4, 2).requires_grad_()
    image = SMALL.render(points)
    image.square().sum().backward()
    assert bool(((image >= 0) & (image <= 1)).all())
    assert torch.isfinite(points.grad).all()


def test_a_padded_batch_draws_each_sketch_as_alone() -> None:
    counts = (0, 3, 11)
    batch, mask = sketch(3 * 11, 8).view(3, 11, 4, 2), torch.arange(11) < torch.tensor(counts)[:, None]
    batch.requires_grad_()
    images = SMALL.render(batch, mask=mask)
    images.square().sum().backward()
    for row, count in enumerate(counts):
        alone = batch.detach()[row : row + 1, :count].requires_grad_()
        image = SMALL.render(alone)
        image.square().sum().backward()
        torch.testing.assert_close(image[0], images[row])
        torch.testing.assert_close(alone.grad[0], batch.grad[row, :count])
        assert not batch.grad[row, count:].any()


def test_memory_bound_groups_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    points = sketch(10, 9)[None]
    whole = SMALL.render(points)
    monkeypatch.setattr("picasso_series.raster.dense.CELLS", 3 * 96 * 48**2)
    assert torch.equal(SMALL.render(points), whole)


def test_edits_are_those_of_the_sparse_way() -> None:
    points, others = sketch(6, 11), sketch(3, 12)
    for case in (([(gone,) for gone in range(6)],), ([(), (0, 4), (5,), (0, 1, 2, 3, 4, 5)], others, [1, 3, 1])):
        torch.testing.assert_close(SMALL.edits(points, *case), SPARSE.edits(points, *case), rtol=0, atol=2e-3)
    assert not SMALL.edits(points.requires_grad_(), [()]).requires_grad


def test_a_sketch_of_no_strokes_is_paper_and_nonsense_is_refused() -> None:
    points = torch.zeros(2, 0, 4, 2, requires_grad=True)
    image = SMALL.render(points)
    image.sum().backward()
    assert torch.equal(image, torch.ones(2, 48, 48))
    assert SMALL.render(torch.zeros(0, 3, 4, 2)).shape == (0, 48, 48)
    assert SMALL.edits(torch.zeros(0, 4, 2), []).shape == (0, 48, 48)
    with pytest.raises(ValueError, match="shape"):
        SMALL.render(torch.zeros(3, 4, 2))
    with pytest.raises(ValueError, match="softness"):
        SMALL.render(torch.zeros(1, 3, 4, 2), softness=0)
    with pytest.raises(ValueError, match="2048"):
        DenseRasterizer(size=4096)
    with pytest.raises(IndexError, match="no stroke 3"):
        SMALL.edits(torch.zeros(3, 4, 2), [(3,)])


def test_a_device_other_than_the_processor_gets_it() -> None:
    for device in ("cuda", "mps"):
        assert choose_rasterizer("auto", size=64, device=device)[0] == DenseRasterizer(size=64)
    assert DenseRasterizer().name == SoftRasterizer().name
