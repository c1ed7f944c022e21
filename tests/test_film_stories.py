"""Films as functions of time: what is shown when, for how long, that nothing jumps, and how they end."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_series import sample_series

from picasso_series.errors import UsageError
from picasso_series.film.stories import DRAW_ON_SECONDS, KINDS, STORIES, TRAJECTORY_SECONDS, Telling, row_times, tell
from picasso_series.film.timeline import Film, Scene, ease, glide
from picasso_series.inking import Strokes
from picasso_series.levels import Level, Lineage, Series, Trajectory, with_mask
from picasso_series.strokes import bernstein, length

ALL = [
    *(("series", Telling(story, loop)) for story in STORIES for loop in (True, False)),
    *((kind, Telling(loop=loop, loss_curve=loop)) for kind in ("trajectory", "draw-on") for loop in (True, False)),
]
DEFAULT = Telling()
NAMES = [f"{kind}-{telling.story}-{'loop' if telling.loop else 'hold'}" for kind, telling in ALL]
LEVELS = [(8, 4, 2), (8, 2), (4,), (2,)]


def long_series(count: int, rows: int = 4) -> Series:
    """A series of ``count`` levels from ``count`` strokes down to one, each dropping its last stroke."""
    rng = np.random.default_rng(5)
    points = rng.random((count, 4, 2))
    levels = []
    for n in range(count, 0, -1):
        moves = points[None, :n] + 0.1 * rng.normal(size=(rows, n, 4, 2))
        trajectory = Trajectory(moves, np.arange(rows), np.zeros(rows), np.arange(1, n + 1), np.zeros(n))
        lineage = Lineage() if n == count else Lineage(tuple(range(1, n + 1)), {}, (n + 1,))
        levels.append(Level(trajectory, lineage, {"total": 0.0}, "warm", 0.1))
    return Series(sample_series().subject, tuple(levels))


@cache
def told(kind: str, telling: Telling = DEFAULT, levels: tuple[int, ...] = (8, 4, 2)) -> Film:
    return tell(kind, sample_series(levels), telling)


@cache
def frames(film: Film) -> list[tuple[Scene, int]]:
    return list(film.scenes(30))


def labels(film: Film) -> list[str]:
    """Labels in the order in which they are seen in full."""
    seen = [f"{label.numeral} {label.text}".strip() for scene, _ in frames(film) for label in scene.labels if label.opacity == 1]
    return [label for number, label in enumerate(seen) if number == 0 or label != seen[number - 1]]


def held(film: Film, level: Level) -> int:
    """For how many frames at 30 a second a level is shown whole and still."""
    return sum(
        count
        for scene, count in frames(film)
        if np.array_equal(scene.strokes.curves, level.sketch.points) and scene.ink == 1 and scene.photo == 0 and count > 1
    )


def ink_length(strokes: Strokes) -> float:
    """How much ink there is, by length and width."""
    pieces = [
        length(chain[i : i + 4]) * width
        for chain, width in zip(strokes.curves, strokes.widths, strict=True)
        for i in range(0, len(chain) - 1, 3)
    ]
    return float(sum(pieces))


def state(scene: Scene) -> np.ndarray:
    return np.array([scene.photo, scene.ink * ink_length(scene.strokes), sum(label.opacity for label in scene.labels)])


@pytest.mark.parametrize(("kind", "telling"), ALL, ids=NAMES)
@pytest.mark.parametrize("levels", LEVELS)
def test_every_level_is_shown_whole_with_its_number_and_count(kind: str, telling: Telling, levels: tuple[int, ...]) -> None:
    series = sample_series(levels)
    film = told(kind, telling, levels)
    states = [f"{numeral} {n} strokes" for numeral, n in zip(("I", "II", "III"), levels, strict=False)]
    if kind == "draw-on":
        assert labels(film) == [f"{n} stroke{'s' if n > 1 else ''}" for n in range(1, levels[0] + 1)], "they are counted as they come"
        states, shown = states[:1], series.levels[:1]
    else:
        expected = {"simplify": states, "grow": states[::-1], "pingpong": states + states[-2::-1]}[telling.story]
        assert labels(film) == expected
        shown = series.levels
    for level in shown:
        assert held(film, level) >= 9, "a level stays for some time, and its frame is drawn once"


@pytest.mark.parametrize(("kind", "telling"), ALL, ids=NAMES)
def test_nothing_jumps(kind: str, telling: Telling) -> None:
    """Between two frames photo, ink, labels and the length of ink change by little; every shot begins as the one before ended."""
    film = told(kind, telling)
    states = np.stack([state(film.at(t)) for t in np.arange(0, film.seconds, 1 / 40)])
    steps = np.abs(np.diff(states, axis=0)).max(axis=0)
    assert (steps[:2] < [0.12, 0.3]).all(), steps
    # The pen's count goes up by whole strokes; other labels fade.
    assert steps[2] < 0.25 or kind == "draw-on"
    for shot, after in pairwise(film.shots):
        np.testing.assert_allclose(state(shot.scene(1.0)), state(after.scene(0.0)), atol=0.02)


@pytest.mark.parametrize(("kind", "telling"), [pair for pair in ALL if pair[1].loop], ids=[n for n in NAMES if n.endswith("loop")])
def test_a_loop_has_no_seam(kind: str, telling: Telling) -> None:
    film = told(kind, telling)
    first, last = film.at(0.0), film.at(film.seconds)
    assert last.photo == pytest.approx(first.photo, abs=1e-6)
    if len(first.strokes.curves):
        np.testing.assert_array_equal(first.strokes.curves, last.strokes.curves)
        assert last.ink == pytest.approx(first.ink)
    else:
        assert last.ink * len(last.strokes.curves) == pytest.approx(0, abs=1e-6)
    assert state(last)[2] == pytest.approx(state(first)[2], abs=1e-6)


@pytest.mark.parametrize(("kind", "telling"), [pair for pair in ALL if not pair[1].loop], ids=[n for n in NAMES if n.endswith("hold")])
def test_a_film_that_does_not_loop_ends_with_its_last_scene_held(kind: str, telling: Telling) -> None:
    film = told(kind, telling)
    *_, (scene, count) = frames(film)
    assert count >= 55
    if kind == "draw-on" or telling.story == "simplify":
        level = sample_series().levels[0 if kind == "draw-on" else -1]
        np.testing.assert_array_equal(scene.strokes.curves, level.sketch.points)
    else:
        assert (scene.photo, len(scene.strokes.curves)) == (1.0, 0)


def test_the_outline_runs_around_the_photo_before_the_first_stroke() -> None:
    film = told("series")
    coming = film.shots[1]
    inks = [ink_length(coming.scene(u).strokes) for u in np.linspace(0, 1, 9)]
    assert inks[0] == 0
    assert (np.diff(inks) > 0).all()
    assert 0.5 < inks[-1] / 0.45 < 4, "about the duck's girth, in a thin line"
    whole = coming.scene(1.0).strokes
    places = (bernstein(np.linspace(0, 1, 5)) @ whole.curves).reshape(-1, 2) * 224
    mask = sample_series().subject.mask
    x, y = np.clip(places.astype(int), 1, 222).T
    near = np.max([mask[y + dy, x + dx] for dx in (-1, 0, 1) for dy in (-1, 0, 1)], axis=0)
    far = np.min([mask[y + dy, x + dx] for dx in (-1, 0, 1) for dy in (-1, 0, 1)], axis=0)
    assert ((near > 0.05) & (far < 0.95)).mean() > 0.95, "it lies on the mask's edge"


def test_a_photo_without_an_outline_gives_way_to_strokes_alone() -> None:
    series = sample_series()
    picture, mask = np.full((224, 224, 3), 200, np.uint8), np.ones((224, 224), np.float32)
    blank = replace(series.subject, rgb=picture, mask=mask, source="none", detail=with_mask(picture, mask))
    film = tell("series", replace(series, subject=blank))
    assert film.shots[1].scene(1.0).photo == 0
    assert len(film.shots[1].scene(1.0).strokes.curves) == 8


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (1, 300), (2, 1), (4, 40), (12, 3), (40, 2)])
def test_the_trajectory_film_takes_8_to_12_seconds_whatever_was_recorded(count: int, rows: int) -> None:
    film = tell("trajectory", long_series(count, rows))
    assert TRAJECTORY_SECONDS[0] - 1e-6 <= film.seconds <= TRAJECTORY_SECONDS[1] + 1e-6


@pytest.mark.parametrize(("count", "least", "most"), [(1, 4, 6), (4, 8, 10), (12, 10, 13), (40, 10, 13)])
def test_the_series_film_stays_short(count: int, least: float, most: float) -> None:
    assert least <= tell("series", long_series(count)).seconds <= most


@pytest.mark.parametrize("count", [1, 4, 40])
def test_the_pen_takes_its_time_but_not_for_ever(count: int) -> None:
    least, most = DRAW_ON_SECONDS
    assert least + 1 <= tell("draw-on", long_series(count)).seconds <= most + 3


def test_rows_are_shown_in_step_with_the_strokes_moves() -> None:
    """Rows that are dense at first and sparse later: half of the way is shown at half of the time."""
    along = np.array([0, 0.01, 0.02, 0.05, 0.1, 0.3, 1.0])
    points = np.zeros((len(along), 3, 4, 2)) + along[:, None, None, None]
    trajectory = Trajectory(points, np.arange(len(along)), np.zeros(len(along)), np.arange(1, 4), np.zeros(3))
    times = row_times(trajectory)
    assert times[0] == 0
    assert times[-1] == 1
    np.testing.assert_allclose(times, along, atol=0.02)


def test_the_optimization_runs_at_an_even_visual_speed() -> None:
    """Once it is under way, no frame moves the strokes more than half again as far as the mean of all."""
    film = tell("trajectory", sample_series((4,)))
    shot = film.shots[2]
    places = np.stack([shot.scene(u).strokes.curves for u in np.linspace(0.15, 0.85, 50)])
    steps = np.linalg.norm(np.diff(places, axis=0), axis=-1).mean(axis=(1, 2))
    assert steps.max() < 1.5 * steps.mean()


def test_the_loss_curve_falls_with_the_loss() -> None:
    charts = [scene.chart for scene, _ in frames(told("trajectory", Telling(loss_curve=True))) if scene.chart is not None]
    assert charts
    assert charts[0].reached < 0.1
    assert charts[-1].reached == 1
    assert charts[0].opacity < 0.1
    assert charts[-1].opacity < 0.1, "it comes and goes softly"
    for chart in charts:
        assert chart.curve.min() >= 0
        assert chart.curve.max() <= 1
        assert (np.diff(chart.curve, axis=0) >= 0).all(), "y runs down, and the sample's loss falls"
    assert all(scene.chart is None for scene, _ in frames(told("trajectory")))


def test_a_trajectory_that_does_not_move_is_shown_all_the_same() -> None:
    level = sample_series((4,)).levels[0]
    rows, ids = np.repeat(level.trajectory.points[-1:], 5, axis=0), level.trajectory.ids
    still = Trajectory(rows, np.arange(5), np.full(5, np.nan), ids, np.zeros(4))
    assert (np.diff(row_times(still)) > 0).all()
    film = tell("trajectory", Series(sample_series().subject, (replace(level, trajectory=still),)), Telling(loss_curve=True))
    scene = film.at(4.0)
    assert np.isfinite(scene.strokes.curves).all()
    assert scene.chart is not None
    assert np.isfinite(scene.chart.curve).all()


@pytest.mark.parametrize("rate", [12.5, 20, 30])
@pytest.mark.parametrize("kind", KINDS)
def test_scenes_fill_the_film_exactly(rate: float, kind: str) -> None:
    film = told(kind, DEFAULT, (4, 2))
    assert sum(count for _, count in film.scenes(rate)) == film.frame_count(rate) == round(film.seconds * rate)


@given(st.sampled_from([ease, glide]), st.floats(-1, 2), st.floats(-1, 2))
def test_easing_rises_from_0_to_1(pace: object, a: float, b: float) -> None:
    def at(u: float) -> float:
        return float(pace(u))  # type: ignore[operator]

    assert 0 <= at(a) <= 1
    assert (at(a) - at(b)) * (a - b) >= -1e-12
    assert at(0) == 0
    assert at(0.5) == pytest.approx(0.5)
    assert at(1) == pytest.approx(1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_series_without_a_level_has_no_film(kind: str) -> None:
    with pytest.raises(ValueError, match="at least one level"):
        tell(kind, Series(sample_series().subject, ()))


def test_unknown_stories_and_kinds_are_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="simplify, grow or pingpong"):
        Telling("shrink")
    with pytest.raises(UsageError, match="series, trajectory or draw-on"):
        tell("making-of", sample_series())
