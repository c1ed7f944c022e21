"""The plate's layouts: numbered states on a strip and on sheets of paper, everything on the paper and apart."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_series import sample_series

from picasso_series.lettering import printable, roman, set_line
from picasso_series.look import Look
from picasso_series.paper import paper_names, parse_paper
from picasso_series.plate import Layout, State, all_states, lay_sheet, lay_strip, shown_window

SERIES = sample_series()
STATES = all_states(SERIES)
LOOK = Look(title="A Duck", caption="after a photograph")


def some_states(count: int) -> list[State]:
    """The sample's states, the last repeated until there are ``count``."""
    return [State(number, SERIES.levels[min(number, 3) - 1]) for number in range(1, count + 1)]


def check_places(plan: Layout) -> None:
    """Everything stands on the plate, and nothing on anything else."""
    boxes = [(*plan.photo[:2], plan.photo[2] * plan.photo_window.width, plan.photo[2] * plan.photo_window.height)]
    boxes += [(x, y, plan.scale * plan.window.width, plan.scale * plan.window.height) for _, x, y in plan.drawings]
    boxes += [(t.x, t.y - 0.7 * t.size, t.line.width * t.size, 0.9 * t.size) for t in plan.texts]
    for x, y, width, height in boxes:
        assert 0 < x < x + width < plan.width
        assert 0 < y < y + height < plan.height
    for i, (x, y, width, height) in enumerate(boxes):
        for u, v, across, down in boxes[:i]:
            assert x >= u + across - 1e-6 or u >= x + width - 1e-6 or y >= v + down - 1e-6 or v >= y + height - 1e-6


