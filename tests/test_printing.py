"""Plates as vectors, pixels and PDF: they agree, need nothing from outside, and are the same whenever they are made."""

from __future__ import annotations

import io
import os
import re
import zlib
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import cairosvg
import numpy as np
import pytest
from PIL import Image
from sample_series import sample_series

from picasso_series.errors import PicassoError
from picasso_series.levels import Series
from picasso_series.look import Look, load_look, style_names
from picasso_series.paper import parse_paper
from picasso_series.plate import Layout, State, all_states, lay_sheet, lay_strip
from picasso_series.printing import PLAIN, PNG_WIDTH, plate_pixels, plate_svg, sheet_pdf, sheet_png, write_plate

SERIES = sample_series()
STATES = all_states(SERIES)
SVG = "{http://www.w3.org/2000/svg}"
TITLED = replace(PLAIN, title="A Duck")


def render(svg: str, width: int) -> np.ndarray:
    data = cairosvg.svg2png(bytestring=svg.encode(), output_width=width)
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(float)


def check_agreement(plan: Layout, look: Look, width: int) -> None:
    pixels = plate_pixels(plan, SERIES.subject, look, width / plan.width).astype(float)
    vectors = render(plate_svg(plan, SERIES.subject, look, "duck", "mm"), width)
    assert np.abs(np.subtract(pixels.shape, vectors.shape)).max() <= 1
    rows = min(len(pixels), len(vectors))
    difference = np.abs(pixels[:rows] - vectors[:rows]).max(axis=2)
    assert difference.mean() < 0.5, "the photo is scaled by other filters, which blur alike"
    left, top, right, bottom = (round(width / plan.width * value) for value in _photo_box(plan))
    difference[top - 2 : bottom + 2, left - 2 : right + 2] = 0
    assert difference.mean() < 0.02
    assert (difference > 24).mean() < 3e-4, "only pixels at the rim where two ends meet may differ: SVG paints one end over the other"


def _photo_box(plan: Layout) -> tuple[float, float, float, float]:
    x, y, scale = plan.photo
    return x, y, x + scale * plan.photo_window.width, y + scale * plan.photo_window.height


@pytest.mark.parametrize("count", [1, 3, 8])
def test_vectors_and_pixels_of_a_strip_agree(count: int) -> None:
    states = [State(number, SERIES.levels[min(number, 3) - 1]) for number in range(1, count + 1)]
    check_agreement(lay_strip(SERIES.subject, states, TITLED), TITLED, 900)


@pytest.mark.parametrize("paper", ["210x297", "297x210"])
def test_vectors_and_pixels_of_a_sheet_agree(paper: str) -> None:
    look = Look(title="A Duck", caption="after a photograph", paper=(43, 50, 54), ink=(241, 238, 228))
    check_agreement(lay_sheet(SERIES.subject, STATES, look, parse_paper(paper), "in 8, 4 and 2 strokes"), look, 700)


def test_a_plate_holds_photo_levels_and_nothing_foreign() -> None:
    text = plate_svg(lay_strip(SERIES.subject, STATES, TITLED), SERIES.subject, TITLED, "Fish & <chips>")
    root = ElementTree.fromstring(text)
    (image,) = root.iter(f"{SVG}image")
    assert image.get("href", "").startswith("data:image/png;base64,")
    assert not re.search(r"<text|font|<script|https?://(?!www\.w3\.org/2000/svg)", text)
    groups = [group for group in root.iter(f"{SVG}g") if group.findall(f"{SVG}path")]
    assert [len(group) for group in groups] == [8, 4, 2]
    assert root.findtext(f"{SVG}title") == "Fish & <chips>"


def test_files_are_written_whole(tmp_path: Path) -> None:
    vector, raster = write_plate(SERIES, tmp_path, "A Duck & co")
    assert sorted(os.listdir(tmp_path)) == ["plate.png", "plate.svg"]
    root = ElementTree.parse(vector).getroot()
    assert root.findtext(f"{SVG}title") == "A Duck & co: the photo and its drawings in 8, 4, 2 strokes"
    with Image.open(raster) as picture:
        assert picture.width == PNG_WIDTH
        assert picture.getpixel((0, 0)) == (255, 255, 255)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PicassoError, match="could not be written"):
        write_plate(SERIES, tmp_path / "nowhere", None)


def test_a_series_without_a_level_has_no_plate(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one level"):
        write_plate(Series(SERIES.subject, ()), tmp_path)


def test_a_sheet_has_its_size_in_millimeters_and_dots() -> None:
    plan = lay_sheet(SERIES.subject, STATES, TITLED, parse_paper("148x210"))
    root = ElementTree.fromstring(plate_svg(plan, SERIES.subject, TITLED, "duck", "mm"))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("148mm", "210mm", "0 0 148 210")
    with Image.open(io.BytesIO(sheet_png(plan, SERIES.subject, TITLED, 100))) as picture:
        assert picture.size == (583, 827)
        assert picture.info["dpi"] == pytest.approx((100, 100), abs=0.01)
    pdf = sheet_pdf(plan, SERIES.subject, TITLED, "A Duck")
    (box,) = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", pdf)
    assert [float(side) / 72 * 25.4 for side in box] == pytest.approx([148, 210], abs=0.01)


def test_a_pdf_is_vectors_and_the_same_whenever_it_is_made() -> None:
    plan = lay_sheet(SERIES.subject, STATES, TITLED, parse_paper("a5"))
    pdf = sheet_pdf(plan, SERIES.subject, TITLED, "A Duck")
    assert pdf.startswith(b"%PDF-")
    assert pdf == sheet_pdf(plan, SERIES.subject, TITLED, "A Duck")
    streams = [part.split(b"endstream")[0].strip(b"\r\n") for part in pdf.split(b"stream\n")[1::1]]
    drawn = b"".join(zlib.decompressobj().decompress(part) for part in streams if part[:1] == b"x")
    assert len(re.findall(rb" c\b", drawn)) >= 8 + 4 + 2


@pytest.mark.parametrize("style", style_names())
def test_every_style_has_its_ground_and_ink(style: str) -> None:
    look = load_look(style, title="A Duck")
    pixels = plate_pixels(lay_strip(SERIES.subject, STATES, look), SERIES.subject, look, 0.5)
    assert tuple(pixels[0, 0]) == look.paper
    assert np.abs(pixels.astype(int) - look.ink).sum(axis=2).min() < 40
