"""A sketch written as SVG and read back, and texts that are refused."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from picasso_series.errors import BadInputError
from picasso_series.strokes import CANVAS, Sketch
from picasso_series.svg import SVG_NAMESPACE, path_data, sketch_to_svg, svg_to_sketch

GOOD = "M1,2 C3,4 5,6 7,8"


def document(body: str, head: str = "") -> str:
    return f'{head}<svg xmlns="{SVG_NAMESPACE}" viewBox="0 0 224 224">{body}</svg>'


def path(d: str, id: str = "s1") -> str:
    return document(f'<path id="{id}" d="{d}"/>')


@st.composite
def sketches(draw: st.DrawFn) -> Sketch:
    ids = draw(st.lists(st.integers(1, 10**9 - 1), max_size=6, unique=True))
    points = draw(arrays(np.float32, (len(ids), 4, 2), elements=st.floats(-2, 3, width=32)))
    return Sketch.from_points(points, ids)


@settings(deadline=None)
@given(sketches())
def test_a_sketch_is_read_back_to_the_thousandth_of_a_pixel(sketch: Sketch) -> None:
    back = svg_to_sketch(sketch_to_svg(sketch))
    assert back.ids == sketch.ids
    np.testing.assert_allclose(back.points * CANVAS, sketch.points * CANVAS, atol=6e-4)


@settings(deadline=None)
@given(sketches())
def test_what_was_read_is_written_as_it_was(sketch: Sketch) -> None:
    text = sketch_to_svg(sketch)
    assert sketch_to_svg(svg_to_sketch(text)) == text
    assert text == sketch.to_svg()


def test_the_text_has_the_form_of_the_contract() -> None:
    root = ElementTree.fromstring(sketch_to_svg(Sketch.from_points(np.full((2, 4, 2), 0.5), [4, 1])))
    assert root.tag == f"{{{SVG_NAMESPACE}}}svg"
    assert root.get("viewBox") == "0 0 224 224"
    assert {name: root.get(name) for name in ("fill", "stroke-width", "stroke-linecap")} == {
        "fill": "none",
        "stroke-width": "3",
        "stroke-linecap": "round",
    }
    assert [(child.tag, child.get("id")) for child in root] == [(f"{{{SVG_NAMESPACE}}}path", id) for id in ("s4", "s1")]
    assert {child.get("d") for child in root} == {"M112.000,112.000 C112.000,112.000 112.000,112.000 112.000,112.000"}


def test_path_data_takes_a_scale_and_decimals() -> None:
    assert path_data(np.arange(8).reshape(4, 2), scale=10, digits=0) == "M0,10 C20,30 40,50 60,70"


@pytest.mark.parametrize(
    "d", [GOOD, "M1 2C3 4 5 6 7 8", " M 1 , 2 C 3 , 4 , 5 , 6 , 7 , 8 ", "M1.,2.0C3e0,.4e1 5,6\n7\t8", "M+1 2C3 4 5 6+7+8"]
)
def test_numbers_may_be_written_in_any_way_of_svg(d: str) -> None:
    np.testing.assert_allclose(svg_to_sketch(path(d)).points.ravel() * CANVAS, np.arange(1, 9), rtol=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        "<svg>",
        "<html/>",
        "<svg/>",
        document("", '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'),
        document("&lol;", '<!DOCTYPE lolz [<!ENTITY lol "lol">]>'),
        document("&x;", '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        document('<path id="s1" d="M1,2 C3,4 5,6 7,8"/>' * 2),
        document(f'<path d="{GOOD}"/>'),
        document('<path id="s1"/>'),
        *(path(GOOD, id) for id in ("", "1", "s0", "s01", "s-1", "sx", "s1234567890", "s1 ", "x1")),
        *(
            path(d)
            for d in (
                "",
                "M1,2",
                "M1,2 L3,4",
                "M1,2 C3,4 5,6",
                "M1,2 C3,4 5,6 7,8 9,10 11,12 13,14",
                "M1,2 C3,4 5,6 7,8 Z",
                "m1,2 c3,4 5,6 7,8",
                "M1,2 C3,4 5,6 7,nan",
                "M1,2 C3,4 5,6 7,1e60",
                "M1,2 C3,4 5,6 7,1e999",
                "M1,2 C3,4,,5,6 7,8",
                # Too few numbers, long enough to be cut into as many as it takes.
                "M1,2 C3,4 5,678",
                "M1,2 C345678",
            )
        ),
    ],
)
def test_what_no_sketch_holds_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(BadInputError) as error:
        svg_to_sketch(text)
    assert "\n" not in str(error.value)
    assert ";" in str(error.value), "the message names the fix"


@pytest.mark.parametrize("tail", ["1" * 20_000 + "x", " " * 20_000 + "x", ",".join(["1" * 5_000] * 6) + "x"])
def test_a_text_that_nearly_is_a_path_is_refused_at_once(tail: str) -> None:
    """The reader takes a time that grows with the text alone; it once tried every way to cut it, which never ended."""
    with pytest.raises(BadInputError):
        svg_to_sketch(path("M1,2 C" + tail))
