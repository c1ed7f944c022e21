"""The torch rasterizer against geometry, finite differences and diffvg's own pictures."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from picasso_series.errors import MissingError, UsageError
from picasso_series.raster import SOFTNESS, choose_rasterizer
from picasso_series.raster.near import Grid, margin, near_pixels
from picasso_series.raster.soft import SoftRasterizer

EXTRACT = np.load(Path(__file__).parent / "data" / "diffvg_extract.npz")
SMALL = SoftRasterizer(size=48)


def sketch(strokes: int, seed: int, *, spread: float = 0.15, dtype: torch.dtype = torch.float32) -> Tensor:
    """Random strokes (n, 4, 2) around random places of the unit square; every test names its seed."""
    generator = torch.Generator().manual_seed(seed)
    places = torch.rand(strokes, 1, 2, generator=generator, dtype=torch.float64)
    return (places + spread * torch.randn(strokes, 4, 2, generator=generator, dtype=torch.float64)).to(dtype)


def smooth_upstream(size: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """A smooth gradient of an image, with slopes everywhere."""
    x = torch.linspace(0, 1, size, dtype=dtype)
    return torch.sin(5 * x)[:, None] + torch.cos(4 * x)[None, :] * (1 + x[:, None])


def cosine(a: Tensor, b: Tensor) -> float:
    return float(torch.nn.functional.cosine_similarity(a.flatten().double(), b.flatten().double(), dim=0))


def curve(points: Tensor, t: Tensor) -> Tensor:
    u = 1 - t
    return torch.stack([u**3, 3 * u * u * t, 3 * u * t * t, t**3], -1) @ points


# --- likeness to diffvg


@pytest.mark.parametrize("name", ["rand32_0", "medium32", "medium8", "init32", "single_long"])
def test_parity_with_diffvg(name: str) -> None:
    points = (torch.from_numpy(EXTRACT[f"{name}_points"])[None] / 224).requires_grad_()
    image = SoftRasterizer().render(points)[0]
    (gradient,) = torch.autograd.grad(image, points, torch.from_numpy(EXTRACT["upstream"]).float())
    error = np.square(image.detach().numpy() - EXTRACT[f"{name}_image"] / 255).mean()
    assert -10 * math.log10(error) >= 34
    assert cosine(gradient, torch.from_numpy(EXTRACT[f"{name}_grad"])) >= (0.87 if name == "init32" else 0.93)


# --- the gradient


@pytest.mark.parametrize(("strokes", "seed", "spread"), [(6, 0, 0.1), (3, 1, 0.3), (12, 2, 0.03), (4, 3, 0.6)])
@pytest.mark.parametrize("softness", [SOFTNESS, 2.0])
def test_gradient_agrees_with_finite_differences(strokes: int, seed: int, spread: float, softness: float) -> None:
    points = sketch(strokes, seed, spread=spread, dtype=torch.float64).requires_grad_()
    upstream = smooth_upstream(SMALL.size)

    def value(p: Tensor) -> Tensor:
        return (SMALL.render(p[None], softness=softness)[0] * upstream).sum()

    (gradient,) = torch.autograd.grad(value(points), points)
    step = 1e-5
    nudges = step * torch.eye(points.numel(), dtype=torch.float64).view(-1, *points.shape)
    with torch.no_grad():
        images = SMALL.render(torch.cat([points + nudges, points - nudges]), softness=softness)
    ahead, behind = (images * upstream).sum((1, 2)).chunk(2)
    assert cosine(gradient, (ahead - behind) / (2 * step)) >= 0.99
    assert float(gradient.norm() / ((ahead - behind) / (2 * step)).norm()) == pytest.approx(1, abs=0.05)


def test_width_has_a_gradient() -> None:
    points = sketch(5, 4, dtype=torch.float64)
    widths = torch.tensor([[2.0, 3.0, 4.0, 2.5, 3.5]], dtype=torch.float64, requires_grad=True)
    upstream = smooth_upstream(SMALL.size)
    (gradient,) = torch.autograd.grad((SMALL.render(points[None], widths)[0] * upstream).sum(), widths)
    nudges = 1e-5 * torch.eye(5, dtype=torch.float64)
    batch = points.expand(5, -1, -1, -1)
    with torch.no_grad():
        change = SMALL.render(batch, widths + nudges) - SMALL.render(batch, widths - nudges)
    torch.testing.assert_close(gradient[0], (change * upstream).sum((1, 2)) / 2e-5, rtol=1e-3, atol=1e-3)


def test_a_stroke_keeps_its_ink_wherever_it_falls_between_pixels() -> None:
    points = torch.tensor([[0.3, 0.35], [0.4, 0.65], [0.6, 0.3], [0.7, 0.6]])
    shifts = torch.stack(torch.meshgrid(torch.arange(7.0), torch.arange(7.0), indexing="ij"), -1).view(-1, 1, 1, 2) / 7 / 224
    ink = (1 - SoftRasterizer().render(points + shifts)).sum((1, 2))
    assert float((ink - ink.mean()).abs().max()) < 0.002 * float(ink.mean())


# --- the image


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-0.5, 1.5, width=32), min_size=8, max_size=8), st.floats(1, 8), st.floats(0.3, 2))
def test_ink_is_a_function_of_the_exact_distance(numbers: list[float], width: float, softness: float) -> None:
    points = torch.tensor(numbers, dtype=torch.float64).view(1, 1, 4, 2)
    image = SMALL.render(points, width, softness=softness)[0]
    center = torch.arange(SMALL.size, dtype=torch.float64) + 0.5
    pixels = torch.stack(torch.meshgrid(center, center, indexing="xy"), -1).view(-1, 2)
    samples = curve(points[0, 0] * SMALL.size, torch.linspace(0, 1, 4001, dtype=torch.float64))
    rise = ((torch.cdist(pixels, samples).amin(1) - width / 2 + softness) / (2 * softness)).clamp(0, 1)
    expected = (rise.square() * (3 - 2 * rise)).view_as(image)
    # Within a twentieth of a pixel of distance: the polyline has gaps between its points, and of two arms of a hairpin that are
    # almost equally near the farther may be taken.
    assert float((image - expected).abs().max()) < 0.05 * 0.75 / softness + 1e-5


def test_strokes_compose_by_the_product_of_what_they_let_through() -> None:
    points = sketch(7, 5)
    apart = SMALL.render(points[:, None])
    torch.testing.assert_close(SMALL.render(points[None])[0], apart.prod(0), rtol=1e-4, atol=1e-6)


def test_a_straight_stroke_has_the_ink_of_its_length_and_round_ends() -> None:
    x = torch.linspace(0.2, 0.8, 4)
    for slant in (0.0, 0.1, 0.25):
        points = torch.stack([x, 0.3 + slant * x], -1)[None, None]
        length = float((points[0, 0, 3] - points[0, 0, 0]).norm()) * 224
        ink = float((1 - SoftRasterizer().render(points)).sum())
        assert ink == pytest.approx(3 * length + math.pi * 1.5**2, rel=0.01)


def test_image_knows_no_direction_and_no_order() -> None:
    points = sketch(9, 6)
    image = SMALL.render(points[None])
    torch.testing.assert_close(SMALL.render(points.flip(1)[None]), image, rtol=0, atol=1e-3)
    torch.testing.assert_close(SMALL.render(points.flip(0)[None]), image, rtol=1e-4, atol=1e-6)


def test_image_follows_mirrors_and_shifts() -> None:
    points = sketch(9, 7, dtype=torch.float64)
    image = SMALL.render(points[None])[0]
    mirrored = points * points.new_tensor([-1, 1]) + points.new_tensor([1, 0])
    torch.testing.assert_close(SMALL.render(mirrored[None])[0], image.flip(1), rtol=0, atol=1e-3)
    torch.testing.assert_close(SMALL.render(points.flip(2)[None])[0], image.T, rtol=0, atol=1e-3)
    shifted = SMALL.render((points + points.new_tensor([5 / 48, 2 / 48]))[None])[0]
    torch.testing.assert_close(shifted[2:, 5:], image[:-2, :-5], rtol=0, atol=1e-3)


# --- batches and variants


def test_a_padded_batch_draws_each_sketch_as_alone() -> None:
    counts = (0, 3, 11, 1, 6)
    batch, mask = sketch(5 * 11, 8).view(5, 11, 4, 2), torch.zeros(5, 11, dtype=torch.bool)
    for row, count in enumerate(counts):
        mask[row, :count] = True
    batch.requires_grad_()
    images = SMALL.render(batch, mask=mask)
    images.square().sum().backward()
    for row, count in enumerate(counts):
        alone = batch.detach()[row : row + 1, :count].requires_grad_()
        image = SMALL.render(alone)
        image.square().sum().backward()
        assert torch.equal(image[0], images[row])
        assert torch.equal(alone.grad[0], batch.grad[row, :count])
        assert not batch.grad[row, count:].any()


def test_memory_bound_groups_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    points = sketch(40, 9)[None]
    whole = SMALL.render(points)
    monkeypatch.setattr("picasso_series.raster.near.CELLS", 5000)
    assert torch.equal(SMALL.render(points), whole)


def test_edits_without_one_stroke_are_every_drawing_without_one_stroke() -> None:
    points = sketch(8, 10).requires_grad_()
    images = SMALL.edits(points, [(gone,) for gone in range(8)])
    assert images.shape == (8, 48, 48)
    assert not images.requires_grad
    for gone in range(8):
        rest = torch.cat([points[:gone], points[gone + 1 :]])
        torch.testing.assert_close(images[gone], SMALL.render(rest[None])[0], rtol=0, atol=1e-4)


def test_edits_take_strokes_out_and_put_others_in() -> None:
    points, others = sketch(6, 11), sketch(3, 12)
    images = SMALL.edits(points, [(), (0, 4), (5,), (0, 1, 2, 3, 4, 5)], others, [1, 3, 1])
    expected = [points, torch.cat([points[[1, 2, 3, 5]], others[[0, 2]]]), points[:5], others[1:2]]
    for image, strokes in zip(images, expected, strict=True):
        torch.testing.assert_close(image, SMALL.render(strokes[None])[0], rtol=0, atol=1e-4)


def test_edits_refuse_what_makes_no_sense() -> None:
    points = sketch(3, 13)
    with pytest.raises(IndexError, match="no stroke 3"):
        SMALL.edits(points, [(3,)])
    with pytest.raises(ValueError, match="as many variants"):
        SMALL.edits(points, [()], points, [0])


# --- everywhere defined

PECULIAR = {
    "a dot": [[0.5, 0.5]] * 4,
    "a dot on the center of a pixel": [[24.5 / 48, 24.5 / 48]] * 4,
    "a late start": [[0.2, 0.3], [0.2, 0.3], [0.2, 0.3], [0.8, 0.6]],
    "two doubled ends": [[0.2, 0.3], [0.2, 0.3], [0.8, 0.6], [0.8, 0.6]],
    "back and forth": [[0.3, 0.5], [1.2, 0.5], [-0.2, 0.5], [0.7, 0.5]],
    "a cusp": [[0.2, 0.7], [0.8, 0.2], [0.2, 0.2], [0.8, 0.7]],
    "a loop back to the start": [[0.5, 0.5], [1.5, 0.1], [-0.5, 0.1], [0.5, 0.5]],
    "a wide arc across": [[-1e3, 0.5], [-3e2, 0.4], [3e2, 0.6], [1e3, 0.5]],
}


@pytest.mark.parametrize("name", PECULIAR)
def test_peculiar_strokes_have_ink_and_a_finite_gradient(name: str) -> None:
    points = torch.tensor(PECULIAR[name])[None, None].requires_grad_()
    image = SMALL.render(points)
    (gradient,) = torch.autograd.grad(image[0], points, smooth_upstream(48, torch.float32))
    assert float((1 - image.detach()).sum()) > 5
    assert torch.isfinite(gradient).all()
    assert gradient.any()


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


def test_a_sketch_of_no_strokes_is_paper() -> None:
    points = torch.zeros(2, 0, 4, 2, requires_grad=True)
    image = SMALL.render(points)
    image.sum().backward()
    assert torch.equal(image, torch.ones(2, 48, 48))
    assert SMALL.render(torch.zeros(0, 3, 4, 2)).shape == (0, 48, 48)
    assert SMALL.edits(torch.zeros(0, 4, 2), []).shape == (0, 48, 48)


def test_wrong_shapes_and_softness_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        SMALL.render(torch.zeros(3, 4, 2))
    with pytest.raises(ValueError, match="softness"):
        SMALL.render(torch.zeros(1, 3, 4, 2), softness=0)
    with pytest.raises(ValueError, match="2048"):
        SoftRasterizer(size=4096)


# --- cost and repeatability


def test_work_follows_the_ink() -> None:
    points = sketch(32, 15, spread=0.05) * 224
    length = (curve(points, torch.linspace(0, 1, 200)).diff(dim=1)).norm(dim=-1).sum(1)
    reach = 1.5 + SOFTNESS
    pairs = near_pixels(points, torch.ones(32, dtype=torch.bool), reach, Grid(224, margin(reach)))
    assert len(pairs.t) <= 1.15 * float((2 * reach * length + math.pi * reach**2).sum())


def test_two_calls_and_any_number_of_threads_give_the_same_bits() -> None:
    points = sketch(64, 16, spread=0.3)[None]
    upstream = smooth_upstream(224, torch.float32)
    threads = torch.get_num_threads()
    results = []
    try:
        for count in (1, 1, 2):
            torch.set_num_threads(count)
            leaf = points.clone().requires_grad_()
            image = SoftRasterizer().render(leaf)
            results.append((image.detach(), *torch.autograd.grad(image[0], leaf, upstream)))
    finally:
        torch.set_num_threads(threads)
    for image, gradient in results[1:]:
        assert torch.equal(image, results[0][0])
        assert torch.equal(gradient, results[0][1])


MEMORY = """
import resource, sys, torch
from picasso_series.raster.soft import SoftRasterizer
torch.set_num_threads(1)
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
leaf = torch.zeros(4, requires_grad=True)
leaf.exp().sum().backward()
before = peak()
points = torch.rand(1, 256, 4, 2, generator=torch.Generator().manual_seed(0), requires_grad=True)
SoftRasterizer().render(points).square().sum().backward()
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="peak memory is read by the resource module")
def test_256_strokes_across_the_canvas_take_less_than_300_megabytes() -> None:
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 300


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_draws_as_the_cpu_does() -> None:
    points = sketch(32, 17)[None]
    upstream = smooth_upstream(224, torch.float32)
    mask = torch.arange(32)[None] < 30
    drawn = []
    for device in ("cpu", "cuda"):
        leaf = points.to(device).requires_grad_()
        image = choose_rasterizer(device=device)[0].render(leaf, mask=mask.to(device))
        (gradient,) = torch.autograd.grad(image[0], leaf, upstream.to(device))
        drawn.append((image.cpu(), gradient.cpu()))
    torch.testing.assert_close(drawn[1][0], drawn[0][0], rtol=0, atol=1e-3)
    assert cosine(drawn[1][1], drawn[0][1]) > 0.9999


# --- the choice


def test_auto_and_torch_choose_this_rasterizer() -> None:
    for name in ("auto", "torch"):
        rasterizer, reason = choose_rasterizer(name, size=64)
        assert rasterizer == SoftRasterizer(size=64)
        assert reason
    with pytest.raises(UsageError, match="auto, torch, diffvg"):
        choose_rasterizer("pencil")


def test_diffvg_that_is_not_installed_is_named_with_its_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydiffvg", None)
    with pytest.raises(MissingError, match="choose the rasterizer torch"):
        choose_rasterizer("diffvg")


def test_diffvg_is_refused_on_devices_whose_memory_it_cannot_read() -> None:
    with pytest.raises(MissingError, match="--device cpu"):
        choose_rasterizer("diffvg", device="mps")
