"""Reads the training archives: pictures by name, in the order of their names."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CUTOUTS, SAMPLE, PACS = "cutouts-224.zip", "imagenet-sample-160.zip", "pacs-128.zip"
DOMAINS = ("photo", "art_painting", "cartoon", "sketch")
CLASSES = ("dog", "elephant", "giraffe", "guitar", "horse", "house", "person")


def read(archive: Path, mode: str) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Names and pixels (H, W, channels) of an archive's pictures in Pillow's ``mode``."""
    with zipfile.ZipFile(archive) as files:
        for name in sorted(files.namelist()):
            if not name.endswith("/"):
                yield name, np.asarray(Image.open(io.BytesIO(files.read(name))).convert(mode))
