"""Levels that the photo decides on: spaced by what is lost, always as many as asked for, chosen once and kept."""

from __future__ import annotations

import copy
import json
import math
import sys
import types
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_subjects import disk, empty, face

from picasso_series.draft import draft_losses
from picasso_series.errors import BadInputError, UsageError
from picasso_series.how_many import ENOUGH, HELD, MOST, LossCurve, choose_levels
from picasso_series.levels import Subject
from picasso_series.make import Chosen, Counting, Finished, make_run, make_series
from picasso_series.presets import resolve
from picasso_series.run import read_manifest
from picasso_series.series import choose_studio, draw_levels
from picasso_series.settings import MOST_AUTO, AutoLevels, Settings, parse_setting, setting_text

LOSSES = st.lists(st.floats(0.001, 2), min_size=MOST, max_size=MOST)


def halving(rate: float) -> LossCurve:
    """A loss that falls from blank paper's 1 by the same factor with every stroke, towards 0.1."""
    return LossCurve(tuple(0.1 + 0.9 * rate**n for n in range(1, MOST + 1)), 1.0)


# Choosing


@given(LOSSES, st.floats(0.001, 2), st.integers(1, MOST_AUTO))
def test_there_are_as_many_levels_as_asked_for_each_with_fewer_strokes(losses: list[float], blank: float, count: int) -> None:
    levels = choose_levels(LossCurve(tuple(losses), blank), count).levels
    assert len(levels) == count
    assert levels[-1] >= 1
    assert levels[0] <= MOST
    assert all(more > fewer for more, fewer in pairwise(levels))
    Settings(levels=levels)


@given(LOSSES, st.floats(0.001, 2))
def test_more_strokes_never_show_less(losses: list[float], blank: float) -> None:
    curve = LossCurve(tuple(losses), blank)
    assert all(fewer <= more for fewer, more in pairwise(curve.shown))
    assert curve.shown[-1] == 1
    assert curve.fewest(HELD) <= curve.fewest(ENOUGH)


def test_the_last_level_is_the_fewest_that_hold_the_subject() -> None:
    curve = halving(0.7)
    last = choose_levels(curve, 4).levels[-1]
    assert curve.shown[last - 1] >= HELD > curve.shown[last - 2]
    assert choose_levels(curve, 1).levels == (last,)


def test_a_photo_that_takes_more_strokes_to_show_gets_more() -> None:
    plain, rich = (choose_levels(halving(rate), 4).levels for rate in (0.5, 0.85))
    assert all(few < many for few, many in zip(plain, rich, strict=True))


def test_each_step_loses_as_large_a_part_as_any_other() -> None:
    curve = halving(0.88)
    found = choose_levels(curve, 4)
    steps = [math.log(curve.losses[fewer - 1] / curve.losses[more - 1]) for more, fewer in pairwise(found.levels)]
    # Strokes are whole: a step may be off by what half a stroke on either side makes at its steepest.
    assert max(steps) - min(steps) < math.log(curve.losses[found.levels[-1] - 1] / curve.losses[found.levels[-1]])
    assert str(found.levels[0]) in found.reason
    assert str(found.levels[-1]) in found.reason


def test_strokes_that_make_a_draft_worse_count_for_nothing() -> None:
    losses = (0.9, 0.5, 0.2, 0.1) + (0.3,) * (MOST - 4)
    assert choose_levels(LossCurve(losses, 1.0), 2).levels == (5, 4)


@pytest.mark.parametrize(("count", "levels"), [(1, (32,)), (4, (32, 16, 8, 4)), (6, (32, 16, 8, 4, 2, 1))])
def test_without_lines_strokes_are_halved(count: int, levels: tuple[int, ...]) -> None:
    found = choose_levels(LossCurve.of_draft([]), count)
    assert (found.levels, found.curve) == (levels, None)
    assert len(choose_levels(None, MOST_AUTO).levels) == MOST_AUTO


# The draft


STROKES = 9


def count(subject: Subject) -> LossCurve:
    curve = LossCurve.of_draft(list(draft_losses(subject, STROKES)))
    assert curve is not None
    return curve


def test_a_face_takes_more_strokes_than_a_disk_each_time_it_is_counted() -> None:
    round_one, face_one = count(disk()), count(face())
    print(round_one, face_one)
    assert len(round_one.losses) == STROKES
    assert round_one.fewest(HELD) == 2 < face_one.fewest(HELD)
    assert all(loss < round_one.blank for loss in round_one.losses)
    assert count(disk()) == round_one


def test_nothing_has_no_curve() -> None:
    assert list(draft_losses(empty())) == []


# The setting


