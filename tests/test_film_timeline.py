"""Films as functions of time: what is shown when, for how long, and that they loop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_series import sample_series

from picasso_series.film.timeline import TRAJECTORY_SECONDS, Film, Scene, ease, row_times, series_film, trajectory_film
from picasso_series.levels import Level, Lineage, Series, Trajectory
from picasso_series.strokes import length

FILMS = [series_film, trajectory_film]
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


def captions(film: Film) -> list[str]:
    """Captions in the order in which they are first seen in full."""
    seen = [text for scene, _ in film.scenes(30) for text, opacity in scene.captions if opacity == 1]
    return list(dict.fromkeys(seen))


@pytest.mark.parametrize("film_of", FILMS)
@pytest.mark.parametrize("levels", LEVELS)
def test_every_level_is_shown_whole_with_its_count(film_of: object, levels: tuple[int, ...]) -> None:
    series = sample_series(levels)
    film = film_of(series)  # type: ignore[operator]
    assert captions(film) == [f"{n} strokes" for n in levels]
    scenes = list(film.scenes(30))
    for level in series.levels:
        held = max(
            (
                count
                for scene, count in scenes
                if np.array_equal(scene.strokes.curves, level.sketch.points) and (scene.strokes.widths == 1).all()
            ),
            default=0,
        )
        assert held >= 9, "a level stays for some time, and its frame is drawn once"


@pytest.mark.parametrize("film_of", FILMS)
@pytest.mark.parametrize("levels", LEVELS)
def test_films_begin_with_the_photo_and_lead_back_to_it(film_of: object, levels: tuple[int, ...]) -> None:
    film = film_of(sample_series(levels))  # type: ignore[operator]
    first, last = film.at(0.0), film.at(film.seconds)
    assert first.photo == 1
    assert len(first.strokes.curves) == 0
    assert not first.captions
    assert last.photo == pytest.approx(1)
    assert last.ink == pytest.approx(0)
    assert all(opacity == pytest.approx(0) for _, opacity in last.captions)


@pytest.mark.parametrize("film_of", FILMS)
def test_nothing_jumps(film_of: object) -> None:
    """Between two frames photo, ink, captions and the length of ink change by little; every shot begins as the one before ended."""
    film = film_of(sample_series())  # type: ignore[operator]

    def state(scene: Scene) -> np.ndarray:
        ink = sum(length(curve) * width for curve, width in zip(scene.strokes.curves, scene.strokes.widths, strict=True))
        return np.array([scene.photo, scene.ink * ink, sum(opacity for _, opacity in scene.captions)])

    states = np.stack([state(film.at(t)) for t in np.arange(0, film.seconds, 1 / 60)])
    assert (np.abs(np.diff(states, axis=0)).max(axis=0) < [0.1, 0.2, 0.2]).all(), np.abs(np.diff(states, axis=0)).max(axis=0)
    begin = 0.0
    for shot, after in zip(film.shots[:-1], film.shots[1:], strict=True):
        begin += shot.seconds
        np.testing.assert_allclose(state(shot.scene(1.0)), state(after.scene(0.0)), atol=0.02)


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (1, 300), (2, 1), (4, 40), (12, 3), (40, 2)])
def test_the_trajectory_film_takes_8_to_12_seconds_whatever_was_recorded(count: int, rows: int) -> None:
    film = trajectory_film(long_series(count, rows))
    assert TRAJECTORY_SECONDS[0] - 1e-6 <= film.seconds <= TRAJECTORY_SECONDS[1] + 1e-6


@pytest.mark.parametrize(("count", "least", "most"), [(1, 3, 6), (4, 7, 10.5), (12, 9, 13), (40, 9, 13)])
def test_the_series_film_stays_short(count: int, least: float, most: float) -> None:
    film = series_film(long_series(count))
    assert least <= film.seconds <= most


def test_rows_are_shown_in_step_with_the_strokes_moves() -> None:
    """Rows that are dense at first and sparse later: half of the way is shown at half of the time."""
    along = np.array([0, 0.01, 0.02, 0.05, 0.1, 0.3, 1.0])
    points = np.zeros((len(along), 3, 4, 2)) + along[:, None, None, None]
    trajectory = Trajectory(points, np.arange(len(along)), np.zeros(len(along)), np.arange(1, 4), np.zeros(3))
    times = row_times(trajectory)
    assert times[0] == 0
    assert times[-1] == 1
    np.testing.assert_allclose(times, along, atol=0.02)


def test_a_trajectory_that_does_not_move_is_shown_all_the_same() -> None:
    level = sample_series((4,)).levels[0]
    still = Trajectory(np.repeat(level.trajectory.points[-1:], 5, axis=0), np.arange(5), np.zeros(5), level.trajectory.ids, np.zeros(4))
    assert (np.diff(row_times(still)) > 0).all()
    film = trajectory_film(Series(sample_series().subject, (replace(level, trajectory=still),)))
    assert np.isfinite(film.at(4.0).strokes.curves).all()


@given(st.sampled_from([20, 24, 25, 30, 60]))
def test_scenes_fill_the_film_exactly(rate: int) -> None:
    film = series_film(sample_series())
    assert sum(count for _, count in film.scenes(rate)) == film.frame_count(rate) == round(film.seconds * rate)


@given(st.floats(-1, 2), st.floats(-1, 2))
def test_easing_rises_from_0_to_1(a: float, b: float) -> None:
    assert 0 <= ease(a) <= 1
    assert (ease(a) - ease(b)) * (a - b) >= 0
    assert ease(0) == 0
    assert ease(1) == pytest.approx(1)


@pytest.mark.parametrize("film_of", FILMS)
def test_a_series_without_a_level_has_no_film(film_of: object) -> None:
    with pytest.raises(ValueError, match="at least one level"):
        film_of(Series(sample_series().subject, ()))  # type: ignore[operator]
