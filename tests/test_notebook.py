"""``series.show()``: the slider in a notebook's output, where the page of a frame has no address and no rights of its own."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from browser import SHOWN, asked, faults, visit
from sample_series import sample_series

from picasso_series.errors import BadInputError
from picasso_series.levels import Series

SERIES = sample_series()


class Frames(HTMLParser):
    """The attributes of all frames of a text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag == "iframe", "nothing else gets into the notebook"
        self.found.append(dict(attrs))


def test_a_notebook_gets_one_frame_and_nothing_of_the_page_leaks_out() -> None:
    (frame,) = Frames(SERIES.show('<Duck> & "co"')._repr_html_()).found
    assert frame["title"] == '<Duck> & "co"'
    assert frame["sandbox"] == "allow-scripts"
    assert frame["srcdoc"] == SERIES.show('<Duck> & "co"').page
    assert "&lt;Duck&gt; &amp; &#34;co&#34;, drawn with 8 strokes" in SERIES.show('<Duck> & "co"').page


def test_the_series_itself_is_shown_too() -> None:
    assert SERIES._repr_html_() == SERIES.show()._repr_html_()


def test_a_series_without_a_level_cannot_be_shown() -> None:
    with pytest.raises(BadInputError, match="no level"):
        Series(SERIES.subject, ()).show()


def test_showing_imports_neither_torch_nor_ipython() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests'); from sample_series import sample_series; sample_series().show()._repr_html_(); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'IPython')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1], check=False, timeout=120).returncode == 0


@pytest.mark.browser
def test_the_slider_works_inside_its_frame(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait

    html = f'<!DOCTYPE html><html lang="en"><title>notebook</title><main><h1>Cell</h1>{SERIES.show("Duck")._repr_html_()}</main></html>'
    (tmp_path / "notebook.html").write_text(html, encoding="utf-8")
    visit(browser, (tmp_path / "notebook.html").as_uri())
    browser.switch_to.frame(browser.find_element(By.TAG_NAME, "iframe"))
    slider = browser.find_element(By.CSS_SELECTOR, "#level")
    assert browser.execute_script(SHOWN) == ["8 strokes"]
    for key, strokes in ((Keys.ARROW_RIGHT, "4 strokes"), (Keys.END, "2 strokes"), (Keys.HOME, "8 strokes")):
        slider.send_keys(key)
        WebDriverWait(browser, 20).until(lambda b, strokes=strokes: b.execute_script(SHOWN) == [strokes])
    browser.find_elements(By.CSS_SELECTOR, ".ticks a")[1].click()
    WebDriverWait(browser, 20).until(lambda b: b.execute_script(SHOWN) == ["4 strokes"])
    assert browser.execute_script("return document.documentElement.scrollHeight <= innerHeight"), "all of it fits into the frame"
    assert faults(browser) == []
    browser.switch_to.default_content()
    assert browser.get_log("browser") == []
    assert not [url for url in asked(browser) if not url.startswith(("file:", "data:", "about:"))]
