"""The chain of levels with the real drawing core: what happens in which order, who descends from whom, and that all can be repeated."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sample_subjects import blank, face

from picasso_series import drawing
from picasso_series.critic import Critic
from picasso_series.levels import Level, Subject
from picasso_series.lines import trace_lines
from picasso_series.motif import Motif, find_motif
from picasso_series.optimize import FINAL_PEN, Schedule
from picasso_series.photo import load_photo
from picasso_series.salience import rank
from picasso_series.series import Checkpoint, LevelDone, Step, Studio, choose_studio, draw_levels, look_at
from picasso_series.settings import Settings
from picasso_series.strokes import CANVAS
from picasso_series.subject import prepare_subject
from picasso_series.telling import find_lines

HORSE = Path(__file__).parents[1] / "gallery" / "photos" / "horse.jpg"
QUICK = Settings(levels=(5, 2), iterations=(5,), encoder="structure", rivals=1)
CLIPASSO = replace(
    QUICK, levels=(6, 3), line_weight=0.0, layer_weight=1.0, start="saliency", schedule="constant", learning_rate=1.0, rivals=0, joins=False
)


@pytest.fixture(scope="module")
def studio() -> Studio:
    return choose_studio(QUICK)


@pytest.fixture(scope="module")
def horse_events(studio: Studio) -> list[Any]:
    """Everything that happens while the horse is drawn in three short levels."""
    return list(draw_levels(prepare_subject(load_photo(HORSE)), replace(QUICK, levels=(6, 3, 1), iterations=(6,)), studio))


@pytest.fixture(scope="module")
def horse(horse_events: list[Any]) -> list[Level]:
    return levels_of(horse_events)


@pytest.fixture(scope="module")
def once_events(studio: Studio) -> list[Any]:
    """Everything that happens while the face is drawn with ``QUICK``, with a checkpoint every three iterations."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "CHECKPOINT_EVERY", 3)
        return list(draw_levels(face(), QUICK, studio))


@pytest.fixture(scope="module")
def once(once_events: list[Any]) -> list[Level]:
    """The face drawn with ``QUICK``."""
    return levels_of(once_events)


def levels_of(events: Sequence[Any]) -> list[Level]:
    return [event.level for event in events if isinstance(event, LevelDone)]


def draw(settings: Settings, studio: Studio, subject: Subject | None = None, **more: Any) -> list[Level]:
    return levels_of(list(draw_levels(subject or face(), settings, studio, **more)))


def assert_same(one: Level, other: Level) -> None:
    """Two levels agree to the last bit, but for the time they took."""
    for name in ("points", "iterations", "loss", "ids", "salience"):
        np.testing.assert_array_equal(getattr(one.trajectory, name), getattr(other.trajectory, name))
    assert (one.lineage, one.losses, one.start) == (other.lineage, other.losses, other.start)


def assert_holds_together(levels: Sequence[Level], settings: Settings) -> None:
    """What is true of every series, whatever was drawn."""
    assert [level.strokes for level in levels] == list(settings.levels)
    assert levels[0].sketch.ids == tuple(range(1, settings.levels[0] + 1))
    assert levels[0].lineage.kept == levels[0].lineage.dropped == ()
    assert not levels[0].lineage.joined
    for index, level in enumerate(levels):
        track = level.trajectory
        assert (track.iterations[0], track.iterations[-1]) == (0, settings.iterations_at(index))
        assert (np.diff(track.iterations) > 0).all()
        for values in (track.points, track.loss, track.salience):
            assert np.isfinite(values).all()
        assert level.seconds > 0
        parts = [cost for name, cost in level.losses.items() if name != "total"]
        assert level.losses["total"] == pytest.approx(sum(parts), rel=1e-5)
        assert level.losses["total"] == pytest.approx(float(track.loss[-1]), rel=1e-3, abs=1e-5)
    for before, after in pairwise(levels):
        lineage = after.lineage
        absorbed = [id for others in lineage.joined.values() for id in others]
        assert sorted([*lineage.kept, *lineage.joined, *absorbed, *lineage.dropped]) == sorted(before.sketch.ids)
        assert {*lineage.kept, *lineage.joined} == set(after.sketch.ids)
        place = {id: place for place, id in enumerate(before.sketch.ids)}
        for survivor, others in lineage.joined.items():
            assert all(place[survivor] < place[other] for other in others)


