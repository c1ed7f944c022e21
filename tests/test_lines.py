"""The lines of subjects that are known: outlines, inner lines, cuts by the photo's edge, and pictures of lines."""

from __future__ import annotations

import numpy as np
import pytest
from sample_subjects import SUBJECTS, X, Y, blank, disk, empty, face, square, subject

from picasso_series.curves import arc_length, is_closed
from picasso_series.levels import Placement, Subject
from picasso_series.lines import Line, draw_lines, trace_lines
from picasso_series.strokes import CANVAS

CUT = Placement(-56.0, 0.0, 224.0, 168, 224)
"""A photo whose left edge stands at x = 56 of the canvas."""
BESIDE = np.hypot(X - 56, Y - 112) < 60
"""A disk around the middle of that edge: half of it is in the photo."""


def outlines(found: tuple[Line, ...]) -> list[Line]:
    return [line for line in found if line.outline]


def inner(found: tuple[Line, ...]) -> list[Line]:
    return [line for line in found if not line.outline]


def along_cut(found: tuple[Line, ...]) -> int:
    """How many points of outlines lie on the photo's left edge, away from the corners."""
    chain = np.concatenate([line.chain for line in outlines(found)])
    return int(((abs(chain[:, 0] - 56) < 1.5) & (abs(chain[:, 1] - 112) < 50)).sum())


@pytest.mark.parametrize("source", ["alpha", "file", "backdrop"])
def test_a_disk_has_one_round_closed_outline_and_nothing_within(source: str) -> None:
    (line,) = trace_lines(disk(70, source))
    assert line.outline
    assert line.weight == 1
    assert is_closed(line.chain)
    np.testing.assert_allclose(np.hypot(*(line.chain - 112).T), 70, atol=1)
    assert arc_length(line.chain)[-1] == pytest.approx(2 * np.pi * 70, rel=0.02)


def test_an_outline_lies_between_the_pixels_of_subject_and_ground() -> None:
    (line,) = outlines(trace_lines(square()))
    straight = abs(line.chain[:, 1] - 110) < 40
    np.testing.assert_allclose(abs(line.chain[straight, 0] - 110), 60, atol=0.1)


def test_a_square_has_the_line_where_its_tone_changes() -> None:
    found = inner(trace_lines(square()))
    longest = max(found, key=lambda line: arc_length(line.chain)[-1])
    np.testing.assert_allclose(longest.chain[:, 1], 100, atol=1.5)
    assert arc_length(longest.chain)[-1] > 90
    assert 50 < longest.chain[:, 0].min() < longest.chain[:, 0].max() < 170


def test_a_face_has_outline_eyes_and_mouth() -> None:
    found = trace_lines(face())
    picture = draw_lines(inner(found), 0.0)
    for x, y in ((79, 92), (97, 92), (127, 92), (145, 92), (112, 148)):
        assert picture[y - 4 : y + 5, x - 4 : x + 5].max() > 0.5, (x, y)
    assert draw_lines(outlines(found), 1.0)[110:114, 38:46].max() > 0.5


def test_a_small_eye_in_fur_is_drawn_and_the_fur_is_not() -> None:
    seed = 11
    print("seed", seed)
    fur = np.random.default_rng(seed).uniform(-0.1, 0.1, X.shape)
    tone = np.where(np.hypot(X - 140, Y - 80) < 3.5, 0.05, 0.6 + fur)
    found = inner(trace_lines(subject(np.hypot(X - 112, Y - 112) < 80, tone)))
    near = [line for line in found if np.hypot(*(line.chain.mean(0) - (140, 80))) < 4]
    assert near
    assert max(near, key=lambda line: line.weight).weight > 0.3
    assert sum(arc_length(line.chain)[-1] for line in found if line not in near) < 60


