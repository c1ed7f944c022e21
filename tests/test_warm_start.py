"""The study of warm starts: what is counted, that budgets are equal, that all are judged alike, and what a chain of arms consists of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sample_subjects import face

from picasso_series.critic import RELAX, Critic
from picasso_series.lines import trace_lines
from picasso_series.motif import Motif, find_motif
from picasso_series.optimize import FINAL_PEN, Schedule
from picasso_series.salience import reduce
from picasso_series.series import Studio, choose_studio, look_at
from picasso_series.settings import Settings
from picasso_series.strokes import CANVAS, Sketch
from picasso_series.studies.warm_start.arms import ARMS, COLD_CONTOUR, COLD_SAMPLED, CONTRASTS, SHIPPED
from picasso_series.studies.warm_start.contest import JUDGES_SEED, Contest, drift
from picasso_series.studies.warm_start.results import Entry
from picasso_series.studies.warm_start.work import LOOK, SETTLE, MeteredCritic, Work
from picasso_series.telling import find_lines

pytestmark = pytest.mark.heavy
"""The study is told once, in ``docs``: what it rests on need not be tried at every change."""
QUICK = Settings(levels=(6, 3), iterations=(4,), encoder="structure", rivals=1)


@pytest.fixture(scope="module")
def studio() -> Studio:
    return choose_studio(QUICK)


@pytest.fixture(scope="module")
def entries(studio: Studio) -> list[Entry]:
    """The face with the first of the study's seeds."""
    return list(Contest(face(), QUICK, studio, 1).run())


def of(entries: list[Entry], strokes: int) -> dict[str, Entry]:
    return {entry.arm: entry for entry in entries if entry.strokes == strokes}


# What is counted


def test_a_reduction_is_counted_to_the_last_picture(studio: Studio) -> None:
    lines = trace_lines(face())
    critic = MeteredCritic(None, Motif(3, lines), replace(QUICK, layer_weight=0.0, embedding_weight=0.0), studio)
    points = torch.from_numpy(np.random.default_rng(4).uniform(40, 180, (6, 4, 2)).astype(np.float32))
    reduce(points, 3, critic.judge_small, studio.judge, critic.relax, joins=False)
    assert critic.work == Work(steps=0, settling=3 * RELAX.iterations, looks=6 + 5 + 4)
    assert critic.work.price(quick=True) == pytest.approx(3 * RELAX.iterations * SETTLE + 15 * LOOK)
    assert critic.work.price(quick=False) == 0


def test_drawings_side_by_side_are_counted_each(studio: Studio) -> None:
    lines, schedule = trace_lines(face()), Schedule(5, 1.0, False, FINAL_PEN)
    points = torch.from_numpy(np.random.default_rng(5).uniform(40, 180, (2, 3, 4, 2)).astype(np.float32))
    plain = Critic(look_at(face(), QUICK, studio), Motif(3, lines), QUICK, studio)
    metered = MeteredCritic(look_at(face(), QUICK, studio), Motif(3, lines), QUICK, studio)
    assert torch.equal(metered.cost(points, 1, schedule, points), plain.cost(points, 1, schedule, points))
    metered.cost(points[:1], 2, schedule, points[:1])
    assert metered.work == Work(steps=3)
    assert metered.work.price(quick=False) == 3


def test_sampled_strokes_may_go_far_and_contours_stay_with_their_lines(studio: Studio) -> None:
    lines, schedule = trace_lines(face()), Schedule(5, 1.0, False, FINAL_PEN)
    points = torch.from_numpy(np.random.default_rng(6).uniform(60, 160, (1, 3, 4, 2)).astype(np.float32))
    for start, held in (("contour", True), ("saliency", False)):
        critic = Critic(None, Motif(3, lines), replace(QUICK, start=start, layer_weight=0.0, embedding_weight=0.0), studio)
        near, far = critic.cost(points, 0, schedule, points), critic.cost(points, 0, schedule, points + 30)
        assert bool(far > near) == held
        assert held or torch.equal(far, near)


# The contest