@pytest.mark.parametrize(("text", "levels"), [("auto", 4), ("auto:1", 1), (" Auto:12 ", 12), (AutoLevels(3), 3)])
def test_auto_is_read_and_written(text: Any, levels: int) -> None:
    found = parse_setting("levels", text)
    assert isinstance(found, AutoLevels)
    assert (len(found), setting_text(found)) == (levels, f"auto:{levels}")
    assert copy.deepcopy(found) == found
    assert Settings(levels=found, iterations=(5,) * levels).iterations_at(levels - 1) == 5


@pytest.mark.parametrize("text", ["auto:0", "auto:17", "auto:", "auto:-1", "auto:4,2", "automatic", "auto,4"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="levels"):
        parse_setting("levels", text)


def test_levels_must_be_chosen_before_they_are_drawn() -> None:
    settings = Settings(levels=AutoLevels(2), encoder="structure")
    with pytest.raises(ValueError, match="chosen"):
        next(draw_levels(disk(), settings, choose_studio(settings)))


# The run


@pytest.fixture
def drafts(monkeypatch: pytest.MonkeyPatch, fake_core: None) -> list[int]:
    """The fake core, and drafts that cost nothing: which there were, in strokes each."""
    made: list[int] = []

    def losses(subject: Subject) -> Iterator[float]:
        made.append(MOST)
        yield from (1.0, *reversed(halving(0.7).losses))

    module = types.ModuleType("picasso_series.draft")
    module.draft_losses = losses  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picasso_series.draft", module)
    return made


FLAGS = {"iterations": "12", "size": "64x64", "formats": "svg"}


def test_the_manifest_keeps_levels_reason_and_curve(photo: Path, drafts: list[int]) -> None:
    events = list(make_run(photo, resolve({**FLAGS, "levels": "auto:3"}), Path("out")))
    levels = choose_levels(halving(0.7), 3).levels
    assert sum(isinstance(event, Counting) for event in events) == MOST + 1
    told = [event.choices["levels"]["value"] for event in events if isinstance(event, Chosen) and "levels" in event.choices]
    assert told == [",".join(map(str, levels))]
    manifest = read_manifest(Path("out"))
    assert manifest["settings"]["levels"] == {"value": list(levels), "from": "flag"}
    assert manifest["choices"]["levels"]["asked"] == "auto:3"
    assert str(levels[-1]) in manifest["choices"]["levels"]["reason"]
    assert manifest["draft"] == {"blank": 1.0, "losses": list(halving(0.7).losses)}
    assert "--levels " + ",".join(map(str, levels)) in manifest["command"]
    assert [record["strokes"] for record in manifest["levels"]] == list(levels)


def test_a_run_is_found_again_by_the_words_and_by_the_numbers(photo: Path, drafts: list[int]) -> None:
    list(make_run(photo, resolve({**FLAGS, "levels": "auto:3"}), Path("out")))
    before = Path("out/series.json").read_bytes()
    numbers = ",".join(map(str, choose_levels(halving(0.7), 3).levels))
    for levels in ("auto:3", numbers):
        last = list(make_run(photo, resolve({**FLAGS, "levels": levels}), Path("out")))[-1]
        assert isinstance(last, Finished)
        assert not last.drawn
    assert len(drafts) == 1
    assert json.loads(before) == read_manifest(Path("out"))
    with pytest.raises(BadInputError, match="levels"):
        list(make_run(photo, resolve({**FLAGS, "levels": "auto:4"}), Path("out")))


def test_a_stopped_run_goes_on_with_its_levels_and_without_another_draft(photo: Path, drafts: list[int]) -> None:
    events = make_run(photo, resolve({**FLAGS, "levels": "auto:3"}), Path("out"))
    for event in events:
        if getattr(event, "index", 0) == 1:
            events.close()  # type: ignore[attr-defined]
    manifest = read_manifest(Path("out"))
    assert (manifest["status"], len(manifest["levels"])) == ("drawing", 1)
    last = list(make_run(photo, resolve({**FLAGS, "levels": "auto:3"}), Path("out")))[-1]
    assert isinstance(last, Finished)
    assert [level.strokes for level in last.run.series.levels] == manifest["settings"]["levels"]["value"]
    assert len(drafts) == 1


def test_a_series_in_memory_has_its_levels_chosen_too(photo: Path, drafts: list[int]) -> None:
    series = make_series(photo, resolve({**FLAGS, "levels": "auto:2"}).settings)
    assert tuple(level.strokes for level in series.levels) == choose_levels(halving(0.7), 2).levels
    assert series.choices["levels"]["asked"] == "auto:2"
