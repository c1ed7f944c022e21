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
from picasso_series.film.draw import INK, PAPER, Painter, Stage, cairo, to_rgb, write_sketch_png
from picasso_series.film.morph import Strokes, split
from picasso_series.film.timeline import Scene, series_film

SERIES = sample_series()
NOTHING = Strokes.of(np.zeros((0, 4, 2)))


def rgb(scene: Scene, width: int = 300, height: int = 300) -> np.ndarray:
    return to_rgb(Painter(width, height, SERIES.subject.rgb).frame(scene)).astype(int)


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
    coverage = (PAPER[1] - frame[:, :, 1]).sum() / (PAPER[1] - INK[1])
    side = Stage(1080, 1080).side
    width = 3 / 224 * side
    assert coverage == pytest.approx(0.5 * side * width + np.pi * width**2 / 4, rel=0.01)


def test_pieces_of_a_stroke_leave_no_seam() -> None:
    curve = np.array([[0.1, 0.8], [0.2, 0.0], [0.8, 0.1], [0.9, 0.7]])
    whole, pieces = rgb(Scene(Strokes.of(curve))), rgb(Scene(Strokes.of(split(curve, [3, 1, 2]))))
    assert np.abs(whole - pieces).max() <= 24


def test_paper_and_photo() -> None:
    empty = rgb(Scene(NOTHING))
    assert (empty == PAPER).all()
    photo = rgb(Scene(NOTHING, photo=1.0))
    stage = Stage(300, 300)
    left, top, side = int(stage.left), int(stage.top), int(stage.side)
    inside = photo[top : top + side, left : left + side]
    assert (photo[:top] == PAPER).all(), "the photo stays in its square"
    assert (inside[:5] == PAPER).all(), "a cut-out's white is the paper, without an edge"
    small = np.asarray(Image.fromarray(inside.astype(np.uint8)).resize((224, 224), Image.Resampling.BOX)).astype(float)
    assert np.abs(small - SERIES.subject.rgb * (np.array(PAPER) / 255)).mean() < 2
    half = rgb(Scene(NOTHING, photo=0.5))
    assert np.abs(half - (photo + empty) / 2).max() <= 2


@pytest.mark.parametrize("size", [(1080, 1080), (1080, 1350), (1080, 1920), (1920, 1080), (64, 64)])
def test_the_drawing_is_centered_with_a_margin_and_the_caption_is_below_it(size: tuple[int, int]) -> None:
    stage = Stage(*size)
    assert 2 * stage.left + stage.side == size[0]
    assert 2 * stage.top + stage.side == size[1]
    assert stage.side < 0.9 * min(size)
    assert stage.top + stage.side < stage.baseline < size[1] - 0.3 * stage.letter_size
    frame = rgb(Scene(NOTHING, captions=(("8 strokes", 1.0),)), *size)
    rows, columns = np.nonzero((frame != PAPER).any(axis=2))
    assert rows.min() > stage.top + 0.9 * stage.side
    assert rows.max() < size[1] - 1
    assert columns.min() + columns.max() == pytest.approx(size[0], abs=0.03 * size[0])


def test_frames_keep_their_pixels_after_others_are_drawn() -> None:
    """Frames own their memory: a film's frames stay as they are while later ones are drawn."""
    painter, film = Painter(200, 200, SERIES.subject.rgb), series_film(SERIES)
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
        rgb(Scene(NOTHING))
    monkeypatch.undo()
    cairo.cache_clear()


def test_films_and_plate_need_no_torch_and_no_cairo_to_be_imported() -> None:
    code = "import sys, picasso_series.film, picasso_series.plate; print('torch' in sys.modules, 'cairocffi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
