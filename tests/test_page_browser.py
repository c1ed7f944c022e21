"""The page in a real browser, opened from its file: the slider, the keys, deep links, and that nothing is asked of any network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import SHOWN, asked, emulated, faults, touch, visit
from PIL import Image
from sample_run import FILMS, sample_run

from picasso_series.gallery import build_site, write_page

pytest.importorskip("selenium", reason="selenium is not installed; install the test extra")

from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

pytestmark = pytest.mark.browser

PATHS = """return [...document.querySelectorAll(".states path")].map(p => p.getAttribute("d").match(/-?[0-9.]+/g).map(Number).join(" "))"""

WATCH = """window.seen = [];
    const note = change => seen.push(change.target.getAttribute("d").match(/-?[0-9.]+/g).map(Number).join(" "));
    new MutationObserver(changes => changes.forEach(note))
        .observe(document.querySelector(".states"), {subtree: true, attributes: true, attributeFilter: ["d"]})"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page as a double click opens it."""
    run = sample_run(tmp_path_factory.mktemp("browser") / "a duck #1")
    return write_page(run, films=["films/series.gif"]).as_uri()


@pytest.fixture
def opened(browser: Any, page: str) -> Iterator[Any]:
    """The browser with the page just opened, and no complaint of the page's when the test is over."""
    visit(browser, page)
    yield browser
    assert browser.get_log("browser") == []


def slider(browser: Any) -> Any:
    return browser.find_element(By.CSS_SELECTOR, "#level")


def until_shown(browser: Any, *strokes: str) -> None:
    """Wait for the strokes to come to rest, with exactly these drawings on screen."""
    WebDriverWait(browser, 10).until(lambda b: b.execute_script(SHOWN) == list(strokes))


def test_only_the_first_state_is_shown(opened: Any) -> None:
    assert opened.execute_script(SHOWN) == ["8 strokes"]
    assert slider(opened).is_displayed()
    assert opened.find_element(By.CSS_SELECTOR, "#copy").is_displayed()


def test_keys_on_the_slider_change_the_drawing(opened: Any) -> None:
    before = opened.execute_script(PATHS)
    for key, strokes in (
        (Keys.ARROW_RIGHT, "4 strokes"),
        (Keys.END, "2 strokes"),
        (Keys.ARROW_LEFT, "4 strokes"),
        (Keys.HOME, "8 strokes"),
    ):
        slider(opened).send_keys(key)
        assert slider(opened).get_attribute("aria-valuetext") == strokes
        until_shown(opened, strokes)
        assert opened.execute_script("return location.hash") == f"#strokes={strokes.split()[0]}"
    # The end of a movement may show before its strokes are put back.
    WebDriverWait(opened, 10).until(lambda b: b.execute_script(PATHS) == before)