# A whole series


def test_the_horses_levels_hold_together(horse: list[Level]) -> None:
    assert_holds_together(horse, replace(QUICK, levels=(6, 3, 1), iterations=(6,)))
    assert {level.start.split()[0] for level in horse[1:]} <= {"warm", "rival"}


def test_strokes_lie_on_the_paper_where_the_horse_is(horse: list[Level]) -> None:
    subject = prepare_subject(load_photo(HORSE))
    rows, columns = np.nonzero(subject.mask > 0.5)
    box = np.array([[columns.min(), rows.min()], [columns.max(), rows.max()]]) / CANVAS
    for level in horse:
        for stroke in level.sketch.strokes:
            curve = stroke.at(np.linspace(0, 1, 20))
            assert (curve > box[0] - 0.1).all()
            assert (curve < box[1] + 0.1).all()
            assert stroke.length > 0.03


def test_events_come_in_order(horse_events: list[Any]) -> None:
    assert [(event.index, event.level.strokes) for event in horse_events if isinstance(event, LevelDone)] == [(0, 6), (1, 3), (2, 1)]
    for index, strokes in enumerate((6, 3, 1)):
        last = next(i for i, event in enumerate(horse_events) if isinstance(event, LevelDone) and event.index == index)
        steps = [event for event in horse_events[:last] if isinstance(event, Step) and event.index == index]
        assert all(step.strokes == strokes for step in steps)
        phases = [step.phase for step in steps]
        assert phases[0] == "starts"
        assert phases[-1] == "rank"
        assert phases == sorted(phases, key=["starts", "audition", "optimize", "rank"].index)
        assert [(step.iteration, step.iterations) for step in steps if step.phase == "optimize"] == [(i, 6) for i in range(1, 7)]
        assert all(math.isfinite(step.loss) for step in steps if step.phase == "optimize")
        # Nothing of a level is told after it is done.
        assert not [event for event in horse_events[last + 1 :] if not isinstance(event, Checkpoint) and event.index == index]
        assert not [event for event in horse_events[last + 1 :] if isinstance(event, Checkpoint) and event.strokes == strokes]


def test_a_sketch_stands_in_the_order_of_salience(horse: list[Level], studio: Studio) -> None:
    subject = prepare_subject(load_photo(HORSE))
    for level in horse:
        critic = Critic(
            look_at(subject, QUICK, studio),
            find_motif(find_lines(subject, studio.find_faces, studio.find_telling), subject, level.strokes),
            QUICK,
            studio,
        )
        points = torch.from_numpy(level.trajectory.points[-1]) * CANVAS
        order, values = rank(points, critic.judge_small, studio.judge)
        assert order.tolist() == list(range(level.strokes))
        np.testing.assert_allclose(values, level.trajectory.salience, atol=1e-5)


def test_losses_are_named_by_what_they_judge(horse: list[Level]) -> None:
    for level in horse:
        assert set(level.losses) == {"lines", "encoder", "linework", "total"}
        assert all(cost >= 0 for cost in level.losses.values())


def test_longer_drawing_brings_the_loss_down(studio: Studio) -> None:
    (level,) = draw(replace(QUICK, levels=(8,), iterations=(12,), rivals=0), studio)
    assert level.trajectory.loss[-1] < level.trajectory.loss[0]


# Other chains, starts and seeds


