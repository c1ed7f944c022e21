"""Subjects are found: before plain backdrops, by saliency, without scraps."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sample_photos import check_form, disk, jpeg, legs, overlap, paint, photo_of
from scipy import ndimage
from skimage.measure import find_contours

from picasso_series.backdrop import find_backdrop
from picasso_series.scene import find_salient
from picasso_series.scraps import drop_scraps
from picasso_series.subject import prepare_subject

# Plain backdrops.


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
    assert subject.source == "saliency"
    alone = prepare_subject(photo_of(paint(cover, (170, 60, 40), (235, 235, 235))))
    assert subject.placement.side == pytest.approx(alone.placement.side, rel=0.1)


def test_saliency_stays_whole_where_a_backdrop_takes_a_part_of_it_and_leaves_the_ground() -> None:
    gray = (200, 200, 202)
    cover, belly = disk(160, 220, 60, 110, 40), disk(160, 220, 74, 124, 15)
    stone = paint(disk(160, 220, 150, 60, 45), (60, 60, 65), gray)
    rgb = paint(belly, gray, paint(cover, (170, 60, 40), stone.astype(float)).astype(float))
    mask = find_backdrop(rgb)
    assert mask is not None
    assert overlap(mask, cover) < 0.6
    subject = prepare_subject(photo_of(rgb), saliency=lambda _: ndimage.gaussian_filter(cover, 2))
    assert subject.source == "saliency"
    assert (subject.mask > 0.5).mean() == pytest.approx(np.pi / 4 * 0.86**2, abs=0.03)


@pytest.mark.parametrize("sure", [True, False])
def test_fur_in_the_color_of_the_wall_belongs_to_the_subject_where_the_map_is_sure(sure: bool) -> None:
    cover = disk(160, 220, 80, 110, 50)
    body = cover * (np.mgrid[:160, :220][0] > 70)
    rgb = paint(body, (120, 90, 60), (226, 226, 222))
    seen = ndimage.gaussian_filter(cover if sure else np.maximum(body, 0.95 * cover), 1)
    found, _ = find_salient(rgb, seen)
    assert found is not None
    assert overlap(found, cover) > 0.85
    subject = prepare_subject(photo_of(rgb), saliency=lambda _: seen)
    assert subject.source == ("saliency" if sure else "backdrop")
    drawn = cover if sure else body
    assert (subject.mask > 0.5).mean() == pytest.approx(drawn.sum() / 100**2 * 0.86**2, abs=0.06)


def test_a_hole_that_shows_the_backdrop_is_the_backdrops_to_find() -> None:
    whole = disk(200, 200, 100, 100, 80)
    rgb = paint(whole - disk(200, 200, 100, 100, 40), (150, 90, 40), (245, 245, 245))
    found, _ = find_salient(rgb, whole)
    assert found is not None
    assert found[100, 100] > 0.5
    subject = prepare_subject(photo_of(rgb), saliency=lambda _: whole)
    assert subject.source == "backdrop"
    assert subject.mask[112, 112] < 0.1


def test_parts_that_the_map_leaves_open_stay_where_the_backdrop_is_plain() -> None:
    top, legs = np.zeros((2, 220, 300), np.float32)
    top[60:100, 40:260] = 1
    legs[100:200, 40:80] = legs[100:200, 220:260] = 1
    rgb = paint(top + legs, (120, 80, 50), (245, 245, 245))
    seen = ndimage.gaussian_filter(top + 0.47 * legs, 1)
    subject = prepare_subject(photo_of(rgb), saliency=lambda _: seen)
    assert subject.source == "backdrop"
    # A map that is sure that the legs are none of the subject takes them for what casts shadows casts.
    assert prepare_subject(photo_of(rgb), saliency=lambda _: ndimage.gaussian_filter(top, 1)).source == "saliency"


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
