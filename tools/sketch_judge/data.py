"""PACS as the judge learns from it: chains of human sketches, line maps of its other pictures, and what is held out.

Knows the archive's layout (``pacs/<domain>/<class>/<name>.jpg``); knows no net. The archive is never part of the project.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.feature import canny

from tools.sketch_judge.chains import Chain, trace

CLASSES = ("dog", "elephant", "giraffe", "guitar", "horse", "house", "person")
DOMAINS = ("sketch", "cartoon", "photo")
HELD_PHOTOS = 8
"""Photos of each class that are kept for measuring drawings, at least."""
HELD_SKETCHES = 0.15
"""Share of what human sketches were drawn of that is kept for measuring the judge."""


@dataclass(frozen=True)
class Example:
    """One picture: its domain, the index of its class, its name, and whether training may see it."""

    domain: str
    label: int
    name: str
    held: bool


def examples(archive: zipfile.ZipFile) -> list[Example]:
    """All pictures of the archive, parted once and for all by hashes of their names.

    Many sketches were drawn after one of the photos: a photo and all sketches of it stay on one side.
    """
    names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
    drawn = {_origin(name) for name in names if "/sketch/" in name}
    photos: set[str] = set()
    for label in CLASSES:
        own = sorted((name for name in names if f"/photo/{label}/" in name), key=_hash)
        photos |= {_origin(name) for name in own[:HELD_PHOTOS]}
    found = []
    for name in names:
        _, domain, label, _ = name.split("/")
        if domain in DOMAINS:
            origin = _origin(name)
            held = origin in photos or (origin in drawn and _hash(origin) < HELD_SKETCHES)
            found.append(Example(domain, CLASSES.index(label), name, held))
    return found


def held_photos(archive: zipfile.ZipFile, each: int) -> Iterator[tuple[str, str, Image.Image]]:
    """The class, a name and the picture of ``each`` held-out photos of every class."""
    taken = dict.fromkeys(CLASSES, 0)
    for example in sorted(examples(archive), key=lambda example: _hash(example.name)):
        label = CLASSES[example.label]
        if example.domain == "photo" and example.held and taken[label] < each:
            taken[label] += 1
            yield label, Path(example.name).stem, picture(archive, example).convert("RGB")


def picture(archive: zipfile.ZipFile, example: Example) -> Image.Image:
    """The picture itself."""
    return Image.open(io.BytesIO(archive.read(example.name)))


def chains_of(archive: zipfile.ZipFile, example: Example) -> list[Chain]:
    """The lines of a sketch, or the edges of any other picture (Canny's)."""
    gray = np.asarray(picture(archive, example).convert("L"))
    return trace(_ink(gray) if example.domain == "sketch" else canny(gray / 255, sigma=2.2))


def _ink(gray: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a sketch is dark; thin lines have grown faint when the sketches were made small."""
    dark: NDArray[np.bool_] = ndimage.gaussian_filter(gray.astype(float), 0.5) < 205
    return dark


def _origin(name: str) -> str:
    """What a picture shows: the photo that a sketch was drawn of, which its own name begins with."""
    return Path(name).stem.split("-")[0]


def _hash(text: str) -> float:
    """An even number in [0, 1) that belongs to a text."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16) / 16**12
