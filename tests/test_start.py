"""First strokes: as many as asked for, along the subject's lines or where the eye goes, the same for the same seed."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sample_subjects import SUBJECTS, X, blank, disk, face, square
from scipy.spatial import cKDTree

from picasso_series.curves import Points, sample
from picasso_series.lines import Line, trace_lines
from picasso_series.motif import Motif
from picasso_series.start import (
    DIFFERENT,
    STEP,
    around_corners,
    assembled_start,
    bearable_error,
    contour_pieces,
    contour_starts,
    halves,
    saliency_start,
)
from picasso_series.strokes import CANVAS
from picasso_series.xdog import xdog_ink


@cache
def lines_of(name: str) -> tuple[Line, ...]:
    return trace_lines(SUBJECTS[name])


@cache
def starts_of(name: str, strokes: int) -> tuple[Points, ...]:
    return tuple(contour_starts(contour_pieces(Motif(strokes, lines_of(name))), strokes))


def off_lines(points: Points, lines: tuple[Line, ...]) -> NDArray[np.float64]:
    """How far the strokes' points lie from the nearest line, (strokes, 9)."""
    tree = cKDTree(np.concatenate([line.chain for line in lines]))
    distance: NDArray[np.float64] = tree.query(sample(points, 9))[0]
    return distance


# Contours cut into cubics


@settings(deadline=None, max_examples=8)
@given(st.integers(1, 256), st.sampled_from(sorted(SUBJECTS)))
def test_there_are_exactly_as_many_strokes_as_asked_for_and_they_lie_near_lines(strokes: int, name: str) -> None:
    starts = starts_of(name, strokes)
    assert starts
    for points in starts:
        assert points.shape == (strokes, 4, 2)
        assert np.isfinite(points).all()
        # The bearable error is a root mean square over a piece of line, which a part of a stroke may exceed.
        assert np.sqrt((off_lines(points, lines_of(name)) ** 2).mean(axis=1)).max() < 3 * bearable_error(strokes)


@pytest.mark.parametrize("strokes", [1, 7, 256])
@pytest.mark.parametrize("name", SUBJECTS)
def test_the_extremes_have_their_strokes_too(name: str, strokes: int) -> None:
    assert {points.shape for points in starts_of(name, strokes)} == {(strokes, 4, 2)}


def test_many_strokes_follow_the_lines_closely_and_reach_all_of_them() -> None:
    points = starts_of("face", 32)[0]
    assert off_lines(points, lines_of("face")).max() < 3
    drawn = cKDTree(sample(points, 60).reshape(-1, 2))
    for line in lines_of("face"):
        assert np.median(drawn.query(line.chain)[0]) < 3


def test_starts_are_unlike_each_other() -> None:
    starts = starts_of("face", 8)
    assert len(starts) > 1
    for i, one in enumerate(starts):
        for other in starts[:i]:
            assert np.abs(one - other).mean() > DIFFERENT


def test_the_last_stroke_of_a_face_is_its_outline() -> None:
    (outline,) = (line for line in lines_of("face") if line.outline)
    (points,) = starts_of("face", 1)[0]
    assert off_lines(points[None], (outline,)).mean() < bearable_error(1)
    assert np.ptp(sample(points, 50)[:, 1]) > 100


def test_ways_without_pieces_are_passed_over() -> None:
    ways = contour_pieces(Motif(4, lines_of("square")))
    one, other = list(contour_starts(ways, 4)), list(contour_starts([[], *ways, []], 4))
    np.testing.assert_array_equal(np.stack(one), np.stack(other))


def test_each_ways_pieces_stand_by_worth() -> None:
    for way in contour_pieces(Motif(16, lines_of("face"))):
        worth = [piece.worth for piece in way]
        assert worth == sorted(worth, reverse=True)
        assert all(0 <= piece.worth <= piece.ink for piece in way)


def test_the_seed_alone_shakes_the_choice() -> None:
    def drawn(seed: int | None) -> Points:
        rng = None if seed is None else np.random.default_rng(seed)
        return np.array([piece.worth for way in contour_pieces(Motif(8, lines_of("square")), rng) for piece in way])

    plain, five, six = drawn(None), drawn(5), drawn(6)
    np.testing.assert_array_equal(drawn(None), plain)
    np.testing.assert_array_equal(drawn(5), five)
    assert plain.tolist() != five.tolist() != six.tolist()


# Assembled starts


def uncovered(chosen: Points, candidates: Points) -> NDArray[np.float64]:
    """The share of the face's lines that lies off the strokes, for the chosen with each of the candidates."""
    chain = np.concatenate([line.chain for line in lines_of("face")])
    costs = []
    for candidate in candidates:
        drawn = cKDTree(sample(np.concatenate([chosen, candidate[None]]), 60).reshape(-1, 2))
        costs.append(float((drawn.query(chain)[0] > 4).mean()))
    return np.array(costs)


