"""Slender parts become single lines: the middle of a stick is where it should be, and a body keeps its outline."""

from __future__ import annotations

import numpy as np
import pytest

from picasso_series.curves import arc_length
from picasso_series.lines import Line
from picasso_series.slender import slenderize
from picasso_series.strokes import CANVAS

ROWS, COLUMNS = np.indices((CANVAS, CANVAS)) + 0.5


def contours(solid):
    from skimage.measure import find_contours

    return tuple(Line(chain[:, ::-1] + 0.5, 1.0, True) for chain in find_contours(solid.astype(float), 0.5))


def disk(x=80.0, y=112.0, radius=45.0):
    return (COLUMNS - x) ** 2 + (ROWS - y) ** 2 < radius**2


def stick(thickness, first=80.0, last=200.0, y=112.0):
    return (abs(ROWS - y) < thickness / 2) & (first < COLUMNS) & (last > COLUMNS)


def lollipop(thickness):
    return disk() | stick(thickness)


def drawn(solid, width):
    return slenderize(contours(solid), solid.astype(np.float32), width)


@pytest.mark.parametrize("thickness", [4, 8, 10])
def test_the_stick_of_a_lollipop_becomes_the_line_along_its_middle(thickness):
    lines = drawn(lollipop(thickness), width=12)
    on_stick = np.concatenate([line.chain[line.chain[:, 0] > 140] for line in lines])

    assert abs(on_stick[:, 1] - 112).max() < 2
    assert on_stick[:, 0].max() > 196, "the line stops short of the stick's tip"


def test_the_body_keeps_its_outline():
    lines = drawn(lollipop(8), width=12)
    left = np.concatenate([line.chain[line.chain[:, 0] < 110] for line in lines])
    radius = np.hypot(left[:, 0] - 80, left[:, 1] - 112)

    # A disk of 45 pixels, cut off at x = 110: two thirds of its circumference.
    assert abs(radius - 45).max() < 2
    assert sum(arc_length(line.chain)[-1] for line in lines) == pytest.approx(2 * np.pi * 45 + 75, abs=25)


def test_a_wide_stick_and_a_plain_disk_keep_both_contours():
    for solid in (lollipop(20), disk()):
        before = contours(solid)
        assert slenderize(before, solid.astype(np.float32), 12) == before


def test_inner_lines_of_a_slender_part_go_with_its_contours_and_others_stay():
    solid = lollipop(8)
    within = Line(np.stack([np.linspace(140, 190, 51), np.full(51, 113.0)], 1), 0.4, False)
    body = Line(np.stack([np.linspace(50, 80, 31), np.full(31, 100.0)], 1), 0.3, False)
    lines = slenderize((*contours(solid), within, body), solid.astype(np.float32), 12)

    assert [line for line in lines if not line.outline] == [body]


def test_a_subject_that_is_nothing_but_slender_is_one_line():
    (line,) = drawn(stick(8, 20, 200), width=12)

    assert arc_length(line.chain)[-1] == pytest.approx(180, abs=6)


def test_the_brow_between_two_horns_holds_them_together():
    head = disk(112.0, 140.0, 40.0)
    horns = (abs(np.hypot(COLUMNS - 112, ROWS - 72) - 30) < 4) & (ROWS > 54)
    (horned,) = [line for line in drawn(head | horns, width=12) if line.chain[:, 1].min() < 64]

    tips = horned.chain[[0, -1]]
    assert abs(tips[:, 1] - 54).max() < 4
    assert np.ptp(tips[:, 0]) > 25
    assert abs(horned.chain[len(horned.chain) // 2] - (112, 100)).max() < 4
