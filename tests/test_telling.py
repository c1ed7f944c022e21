"""Telling lines: how a judgment of places becomes the weights of lines, and what is drawn of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sample_subjects import X, Y, square, subject

from picasso_series.levels import Subject
from picasso_series.lines import MOST_INNER, Line, trace_lines
from picasso_series.photo import load_photo
from picasso_series.series import LevelDone, choose_studio, draw_levels
from picasso_series.settings import Settings
from picasso_series.strokes import CANVAS
from picasso_series.subject import prepare_subject
from picasso_series.telling import SURE_WEIGHT, find_lines

HORSE = Path(__file__).parents[1] / "gallery" / "photos" / "horse.jpg"
UNKNOWN, SURE = -14.0, 4.0
"""Log odds of places, before a line's own length and contrast are added, that no line and that any line is telling."""


def striped() -> Subject:
    """A box whose tone changes much at a third of its height and little at two thirds."""
    tone = np.where(Y < 82, 0.1, 0.7) + np.where(Y > 142, 0.12, 0)
    return subject((abs(X - 112) < 80) & (abs(Y - 112) < 80), tone, "alpha")


def no_face(rgb: np.ndarray) -> np.ndarray:
    return np.zeros(rgb.shape[:2], np.float32)


def judged(seen: Subject, odds: float | np.ndarray) -> tuple[Line, ...]:
    """The lines of a subject at whose places there are such log odds that a line is telling."""
    return find_lines(seen, no_face, lambda rgb: np.broadcast_to(np.float32(odds), rgb.shape[:2]))


def inner(lines: Iterable[Line]) -> list[Line]:
    return [line for line in lines if not line.outline]


def height(line: Line) -> float:
    return float(line.chain[:, 1].mean())


def test_a_line_that_tells_outweighs_one_of_more_contrast() -> None:
    plain = inner(trace_lines(striped()))
    upper, lower = (max(line.weight for line in plain if abs(height(line) - y) < 3) for y in (82, 142))
    assert upper > lower, "the upper edge is the stronger one"
    (line,) = inner(judged(striped(), np.where(Y < 112, UNKNOWN, SURE)))
    assert height(line) == pytest.approx(142, abs=2)
    assert line.weight == pytest.approx(SURE_WEIGHT, rel=0.01)


def test_the_likelier_a_line_is_telling_the_more_it_weighs_and_never_as_much_as_the_outline() -> None:
    weights = [max((line.weight for line in inner(judged(striped(), odds))), default=0.0) for odds in (-11.0, -9.5, -8.0, 0.0, 50.0)]
    assert weights == sorted(weights)
    assert weights[0] < 0.5 * weights[2]
    assert weights[-1] < 1


def test_the_outline_is_drawn_whatever_is_told() -> None:
    (before,) = (line for line in trace_lines(square()) if line.outline)
    (after,) = judged(square(), UNKNOWN)
    np.testing.assert_array_equal(after.chain, before.chain)
    assert after.weight == 1


def test_of_a_photo_more_lines_are_asked_about_than_would_be_drawn_by_their_contrast() -> None:
    photo = prepare_subject(load_photo(HORSE))
    asked, plain = (sum(len(line.chain) for line in inner(lines)) for lines in (judged(photo, SURE), trace_lines(photo)))
    assert asked > 1.2 * plain


def test_a_subject_that_is_all_texture_has_no_more_lines_than_others() -> None:
    dashes = (X % 24 < 14) & (Y % 7 < 3)
    found = judged(subject((abs(X - 112) < 105) & (abs(Y - 112) < 105), np.where(dashes, 0.1, 0.8), "alpha"), SURE)
    assert len(inner(found)) <= MOST_INNER


def test_what_is_told_is_asked_of_the_subject_alone_and_nobody_is_asked_of_a_whole_scene() -> None:
    asked = []

    def look(rgb: np.ndarray) -> np.ndarray:
        asked.append(rgb)
        return np.zeros(rgb.shape[:2], np.float32)

    scene = replace(striped(), source="none")
    assert [line.weight for line in find_lines(scene, no_face, look)] == [line.weight for line in trace_lines(scene)]
    assert not asked
    find_lines(striped(), no_face, look)
    np.testing.assert_array_equal(asked, [striped().rgb])


def test_what_is_telling_is_drawn() -> None:
    settings = Settings(levels=(6,), iterations=(2,), encoder="structure", rivals=0)
    studio, drawn = choose_studio(settings), []
    for upper, lower in ((UNKNOWN, SURE), (SURE, UNKNOWN)):
        telling = np.where(Y < 112, upper, lower).astype(np.float32)
        looking = replace(studio, find_faces=no_face, find_telling=lambda rgb, telling=telling: telling)
        (level,) = [event.level for event in draw_levels(striped(), settings, looking) if isinstance(event, LevelDone)]
        points = CANVAS * level.sketch.points
        flat = np.ptp(points[..., 1], axis=1) < 8
        drawn.append({y for y in (82, 142) if (flat & (abs(points[..., 1].mean(1) - y) < 8)).any()})
    assert drawn == [{142}, {82}]