@pytest.mark.parametrize("levels", [(9, 5, 2), (1,), (20, 1)], ids=str)
def test_any_decreasing_levels_make_a_series(levels: tuple[int, ...], studio: Studio) -> None:
    settings = replace(QUICK, levels=levels, iterations=(2,), layer_weight=0.0, embedding_weight=0.0)
    assert_holds_together(draw(settings, studio), settings)


def test_the_papers_way_draws_without_lines_rivals_and_joins(studio: Studio) -> None:
    levels = draw(CLIPASSO, studio)
    assert_holds_together(levels, CLIPASSO)
    assert_same(levels[0], draw(replace(CLIPASSO, levels=(6,)), studio)[0])
    assert [level.start for level in levels] == ["saliency", "warm"]
    assert not levels[1].lineage.joined
    assert set(levels[0].losses) == {"encoder", "linework", "total"}
    assert levels[0].losses["linework"] == 0
    # A stroke is short at first, and where the eye goes.
    assert max(stroke.length for stroke in levels[0].trajectory.start.strokes) < 0.3


def test_without_rivals_and_joins_a_level_is_the_rest_of_the_one_before(studio: Studio) -> None:
    settings = replace(CLIPASSO, levels=(12, 9, 6), iterations=(3,), learning_rate=5.0)
    levels = draw(settings, studio)
    for before, after in pairwise(levels):
        assert after.start == "warm"
        assert set(after.lineage.kept) == set(after.sketch.ids)
        # Strokes keep their names, however they moved and are ranked.
        for stroke in after.trajectory.start.strokes:
            np.testing.assert_allclose(stroke.points, before.sketch[stroke.id].points, atol=1e-6)
    assert any(list(level.sketch.ids) != sorted(level.sketch.ids) for level in levels), "else this would prove nothing"


@pytest.mark.heavy
def test_of_two_seeds_now_the_one_and_now_the_other_wins(studio: Studio) -> None:
    settings = replace(CLIPASSO, levels=(4,), iterations=(1,))
    starts = [draw(replace(settings, seed=seed), studio)[0].trajectory.start for seed in range(6)]
    strokes = [{stroke.points.tobytes() for stroke in start.strokes} for start in starts]
    won = []
    for seed in range(5):
        (level,) = draw(replace(settings, seed=seed, seeds=2), studio)
        won.append(strokes.index({stroke.points.tobytes() for stroke in level.trajectory.start.strokes}) - seed)
    assert set(won) == {0, 1}


def test_the_better_of_many_seeds_is_found_by_audition(studio: Studio) -> None:
    settings = replace(CLIPASSO, levels=(4,), seeds=4, iterations=(2,))
    events = list(draw_levels(face(), settings, studio))
    assert [event.iteration for event in events if isinstance(event, Step) and event.phase == "audition"] == [1, 2]
    assert_holds_together(levels_of(events), settings)


def test_the_seed_decides_the_views_and_so_the_drawing(studio: Studio, once: list[Level]) -> None:
    (other,) = draw(replace(QUICK, levels=(5,), seed=1), studio)
    assert (other.trajectory.points[-1] != once[0].trajectory.points[-1]).any()
    asked = [replace(QUICK, seed=seed) for seed in (0, 0, 1)]
    critics = [Critic(look_at(face(), settings, studio), Motif(5, trace_lines(face())), settings, studio) for settings in asked]
    points = torch.from_numpy(once[0].trajectory.points[-1:]) * CANVAS
    schedule = Schedule(9, 1.0, False, FINAL_PEN)
    costs = [[critic.cost(points, i, schedule, points).item() for i in range(6)] for critic in critics]
    assert costs[0] == costs[1]
    assert costs[0] != costs[2]


def test_a_subject_without_lines_can_be_drawn(studio: Studio) -> None:
    settings = replace(QUICK, levels=(3,), iterations=(1,))
    assert_holds_together(draw(settings, studio, blank()), settings)


# Again, and taken up


