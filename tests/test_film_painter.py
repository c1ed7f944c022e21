"""Pixels of scenes and sketches against an independent renderer and against what the look promises."""

from __future__ import annotations

import builtins
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import cairosvg
import numpy as np
import pytest
from PIL import Image
from sample_series import sample_series

from picasso_series.errors import MissingError
from picasso_series.film.draw import cairo, to_rgb, write_sketch_png
from picasso_series.film.morph import split
from picasso_series.film.painter import Painter, Stage, on_paper
from picasso_series.film.stories import tell
from picasso_series.film.timeline import Chart, Label, Scene
from picasso_series.inking import Strokes
from picasso_series.look import Look, load_look

SERIES = sample_series()
LOOK = Look()
PAPER, INK = LOOK.paper, LOOK.ink
STYLES = ["ink", "chalk", "brush", "pencil"]


def rgb(scene: Scene, width: int = 300, height: int = 300, look: Look = LOOK) -> np.ndarray:
    return to_rgb(Painter(width, height, SERIES.subject.detail, look).frame(scene)).astype(int)


def coverage(frame: np.ndarray, look: Look = LOOK) -> np.ndarray:
    """How much ink is on each pixel, 0 to 1."""
    way = np.array(look.ink, float) - look.paper
    return ((frame - look.paper) @ way) / (way @ way)


def test_a_sketch_png_looks_like_its_svg(tmp_path: Path) -> None:
    sketch = SERIES.levels[0].sketch
    write_sketch_png(sketch, tmp_path / "sketch.png", side=448)
    ours = np.asarray(Image.open(tmp_path / "sketch.png").convert("RGB")).astype(float)
    data = cairosvg.svg2png(bytestring=sketch.to_svg().encode(), output_width=448, background_color="white")
    theirs = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(float)
    assert ours.shape == (448, 448, 3)
    assert np.abs(ours - theirs).mean() < 0.2
    assert ours.min() == 0
    assert ours.max() == 255


def test_a_stroke_is_3_of_224_wide() -> None:
    """A straight stroke of half the square covers its length times its width, and two round caps."""
    line = np.array([[0.25, 0.5], [0.417, 0.5], [0.583, 0.5], [0.75, 0.5]])
    frame = rgb(Scene(Strokes.of(line)), 1080, 1080)
    side = Stage(1080, 1080).side
    width = 3 / 224 * side
    assert coverage(frame).sum() == pytest.approx(0.5 * side * width + np.pi * width**2 / 4, rel=0.01)


@pytest.mark.parametrize("style", STYLES)
def test_pieces_of_a_stroke_leave_no_seam(style: str) -> None:
    curve, look = np.array([[0.1, 0.8], [0.2, 0.0], [0.8, 0.1], [0.9, 0.7]]), load_look(style)
    pieces = Strokes(split(curve, [3, 1, 2]), np.ones(3), np.array([[0, 1 / 2], [1 / 2, 2 / 3], [2 / 3, 1]]))
    whole, cut = (coverage(rgb(Scene(strokes), 600, 600, look), look) for strokes in (Strokes.of(curve), pieces))
    assert np.abs(whole - cut).mean() < 1e-3
    assert np.abs(whole - cut).max() < (0.12 if style == "ink" else 0.45), "but for where a cap rounds a swelling line"


def test_paper_and_photo() -> None:
    empty = rgb(Scene())
    assert (empty == PAPER).all()
    photo = rgb(Scene(photo=1.0))
    stage = Stage(300, 300)
    left, top, side = int(stage.left), int(stage.top), int(stage.side)
    inside = photo[top : top + side, left : left + side]
    assert (photo[:top] == PAPER).all(), "the photo stays in its square"
    assert (inside[:5] == PAPER).all(), "a cut-out's white is the paper, without an edge"
    small = np.asarray(Image.fromarray(inside.astype(np.uint8)).resize((224, 224), Image.Resampling.BOX)).astype(float)
    solid = SERIES.subject.mask > 0.99
    assert np.abs(small - SERIES.subject.rgb)[solid].mean() < 2, "the subject keeps its colors"
    half = rgb(Scene(photo=0.5))
    assert np.abs(half - (photo + empty) / 2).max() <= 2


def test_a_cut_out_stands_on_slate_without_a_white_edge() -> None:
    slate = (43, 50, 54)
    standing = on_paper(SERIES.subject.detail, slate).astype(int)
    mask = SERIES.subject.mask
    assert (standing[mask == 0] == slate).all()
    edge = (mask > 0.1) & (mask < 0.9)
    np.testing.assert_allclose(standing[edge], SERIES.subject.rgb[edge] - (1 - mask[edge][:, None]) * (255 - np.array(slate)), atol=1.5)


