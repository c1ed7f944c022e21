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
from picasso_series.film.lives import score_of
from picasso_series.film.painter import Painter
from picasso_series.film.stories import RETURN, Telling, tell
from picasso_series.film.timeline import Scene
from picasso_series.look import load_look

pytestmark = pytest.mark.heavy
SERIES = sample_series()
SIDE = 400
AT = "document.getAnimations().forEach(a => {a.pause(); a.currentTime = arguments[0]})"


def shown(browser: Any) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB"))[:SIDE, :SIDE].astype(float)


@pytest.fixture
def playing(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens a film as SVG, ``SIDE`` pixels wide, within a page."""

    def visit(style: str, story: str = "simplify", kind: str = "series") -> Any:
        write_film(SERIES, tmp_path / "film.svg", kind=kind, filming=plan_filming(style=style, story=story, counted=kind != "draw-on"))
        text = (tmp_path / "film.svg").read_text()
        (tmp_path / "page.html").write_text(f'<!doctype html><body style="margin:0"><div style="width:{SIDE}px">{text}</div>')
        browser.get((tmp_path / "page.html").as_uri())
        return browser

    return visit  # type: ignore[return-value]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("kind", "style", "story"),
    [
        ("series", "ink", "simplify"),
        ("series", "brush", "simplify"),
        ("series", "chalk", "pingpong"),
        ("series", "ink", "grow"),
        ("trajectory", "ink", "simplify"),
        ("draw-on", "brush", "simplify"),
    ],
)
def test_an_animated_svg_shows_the_frames_of_the_film(playing: Any, kind: str, style: str, story: str) -> None:
    """At the middle and near both ends of every scene of the film; only the pen's count of strokes comes at its end."""
    telling = Telling(story)
    film, look = tell(kind, SERIES, telling), load_look(style, counted=kind != "draw-on")
    painter = Painter(SIDE, SIDE, SERIES.subject.detail, look)
    browser = playing(style, story, kind)
    # Told backward, the file begins with the way from the photo to the last drawing, with which the film ends.
    shift = RETURN if story == "grow" else 0.0
    begin = 0.0
    inner = slice(0, SIDE if look.counted else int(0.9 * SIDE))
    for number, shot in enumerate(film.shots):
        for u in (0.04, 0.5, 0.96):
            seconds = begin + u * shot.seconds
            frame = to_rgb(painter.frame(film.at(seconds))).astype(float)
            browser.execute_script(AT, 1000 * ((seconds + shift) % film.seconds))
            picture = shown(browser)
            ink = np.abs(frame - look.paper).mean()
            # Specks of chalk fall on other pixels where a browser smooths them.
            assert np.abs(picture - frame)[inner].mean() < (0.42 if look.grain else 0.3) * ink + 0.3, (number, u)
            dark = [np.array(np.nonzero(np.abs(part[inner] - look.paper).max(axis=2) > 60)) for part in (picture, frame)]
            if min(part.shape[1] for part in dark) > 200:
                assert np.abs(dark[0].mean(axis=1) - dark[1].mean(axis=1)).max() < (4 if look.grain else 2.5), (number, u)
        begin += shot.seconds


@pytest.mark.browser
@pytest.mark.parametrize(
    ("kind", "story"), [("series", "simplify"), ("series", "grow"), ("series", "pingpong"), ("trajectory", "simplify")]
)
def test_a_loop_comes_round(playing: Any, kind: str, story: str) -> None:
    browser = playing("ink", story, kind)
    duration = browser.execute_script("return document.getAnimations()[0].effect.getComputedTiming().duration")
    assert duration == pytest.approx(1000 * score_of(kind, SERIES, Telling(story)).seconds, abs=1)
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
