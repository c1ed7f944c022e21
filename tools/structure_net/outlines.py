"""Photos whose subjects were outlined by a look at them, and which of the net's own maps a look found wrong.

The outlines in ``outlines.json`` were made for this project, mostly of photos of the ImageNet sample in which the net was not sure of the
subject: what it had found, where that was right, else corrected by polygons along the subject's edge. ``outlines`` holds by a picture's
path in its archive the subject's closed rings as flat lists x, y, ... in thousandths of the picture's sides (a ring within another is a
hole), ``wrong`` the photos whose maps the net was sure of but that lack a part of the subject or hold what is none of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from tools.structure_net.arrays import Shelf
from tools.structure_net.teacher import Taught

OUTLINES = Path(__file__).with_name("outlines.json")
FINER = 4
"""Rings are filled in a picture so many times finer, for smooth edges."""


@dataclass(frozen=True, eq=False)
class Outlines:
    """What a look at the photos found: rings by name, and the names of photos with misleading maps."""

    rings: dict[str, list[list[int]]]
    wrong: frozenset[str]

    def of(self, photos: Shelf) -> Taught:
        """Those of the photos that are outlined, with their maps."""
        chosen = photos.only(np.isin(photos.name, sorted(self.rings)))
        side = chosen.pixels.shape[1]
        return Taught(chosen, np.stack([fill(self.rings[str(name)], side) for name in chosen.name]))


def load_outlines() -> Outlines:
    """Read what was found."""
    stored = json.loads(OUTLINES.read_text())
    return Outlines(stored["outlines"], frozenset(stored["wrong"]))


def fill(rings: Sequence[Sequence[int]], side: int) -> NDArray[np.uint8]:
    """A square map (side, side), 255 within an odd number of rings."""
    map_ = Image.new("L", (FINER * side, FINER * side), 0)
    for ring in rings:
        inside = Image.new("L", map_.size, 0)
        scaled = [at * FINER * side / 1000 for at in ring]
        ImageDraw.Draw(inside).polygon(list(zip(scaled[::2], scaled[1::2], strict=True)), fill=255)
        map_ = ImageChops.difference(map_, inside)
    return np.asarray(map_.resize((side, side), Image.Resampling.BOX))
