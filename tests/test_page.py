"""The page of a run, read as a file: links, words, sizes, what is shown and when."""

from __future__ import annotations

import base64
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cairosvg
import numpy as np
import pytest
from page_reader import Page, check_page
from PIL import Image
from sample_run import FILMS, moving_gif, moving_mp4, sample_run, tiny_mp4
from sample_series import sample_series

from picasso_series.errors import BadInputError, PicassoError
from picasso_series.film import write_film
from picasso_series.gallery import write_page
from picasso_series.gallery.posters import poster
from picasso_series.gallery.render import inlined


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(write_page(sample_run(tmp_path / "duck-series"), films=FILMS))


def test_the_page_stands_alone(page: Page) -> None:
    check_page(page)
    scripts = page.all("script")
    assert scripts == [{}], "one classic inline script"
    # Strokes that move under the finger, drags, keys and films that play in sight; a page is still smaller than one picture of it.
    assert len((inlined("slider.js") + inlined("page.js")).encode()) < 6500


def test_every_state_is_drawn_with_its_strokes(page: Page) -> None:
    labels = [svg["aria-label"] for svg in page.all("svg")]
    assert labels == ["Duck, drawn with 8 strokes", "Duck, drawn with 4 strokes", "Duck, drawn with 2 strokes"]
    assert len(page.all("path")) == 8 + 4 + 2
    assert [figure["id"] for figure in page.all("figure") if "id" in figure] == ["strokes=8", "strokes=4", "strokes=2"]
    for words in ("I / III", "II / III", "III / III", "Of the 8 strokes before, 2 go on, 2 take in 2 neighbors and 2 leave."):
        assert words in page.text


def test_strokes_know_their_way_to_the_next_state(page: Page) -> None:
    strokes = page.all("path")
    first, last = strokes[:8], strokes[12:]
    assert {path["data-s"] for path in first if "data-to" not in path} == {"7", "8"}, "those that leave"
    assert not [path for path in last if "data-to" in path]
    curves = {path["data-s"]: [float(value) for value in re.findall(r"-?[\d.]+", path["d"])] for path in strokes[8:12]}
    for path in first:
        ways = np.array(path.get("data-to", "").split(), float).reshape(-1, 8)
        if path["data-s"] in ("5", "6"):
            there, goal = ways[-1].reshape(4, 2), np.array(curves[path["data-s"]]).reshape(4, 2)
            assert min(np.abs(there - goal).max(), np.abs(there[::-1] - goal).max()) < 0.1, "what is kept ends as its next self"


def test_films_have_size_and_poster_and_wait_to_be_started(page: Page) -> None:
    films = {video["src"]: video for video in page.all("video")}
    assert list(films) == ["films/series.mp4", "films/trajectory.mp4"]
    for video in films.values():
        assert {"muted", "loop", "playsinline", "controls"} <= set(video)
        assert "autoplay" not in video
        assert video["preload"] == "none"
        poster = Image.open(io.BytesIO(base64.b64decode(video["poster"].removeprefix("data:image/webp;base64,"))))
        assert poster.width / poster.height == pytest.approx(int(video["width"]) / int(video["height"]), abs=0.01)
    assert (films["films/series.mp4"]["width"], films["films/series.mp4"]["height"]) == ("108", "192")
    assert (films["films/trajectory.mp4"]["width"], films["films/trajectory.mp4"]["height"]) == ("64", "48")


@pytest.mark.parametrize("name", ["films/series.gif", "films/series.svg"])
def test_a_moving_picture_without_its_film_waits_as_a_still(tmp_path: Path, name: str) -> None:
    run = sample_run(tmp_path / "run")
    write_film(run.series, run.folder / "films/series.svg")
    page = Page(write_page(run, films=[name]))
    check_page(page)
    assert not page.all("video")
    (picture,) = [image for image in page.all("img") if "data-moving" in image]
    assert picture["data-moving"] == name
    assert picture["src"].startswith("data:image/webp" if name.endswith("gif") else "data:image/svg+xml")
    assert name in [link["href"] for link in page.all("a") if "download" not in link]


def test_a_poster_is_a_drawing_that_is_done(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(moving_mp4(64, 48))
    moving_gif(tmp_path / "film.gif", (64, 96))

    def lightness(name: str, *, first: bool) -> float:
        picture = Image.open(io.BytesIO(base64.b64decode(poster(tmp_path / name, first=first).partition(",")[2])))
        return float(np.asarray(picture.convert("L")).mean())

    assert lightness("film.mp4", first=True) > 250
    assert lightness("film.gif", first=True) > 200


def test_the_poster_of_a_vector_film_is_its_first_drawing_and_nothing_else(tmp_path: Path) -> None:
    film = write_film(sample_series(), tmp_path / "series.svg")
    text = base64.b64decode(poster(film).partition(",")[2]).decode()
    assert len(text) < 0.5 * film.stat().st_size
    assert text.count("pathLength") == 8
    assert not re.search(r"keyframes|animation|opacity=\"0\"|<image", text)
    still, whole = (cairosvg.svg2png(bytestring=source, output_width=200) for source in (text.encode(), film.read_bytes()))
    difference = np.asarray(Image.open(io.BytesIO(still)), int) - np.asarray(Image.open(io.BytesIO(whole)), int)
    assert np.abs(difference).max() <= 2


def test_a_film_without_a_frame_is_refused(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(tiny_mp4(64, 48))
    with pytest.raises(BadInputError, match="holds no frame"):
        poster(tmp_path / "film.mp4")


def test_only_the_films_that_are_named_are_shown(tmp_path: Path) -> None:
    run = sample_run(tmp_path / "run")
    (run.folder / "films/holiday.mp4").write_bytes(moving_mp4(64, 64))
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
    (run.folder / odd).write_bytes(moving_mp4(64, 64))
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
