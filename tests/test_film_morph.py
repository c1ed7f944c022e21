"""The geometry of changes: exact parts of curves, no flips, joins that land on the survivor, strokes that leave."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sample_series import sample_series

from picasso_series.film.morph import change, flow, oriented, parameters_at, partly_drawn, split
from picasso_series.levels import Lineage
from picasso_series.strokes import Sketch, bernstein, length, sub_curve

curves = hnp.arrays(np.float64, (4, 2), elements=st.floats(-0.5, 1.5))
unit = st.floats(0, 1)


def at(points: np.ndarray, t: np.ndarray) -> np.ndarray:
    return bernstein(t) @ points


def distance(points: np.ndarray, others: np.ndarray) -> float:
    """The largest distance from a set of points to the nearest of another set."""
    return float(np.linalg.norm(points[:, None] - others, axis=2).min(axis=1).max())


@given(curves, unit, unit)
def test_a_part_of_a_curve_is_that_part(points: np.ndarray, start: float, end: float) -> None:
    t = np.linspace(0, 1, 9)
    np.testing.assert_allclose(at(sub_curve(points, start, end), t), at(points, start + (end - start) * t), atol=1e-9)


@given(curves, st.lists(st.floats(0.05, 1), min_size=1, max_size=5))
def test_pieces_follow_one_another_and_cover_the_curve(points: np.ndarray, shares: list[float]) -> None:
    pieces = split(points, shares)
    assert len(pieces) == len(shares)
    np.testing.assert_allclose(pieces[0][0], points[0], atol=1e-12)
    np.testing.assert_allclose(pieces[-1][3], points[3], atol=1e-12)
    np.testing.assert_allclose(pieces[:-1, 3], pieces[1:, 0], atol=1e-12)


def test_pieces_have_their_shares_of_the_length() -> None:
    points = np.array([[0, 0], [0.1, 0.9], [0.9, 0.9], [1, 0]])
    got = np.array([length(piece) for piece in split(points, [1, 2, 3])]) / length(points)
    np.testing.assert_allclose(got, [1 / 6, 1 / 3, 1 / 2], atol=2e-3)


def test_a_point_like_stroke_has_parameters_too() -> None:
    np.testing.assert_allclose(parameters_at(np.full((4, 2), 0.3), [0, 0.5, 1]), [0, 0.5, 1])


@given(curves, curves)
def test_orientation_never_costs_more_than_the_other_way(points: np.ndarray, target: np.ndarray) -> None:
    chosen = oriented(points, target)
    assert ((chosen - target) ** 2).sum() <= ((chosen[::-1] - target) ** 2).sum()
    assert np.array_equal(chosen, points) or np.array_equal(chosen, points[::-1])


@pytest.mark.parametrize("backward", [False, True])
def test_joined_strokes_flow_into_the_parts_that_they_came_from(backward: bool) -> None:
    """Strokes cut from a curve, shuffled and some reversed, find their own places on it again."""
    target = np.array([[0.1, 0.8], [0.2, 0.0], [0.8, 0.1], [0.9, 0.7]])
    parts = split(target, [3, 1, 2])
    order = [2, 0, 1]
    members = [parts[k][::-1] if backward else parts[k] for k in order]
    np.testing.assert_allclose(flow(members, target), parts[order], atol=2e-3)


@pytest.mark.parametrize("step", [0, 1])
def test_a_change_begins_with_the_old_drawing_and_ends_with_the_new(step: int) -> None:
    before, after = sample_series().levels[step : step + 2]
    plan = change(before.sketch, after.sketch, after.lineage)
    t = np.linspace(0, 1, 200)
    for strokes, sketch in ((plan.at(0, 0), before.sketch), (plan.at(1, 1), after.sketch)):
        drawn = np.concatenate([at(c, t) for c in strokes.curves])
        wanted = np.concatenate([at(c, t) for c in sketch.points])
        assert distance(drawn, wanted) < 5e-3, "nothing is drawn that is not of the drawing"
        assert distance(wanted, drawn) < 5e-3, "nothing of the drawing is missing"
        assert (strokes.widths == 1).all()


def test_a_change_is_continuous() -> None:
    before, after = sample_series().levels[:2]
    plan = change(before.sketch, after.sketch, after.lineage)
    moving = len(plan.start)
    positions = np.stack([plan.at(u, u).curves[:moving] for u in np.linspace(0, 1, 101)])
    steps = np.linalg.norm(np.diff(positions, axis=0), axis=-1).max(axis=(1, 2))
    assert steps.max() <= 1.01 * steps.mean() + 1e-9, "moves are straight and even before easing"


def test_strokes_leave_by_shrinking_to_nothing() -> None:
    before, after = sample_series().levels[:2]
    plan = change(before.sketch, after.sketch, after.lineage)
    assert len(plan.leaving) == len(after.lineage.dropped)
    inks = []
    for left in np.linspace(0, 1, 51):
        strokes = partly_drawn(plan.leaving, np.full(len(plan.leaving), 1 - left), 0.5)
        inks.append(sum((length(c) + 0.013) * w for c, w in zip(strokes.curves, strokes.widths, strict=True)))
    assert inks[-1] == 0
    assert (np.diff(inks) < 0).all()
    assert max(-np.diff(inks)) < 0.1 * inks[0], "no part of the ink vanishes at once"


def test_strokes_without_ancestors_grow() -> None:
    old, new = Sketch.from_points(np.zeros((1, 4, 2)), [1]), Sketch.from_points(np.eye(4, 2)[None] * 0.5, [2])
    plan = change(old, new, Lineage())
    assert len(plan.at(0, 0).curves) == 1
    np.testing.assert_allclose(plan.at(1, 1).curves, new.points)


@given(curves, st.floats(0.01, 1), st.sampled_from([0.0, 0.5]))
def test_a_partly_drawn_stroke_lies_on_the_stroke(points: np.ndarray, part: float, anchor: float) -> None:
    strokes = partly_drawn(points[None], np.array([part]), anchor)
    ends = strokes.curves[0][[0, 3]]
    assert distance(ends, at(points, np.linspace(0, 1, 2001))) < 5e-3
    assert 0 < strokes.widths[0] <= 1
