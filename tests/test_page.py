"""The page of a run and the gallery, read as files: links, words, sizes, what is shown and what is kept private."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sample_run import FILMS, file_records, sample_run, tiny_mp4

from picasso_series.errors import BadInputError, PicassoError, UsageError
from picasso_series.gallery import build_site, write_page
from picasso_series.gallery.media import pixel_size
from picasso_series.gallery.privacy import without_private_paths
from picasso_series.gallery.render import inlined
from picasso_series.gallery.words import counted, duration, fates, file_size, listed, slug
from picasso_series.levels import Lineage
from picasso_series.lock import folder_lock

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
URLS = {"href", "src", "poster", "srcset", "action", "data", "formaction", "xlink:href"}


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


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(write_page(sample_run(tmp_path / "duck-series"), films=FILMS))


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


def test_the_page_stands_alone(page: Page) -> None:
    check_page(page)
    scripts = page.all("script")
    assert scripts == [{}], "one classic inline script"
    assert len(inlined("page.js").encode()) < 3000


def test_every_state_is_drawn_with_its_strokes(page: Page) -> None:
    labels = [svg["aria-label"] for svg in page.all("svg")]
    assert labels == ["Duck, drawn with 8 strokes", "Duck, drawn with 4 strokes", "Duck, drawn with 2 strokes"]
    assert len(page.all("path")) == 8 + 4 + 2
    assert [figure["id"] for figure in page.all("figure") if "id" in figure] == ["strokes=8", "strokes=4", "strokes=2"]
    for words in ("I / III", "II / III", "III / III", "Of the 8 strokes before, 2 go on, 2 take in 2 neighbors and 2 leave."):
        assert words in page.text


def test_absorbed_strokes_name_their_survivor(page: Page) -> None:
    absorbed = {(path["data-s"], path["data-j"]) for path in page.all("path") if "data-j" in path}
    assert absorbed == {("4", "1"), ("3", "2"), ("5", "2")}


def test_films_have_size_and_poster_and_wait_to_be_started(page: Page) -> None:
    films = {video["src"]: video for video in page.all("video")}
    assert list(films) == ["films/series.mp4", "films/trajectory.mp4"]
    for video in films.values():
        assert {"muted", "loop", "playsinline", "controls"} <= set(video)
        assert "autoplay" not in video
        assert video["preload"] == "none"
    assert (films["films/series.mp4"]["width"], films["films/series.mp4"]["height"]) == ("1080", "1920")
    assert (films["films/trajectory.mp4"]["width"], films["films/trajectory.mp4"]["height"]) == ("640", "480")
    assert films["films/series.mp4"]["poster"] == "photo.png"
    assert films["films/trajectory.mp4"]["poster"] == "8/sketch.png"


def test_a_gif_without_its_film_is_shown_still_to_who_wants_no_motion(tmp_path: Path) -> None:
    page = Page(write_page(sample_run(tmp_path / "run"), films=["films/series.gif"]))
    check_page(page)
    assert not page.all("video")
    assert page.all("source") == [{"media": "(prefers-reduced-motion: reduce)", "srcset": "photo.png"}]
    assert "films/series.gif" in [image["src"] for image in page.all("img")]


def test_only_the_films_that_are_named_are_shown(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run")
    (run.folder / "films/holiday.mp4").write_bytes(tiny_mp4(64, 64))
    page = Page(write_page(run, films=FILMS))
    check_page(page)
    assert {url for url in page.urls() if url.startswith("films/")} == set(FILMS)


def test_downloads_have_names_and_sizes(page: Page) -> None:
    downloads = {link["href"]: link["download"] for link in page.all("a") if "download" in link}
    assert downloads["8/sketch.svg"] == "duck-8.svg"
    assert downloads["films/series.gif"] == "duck-series.gif"
    assert set(downloads) >= {"photo.png", "plate.svg", "2/trajectory.npz", "series.json"}
    assert "2 kB" in page.text


def test_how_it_was_made_is_told_as_recorded(page: Page) -> None:
    for words in ("structure", "CLIP's weights are not there", "alpha", "fine", "4.5 s", "2024-05-06", "picasso-series 9.8.7"):
        assert words in page.text
    assert "picasso-series duck.jpg --levels 8,4,2 --seed 3" in page.text


def test_a_bare_manifest_makes_a_page(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run")
    for name in ("plate.png", "plate.svg", "photo.png", "mask.png"):
        (run.folder / name).unlink()
    shutil.rmtree(run.folder / "films")
    page = Page(write_page(type(run)(run.folder, {}, run.series, run.title), films=[]))
    check_page(page)
    assert "None" not in page.text
    assert not page.all("video")
    assert len(page.all("svg")) == 3


def test_one_level_needs_no_slider(tmp_path: Path) -> None:
    page = Page(write_page(sample_run(tmp_path / "run", levels=(4,)), films=[]))
    check_page(page)
    assert not page.all("input")
    assert "A series in one state" in page.text


def test_markup_in_names_is_harmless(tmp_path: Path) -> None:
    evil = '<script>alert(1)</script> & "q" \'</title>'
    run = sample_run(
        tmp_path / "run",
        title=evil,
        command="picasso-series '<b>x</b>.jpg' </code><script>",
        photo={"name": "<img src=x onerror=y>.jpg", "width": 1, "height": 1},
        choices={"<i>": {"value": "<u>", "reason": "</dd>"}},
        settings={"<s>": {"value": "</td>", "from": "<th>"}},
    )
    page = Page(write_page(run, films=FILMS))
    check_page(page)
    assert page.all("script") == [{}]
    assert evil in page.text
    assert not [attributes for _, attributes in page.elements if any(name.startswith("on") for name in attributes)]
    assert not page.all("u")
    assert not page.all("s")


def test_file_names_are_quoted(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "a run, 100% #1 für <you>")
    odd = 'films/a b#c%20?"ü.mp4'
    (run.folder / odd).write_bytes(tiny_mp4(16, 16))
    page = Page(write_page(run, films=[odd]))
    check_page(page)
    assert page.all("video")[0]["src"] == "films/a%20b%23c%2520%3F%22%C3%BC.mp4"


def test_a_missing_or_broken_film_is_refused_and_the_page_stays(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run")
    before = write_page(run, films=FILMS).read_bytes()
    with pytest.raises(BadInputError, match="picasso-series film"):
        write_page(run, films=["films/none.mp4"])
    (run.folder / "films/series.mp4").write_bytes(tiny_mp4(64, 64)[:70])
    with pytest.raises(BadInputError, match=r"series\.mp4"):
        write_page(run, films=["films/series.mp4"])
    assert (run.folder / "index.html").read_bytes() == before
    assert not list(run.folder.glob(".*"))


def test_a_page_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run")
    (run.folder / "index.html").mkdir()
    with pytest.raises(PicassoError, match=r"index\.html could not be written"):
        write_page(run, films=FILMS)
    assert not list(run.folder.glob(".*"))


def test_the_same_run_gives_the_same_page(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run")
    assert write_page(run, films=FILMS).read_bytes() == write_page(run, films=FILMS).read_bytes()


def test_showing_needs_no_torch() -> None:
    code = "import sys, picasso_series.gallery; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# The gallery.


def test_a_gallery_holds_pages_and_files_and_stands_alone(tmp_path: Path) -> None:
    runs = [sample_run(tmp_path / "a", "Duck"), sample_run(tmp_path / "b", "duck"), sample_run(tmp_path / "c", "Ente & Ø", levels=(4,))]
    pages = build_site(runs, tmp_path / "site")
    assert [path.relative_to(tmp_path / "site").as_posix() for path in pages] == [
        "index.html", "duck/index.html", "duck-2/index.html", "ente/index.html",
    ]  # fmt: skip
    for path in pages:
        check_page(Page(path))
    index = Page(pages[0])
    assert [svg["aria-label"] for svg in index.all("svg")] == [
        "Duck, drawn with 2 strokes", "Duck, drawn with 8 strokes", "Duck, drawn with 2 strokes", "Duck, drawn with 8 strokes",
        "Ente & Ø, drawn with 4 strokes",
    ]  # fmt: skip
    assert "Three subjects" in index.text
    rels = [{link.get("rel"): link["href"] for link in Page(path).all("link") if link["rel"] in ("prev", "next")} for path in pages[1:]]
    assert rels == [
        {"next": "../duck-2/index.html"}, {"prev": "../duck/index.html", "next": "../ente/index.html"}, {"prev": "../duck-2/index.html"},
    ]  # fmt: skip


def test_a_gallery_leaves_the_runs_as_they_were(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run")
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    build_site([run], tmp_path / "site")
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before


def test_a_gallery_tells_no_private_path(tmp_path: Path) -> None:
    run = sample_run(
        tmp_path / "run",
        command="/opt/secret/bin/picasso-series /home/secret/duck.jpg --mask=~/secret/mask.png -o ../secret/out --encoder clip:ViT-B/32",
        settings={"mask": {"value": "C:\\Users\\secret\\mask.png", "from": "file /etc/secret/p.toml"}},
        choices={"encoder": {"value": "clip", "reason": "weights in /home/secret/.cache/RN101.pt and ~secret/x are cached"}},
    )
    build_site([run], tmp_path / "site")
    shown = {path: path.read_text(encoding="utf-8") for path in (tmp_path / "site").rglob("*") if path.suffix in (".html", ".json")}
    assert len(shown) == 4
    assert not [path for path, text in shown.items() if "secret" in text]
    public = json.loads((tmp_path / "site/duck/series.json").read_text(encoding="utf-8"))
    assert public["command"] == "picasso-series duck.jpg --mask=mask.png -o out --encoder clip:ViT-B/32"
    assert public["choices"]["encoder"]["reason"] == "weights in RN101.pt and x are cached"
    assert [file["path"] for file in public["files"]] == ["photo.png", *FILMS, "plate.svg", "plate.png"], "only what the site holds"
    assert [file["path"] for file in public["levels"][0]["files"]] == ["8/sketch.svg", "8/sketch.png"]


def site_files(site: Path) -> dict[str, bytes]:
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def test_a_gallery_publishes_only_what_the_run_recorded(tmp_path: Path) -> None:
    clean, run = sample_run(tmp_path / "clean"), sample_run(tmp_path / "run")
    build_site([clean], tmp_path / "site")
    (run.folder / "films/holiday.mp4").write_bytes(tiny_mp4(64, 64))
    (run.folder / "films/bank.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>secret</svg>", encoding="utf-8")
    (run.folder / "notes.txt").write_text("secret", encoding="utf-8")
    build_site([run], tmp_path / "other")
    assert site_files(tmp_path / "other") == site_files(tmp_path / "site")


def test_what_a_run_did_not_record_is_not_published_under_a_runs_names(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run", files=file_records("photo.png", "mask.png"))
    build_site([run], tmp_path / "site")
    assert {name for name in site_files(tmp_path / "site") if name.startswith(("duck/plate", "duck/films"))} == set()
    check_page(Page(tmp_path / "site/duck/index.html"))


@pytest.mark.parametrize("name", ["plate.svg", "plate.png", "photo.png", "8/sketch.svg", "films/series.mp4"])
@pytest.mark.parametrize("inside", [False, True])
def test_a_link_is_never_published(tmp_path: Path, name: str, inside: bool) -> None:
    run = sample_run(tmp_path / "run")
    secret = (run.folder if inside else tmp_path) / "secret.txt"
    secret.write_text("<svg viewBox='0 0 9 9'>secret</svg>", encoding="utf-8")
    (run.folder / name).unlink()
    (run.folder / name).symlink_to(secret)
    with pytest.raises(BadInputError, match="is a link"):
        build_site([run], tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_folder_of_films_that_is_a_link_is_never_published(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run")
    (run.folder / "films").rename(tmp_path / "elsewhere")
    (run.folder / "films").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadInputError, match="is a link"):
        build_site([run], tmp_path / "site")


def test_a_run_may_be_given_by_a_link(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run")
    (tmp_path / "link").symlink_to(run.folder)
    build_site([replace(run, folder=tmp_path / "link")], tmp_path / "site")
    check_page(Page(tmp_path / "site/duck/index.html"))


def test_the_gallerys_pages_use_the_public_command(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run", command="picasso-series /home/secret/duck.jpg")
    build_site([run], tmp_path / "site")
    assert "picasso-series duck.jpg" in Page(tmp_path / "site/duck/index.html").text


def test_rebuilding_removes_its_own_files_and_no_others(tmp_path: Path) -> None:
    site = tmp_path / "site"
    duck, goose = sample_run(tmp_path / "a", "duck"), sample_run(tmp_path / "b", "goose")
    build_site([duck, goose], site)
    (site / "CNAME").write_text("example", encoding="utf-8")
    (site / "duck/notes.txt").write_text("mine", encoding="utf-8")
    build_site([goose], site)
    assert sorted(path.name for path in site.iterdir()) == ["CNAME", "duck", "gallery.json", "goose", "index.html"]
    assert [path.name for path in (site / "duck").iterdir()] == ["notes.txt"]
    check_page(Page(site / "index.html"))


def test_rebuilding_gives_the_same_bytes(tmp_path: Path) -> None:
    site, run = tmp_path / "site", sample_run(tmp_path / "run")

    def built() -> dict[str, bytes]:
        build_site([run], site)
        return site_files(site)

    assert built() == built()


def test_a_broken_run_leaves_the_site_as_it_was(tmp_path: Path) -> None:
    site, duck, goose = tmp_path / "site", sample_run(tmp_path / "a", "duck"), sample_run(tmp_path / "b", "goose")
    broken = goose.folder / "films/series.mp4"
    whole = broken.read_bytes()
    broken.write_bytes(whole[:60])
    with pytest.raises(BadInputError, match="b/films/series.mp4 cannot be shown"):
        build_site([duck, goose], site)
    assert not site.exists()
    build_site([duck], site)
    before = site_files(site)
    with pytest.raises(BadInputError, match="cannot be shown"):
        build_site([goose], site)
    assert site_files(site) == before
    broken.write_bytes(whole)
    assert len(build_site([duck, goose], site)) == 3


def test_a_full_disk_leaves_the_old_site_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    duck, goose = sample_run(tmp_path / "a", "duck"), sample_run(tmp_path / "b", "goose")
    old, new = tmp_path / "old", tmp_path / "new"
    build_site([goose], old)
    before = site_files(old)
    copied: list[Path] = []

    def fill_up(source: Path, target: Path) -> None:
        copied.append(target)
        if len(copied) % 15 == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        Path(target).write_bytes(Path(source).read_bytes())

    with monkeypatch.context() as patch:
        patch.setattr("picasso_series.gallery.files.shutil.copyfile", fill_up)
        for site in (old, new):
            with pytest.raises(PicassoError, match="No space left"):
                build_site([duck, goose], site)
    assert len(copied) == 30
    assert site_files(old) == before
    assert sorted(path.name for path in old.iterdir()) == ["gallery.json", "goose", "index.html"]
    assert not new.exists()


def test_a_build_that_was_killed_can_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, site, whole = sample_run(tmp_path / "run"), tmp_path / "site", tmp_path / "whole"
    build_site([run], whole)
    moves = len(site_files(whole)) - 1
    assert moves > 10
    from picasso_series.gallery.files import move_file

    for last in (0, 1, moves // 2, moves - 1):
        count = iter(range(moves))

        def stop(source: Path, path: Path, last: int = last, count: Iterator[int] = count) -> None:
            if next(count) == last:
                raise KeyboardInterrupt
            move_file(source, path)

        with monkeypatch.context() as patch:
            patch.setattr("picasso_series.gallery.site.move_file", stop)
            with pytest.raises(KeyboardInterrupt):
                build_site([run], site)
        assert len(site_files(site)) == 1 + last
        build_site([run], site)
        assert site_files(site) == site_files(whole)
        shutil.rmtree(site)


def test_what_a_killed_build_left_is_no_obstacle(tmp_path: Path) -> None:
    run, site = sample_run(tmp_path / "run"), tmp_path / "site"
    (site / ".gallery.part/duck").mkdir(parents=True)
    (site / ".gallery.part/duck/half.png").write_bytes(b"half")
    (site / ".lock").touch()
    build_site([run], site)
    assert sorted(path.name for path in site.iterdir()) == ["duck", "gallery.json", "index.html"]


def test_obstacles_leave_the_site_as_it_was(tmp_path: Path) -> None:
    site, duck, goose = tmp_path / "site", sample_run(tmp_path / "a", "duck"), sample_run(tmp_path / "b", "goose")
    build_site([duck], site)
    (site / "goose").write_text("mine", encoding="utf-8")
    before = site_files(site)
    with pytest.raises(PicassoError, match="goose stands in the way"):
        build_site([goose], site)
    (site / "goose").unlink()
    (site / "goose/index.html").mkdir(parents=True)
    with pytest.raises(PicassoError, match=r"index\.html stands in the way"):
        build_site([goose], site)
    before.pop("goose")
    assert site_files(site) == before


def test_two_builds_do_not_meet_in_one_site(tmp_path: Path) -> None:
    run, site = sample_run(tmp_path / "run"), tmp_path / "site"
    build_site([run], site)
    with folder_lock(site), pytest.raises(BadInputError, match="another picasso-series is at work"):
        build_site([run], site)


def test_a_run_given_twice_appears_once(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run")
    assert len(build_site([run, run], tmp_path / "site")) == 2


def test_somebody_elses_folder_is_refused_untouched(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run")
    other = tmp_path / "other"
    other.mkdir()
    (other / "index.html").write_text("theirs", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        build_site([run], other)
    with pytest.raises(UsageError, match="not empty"):
        build_site([run], run.folder)
    with pytest.raises(UsageError, match="is a file"):
        build_site([run], other / "index.html")
    assert [path.name for path in other.iterdir()] == ["index.html"]
    assert (other / "index.html").read_text(encoding="utf-8") == "theirs"


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    assert len(build_site([sample_run(tmp_path / "run")], tmp_path / "site")) == 2


def test_no_runs_and_runs_inside_the_gallery_are_refused(tmp_path: Path) -> None:
    site = tmp_path / "site"
    with pytest.raises(UsageError, match="at least one"):
        build_site([], site)
    build_site([sample_run(tmp_path / "run")], site)
    with pytest.raises(UsageError, match="lies inside"):
        build_site([sample_run(site / "inner")], site)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"files": 3}', "\x00"])
def test_a_damaged_record_is_refused(tmp_path: Path, content: str) -> None:
    run, site = sample_run(tmp_path / "run"), tmp_path / "site"
    build_site([run], site)
    (site / "gallery.json").write_text(content, encoding="utf-8")
    with pytest.raises(BadInputError, match=r"gallery\.json cannot be read"):
        build_site([run], site)


def test_a_record_that_names_files_outside_removes_nothing(tmp_path: Path) -> None:
    run, site = sample_run(tmp_path / "run"), tmp_path / "site"
    build_site([run], site)
    victim = tmp_path / "precious.txt"
    victim.write_text("x", encoding="utf-8")
    (site / "gallery.json").write_text(json.dumps({"files": ["../precious.txt"]}), encoding="utf-8")
    with pytest.raises(BadInputError, match="outside"):
        build_site([run], site)
    assert victim.exists()


# Words, sizes, privacy.


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (listed(["32"]), "32"),
        (listed(["8", "4"]), "8 and 4"),
        (listed(["16", "8", "4"]), "16, 8 and 4"),
        (counted(1, "state", spelled=True), "one state"),
        (counted(13, "state", spelled=True), "13 states"),
        (counted(4, "stroke"), "4 strokes"),
        (file_size(1), "1 byte"),
        (file_size(999), "999 bytes"),
        (file_size(1000), "1 kB"),
        (file_size(999_499), "999 kB"),
        (file_size(999_500), "1.0 MB"),
        (file_size(2_449_000), "2.4 MB"),
        (duration(0), "0.0 s"),
        (duration(3.21), "3.2 s"),
        (duration(59.94), "59.9 s"),
        (duration(59.96), "1 min 0 s"),
        (duration(125), "2 min 5 s"),
        (fates(Lineage((1,), {2: (3,)}, (4,)), 4), "Of the 4 strokes before, 1 goes on, 1 takes in one neighbor and 1 leaves."),
        (fates(Lineage(), 4), ""),
    ],
)
def test_numbers_are_said_as_people_say_them(said: str, words: str) -> None:
    assert said == words


@given(st.text())
def test_slugs_are_plain_names(text: str) -> None:
    name = slug(text)
    assert name
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert name == slug(name)
    assert len(name) <= 60


def test_sizes_are_read_from_the_files(tmp_path: Path) -> None:
    import imageio_ffmpeg

    film = tmp_path / "film.mp4"
    source = ["-f", "lavfi", "-i", "color=white:size=128x72:duration=0.1:rate=10", "-f", "lavfi", "-i", "anullsrc", "-shortest"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, "-threads", "1", str(film)], check=True)
    assert pixel_size(film) == (128, 72)
    Image.new("RGB", (31, 17)).save(tmp_path / "a.webp")
    assert pixel_size(tmp_path / "a.webp") == (31, 17)
    (tmp_path / "a.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 448.4 224'></svg>", encoding="utf-8")
    assert pixel_size(tmp_path / "a.svg") == (448, 224)


@given(st.integers(0, 500), st.binary(max_size=40))
def test_a_damaged_film_is_bad_input_or_still_readable(cut: int, noise: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"
        film.write_bytes(tiny_mp4(64, 48)[:cut] + noise)
        with suppress(BadInputError):
            width, height = pixel_size(film)
            assert width > 0
            assert height > 0


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("/home/anna/x.pt", "x.pt"),
        ("weights in /home/anna maria/cache/x.pt are there", "weights in x.pt are there"),
        ("C:\\Users\\anna\\x.pt.", "x.pt."),
        ("see https://example.org/a/b and and/or 1/2", "see https://example.org/a/b and and/or 1/2"),
        ("mask=/srv/anna/m.png,", "mask=m.png,"),
        ("clip:ViT-B/32", "clip:ViT-B/32"),
        ("no path at all", "no path at all"),
        ("", ""),
    ],
)
def test_sentences_keep_their_words_and_lose_their_folders(said: str, told: str) -> None:
    assert without_private_paths({"reason": [said, 3, None, True]}) == {"reason": [told, 3, None, True]}


NAMES = st.text("abcXYZ019_-. ", min_size=1, max_size=8).filter(lambda name: name.strip(" .") == name)


@given(st.lists(NAMES, min_size=1, max_size=4), st.sampled_from(["/", "~/", "C:\\"]), st.sampled_from(["", "in ", '"', "--mask="]))
def test_no_folder_of_an_absolute_path_survives(folders: list[str], root: str, before: str) -> None:
    join = "\\" if root == "C:\\" else "/"
    text = before + root + join.join([*(f"Q{folder}" for folder in folders), "file.png"])
    assert "Q" not in without_private_paths(text)
    assert without_private_paths(text).endswith("file.png")


def test_a_manifest_is_not_changed_in_place() -> None:
    value: dict[str, Any] = {"a": {"b": ["/x/y"]}}
    assert without_private_paths(value) == {"a": {"b": ["y"]}}
    assert value == {"a": {"b": ["/x/y"]}}
