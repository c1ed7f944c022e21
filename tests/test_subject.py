"""Subjects are found, cleaned of scraps and centered; strokes on them can be laid back over the photo."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.measure import find_contours

from picasso_series.backdrop import find_backdrop
from picasso_series.errors import BadInputError
from picasso_series.levels import Subject
from picasso_series.photo import Photo, load_photo
from picasso_series.scene import find_salient
from picasso_series.scraps import drop_scraps
from picasso_series.subject import MARGIN, prepare_subject

HORSE = Path(__file__).parent.parent / "gallery" / "photos" / "horse.jpg"


def photo_of(rgb: NDArray[np.uint8], alpha: NDArray[np.float32] | None = None, scale: int = 1) -> Photo:
    height, width = rgb.shape[:2]
    return Photo(rgb, alpha, width * scale, height * scale, "0" * 64, "test")


def disk(height: int, width: int, y: float, x: float, radius: float) -> NDArray[np.float32]:
    """Coverage of a disk, anti-aliased; its center is in units of pixel edges."""
    rows, columns = np.mgrid[:height, :width] + 0.5
    return np.clip(radius - np.hypot(rows - y, columns - x) + 0.5, 0, 1).astype(np.float32)


def paint(cover: NDArray[np.float32], ink: tuple[int, int, int], ground: NDArray[np.floating] | tuple[int, int, int]) -> NDArray[np.uint8]:
    return np.rint(cover[..., None] * np.array(ink) + (1 - cover[..., None]) * np.asarray(ground)).astype(np.uint8)


def jpeg(rgb: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def overlap(mask: NDArray[np.float32], truth: NDArray[np.float32]) -> float:
    a, b = mask > 0.5, truth > 0.5
    return float((a & b).sum() / (a | b).sum())


def check_form(subject: Subject) -> None:
    assert subject.rgb.shape == (224, 224, 3)
    assert subject.rgb.dtype == np.uint8
    assert subject.mask.shape == (224, 224)
    assert subject.mask.dtype == np.float32
    assert subject.mask.min() >= 0
    assert subject.mask.max() <= 1


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


# Plain backdrops.


def legs(height: int = 160, width: int = 220) -> NDArray[np.float32]:
    """A body on four legs, closed below by a bar: a shape with concave gaps and a hole."""
    cover = np.zeros((height, width), np.float32)
    cover[40:90, 30:190] = 1
    for left in (35, 60, 150, 178):
        cover[90:140, left : left + 10] = 1
    cover[132:140, 150:188] = 1
    cover[30:40, 100:102] = 1
    return np.clip(ndimage.gaussian_filter(cover, 0.5), 0, 1)


def grounds(height: int = 160, width: int = 220) -> dict[str, NDArray[np.floating]]:
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    light = np.exp(-1.5 * ((x - 0.4) ** 2 + (y - 0.4) ** 2))
    return {
        "white": np.full((height, width, 3), 255.0),
        "gray slope": (235 - 40 * y - 15 * x)[..., None] * np.array([1, 0.99, 0.97]),
        "blue vignette": (180 + 50 * light)[..., None] * np.array([0.8, 0.95, 1]),
        "black": np.full((height, width, 3), 8.0),
    }


@pytest.mark.parametrize("quality", [None, 92, 80])
@pytest.mark.parametrize("ground", list(grounds()))
def test_plain_backdrop_is_found_with_gaps_and_holes(ground: str, quality: int | None) -> None:
    cover = legs()
    rgb = paint(cover, (150, 80, 40), grounds()[ground])
    rgb = rgb if quality is None else jpeg(rgb, quality)
    mask = find_backdrop(rgb)
    assert mask is not None
    mask = drop_scraps(mask)
    assert overlap(mask, cover) > 0.95
    assert mask[110, 50] < 0.1
    assert mask[115, 169] < 0.1, "the hole between the joined legs"
    assert mask[35, 100] > 0.5, "the thin part on top"


def test_edge_of_a_backdrop_mask_is_sub_pixel() -> None:
    for radius in (30.0, 30.25, 30.5, 30.75):
        cover = disk(100, 100, 50, 50, radius)
        mask = find_backdrop(paint(cover, (30, 60, 90), (255, 255, 255)))
        assert mask is not None
        (outline,) = find_contours(mask, 0.5)
        assert np.hypot(*(outline + 0.5 - 50).T).mean() == pytest.approx(radius, abs=0.12)


def test_rim_takes_no_color_of_the_backdrop_along() -> None:
    cover = disk(300, 300, 150, 150, 100)
    subject = prepare_subject(photo_of(paint(cover, (200, 40, 40), (40, 200, 60))))
    assert subject.source == "backdrop"
    red, green = subject.rgb[..., 0].astype(int), subject.rgb[..., 1].astype(int)
    assert (red >= green - 12).all()


def test_light_patches_inside_the_subject_survive() -> None:
    y, x = np.mgrid[:160, :220]
    rgb = paint(legs(), (150, 80, 40), (255, 255, 255))
    rgb[55:75, 60:80] = (242, 238, 230)
    # A highlight that fades out of pure white.
    glow = np.exp(-((y - 65) ** 2 + (x - 150) ** 2) / 150.0)[..., None] * 1.4
    rgb = np.rint(np.clip(rgb + np.clip(glow, 0, 1) * (255 - rgb), 0, 255)).astype(np.uint8)
    mask = find_backdrop(jpeg(rgb, 95))
    assert mask is not None
    assert mask[65, 70] == 1
    assert mask[65, 150] == 1


def test_subject_that_runs_out_of_the_photo() -> None:
    cover = disk(120, 160, 110, 80, 60)
    mask = find_backdrop(jpeg(paint(cover, (90, 60, 40), (240, 240, 240)), 90))
    assert mask is not None
    assert overlap(mask, cover) > 0.97


def test_busy_border_is_no_backdrop() -> None:
    seed = 5
    print("seed", seed)
    noise = np.random.default_rng(seed).normal(0, 1, (100, 140, 3))
    rgb = np.clip(128 + 400 * np.stack([ndimage.gaussian_filter(noise[..., c], 3) for c in range(3)], -1), 0, 255).astype(np.uint8)
    assert find_backdrop(rgb) is None
    subject = prepare_subject(photo_of(rgb))
    assert subject.source == "none"
    check_form(subject)


# Scraps.


def test_scraps_go_and_limbs_stay() -> None:
    cover = np.zeros((300, 400), np.float32)
    body = disk(300, 400, 140, 180, 60)
    cover = np.maximum(cover, body)
    string, chip, second = np.zeros_like(cover), np.zeros_like(cover), disk(300, 400, 80, 330, 28)
    string[198:260, 180] = 1
    chip[262:272, 179:182] = 1
    caption, ruler, speck = np.zeros_like(cover), np.zeros_like(cover), np.zeros_like(cover)
    for left in range(20, 160, 12):
        caption[270:280, left : left + 7] = 1
    ruler[288:298, 0:400] = 1
    speck[20:23, 20:23] = 1
    keep = np.maximum.reduce([body, string, chip, second])
    kept = drop_scraps(np.maximum.reduce([keep, caption, ruler, speck]))
    assert np.array_equal(kept, keep)


# Saliency.


def scene(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A disk on a textured ground, and its coverage."""
    noise = np.random.default_rng(seed).normal(0, 1, (120, 160, 1))
    ground = np.clip(np.array([70, 120, 50]) + 160 * ndimage.gaussian_filter(noise, (1.5, 1.5, 0)), 0, 255)
    cover = disk(120, 160, 62, 75, 34)
    return paint(cover, (190, 110, 60), ground), cover