def test_strokes_that_fade_are_one_layer() -> None:
    """Where translucent strokes cross, the ink is not darker."""
    cross = Strokes.of([[[0.2, 0.5], [0.4, 0.5], [0.6, 0.5], [0.8, 0.5]], [[0.5, 0.2], [0.5, 0.4], [0.5, 0.6], [0.5, 0.8]]])
    two = Strokes(cross.curves, np.array([1.0, 0.7]), cross.spans)
    for strokes in (cross, two):
        inked = coverage(rgb(Scene(strokes, ink=0.5)))
        assert inked.max() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("style", ["chalk", "pencil"])
def test_grain_lets_the_ground_show_through(style: str) -> None:
    """Specks of ground within a line, the same in every frame, and none of it outside the line."""
    look = load_look(style)
    line = Strokes.of([[0.1, 0.5], [0.4, 0.5], [0.6, 0.5], [0.9, 0.5]])
    rough = coverage(rgb(Scene(line), 1080, 1080, look), look)
    smooth = coverage(rgb(Scene(line), 1080, 1080, load_look(style, grain=0)), look)
    core = smooth > 0.99
    assert 0.4 < rough[core].mean() < 0.9
    assert np.quantile(rough[core], 0.1) < 0.5
    assert np.quantile(rough[core], 0.9) > 0.95
    assert (rough[smooth < 0.004] < 0.01).all()
    np.testing.assert_array_equal(rough, coverage(rgb(Scene(line), 1080, 1080, look), look))


@pytest.mark.parametrize("size", [(1080, 1080), (1080, 1350), (1080, 1440), (1080, 1920), (1920, 1080), (64, 64)])
@pytest.mark.parametrize("words", [{}, {"title": "A horse"}, {"caption": "from a photo", "title": "A horse"}, {"counted": False}])
def test_drawing_and_words_have_room_on_every_frame(size: tuple[int, int], words: dict[str, Any]) -> None:
    look = load_look(**words)
    stage = Stage(*size, look)
    assert 2 * stage.left + stage.side == size[0]
    assert 0.6 * min(size) < stage.side < 0.9 * min(size)
    if len(words) < 2:
        assert stage.top + stage.side / 2 == pytest.approx(size[1] / 2, abs=0.022 * size[1]), "the drawing is in the middle"
    frame = rgb(Scene(labels=(Label("II", "8 strokes"),)), *size, look)
    rows, columns = np.nonzero((frame != PAPER).any(axis=2))
    if not (look.counted or look.title or look.caption):
        assert len(rows) == 0
        return
    below = rows[rows > size[1] / 2]
    above = rows[rows < size[1] / 2]
    assert len(above) == 0 or above.max() < stage.top + 1
    assert (len(above) > 0) == bool(look.title)
    assert below.min() > stage.top + 0.9 * stage.side
    assert rows.min() > 0
    assert rows.max() < size[1] - 1
    assert columns.min() + columns.max() == pytest.approx(size[0], abs=0.03 * size[0])


def test_a_title_that_is_too_long_is_set_smaller() -> None:
    frame = rgb(Scene(), 300, 300, load_look(title="A horse that stands on a meadow " * 5))
    columns = np.nonzero((frame != PAPER).any(axis=2))[1]
    assert columns.min() > 5
    assert columns.max() < 294


def test_the_loss_curve_stands_below_the_drawing_and_shows_how_far_it_is() -> None:
    curve = np.array([[0, 0], [0.5, 0.8], [1, 1.0]])
    stage = Stage(600, 600)
    early, late = (coverage(rgb(Scene(chart=Chart(curve, reached)), 600, 600)) for reached in (0.2, 1.0))
    rows, columns = np.nonzero(late > 0.1)
    assert rows.min() > stage.top + 0.95 * stage.side
    assert columns.min() > 300
    assert columns.max() <= stage.left + stage.side + 6
    assert late.sum() > 1.5 * early.sum()


def test_frames_keep_their_pixels_after_others_are_drawn() -> None:
    """Frames own their memory: a film's frames stay as they are while later ones are drawn."""
    painter, film = Painter(200, 200, SERIES.subject.detail), tell("series", SERIES)
    frames = [painter.frame(film.at(t)) for t in (0.0, 1.5, 3.0)]
    copies = [frame.copy() for frame in frames]
    for t in np.linspace(0, film.seconds, 20):
        painter.frame(film.at(float(t)))
    for frame, copy in zip(frames, copies, strict=True):
        np.testing.assert_array_equal(frame, copy)


@pytest.mark.parametrize(
    ("error", "words"), [(OSError('no library called "cairo-2" was found'), "libcairo2"), (ImportError("no"), "pip install")]
)
def test_a_missing_cairo_is_told_with_its_fix(monkeypatch: pytest.MonkeyPatch, error: Exception, words: str) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "cairocffi":
            raise error
        return real(name, *args, **kwargs)

    cairo.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingError, match=words):
        rgb(Scene())
    monkeypatch.undo()
    cairo.cache_clear()


def test_films_and_plate_need_no_torch_and_no_cairo_to_be_imported() -> None:
    code = "import sys, picasso_series.film, picasso_series.plate; print('torch' in sys.modules, 'cairocffi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
