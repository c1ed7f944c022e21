"""The pace of a pen: order, rests, bends, and the way through the air."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from picasso_series.film.pen import plan_pen
from picasso_series.strokes import EVEN, along

strokes = hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.just(4), st.just(2)), elements=st.floats(0, 1))


@settings(deadline=None)
@given(strokes)
def test_strokes_are_drawn_one_after_the_other_and_whole(points: np.ndarray) -> None:
    plan = plan_pen(points)
    assert plan.begins[0] == 0
    assert plan.ends[-1] == pytest.approx(1)
    assert (plan.begins <= plan.ends).all()
    assert (plan.ends[:-1] < plan.begins[1:] + 1e-12).all()
    for curve, stroke in zip(plan.curves, points, strict=True):
        assert np.array_equal(curve, stroke) or np.array_equal(curve, stroke[::-1])
    assert (plan.drawn(0.0) == 0).all()
    assert (plan.drawn(1.0) == 1).all()
    before = np.zeros(len(points))
    for time in np.linspace(0, 1, 12):
        now = plan.drawn(float(time))
        assert (now >= before - 1e-12).all(), "what is drawn stays drawn"
        assert ((now > 0) & (now < 1)).sum() <= 1, "one pen"
        before = now


def test_the_pen_sets_down_at_the_nearer_end() -> None:
    first = np.linspace([0.1, 0.5], [0.5, 0.5], 4)
    second = np.linspace([0.9, 0.5], [0.6, 0.5], 4)
    plan = plan_pen(np.stack([first, second]))
    np.testing.assert_array_equal(plan.curves[1], second[::-1])
    far = plan_pen(np.stack([first, second + (0.0, 0.4)]))
    assert far.begins[1] - far.ends[0] > plan.begins[1] - plan.ends[0], "a longer way through the air takes longer"


def test_a_straight_line_is_drawn_from_rest_to_rest() -> None:
    plan = plan_pen(np.linspace([0.1, 0.5], [0.9, 0.5], 4)[None])
    drawn = np.array([plan.drawn(t)[0] for t in np.linspace(0, 1, 41)])
    speed = np.diff(drawn)
    assert speed[0] < 0.7 * speed[20]
    np.testing.assert_allclose(speed, speed[::-1], atol=1e-3)


def test_the_pen_slows_down_in_bends() -> None:
    """A hairpin between two straight legs: the bend's part of the way takes more than its share of the time."""
    hairpin = np.array([[0.1, 0.45], [1.1, 0.3], [1.1, 0.7], [0.1, 0.55]])
    plan = plan_pen(hairpin[None])
    lengths = along(hairpin)
    bend = (EVEN > 0.4) & (EVEN < 0.6)
    way = np.ptp(lengths[bend]) / lengths[-1]
    time = np.ptp(plan.paces[0][bend])
    assert time > 1.15 * way
