"""Strokes and sketches: geometry, identity, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from picasso_series.strokes import EVEN, Sketch, Stroke, along, bernstein, length

POINTS = arrays(np.float32, (4, 2), elements=st.floats(-2, 3, width=32))
ARC = 4 / 3 * np.tan(np.pi / 8)


@settings(deadline=None)
@given(st.floats(0, 1))
def test_the_bernstein_basis_is_a_partition_of_unity(t: float) -> None:
    basis = bernstein(t)
    assert basis.shape == (4,)
    assert (basis >= 0).all()
    assert basis.sum() == pytest.approx(1)
    # The mean of a binomial distribution: the basis reproduces straight lines.
    assert basis @ [0, 1 / 3, 2 / 3, 1] == pytest.approx(t)


def test_the_bernstein_basis_keeps_the_shape_of_its_parameters() -> None:
    assert bernstein(np.zeros((3, 5))).shape == (3, 5, 4)


@settings(deadline=None)
@given(POINTS)
def test_a_stroke_begins_and_ends_at_its_outer_control_points(points: np.ndarray) -> None:
    np.testing.assert_allclose(Stroke(1, points).at([0, 1]), points[[0, 3]], atol=1e-6)


@settings(deadline=None)
@given(POINTS)
def test_a_curve_lies_in_the_box_of_its_control_points_and_its_bounds_hold_it(points: np.ndarray) -> None:
    left, top, right, bottom = Stroke(1, points).bounds
    low, high = points.min(axis=0), points.max(axis=0)
    assert low[0] - 1e-6 <= left <= right <= high[0] + 1e-6
    assert low[1] - 1e-6 <= top <= bottom <= high[1] + 1e-6


@settings(deadline=None)
@given(POINTS)
def test_length_lies_between_the_chord_and_the_control_polygon(points: np.ndarray) -> None:
    measured = Stroke(1, points).length
    legs = np.linalg.norm(np.diff(points.astype(float), axis=0), axis=1).sum()
    assert np.linalg.norm(points[3].astype(float) - points[0]) - 1e-5 <= measured <= legs + 1e-5


def test_a_quarter_circle_has_its_length() -> None:
    assert Stroke(1, [[1, 0], [1, ARC], [ARC, 1], [0, 1]]).length == pytest.approx(np.pi / 2, rel=1e-3)


def test_lengths_along_a_line_are_measured_at_even_parameters() -> None:
    line = np.linspace([0, 0], [3, 4], 4)
    np.testing.assert_allclose(along(line), 5 * EVEN, atol=1e-12)
    assert length(line) == pytest.approx(5)


def test_strokes_are_equal_by_identity_and_points() -> None:
    points = np.arange(8).reshape(4, 2)
    assert Stroke(1, points) == Stroke(1, points.astype(np.float64))
    assert hash(Stroke(1, points)) == hash(Stroke(1, points.astype(np.float64)))
    assert Stroke(1, points) != Stroke(2, points)
    assert Stroke(1, points) != Stroke(1, points + 1)
    assert Stroke(1, points) != "s1"


def test_a_stroke_cannot_be_changed_from_outside() -> None:
    points = np.zeros((4, 2), np.float32)
    stroke = Stroke(1, points)
    points[0] = 9
    assert not stroke.points.any()
    with pytest.raises(ValueError, match="read-only"):
        stroke.points[0] = 9


@pytest.mark.parametrize("points", [np.zeros((3, 2)), np.zeros((4, 3)), np.zeros(8), np.full((4, 2), np.nan), np.full((4, 2), np.inf)])
def test_what_is_no_cubic_is_no_stroke(points: np.ndarray) -> None:
    with pytest.raises(ValueError, match="control points"):
        Stroke(1, points)


def test_a_sketch_keeps_ids_order_and_points_together() -> None:
    points = np.random.default_rng(0).random((3, 4, 2))
    sketch = Sketch.from_points(points, [5, 2, 9])
    assert len(sketch) == 3
    assert sketch.ids == (5, 2, 9)
    np.testing.assert_array_equal(sketch.points, points.astype(np.float32))
    np.testing.assert_array_equal(sketch[9].points, points[2].astype(np.float32))
    with pytest.raises(KeyError):
        sketch[4]


def test_a_sketch_without_strokes_is_a_sketch() -> None:
    assert Sketch(()).points.shape == (0, 4, 2)
    assert Sketch.from_points([]).ids == ()


def test_strokes_are_numbered_from_one_unless_told() -> None:
    assert Sketch.from_points(np.zeros((3, 4, 2))).ids == (1, 2, 3)
    with pytest.raises(ValueError, match="ids"):
        Sketch.from_points(np.zeros((3, 4, 2)), [1, 2])


def test_two_strokes_of_a_sketch_cannot_have_one_id() -> None:
    with pytest.raises(ValueError, match="differ"):
        Sketch.from_points(np.zeros((2, 4, 2)), [3, 3])
