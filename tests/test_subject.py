"""Subjects are framed and centered; strokes on them can be laid back over the photo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sample_photos import check_form, disk, jpeg, overlap, paint, photo_of
from scipy import ndimage
from skimage.measure import find_contours

from picasso_series.errors import BadInputError
from picasso_series.photo import load_photo
from picasso_series.subject import MARGIN, prepare_subject

HORSE = Path(__file__).parent.parent / "gallery" / "photos" / "horse.jpg"


# Framing.


def test_alpha_is_the_mask_and_the_subject_fills_the_canvas_up_to_the_margin() -> None:
    cover = disk(120, 200, 40, 150, 30)
    subject = prepare_subject(photo_of(paint(cover, (20, 60, 160), (255, 255, 255)), cover))
    check_form(subject)
    assert subject.source == "alpha"
    (outline,) = find_contours(subject.mask, 0.5)
    outline += 0.5
    margin = MARGIN * 224
    assert outline.min(0) == pytest.approx([margin, margin], abs=1.5)
    assert outline.max(0) == pytest.approx([224 - margin, 224 - margin], abs=1.5)
    # An upscaled disk stays round: no stairs of the photo's pixels.
    radii = np.hypot(*(outline - 112).T)
    assert np.ptp(radii) < 1.2
    assert (subject.rgb[subject.mask < 0.002] >= 245).all()


@settings(max_examples=25, deadline=None)
@given(
    st.integers(40, 300),
    st.integers(40, 300),
    st.floats(0.1, 0.9),
    st.floats(0.1, 0.9),
    st.floats(8, 40),
    st.sampled_from([1, 3]),
)
def test_points_of_the_canvas_map_back_onto_the_photo(
    height: int, width: int, down: float, across: float, radius: float, scale: int
) -> None:
    # The disk may run out of the photo: its center of mass is that of what is visible.
    cover = disk(height, width, down * height, across * width, radius)
    subject = prepare_subject(photo_of(paint(cover, (20, 60, 160), (255, 255, 255)), cover, scale))
    place = subject.placement
    assert (place.photo_width, place.photo_height) == (width * scale, height * scale)
    u, v = ((np.array(ndimage.center_of_mass(subject.mask)) + 0.5) / 224)[::-1]
    y, x = (np.array(ndimage.center_of_mass(cover)) + 0.5) * scale
    pixel = place.side / 224
    assert place.left + u * place.side == pytest.approx(x, abs=0.5 * pixel + 0.3 * scale)
    assert place.top + v * place.side == pytest.approx(y, abs=0.5 * pixel + 0.3 * scale)


def test_placement_is_exact_for_sharp_corners() -> None:
    cover = np.zeros((400, 600), np.float32)
    cover[100:300, 200:500] = 1
    subject = prepare_subject(photo_of(paint(cover, (0, 0, 0), (255, 255, 255)), cover, scale=2))
    place = subject.placement
    assert place.side == pytest.approx(600 / (1 - 2 * MARGIN))
    assert place.left + place.side / 2 == pytest.approx(700)
    assert place.top + place.side / 2 == pytest.approx(400)


def test_subject_at_the_edge_gets_its_margin_and_nothing_is_made_up() -> None:
    cover = disk(100, 100, 50, 0, 40)
    subject = prepare_subject(photo_of(paint(cover, (20, 60, 160), (255, 255, 255)), cover))
    left, top, right, bottom = subject.placement.photo_box
    assert left > MARGIN
    columns = np.arange(224) + 0.5
    outside = columns < left * 224 - 1
    assert (subject.rgb[:, outside] == 255).all()
    assert (subject.mask[:, outside] == 0).all()
    assert subject.mask[112, int(left * 224) + 2] > 0.99
    assert right - left == pytest.approx(bottom - top)
    # The cut runs along the photo's edge, within a pixel, so that who draws outlines can leave it out.
    edge = np.flatnonzero(subject.mask[112] > 0.5)[0]
    assert edge == pytest.approx(left * 224, abs=0.6)


def test_none_letterboxes_the_whole_photo() -> None:
    seed = 3
    print("seed", seed)
    rgb = np.random.default_rng(seed).integers(0, 200, (50, 100, 3), dtype=np.uint8)
    subject = prepare_subject(photo_of(rgb), "none")
    check_form(subject)
    assert subject.source == "none"
    assert subject.placement.photo_box == pytest.approx((0, 0.25, 1, 0.75))
    assert (subject.rgb[:56] == 255).all()
    assert (subject.mask[:56] == 0).all()
    assert (subject.mask[56:168] == 1).all()
    assert (subject.rgb[56:168].mean(2) < 230).all()
    assert (subject.placement.left, subject.placement.top, subject.placement.side) == (0, -25, 100)


def test_tiny_photo() -> None:
    cover = disk(32, 32, 15, 17, 9)
    subject = prepare_subject(photo_of(paint(cover, (20, 60, 160), (255, 255, 255))))
    assert subject.source == "backdrop"
    (outline,) = find_contours(subject.mask, 0.5)
    assert np.ptp(np.hypot(*(outline - outline.mean(0)).T)) < 8


def test_specks_of_an_alpha_do_not_stretch_the_frame() -> None:
    cover = disk(200, 200, 100, 100, 60)
    cover[2, 2] = 1
    subject = prepare_subject(photo_of(paint(cover, (20, 60, 160), (255, 255, 255)), cover))
    assert subject.placement.left == pytest.approx(100 - 60 / (1 - 2 * MARGIN), abs=1)


# Mask pictures.


@pytest.mark.parametrize("kind", ["L", "1", "alpha", "large", "small"])
def test_mask_picture(tmp_path: Path, kind: str) -> None:
    cover = disk(120, 180, 60, 60, 40)
    picture = Image.fromarray(np.rint(cover * 255).astype(np.uint8))
    if kind == "alpha":
        picture = Image.merge("LA", (Image.new("L", picture.size, 0), picture))
    elif kind in ("large", "small"):
        factor = 3 if kind == "large" else 0.25
        picture = picture.resize((round(180 * factor), round(120 * factor)))
    else:
        picture = picture.convert(kind)
    picture.save(tmp_path / "mask.png")
    seed = 4
    print("seed", seed)
    rgb = np.random.default_rng(seed).integers(0, 200, (120, 180, 3), dtype=np.uint8)
    subject = prepare_subject(photo_of(rgb), str(tmp_path / "mask.png"))
    check_form(subject)
    assert subject.source == "file"
    expected = prepare_subject(photo_of(rgb, cover)).mask
    assert overlap(subject.mask, expected) > 0.95
    assert (subject.rgb[subject.mask < 0.005] >= 250).all()


def test_mask_picture_that_cannot_be_used(tmp_path: Path) -> None:
    rgb = paint(disk(60, 90, 30, 45, 20), (20, 60, 160), (255, 255, 255))
    Image.new("L", (90, 60)).save(tmp_path / "empty.png")
    Image.new("L", (60, 90), 255).save(tmp_path / "upright.png")
    (tmp_path / "text.png").write_text("no picture")
    for name, words in (("empty", "is empty"), ("upright", "in the photo's aspect"), ("text", "no picture"), ("missing", "no file")):
        with pytest.raises(BadInputError, match=words) as error:
            prepare_subject(photo_of(rgb), str(tmp_path / f"{name}.png"))
        assert "\n" not in str(error.value)


# Nothing to draw.


@pytest.mark.parametrize("mask", ["auto", "none", "file"])
@pytest.mark.parametrize("quality", [None, 60])
def test_a_flat_photo_cannot_be_drawn(tmp_path: Path, mask: str, quality: int | None) -> None:
    rgb = np.full((64, 64, 3), 255 if quality is None else 128, np.uint8)
    rgb = rgb if quality is None else jpeg(rgb, quality)
    if mask == "file":
        mask = str(tmp_path / "mask.png")
        Image.fromarray(np.rint(disk(64, 64, 32, 32, 20) * 255).astype(np.uint8)).save(mask)
    with pytest.raises(BadInputError, match="same color all over.*; give another photo"):
        prepare_subject(photo_of(rgb), mask)


def test_a_gradient_without_a_subject_can_be_drawn_whole() -> None:
    rgb = np.repeat(np.rint(np.linspace(120, 220, 128)).astype(np.uint8)[:, None, None], 128, 1).repeat(3, 2)
    with pytest.raises(BadInputError, match="--mask none"):
        prepare_subject(photo_of(rgb))
    assert prepare_subject(photo_of(rgb), "none").source == "none"


def test_an_invisible_photo() -> None:
    white = np.full((64, 64, 3), 255, np.uint8)
    with pytest.raises(BadInputError, match="transparent all over"):
        prepare_subject(photo_of(white, np.zeros((64, 64), np.float32)))


def test_a_white_shape_on_a_transparent_ground_has_an_outline() -> None:
    photo = photo_of(np.full((64, 64, 3), 255, np.uint8), disk(64, 64, 32, 32, 20))
    assert prepare_subject(photo).source == "alpha"
    with pytest.raises(BadInputError, match="--mask auto"):
        prepare_subject(photo, "none")


# The demo photo.


def test_the_horse() -> None:
    photo = load_photo(HORSE)
    assert (photo.width, photo.height) == (200, 138)
    subject = prepare_subject(photo)
    check_form(subject)
    assert subject.source == "backdrop"
    assert 0.2 < (subject.mask > 0.5).mean() < 0.3
    parts, count = ndimage.label(subject.mask > 0.5)
    assert count == 1
    # Between the front and the hind legs there is backdrop, above it the belly.
    low = int(np.flatnonzero((subject.mask > 0.5).any(1))[-1]) - 12
    runs = np.flatnonzero(np.diff((subject.mask[low] > 0.5).astype(int)) == 1)
    assert len(runs) >= 3


def test_the_same_photo_gives_the_same_subject() -> None:
    first, second = (prepare_subject(load_photo(HORSE)) for _ in range(2))
    assert np.array_equal(first.rgb, second.rgb)
    assert np.array_equal(first.mask, second.mask)
