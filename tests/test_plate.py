"""The plate: one layout for vectors and pixels, numbered states, nothing that needs the outside."""

from __future__ import annotations

import io
import os
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import cairosvg
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sample_series import sample_series

from picasso_series.errors import PicassoError
from picasso_series.lettering import printable, roman, set_line
from picasso_series.levels import Series
from picasso_series.plate import PNG_WIDTH, lay_out, plate_pixels, plate_svg, shown_window, write_plate

SERIES = sample_series()
SVG = "{http://www.w3.org/2000/svg}"


def with_levels(count: int) -> Series:
    """The sample series with its last level repeated until there are ``count``."""
    return replace(SERIES, levels=tuple(SERIES.levels[min(i, 2)] for i in range(count)))


def render(svg: str, width: int) -> np.ndarray:
    scale = width / float(ElementTree.fromstring(svg).get("width", ""))
    data = cairosvg.svg2png(bytestring=svg.encode(), scale=scale)
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(float)


@pytest.mark.parametrize("count", [1, 3, 8])
def test_vectors_and_pixels_agree(count: int) -> None:
    series = with_levels(count)
    pixels = plate_pixels(series, "A Duck", 900).astype(float)
    vectors = render(plate_svg(series, "A Duck"), 900)
    assert np.abs(np.subtract(pixels.shape, vectors.shape)).max() <= 1
    rows = min(len(pixels), len(vectors))
    difference = np.abs(pixels[:rows] - vectors[:rows]).max(axis=2)
    assert difference.mean() < 0.5, "the photo is scaled by other filters, which blur alike"
    plan = lay_out(series, "A Duck")
    drawn = difference[:, round((plan.photo[0] + plan.window.width + 5) * 900 / plan.width) :]
    assert drawn.mean() < 0.02
    assert (drawn > 24).mean() < 3e-4, "only pixels at the rim where two ends meet may differ: SVG paints one end over the other"


def test_a_plate_holds_photo_levels_and_nothing_foreign() -> None:
    text = plate_svg(SERIES, "Fish & <chips>")
    root = ElementTree.fromstring(text)
    (image,) = root.iter(f"{SVG}image")
    data = image.get("href", "")
    assert data.startswith("data:image/png;base64,")
    assert not re.search(r"<text|font|<script|https?://(?!www\.w3\.org/2000/svg)", text)
    groups = list(root.iter(f"{SVG}g"))
    assert [len(group) for group in groups] == [8, 4, 2]
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == "Fish & <chips>: the photo and its drawings in 8, 4, 2 strokes"


@given(st.integers(1, 24))
def test_everything_stands_on_the_plate_and_apart(count: int) -> None:
    plan = lay_out(with_levels(count), "A title")
    corners = [plan.photo, *((x, y) for _, x, y in plan.drawings)]
    assert len(plan.drawings) == count
    assert len({y for _, y in corners}) == (1 if count <= 5 else max(2, -(-(count + 1) // 8)))
    for x, y in corners:
        assert 0 < x < x + plan.window.width < plan.width
        assert 0 < y < y + plan.window.height < plan.height
    for i, (x, y) in enumerate(corners):
        for u, v in corners[:i]:
            assert abs(x - u) >= plan.window.width or abs(y - v) >= plan.window.height
    for text in plan.texts:
        assert 0 < text.x <= text.x + text.line.width * text.size < plan.width
        assert 0 < text.y < plan.height - text.size / 2
        for x, y in corners:
            assert not (x < text.x < x + plan.window.width and y < text.y < y + plan.window.height), "captions stand outside the pictures"


def test_captions_share_their_baselines() -> None:
    plan = lay_out(SERIES, None)
    baselines = sorted({text.y for text in plan.texts})
    assert len(baselines) == 2
    assert [sum(text.y == y for text in plan.texts) for y in baselines] == [3, 4]


def test_the_window_holds_the_photo_and_every_stroke() -> None:
    window = shown_window(SERIES)
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
    full = replace(SERIES, subject=replace(SERIES.subject, rgb=np.full((224, 224, 3), 90, np.uint8)))
    window = shown_window(full)
    assert (window.left, window.top, window.right, window.bottom) == (0, 0, 224, 224)


def test_files_are_written_whole(tmp_path: Path) -> None:
    vector, raster = write_plate(SERIES, tmp_path, "A Duck")
    assert sorted(os.listdir(tmp_path)) == ["plate.png", "plate.svg"]
    assert vector.read_text(encoding="utf-8") == plate_svg(SERIES, "A Duck")
    with Image.open(raster) as picture:
        assert picture.width == PNG_WIDTH
        assert picture.getpixel((0, 0)) == (255, 255, 255)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PicassoError, match="could not be written"):
        write_plate(SERIES, tmp_path / "nowhere", None)


def test_a_series_without_a_level_has_no_plate() -> None:
    with pytest.raises(ValueError, match="at least one level"):
        plate_svg(Series(SERIES.subject, ()))


@pytest.mark.parametrize("title", [None, "", "  ", "馬"])
def test_without_a_printable_title_there_is_no_room_for_one(title: str | None) -> None:
    assert lay_out(SERIES, title).height < lay_out(SERIES, "A Duck").height
    assert len(lay_out(SERIES, title).texts) == 7


def test_a_long_title_is_set_smaller() -> None:
    plan = lay_out(SERIES, "The very long title of a photo " * 8)
    assert min(text.x for text in plan.texts) > 0


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
