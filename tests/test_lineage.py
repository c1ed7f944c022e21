"""Who descends from whom: every stroke of the level before is kept, joined or dropped, and none twice."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picasso_series.levels import Lineage
from picasso_series.lineage import Ancestry, descend, match
from picasso_series.start import halves
from picasso_series.strokes import Sketch

LONG = np.linspace([0.1, 0.2], [0.9, 0.2], 4)
LOW = np.linspace([0.1, 0.8], [0.9, 0.8], 4)


def assert_every_stroke_has_its_place(before: tuple[int, ...], ancestry: Ancestry) -> None:
    """Ids are of the level before; kept, joined, absorbed and dropped part them without rest."""
    assert set(ancestry.ids) <= set(before)
    assert len(set(ancestry.ids)) == len(ancestry.ids)
    lineage = ancestry.lineage()
    absorbed = [id for others in lineage.joined.values() for id in others]
    everyone = [*lineage.kept, *lineage.joined, *absorbed, *lineage.dropped]
    assert sorted(everyone) == sorted(before)
    assert {*lineage.kept, *lineage.joined} == set(ancestry.ids)
    for survivor, others in lineage.joined.items():
        assert others
        # A sketch stands in the order of salience.
        assert all(before.index(survivor) < before.index(other) for other in others)


@st.composite
def groups(draw: st.DrawFn) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """Ids in any order, and some of their indices in groups."""
    ids = tuple(draw(st.lists(st.integers(1, 500), min_size=1, max_size=24, unique=True)))
    where = draw(st.lists(st.integers(-1, 6), min_size=len(ids), max_size=len(ids)))
    members = [tuple(i for i, group in enumerate(where) if group == which) for which in range(7)]
    return ids, draw(st.permutations([group for group in members if group]))


@settings(deadline=None)
@given(groups())
def test_descent_names_strokes_by_the_most_salient_that_went_into_them(given_groups: tuple[tuple[int, ...], list[tuple[int, ...]]]) -> None:
    ids, members = given_groups
    ancestry = descend(ids, members)
    assert_every_stroke_has_its_place(ids, ancestry)
    for id, others, group in zip(ancestry.ids, ancestry.absorbed, members, strict=True):
        assert {id, *others} == {ids[i] for i in group}
    assert Ancestry.from_json(json.loads(json.dumps(ancestry.to_json()))) == ancestry


def test_a_lineage_says_who_was_kept_joined_and_dropped() -> None:
    ancestry = descend((9, 4, 7, 1, 3), [(4, 1), (0,)])
    assert ancestry == Ancestry((4, 9), ((3,), ()), (7, 1))
    assert ancestry.lineage() == Lineage(kept=(9,), joined={4: (3,)}, dropped=(1, 7))


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 16), st.data(), st.integers(0, 2**31))
def test_any_fresh_strokes_are_matched_to_strokes_of_the_level_before(count: int, data: st.DataObject, seed: int) -> None:
    fresh = data.draw(st.integers(1, count))
    rng = np.random.default_rng(seed)
    before = Sketch.from_points(rng.random((count, 4, 2)), rng.permutation(count) + 1)
    ancestry = match(before, rng.random((fresh, 4, 2)))
    assert len(ancestry.ids) == fresh
    assert_every_stroke_has_its_place(before.ids, ancestry)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 12), st.data(), st.integers(0, 2**31))
def test_strokes_that_did_not_change_keep_their_names(count: int, data: st.DataObject, seed: int) -> None:
    rng = np.random.default_rng(seed)
    # A place of its own for each, so that no stroke covers another.
    places = np.stack(np.divmod(rng.permutation(16)[:count], 4), 1)[:, None] * 0.25 + 0.05
    before = Sketch.from_points(places + 0.1 * rng.random((count, 4, 2)), rng.permutation(count) + 1)
    chosen = data.draw(st.lists(st.integers(0, count - 1), min_size=1, unique=True))
    points = before.points[chosen].astype(np.float64)
    points[::2] = points[::2, ::-1]
    ancestry = match(before, points)
    assert ancestry.ids == tuple(before.ids[i] for i in chosen)
    assert set(ancestry.dropped) | {id for others in ancestry.absorbed for id in others} == set(before.ids) - set(ancestry.ids)


def test_a_fresh_stroke_absorbs_those_that_it_covers_and_the_rest_leave() -> None:
    first, second = halves(LONG)
    # The least salient first half would fit as well: the name is the most salient one's.
    before = Sketch.from_points([second, LOW, first[::-1]], [5, 2, 8])
    ancestry = match(before, LONG[None])
    assert ancestry == Ancestry((5,), ((8,),), (2,))


def test_names_are_given_so_that_all_strokes_together_move_least() -> None:
    before = Sketch.from_points([LONG, LONG + [0, 0.1]], [1, 2])
    # Each taken by itself, both fresh strokes are nearest to stroke 1.
    ancestry = match(before, np.stack([LONG + [0, 0.04], LONG + [0, -0.05]]))
    assert ancestry.ids == (2, 1)


@pytest.mark.parametrize("fresh", [np.full((1, 4, 2), 0.5), LONG[None] + 5], ids=["dot", "off-paper"])
def test_even_a_stroke_that_covers_nothing_gets_a_name(fresh: np.ndarray) -> None:
    before = Sketch.from_points([LONG, LOW], [4, 6])
    ancestry = match(before, fresh)
    assert len(ancestry.ids) == len(ancestry.dropped) == 1
    assert_every_stroke_has_its_place((4, 6), ancestry)
