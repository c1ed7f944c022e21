"""What a stroke is worth, and how a drawing loses strokes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from picasso_series.curves import join, sample
from picasso_series.optimize import FINAL_PEN
from picasso_series.raster import choose_rasterizer
from picasso_series.salience import Edit, Judge, rank, reduce, variants
from picasso_series.start import halves
from picasso_series.strokes import CANVAS

SMALL, _ = choose_rasterizer("torch", size=56)


def line(start: tuple[float, float], end: tuple[float, float]) -> Tensor:
    return torch.from_numpy(np.linspace(start, end, 4)).float()


def render(points: Tensor) -> Tensor:
    return SMALL.render(points[None] / CANVAS, FINAL_PEN.width * SMALL.size / CANVAS, softness=FINAL_PEN.softness)[0]


def unlike(picture: Tensor) -> Judge:
    """The judge who wants this picture: mean squared difference, (B,)."""
    return lambda pictures: (pictures - picture).square().mean((1, 2))


def scribble(strokes: int, seed: int) -> Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.uniform(20, 204, (strokes, 1, 2)) + rng.normal(0, 25, (strokes, 4, 2))).float()


def same(points: Tensor) -> Tensor:
    """Strokes that do not settle."""
    return points


# All through the centers of small pixels, so that ink is as dark on one as on the other.
LONG, SHORT, FAR = line((30, 42), (190, 42)), line((30, 90), (90, 90)), line((30, 182), (190, 182))


# Edits


def test_each_variant_is_the_drawing_after_its_edit() -> None:
    points = scribble(5, 1)
    edits = [Edit(()), Edit((2,)), Edit((0, 3), FAR), Edit((0, 1, 2, 3, 4)), Edit((4,), LONG)]
    expected = [points, points[[0, 1, 3, 4]], torch.cat([points[[1, 2, 4]], FAR[None]]), points[:0], torch.cat([points[:4], LONG[None]])]
    found = variants(points, edits, SMALL)
    assert found.shape == (5, 56, 56)
    for picture, drawing in zip(found, expected, strict=True):
        torch.testing.assert_close(picture, render(drawing), atol=1e-4, rtol=0)


# Ranking


def test_of_a_line_drawn_twice_one_stroke_is_salient_and_the_other_is_not() -> None:
    """Leaving one of the two out changes nothing, whichever it is: alone that would call both useless."""
    points = torch.stack([LONG, LONG + 0.3, SHORT, FAR])
    order, values = rank(points, unlike(render(points[[0, 2, 3]])), SMALL)
    doubles = [int(np.flatnonzero(order == i)[0]) for i in (0, 1)]
    assert max(doubles) == 3
    assert min(doubles) < 2
    assert values[3] < 0.1 * values[2]


@pytest.mark.parametrize("strokes", [8, 24, 64])
def test_a_line_drawn_twice_among_many_strokes_keeps_one_of_them(strokes: int) -> None:
    """Many strokes leave several at a time, but never both of a pair that covers one line."""
    points = torch.cat([LONG[None], LONG[None] + 0.3, scribble(strokes - 2, 4)])
    judge = unlike(render(points[1:]))
    order, _ = rank(points, judge, SMALL)
    doubles = sorted(int(np.flatnonzero(order == i)[0]) for i in (0, 1))
    assert doubles[0] < strokes // 4
    assert doubles[1] >= strokes - 3
    kept = reduce(points, strokes // 4, judge, SMALL, same, False)
    assert len({0, 1} & {i for group in kept.members for i in group}) == 1


def test_strokes_are_ranked_by_what_the_picture_loses_with_them() -> None:
    hidden = line((300, 300), (400, 300))
    points = torch.stack([SHORT, hidden, LONG, line((110, 90), (140, 90))])
    order, values = rank(points, unlike(render(points)), SMALL)
    assert order.tolist() == [2, 0, 3, 1]
    assert values[3] == pytest.approx(0, abs=1e-7)
    assert (np.diff(values) < 0).all()


def test_a_stroke_that_spoils_the_picture_is_the_least() -> None:
    points = torch.stack([FAR, SHORT, LONG])
    order, values = rank(points, unlike(render(points[1:])), SMALL)
    assert order.tolist() == [2, 1, 0]
    assert values[2] < 0 < values[1]


def test_the_most_salient_strokes_value_is_that_of_it_alone() -> None:
    points = torch.stack([SHORT, LONG, FAR + torch.tensor([0.0, -40])])
    judge = unlike(render(points))
    order, values = rank(points, judge, SMALL)
    alone, nothing = judge(torch.stack([render(points[order[:1]]), render(points[:0])]))
    assert values[0] == pytest.approx((nothing - alone).item(), rel=1e-3)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 70), st.integers(0, 2**31))
def test_every_stroke_has_its_rank_once(strokes: int, seed: int) -> None:
    points = scribble(strokes, seed)
    order, values = rank(points, unlike(render(points)), SMALL)
    assert sorted(order.tolist()) == list(range(strokes))
    assert values.shape == (strokes,)
    assert (order.dtype, values.dtype) == (np.int64, np.float32)
    assert np.isfinite(values).all()
    assert (np.diff(values) <= 0).all()
    again, same_values = rank(points, unlike(render(points)), SMALL)
    np.testing.assert_array_equal(again, order)
    np.testing.assert_array_equal(same_values, values)


# Reducing


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 14), st.data(), st.booleans(), st.integers(0, 2**31))
def test_exactly_as_many_strokes_are_left_and_none_went_into_two(strokes: int, data: st.DataObject, joins: bool, seed: int) -> None:
    left = data.draw(st.integers(1, strokes))
    points = scribble(strokes, seed)
    reduced = reduce(points, left, unlike(render(points)), SMALL, same, joins)
    assert reduced.points.shape == (left, 4, 2)
    assert len(reduced.members) == left
    into = [i for group in reduced.members for i in group]
    assert len(set(into)) == len(into)
    assert set(into) <= set(range(strokes))
    for stroke, group in zip(reduced.points, reduced.members, strict=True):
        assert group == tuple(sorted(group))
        if len(group) == 1:
            assert torch.equal(stroke, points[group[0]])
    if not joins:
        assert all(len(group) == 1 for group in reduced.members)


def test_nothing_is_taken_from_a_drawing_that_is_small_enough() -> None:
    points = scribble(4, 5)
    for left in (4, 9):
        reduced = reduce(points, left, unlike(render(points)), SMALL, same, True)
        assert torch.equal(reduced.points, points)
        assert reduced.members == ((0,), (1,), (2,), (3,))


def test_the_stroke_that_is_missed_least_leaves() -> None:
    points = torch.stack([LONG, SHORT, FAR])
    reduced = reduce(points, 2, unlike(render(points)), SMALL, same, True)
    assert reduced.members == ((0,), (2,))
    assert torch.equal(reduced.points, points[[0, 2]])


@pytest.mark.parametrize("turned", [False, True])
def test_two_halves_of_a_line_join_before_a_short_one_leaves(turned: bool) -> None:
    bow = np.array([[20, 60], [80, 20], [140, 20], [200, 60.0]])
    first, second = (torch.from_numpy(half).float() for half in halves(bow))
    points = torch.stack([first, SHORT + torch.tensor([0.0, 40]), second.flip(0) if turned else second])
    judge = unlike(render(points))
    reduced = reduce(points, 2, judge, SMALL, same, True)
    assert sorted(reduced.members) == [(0, 2), (1,)]
    joined = reduced.points[reduced.members.index((0, 2))].double().numpy()
    apart = np.linalg.norm(sample(joined, 40)[:, None] - sample(bow, 400)[None], axis=2).min(axis=1)
    assert apart.max() < 2
    # Without joins one of the three has to go, and that costs more.
    dropped = reduce(points, 2, judge, SMALL, same, False)
    with_join, without = judge(torch.stack([render(reduced.points), render(dropped.points)]))
    assert with_join < 0.5 * without


def test_a_joined_stroke_may_join_again() -> None:
    bow = np.array([[20, 60], [80, 20], [140, 20], [200, 60.0]])
    first, second = halves(bow)
    quarters = torch.from_numpy(np.stack([*halves(first), *halves(second)])).float()
    points = torch.cat([quarters, FAR[None]])
    reduced = reduce(points, 2, unlike(render(points)), SMALL, same, True)
    assert sorted(reduced.members) == [(0, 1, 2, 3), (4,)]


def test_strokes_that_meet_at_a_sharp_corner_do_not_join() -> None:
    corner = torch.stack([line((30, 62), (120, 62)), line((120, 62), (62, 132)), FAR])
    judge = unlike(render(corner))
    fit, gap, turn = join(corner[0].numpy(), corner[1].numpy())
    assert gap < 1e-3
    assert turn > 120
    reduced = reduce(corner, 2, judge, SMALL, same, True)
    assert all(len(group) == 1 for group in reduced.members)
    # The picture alone would have them join.
    joined = torch.stack([torch.from_numpy(fit.points).float(), FAR])
    with_join, without = judge(torch.stack([render(joined), render(reduced.points)]))
    assert with_join < without


def test_strokes_settle_after_every_round() -> None:
    asked: list[int] = []

    def settle(points: Tensor) -> Tensor:
        asked.append(len(points))
        return points + 1

    points = scribble(5, 2)
    reduced = reduce(points, 2, unlike(render(points)), SMALL, settle, False)
    assert asked == [4, 3, 2]
    for stroke, (index,) in zip(reduced.points, reduced.members, strict=True):
        torch.testing.assert_close(stroke, points[index] + 3)


@pytest.mark.parametrize("joins", [False, True])
def test_many_strokes_become_one_without_as_many_rounds(joins: bool) -> None:
    points = scribble(64, 9)
    rounds = 0

    def counted(judge: Judge) -> Callable[[Tensor], Tensor]:
        def ask(pictures: Tensor) -> Tensor:
            nonlocal rounds
            rounds += 1
            return judge(pictures)

        return ask

    reduced = reduce(points, 1, counted(unlike(render(points))), SMALL, same, joins)
    assert reduced.points.shape == (1, 4, 2)
    assert len(reduced.members) == 1
    assert 1 < rounds < 40