def test_a_first_level_is_drawn_by_who_can_and_later_ones_by_all(entries: list[Entry]) -> None:
    assert list(of(entries, 6)) == [arm.name for arm in (COLD_SAMPLED, COLD_CONTOUR, SHIPPED)]
    assert list(of(entries, 3)) == [arm.name for arm in ARMS]
    assert {contrast.arm for contrast in CONTRASTS} | {contrast.against for contrast in CONTRASTS} == set(ARMS)
    for entry in entries:
        assert entry.points.shape == (entry.strokes, 4, 2)
        assert entry.seconds > 0
        assert (entry.drift is None) == (entry.strokes == 6)


@pytest.mark.parametrize("strokes", [6, 3])
def test_all_have_one_budget_but_the_preset_as_it_is(strokes: int, entries: list[Entry]) -> None:
    found = of(entries, strokes)
    equal = [entry for name, entry in found.items() if name != SHIPPED.name]
    budget = max(entry.work for entry in equal)
    for entry in equal:
        # Whole iterations, of two starts side by side at most.
        assert budget - entry.work <= 2, entry.arm
        assert entry.iterations >= 2
    # The dearest start still has the iterations that were asked for, or half of them for each of two.
    assert min(entry.iterations for entry in equal) <= 4 <= max(entry.iterations for entry in equal)
    assert found[SHIPPED.name].iterations == 4


def test_arms_start_as_they_say(entries: list[Entry]) -> None:
    starts = {name: entry.start for name, entry in of(entries, 3).items()}
    assert {starts[arm.name] for arm in ARMS if arm.warm and not arm.shipped} == {"warm"}
    assert starts[COLD_SAMPLED.name] == "saliency"
    assert starts[COLD_CONTOUR.name] in ("assembled", "contour")


def test_all_are_judged_by_one_critic_whatever_the_seed(entries: list[Entry], studio: Studio) -> None:
    settings = replace(QUICK, seed=JUDGES_SEED)
    lines = find_lines(face(), studio.find_faces, studio.find_telling)
    for entry in entries:
        judge = Critic(look_at(face(), settings, studio), find_motif(lines, face(), entry.strokes), settings, studio)
        costs = judge.judge(torch.from_numpy(entry.points)[None] * CANVAS)
        assert entry.losses == pytest.approx({name: float(cost[0]) for name, cost in costs.items()}, rel=1e-4)
        assert sum(entry.losses.values()) == pytest.approx(2 * entry.losses["total"], rel=1e-5)


def test_a_contest_can_be_repeated_and_its_seed_matters(entries: list[Entry], studio: Studio) -> None:
    def first_two(seed: int) -> list[Entry]:
        run = Contest(face(), QUICK, studio, seed).run()
        return [next(run), next(run)]  # the cold arms of the first level

    for one, again in zip(entries, first_two(1), strict=False):
        assert (one.arm, one.losses) == (again.arm, again.losses)
        np.testing.assert_array_equal(one.points, again.points)
    for one, other in zip(entries, first_two(2), strict=False):
        assert one.arm == other.arm
        assert not np.array_equal(one.points, other.points)


def test_a_contest_gives_torchs_threads_back(studio: Studio) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        run = Contest(face(), replace(QUICK, levels=(2,), iterations=(1,)), studio, 1).run()
        next(run)
        run.close()  # type: ignore[attr-defined]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


# How far a level lies from the one before


def test_strokes_that_stay_do_not_drift_and_those_that_go_do() -> None:
    rng = np.random.default_rng(7)
    before = Sketch.from_points(rng.uniform(0.2, 0.8, (6, 4, 2)))
    stay = Sketch.from_points(before.points[[4, 1]], [5, 2])
    assert drift(before, stay) == pytest.approx(0, abs=0.5)
    line = np.linspace([0.2, 0.5], [0.8, 0.5], 4)
    shift = np.array([0.0, 0.1])
    assert drift(Sketch.from_points(line[None]), Sketch.from_points((line + shift)[None])) == pytest.approx(0.1 * CANVAS, rel=1e-3)
