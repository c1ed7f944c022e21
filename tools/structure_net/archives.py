"""Reads the training archives: pictures by name, in the order of their names."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from picasso_series.photo import Photo

CUTOUTS, SAMPLE, PACS = "cutouts-224.zip", "imagenet-sample-160.zip", "pacs-128.zip"
DOMAINS = ("photo", "art_painting", "cartoon", "sketch")
CLASSES = ("dog", "elephant", "giraffe", "guitar", "horse", "house", "person")


def as_photo(pixels: NDArray[np.uint8], name: str) -> Photo:
    """A picture (H, W, 3 or 4) of an archive as the program's photo; what is transparent is white."""
    height, width = pixels.shape[:2]
    if pixels.shape[2] == 3:
        return Photo(pixels, None, width, height, "", name)
    alpha = pixels[..., 3] / np.float32(255)
    rgb = np.rint(255 + alpha[..., None] * (pixels[..., :3].astype(np.float32) - 255)).astype(np.uint8)
    return Photo(rgb, alpha, width, height, "", name)


def read(archive: Path, mode: str) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Names and pixels (H, W, channels) of an archive's pictures in Pillow's ``mode``."""
    with zipfile.ZipFile(archive) as files:
        for name in sorted(files.namelist()):
            if not name.endswith("/"):
                yield name, np.asarray(Image.open(io.BytesIO(files.read(name))).convert(mode))
