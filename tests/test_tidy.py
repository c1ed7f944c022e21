"""The last touch: what it mends, what it leaves alone, and that it never costs more than it may."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from picasso_series.curves import sample
from picasso_series.tidy import ALL_SPARE, MANY, tidy

Drawing = NDArray[np.float64]


def line(*ends: tuple[float, float]) -> Drawing:
    """A straight stroke from the first point to the second."""
    return np.linspace(ends[0], ends[1], 4)


def anything(drawings: Drawing) -> list[float]:
    """A judge to whom all drawings are alike."""
    return [1.0] * len(drawings)


def like(first: Drawing, weight: float) -> object:
    """A judge who minds every pixel that a drawing's points are off ``first``."""
    return lambda drawings: [1 + weight * float(np.abs(drawing - first).sum()) for drawing in drawings]


def ends(drawing: Drawing) -> Drawing:
    return drawing[:, ::3].reshape(-1, 2)


def test_ends_that_nearly_meet_do_meet() -> None:
    drawing = np.stack([line((20, 20), (100, 20)), line((103, 23), (103, 120))])
    found = tidy(drawing, anything)
    assert np.allclose(found[0, 3], found[1, 0])
    assert np.allclose(found[0, 3], (101.5, 21.5))
    assert np.allclose(found[0, 0], (20, 20))
    assert np.allclose(found[1, 3], (103, 120))


def test_an_end_that_stops_short_of_a_line_reaches_it() -> None:
    drawing = np.stack([line((60, 60), (60, 96)), line((20, 100), (120, 100))])
    found = tidy(drawing, anything)
    assert np.allclose(found[0, 3, 1], 100)
    assert np.allclose(found[1], drawing[1])


def test_a_stroke_that_nearly_closes_is_closed() -> None:
    ring = np.array([[100, 50], [190, 60], [150, 170], [104, 54]], float)
    (found,) = tidy(ring[None], anything)
    assert np.allclose(found[0], found[3])


@pytest.mark.parametrize("apart", [6.0, 12.0, 60.0])
def test_the_feet_of_a_leg_stay_apart(apart: float) -> None:
    """Two ends side by side are a leg, and two far from each other have nothing to do with each other."""
    drawing = np.stack([line((60, 20), (60, 120)), line((60 + apart, 20), (60 + apart, 120))])
    assert np.array_equal(tidy(drawing, anything), drawing)


def test_what_sticks_out_beyond_a_crossing_is_cut() -> None:
    drawing = np.stack([line((20, 60), (106, 60)), line((100, 20), (100, 140))])
    found = tidy(drawing, anything)
    assert np.allclose(found[0, 3], (100, 60), atol=0.05)
    assert np.allclose(found[1], drawing[1])


def test_a_true_crossing_stays() -> None:
    drawing = np.stack([line((20, 60), (180, 60)), line((100, 20), (100, 140))])
    assert np.array_equal(tidy(drawing, anything), drawing)


def test_an_end_that_draws_another_line_twice_is_cut() -> None:
    drawing = np.stack([line((20, 60), (120, 60)), line((100, 62), (180, 62))])
    found = tidy(drawing, anything)
    drawn = sum(float(np.linalg.norm(np.diff(sample(stroke, 50), axis=0), axis=1).sum()) for stroke in found)
    assert drawn < 165  # 180 at first, for a line of 160
    assert np.linalg.norm(found[0, 3] - found[1, 0]) < 1e-9


def test_a_hook_at_an_end_is_cut() -> None:
    hook = np.array([[20, 60], [60, 60], [140, 60], [112, 56]], float)
    (found,) = tidy(hook[None], anything)
    headings = np.diff(sample(found, 60), axis=0)
    assert (headings[:, 0] > -0.05).all()
    assert found[:, 0].max() > 105


def test_what_the_judge_minds_is_left() -> None:
    drawing = np.stack([line((20, 20), (100, 20)), line((103, 23), (103, 120))])
    assert np.array_equal(tidy(drawing, like(drawing, 1.0)), drawing)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(8))
def test_all_changes_together_cost_no_more_than_they_may(seed: int) -> None:
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    drawing = rng.uniform(20, 200, (14, 1, 2)) + rng.uniform(-60, 60, (14, 4, 2))
    judge = like(drawing, 10.0 ** rng.uniform(-5, -2))
    found = tidy(drawing, judge)  # type: ignore[arg-type]
    assert judge(found[None])[0] <= (1 + ALL_SPARE) + 1e-12  # type: ignore[operator]
    assert found.shape == drawing.shape
    assert np.isfinite(found).all()


def test_the_way_in_which_a_stroke_is_drawn_makes_no_difference() -> None:
    rng = np.random.default_rng(5)
    drawing = rng.uniform(20, 200, (10, 1, 2)) + rng.uniform(-60, 60, (10, 4, 2))
    there = tidy(drawing, anything)
    back = tidy(drawing[:, ::-1], anything)
    assert np.allclose(there, back[:, ::-1], atol=1e-6)


def test_a_stroke_of_no_length_does_no_harm() -> None:
    drawing = np.stack([np.full((4, 2), 50.0), line((48, 20), (48, 120))])
    assert np.isfinite(tidy(drawing, anything)).all()
    assert np.array_equal(tidy(drawing[:1], anything), drawing[:1])


def test_a_drawing_of_very_many_strokes_is_left_as_it_is() -> None:
    pair = [line((20, 20), (100, 20)), line((103, 23), (103, 120))]
    drawing = np.stack(pair + [line((x, 200), (x + 1, 200)) for x in range(MANY - 1)])
    assert np.array_equal(tidy(drawing, anything), drawing)
    assert not np.array_equal(tidy(drawing[:MANY], anything), drawing[:MANY])