@pytest.mark.parametrize("strokes", [1, 4, 8])
def test_a_start_is_assembled_of_the_pieces_that_help_most(strokes: int) -> None:
    ways = contour_pieces(Motif(strokes, lines_of("face")))
    asked: list[tuple[int, int]] = []
    first: list[Points] = []

    def judge(chosen: Points, candidates: Points) -> NDArray[np.float64]:
        asked.append((len(chosen), len(candidates)))
        costs = uncovered(chosen, candidates)
        if not len(chosen):
            first.append(candidates[costs.argmin()])
        return costs

    points = assembled_start(ways, strokes, judge)
    assert points.shape == (strokes, 4, 2)
    np.testing.assert_array_equal(points[0], first[0])
    pool = asked[0][1]
    assert asked == [(k, pool - k) for k in range(strokes)]
    nothing = np.zeros((0, 4, 2))
    greedy = [uncovered(points[:k], points[k : k + 1])[0] for k in range(strokes)]
    assert greedy == sorted(greedy, reverse=True)
    assert greedy[0] == min(uncovered(nothing, np.stack([piece.points for way in ways for piece in way[:strokes]])))


def test_around_corners_a_leg_and_a_belly_are_one_line_and_what_is_faint_or_far_stays_apart() -> None:
    across, down = np.linspace(60, 120, 61), np.linspace(128, 190, 63)
    belly = Line(np.stack([across, np.full(61, 120.0)], 1), 1.0, True)
    leg = Line(np.stack([np.full(63, 124.0), down], 1), 1.0, True)
    far = Line(belly.chain + [0, 60], 1.0, True)
    faint = Line(belly.chain + [0, 4], 0.25, False)
    lines = around_corners(Motif(4, (belly, leg, far, faint))).lines
    assert sum(line.outline for line in lines) == 2
    assert faint in lines
    joined = max((line for line in lines if line.outline), key=lambda line: len(line.chain)).chain
    ends = sorted(map(tuple, np.round(joined[[0, -1]]).tolist()))
    assert ends == [(60.0, 120.0), (124.0, 190.0)]


def test_a_pool_that_is_too_small_is_filled_by_halves() -> None:
    ways = contour_pieces(Motif(8, lines_of("disk")))
    points = assembled_start(ways, 200, lambda chosen, candidates: np.arange(len(candidates), dtype=float))
    assert points.shape == (200, 4, 2)
    assert np.median(off_lines(points, lines_of("disk"))) < 4


@settings(deadline=None)
@given(st.integers(0, 2**31))
def test_halves_are_the_same_curve(seed: int) -> None:
    points = np.random.default_rng(seed).uniform(-50, 274, (4, 2))
    first, second = halves(points)
    both = np.concatenate([sample(first, 11), sample(second, 11)[1:]])
    np.testing.assert_allclose(both, sample(points, 21), atol=1e-9)


# Where the eye goes


@pytest.mark.parametrize("strokes", [1, 32, 256])
@pytest.mark.parametrize("subject", [face(), blank(), disk()], ids=["face", "blank", "disk"])
def test_squiggles_are_as_many_as_asked_for_and_short(subject, strokes: int) -> None:  # type: ignore[no-untyped-def]
    points = saliency_start(subject.mask, subject.rgb, strokes, np.random.default_rng(0))
    assert points.shape == (strokes, 4, 2)
    assert (points[:, 0] >= 0).all()
    assert (points[:, 0] <= CANVAS).all()
    assert len(np.unique(points[:, 0], axis=0)) == strokes
    assert np.abs(np.diff(points, axis=1)).max() <= STEP / 2


def test_the_same_seed_draws_the_same_squiggles() -> None:
    one, same, other = (saliency_start(face().mask, face().rgb, 16, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_squiggles_begin_on_salient_lines() -> None:
    subject = square()
    on_left = np.where(X < 110, 1.0, 0.0).astype(np.float32)
    first = saliency_start(on_left, subject.rgb, 64, np.random.default_rng(1))[:, 0]
    at = np.floor(first).astype(int)
    assert (on_left[at[:, 1], at[:, 0]] > 0).all()
    assert (xdog_ink(subject.rgb)[at[:, 1], at[:, 0]] == 1).all()


def test_what_is_more_salient_is_drawn_more_often() -> None:
    saliency = np.where(X < 110, 1.0, 0.2).astype(np.float32)
    first = saliency_start(saliency, square().rgb, 200, np.random.default_rng(2))[:, 0]
    assert (first[:, 0] < 110).sum() > 1.5 * (first[:, 0] > 110).sum()


@pytest.mark.parametrize("positive", [0, 1, 9])
def test_a_map_with_too_few_places_is_filled_up(positive: int) -> None:
    """Places with saliency are taken first as a rule, the others fill up."""
    saliency = np.zeros((CANVAS, CANVAS), np.float32)
    lines = np.argwhere(xdog_ink(face().rgb) == 1)[:positive]
    saliency[lines[:, 0], lines[:, 1]] = 1
    points = saliency_start(saliency, face().rgb, 20, np.random.default_rng(0))
    assert points.shape == (20, 4, 2)
    assert np.isfinite(points).all()
    assert len(np.unique(points[:, 0], axis=0)) == 20
