"""The outline between photo and drawing: as fine as the photo, and nothing that is only the photo's edge."""

from __future__ import annotations

import numpy as np
import pytest

from picasso_series.film.contour import outline, stretch
from picasso_series.levels import Placement, Subject, with_mask
from picasso_series.strokes import bernstein


def test_the_outline_shows_ears_that_are_too_thin_for_strokes() -> None:
    """A disk with two ears, 4 units wide: the outline reaches their tips, as no line of the subject's does."""
    y, x = np.mgrid[:896, :896] / 4 + 0.125
    ears = (np.abs(np.abs(x - 112) - 15) < 2) & (y > 50) & (y < 112)
    mask = ((np.hypot(x - 112, y - 112) < 40) | ears).astype(np.float32)
    detail = with_mask(np.full((896, 896, 3), 90, np.uint8), mask)
    small = detail[::4, ::4, 3].astype(np.float32) / 255
    subject = Subject(detail[::4, ::4, :3], small, Placement(0, 0, 224, 224, 224), "alpha", detail)
    line = outline(subject)
    places = (bernstein(np.linspace(0, 1, 9)) @ line.curves).reshape(-1, 2) * 224
    for middle in (97, 127):
        over = places[(np.abs(places[:, 0] - middle) < 5) & (places[:, 1] < 60)]
        assert over[:, 1].min() < 51.5, "the tip"
        assert np.ptp(over[:, 0]) == pytest.approx(4, abs=0.8), "the width"
    assert np.linalg.norm(line.curves[0, 0] - line.curves[-1, -1]) < 1e-9, "it closes"


def test_the_outline_leaves_out_where_the_photo_ends() -> None:
    """A hill that the photo's lower edge cuts: its round top is outline, its straight foot is not."""
    y, x = np.mgrid[:224, :224] + 0.5
    mask = (np.hypot(x - 112, y - 200) < 70).astype(np.float32) * (y < 200)
    picture = np.full((224, 224, 3), 90, np.uint8)
    subject = Subject(picture, mask, Placement(0, 0, 224, 224, 200), "file", with_mask(picture, mask))
    places = (bernstein(np.linspace(0, 1, 9)) @ outline(subject).curves).reshape(-1, 2) * 224
    assert np.linalg.norm(places - (112, 200), axis=1).min() > 65
    assert places[:, 1].min() < 132


def test_a_stretch_of_an_outline_grows_from_its_begin() -> None:
    y, x = np.mgrid[:224, :224] + 0.5
    mask = (np.hypot(x - 112, y - 112) < 60).astype(np.float32)
    picture = np.full((224, 224, 3), 90, np.uint8)
    line = outline(Subject(picture, mask, Placement(0, 0, 224, 224, 224), "alpha", with_mask(picture, mask)))
    half = stretch(line, 0.0, 0.5)
    assert len(half.curves) == pytest.approx(len(line.curves) / 2, abs=1)
    np.testing.assert_array_equal(half.curves[0], line.curves[0])
    assert len(stretch(line, 0.0, 0.0).curves) == 0
