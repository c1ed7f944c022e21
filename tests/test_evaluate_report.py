"""The report of judging: means that are means, the same facts in every form, and the command."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import draw_pear
from fake_core import install
from PIL import Image
from sample_judging import MODEL, run_of
from sample_text import clip_file

from picasso_series.cli.app import run
from picasso_series.encoders.importing import import_file
from picasso_series.evaluate import Report, evaluate_runs
from picasso_series.evaluate.plot import HEIGHT, WIDTH, plot_svg, write_png
from picasso_series.evaluate.report import MEASURES, Entry
from picasso_series.evaluate.verdicts import Found, Named

LABELS = ("cat", "disk", "face", "square")
Caught = pytest.CaptureFixture[str]


def entry(run: str, strokes: int | None, right: bool, rank: int, ink: float = 0.1) -> Entry:
    named = Named("CLIP a", ("cat", "dog"), 0.5, right, True, False, right)
    kind = "photo" if strokes is None else "sketch"
    return Entry(run, "cat", kind, strokes, {"ink": ink}, (named,), (Found("CLIP a", rank, 4), Found("lines", 1, 4)))


MADE = Report(
    (
        entry("one", None, True, 1),
        entry("one", 8, True, 1, 0.2),
        entry("one", 2, False, 4),
        entry("two", None, True, 1),
        entry("two", 8, False, 2, 0.4),
        entry("two", 3, False, 3),
    ),
    ("cat", "dog"),
    ("CLIP a",),
    ("CLIP a", "lines"),
    {},
    (),
)


@pytest.fixture(scope="module")
def plain() -> Report:
    """Two runs judged without any weights."""
    return evaluate_runs([run_of("face"), run_of("disk")], LABELS)


@pytest.fixture
def judged(tmp_path: Path) -> Report:
    """Two runs judged by a model that sees nothing of meaning."""
    import_file(clip_file(tmp_path / "model.safetensors"), MODEL)
    return evaluate_runs([run_of("face"), run_of("disk")], LABELS, models=[MODEL])


def test_levels_hold_the_means_most_strokes_first() -> None:
    levels = MADE.levels
    assert [(level.title, level.pictures) for level in levels] == [("photo", 2), ("8 strokes", 2), ("3 strokes", 1), ("2 strokes", 1)]
    many = levels[1]
    assert many.named["CLIP a"] == {"of": 2, "top1": 0.5, "top3": 1, "top1_or_none": 0, "top3_or_none": 0.5}
    assert many.found == {"CLIP a": {"top1": 0.5, "top3": 1}, "lines": {"top1": 1, "top3": 1}}
    assert many.measures == {"ink": pytest.approx(0.3)}


def test_without_weights_all_that_needs_none_is_there(plain: Report) -> None:
    assert (plain.namers, plain.labels) == ((), ())
    assert "fetch" in plain.notes[0]
    for level in plain.levels:
        assert not level.named
        assert level.found.keys() == {"structure", "lines"}
        assert level.measures.keys() == {"photo": set(), "xdog": set(MEASURES) - {"loss"}, "sketch": set(MEASURES)}[level.kind]
    photo, _, *sketches = plain.levels
    assert photo.found["lines"]["top1"] == 1
    assert [level.strokes for level in sketches] == [8, 4]


def test_a_single_photo_cannot_be_found_among_others() -> None:
    report = evaluate_runs([run_of("face")], LABELS)
    assert report.finders == ()
    assert not any(entry.found for entry in report.entries)
    assert any("two photos" in note for note in report.notes)


def test_json_and_csv_tell_the_same(judged: Report) -> None:
    record = json.loads(json.dumps(judged.to_json(), allow_nan=False))
    rows = list(csv.DictReader(io.StringIO(judged.to_csv())))
    assert len(rows) == len(record["pictures"]) == 8
    judge = f"CLIP {MODEL}"
    for row, picture in zip(rows, record["pictures"], strict=True):
        assert (row["run"], row["kind"], row["strokes"]) == (picture["run"], picture["kind"], str(picture["strokes"] or ""))
        named = picture["named"][0]
        assert (row[f"{judge} names top1"], row[f"{judge} names guess"]) == (str(int(named["top1"])), named["guesses"][0])
        assert float(row[f"{judge} names probability"]) == pytest.approx(named["probability"], rel=1e-4)
        ranks = {found["judge"]: str(found["rank"]) for found in picture["found"]}
        assert {name: row[f"{name} finds rank"] for name in ranks} == ranks
    drew = {"structure": ["face-series", "disk-series"]}
    assert record["judges"] == {"naming": [judge], "finding": [judge, "structure", "lines"], "drew": drew}


def test_tables_have_a_cell_for_every_head_and_none_without_content(judged: Report, plain: Report) -> None:
    for report in (judged, plain, MADE):
        for table in report.tables():
            assert {len(row) for row in table.rows} == {1 + len(table.heads)}
            assert all(any(row[column] for row in table.rows) for column in range(1 + len(table.heads)))
            assert {row[0] for row in table.rows} <= {level.title for level in report.levels}
    assert [table.title.split()[0] for table in judged.tables()] == ["Named", "Own", "Measures"]
    assert [table.title.split()[0] for table in plain.tables()] == ["Own", "Measures"]
    named, *_ = MADE.tables()
    assert named.rows[1] == ("8 strokes", "2", "50%", "100%", "0%", "50%")


def test_the_plot_shows_every_share_where_it_belongs() -> None:
    root = ElementTree.fromstring(plot_svg(MADE))
    assert (root.get("width"), root.get("height")) == (f"{WIDTH:g}", f"{HEIGHT:g}")
    dots = [(float(dot.get("cx", "")), float(dot.get("cy", ""))) for dot in root.iter("{http://www.w3.org/2000/svg}circle")]
    # Two ways of naming and two finders, at 8, 3 and 2 strokes.
    assert len(dots) == 12
    assert len({round(x, 1) for x, _ in dots}) == 3
    named = dots[:3]
    assert named[0][0] < named[1][0] < named[2][0]
    assert named[0][1] == pytest.approx((dots[9][1] + named[2][1]) / 2)
    assert named[1][1] == named[2][1]


def test_a_report_without_shares_is_plotted_too(tmp_path: Path) -> None:
    report = evaluate_runs([run_of("face")], LABELS)
    ElementTree.fromstring(plot_svg(report))
    write_png(report, tmp_path / "plot.png")
    with Image.open(tmp_path / "plot.png") as picture:
        assert picture.size == (round(2 * WIDTH), round(2 * HEIGHT))


def test_svg_and_png_look_alike(plain: Report, tmp_path: Path) -> None:
    cairosvg = pytest.importorskip("cairosvg")
    import numpy as np

    write_png(plain, tmp_path / "mine.png")
    cairosvg.svg2png(plot_svg(plain).encode(), write_to=str(tmp_path / "svg.png"), scale=2)
    one, other = (np.asarray(Image.open(tmp_path / name).convert("L"), float) for name in ("mine.png", "svg.png"))
    assert one.shape == other.shape
    assert np.abs(one - other).mean() < 1


# The command


@pytest.fixture(scope="module")
def drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of two photos, not to be changed."""
    place = tmp_path_factory.mktemp("once")
    draw_pear(place / "pear.png")
    with Image.open(place / "pear.png") as picture:
        picture.rotate(90, expand=True).save(place / "cup.png")
    with pytest.MonkeyPatch.context() as patch:
        install(patch)
        for name in ("pear", "cup"):
            flags = ["--levels", "6,3", "--iterations", "3", "--size", "64x64", "--formats", "svg", "-q"]
            assert run([str(place / f"{name}.png"), *flags, "-o", str(place / f"{name}-series")]) == 0
    return place


