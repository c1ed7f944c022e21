"""``picasso-series plate``: prints and plots of a run, their names, the manifest and the page that shows them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import draw_pear
from PIL import Image

from picasso_series.atomic import file_sha256
from picasso_series.cli.app import run
from picasso_series.gallery.words import print_words
from picasso_series.look import Look
from picasso_series.prints import Order
from picasso_series.run import open_run, read_manifest

Caught = pytest.CaptureFixture[str]


@pytest.fixture
def drawn(workplace: Path, drawn_once: Path) -> Path:
    """A finished run of a pear in 6 and 3 strokes, ``run`` in the current folder."""
    shutil.copytree(drawn_once, "run")
    return workplace / "run"


def prints(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("prints/*"))


def check_records(folder: Path) -> None:
    """The manifest tells the truth of every print and of the page."""
    records = {record["path"]: record for record in read_manifest(folder)["files"]}
    assert {name for name in records if name.startswith("prints/")} == {f"prints/{name}" for name in prints(folder)}
    for name in [*(name for name in records if name.startswith("prints/")), "index.html"]:
        assert records[name]["sha256"] == file_sha256(folder / name)
    assert open_run(folder).finished


def test_a_plate_is_made_as_svg_pdf_and_png_of_300_dpi(drawn: Path, capsys: Caught) -> None:
    assert run(["plate", "run"]) == 0
    assert capsys.readouterr().out.split() == [f"run/prints/plate-a4.{kind}" for kind in ("svg", "pdf", "png")]
    assert prints(drawn) == ["plate-a4.pdf", "plate-a4.png", "plate-a4.svg"]
    with Image.open(drawn / "prints/plate-a4.png") as picture:
        assert sorted(picture.size) == [2480, 3508]
    check_records(drawn)
    page = (drawn / "index.html").read_text(encoding="utf-8")
    assert 'href="prints/plate-a4.pdf" download="pear-plate-a4.pdf"' in page
    assert "Plate A4, PDF" in page


def test_names_tell_what_is_not_as_usual(drawn: Path) -> None:
    assert run(["plate", "run", "--paper", "A6", "--style", "chalk", "--levels", "3", "--formats", "svg", "-q"]) == 0
    assert run(["plate", "run", "--plotter", "-q"]) == 0
    assert run(["plate", "run", "--plotter", "--layers", "pens", "--levels", "3", "--paper", "300x200", "-q"]) == 0
    assert prints(drawn) == ["plate-a6-chalk-3.svg", "plotter-300x200-3.svg", "plotter-a5.svg"]
    check_records(drawn)
    assert "Pear" in (drawn / "prints/plotter-a5.svg").read_text(encoding="utf-8")


def test_the_look_is_the_styles_with_what_was_changed(drawn: Path) -> None:
    def printed(*flags: str) -> str:
        assert run(["plate", "run", "--formats", "svg", "-q", *flags]) == 0
        return (drawn / "prints/plate-a4.svg").read_text(encoding="utf-8")

    plain, styled = printed(), printed("--style", "ink")
    assert 'fill="#ffffff"' in plain, "bare paper"
    assert 'fill="#ffffff"' not in styled
    changed = printed("--ink", "navy", "--ground", "ivory", "--width", "2", "--no-count")
    assert 'stroke="#000080" stroke-width="2"' in changed
    assert 'fill="#fffff0"' in changed
    assert changed.count("<path") == plain.count("<path") - 1 - 2 * 2, "no numerals, counts or words below the photo"


def test_printing_again_replaces_and_drawing_anew_removes(drawn: Path, fake_core: None) -> None:
    assert run(["plate", "run", "--formats", "svg", "--title", "One", "-q"]) == 0
    first = (drawn / "prints/plate-a4.svg").read_text(encoding="utf-8")
    assert run(["plate", "run", "--formats", "svg", "--title", "Two", "--caption", "of a pear", "-q"]) == 0
    assert (drawn / "prints/plate-a4.svg").read_text(encoding="utf-8") != first
    check_records(drawn)
    (drawn / "prints/mine.svg").write_text("mine", encoding="utf-8")
    line = ["--levels", "5,2", "--iterations", "3", "--size", "64x64", "--formats", "svg", "-q", "-o", "run", "--force"]
    assert run([str(draw_pear(drawn.parent / "pear.png")), *line]) == 0
    assert prints(drawn) == ["mine.svg"]


def test_a_gallery_shows_prints_too(drawn: Path) -> None:
    assert run(["plate", "run", "--formats", "pdf", "-q"]) == 0
    assert run(["plate", "run", "--plotter", "-q"]) == 0
    (drawn / "prints/private.svg").write_text("<svg viewBox='0 0 1 1'/>", encoding="utf-8")
    assert run(["gallery", "run", "-o", "site", "-q"]) == 0
    assert sorted(path.name for path in Path("site/pear/prints").iterdir()) == ["plate-a4.pdf", "plotter-a5.svg"]
    assert 'href="prints/plotter-a5.svg"' in Path("site/pear/index.html").read_text(encoding="utf-8")


def test_the_same_order_gives_the_same_files(drawn: Path) -> None:
    made = []
    for _ in range(2):
        assert run(["plate", "run", "--dpi", "60", "-q"]) == 0
        made.append({name: (drawn / "prints" / name).read_bytes() for name in prints(drawn)})
    assert made[0] == made[1]


def test_json_tells_the_files(drawn: Path, capsys: Caught) -> None:
    assert run(["plate", "run", "--formats", "svg", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"runs": [{"folder": "run", "files": ["prints/plate-a4.svg"]}]}


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (["--paper", "a9"], 2, "paper takes"),
        (["--formats", "gif"], 2, "formats takes"),
        (["--dpi", "5000"], 2, "dpi takes"),
        (["--paper", "a3", "--dpi", "1200"], 2, "take fewer dpi"),
        (["--levels", "5"], 2, "choose among 6,3"),
        (["--levels", "x"], 2, "whole numbers"),
        (["--levels", "auto"], 2, "numbers of strokes that the run has"),
        (["--ink", "blurple"], 2, "ink takes a color"),
        (["--width", "99"], 2, "width takes"),
        (["--plotter", "--no-count"], 2, "--count has no place with --plotter"),
        (["--style", "crayon"], 2, "no style 'crayon'"),
        (["--plotter", "--layers", "colors"], 2, "levels or pens"),
        (["--plotter", "--style", "chalk"], 2, "no place with --plotter"),
        (["--layers", "pens"], 2, "goes with --plotter"),
    ],
)
def test_nonsense_is_one_sentence_and_leaves_the_run_alone(drawn: Path, capsys: Caught, flags: list[str], code: int, words: str) -> None:
    before = {path: path.read_bytes() for path in drawn.rglob("*") if path.is_file()}
    assert run(["plate", "run", *flags]) == code
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert {path: path.read_bytes() for path in drawn.rglob("*") if path.is_file() and path.name != ".lock"} == before


def test_one_bad_run_among_several_is_told(drawn: Path, capsys: Caught) -> None:
    assert run(["plate", "run", "nowhere", "--formats", "svg"]) == 3
    assert prints(drawn) == ["plate-a4.svg"]
    assert "nowhere is no run folder" in capsys.readouterr().err
    assert run(["plate", "nowhere"]) == 1
    assert run(["plate", "nowhere", "neither"]) == 1


def test_a_png_need_not_be_possible_when_none_is_asked_for() -> None:
    assert Order(Look(), "a3", ("pdf",), 1200).paper == "a3"


@pytest.mark.parametrize(
    ("stem", "words"),
    [("plate-a4", "Plate A4"), ("plotter-a6-8-4", "Plotter A6, 8, 4"), ("plate-letter-chalk", "Plate letter, chalk"), ("plate", "Plate")],
)
def test_prints_are_named_in_words(stem: str, words: str) -> None:
    assert print_words(stem) == words
