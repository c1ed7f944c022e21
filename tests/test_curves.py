"""Fitting, cutting and joining cubic curves, against curves that are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from picasso_series.curves import (
    Fit,
    Points,
    arc_length,
    cover,
    cut_at_corners,
    fit_cubic,
    is_closed,
    join,
    resample,
    sample,
    smooth,
    turning,
)
from picasso_series.start import halves

SEED = 20_240_501
INVISIBLE = 0.05
"""Pixels that nobody sees."""
GENTLE = st.tuples(st.floats(20, 150), st.floats(0, 6.28), *[st.floats(-0.4, 0.4)] * 2, *[st.floats(-0.06, 0.06)] * 2)


def gentle(shape: tuple[float, ...]) -> Points:
    """A cubic (4, 2) of one bow or an S, without loops or cusps: what artists draw in one go."""
    size, angle, up, down, early, late = shape
    points = np.array([[0, 0], [1 / 3 + early, up], [2 / 3 + late, down], [1, 0]]) * size
    return points @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) + 100


def circle(radius: float, count: int) -> Points:
    angle = np.linspace(0, 2 * np.pi, count)
    return 112 + radius * np.stack([np.cos(angle), np.sin(angle)], 1)


def square(side: int) -> Points:
    """A closed square, a point a pixel, that starts in the middle of a side."""
    step = np.arange(side, dtype=float)
    zero = np.zeros(side)
    ring = np.concatenate(
        [np.stack(leg, 1) for leg in ((step, zero), (zero + side, step), (side - step, zero + side), (zero, side - step))]
    )
    ring = np.roll(ring, -side // 2, axis=0)
    return np.vstack([ring, ring[:1]])


def off_curve(chain: Points, points: Points) -> Points:
    """How far each point of a chain lies from a curve, found by brute force."""
    return cKDTree(sample(points, 2000)).query(chain)[0]


# Chains


def test_arc_length_and_resampling_of_a_staircase() -> None:
    chain = np.array([[0, 0], [3, 0], [3, 4], [3, 4], [6, 8.0]])
    np.testing.assert_allclose(arc_length(chain), [0, 3, 7, 7, 12])
    np.testing.assert_allclose(resample(chain, 5), [[0, 0], [3, 0], [3, 3], [4.2, 5.6], [6, 8]], atol=1e-9)


@pytest.mark.parametrize("count", [2, 7, 100])
def test_resampled_points_lie_on_the_chain_evenly(count: int) -> None:
    chain = circle(50, 400)
    even = resample(chain, count)
    assert even.shape == (count, 2)
    np.testing.assert_array_equal(even[[0, -1]], chain[[0, -1]])
    np.testing.assert_allclose(np.linalg.norm(even - 112, axis=1), 50, atol=0.05)
    legs = np.linalg.norm(np.diff(even, axis=0), axis=1)
    np.testing.assert_allclose(legs, legs[0], atol=0.05)


@pytest.mark.parametrize("sigma", [0.5, 1.5, 4.0])
def test_smoothing_keeps_an_open_chains_ends_and_calms_it(sigma: float) -> None:
    print(f"seed {SEED}")
    noise = np.random.default_rng(SEED).normal(0, 0.5, (60, 2))
    chain = np.stack([np.arange(60.0), np.zeros(60)], 1) + noise
    calm = smooth(chain, sigma)
    assert calm.shape == chain.shape
    np.testing.assert_allclose(calm[[0, -1]], chain[[0, -1]], atol=INVISIBLE)
    assert np.abs(np.diff(calm, 2, axis=0)).mean() < np.abs(np.diff(chain, 2, axis=0)).mean()


@pytest.mark.parametrize("sigma", [0.5, 1.5, 4.0])
def test_smoothing_leaves_a_straight_line_and_a_closed_ring_as_they_are(sigma: float) -> None:
    line = np.stack([np.arange(40.0), 2 * np.arange(40.0)], 1)
    np.testing.assert_allclose(smooth(line, sigma), line, atol=INVISIBLE)
    ring = smooth(circle(40, 252), sigma)
    assert ring.shape == (252, 2)
    np.testing.assert_array_equal(ring[0], ring[-1])
    radius = np.linalg.norm(ring - 112, axis=1)
    # A ring is calmed everywhere alike: it has no seam.
    assert np.ptp(radius) < 1e-9
    assert 38 < radius[0] <= 40


def test_chains_of_a_few_points_are_smooth_already() -> None:
    chain = np.array([[0, 0], [5, 9], [9, 0], [12, 3.0]])
    np.testing.assert_array_equal(smooth(chain, 2.0), chain)


# Fitting


@settings(deadline=None)
@given(GENTLE, st.integers(8, 120))
def test_a_chain_along_a_cubic_is_fitted_by_a_cubic_that_lies_on_it(shape: tuple[float, ...], count: int) -> None:
    points = gentle(shape)
    chain = sample(points, count)
    fit = fit_cubic(chain)
    np.testing.assert_array_equal(fit.points[[0, 3]], chain[[0, -1]])
    assert fit.length == pytest.approx(arc_length(chain)[-1])
    assert fit.error < 0.015 * fit.length
    assert off_curve(sample(points, 50), fit.points).max() < 0.04 * fit.length


@settings(deadline=None)
@given(GENTLE)
def test_more_rounds_do_not_harm(shape: tuple[float, ...]) -> None:
    chain = sample(gentle(shape), 60)
    # The weak pull to the straight line costs a little of what the rounds win.
    assert fit_cubic(chain, rounds=60).error <= fit_cubic(chain, rounds=1).error + 1e-2
    assert fit_cubic(chain, rounds=60).error < 0.005 * fit_cubic(chain).length


@settings(deadline=None)
@given(GENTLE, st.integers(0, 2**31))
def test_the_error_that_is_told_is_never_too_small(shape: tuple[float, ...], seed: int) -> None:
    chain = sample(gentle(shape), 50)
    chain = chain + np.random.default_rng(seed).normal(0, 1, chain.shape)
    fit = fit_cubic(chain)
    nearest = np.sqrt((off_curve(chain, fit.points) ** 2).mean())
    assert nearest <= fit.error + 1e-3


@settings(deadline=None)
@given(st.integers(2, 90), st.floats(-100, 300), st.floats(-100, 300))
def test_a_straight_chain_is_fitted_without_error(count: int, x: float, y: float) -> None:
    chain = np.linspace([12.0, 34.0], [x, y], count)
    fit = fit_cubic(chain)
    assert fit.error < 1e-5 * max(1, fit.length)
    assert off_curve(fit.points, np.linspace(chain[0], chain[-1], 4)).max() < 1e-3 * max(1, fit.length)


@pytest.mark.parametrize(
    "chain",
    [
        [[5, 5], [5, 5]],
        [[5, 5]] * 9,
        [[1, 2], [3, 4]],
        [[0, 0], [1, 0], [1, 1]],
        [[0, 0], [1, 0], [0, 0]],
        [[0, 0], [0, 0], [4, 0], [4, 0]],
    ],
    ids=["point", "points", "two", "corner", "there-and-back", "doubled"],
)
def test_tiny_chains_are_fitted_by_finite_curves_near_them(chain: list[list[float]]) -> None:
    points = np.array(chain, float)
    fit = fit_cubic(points)
    np.testing.assert_array_equal(fit.points[[0, 3]], points[[0, -1]])
    assert np.isfinite(fit.points).all()
    assert 0 <= fit.error <= 1
    assert np.abs(fit.points - points.mean(axis=0)).max() < 6


# Corners


def test_a_circle_turns_alike_everywhere_and_a_line_nowhere() -> None:
    assert np.ptp(turning(circle(40, 252), 7)) < 1e-6
    # Chords of 7 points on either side turn by the angle of 7 points.
    assert turning(circle(40, 252), 7)[0] == pytest.approx(7 * 360 / 251)
    assert turning(np.linspace([0, 0], [90, 30], 50), 7).max() < 1e-5


def test_a_closed_square_is_cut_at_its_four_corners() -> None:
    chain = square(60)
    assert is_closed(chain)
    pieces = cut_at_corners(chain, 55)
    assert [len(piece) for piece in pieces] == [61] * 4
    for piece, after in zip(pieces, pieces[1:] + pieces[:1], strict=True):
        np.testing.assert_array_equal(piece[-1], after[0])
        assert sorted(piece[0]) in ([0, 0], [0, 60], [60, 60])


def test_an_open_chain_is_cut_at_its_corner_and_nowhere_else() -> None:
    leg = np.arange(0.0, 31)
    chain = np.vstack([np.stack([leg, 0 * leg], 1), np.stack([0 * leg[1:] + 30, leg[1:]], 1)])
    assert [len(piece) for piece in cut_at_corners(chain, 55)] == [31, 31]
    assert [len(piece) for piece in cut_at_corners(chain, 100)] == [61]


@pytest.mark.parametrize("chain", [circle(40, 252), np.linspace([0, 0], [9, 0], 10)], ids=["circle", "short"])
def test_a_chain_without_corners_stays_whole(chain: Points) -> None:
    (piece,) = cut_at_corners(chain, 55)
    np.testing.assert_array_equal(piece, chain)


# Covering


def assert_connected(fits: list[Fit], spacing: float) -> None:
    """Each piece begins where the one before ends, but for a remainder of fewer than four points that no stroke is worth."""
    for fit, after in zip(fits, fits[1:], strict=False):
        assert np.linalg.norm(fit.points[3] - after.points[0]) < 4 * spacing


@pytest.mark.parametrize("tolerance", [0.3, 0.8, 2.0])
def test_a_circle_is_covered_by_connected_cubics_within_the_tolerance(tolerance: float) -> None:
    chain = circle(70, 440)
    fits = list(cover(chain, tolerance, 80))
    for fit, after in zip(fits, fits[1:], strict=False):
        np.testing.assert_array_equal(fit.points[3], after.points[0])
    assert all(fit.error <= tolerance for fit in fits)
    covered = np.concatenate([sample(fit.points, 200) for fit in fits])
    assert cKDTree(covered).query(chain)[0].max() < 4 * tolerance + 2
    assert sum(fit.length for fit in fits) == pytest.approx(2 * np.pi * 70, abs=4)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**31), st.floats(0.3, 4), st.sampled_from([55.0, 80.0, 110.0, 150.0]))
def test_any_wandering_line_is_covered_from_end_to_end(seed: int, tolerance: float, angle: float) -> None:
    rng = np.random.default_rng(seed)
    heading = np.cumsum(rng.normal(0, 0.12, 250))
    chain = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], 1), axis=0)
    fits = list(cover(chain, tolerance, angle))
    assert all(fit.error <= tolerance for fit in fits)
    np.testing.assert_array_equal(fits[0].points[0], chain[0])
    assert_connected([*fits, fit_cubic(chain[-2:][::-1])], 1.0)
    assert sum(fit.length for fit in fits) <= arc_length(chain)[-1] + 1e-6


def test_a_larger_tolerance_takes_fewer_cubics() -> None:
    chain = circle(70, 440)
    counts = [len(list(cover(chain, tolerance, 80))) for tolerance in (0.1, 0.5, 2.0, 8.0)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


# Joining


@settings(deadline=None)
@given(GENTLE, st.booleans(), st.booleans())
def test_two_halves_of_a_cubic_join_to_the_whole(shape: tuple[float, ...], turn_first: bool, turn_second: bool) -> None:
    whole = gentle(shape)
    first, second = halves(whole)
    fit, gap, turn = join(first[::-1] if turn_first else first, second[::-1] if turn_second else second)
    assert gap < 1e-9
    assert turn < 60
    size = arc_length(sample(whole, 50))[-1]
    assert fit.error < 0.015 * size
    assert off_curve(sample(whole, 40), fit.points).max() < 0.04 * size
    ends = fit.points[[0, 3]]
    assert min(np.abs(ends - whole[[0, 3]]).max(), np.abs(ends - whole[[3, 0]]).max()) < 1e-9


def test_the_turn_of_a_join_is_the_angle_between_the_strokes() -> None:
    first = np.linspace([0, 0], [30, 0], 4)
    for degrees in (0, 30, 90, 170):
        way = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
        second = np.linspace([32, 0], [32, 0] + 30 * way, 4)
        _, gap, turn = join(first, second)
        assert turn == pytest.approx(degrees, abs=1e-6)
        assert gap == pytest.approx(2)


def test_strokes_on_one_line_join_across_a_gap() -> None:
    fit, gap, turn = join(np.linspace([0, 0], [30, 0], 4), np.linspace([70, 0], [36, 0], 4))
    assert gap == pytest.approx(6)
    assert turn == pytest.approx(0)
    assert fit.error < 1e-5
    np.testing.assert_allclose(fit.points[[0, 3]], [[0, 0], [70, 0]], atol=1e-9)