def test_boards_are_no_lines_beside_the_door_that_is_cut_into_them() -> None:
    seed = 4
    print("seed", seed)
    boards = np.random.default_rng(seed).uniform(-0.08, 0.08, CANVAS)[None]
    door = (abs(X - 112) < 22) & (abs(Y - 130) < 35)
    picture = draw_lines(inner(trace_lines(subject((abs(X - 112) < 80) & (abs(Y - 112) < 80), np.where(door, 0.25, 0.6) + boards))), 0.5)
    assert picture[100:160, 86:95].max(1).mean() > 0.2
    assert picture[50:80, 50:170].max() < 0.1


def test_the_stronger_of_two_inner_lines_weighs_more() -> None:
    tone = np.where(Y < 80, 0.1, np.where(Y < 150, 0.8, 0.68))
    found = inner(trace_lines(subject((abs(X - 112) < 70) & (abs(Y - 112) < 80), tone)))
    strong = [line.weight for line in found if abs(line.chain[:, 1].mean() - 80) < 3]
    faint = [line.weight for line in found if abs(line.chain[:, 1].mean() - 150) < 3]
    assert faint
    assert max(faint) < min(strong)


@pytest.mark.parametrize("nothing", [blank(), blank("saliency"), empty()], ids=["even", "salient", "without-mask"])
def test_where_nothing_is_seen_there_are_no_lines(nothing: Subject) -> None:
    # An uncertain mask's own outline may be kept, but only as faintly as a guess.
    assert all(line.weight < 0.5 for line in trace_lines(nothing))
    assert not inner(trace_lines(nothing))


def test_an_empty_mask_has_no_lines_at_all() -> None:
    assert trace_lines(empty()) == ()


@pytest.mark.parametrize("source", ["file", "backdrop", "saliency"])
def test_a_straight_cut_by_the_photos_edge_is_no_outline(source: str) -> None:
    found = trace_lines(subject(BESIDE & (X > 56), np.full_like(X, 0.3), source, CUT))
    assert along_cut(found) == 0
    chain = np.concatenate([line.chain for line in outlines(found)])
    np.testing.assert_allclose(np.hypot(chain[:, 0] - 56, chain[:, 1] - 112), 60, atol=3)
    assert arc_length(chain)[-1] == pytest.approx(np.pi * 60, rel=0.06)


def test_a_mask_from_alpha_keeps_an_outline_at_the_photos_edge() -> None:
    assert along_cut(trace_lines(subject(BESIDE & (X > 56), np.full_like(X, 0.3), "alpha", CUT))) > 90


def test_a_round_back_that_touches_the_photos_edge_is_outline() -> None:
    found = trace_lines(subject(np.hypot(X - 76, Y - 112) < 20, np.full_like(X, 0.3), "backdrop", CUT))
    (line,) = outlines(found)
    assert is_closed(line.chain)
    assert arc_length(line.chain)[-1] == pytest.approx(2 * np.pi * 20, rel=0.04)


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_a_subject_cut_by_the_canvas_has_no_outline_there(side: str) -> None:
    away = {"left": X, "right": CANVAS - X, "top": Y, "bottom": CANVAS - Y}[side]
    across = Y if side in ("left", "right") else X
    found = trace_lines(subject((away < 100) & (abs(across - 112) < 60), np.full_like(X, 0.3), "backdrop"))
    chain = np.concatenate([line.chain for line in outlines(found)])
    depth = {"left": chain[:, 0], "right": CANVAS - chain[:, 0], "top": chain[:, 1], "bottom": CANVAS - chain[:, 1]}[side]
    assert depth.max() == pytest.approx(100, abs=1)
    along = chain[:, 1] if side in ("left", "right") else chain[:, 0]
    assert not ((depth < 1.5) & (abs(along - 112) < 50)).any()


def test_a_white_subject_that_was_cut_out_for_sure_has_its_whole_outline() -> None:
    # Its edge was seen against the ground that it was cut from, and is not to be seen against the white that it lies on now.
    swan = subject(np.hypot(X - 112, Y - 112) < 70, np.where(Y < 100, 1.0, 0.5), "saliency")
    (line,) = outlines(trace_lines(swan))
    assert line.weight == 1
    assert is_closed(line.chain)
    ground = Subject(np.where(swan.mask[..., None] > 0.5, swan.rgb, 240), swan.mask, swan.placement, "saliency")
    assert not any(is_closed(line.chain) for line in outlines(trace_lines(ground)))


