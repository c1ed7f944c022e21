"""Texture goes, edges stay: pictures whose texture and forms are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from picasso_series.flatten import flatten

SIDE = 96
Y, X = np.mgrid[:SIDE, :SIDE] + 0.5


def picture(tone: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Gray of ``tone`` (SIDE, SIDE), 0 to 1, a little warm so that the channels differ."""
    return np.rint(255 * np.clip(tone[..., None] * [1.0, 0.95, 0.9], 0, 1)).astype(np.uint8)


def fur(seed: int) -> NDArray[np.float64]:
    """Noise of single pixels, between -0.12 and 0.12."""
    print("seed", seed)
    return np.random.default_rng(seed).uniform(-0.12, 0.12, (SIDE, SIDE))


@pytest.mark.parametrize("texture", [fur(3), 0.1 * np.sign(np.sin(2 * np.pi * X / 3)), 0.1 * np.sign(np.sin(2 * np.pi * (X + Y) / 4))])
def test_texture_goes_and_the_edge_between_two_tones_stays(texture: NDArray[np.float64]) -> None:
    edge = np.where(X < SIDE / 2, 0.35, 0.65)
    flat = flatten(picture(edge + texture))[..., 0].astype(float) / 255
    left, right = flat[8:-8, 8 : SIDE // 2 - 6], flat[8:-8, SIDE // 2 + 6 : -8]
    assert left.std() < 0.2 * texture.std()
    assert right.std() < 0.2 * texture.std()
    assert right.mean() - left.mean() > 0.25
    # A blur would have spread the step over many pixels: it still lies between two.
    assert (flat[8:-8, SIDE // 2] - flat[8:-8, SIDE // 2 - 1]).mean() > 0.25


def test_a_picture_without_texture_is_hardly_changed() -> None:
    disk = picture(np.where(np.hypot(X - 48, Y - 48) < 25, 0.2, 0.8))
    assert np.abs(flatten(disk).astype(int) - disk).mean() < 3


def test_one_tone_stays_that_tone_exactly() -> None:
    even = picture(np.full((SIDE, SIDE), 0.4))
    np.testing.assert_array_equal(flatten(even), even)


def test_a_wider_scale_takes_wider_texture() -> None:
    stripes = 0.1 * np.sin(2 * np.pi * X / 9)
    fine, broad = (flatten(picture(0.5 + stripes), scale)[8:-8, 8:-8].std() for scale in (1.0, 5.0))
    assert broad < 0.5 * fine


def test_pictures_need_not_be_square() -> None:
    wide = picture(0.5 + fur(5))[:40]
    flat = flatten(wide)
    assert flat.shape == wide.shape
    assert flat.dtype == np.uint8
    assert flat.std() < 0.5 * wide.std()
