"""Files for plotters: what an independent reader (vpype) finds in them, and the order of the strokes."""

from __future__ import annotations

import re
from itertools import permutations, product
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_series import sample_series

from picasso_series.errors import UsageError
from picasso_series.paper import Box, best_grid, paper_names, parse_paper
from picasso_series.plate import all_states
from picasso_series.plotter import INKSCAPE_NAMESPACE, LAYERS, plotter_svg
from picasso_series.travel import plan_tour

SERIES = sample_series()
STATES = all_states(SERIES)
SVG = "{http://www.w3.org/2000/svg}"
ENDS = st.lists(st.tuples(*[st.floats(-100, 300, allow_nan=False)] * 4), min_size=1, max_size=12)
PX_PER_MM = 96 / 25.4


def travel_of(ends, start=(0.0, 0.0)) -> float:
    """The pen's way in the air when strokes (n, 2, 2) are drawn as they stand, step by step from ``start`` on."""
    here, way = np.asarray(start, float), 0.0
    for first, last in np.asarray(ends, float).reshape(-1, 2, 2):
        way += float(np.hypot(*(first - here)))
        here = last
    return way


def curves(svg: str) -> list[list[np.ndarray]]:
    """The control points of every path, by layer."""
    root = ElementTree.fromstring(svg)
    numbers = [[re.findall(r"-?[\d.]+", path.get("d", "")) for path in group] for group in root.findall(f"{SVG}g")]
    return [[np.array(values, float).reshape(4, 2) for values in layer] for layer in numbers]


@pytest.mark.parametrize("paper", [*paper_names(), "300x120"])
@pytest.mark.parametrize("layers", LAYERS)
def test_vpype_reads_the_sheet_its_layers_and_every_line(tmp_path: Path, paper: str, layers: str) -> None:
    vpype = pytest.importorskip("vpype", reason="vpype is not installed; install the test extra (it takes Python 3.11 to 3.13)")
    path = tmp_path / "plot.svg"
    path.write_text(plotter_svg(STATES, parse_paper(paper), "A <Duck>", layers), encoding="utf-8")
    document = vpype.read_multilayer_svg(str(path), quantization=0.1)
    width, height = (side / PX_PER_MM for side in document.page_size)
    assert any((width, height) == pytest.approx((sheet.width, sheet.height), abs=0.01) for sheet in parse_paper(paper))
    names = [document.layers[number].property("vp_name") for number in sorted(document.layers)]
    lines = [len(document.layers[number]) for number in sorted(document.layers)]
    # I is one line, II two, III three.
    expected = {"levels": (["8 strokes", "4 strokes", "2 strokes"], [8 + 1, 4 + 2, 2 + 3]), "pens": (["drawings", "numerals"], [14, 6])}
    assert [re.sub(r"^\d+ - ", "", name) for name in names] == expected[layers][0]
    assert [name.split()[0] for name in names] == [str(number) for number in sorted(document.layers)]
    assert lines == expected[layers][1]
    left, top, right, bottom = (side / PX_PER_MM for side in document.bounds())
    margin = 0.05 * min(width, height)
    assert margin < left < right < width - margin
    assert margin < top < bottom < height - margin


def test_vpype_measures_the_travel_that_was_planned(tmp_path: Path) -> None:
    vpype = pytest.importorskip("vpype", reason="vpype is not installed; install the test extra (it takes Python 3.11 to 3.13)")
    path = tmp_path / "plot.svg"
    text = plotter_svg(STATES[:1], parse_paper("a5"), "Duck")
    path.write_text(text, encoding="utf-8")
    (layer,) = vpype.read_multilayer_svg(str(path), quantization=0.1).layers.values()
    ends = np.array([curve[[0, 3]] for curve in curves(text)[0]])
    from_first = travel_of(ends, tuple(ends[0, 0]))
    assert layer.pen_up_length()[0] / PX_PER_MM == pytest.approx(from_first, rel=1e-3)


def test_a_plot_holds_every_stroke_once_and_enlarged_alike() -> None:
    layers = curves(plotter_svg(STATES, parse_paper("a4"), "Duck"))
    shapes = [[np.linalg.norm(np.diff(curve, axis=0), axis=1) for curve in layer] for layer in layers]
    scales = set()
    for level, layer in zip(SERIES.levels, shapes, strict=True):
        for stroke in level.sketch.strokes:
            legs = np.linalg.norm(np.diff(stroke.points.astype(float), axis=0), axis=1)
            ratios = [r for shape in layer for r in (shape / legs, shape[::-1] / legs) if np.ptp(r) < 0.02 * r.mean()]
            assert ratios, "one of the lines is the stroke, enlarged"
            scales.add(round(float(min(ratios, key=np.ptp).mean())))
    assert len(scales) == 1