def test_saliency_is_sharpened_along_edges() -> None:
    seed = 6
    print("seed", seed)
    rgb, cover = scene(seed)
    rough = np.clip(ndimage.gaussian_filter(disk(120, 160, 58, 70, 32), 6) * 1.1, 0, 1).astype(np.float32)
    mask, sure = find_salient(rgb, rough)
    assert mask is not None
    assert sure
    assert overlap(mask, cover) > 0.96 > overlap(rough, cover)
    subject = prepare_subject(photo_of(rgb), saliency=lambda _: rough)
    assert subject.source == "saliency"
    assert (subject.rgb[subject.mask < 0.01] >= 250).all()


def test_saliency_that_says_nothing_leaves_the_whole_photo() -> None:
    rgb, _ = scene(6)
    assert find_salient(rgb, np.zeros((120, 160), np.float32)) == (None, False)
    assert prepare_subject(photo_of(rgb), saliency=lambda seen: np.zeros(seen.shape[:2], np.float32)).source == "none"


def test_saliency_does_not_replace_a_backdrop_that_it_agrees_with() -> None:
    cover = legs()
    rgb = paint(cover, (150, 80, 40), (255, 255, 255))
    assert prepare_subject(photo_of(rgb), saliency=lambda _: cover).source == "backdrop"


def test_saliency_leaves_a_shadow_out() -> None:
    cover = disk(160, 220, 60, 110, 40)
    shadow = disk(160, 220, 118, 130, 36) * (1 - cover)
    ground = paint(shadow, (90, 90, 95), (235, 235, 235)).astype(float)
    rgb = paint(cover, (170, 60, 40), ground)
    assert (prepare_subject(photo_of(rgb)).mask > 0.5).mean() > 0.3
    subject = prepare_subject(photo_of(rgb), saliency=lambda _: ndimage.gaussian_filter(cover, 2))
    assert subject.source == "backdrop"
    alone = prepare_subject(photo_of(paint(cover, (170, 60, 40), (235, 235, 235))))
    assert subject.placement.side == pytest.approx(alone.placement.side, rel=0.1)


def test_framed_photo_is_searched_inside_its_frame() -> None:
    rgb, cover = scene(8)
    framed = np.full((140, 180, 3), 255, np.uint8)
    framed[10:130, 10:170] = rgb

    def saliency(seen: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert seen.shape[0] < 120
        return ndimage.gaussian_filter(cover, 3)[2 : 2 + seen.shape[0], 2 : 2 + seen.shape[1]]

    subject = prepare_subject(photo_of(framed), saliency=saliency)
    assert subject.source == "saliency"
    center = subject.placement.left + subject.placement.side / 2, subject.placement.top + subject.placement.side / 2
    assert center == pytest.approx((85, 72), abs=2)


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
