"""The motif: what a drawing of so many strokes is to show."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sample_subjects import face

from picasso_series.lines import Line, trace_lines
from picasso_series.motif import Motif, extremities, find_motif
from picasso_series.objective import LineTerm
from picasso_series.strokes import CANVAS

ROWS, COLUMNS = np.indices((CANVAS, CANVAS)) + 0.5
BODY = ((COLUMNS - 112) / 70) ** 2 + ((ROWS - 112) / 40) ** 2 < 1


def bump(x, y, radius=14.0):
    return (COLUMNS - x) ** 2 + (ROWS - y) ** 2 < radius**2


def neck(x, top, bottom):
    return (abs(COLUMNS - x) < 8) & (top < ROWS) & (bottom > ROWS)


def test_a_head_tells_more_than_a_foot_and_both_more_than_the_body():
    out = extremities(BODY | neck(60, 40, 100) | bump(60, 36) | neck(60, 120, 180) | bump(60, 188))

    assert out[36, 60] > 1.5 * out[188, 60]
    assert out[188, 60] > 0.1 > out[112, 112]
    assert out.min() >= 0
    assert out.max() <= 1


def test_extremities_of_the_mirror_image_are_the_mirror_image_of_the_extremities():
    solid = BODY | neck(60, 40, 100) | bump(70, 36)

    assert extremities(solid[:, ::-1]) == pytest.approx(extremities(solid)[:, ::-1], abs=0.02)


def test_nothing_reaches_out_of_nothing():
    assert not extremities(np.zeros((CANVAS, CANVAS), bool)).any()


@pytest.mark.parametrize(("fewer", "more"), [(4, 8), (8, 16), (2, 32)])
def test_with_fewer_strokes_inner_lines_fade_and_telling_parts_gain(fewer, more):
    subject = face()
    few, many = (find_motif(trace_lines(subject), subject, strokes) for strokes in (fewer, more))

    def inner(motif):
        return sum(line.weight * len(line.chain) for line in motif.lines if not line.outline)

    assert few.telling.max() > many.telling.max()
    assert inner(few) < inner(many)


def test_a_whole_scene_has_no_parts_that_tell_more():
    from dataclasses import replace

    subject = replace(face(), source="none")
    motif = find_motif(trace_lines(subject), subject, 4)

    assert motif.telling is None
    assert motif.told_by(np.array([[3.0, 3.0]])) == 1


def test_what_differs_in_telling_places_costs_more():
    chain = np.stack([np.linspace(20, 200, 181), np.full(181, 100.0)], 1)
    telling = np.ones((CANVAS, CANVAS))
    telling[:, :112] = 2.0
    motif = Motif(8, (Line(chain, 1.0, True),), telling)
    plain = Motif(8, motif.lines)
    whole = motif.picture()
    without_left, without_right = whole.copy(), whole.copy()
    without_left[:, 20:60], without_right[:, 160:200] = 0, 0

    def cost(asked, ink):
        return float(LineTerm(asked, 1.0)(torch.as_tensor(1 - ink, dtype=torch.float32)[None], [0]))

    assert cost(motif, whole) == pytest.approx(0, abs=1e-5)
    assert cost(motif, without_left) > 1.5 * cost(motif, without_right)
    assert cost(plain, without_left) == pytest.approx(cost(plain, without_right), rel=0.05)
    assert motif.told_by(chain[chain[:, 0] < 112]) == 2


def test_ink_darker_than_a_line_in_a_telling_place_gains_nothing():
    chain = np.stack([np.linspace(20, 200, 181), np.full(181, 100.0)], 1)
    telling = np.ones((CANVAS, CANVAS))
    telling[:, :112] = 3.0
    motif = Motif(8, (Line(chain, 0.5, True),), telling)
    even = motif.picture()
    darker = even.copy()
    darker[:, :112] *= 1.5
    ink = torch.as_tensor(1 - np.stack([even, darker]), dtype=torch.float32)
    same, more = LineTerm(motif, 1.0)(ink, [0]).tolist()

    assert same < more