def test_an_uncertain_masks_outline_is_faint_where_the_photo_shows_no_edge() -> None:
    # The photo changes its tone along the upper half of the mask's outline alone.
    ring = np.hypot(X - 112, Y - 112) < 70
    seen = subject(np.ones_like(X, bool), np.where(ring & (Y < 112), 0.2, 0.9))
    found = trace_lines(Subject(seen.rgb, ring.astype(np.float32), seen.placement, "saliency"))
    rim = [line for line in found if abs(np.hypot(*(line.chain - 112).T) - 70).max() < 4]
    upper = [line.weight for line in rim if line.chain[:, 1].mean() < 100]
    lower = [line.weight for line in rim if line.chain[:, 1].mean() > 124]
    assert max(upper) == 1
    assert max(lower) < 0.5


@pytest.mark.parametrize("name", SUBJECTS)
def test_lines_lie_on_the_canvas_with_weights_up_to_one(name: str) -> None:
    for line in trace_lines(SUBJECTS[name]):
        assert 0 < line.weight <= 1
        assert line.chain.ndim == 2
        assert len(line.chain) >= 5
        assert line.chain.min() >= 0
        assert line.chain.max() <= CANVAS
        assert np.linalg.norm(np.diff(line.chain, axis=0), axis=1).max() < 3


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_same_subject_has_the_same_lines(name: str) -> None:
    for one, other in zip(trace_lines(SUBJECTS[name]), trace_lines(SUBJECTS[name]), strict=True):
        np.testing.assert_array_equal(one.chain, other.chain)
        assert (one.weight, one.outline) == (other.weight, other.outline)


# Pictures of lines


STRAIGHT = Line(np.linspace([40.5, 60.5], [140.5, 60.5], 101), 0.5, False)
DOWN = Line(np.linspace([90.5, 20.5], [90.5, 180.5], 161), 1.0, False)


@pytest.mark.parametrize("name", SUBJECTS)
@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0])
def test_a_line_picture_lies_between_empty_and_full(name: str, gamma: float) -> None:
    picture = draw_lines(trace_lines(SUBJECTS[name]), gamma)
    assert picture.shape == (CANVAS, CANVAS)
    assert picture.min() == 0
    assert 0.99 < picture.max() <= 1


def test_a_line_is_as_dark_as_its_weight_to_the_power_and_as_wide_as_the_pen() -> None:
    for gamma in (0.0, 0.4, 1.0):
        picture = draw_lines([STRAIGHT], gamma, radius=1.5)
        assert picture.max() == pytest.approx(0.5**gamma)
        np.testing.assert_allclose(picture[60, 45:135], 0.5**gamma, atol=1e-6)
        # A column of ink adds up to the pen's width, however it falls on the pixels.
        np.testing.assert_allclose(picture[:, 90].sum(), 3 * 0.5**gamma, rtol=0.01)
    assert draw_lines([STRAIGHT], 1.0)[70:].max() == 0


def test_lines_that_cross_are_no_darker_than_the_darker() -> None:
    both = draw_lines([STRAIGHT, DOWN], 1.0)
    np.testing.assert_array_equal(both, np.maximum(draw_lines([STRAIGHT], 1.0), draw_lines([DOWN], 1.0)))
    np.testing.assert_array_equal(both, draw_lines([DOWN, STRAIGHT], 1.0))


def test_no_lines_are_an_empty_picture_and_what_leaves_the_canvas_is_cut_off() -> None:
    assert not draw_lines([], 1.0).any()
    beyond = Line(np.linspace([-50.0, 100.0], [300.0, 100.0], 351), 1.0, True)
    assert draw_lines([beyond], 1.0)[99:101].min() == 1
    assert not draw_lines([Line(beyond.chain + 400, 1.0, True)], 1.0).any()
