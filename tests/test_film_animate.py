"""Animated SVG: whole without animation, well-formed with it, and the same film as the frames (in a browser: test_film_browser)."""

from __future__ import annotations

import io
import re
from itertools import pairwise
from xml.etree import ElementTree

import cairosvg
import numpy as np
import pytest
from PIL import Image
from sample_series import sample_series

from picasso_series.film.animate import DRAWABLE, animated_svg
from picasso_series.film.draw import to_rgb
from picasso_series.film.lives import pen_score, series_score
from picasso_series.film.painter import Painter
from picasso_series.film.stories import STORIES, Telling
from picasso_series.film.timeline import Label, Scene
from picasso_series.inking import Strokes
from picasso_series.look import Look, load_look

SVG = "{http://www.w3.org/2000/svg}"
TELLINGS = [Telling(story, loop) for story in STORIES for loop in (True, False)]


def rasterized(text: str, width: int) -> np.ndarray:
    data = cairosvg.svg2png(bytestring=text.encode(), output_width=width)
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


@pytest.mark.parametrize("kind", DRAWABLE)
@pytest.mark.parametrize("size", [(1080, 1080), (1080, 1920)])
@pytest.mark.parametrize("look", [Look(), load_look("brush", title="Duck & <b>friends</b>", caption="a film"), Look(counted=False)])
def test_without_animation_the_first_level_is_there_whole(kind: str, size: tuple[int, int], look: Look) -> None:
    """An independent program, which knows no CSS animation, shows the very frame that the film has of the first drawing."""
    series = sample_series()
    shown = rasterized(animated_svg(series, kind, size, look), size[0] // 2)
    label = Label("I" if kind == "series" else "", "8 strokes")
    scene = Scene(Strokes.of(series.levels[0].sketch.points), labels=(label,))
    frame = to_rgb(Painter(size[0] // 2, size[1] // 2, series.subject.detail, look).frame(scene)).astype(int)
    assert shown.shape == frame.shape
    assert np.abs(shown - frame).mean() < (0.4 if look.even else 0.8)


@pytest.mark.parametrize("kind", DRAWABLE)
@pytest.mark.parametrize("style", ["ink", "chalk", "brush", "pencil"])
@pytest.mark.parametrize("telling", TELLINGS, ids=[f"{t.story}-{'loop' if t.loop else 'hold'}" for t in TELLINGS])
def test_the_file_is_well_formed_and_asks_nobody_for_anything(kind: str, style: str, telling: Telling) -> None:
    text = animated_svg(sample_series(), kind, (1080, 1080), load_look(style, title="<script>alert(1)</script> & co"), telling)
    root = ElementTree.fromstring(text)
    rules = root.findtext(f"{SVG}style")
    assert rules is not None
    assert rules.startswith("@media (prefers-reduced-motion:no-preference){")
    assert rules.count("{") == rules.count("}")
    assert "script" not in {part.tag.removeprefix(SVG) for part in root.iter()}
    assert not re.search(r"@import|https?://(?!www\.w3\.org/2000/svg)|nan|inf\b", text)
    assert all(link.startswith("data:image/png;base64,") for link in re.findall(r'href="([^"]*)"', text))
    names = re.findall(r"@keyframes ([\w-]+)\{", rules)
    assert len(names) == len(set(names))
    assert set(re.findall(r"animation-name:([\w-]+)", text)) >= set(names)
    for frames in re.findall(r"@keyframes [\w-]+\{((?:[^{}]*\{[^{}]*\})*)\}", rules):
        places = [float(place) for stop in re.findall(r"([^{}]*)\{", frames) for place in re.findall(r"([\d.]+)%", stop)]
        assert places == sorted(places)
        assert places[0] >= 0
        assert places[-1] <= 100
    assert len(text) < 400_000
    direction = {"simplify": "normal", "grow": "reverse", "pingpong": "alternate"}[telling.story]
    assert f"animation-direction:{direction if kind == 'series' else 'normal'}" in rules
    assert ("animation-iteration-count:infinite" in rules) == telling.loop


def test_without_a_level_there_is_nothing_to_animate() -> None:
    from dataclasses import replace

    with pytest.raises(ValueError, match="at least one level"):
        animated_svg(replace(sample_series(), levels=()))
    with pytest.raises(ValueError, match="series or draw-on"):
        animated_svg(sample_series(), "trajectory")


@pytest.mark.parametrize("telling", TELLINGS, ids=[f"{t.story}-{'loop' if t.loop else 'hold'}" for t in TELLINGS])
@pytest.mark.parametrize("levels", [(8, 4, 2), (8, 2), (4,)])
def test_lives_fill_their_windows(telling: Telling, levels: tuple[int, ...]) -> None:
    """Windows follow each other without a gap, every stroke of a level has a life, and its moments go forward in time."""
    series = sample_series(levels)
    score = series_score(series, telling)
    assert score.windows[0][0] == 0
    assert score.windows[-1][1] == pytest.approx(score.seconds)
    for before, after in pairwise(score.windows):
        assert before[1] == after[0]
    for number, level in enumerate(series.levels):
        lives = [life for life in score.lives if life.level == number]
        assert len(lives) == level.strokes
        for life, stroke in zip(lives, level.sketch.strokes, strict=True):
            times = [moment.time for moment in life.moments]
            assert times == sorted(times)
            assert times[-1] <= score.windows[number][1] + 1e-9
            whole = next(moment.curve for moment in life.moments if moment.drawn == 1)
            assert np.allclose(whole, stroke.points) or np.allclose(whole, stroke.points[::-1])


@pytest.mark.parametrize("telling", TELLINGS, ids=[f"{t.story}-{'loop' if t.loop else 'hold'}" for t in TELLINGS])
def test_a_loop_ends_as_it_began_and_a_film_that_does_not_ends_with_a_drawing(telling: Telling) -> None:
    score = series_score(sample_series(), telling)
    begins = [life.moments[0].drawn for life in score.lives if life.level == 0]
    ends = [life.moments[-1].drawn for life in score.lives if life.level == 2]
    if telling.loop and telling.story != "pingpong":
        assert set(begins) == set(ends) == {0.0}, "from the blank sheet to the blank sheet"
    shown_last = {"simplify": ends, "grow": begins, "pingpong": begins}[telling.story]
    if not telling.loop:
        assert set(shown_last) == {1.0}


def test_the_pen_draws_one_stroke_after_the_other() -> None:
    score = pen_score(sample_series().levels[0], Telling())
    begins, ends = ([life.moments[index].time for life in score.lives] for index in (0, 1))
    assert all(end < begin for end, begin in zip(ends, begins[1:], strict=False))
    assert len({life.moments[-1].time for life in score.lives}) == 1, "all go together"
