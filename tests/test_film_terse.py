"""Path data in few characters: read back it is the same curve, and no shape costs more than it must."""

from __future__ import annotations

import io
import re

import cairosvg
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sample_series import sample_series

from picasso_series.film.score import Life, Moment, rest
from picasso_series.film.shapes import STRAY, Shaper
from picasso_series.film.terse import decimal, letters_data, line_data, outline_data
from picasso_series.inking import Strokes, chain_data, outlines, through
from picasso_series.lettering import set_line
from picasso_series.look import Look, load_look

BRUSH = load_look("brush")
NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)")


def read(data: str) -> np.ndarray:
    """The control points (3 k + 1, 2) of path data of the commands M, c and s, as the grammar of SVG has it."""
    points: list[np.ndarray] = []
    for verb, text in re.findall(r"([A-Za-z])([^A-Za-z]*)", data):
        numbers = np.array([float(number) for number in NUMBER.findall(text)]).reshape(-1, 2)
        if verb == "M":
            points = list(numbers)
            continue
        for leg in numbers.reshape(-1, {"c": 3, "s": 2}[verb], 2):
            pen = points[-1]
            points += [*([2 * pen - points[-2]] if verb == "s" else []), *(pen + leg)]
    return np.array(points)


def rasterized(data: str, size: int = 600) -> np.ndarray:
    text = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 224 224"><path d="{data}"/></svg>'
    return np.asarray(Image.open(io.BytesIO(cairosvg.svg2png(bytestring=text.encode(), output_width=size))))[:, :, 3].astype(int)


@given(st.lists(st.tuples(*[st.floats(-20, 250)] * 2), min_size=3, max_size=9))
def test_a_smooth_line_reads_back_as_it_was(places: list[tuple[float, float]]) -> None:
    chain = through(np.array(places)[None])[0]
    found = read(line_data(chain))
    assert found.shape == chain.shape
    ends = np.arange(0, len(chain), 3)
    assert np.abs(found - chain)[ends].max() <= 0.051, "every place is rounded once, however many come before it"
    assert np.abs(found - chain).max() <= 0.21, "a handle is told by the one on the other side"


def test_numbers_are_parted_only_where_they_must_be() -> None:
    line = np.array([[0.0, 0.0], [0.5, 0.25], [1.0, -0.5], [10.0, 12.34]])
    assert line_data(line) == "M0 0c.5.2 1-.5 10 12.3"
    told = {0.0: "0", -0.001: "0", 0.5: ".5", -0.5: "-.5", 3.0: "3", 10.0: "10", 0.125: ".12", 100.0: "100"}
    assert {value: decimal(value, 2) for value in told} == told


def test_outlines_fill_what_they_filled_in_more_characters() -> None:
    level = sample_series().levels[0]
    for shape in outlines(Strokes.of(level.sketch.points), BRUSH, 6) * 224:
        long, short = chain_data(shape) + "Z", outline_data(shape)
        assert len(short) < 0.5 * len(long)
        ink = rasterized(long)
        assert np.abs(rasterized(short) - ink).sum() < 0.06 * ink.sum()


def test_letters_stand_where_they_stood_in_more_characters() -> None:
    line = set_line("XIV 32 strokes & more", "italic")
    long, short = line.path_data(20, 100, 18), letters_data(line, 20, 100, 18)
    assert len(short) < 0.6 * len(long)
    ink = rasterized(long)
    assert np.abs(rasterized(short) - ink).sum() < 0.06 * ink.sum()


@pytest.mark.parametrize("look", [BRUSH, load_look("chalk"), load_look("pencil")], ids=lambda look: look.name)
def test_outlines_have_as_few_points_as_show_them_truly(look: Look) -> None:
    seed = 11
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    straight = np.linspace([0.2, 0.5], [0.8, 0.52], 4)
    for curve in (straight, *rng.uniform(0.1, 0.9, (8, 4, 2))):
        life = Life(0, curve, (rest(curve),))
        shaper = Shaper.of(life, look)
        rough, fine = (outlines(Strokes.of(curve), look, sides)[0] for sides in (shaper.sides, 24))
        missed = np.abs(rasterized(chain_data(224 * rough) + "Z") - rasterized(chain_data(224 * fine) + "Z")).sum() / 255
        around = np.linalg.norm(np.diff(fine[::3], axis=0), axis=1).sum() * 600
        assert missed < 1.5 * around * STRAY * 600 / 224 + 30
        assert commands_fit(shaper, life)
    assert Shaper.of(Life(0, straight, (rest(straight),)), look).sides <= 4


def commands_fit(shaper: Shaper, life: Life) -> bool:
    """Whether a part of a stroke is written with the commands of the whole."""
    (whole,) = life.moments
    part = Moment(0.0, whole.curve, whole.span, 0.4, 1.0)
    return re.sub(r"[^a-zA-Z]", "", shaper.data(part)) == re.sub(r"[^a-zA-Z]", "", shaper.data(whole))