@given(st.integers(1, 24))
def test_everything_stands_on_the_strip_and_apart(count: int) -> None:
    plan = lay_strip(SERIES.subject, some_states(count), LOOK)
    check_places(plan)
    corners = [plan.photo[:2], *((x, y) for _, x, y in plan.drawings)]
    assert len(plan.drawings) == count
    assert len({y for _, y in corners}) == (1 if count <= 5 else max(2, -(-(count + 1) // 8)))


@pytest.mark.parametrize("paper", [*paper_names(), "200x200", "600x150", "100x500"])
@pytest.mark.parametrize("counted", [True, False])
def test_everything_stands_on_the_sheet_and_apart(paper: str, counted: bool) -> None:
    look = replace(LOOK, counted=counted)
    for count in (1, 3, 4, 7, 11):
        plan = lay_sheet(SERIES.subject, some_states(count), look, parse_paper(paper), "in 8, 4 and 2 strokes")
        check_places(plan)
        assert len(plan.drawings) == count
        assert any((plan.width, plan.height) == (sheet.width, sheet.height) for sheet in parse_paper(paper))
        assert len(plan.texts) == 3 + counted * (1 + 2 * count)
        assert plan.photo[2] < plan.scale


def test_the_way_up_is_the_one_that_shows_more() -> None:
    scales = [lay_sheet(SERIES.subject, STATES, LOOK, [sheet]).scale for sheet in parse_paper("a4")]
    assert lay_sheet(SERIES.subject, STATES, LOOK, parse_paper("a4")).scale == max(scales)


def test_margins_are_those_of_the_look() -> None:
    for margin in (0.02, 0.15):
        plan = lay_sheet(SERIES.subject, STATES, replace(LOOK, margin=margin), parse_paper("a4"))
        least = min([plan.photo[0], *(x for _, x, _ in plan.drawings), *(text.x for text in plan.texts)])
        assert least == pytest.approx(margin * 210)


def test_numerals_are_those_of_the_whole_series() -> None:
    chosen = [STATES[2]]
    for plan in (lay_strip(SERIES.subject, chosen, LOOK), lay_sheet(SERIES.subject, chosen, LOOK, parse_paper("a5"))):
        assert set_line("III", "regular", 0.12) in [text.line for text in plan.texts]


def test_beside_the_drawings_the_photo_stands_on_one_line_with_the_lowest() -> None:
    plan = lay_sheet(SERIES.subject, some_states(4), replace(LOOK, caption=None), [parse_paper("a4")[0].turned])
    x, y, scale = plan.photo
    assert x < min(left for _, left, _ in plan.drawings)
    lowest = max(top for _, _, top in plan.drawings) + plan.scale * plan.window.height
    assert y + scale * plan.photo_window.height == pytest.approx(lowest)
    baselines = {round(text.y, 6) for text in plan.texts if text.y > lowest}
    assert len(baselines) == 2, "numerals and the photo's caption share theirs, and counts have one"


def test_captions_share_their_baselines() -> None:
    plan = lay_strip(SERIES.subject, STATES, Look())
    baselines = sorted({text.y for text in plan.texts})
    assert len(baselines) == 2
    assert [sum(text.y == y for text in plan.texts) for y in baselines] == [3, 4]


def test_the_window_holds_the_photo_and_every_stroke() -> None:
    window = shown_window(SERIES.subject, STATES)
    outside = np.ones((224, 224), bool)
    outside[window.top : window.bottom, window.left : window.right] = False
    assert (SERIES.subject.rgb[outside] >= 250).all()
    for level in SERIES.levels:
        for left, top, right, bottom in ([224 * v for v in stroke.bounds] for stroke in level.sketch.strokes):
            assert window.left <= left
            assert right <= window.right
            assert window.top <= top
            assert bottom <= window.bottom


def test_a_photo_that_fills_its_square_is_shown_whole() -> None:
    full = replace(SERIES.subject, rgb=np.full((224, 224, 3), 90, np.uint8))
    window = shown_window(full, STATES)
    assert (window.left, window.top, window.right, window.bottom) == (0, 0, 224, 224)
    white = replace(SERIES.subject, rgb=np.full((224, 224, 3), 255, np.uint8))
    assert shown_window(white, ()).width == 224


def test_a_series_without_a_level_has_no_plate() -> None:
    with pytest.raises(ValueError, match="at least one level"):
        lay_strip(SERIES.subject, [], LOOK)
    with pytest.raises(ValueError, match="at least one level"):
        lay_sheet(SERIES.subject, [], LOOK, parse_paper("a4"))
    with pytest.raises(ValueError, match="a sheet of paper"):
        lay_sheet(SERIES.subject, STATES, LOOK, [])


@pytest.mark.parametrize("title", [None, "", "  ", "馬"])
def test_without_a_printable_title_there_is_no_room_for_one(title: str | None) -> None:
    look = replace(LOOK, title=title)
    assert lay_strip(SERIES.subject, STATES, look).height < lay_strip(SERIES.subject, STATES, LOOK).height
    assert len(lay_strip(SERIES.subject, STATES, look).texts) == 7
    assert len(lay_sheet(SERIES.subject, STATES, look, parse_paper("a4")).texts) == 8


def test_a_long_title_is_set_smaller() -> None:
    look = Look(title="The very long title of a photo " * 8, caption="and a caption " * 20)
    check_places(lay_strip(SERIES.subject, STATES, look))
    check_places(lay_sheet(SERIES.subject, STATES, look, parse_paper("a6")))


@given(st.integers(1, 3999))
def test_roman_numerals_add_up(number: int) -> None:
    values = [{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}[letter] for letter in roman(number)]
    total = sum(-value if value < max(values[i + 1 :], default=0) else value for i, value in enumerate(values))
    assert total == number
    assert not re.search(r"(.)\1\1\1|VV|LL|DD", roman(number))


def test_roman_numerals_are_those_of_prints() -> None:
    assert [roman(n) for n in (1, 2, 3, 4, 9, 11, 40, 256)] == ["I", "II", "III", "IV", "IX", "XI", "XL", "CCLVI"]


@pytest.mark.parametrize("number", [0, -1, 4000])
def test_roman_numerals_have_bounds(number: int) -> None:
    with pytest.raises(ValueError, match="3999"):
        roman(number)


@given(st.text(max_size=40))
def test_any_text_can_be_set(text: str) -> None:
    line = set_line(text, "italic")
    assert line.width >= 0
    assert (line.width == 0) == (printable(text, "italic") == "")


def test_letters_are_kerned_and_stand_on_the_baseline() -> None:
    assert set_line("AV").width < set_line("A").width + set_line("V").width
    assert set_line("ab", tracking=0.5).width == pytest.approx(set_line("ab").width + 0.5)
    tops = [value for _, values in set_line("H").commands for value in values[1::2]]
    assert -0.75 < min(tops) < -0.55, "capitals are about two thirds of an em high, above the baseline"
    assert abs(max(tops)) < 0.02
    assert printable("Žluťoučký kůň 馬") == "Žluťoučký kůň"
