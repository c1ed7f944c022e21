"""Outlines that swell and taper, roughness that tiles, and vectors that look like the pixels."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import cairosvg
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from sample_series import sample_series

from picasso_series.film.draw import Sheet, ink_strokes, to_rgb
from picasso_series.inking import Strokes, cut_evenly, outlines, roughness, svg_ground, svg_strokes, svg_style, through
from picasso_series.look import Look, color_text, load_look
from picasso_series.strokes import CANVAS, bernstein, length

curves = hnp.arrays(np.float64, (4, 2), elements=st.floats(0.2, 0.8))
BRUSH = load_look("brush")


def polygon(chain: np.ndarray) -> np.ndarray:
    return np.concatenate([bernstein(np.linspace(0, 1, 12)) @ chain[i : i + 4] for i in range(0, len(chain) - 1, 3)])


def area(outline: np.ndarray) -> float:
    x, y = outline.T
    return abs(float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2))


def pixels(strokes: Strokes, look: Look, side: int = 448) -> np.ndarray:
    sheet = Sheet(side, side, look.paper)
    ink_strokes(sheet.context, strokes, (0.0, 0.0, float(side)), look)
    return to_rgb(sheet.pixels()).astype(float)


@given(curves, st.integers(1, 9))
def test_a_curve_in_pieces_is_the_same_curve(points: np.ndarray, count: int) -> None:
    (chain,) = cut_evenly(points[None], count)
    t = np.linspace(0, 1, 7)
    for number in range(count):
        np.testing.assert_allclose(bernstein(t) @ chain[3 * number : 3 * number + 4], bernstein((number + t) / count) @ points, atol=1e-12)


def test_chains_of_other_lengths_cannot_be_cut() -> None:
    with pytest.raises(ValueError, match="chains of 2"):
        cut_evenly(np.zeros((1, 7, 2)), 3)


def test_a_chain_goes_through_its_places() -> None:
    turn = np.linspace(0, np.pi, 17)
    places = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    (chain,) = through(places[None])
    np.testing.assert_allclose(chain[::3], places)
    assert np.abs(np.linalg.norm(polygon(chain), axis=1) - 1).max() < 2e-3, "a half circle stays one"


def test_a_straight_stroke_is_as_wide_as_its_profile() -> None:
    """Half a square long: the outline is w/2 to both sides everywhere, with w = 4.4 (profile at 4 u (1 - u)) of 224."""
    line = np.array([[0.25, 0.5], [0.417, 0.5], [0.583, 0.5], [0.75, 0.5]])
    (outline,) = outlines(Strokes.of(line), BRUSH)
    shape = polygon(outline)
    for u, share in ((0.5, BRUSH.profile[-1]), (0.5 - np.sqrt(0.25 - 0.15), BRUSH.profile[3])):
        near = shape[np.abs(shape[:, 0] - (0.25 + 0.5 * u)) < 0.006]
        assert np.ptp(near[:, 1]) * CANVAS == pytest.approx(BRUSH.width * share, rel=0.06)
    assert shape[:, 0].min() == pytest.approx(0.25 - BRUSH.width * BRUSH.profile[0] / 2 / CANVAS, abs=1e-3)


def test_short_strokes_swell_less() -> None:
    widths = []
    for size in (0.03, 0.1, 0.2, 0.4):
        line = np.array([[0.1, 0.5], [0.1 + size / 3, 0.5], [0.1 + 2 * size / 3, 0.5], [0.1 + size, 0.5]])
        widths.append(np.ptp(polygon(outlines(Strokes.of(line), BRUSH)[0])[:, 1]))
    assert widths[0] < widths[1] < widths[2]
    assert widths[2] == pytest.approx(widths[3], rel=0.01)


@settings(deadline=None)
@given(curves)
def test_the_outline_of_an_even_profile_is_what_a_round_pen_draws(points: np.ndarray) -> None:
    """Filled outlines, even of curves with tight bends and loops, leave no hole and add no blot."""
    strokes, look = Strokes.of(points), Look(width=5.0)
    chords = np.diff(bernstein(np.linspace(0, 1, 40)) @ points, axis=0)
    turns = np.diff(np.unwrap(np.arctan2(chords[:, 1], chords[:, 0])))
    assume(length(points) > 0.02)
    # A curve that runs back on itself at once is pointed where it turns, and a round pen is not.
    assume(np.abs(turns).max() < 1)
    uneven = Look(width=5.0, profile=(1.0, 1.0 + 1e-9))
    stroked, filled = pixels(strokes, look, 224), pixels(strokes, uneven, 224)
    ink = (255 - stroked).sum()
    assert np.abs(stroked - filled).sum() < 0.06 * ink + 2000
    inner = np.abs(stroked - filled)[1:-1, 1:-1].max(axis=2) > 200
    assert inner.sum() < 25, "no hole of more than a few pixels"


def test_roughness_is_the_same_every_time_and_tiles() -> None:
    tile = roughness(0.8).astype(int)
    roughness.cache_clear()
    np.testing.assert_array_equal(tile, roughness(0.8))
    inner = np.abs(np.diff(tile, axis=0)).mean()
    seam = np.abs(tile[0] - tile[-1]).mean()
    assert seam < 1.3 * inner, "no step where two tiles meet"
    assert tile.max() == 255
    assert tile.min() == pytest.approx(255 * 0.2, abs=1)
    assert (roughness(0.0) == 255).all()
    assert roughness(0.3).mean() > roughness(0.6).mean() > roughness(0.9).mean()


@pytest.mark.parametrize("style", ["ink", "brush"])
def test_vectors_and_pixels_agree(style: str) -> None:
    """Our SVG, drawn by an independent program, against our pixels."""
    look, sketch = load_look(style), sample_series().levels[0].sketch
    strokes = Strokes.of(sketch.points)
    body = svg_strokes(strokes, look)
    ids = [part.get("d") for part in ElementTree.fromstring(f"<g>{body}</g>")]
    assert len(ids) == len(sketch.strokes)
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 224 224"><rect width="224" height="224" fill="{color_text(look.paper)}"/>'
        f"<g {svg_style(look)}>{body}</g></svg>"
    )
    theirs = np.asarray(Image.open(io.BytesIO(cairosvg.svg2png(bytestring=text.encode(), output_width=448))).convert("RGB")).astype(float)
    ours = pixels(strokes, look)
    assert np.abs(ours - theirs).mean() < 0.2
    assert np.abs(ours - theirs).max() < 100, "edges may be a fraction of a pixel apart"


def test_the_ground_of_a_smooth_look_is_nothing_and_of_a_rough_one_a_mask() -> None:
    assert svg_ground(load_look("ink"), (0, 0, 224, 224)) == ""
    text = svg_ground(load_look("chalk"), (-10, -10, 244, 244), name="slate")
    root = ElementTree.fromstring(text.replace("href", "link"))
    assert {child.get("id") for child in root} == {"slate-tile", "slate"}
    assert len(text) < 40_000
    assert "http" not in text, "nothing is fetched from anywhere"
