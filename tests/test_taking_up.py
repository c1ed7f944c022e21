"""Checkpoints from files: those that the drawing itself kept are taken up, all others leave their level to start again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sample_subjects import face
from test_series import QUICK, assert_same, draw, levels_of, stored

from picasso_series import drawing
from picasso_series.levels import Level
from picasso_series.series import Checkpoint, Step, choose_studio, draw_levels
from picasso_series.taking_up import fits

BLIND = replace(QUICK, levels=(5, 3), iterations=(9,), layer_weight=0.0, embedding_weight=0.0, finalists=2)

NONSENSE: dict[str, list[Any]] = {
    "iteration": [-1, 9, 10**30, 3.5, "3", None, True],
    "cut": [0, -5, 7, "3", [], 1e300],
    "seconds": [-1, float("nan"), float("inf"), "1", None, 10**400],
    "starts": [[], None, [{}], [{"name": "warm", "ancestry": None}], {"name": 1}, [1, 2], [[]] * 10],
}
"""What the notes of a checkpoint at iteration 6 of 9 never hold."""


@pytest.fixture(scope="module")
def drawn() -> tuple[list[Level], list[Checkpoint]]:
    """A series and the checkpoints that it made, each as if it came from a file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "CHECKPOINT_EVERY", 3)
        events = list(draw_levels(face(), BLIND, choose_studio(BLIND)))
    return levels_of(events), [stored(event) for event in events if isinstance(event, Checkpoint)]


def changed(checkpoint: Checkpoint, arrays: Mapping[str, Any] | None = None, **notes: Any) -> Checkpoint:
    return Checkpoint(checkpoint.strokes, {**checkpoint.arrays, **(arrays or {})}, {**checkpoint.notes, **notes})


def test_every_checkpoint_that_was_kept_fits_its_level_and_no_other(drawn: tuple[list[Level], list[Checkpoint]]) -> None:
    levels, checkpoints = drawn
    assert len(checkpoints) == 6
    for checkpoint in checkpoints:
        index = BLIND.levels.index(checkpoint.strokes)
        before = [None, levels[0]]
        assert fits(checkpoint, BLIND, index, before[index])
        assert not fits(checkpoint, BLIND, 1 - index, before[1 - index])


@pytest.mark.parametrize("name", ["points", "first", "second", "row_iterations", "row_points", "row_losses"])
def test_an_array_that_is_missing_misshapen_or_no_numbers_does_not_fit(drawn: tuple[list[Level], list[Checkpoint]], name: str) -> None:
    levels, checkpoints = drawn
    last = checkpoints[-1]
    array = last.arrays[name]
    bad = [array[..., :-1], array[None], array[:0], array.astype("U"), array.astype(np.complex64), np.array(1.0)]
    if array.dtype.kind == "f":
        bad += [np.full_like(array, value) for value in (np.nan, np.inf)]
    if name in ("points", "row_points", "second"):
        bad.append(np.full_like(array, -1e9))
    for value in bad:
        assert not fits(changed(last, {name: value}), BLIND, 1, levels[0])
    without = {key: value for key, value in last.arrays.items() if key != name}
    assert not fits(Checkpoint(last.strokes, without, last.notes), BLIND, 1, levels[0])


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in NONSENSE.items() for value in values])
def test_notes_that_make_no_sense_do_not_fit(drawn: tuple[list[Level], list[Checkpoint]], name: str, value: Any) -> None:
    levels, checkpoints = drawn
    last = checkpoints[-1]
    assert last.notes["iteration"] == 6
    assert not fits(changed(last, **{name: value}), BLIND, 1, levels[0])
    without = {key: note for key, note in last.notes.items() if key != name}
    assert not fits(Checkpoint(last.strokes, last.arrays, without), BLIND, 1, levels[0])


@pytest.mark.parametrize("part", ["ids", "absorbed", "dropped"])
@pytest.mark.parametrize("value", [[], [1, 1, 1], [[1], [1], [1]], [99, 98, 97], ["a"], None, 3, [[[]]], [{}]])
def test_an_ancestry_that_is_none_does_not_fit(drawn: tuple[list[Level], list[Checkpoint]], part: str, value: Any) -> None:
    levels, checkpoints = drawn
    last = checkpoints[-1]
    start = last.notes["starts"][0]
    if start["ancestry"][part] == value:
        pytest.skip("that is what it is")
    starts = [{**start, "ancestry": {**start["ancestry"], part: value}}, *last.notes["starts"][1:]]
    assert not fits(changed(last, starts=starts), BLIND, 1, levels[0])


def test_a_level_with_a_checkpoint_that_does_not_fit_starts_again(drawn: tuple[list[Level], list[Checkpoint]]) -> None:
    levels, checkpoints = drawn
    studio = choose_studio(BLIND)
    empty = Checkpoint(3, {}, checkpoints[-1].notes)
    events = list(draw_levels(face(), BLIND, studio, done=levels[:1], checkpoint=empty))
    assert next(event.phase for event in events if isinstance(event, Step)) == "starts"
    assert_same(levels_of(events)[0], levels[1])
    assert_same(draw(BLIND, studio, done=levels[:1], checkpoint=checkpoints[-1])[0], levels[1])