def test_arrow_keys_work_without_a_click(opened: Any) -> None:
    opened.find_element(By.TAG_NAME, "body").send_keys(Keys.ARROW_LEFT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    until_shown(opened, "2 strokes")


def test_strokes_move_on_their_way(opened: Any) -> None:
    before = opened.execute_script(PATHS)
    opened.execute_script(WATCH)
    slider(opened).send_keys(Keys.ARROW_RIGHT)
    until_shown(opened, "4 strokes")
    assert set(opened.execute_script("return seen")) - set(before), "positions between the states"
    assert opened.execute_script(PATHS) == before


def test_who_wants_no_motion_gets_none(browser: Any, page: str) -> None:
    with emulated(browser, prefers_reduced_motion="reduce"):
        visit(browser, page)
        slider(browser).send_keys(Keys.END)
        assert browser.execute_script(SHOWN) == ["2 strokes"]


@pytest.mark.parametrize(("share", "strokes"), [(0.0, "8 strokes"), (0.45, "4 strokes"), (1.0, "2 strokes")])
def test_a_finger_moves_the_knob(browser: Any, page: str, share: float, strokes: str) -> None:
    with emulated(browser, width=390):
        visit(browser, page)
        box = slider(browser).rect
        top = browser.execute_script("return scrollY")
        begin, end = (box["x"] + 12 + part * (box["width"] - 24) for part in (0, share))
        touch(browser, (begin, box["y"] - top + box["height"] / 2), (end, box["y"] - top + box["height"] / 2))
        until_shown(browser, strokes)
        assert slider(browser).get_attribute("aria-valuetext") == strokes


def test_a_finger_on_the_drawing_moves_it_on_and_back(browser: Any, page: str) -> None:
    with emulated(browser, width=390):
        visit(browser, page)
        touch(browser, (330, 300), (130, 300))
        until_shown(browser, "4 strokes")
        assert browser.execute_script("return location.hash") == "#strokes=4"
        touch(browser, (100, 300), (300, 305))
        until_shown(browser, "8 strokes")
        touch(browser, (200, 600), (205, 300))
        assert browser.execute_script("return scrollY") > 100, "a finger that goes up scrolls"
        assert browser.execute_script(SHOWN) == ["8 strokes"]


def test_a_press_that_moves_nothing_leaves_the_knob_free(opened: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    knob = slider(opened)
    ActionChains(opened).move_to_element_with_offset(knob, 12 - knob.rect["width"] // 2, 0).click().perform()
    opened.find_elements(By.CSS_SELECTOR, ".ticks a")[2].click()
    until_shown(opened, "2 strokes")
    WebDriverWait(opened, 10).until(lambda b: slider(b).get_attribute("value") == "2")


def test_a_mouse_drags_the_drawing_and_lets_go_outside(opened: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    sheet = opened.find_element(By.CSS_SELECTOR, ".states")
    ActionChains(opened).move_to_element(sheet).click_and_hold().move_by_offset(-300, 0).release().perform()
    until_shown(opened, "4 strokes")
    ActionChains(opened).move_by_offset(250, 20).perform()
    assert opened.execute_script(SHOWN) == ["4 strokes"]


def test_strokes_stand_between_the_states_while_the_knob_is_held(opened: Any) -> None:
    before = opened.execute_script(PATHS)
    opened.execute_script("const s = document.querySelector('#level'); s.value = 0.3; s.dispatchEvent(new Event('input'))")
    assert opened.execute_script(SHOWN) == ["8 strokes"]
    held = opened.execute_script(PATHS)
    assert held != before
    opened.execute_script("document.querySelector('#level').dispatchEvent(new Event('change'))")
    until_shown(opened, "4 strokes")
    slider(opened).send_keys(Keys.HOME)
    WebDriverWait(opened, 10).until(lambda b: b.execute_script(PATHS) == before)


def test_ticks_and_space_drive_it_too(opened: Any) -> None:
    opened.find_elements(By.CSS_SELECTOR, ".ticks a")[2].click()
    until_shown(opened, "2 strokes")
    play = opened.find_element(By.CSS_SELECTOR, "#play")
    assert play.text == "Play"
    slider(opened).send_keys(Keys.SPACE)
    assert play.text == "Pause"
    until_shown(opened, "8 strokes")
    slider(opened).send_keys(Keys.SPACE)
    assert play.text == "Play"


def test_one_level_is_shown_without_a_slider(browser: Any, tmp_path: Path) -> None:
    with emulated(browser, width=390):
        visit(browser, write_page(sample_run(tmp_path / "run", levels=(4,)), films=[]).as_uri())
        touch(browser, (330, 300), (130, 300))
        browser.find_element(By.TAG_NAME, "body").send_keys(Keys.ARROW_RIGHT, Keys.SPACE)
        assert browser.execute_script(SHOWN) == ["4 strokes"]
        assert browser.get_log("browser") == []


def test_a_deep_link_opens_its_state(opened: Any, page: str) -> None:
    opened.get("about:blank")
    opened.get(page + "#strokes=2")
    assert opened.execute_script(SHOWN) == ["2 strokes"]
    assert slider(opened).get_attribute("value") == "2"
    opened.execute_script("location.hash = 'strokes=4'")
    until_shown(opened, "4 strokes")
    opened.get("about:blank")
    opened.get(page + "#strokes=77")
    assert opened.execute_script(SHOWN) == ["8 strokes"]


def test_nothing_is_asked_of_a_network(opened: Any) -> None:
    slider(opened).send_keys(Keys.END)
    until_shown(opened, "2 strokes")
    opened.execute_script("window.scrollTo(0, document.body.scrollHeight)")
    addresses = asked(opened)
    assert any(url.endswith("index.html") for url in addresses)
    assert not [url for url in addresses if not url.startswith(("file:", "data:", "about:"))]
    broken = "return [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
    assert opened.execute_script(broken) == []


def test_without_javascript_all_drawings_are_there(browser: Any, page: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get("about:blank")
        browser.get(page)
        assert browser.execute_script(SHOWN) == ["8 strokes", "4 strokes", "2 strokes"]
        assert not slider(browser).is_displayed()
        assert not browser.find_element(By.CSS_SELECTOR, "#copy").is_displayed()
        assert browser.execute_script("return document.body.className") == ""
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("width", [360, 768, 1600])
def test_the_page_never_scrolls_sideways(browser: Any, page: str, tmp_path: Path, width: int) -> None:
    index = build_site([sample_run(tmp_path / "run", title="Donaudampfschifffahrtsgesellschaftskapitän")], tmp_path / "site")
    with emulated(browser, width=width):
        for address in (page, *(path.as_uri() for path in index)):
            browser.get(address)
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width, address


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ink_stands_out_from_paper(browser: Any, page: str, tmp_path: Path, scheme: str) -> None:
    shot = tmp_path / "shot.png"
    with emulated(browser, prefers_color_scheme=scheme):
        browser.get(page)
        assert browser.find_element(By.CSS_SELECTOR, ".states").screenshot(str(shot))
    with Image.open(shot) as picture:
        gray = picture.convert("L")
    darkest, lightest = gray.getextrema()
    assert lightest - darkest > 150
    assert (gray.getpixel((3, 3)) > 128) == (scheme == "light")


@pytest.mark.parametrize(("scheme", "width"), [("light", 0), ("dark", 390)])
def test_axe_finds_nothing(browser: Any, tmp_path: Path, scheme: str, width: int) -> None:
    runs = [sample_run(tmp_path / name, name) for name in ("duck", "goose")]
    addresses = [path.as_uri() for path in build_site(runs, tmp_path / "site", credit="Photos: somebody")]
    addresses += [write_page(runs[0], films=FILMS).as_uri(), write_page(runs[1], films=["films/series.gif"]).as_uri()]
    with emulated(browser, width=width, prefers_color_scheme=scheme):
        for address in addresses:
            visit(browser, address)
            assert faults(browser) == [], address
            assert browser.get_log("browser") == []
