"""What the study of warm starts says of numbers that are known: sums, tables, plots, sheets, its folder and its command."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from picasso_series.cli.app import run
from picasso_series.errors import BadInputError, UsageError
from picasso_series.studies.warm_start import contest
from picasso_series.studies.warm_start.__main__ import warm_start
from picasso_series.studies.warm_start.arms import ARMS, COLD_CONTOUR, CONTRASTS, SHIPPED, WARM_CONTOUR
from picasso_series.studies.warm_start.plot import plot_svg, ticks
from picasso_series.studies.warm_start.report import to_csv, to_markdown, to_record
from picasso_series.studies.warm_start.results import Draw, Entry, StudyFolder, photo_names
from picasso_series.studies.warm_start.sheet import sheet_svg
from picasso_series.studies.warm_start.summary import interval, summarize

SVG = "{http://www.w3.org/2000/svg}"


def entry(arm: str, strokes: int, loss: float) -> Entry:
    points = np.random.default_rng(strokes).random((strokes, 4, 2)).astype(np.float32)
    drift = None if strokes == 4 else 1.5
    return Entry(arm, strokes, 70, 90.5, 2.0, {"lines": loss - 0.01, "encoder": 0.01, "total": loss}, "warm", drift, points)


def made(photos: int, seeds: int) -> list[Draw]:
    """Draws of levels 4 and 2 in which the warm arm is 0.1 better than the others at 2 strokes, but for the last photo, 0.1 worse."""
    draws = []
    for photo in range(photos):
        for seed in range(1, seeds + 1):
            base = 0.2 + 0.05 * photo + 0.01 * (seed - 2)
            gain = -0.1 if photo < photos - 1 else 0.1
            entries = [entry(arm.name, 4, base) for arm in ARMS if arm.shipped or not arm.warm]
            entries += [entry(arm.name, 2, base + (gain if arm == WARM_CONTOUR else 0.0)) for arm in ARMS]
            draws.append(Draw(f"photo{photo}", f"sha{photo}", seed, tuple(entries)))
    return draws


# Sums


def test_means_and_spreads_are_what_they_are() -> None:
    summary = summarize(made(photos=3, seeds=3))
    assert (summary.levels, summary.seeds, len(summary.photos)) == ((4, 2), (1, 2, 3), 3)
    cold = summary.cell(COLD_CONTOUR, 2)
    assert cold is not None
    assert cold.photos == pytest.approx((0.2, 0.25, 0.3))
    assert (cold.mean, cold.over_photos, cold.over_seeds) == pytest.approx((0.25, 0.05, 0.01))
    assert summary.cell(WARM_CONTOUR, 4) is None
    assert [difference.strokes for difference in summary.differences] == [2] * len(CONTRASTS)
    (warm,) = (difference for difference in summary.differences if difference.contrast.arm == WARM_CONTOUR)
    assert (warm.better, warm.photos) == (2, 3)
    assert (warm.mean, warm.relative) == pytest.approx((-0.1 / 3, -0.1 / 3 / 0.25))
    assert warm.low is not None
    assert warm.high is not None
    assert (warm.low, warm.high) == pytest.approx((-0.1, 0.1))


def test_one_photo_and_one_seed_have_no_spread() -> None:
    summary = summarize(made(photos=1, seeds=1))
    assert {(cell.over_photos, cell.over_seeds) for cell in summary.cells} == {(None, None)}
    assert {(difference.low, difference.high) for difference in summary.differences} == {(None, None)}
    json.dumps(to_record(summary), allow_nan=False)
    assert "nan" not in to_markdown(summary) + plot_svg(summary)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=20))
def test_an_interval_holds_the_mean_and_stays_within_the_values(values: list[float]) -> None:
    low, high = interval(np.array(values))
    assert min(values) - 1e-9 <= low <= np.mean(values) + 1e-9
    assert np.mean(values) - 1e-9 <= high <= max(values) + 1e-9
    assert (low, high) == interval(np.array(values))


def test_the_interval_of_many_values_is_that_of_the_normal_distribution() -> None:
    values = np.random.default_rng(8).normal(3, 1, 400)
    error = values.std(ddof=1) / 20
    assert interval(values) == pytest.approx((values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=0.1 * error)


# Tables


def test_tables_show_every_arm_and_question() -> None:
    text = to_markdown(summarize(made(photos=3, seeds=3)))
    for arm in ARMS:
        assert text.count(f"| {arm.title} ") == 2
    for contrast in CONTRASTS:
        assert text.count(f"| {contrast.question} ") == 1
    assert "0.2500 ± 0.0500 (± 0.0100)" in text
    assert "-0.0333 [-0.1000, +0.1000], -13.3 %, 2 of 3" in text
    for table in text.split("\n\n"):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_csv_and_json_can_be_read_back() -> None:
    draws = made(photos=2, seeds=1)
    rows = list(csv.DictReader(io.StringIO(to_csv(draws))))
    assert len(rows) == sum(len(draw.entries) for draw in draws)
    assert {(row["photo"], row["arm"], row["strokes"]): float(row["total"]) for row in rows} == {
        (draw.photo, one.arm, str(one.strokes)): pytest.approx(one.losses["total"]) for draw in draws for one in draw.entries
    }
    record = json.loads(json.dumps(to_record(summarize(draws)), allow_nan=False))
    assert {cell["arm"] for cell in record["cells"]} == {arm.name for arm in ARMS}


# Pictures


@given(st.floats(-10, 10), st.floats(1e-4, 10))
def test_ticks_are_round_few_and_even(low: float, span: float) -> None:
    found = ticks(low, low + span)
    assert 1 <= len(found) <= 5
    assert all(low - 1e-6 <= tick <= low + span + 1e-6 for tick in found)
    steps = np.diff(found)
    assert np.allclose(steps, steps[:1], rtol=1e-6)
    if len(found) > 1:
        assert min(abs(steps[0] / 10.0 ** np.floor(np.log10(steps[0] * (1 + 1e-9))) - k) for k in (1, 2, 5)) < 1e-6


def test_the_plot_has_a_dot_for_every_photo_of_every_cell_and_difference() -> None:
    summary = summarize(made(photos=3, seeds=2))
    root = ElementTree.fromstring(plot_svg(summary))
    assert len(list(root.iter(f"{SVG}circle"))) == 3 * (len(summary.cells) + len(summary.differences))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for dot in root.iter(f"{SVG}circle"):
        assert 0 < float(dot.attrib["cx"]) < width
        assert 0 < float(dot.attrib["cy"]) < height


def test_a_sheet_shows_every_drawing() -> None:
    draws = made(photos=2, seeds=1)
    root = ElementTree.fromstring(sheet_svg(draws, [b"png", b"png"], 2))
    curves = [path.attrib["d"] for path in root.iter(f"{SVG}path")]
    assert len(curves) == 2 * len(ARMS)
    assert {curve.count("C") for curve in curves} == {2}
    assert len(list(root.iter(f"{SVG}image"))) == 2


# The folder


def test_draws_are_kept_and_found_again(tmp_path: Path) -> None:
    (draw,) = made(photos=1, seeds=1)
    folder = StudyFolder(tmp_path / "study", {"settings": {"levels": (4, 2)}})
    assert folder.load("photo0", "sha0", 1) is None
    folder.save(draw)
    again = StudyFolder(tmp_path / "study", {"settings": {"levels": (4, 2)}}).load("photo0", "sha0", 1)
    assert again is not None
    for one, other in zip(draw.entries, again.entries, strict=True):
        assert {**vars(one), "points": 0} == {**vars(other), "points": 0}
        np.testing.assert_allclose(one.points, other.points, atol=1e-6)
    assert folder.load("photo0", "the same name, another photo", 1) is None
    with pytest.raises(UsageError, match="another folder"):
        StudyFolder(tmp_path / "study", {"settings": {"levels": (8, 2)}})
    next((tmp_path / "study" / "draws").iterdir()).write_text("{}")
    with pytest.raises(BadInputError, match="delete it"):
        folder.load("photo0", "sha0", 1)


def test_two_photos_of_one_name_are_refused() -> None:
    assert photo_names([Path("a/cup.jpg"), Path("b/mug.jpg")]) == ["cup", "mug"]
    with pytest.raises(UsageError, match="cup"):
        photo_names([Path("a/cup.jpg"), Path("b/cup.png")])


# The command


def test_the_command_reports_goes_on_and_minds_its_folder(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [str(photo), "-o", "study", "--levels", "3,2", "--iterations", "2", "--seeds", "1"]
    first = CliRunner().invoke(warm_start, asked, catch_exceptions=False)
    assert (first.exit_code, "1 of 1 done" in first.stderr) == (0, True)
    names = {"study.json", "table.md", "results.csv", "results.json", "plot.svg", "drawings-3.svg", "drawings-2.svg", "draws", "photos"}
    assert {path.name for path in Path("study").iterdir()} == names
    assert Path("study/table.md").read_text().rstrip() == first.stdout.rstrip()
    assert SHIPPED.title in first.stdout

    def refuse(*_: object) -> None:
        raise AssertionError("what is drawn is not drawn again")

    monkeypatch.setattr(contest.Contest, "run", refuse)
    again = CliRunner().invoke(warm_start, [*asked, "--json", "-q"], catch_exceptions=False)
    assert json.loads(again.stdout) == json.loads(Path("study/results.json").read_text())
    assert run([*asked, "--levels", "3,1"], command=warm_start, program="study") == 2
    assert run([*asked, "--levels", "auto"], command=warm_start, program="study") == 2
