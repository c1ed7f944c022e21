"""Costs of lines: nothing where there is nothing to mind, more where there is, and gradients that are right and finite."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from picasso_series.linework import bending, doubling, lengths, loose_ends, off_paper, sampled, shrinking, straying
from picasso_series.strokes import CANVAS

SEED = 7
COSTS: dict[str, Callable[[Tensor], Tensor]] = {
    "bending": bending,
    "loose_ends": loose_ends,
    "doubling": doubling,
    "shrinking": lambda points: shrinking(points, lengths(points.detach() + torch.arange(8.0).view(4, 2).to(points) ** 2)),
    "straying": lambda points: straying(points, points.detach().flip(2) + 3),
    "off_paper": off_paper,
}
WITHOUT_DETACHED = ("loose_ends", "doubling", "shrinking", "straying", "off_paper")
"""Costs whose gradient is that of the whole formula."""


def line(start: tuple[float, float], end: tuple[float, float]) -> Tensor:
    """A straight stroke with even control points, (4, 2)."""
    share = torch.linspace(0, 1, 4, dtype=torch.float64)[:, None]
    return torch.tensor(start, dtype=torch.float64) * (1 - share) + torch.tensor(end, dtype=torch.float64) * share


def drawing(*strokes: Tensor) -> Tensor:
    return torch.stack(strokes)[None]


def random_drawings(batch: int = 3, strokes: int = 6, spread: float = 25.0) -> Tensor:
    print(f"seed {SEED}")
    generator = torch.Generator().manual_seed(SEED)
    places = torch.rand(batch, strokes, 1, 2, generator=generator, dtype=torch.float64) * 240 - 8
    return places + spread * torch.randn(batch, strokes, 4, 2, generator=generator, dtype=torch.float64)


HORIZONTAL = line((40, 60), (140, 60))
FAR_BELOW = line((40, 160), (140, 160))


@pytest.mark.parametrize("name", COSTS)
def test_a_drawing_costs_the_same_alone_and_beside_others(name: str) -> None:
    points = random_drawings()
    together = COSTS[name](points)
    assert together.shape == (3,)
    assert (together >= 0).all()
    alone = torch.cat([COSTS[name](points[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(together, alone)


@pytest.mark.parametrize("name", WITHOUT_DETACHED)
def test_gradients_agree_with_finite_differences(name: str) -> None:
    points = random_drawings(batch=2, strokes=4, spread=40.0)
    cost, first = COSTS[name], points.clone()
    if name == "shrinking":
        target = lengths(first) * 1.3
        cost = lambda p: shrinking(p, target)  # noqa: E731
    if name == "straying":
        cost = lambda p: straying(p, first.flip(2))  # noqa: E731
    assert cost(points).sum() > 0
    assert torch.autograd.gradcheck(cost, points.requires_grad_(), eps=1e-6, atol=1e-5)


@pytest.mark.parametrize("name", COSTS)
@pytest.mark.parametrize("strokes", [1, 2, 5])
def test_gradients_of_coincident_points_are_finite(name: str, strokes: int) -> None:
    points = torch.full((2, strokes, 4, 2), 50.0, requires_grad=True)
    cost = COSTS[name](points)
    assert torch.isfinite(cost).all()
    (gradient,) = torch.autograd.grad(cost.sum() + 0 * points.sum(), points)
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("name", ["bending", "loose_ends", "doubling", "off_paper"])
def test_the_order_and_direction_of_strokes_make_no_difference(name: str) -> None:
    points = random_drawings()
    torch.testing.assert_close(COSTS[name](points), COSTS[name](points.flip(1)))
    torch.testing.assert_close(COSTS[name](points), COSTS[name](points.flip(2)))


def test_curves_are_sampled_from_end_to_end() -> None:
    curves = sampled(drawing(HORIZONTAL), 5)
    assert curves.shape == (1, 1, 5, 2)
    torch.testing.assert_close(curves[0, 0], line((40, 60), (140, 60))[:1] + torch.tensor([[25.0 * k, 0] for k in range(5)]).double())


# Bending


def test_straight_strokes_and_dots_do_not_bend() -> None:
    dot = torch.full((4, 2), 9.0, dtype=torch.float64)
    assert bending(drawing(HORIZONTAL, line((3, 4), (90, 200)), dot)).item() == pytest.approx(0, abs=1e-12)


def test_a_hairpin_bends_more_than_a_bow() -> None:
    bow = torch.tensor([[0, 0], [30, 15], [70, 15], [100, 0]]).double()
    hairpin = torch.tensor([[0, 0], [100, 0], [100, 5], [0, 5]]).double()
    assert 0 < bending(drawing(bow)) < bending(drawing(hairpin))


def test_bending_does_not_ask_where_a_stroke_lies() -> None:
    points = random_drawings()
    turn = torch.tensor([[0.6, 0.8], [-0.8, 0.6]], dtype=torch.float64)
    torch.testing.assert_close(bending(points), bending(points @ turn + 31))


# Ends that meet


def test_one_stroke_has_nothing_to_meet() -> None:
    assert loose_ends(drawing(HORIZONTAL)).item() == 0
    assert doubling(drawing(HORIZONTAL)).item() == 0


def test_ends_that_touch_and_ends_that_are_far_cost_nothing() -> None:
    assert loose_ends(drawing(HORIZONTAL, line((140, 60), (140, 160)))).item() == pytest.approx(0, abs=1e-12)
    assert loose_ends(drawing(HORIZONTAL, FAR_BELOW)).item() == 0


def test_an_end_that_stops_short_costs_and_is_drawn_to_the_other_stroke() -> None:
    points = drawing(HORIZONTAL, line((146, 60), (146, 200))).requires_grad_()
    cost = loose_ends(points)
    assert 0 < cost.item() < 1
    (gradient,) = torch.autograd.grad(cost.sum(), points)
    # Bringing the cost down moves the end at (140, 60) to the right and the stroke beside it to the left.
    assert gradient[0, 0, 3, 0] < 0
    assert gradient[0, 1, 0, 0] > 0
    nearer = loose_ends(drawing(HORIZONTAL, line((143, 60), (143, 200))))
    assert nearer < cost


def test_a_strokes_own_ends_may_be_near_each_other() -> None:
    ring = torch.tensor([[50, 50], [120, 50], [50, 120], [52, 52]]).double()
    assert loose_ends(drawing(ring, FAR_BELOW + 50)).item() == 0


# Lines drawn twice


def test_strokes_apart_or_across_are_not_doubled() -> None:
    assert doubling(drawing(HORIZONTAL, FAR_BELOW)).item() < 1e-6
    assert doubling(drawing(HORIZONTAL, line((90, 10), (90, 110)))).item() < 1e-6


@pytest.mark.parametrize("second", [HORIZONTAL, HORIZONTAL.flip(0), HORIZONTAL + 0.2], ids=["same", "reversed", "beside"])
def test_a_line_drawn_twice_counts_in_full(second: Tensor) -> None:
    assert doubling(drawing(HORIZONTAL, second)).item() > 0.95


def test_strokes_that_share_a_part_count_for_that_part() -> None:
    half = doubling(drawing(HORIZONTAL, line((90, 60), (190, 60)))).item()
    assert 0.4 < half < 0.7
    apart = [doubling(drawing(HORIZONTAL, HORIZONTAL + torch.tensor([0.0, gap]).double())).item() for gap in (0, 2, 4, 8, 16)]
    assert apart == sorted(apart, reverse=True)
    assert apart[-1] < 0.01


# Lengths, and what keeps strokes where they began


def test_lengths_are_those_of_the_lines() -> None:
    found = lengths(drawing(HORIZONTAL, line((0, 0), (30, 40)), line((7, 7), (7, 7))))
    torch.testing.assert_close(found, torch.tensor([[100.0, 50.0, 0.0]]).double(), atol=0.02, rtol=0)


def test_only_a_stroke_that_lost_length_shrank() -> None:
    points = drawing(HORIZONTAL, FAR_BELOW)
    first = lengths(points)
    assert shrinking(points, first).item() == 0
    assert shrinking(points * 2, first).item() == 0
    assert shrinking(points / 2, first).item() == pytest.approx(0.25, rel=1e-3)
    one = drawing(HORIZONTAL, (FAR_BELOW - FAR_BELOW.mean(0)) * 1e-6)
    assert shrinking(one, first).item() == pytest.approx(0.5, rel=1e-2)


def test_straying_is_the_squared_way_in_units_of_ten_pixels() -> None:
    points = random_drawings()
    assert straying(points, points).abs().max() == 0
    torch.testing.assert_close(straying(points + torch.tensor([6.0, 8.0]).double(), points), torch.ones(3).double())


def test_only_curves_beyond_the_paper_are_off_it() -> None:
    inside = drawing(line((0, 0), (CANVAS, CANVAS)), line((0, CANVAS), (CANVAS, 0)))
    assert off_paper(inside).item() == 0
    # A bend along the edge: its control points lie outside, its curve does not.
    bend = drawing(torch.tensor([[20.0, 60.0], [20, -18], [200, -18], [200, 60]], dtype=torch.float64))
    assert sampled(bend).min() > 0
    assert off_paper(bend).item() == 0
    for x, y in ((-5, 50), (50, -5), (CANVAS + 5, 50), (50, CANVAS + 5)):
        points = drawing(HORIZONTAL)
        points[0, 0, 3] = torch.tensor([x, y]).double()
        points.requires_grad_()
        cost = off_paper(points)
        # Of 13 points of the curve the last lies 5 pixels out; whatever else does is nearer.
        assert 25 / 26 / 10 <= cost.item() < 25 / 10
        (gradient,) = torch.autograd.grad(cost.sum(), points)
        back = points[0, 0, 3] - gradient[0, 0, 3]
        assert ((back - CANVAS / 2).abs() <= (points[0, 0, 3] - CANVAS / 2).abs()).all()
        assert gradient[0, 0, 3].abs().max() > 0


def test_bending_gains_nothing_by_drawing_smaller() -> None:
    points = (torch.rand(1, 6, 4, 2, generator=torch.Generator().manual_seed(7)) * 200).requires_grad_()
    (gradient,) = torch.autograd.grad(bending(points).sum(), points)
    # The slope along a change of scale about each stroke's own middle.
    middle = points.mean(2, keepdim=True)
    assert abs(float((gradient * (points - middle).detach()).sum())) < 1e-3 * float(bending(points.detach()))