def test_the_pen_travels_far_less_than_in_any_order() -> None:
    seed = 7
    print(f"seed {seed}")
    ends = np.random.default_rng(seed).uniform(0, 200, (64, 2, 2))
    assert plan_tour(ends).travel < 0.4 * travel_of(ends)


def test_layers_are_named_for_inkscape_and_titles_are_text() -> None:
    root = ElementTree.fromstring(plotter_svg(STATES, parse_paper("a6"), "<Duck> & 'sons'"))
    assert root.findtext(f"{SVG}title") == "<Duck> & 'sons'"
    for group in root.findall(f"{SVG}g"):
        assert group.get(f"{{{INKSCAPE_NAMESPACE}}}groupmode") == "layer"
    assert len({group.get("id") for group in root.findall(f"{SVG}g")}) == 3


def test_the_same_series_gives_the_same_file() -> None:
    assert plotter_svg(STATES, parse_paper("a5"), "d") == plotter_svg(STATES, parse_paper("a5"), "d")


def test_one_level_fills_the_sheet_and_keeps_its_number() -> None:
    alone = curves(plotter_svg(STATES[2:], parse_paper("a6"), "Duck"))
    assert [len(layer) for layer in alone] == [2 + 3]
    assert np.ptp(np.vstack(alone[0])[:, 0]) > 90


def test_nonsense_is_refused() -> None:
    with pytest.raises(UsageError, match="levels or pens"):
        plotter_svg(STATES, parse_paper("a5"), "d", "colors")
    with pytest.raises(ValueError, match="a level and a sheet"):
        plotter_svg([], parse_paper("a5"), "d")
    for text in ("a9", "", "30x", "10x300", "1x1", "99999x200", "-200x200"):
        with pytest.raises(UsageError, match="paper takes"):
            parse_paper(text)


def test_papers_are_those_of_the_shops() -> None:
    assert {(p.width, p.height) for p in parse_paper("A4")} == {(210, 297), (297, 210)}
    assert {p.short for p in parse_paper("letter")} == {215.9}
    (custom,) = parse_paper(" 300×200mm ")
    assert (custom.name, custom.width, custom.height) == ("300x200", 300, 200)


@given(st.integers(1, 30), st.floats(50, 500), st.floats(50, 500), st.floats(0.2, 2), st.floats(0.2, 2))
def test_cells_stand_in_their_box_and_apart(count: int, width: float, height: float, across: float, down: float) -> None:
    grid = best_grid(count, Box(10, 20, width, height), (across, down), gap=0.5, foot=0.4)
    assert len(grid.cells) == count
    size = np.array([across, down]) * grid.scale
    corners = np.array(grid.cells)
    assert (corners >= np.array([10, 20]) - 1e-6).all()
    assert (corners + size + (0, 0.4) <= np.array([10 + width, 20 + height]) + 1e-6).all()
    for i, corner in enumerate(corners):
        assert all((np.abs(corner - other) >= size + 0.4 - 1e-6).any() for other in corners[:i])


@given(ENDS)
def test_a_tour_draws_each_stroke_once_and_tells_its_travel(values: list[tuple[float, ...]]) -> None:
    ends = np.array(values).reshape(-1, 2, 2)
    tour = plan_tour(ends)
    assert sorted(tour.order.tolist()) == list(range(len(ends)))
    drawn = np.where(tour.turned[:, None, None], ends[tour.order][:, ::-1], ends[tour.order])
    assert tour.travel == pytest.approx(travel_of(drawn), abs=1e-6)


@given(ENDS)
def test_no_run_turned_round_shortens_a_tour(values: list[tuple[float, ...]]) -> None:
    ends = np.array(values).reshape(-1, 2, 2)
    tour = plan_tour(ends)
    drawn = np.where(tour.turned[:, None, None], ends[tour.order][:, ::-1], ends[tour.order])
    for i in range(len(drawn)):
        for j in range(i, len(drawn)):
            other = drawn.copy()
            other[i : j + 1] = drawn[i : j + 1][::-1, ::-1]
            assert travel_of(other) >= tour.travel - 1e-6


def test_tours_come_near_the_shortest_of_all() -> None:
    seed = 20
    print(f"seed {seed}")
    random = np.random.default_rng(seed)
    shares = []
    for _ in range(12):
        ends = random.uniform(0, 100, (5, 2, 2))
        best = min(
            travel_of([ends[i][::turn] for i, turn in zip(order, turns, strict=True)])
            for order in permutations(range(5))
            for turns in product((1, -1), repeat=5)
        )
        shares.append(plan_tour(ends).travel / best)
    assert min(shares) > 1 - 1e-9
    assert np.mean(shares) < 1.1


def test_strokes_that_are_points_or_the_same_are_no_trouble() -> None:
    tour = plan_tour(np.zeros((4, 2, 2)))
    assert tour.order.tolist() == [0, 1, 2, 3]
    assert tour.travel == 0
