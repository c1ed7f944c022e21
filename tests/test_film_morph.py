"""The geometry of changes: exact parts of curves, shapes that turn and bend without flips or knots, joins that land, strokes that leave."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sample_series import sample_series

from picasso_series.film.morph import STRAY, Motion, change, flow, oriented, parameters_at, partly_drawn, places, split
from picasso_series.levels import Lineage
from picasso_series.strokes import Sketch, bernstein, length, sub_curve

curves = hnp.arrays(np.float64, (4, 2), elements=st.floats(-0.5, 1.5))
unit = st.floats(0, 1)
T = np.linspace(0, 1, 200)


def at(points: np.ndarray, t: np.ndarray) -> np.ndarray:
    return bernstein(t) @ points


def points_of(chain: np.ndarray) -> np.ndarray:
    """Points all along a chain of cubics (3 k + 1, 2)."""
    return np.concatenate([at(chain[i : i + 4], np.linspace(0, 1, 30)) for i in range(0, len(chain) - 1, 3)])


def distance(points: np.ndarray, others: np.ndarray) -> float:
    """The largest distance from a set of points to the nearest of another set."""
    return float(np.linalg.norm(points[:, None] - others, axis=2).min(axis=1).max())


def turns(shape: np.ndarray) -> np.ndarray:
    """By how much a polyline turns at each of its inner points, in radians."""
    chords = np.diff(shape, axis=0)
    return np.abs(np.diff(np.unwrap(np.arctan2(chords[:, 1], chords[:, 0]))))


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


def test_the_places_of_a_curve_do_not_depend_on_its_parameter() -> None:
    """A straight line whose parameter rushes at first has the same places as one that runs evenly."""
    even = np.array([[0, 0], [1, 0], [2, 0], [3, 0]]) / 3
    rushing = np.array([[0, 0], [2.9, 0], [3, 0], [3, 0]]) / 3
    np.testing.assert_allclose(places(even), places(rushing), atol=2e-3)


@given(curves, curves)
def test_orientation_never_costs_more_than_the_other_way(points: np.ndarray, target: np.ndarray) -> None:
    chosen = oriented(points, target)
    goal = places(target)
    assert ((places(chosen) - goal) ** 2).sum() <= ((places(chosen)[::-1] - goal) ** 2).sum() + 1e-6
    assert np.array_equal(chosen, points) or np.array_equal(chosen, points[::-1])


@settings(deadline=None)
@given(curves, curves, unit)
def test_no_shape_on_the_way_is_longer_shorter_or_more_bent_than_its_ends_allow(a: np.ndarray, b: np.ndarray, moved: float) -> None:
    """Thus nothing collapses when it turns round, and nothing ties a knot. (Strokes so short that they stray nowhere.)"""
    start, end = (places(points) * STRAY / 6 for points in (a, b))
    shape = Motion(start[None], end[None]).at(moved)[0]
    sizes = [float(np.linalg.norm(np.diff(part, axis=0), axis=1).sum()) for part in (start, shape, end)]
    assert sizes[1] == pytest.approx((1 - moved) * sizes[0] + moved * sizes[2], abs=1e-9)
    if max(turns(start).max(), turns(end).max()) < np.pi / 2:
        assert (turns(shape) <= (1 - moved) * turns(start) + moved * turns(end) + 1e-6).all()
    np.testing.assert_allclose(shape.mean(axis=0), (1 - moved) * start.mean(axis=0) + moved * end.mean(axis=0), atol=1e-9)


@settings(deadline=None)
@given(curves, curves, unit)
def test_no_point_strays_far_from_its_straight_way(a: np.ndarray, b: np.ndarray, moved: float) -> None:
    start, end = places(a), places(b)
    shape = Motion(start[None], end[None]).at(moved)[0]
    assert np.linalg.norm(shape - (1 - moved) * start - moved * end, axis=1).max() <= 1.1 * STRAY


@given(curves, st.floats(-3.1, 3.1), unit)
def test_a_short_stroke_that_turns_keeps_its_shape(points: np.ndarray, angle: float, moved: float) -> None:
    """Moving every point straight would shrink it on the way, to nothing at half a turn."""

    def turned(by: float) -> np.ndarray:
        return (start - middle) @ np.array([[np.cos(by), np.sin(by)], [-np.sin(by), np.cos(by)]]) + middle

    start = places(points) * STRAY / 6
    middle = start.mean(axis=0)
    np.testing.assert_allclose(Motion(start[None], turned(angle)[None]).at(moved)[0], turned(moved * angle), atol=1e-6)


@pytest.mark.parametrize("backward", [False, True])
def test_joined_strokes_flow_into_the_parts_that_they_came_from(backward: bool) -> None:
    """Strokes cut from a curve, shuffled and some reversed, find their own places on it again."""
    target = np.array([[0.1, 0.8], [0.2, 0.0], [0.8, 0.1], [0.9, 0.7]])
    parts = split(target, [3, 1, 2])
    order = [2, 0, 1]
    members = [parts[k][::-1] if backward else parts[k] for k in order]
    pieces, spans = flow(members, target)
    np.testing.assert_allclose(pieces, parts[order], atol=2e-3)
    np.testing.assert_allclose(spans, np.array([[0, 1 / 2], [1 / 2, 2 / 3], [2 / 3, 1]])[order], atol=5e-3)


@pytest.mark.parametrize("step", [0, 1])
def test_a_change_begins_with_the_old_drawing_and_ends_with_the_new(step: int) -> None:
    before, after = sample_series().levels[step : step + 2]
    plan = change(before.sketch, after.sketch, after.lineage)
    for strokes, sketch in ((plan.at(0, 0), before.sketch), (plan.at(1, 1), after.sketch)):
        drawn = np.concatenate([points_of(chain) for chain in strokes.curves])
        wanted = np.concatenate([at(c, T) for c in sketch.points])
        assert distance(drawn, wanted) < 5e-3, "nothing is drawn that is not of the drawing"
        assert distance(wanted, drawn) < 5e-3, "nothing of the drawing is missing"
        assert (strokes.widths == 1).all()


@pytest.mark.parametrize("step", [0, 1])
@pytest.mark.parametrize("moved", [0.0, 0.3, 0.7, 1.0])
def test_single_cubics_follow_the_same_way(step: int, moved: float) -> None:
    """What an animated SVG shows at its key moments is what the frames show."""
    before, after = sample_series().levels[step : step + 2]
    plan = change(before.sketch, after.sketch, after.lineage)
    exact = moved in (0.0, 1.0)
    for cubic, chain in zip(plan.cubics(moved), plan.at(moved, 1).curves, strict=False):
        assert distance(at(cubic, T), points_of(chain)) < (0.003 if exact else 0.02)


def test_a_change_is_continuous() -> None:
    before, after = sample_series().levels[:2]
    plan = change(before.sketch, after.sketch, after.lineage)
    moving = len(plan.start)
    positions = np.stack([plan.at(u, u).curves[:moving] for u in np.linspace(0, 1, 101)])
    steps = np.linalg.norm(np.diff(positions, axis=0), axis=-1).max(axis=(1, 2))
    assert steps.max() <= 1.3 * steps.mean() + 1e-9, "moves are even before easing"


def test_strokes_leave_by_shrinking_to_nothing_at_the_end_that_is_nearer_to_the_rest() -> None:
    before, after = sample_series().levels[:2]
    plan = change(before.sketch, after.sketch, after.lineage)
    assert set(plan.left) == set(after.lineage.dropped)
    rest = np.concatenate([at(c, T) for c in after.sketch.points])
    for curve in plan.leaving:
        assert distance(curve[:1], rest) <= distance(curve[3:], rest)
    inks = []
    for left in np.linspace(0, 1, 51):
        strokes = partly_drawn(plan.leaving, 1 - left)
        inks.append(sum((length(c) + 0.013) * w for c, w in zip(strokes.curves, strokes.widths, strict=True)))
    assert inks[-1] == 0
    assert (np.diff(inks) < 0).all()
    assert max(-np.diff(inks)) < 0.1 * inks[0], "no part of the ink vanishes at once"


def test_leaving_strokes_go_one_after_the_other_the_least_salient_first() -> None:
    points = np.random.default_rng(4).uniform(0, 1, (6, 4, 2))
    before, after = Sketch.from_points(points, range(1, 7)), Sketch.from_points(points[:2], [1, 2])
    plan = change(before, after, Lineage((1, 2), {}, (3, 4, 5, 6)))
    begins, ends = plan.departures.T
    assert plan.left == (3, 4, 5, 6)
    assert (np.diff(begins) < 0).all(), "drawing order is that of salience"
    assert begins.min() == 0
    assert ends.max() < 1, "all are gone before the others arrive"
    drawn = plan.at(0.5, [0.0, 0.2, 0.5, 1.0])
    assert len(drawn.curves) == 2 + 3


def test_strokes_without_ancestors_grow() -> None:
    old, new = Sketch.from_points(np.zeros((1, 4, 2)), [1]), Sketch.from_points(np.eye(4, 2)[None] * 0.5, [2])
    plan = change(old, new, Lineage())
    assert len(plan.at(0, 0).curves) == 1
    (grown,) = plan.at(1, 1).curves
    assert np.allclose(grown, new.points[0]) or np.allclose(grown, new.points[0][::-1])


@given(curves, st.floats(0.01, 1), st.sampled_from([0.0, 0.5, 1.0]))
def test_a_partly_drawn_stroke_lies_on_the_stroke(points: np.ndarray, part: float, anchor: float) -> None:
    strokes = partly_drawn(points[None], part, anchor)
    ends = strokes.curves[0][[0, 3]]
    assert distance(ends, at(points, np.linspace(0, 1, 2001))) < 5e-3
    assert 0 < strokes.widths[0] <= 1
    assert strokes.spans[0][1] - strokes.spans[0][0] == pytest.approx(part)
    kept = {0.0: 0, 1.0: 3}.get(anchor)
    if kept is not None:
        np.testing.assert_allclose(ends[1 if kept else 0], points[kept], atol=1e-9)
