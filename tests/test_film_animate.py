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

from picasso_series.film.animate import animated_svg
from picasso_series.film.draw import to_rgb
from picasso_series.film.lives import pen_score, score_of, series_score
from picasso_series.film.painter import Painter
from picasso_series.film.score import Score
from picasso_series.film.stories import END_HOLD, KINDS, PHOTO_HOLD, STORIES, Telling, tell
from picasso_series.film.timeline import Label, Scene
from picasso_series.inking import Strokes
from picasso_series.look import Look, load_look

SVG = "{http://www.w3.org/2000/svg}"
TELLINGS = [Telling(story, loop) for story in STORIES for loop in (True, False)]


def rasterized(text: str, width: int) -> np.ndarray:
    data = cairosvg.svg2png(bytestring=text.encode(), output_width=width)
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1080, 1080), (1080, 1920)])
@pytest.mark.parametrize("look", [Look(), load_look("brush", title="Duck & <b>friends</b>", caption="a film"), Look(counted=False)])
def test_without_animation_the_first_level_is_there_whole(kind: str, size: tuple[int, int], look: Look) -> None:
    """An independent program, which knows no CSS animation, shows the very frame that the film has of the first drawing."""
    series = sample_series()
    shown = rasterized(animated_svg(series, kind, size, look), size[0] // 2)
    label = Label("" if kind == "draw-on" else "I", "8 strokes")
    scene = Scene(Strokes.of(series.levels[0].sketch.points), labels=(label,))
    frame = to_rgb(Painter(size[0] // 2, size[1] // 2, series.subject.detail, look).frame(scene)).astype(int)
    assert shown.shape == frame.shape
    assert np.abs(shown - frame).mean() < (0.4 if look.even else 0.8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("style", ["ink", "chalk"])
@pytest.mark.parametrize("telling", TELLINGS, ids=[f"{t.story}-{'loop' if t.loop else 'hold'}" for t in TELLINGS])
def test_the_file_is_well_formed_and_asks_nobody_for_anything(kind: str, style: str, telling: Telling) -> None:
    text = animated_svg(sample_series(), kind, (1080, 1080), load_look(style, title="<script>alert(1)</script> & co"), telling)
    root = ElementTree.fromstring(text)
    rules = root.findtext(f"{SVG}style")
    assert rules is not None
    assert rules.startswith("@media (prefers-reduced-motion:no-preference){")
    assert rules.count("{") == rules.count("}")
    assert "script" not in {part.tag.removeprefix(SVG) for part in root.iter()}
    assert not re.search(r"@import|https?://(?!www\.w3\.org/2000/svg)|nan|inf\b", re.sub(r"base64,[^\"]*", "", text))
    assert all(link.startswith(("data:image/png;base64,", "data:image/jpeg;base64,")) for link in re.findall(r'href="([^"]*)"', text))
    names = re.findall(r"@keyframes ([\w-]+)\{", rules)
    assert len(names) == len(set(names))
    assert set(re.findall(r"animation-name:([\w-]+)", text)) >= set(names)
    for frames in re.findall(r"@keyframes [\w-]+\{((?:[^{}]*\{[^{}]*\})*)\}", rules):
        places = [float(place) for stop in re.findall(r"([^{}]*)\{", frames) for place in re.findall(r"([\d.]+)%", stop)]
        assert places == sorted(places)
        assert places[0] >= 0
        assert places[-1] <= 100
    direction = {"simplify": "normal", "grow": "reverse", "pingpong": "alternate"}[telling.story]
    assert f"animation-direction:{direction if kind == 'series' else 'normal'}" in rules
    assert ("animation-iteration-count:infinite" in rules) == telling.loop


def test_without_a_level_there_is_nothing_to_animate() -> None:
    from dataclasses import replace

    with pytest.raises(ValueError, match="at least one level"):
        animated_svg(replace(sample_series(), levels=()))
    with pytest.raises(ValueError, match="series, trajectory, draw-on"):
        animated_svg(sample_series(), "shadow")


@pytest.mark.parametrize("telling", TELLINGS, ids=[f"{t.story}-{'loop' if t.loop else 'hold'}" for t in TELLINGS])
@pytest.mark.parametrize("levels", [(8, 4, 2), (8, 2), (4,)])
@pytest.mark.parametrize("kind", ["series", "trajectory"])
def test_drawings_follow_each_other_and_every_stroke_has_a_life(kind: str, telling: Telling, levels: tuple[int, ...]) -> None:
    """No gap between drawings, a life for every stroke of a level, and moments that go forward in time."""
    series = sample_series(levels)
    score = score_of(kind, series, telling)
    assert score.drawings[-1].end == pytest.approx(score.seconds)
    for before, after in pairwise(score.drawings):
        assert before.end == after.begin
    for number, level in enumerate(series.levels):
        lives = [life for life in score.lives if life.level == number]
        assert len(lives) == level.strokes
        for life, stroke in zip(lives, level.sketch.strokes, strict=True):
            times = [moment.time for moment in life.moments]
            assert times == sorted(times)
            assert times[-1] <= score.drawings[number].end + 1e-9
            shapes = [moment.curve for moment in life.moments if moment.drawn == 1]
            away = [min(np.abs(shape - points).max() for points in (stroke.points, stroke.points[::-1])) for shape in shapes]
            assert min(away) < 1e-6, "it is the level's stroke at some time"


@pytest.mark.parametrize("telling", TELLINGS, ids=[f"{t.story}-{'loop' if t.loop else 'hold'}" for t in TELLINGS])
@pytest.mark.parametrize("kind", KINDS)
def test_the_clock_is_the_one_of_the_film(kind: str, telling: Telling) -> None:
    for levels in ((8, 4, 2), (4,)):
        film, score = tell(kind, sample_series(levels), telling), score_of(kind, sample_series(levels), telling)
        times = 2 if score.direction == "alternate" else 1
        # What is over stays as it is: there the film needs some more seconds.
        held = END_HOLD - PHOTO_HOLD if times == 2 and not telling.loop else 0.0
        assert times * score.seconds + held == pytest.approx(film.seconds, abs=0.01)
        assert (score.repeats is None) == telling.loop


def opacity(score: Score, seconds: float) -> float:
    """Of the photo, at the moments that the score tells of."""
    assert score.overture is not None
    return float(np.interp(seconds, *zip(*score.overture.photo, strict=True)))


@pytest.mark.parametrize("telling", TELLINGS, ids=[f"{t.story}-{'loop' if t.loop else 'hold'}" for t in TELLINGS])
def test_the_story_begins_with_the_photo_and_a_loop_comes_back_to_it(telling: Telling) -> None:
    score = series_score(sample_series(), telling)
    assert opacity(score, 0.0) == 1, "which is the end of a story that is told backward"
    assert {life.moments[0].drawn for life in score.lives if life.level == 0} == {0.0}
    comes_back = telling.loop and telling.story != "pingpong"
    assert opacity(score, score.seconds) == (1 if comes_back else 0)
    assert {life.moments[-1].drawn for life in score.lives if life.level == 2} == {1.0}
    assert (score.drawings[-1].fall > 0) == comes_back


def test_the_pen_draws_one_stroke_after_the_other() -> None:
    score = pen_score(sample_series().levels[0], Telling())
    begins, ends = ([life.moments[index].time for life in score.lives] for index in (0, 1))
    assert all(end < begin for end, begin in zip(ends, begins[1:], strict=False))
    assert score.overture is None, "it begins with a blank sheet"


@pytest.mark.parametrize("style", ["ink", "brush"])
def test_a_path_keeps_its_commands_in_all_its_shapes(style: str) -> None:
    """Else a browser would jump from one shape to the next."""
    text = animated_svg(sample_series(), "series", look=load_look(style))
    shapes = re.findall(r"@keyframes (s[\d-]+)\{((?:[^{}]*\{[^{}]*\})*)\}", text)
    bending = 0
    for name, stops in shapes:
        drawn = re.findall(r'd:path\("([^"]*)"\)', stops)
        rest = re.search(rf'animation-name:{name}" d="([^"]*)"', text)
        assert rest is not None
        assert len({commands(data) for data in (*drawn, rest[1])}) == 1
        bending += len(set(drawn)) > 2
    assert bending >= 6


def commands(data: str) -> tuple[tuple[str, int], ...]:
    """The commands of path data and how many numbers each has."""
    parts = re.findall(r"([A-Za-z])([^A-Za-z]*)", data)
    return tuple((verb, len(re.findall(r"-?(?:\d+\.?\d*|\.\d+)", numbers))) for verb, numbers in parts)
