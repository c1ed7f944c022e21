"""Small synthetic photos whose subjects are known, and what is true of every subject that is found."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from picasso_series.levels import Subject
from picasso_series.photo import Photo


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


def legs(height: int = 160, width: int = 220) -> NDArray[np.float32]:
    """A body on four legs, closed below by a bar: a shape with concave gaps and a hole."""
    cover = np.zeros((height, width), np.float32)
    cover[40:90, 30:190] = 1
    for left in (35, 60, 150, 178):
        cover[90:140, left : left + 10] = 1
    cover[132:140, 150:188] = 1
    cover[30:40, 100:102] = 1
    return np.clip(ndimage.gaussian_filter(cover, 0.5), 0, 1)
