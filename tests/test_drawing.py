"""How a level ends, and what is different where CLIP looks: on a small CLIP with random weights and on the embedded encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from plain_clip import residual_state
from sample_subjects import face
from test_series import CLIPASSO, QUICK, assert_holds_together, assert_same, draw, levels_of, stored

from picasso_series import drawing
from picasso_series.critic import Critic
from picasso_series.encoders import Features
from picasso_series.encoders.clip import ClipEncoder
from picasso_series.encoders.towers import make_tower
from picasso_series.encoders.weights_table import resolve
from picasso_series.lines import trace_lines
from picasso_series.motif import Motif
from picasso_series.optimize import FINAL_PEN, FINAL_RATE, FINISH, Schedule
from picasso_series.series import Checkpoint, Step, Studio, choose_studio, draw_levels, look_at
from picasso_series.strokes import CANVAS
from picasso_series.tidy import ALL_SPARE

BLIND = replace(QUICK, layer_weight=0.0, embedding_weight=0.0)
"""No encoder looks: much faster, where the encoder has no part in what is to be shown."""


@pytest.fixture(scope="module")
def studio() -> Studio:
    return choose_studio(QUICK)


@pytest.fixture(scope="module")
def clip(studio: Studio) -> Studio:
    """A studio with a small CLIP in it."""
    return replace(studio, encoder=ClipEncoder(resolve("RN101"), make_tower(residual_state(side=7)), ""))


def steps(events: Sequence[Any], phase: str) -> list[Step]:
    return [event for event in events if isinstance(event, Step) and event.phase == phase]


# The end of a level


def test_of_the_evaluated_drawings_the_best_is_kept(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    # At last the strokes leap off their lines: the last drawing cannot be the best.
    monkeypatch.setattr(Schedule, "rate", lambda schedule, iteration: schedule.learning_rate if iteration < 21 else 30.0)
    settings = replace(BLIND, levels=(6,), iterations=(25,), schedule="constant", rivals=0)
    (last,), (best,) = draw(settings, studio), draw(replace(settings, keep="best"), studio)
    assert last.trajectory.iterations[-1] == 25
    assert last.trajectory.loss[-1] > 1.2 * last.trajectory.loss[1:].min(), "else this would prove nothing"
    assert best.trajectory.iterations[-1] < 25
    assert best.losses["total"] == pytest.approx(best.trajectory.loss[-1], rel=1e-3)
    # The last touch may cost a little.
    assert best.trajectory.loss[-1] <= (1 + ALL_SPARE) * last.trajectory.loss[1:-1].min()
    # Up to there both are the same drawing, told in the same rows.
    shared = len(best.trajectory.iterations) - 1
    assert best.trajectory.iterations[:-1].tolist() == last.trajectory.iterations[:shared].tolist()
    assert best.trajectory.loss[:-1].tolist() == last.trajectory.loss[:shared].tolist()


def test_a_level_that_has_converged_is_brought_to_its_end(studio: Studio) -> None:
    settings = replace(BLIND, levels=(5,), iterations=(60,), rivals=0)
    events = list(draw_levels(face(), replace(settings, converged=0.99), studio))
    # Nothing improves by 99 %: the first evaluation after the pen has its final shape ends it.
    (level,) = levels_of(events)
    assert level.trajectory.iterations[-1] == 40 + FINISH
    assert [step.iterations for step in steps(events, "optimize")] == [60] * 39 + [50] * 11
    (whole,) = draw(settings, studio)
    assert 0.9 < level.losses["total"] / whole.losses["total"] < 1.1


def test_a_level_that_goes_on_improving_is_drawn_to_its_last_iteration(studio: Studio) -> None:
    (level,) = draw(replace(CLIPASSO, levels=(6,), schedule="cosine", iterations=(60,), converged=0.002), studio)
    assert level.trajectory.iterations[-1] == 60


def test_a_level_that_has_converged_is_taken_up_where_it_was(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "CHECKPOINT_EVERY", 15)
    settings = replace(BLIND, levels=(4,), iterations=(60,), converged=0.99)
    events = list(draw_levels(face(), settings, studio))
    (whole,) = levels_of(events)
    checkpoints = [event for event in events if isinstance(event, Checkpoint)]
    notes = [(checkpoint.notes["iteration"], checkpoint.notes["cut"]) for checkpoint in checkpoints]
    assert notes == [(0, None), (15, None), (30, None), (45, 40)]
    for checkpoint in checkpoints:
        assert_same(draw(settings, studio, checkpoint=stored(checkpoint))[0], whole)


def test_what_is_left_of_a_schedule_is_gone_through_in_a_few_steps() -> None:
    whole = Schedule(200, 0.8, True, FINAL_PEN)
    cut = replace(whole, cut=130)
    assert [cut.rate(i) for i in range(131)] == [whole.rate(i) for i in range(131)]
    rates = [cut.rate(i) for i in range(130, cut.last)]
    assert len(rates) == FINISH
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(0.8 * FINAL_RATE)
    assert replace(whole, cut=195).last == 200


# Where CLIP looks


def test_clips_own_settings_hold_where_clip_looks_and_nowhere_else(studio: Studio, clip: Studio) -> None:
    settings = replace(QUICK, levels=(3,), iterations=(6,), clip="iterations=4 finalists=1")
    (there,), (elsewhere,) = draw(settings, clip), draw(settings, studio)
    assert (there.trajectory.iterations[-1], elsewhere.trajectory.iterations[-1]) == (4, 6)
    assert_same(elsewhere, draw(replace(settings, clip=""), studio)[0])


def test_rivals_are_compared_by_lines_where_the_encoder_takes_long(clip: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = 0
    features = ClipEncoder.features

    def counted(self: ClipEncoder, pictures: torch.Tensor) -> Features:
        nonlocal seen
        seen += len(pictures)
        return features(self, pictures)

    monkeypatch.setattr(ClipEncoder, "features", counted)
    settings = replace(QUICK, levels=(3,), iterations=(4,), rivals=3, finalists=2)
    counts: dict[str, set[int]] = {}
    events = []
    for event in draw_levels(face(), settings, clip):
        events.append(event)
        if isinstance(event, Step):
            counts.setdefault(event.phase, set()).add(seen)
    assert_holds_together(levels_of(events), settings)
    assert len(counts["audition"]) == 1, "no picture was looked at between two steps of the audition"
    assert len(counts["optimize"]) == 4


def test_without_lines_even_a_slow_encoder_decides_between_rivals(clip: Studio) -> None:
    settings = replace(CLIPASSO, levels=(3,), iterations=(2,), seeds=3)
    events = list(draw_levels(face(), settings, clip))
    assert len(steps(events, "audition")) == 2
    assert_holds_together(levels_of(events), settings)
    (level,) = levels_of(list(draw_levels(face(), replace(settings, finalists=3), clip)))
    assert level.trajectory.iterations[-1] == 2


@pytest.mark.parametrize("name", ["structure", "clip"])
def test_in_the_unit_of_all_lines_an_encoders_weight_says_what_they_gain(name: str, studio: Studio, clip: Studio) -> None:
    there = studio if name == "structure" else clip
    settings = replace(QUICK, balance="lines", layer_weight=0.25, embedding_weight=0.5)
    sight = look_at(face(), settings, there)
    assert sight is not None
    blank = Critic(sight, Motif(8, trace_lines(face())), settings, there)
    plain = Critic(sight, Motif(8, trace_lines(face())), replace(settings, balance="plain"), there)
    # All that is drawn costs less than blank paper in proportion; far strokes leave the paper blank.
    points = torch.full((1, 8, 4, 2), -9.0 * CANVAS)
    cost, raw = (critic.judge(points)["encoder"].item() for critic in (blank, plain))
    assert cost >= 0.25 * len(sight.layers) + 0.5 - 1e-4, "blank paper costs at least what all lines would gain"
    assert np.isfinite(cost / raw)


# The paper's freedom, and the listener's threads


def test_with_the_encoder_alone_no_stroke_is_held_on_the_paper(studio: Studio) -> None:
    schedule = Schedule(9, 1.0, False, FINAL_PEN)
    outside = torch.full((1, 3, 4, 2), -50.0) + torch.arange(4.0)[:, None]
    slopes = []
    for settings in (CLIPASSO, QUICK):
        critic = Critic(look_at(face(), settings, studio), Motif(3, trace_lines(face())), settings, studio)
        points = outside.clone().requires_grad_()
        slopes.append(torch.autograd.grad(critic.cost(points, 0, schedule, outside).sum(), points)[0])
    assert not slopes[0].any()
    assert (slopes[1] < 0).any()


def test_adams_second_average_follows_the_settings(studio: Studio) -> None:
    one, other = (draw(replace(CLIPASSO, levels=(3,), beta2=beta2), studio)[0].trajectory.points for beta2 in (0.95, 0.999))
    np.testing.assert_array_equal(one[1], other[1])
    assert (one[2] != other[2]).any()


def test_between_two_events_torchs_threads_are_the_listeners(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    assert studio.threads == 1
    within = set()
    cost = Critic.cost

    def watched(self: Critic, *args: Any) -> torch.Tensor:
        within.add(torch.get_num_threads())
        return cost(self, *args)

    monkeypatch.setattr(Critic, "cost", watched)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        outside = {torch.get_num_threads() for _ in draw_levels(face(), replace(QUICK, levels=(3,)), studio)}
    finally:
        torch.set_num_threads(before)
    assert (within, outside) == ({1}, {3})
