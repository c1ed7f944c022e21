"""Reads a page as a browser would, and checks what holds for every page that we write."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
URLS = {"href", "src", "poster", "srcset", "action", "data", "formaction", "xlink:href", "data-moving"}


class Page(HTMLParser):
    """A page's elements as (tag, attributes) and its text; complains about elements that are closed wrongly."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.folder = path.parent
        self.html = path.read_text(encoding="utf-8")
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(self.html)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("script", "style"):
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def urls(self) -> list[str]:
        return [value for _, attributes in self.elements for name, value in attributes.items() if name in URLS]

    def local_files(self) -> list[Path]:
        """The files that the page links to."""
        parts = [urlsplit(url) for url in self.urls()]
        return [self.folder / unquote(part.path) for part in parts if part.path and part.scheme != "data"]


def check_page(page: Page) -> None:
    """What holds for every page that we write."""
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert max(ids.values(), default=1) == 1, ids.most_common(3)
    missing = [path for path in page.local_files() if not path.is_file()]
    assert not missing
    for url in page.urls():
        assert urlsplit(url).scheme in ("", "data")
        assert not url.startswith("//")
    for url in page.urls():
        if url.startswith("#"):
            assert unquote(url[1:]) in ids
    for image in page.all("img"):
        assert image["alt"].strip()
        assert int(image["width"]) > 0
        assert int(image["height"]) > 0
    for drawing in page.all("svg"):
        assert drawing["role"] == "img"
        assert drawing["aria-label"].strip()
    assert "@import" not in page.html
    assert "url(" not in page.html
    assert "fetch(" not in page.html
    assert len(page.html.encode()) < 150_000


def site_files(site: Path) -> dict[str, bytes]:
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}