@pytest.fixture
def pears(workplace: Path, drawn_once: Path) -> Path:
    """Copies of them in the current folder."""
    for name in ("pear-series", "cup-series"):
        shutil.copytree(drawn_once / name, workplace / name)
    return workplace


def test_the_command_tells_and_writes_everything(pears: Path, capsys: Caught) -> None:
    assert run(["evaluate", "pear-series", "cup-series", "-o", "report"]) == 0
    caught = capsys.readouterr()
    assert re.search(r"6 strokes +2 ", caught.out)
    assert "weights fetch ViT-B-32" in caught.err
    names = [f"evaluation.{ending}" for ending in ("csv", "json", "png", "svg")]
    assert sorted(path.name for path in (pears / "report").iterdir()) == names
    assert run(["evaluate", "pear-series", "cup-series", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["files"] == []
    stored = json.loads((pears / "report/evaluation.json").read_text(encoding="utf-8"))
    assert {**told, "files": None} == {**stored, "files": None}


def test_models_and_labels_are_taken_by_name(pears: Path, capsys: Caught) -> None:
    import_file(clip_file(pears / "model.safetensors"), MODEL)
    args = ["evaluate", "pear-series", "cup-series=Mug", "--labels", "pear,mug,dog", "--clip", MODEL, "--json", "-q"]
    assert run(args) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["labels"] == ["pear", "mug", "dog"]
    assert {picture["run"]: picture["label"] for picture in told["pictures"]} == {"pear-series": "pear", "cup-series": "mug"}
    assert all(len(picture["named"]) == 1 for picture in told["pictures"])


@pytest.mark.parametrize(
    ("args", "code", "word"),
    [
        (["pear-series", "--clip", "RN50"], 4, "weights fetch RN50"),
        (["pear-series", "--clip", "nobody"], 2, "nobody"),
        (["pear-series=owl", "--labels", "cat,dog"], 2, "owl"),
        (["pear-series", "--labels", "cat"], 2, "labels"),
        (["elsewhere"], 1, "elsewhere"),
        ([], 2, "RUN"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(pears: Path, args: list[str], code: int, word: str, capsys: Caught) -> None:
    capsys.readouterr()
    assert run(["evaluate", *args]) == code
    caught = capsys.readouterr()
    assert word in caught.err
    assert "Traceback" not in caught.err
    assert caught.out == ""


def test_a_run_without_a_level_is_refused(pears: Path, capsys: Caught) -> None:
    path = Path("pear-series/series.json")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**manifest, "status": "drawing", "levels": []}), encoding="utf-8")
    shutil.rmtree("pear-series/6")
    assert run(["evaluate", "pear-series"]) == 2
    assert "run its command again" in capsys.readouterr().err
