"""Films on the page in a real browser: they play while they are in sight, and stop for good when their viewer stops them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browser import emulated, visit
from sample_run import sample_run

from picasso_series.gallery import write_page

pytest.importorskip("selenium", reason="selenium is not installed; install the test extra")

from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

pytestmark = pytest.mark.browser

PLAYING = "return [...document.querySelectorAll('video')].filter(v => !v.paused && v.currentTime > 0).map(v => v.getAttribute('src'))"
MIDDLE = "arguments[0].scrollIntoView({block: 'center'})"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The addresses of a page with two videos and of one with a moving picture."""
    place = tmp_path_factory.mktemp("films")
    films = (["films/series.mp4", "films/trajectory.mp4"], ["films/series.gif"])
    return [write_page(sample_run(place / str(number)), films=list(names)).as_uri() for number, names in enumerate(films)]


@pytest.fixture
def opened(browser: Any, pages: list[str]) -> Iterator[Any]:
    """The page with videos in a window that holds little of it."""
    with emulated(browser, width=390):
        visit(browser, pages[0])
        yield browser
        assert browser.get_log("browser") == []


def until(browser: Any, script: str, value: Any) -> None:
    WebDriverWait(browser, 20).until(lambda b: b.execute_script(script) == value)


def video(browser: Any, name: str) -> Any:
    return browser.find_element(By.CSS_SELECTOR, f"video[src$={name!r}]")


def test_films_play_in_sight_and_rest_out_of_sight(opened: Any) -> None:
    assert opened.execute_script(PLAYING) == []
    opened.execute_script(MIDDLE, video(opened, "series.mp4"))
    until(opened, PLAYING, ["films/series.mp4"])
    assert opened.execute_script("return document.querySelector('video').muted")
    opened.execute_script("scrollTo(0, document.body.scrollHeight)")
    until(opened, PLAYING, [])


def test_who_stops_a_film_has_it_stopped(opened: Any) -> None:
    film = video(opened, "series.mp4")
    opened.execute_script(MIDDLE, film)
    until(opened, PLAYING, ["films/series.mp4"])
    opened.execute_script("arguments[0].pause()", film)
    until(opened, PLAYING, [])
    opened.execute_script("scrollTo(0, 0)")
    opened.execute_script("return new Promise(r => setTimeout(r, 300))")
    opened.execute_script(MIDDLE, film)
    opened.execute_script("return new Promise(r => setTimeout(r, 500))")
    assert opened.execute_script(PLAYING) == []
    opened.execute_script("arguments[0].play()", film)
    until(opened, PLAYING, ["films/series.mp4"])


def test_no_film_plays_for_those_who_want_no_motion(browser: Any, pages: list[str]) -> None:
    with emulated(browser, width=390, prefers_reduced_motion="reduce"):
        for page in pages:
            visit(browser, page)
            for film in browser.find_elements(By.CSS_SELECTOR, "video, [data-moving]"):
                browser.execute_script(MIDDLE, film)
                browser.execute_script("return new Promise(r => setTimeout(r, 400))")
            assert browser.execute_script(PLAYING) == []
            moving = "return [...document.querySelectorAll('[data-moving]')].filter(i => i.src.endsWith(i.dataset.moving)).length"
            assert browser.execute_script(moving) == 0
        button = browser.find_element(By.CSS_SELECTOR, ".films button")
        button.click()
        until(browser, moving, 1)


def test_a_moving_picture_can_be_stopped(browser: Any, pages: list[str]) -> None:
    with emulated(browser, width=390):
        visit(browser, pages[1])
        picture = browser.find_element(By.CSS_SELECTOR, "[data-moving]")
        button = browser.find_element(By.CSS_SELECTOR, ".films button")
        browser.execute_script(MIDDLE, picture)
        until(browser, "return document.querySelector('.films button').textContent", "Pause")
        assert picture.get_attribute("src").endswith("films/series.gif")
        button.click()
        assert button.text == "Play"
        assert picture.get_attribute("src").startswith("data:image/webp")
        browser.execute_script("scrollTo(0, 0)")
        browser.execute_script("return new Promise(r => setTimeout(r, 300))")
        browser.execute_script(MIDDLE, picture)
        browser.execute_script("return new Promise(r => setTimeout(r, 300))")
        assert button.text == "Play"
