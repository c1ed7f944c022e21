"""Optimization as a generator: Adam's very steps, that can be taken up anywhere, one drawing unaffected by another."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from picasso_series.optimize import BETA1, EPSILON, FINAL_PEN, FINAL_RATE, Moment, Pen, Schedule, optimize, record_at

SEED = 3
COSINE = Schedule(40, 0.8, True, Pen(5.0, 1.2))
CONSTANT = Schedule(40, 1.0, False, FINAL_PEN, beta2=0.999)


def points(batch: int = 2, dtype: torch.dtype = torch.float32) -> Tensor:
    print(f"seed {SEED}")
    return (20 * torch.randn(batch, 3, 4, 2, generator=torch.Generator().manual_seed(SEED), dtype=torch.float64)).to(dtype)


def valley(points: Tensor, iteration: int) -> Tensor:
    """A cost with curved valleys that changes with the iteration, as a view does; (B,)."""
    x, y = points[..., 0], points[..., 1]
    return ((x - 3 - iteration % 3) ** 2 + 0.1 * (y - 0.05 * x * x) ** 2 + 1e-4 * (x * y) ** 2).sum((1, 2))


@pytest.mark.parametrize("schedule", [COSINE, CONSTANT], ids=["cosine", "constant"])
def test_every_step_is_that_of_torchs_adam(schedule: Schedule) -> None:
    theirs = points(dtype=torch.float64).requires_grad_()
    adam = torch.optim.Adam([theirs], lr=schedule.learning_rate, betas=(BETA1, schedule.beta2), eps=EPSILON)
    for moment in optimize(Moment.start(points(dtype=torch.float64)), valley, schedule):
        adam.param_groups[0]["lr"] = schedule.rate(moment.iteration - 1)
        adam.zero_grad()
        valley(theirs, moment.iteration - 1).sum().backward()
        adam.step()
        torch.testing.assert_close(moment.points, theirs.detach(), rtol=1e-9, atol=1e-9)
    assert moment.iteration == schedule.iterations


def test_a_run_taken_up_at_any_moment_ends_with_the_very_same_points() -> None:
    moments = list(optimize(Moment.start(points()), valley, COSINE))
    for moment in [Moment.start(points()), *moments[:-1]]:
        stored = Moment(moment.iteration, *(torch.from_numpy(part.numpy().copy()) for part in (moment.points, moment.first, moment.second)))
        resumed = list(optimize(stored, valley, COSINE))
        assert [m.iteration for m in resumed] == list(range(moment.iteration + 1, 41))
        assert torch.equal(resumed[-1].points, moments[-1].points)
        assert torch.equal(resumed[0].second, moments[moment.iteration].second)


def test_drawings_side_by_side_move_as_they_move_alone() -> None:
    *_, together = optimize(Moment.start(points(4)), valley, COSINE)
    for i in range(4):
        *_, alone = optimize(Moment.start(points(4)[i : i + 1]), valley, COSINE)
        assert torch.equal(alone.points[0], together.points[i])


def test_a_moment_is_never_changed_after_it_was_yielded() -> None:
    start = points()
    moments = list(optimize(Moment.start(start), valley, COSINE))
    copies: list[Tensor] = []
    for moment in optimize(Moment.start(start), valley, COSINE):
        copies.append(moment.points.clone())
    for moment, copy in zip(moments, copies, strict=True):
        assert torch.equal(moment.points, copy)
        assert not moment.points.requires_grad
    assert torch.equal(start, points())


def test_the_cost_is_asked_once_a_step_with_the_iteration() -> None:
    asked: list[int] = []

    def cost(points: Tensor, iteration: int) -> Tensor:
        asked.append(iteration)
        return valley(points, iteration)

    assert [moment.iteration for moment in optimize(Moment.start(points()), cost, COSINE)] == list(range(1, 41))
    assert asked == list(range(40))


def test_a_finished_moment_has_no_steps_left() -> None:
    *_, last = optimize(Moment.start(points()), valley, COSINE)
    assert list(optimize(last, valley, COSINE)) == []


def test_steps_are_as_long_as_the_rate_and_lead_downhill() -> None:
    moment = next(iter(optimize(Moment.start(points()), valley, COSINE)))
    # Adam's first step is the rate along every coordinate.
    torch.testing.assert_close((moment.points - points()).abs(), torch.full_like(points(), COSINE.rate(0)), atol=1e-4, rtol=0)
    *_, last = optimize(Moment.start(points()), lambda p, i: valley(p, 0), Schedule(300, 0.5, True, FINAL_PEN))
    assert (valley(last.points, 0) < 0.2 * valley(points(), 0)).all()


def test_points_without_a_slope_stay_where_they_are() -> None:
    *_, last = optimize(Moment.start(points()), lambda p, i: 0 * p.sum((1, 2, 3)), COSINE)
    assert torch.equal(last.points, points())


# The schedule


@settings(deadline=None)
@given(st.integers(1, 3000), st.floats(0.01, 10), st.booleans())
def test_rates_and_pens_go_from_first_to_last(iterations: int, rate: float, decays: bool) -> None:
    schedule = Schedule(iterations, rate, decays, Pen(6.0, 2.0))
    every = sorted({0, iterations // 3, iterations // 2, iterations - 1})
    assert schedule.rate(0) == pytest.approx(rate)
    assert schedule.pen(0) == Pen(6.0, 2.0)
    if iterations > 1:
        assert schedule.rate(iterations - 1) == pytest.approx(rate * (FINAL_RATE if decays else 1))
        last = schedule.pen(iterations - 1)
        assert (last.width, last.softness) == pytest.approx((FINAL_PEN.width, FINAL_PEN.softness))
        assert schedule.annealing(iterations - 1) == 1
    for values in ([schedule.rate(i) for i in every], [schedule.pen(i).width for i in every], [schedule.pen(i).softness for i in every]):
        assert values == sorted(values, reverse=True)
    assert all(0 <= schedule.progress(i) <= 1 for i in every)


# What a trajectory keeps


@settings(deadline=None)
@given(st.integers(1, 3000))
def test_a_trajectory_is_dense_at_first_then_sparse_and_whole_at_both_ends(iterations: int) -> None:
    kept = [i for i in range(iterations + 1) if record_at(i, iterations)]
    assert kept[: min(11, iterations + 1)] == list(range(min(11, iterations + 1)))
    assert kept[-1] == iterations
    assert len(kept) <= 13 + max(0.0, math.log(iterations / 10) / math.log(1.1))
    for before, after in zip(kept, kept[1:], strict=False):
        assert after <= 1.1 * before + 1 + 1e-9
