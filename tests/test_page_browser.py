"""The page in a real browser, opened from its file: the slider, the keys, deep links, and that nothing is asked of any network."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sample_run import sample_run

from picasso_series.gallery import build_site, write_page

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed; install the test extra")

from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no Chromium with its driver; apt-get install chromium chromium-driver"),
]

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1200,900",
)  # fmt: skip
SHOWN = """return [...document.querySelectorAll(".states .drawing")]
    .filter(e => getComputedStyle(e).visibility === "visible" && e.getBoundingClientRect().width > 50)
    .map(e => e.getAttribute("aria-label").match(/with (.*)/)[1])"""
PATHS = """return [...document.querySelectorAll(".states path")].map(p => p.getAttribute("d").match(/-?[0-9.]+/g).map(Number).join(" "))"""

WATCH = """window.seen = [];
    const note = change => seen.push(change.target.getAttribute("d").match(/-?[0-9.]+/g).map(Number).join(" "));
    new MutationObserver(changes => changes.forEach(note))
        .observe(document.querySelector(".states"), {subtree: true, attributes: true, attributeFilter: ["d"]})"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page as a double click opens it."""
    run = sample_run(tmp_path_factory.mktemp("browser") / "a duck #1")
    return write_page(run, films=["films/series.gif"]).as_uri()


@pytest.fixture
def opened(browser: Any, page: str) -> Iterator[Any]:
    """The browser with the page just opened, and no complaint of the page's when the test is over."""
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(page)
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
    still = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", still)
    try:
        browser.get("about:blank")
        browser.get(page)
        slider(browser).send_keys(Keys.END)
        assert browser.execute_script(SHOWN) == ["2 strokes"]
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


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
    events = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert any(url.endswith("index.html") for url in asked)
    assert not [url for url in asked if not url.startswith(("file:", "data:", "about:"))]
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
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        for address in (page, *(path.as_uri() for path in index)):
            browser.get(address)
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width, address
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ink_stands_out_from_paper(browser: Any, page: str, tmp_path: Path, scheme: str) -> None:
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    try:
        browser.get(page)
        shot = tmp_path / "shot.png"
        assert browser.find_element(By.CSS_SELECTOR, ".states").screenshot(str(shot))
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    with Image.open(shot) as picture:
        gray = picture.convert("L")
    darkest, lightest = gray.getextrema()
    assert lightest - darkest > 150
    assert (gray.getpixel((3, 3)) > 128) == (scheme == "light")
