"""Animated SVGs in a browser, at chosen moments, against the frames of the film."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sample_series import sample_series

from picasso_series.film import plan_filming, write_film
from picasso_series.film.draw import to_rgb
from picasso_series.film.lives import series_score
from picasso_series.film.painter import Painter
from picasso_series.film.stories import MORPH, Telling, tell
from picasso_series.film.timeline import Scene
from picasso_series.look import load_look

SERIES = sample_series()
SIDE = 400
AT = "document.getAnimations().forEach(a => {a.pause(); a.currentTime = arguments[0]})"


def shown(browser: Any) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB"))[:SIDE, :SIDE].astype(float)


@pytest.fixture
def playing(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens the series film as SVG, ``SIDE`` pixels wide, within a page."""

    def visit(style: str, story: str = "simplify") -> Any:
        write_film(SERIES, tmp_path / "series.svg", filming=plan_filming(style=style, story=story))
        text = (tmp_path / "series.svg").read_text()
        (tmp_path / "page.html").write_text(f'<!doctype html><body style="margin:0"><div style="width:{SIDE}px">{text}</div>')
        browser.get((tmp_path / "page.html").as_uri())
        return browser

    return visit  # type: ignore[return-value]


@pytest.mark.browser
@pytest.mark.parametrize("style", ["ink", "brush", "chalk"])
def test_an_animated_svg_shows_the_frames_of_the_film(playing: Any, style: str) -> None:
    """In the middle of every change, and while every level is held; words aside, which fade at another pace."""
    look, score, film = load_look(style, counted=False), series_score(SERIES, Telling()), tell("series", SERIES)
    painter = Painter(SIDE, SIDE, SERIES.subject.detail, look)
    browser = playing(style)
    changes = [i for i, shot in enumerate(film.shots) if shot.seconds == pytest.approx(MORPH)]
    assert len(changes) == 2
    for number, place in enumerate(changes):
        turn = score.windows[number][1] - MORPH
        for u in (-0.2, 0.25, 0.5, 0.75, 1.2):
            scene = film.shots[place].scene(min(max(u, 0.0), 1.0))
            frame = to_rgb(painter.frame(Scene(scene.strokes))).astype(float)
            browser.execute_script(AT, 1000 * (turn + u * MORPH))
            picture = shown(browser)
            inner = slice(0, int(0.9 * SIDE))
            ink = np.abs(frame - look.paper).mean()
            assert np.abs(picture - frame)[inner].mean() < 0.45 * ink + 0.2, (number, u)
            centers = [np.array(np.nonzero(np.abs(part[inner] - look.paper).max(axis=2) > 60)).mean(axis=1) for part in (picture, frame)]
            assert np.abs(centers[0] - centers[1]).max() < 2.5, (number, u)


@pytest.mark.browser
@pytest.mark.parametrize("story", ["simplify", "grow", "pingpong"])
def test_a_loop_comes_round(playing: Any, story: str) -> None:
    browser = playing("ink", story)
    duration = browser.execute_script("return document.getAnimations()[0].effect.getComputedTiming().duration")
    assert duration == pytest.approx(1000 * series_score(SERIES, Telling(story)).seconds, abs=1)
    rounds = 2 if story == "pingpong" else 1
    browser.execute_script(AT, 0)
    first = shown(browser)
    browser.execute_script(AT, rounds * duration - 1)
    assert np.abs(shown(browser) - first).mean() < 0.2
    browser.execute_script(AT, 0.5 * rounds * duration)
    assert np.abs(shown(browser) - first).mean() > 0.5, "in between there is a drawing"


@pytest.mark.browser
def test_who_asks_for_less_motion_sees_the_whole_drawing_at_rest(playing: Any, browser: Any) -> None:
    from browser import emulated

    with emulated(browser, prefers_reduced_motion="reduce"):
        playing("ink")
        assert browser.execute_script("return document.getAnimations().length") == 0
        painter = Painter(SIDE, SIDE, SERIES.subject.detail, load_look(counted=False))
        film = tell("series", SERIES)
        frame = to_rgb(painter.frame(Scene(film.shots[3].scene(0.0).strokes))).astype(float)
        inner = slice(0, int(0.9 * SIDE))
        assert np.abs(shown(browser) - frame)[inner].mean() < 1
