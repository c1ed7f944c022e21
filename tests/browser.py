"""A headless Chromium for the tests of pages, and what they ask of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1200,900",
)  # fmt: skip

SHOWN = """return [...document.querySelectorAll(".states .drawing")]
    .filter(e => getComputedStyle(e).visibility === "visible" && e.getBoundingClientRect().width > 50)
    .map(e => e.getAttribute("aria-label").match(/with (.*)/)[1])"""
"""Which drawings are on screen."""


def started(profile: Path) -> Iterator[Any]:
    """A browser of our own, until the tests that need it are over."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed; install the test extra")
    if not (CHROMIUM and DRIVER):
        pytest.skip("no Chromium with its driver; apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    yield driver
    driver.quit()


def visit(browser: Any, address: str) -> None:
    """Open an address anew, with nothing in the logs before it."""
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(address)


def asked(browser: Any) -> list[str]:
    """All addresses that have been asked for since the visit."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]


@contextmanager
def emulated(browser: Any, *, width: int = 0, **features: str) -> Iterator[None]:
    """A phone of so many pixels across, where ``width`` is given, and media features by name: ``prefers_color_scheme="dark"``."""
    media = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
    if width:
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 1})
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})


def touch(browser: Any, begin: tuple[float, float], end: tuple[float, float], steps: int = 8) -> None:
    """Put a finger down, move it evenly, and lift it."""
    points = [(begin[0] + (end[0] - begin[0]) * i / steps, begin[1] + (end[1] - begin[1]) * i / steps) for i in range(steps + 1)]
    for kind, (x, y) in [("touchStart", points[0]), *(("touchMove", point) for point in points[1:])]:
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def faults(browser: Any) -> list[str]:
    """What axe-core finds wrong with the page on screen, each fault with the elements that have it."""
    axe = pytest.importorskip("axe_core_python", reason="axe-core-python is not installed; install the test extra")
    browser.execute_script((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    browser.set_script_timeout(60)
    found = browser.execute_async_script("axe.run(document).then(r => arguments[0](r.violations))")
    return [f"{fault['id']}: {fault['help']} {[node['html'][:90] for node in fault['nodes']]}" for fault in found]