def test_drawn_twice_a_series_is_the_same_to_the_last_bit(studio: Studio, once: list[Level]) -> None:
    torch.manual_seed(99)
    before = torch.random.get_rng_state(), repr(np.random.get_state()), torch.get_num_threads()
    for one, again in zip(once, draw(QUICK, choose_studio(QUICK)), strict=True):
        assert_same(one, again)
    assert torch.equal(torch.random.get_rng_state(), before[0]), "drawing leaves the global random state alone"
    assert (repr(np.random.get_state()), torch.get_num_threads()) == before[1:]


def test_levels_that_are_done_are_not_drawn_again(studio: Studio, once: list[Level]) -> None:
    events = list(draw_levels(face(), QUICK, studio, done=once[:1]))
    assert {event.index for event in events if not isinstance(event, Checkpoint)} == {1}
    assert_same(levels_of(events)[0], once[1])
    assert list(draw_levels(face(), QUICK, studio, done=once)) == []


def test_a_first_level_does_not_know_what_follows(studio: Studio, once: list[Level]) -> None:
    (alone,) = draw(replace(QUICK, levels=(5,)), studio)
    assert_same(alone, once[0])


def stored(checkpoint: Checkpoint) -> Checkpoint:
    """A checkpoint written to files and read back."""
    file = io.BytesIO()
    np.savez(file, **checkpoint.arrays)
    with np.load(io.BytesIO(file.getvalue()), allow_pickle=False) as arrays:
        return Checkpoint(checkpoint.strokes, dict(arrays), json.loads(json.dumps(checkpoint.notes)))


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(replace(QUICK, iterations=(7, 4)), id="contour"),
        pytest.param(replace(CLIPASSO, iterations=(7,), seeds=2), id="clipasso", marks=pytest.mark.heavy),
    ],
)
def test_a_level_taken_up_at_any_checkpoint_ends_as_if_it_had_never_stopped(
    settings: Settings, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "CHECKPOINT_EVERY", 3)
    events = list(draw_levels(face(), settings, studio))
    whole = levels_of(events)
    assert_holds_together(whole, settings)
    checkpoints = [event for event in events if isinstance(event, Checkpoint)]
    expected = [(n, i) for n, last in zip(settings.levels, map(settings.iterations_at, (0, 1)), strict=True) for i in range(0, last, 3)]
    assert [(checkpoint.strokes, checkpoint.notes["iteration"]) for checkpoint in checkpoints] == expected
    for checkpoint in checkpoints:
        index = settings.levels.index(checkpoint.strokes)
        resumed = draw_levels(face(), settings, studio, done=whole[:index], checkpoint=stored(checkpoint))
        steps = []
        for event in resumed:
            if isinstance(event, LevelDone):
                assert_same(event.level, whole[index])
                assert event.level.seconds >= checkpoint.notes["seconds"]
                break
            steps.append(event)
        assert next(step.iteration for step in steps if isinstance(step, Step)) == checkpoint.notes["iteration"] + 1
        resumed.close()  # type: ignore[attr-defined]


def test_a_resumed_series_goes_on_to_its_end(studio: Studio, once_events: list[Any]) -> None:
    first = next(event for event in once_events if isinstance(event, Checkpoint))
    for one, again in zip(levels_of(once_events), draw(QUICK, studio, checkpoint=stored(first)), strict=True):
        assert_same(one, again)


def test_the_checkpoint_of_another_level_is_left_alone(studio: Studio, once_events: list[Any]) -> None:
    first = next(event for event in once_events if isinstance(event, Checkpoint))
    before, after = levels_of(once_events)
    (second,) = draw(QUICK, studio, done=[before], checkpoint=first)
    assert_same(second, after)


def test_a_drawing_that_is_left_gives_torchs_threads_back(studio: Studio) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        events = draw_levels(face(), QUICK, studio)
        next(iter(events))
        events.close()  # type: ignore[attr-defined]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
