"""Eyes and noses: how maps become marks, marks lines, and lines strokes that stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sample_subjects import X, Y, disk, face

from picasso_series.curves import is_closed
from picasso_series.faces import MOST, WIDEST, Mark, find_marks, peaks
from picasso_series.levels import Subject
from picasso_series.lines import LEAST_MARK, trace_lines
from picasso_series.motif import FACES, find_motif
from picasso_series.raster import choose_rasterizer
from picasso_series.salience import reduce
from picasso_series.series import LevelDone, choose_studio, draw_levels
from picasso_series.settings import Settings
from picasso_series.strokes import CANVAS

LEFT, RIGHT = Mark(88, 92, 6.0), Mark(136, 92, 6.0)
EVERYWHERE = np.ones((CANVAS, CANVAS))


def bump(x: float, y: float, diameter: float, height: float = 1.0) -> np.ndarray:
    """A map with one mark as the net was taught it."""
    return (height * np.exp(-0.5 * (np.hypot(X - x, Y - y) / (0.3 * diameter)) ** 2)).astype(np.float32)


@pytest.mark.parametrize("diameter", [8.0, 16.0, 24.0])
def test_a_bump_becomes_a_mark_of_its_place_and_size(diameter: float) -> None:
    (mark,) = peaks(bump(60.5, 130.5, diameter, 0.8), EVERYWHERE)
    assert (mark.x, mark.y) == pytest.approx((60.5, 130.5), abs=1)
    assert mark.radius == pytest.approx(diameter / 2, rel=0.15)


def test_no_mark_is_wider_than_any_that_was_taught() -> None:
    (mark,) = peaks(bump(112, 112, 300), EVERYWHERE)
    assert mark.radius == pytest.approx(WIDEST * CANVAS)


def test_what_is_unsure_or_beside_the_subject_is_no_mark() -> None:
    assert peaks(bump(60, 130, 12, 0.3), EVERYWHERE) == []
    assert peaks(bump(60, 130, 12), np.where(X > 100, 1.0, 0.0)) == []
    assert peaks(0 * bump(60, 130, 12), EVERYWHERE) == []


def test_the_surest_mark_comes_first_and_of_two_in_one_place_one_stays() -> None:
    near = np.maximum(bump(60, 130, 12, 0.8), bump(63, 130, 12, 0.75))
    found = peaks(np.maximum(near, bump(120, 130, 12, 0.9)), EVERYWHERE)
    assert [round(mark.x) for mark in found] == pytest.approx([120, 61], abs=2)


def test_two_faces_are_marked_and_spots_are_none() -> None:
    def spots(count: int, height: float = 0.8) -> np.ndarray:
        return np.max([bump(20 + 30 * (k % 6), 40 + 60 * (k // 6), 12, height) for k in range(count)], axis=0)

    assert len(peaks(spots(MOST), EVERYWHERE)) == MOST
    assert peaks(spots(12), EVERYWHERE) == []
    # Some fainter ones beside a clear eye do not hide it.
    assert len(peaks(np.maximum(spots(12, 0.5), bump(20, 200, 12, 0.95)), EVERYWHERE)) == 1


def test_marks_are_told_in_pixels_of_the_canvas_whatever_was_looked_at() -> None:
    large = face()
    large = replace(large, detail=large.detail.repeat(3, axis=0).repeat(3, axis=1))

    def look(rgb: np.ndarray) -> np.ndarray:
        assert rgb.shape == (3 * CANVAS, 3 * CANVAS, 3)
        return bump(88, 92, 16).repeat(3, axis=0).repeat(3, axis=1)

    (mark,) = find_marks(large, look)
    assert (mark.x, mark.y) == pytest.approx((88, 92), abs=1)
    assert mark.radius == pytest.approx(8, rel=0.15)


def test_a_mark_is_one_ring_however_faint_the_photo_is_there() -> None:
    pale = face()
    pale = Subject(np.full_like(pale.rgb, 200), pale.mask, pale.placement, pale.source)
    rings = [line for line in trace_lines(pale, (LEFT, replace(RIGHT, radius=0.5))) if line.mark]
    assert [line.weight for line in rings] == [1.0, 1.0]
    for line, mark, radius in zip(rings, (LEFT, RIGHT), (6.0, LEAST_MARK), strict=True):
        assert is_closed(line.chain)
        np.testing.assert_allclose(np.hypot(*(line.chain - (mark.x, mark.y)).T), radius, atol=0.01)
    assert not [line for line in trace_lines(pale) if line.mark]


@pytest.mark.parametrize("radius", [5.0, 9.0, 14.0])
def test_no_other_line_is_sought_at_a_mark(radius: float) -> None:
    found = trace_lines(face(), (replace(LEFT, radius=radius),))
    near = [line for line in found if (np.hypot(*(line.chain - (88, 92)).T) < radius + 3).any()]
    assert len(near) == 1
    assert near[0].mark


def test_eyes_do_not_fade_with_the_strokes_and_leave_before_the_last_ones() -> None:
    subject = face()
    lines = trace_lines(subject, (LEFT, RIGHT))
    for strokes in (32, 16, FACES):
        motif, blind = find_motif(lines, subject, strokes), find_motif([line for line in lines if not line.mark], subject, strokes)
        assert [line.weight for line in motif.lines if line.mark] == [1.0, 1.0]
        assert motif.telling is not None
        assert blind.telling is not None
        gained = motif.telling - blind.telling
        assert gained[92, 88] > 1
        assert abs(gained[160:]).max() < 1e-6
    fewer = find_motif(lines, subject, FACES - 1)
    assert not any(line.mark for line in fewer.lines)


@pytest.mark.parametrize("strokes", [16, FACES - 1])
def test_a_whole_scene_has_eyes_as_long_as_a_subject_has(strokes: int) -> None:
    scene = replace(face(), source="none")
    motif = find_motif(trace_lines(scene, (LEFT, RIGHT)), scene, strokes)
    assert [line.weight for line in motif.lines if line.mark] == ([1.0, 1.0] if strokes >= FACES else [])


def test_an_eye_on_a_slender_part_stays_a_ring() -> None:
    bar = (abs(Y - 112) < 6) & (abs(X - 112) < 90)
    subject = Subject(face().rgb, bar.astype(np.float32), face().placement, "alpha")
    motif = find_motif(trace_lines(subject, (Mark(60, 112, 3.0),)), subject, FACES)
    (eye,) = [line for line in motif.lines if line.mark]
    assert is_closed(eye.chain)
    assert eye.chain.mean(0) == pytest.approx((60, 112), abs=1)


def test_what_the_finder_sees_is_drawn() -> None:
    seen = []

    def look(rgb: np.ndarray) -> np.ndarray:
        seen.append(rgb)
        return bump(150, 150, 16)

    settings = Settings(levels=(8,), iterations=(2,), encoder="structure", rivals=0)
    studio = replace(choose_studio(settings), find_faces=look)
    subject = disk()
    (level,) = [event.level for event in draw_levels(subject, settings, studio) if isinstance(event, LevelDone)]
    np.testing.assert_array_equal(seen, [subject.detail[..., :3]])
    ends = [stroke for stroke in level.sketch.points if np.hypot(*(CANVAS * stroke - (150, 150)).T).max() < 20]
    assert ends, "no stroke of an even disk draws the eye in it"


def reduced_to_two(*strokes: list[tuple[float, float]]) -> list[tuple[int, ...]]:
    """Which of the strokes, and a far one, are in each of two that are left when any but that may leave or join."""
    points = torch.tensor([*strokes, [(20.0, 30.0), (80.0, 30.0), (140.0, 30.0), (200.0, 30.0)]])
    judge = choose_rasterizer("torch", size=CANVAS // 2)[0]
    ink = 1 - judge.render(points[None] / CANVAS)

    def unlike(pictures: torch.Tensor) -> torch.Tensor:
        return (1 - pictures - ink).square().mean((1, 2))

    return sorted(reduce(points, 2, unlike, judge, lambda same: same, joins=True).members)


def test_two_eyes_side_by_side_do_not_become_one_line() -> None:
    left = [(100.0, 100.0), (88.0, 88.0), (88.0, 114.0), (100.0, 102.0)]
    right = [(104.0, 102.0), (116.0, 114.0), (116.0, 88.0), (104.0, 100.0)]
    assert all(len(members) == 1 for members in reduced_to_two(left, right))


def test_a_leg_that_goes_on_is_no_eye_for_all_that_its_ends_are_near() -> None:
    leg = [(100.0, 80.0), (100.0, 220.0), (112.0, 220.0), (112.0, 80.0)]
    flank = [(112.0, 80.0), (112.0, 60.0), (112.0, 40.0), (112.0, 20.0)]
    assert (0, 1) in reduced_to_two(leg, flank)
