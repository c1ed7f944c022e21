"""Pictures in which eyes and noses are marked, and batches of them for training.

The marks in ``faces.json`` were made for this project by looking at the pictures, then moved to the dark spot nearby: by a picture's
path in its archive, ``eyes`` and ``noses`` as [x, y, diameter], x in widths of the picture, y in heights, diameters in its longer sides.
Where ``unsure`` is true there may be others, or such as nobody could tell.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from picasso_series.faces import SPREAD
from tools.structure_net.archives import CUTOUTS, PACS, SAMPLE, read
from tools.structure_net.split import is_held_out
from tools.structure_net.warp import Rng, blur, chance, grain, grids, recolor, see, uniform

MARKS = Path(__file__).with_name("faces.json")
KINDS = ("eyes", "noses")
SIDE = 224
"""Pictures are kept in squares of so many pixels."""
LEAST = 1.6
"""A mark's Gaussian bump has a deviation of at least so many pixels of the square."""
AROUND = 3.0
"""In pictures where other marks may be missing only what is within so many diameters of a mark counts."""
WITHOUT = 0.35
"""How often a picture without a face is looked at, against 1 for one with some."""
FACELESS = ("food__", "clothes__", "household__", "vehicles__", "hobbies__")
"""Cut-outs without faces, by the beginnings of their names."""


@dataclass(frozen=True, eq=False)
class Faces:
    """Pictures with marks.

    Attributes:
        names: paths in the archives, (N,).
        planes: uint8 (N, SIDE, SIDE, 4), sRGB and how much of each pixel is subject, all of a photo's; not premultiplied.
        marks: per picture, (k, 4): kind, x and y in pixels of the square, diameter in its pixels.
        unsure: bool (N,), whether there may be others.
    """

    names: NDArray[np.str_]
    planes: NDArray[np.uint8]
    marks: tuple[NDArray[np.float64], ...]
    unsure: NDArray[np.bool_]

    def targets(self, numbers: NDArray[np.int64]) -> Tensor:
        """Bumps where marks of each kind are, and where they count: (B, 3, SIDE, SIDE)."""
        y, x = np.mgrid[:SIDE, :SIDE] + 0.5
        found = np.zeros((len(numbers), 3, SIDE, SIDE), np.float32)
        for picture, number in zip(found, numbers.tolist(), strict=True):
            picture[2] = not self.unsure[number]
            for kind, across, down, diameter in self.marks[number]:
                away = np.hypot(x - across, y - down)
                bump = np.exp(-0.5 * (away / max(LEAST, SPREAD * diameter)) ** 2)
                np.maximum(picture[int(kind)], bump, out=picture[int(kind)])
                picture[2][away < AROUND * max(diameter, 6)] = 1
        return torch.from_numpy(found)

    def batch(self, rng: Rng, count: int, side: int) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures (count, 3, side, side), bumps at half their resolution (count, 2, side / 2, side / 2), and where those count."""
        numbers = rng.choice(len(self.names), count, p=self._chances())
        source = torch.from_numpy(self.planes[numbers]).permute(0, 3, 1, 2).float().div_(255)
        grid = grids(rng, count, side, (0.4, 1.4), 0.35, 0.2)
        planes = see(torch.cat([source, torch.ones(count, 1, SIDE, SIDE)], 1), grid, "zeros")
        color, alpha, there = planes[:, :3], planes[:, 3:4], planes[:, 4:]
        paper = torch.from_numpy(rng.random((count, 3, 1, 1)).astype(np.float32))
        paper = torch.lerp(torch.ones_like(paper), paper, chance(rng, count, 0.3))
        alone = torch.maximum(chance(rng, count, 0.65), 1 - there)
        picture = recolor(rng, color, 0.8)
        picture = torch.lerp(picture, picture * alpha + paper * (1 - alpha), alone)
        if rng.random() < 0.3:
            picture = blur(picture, 1)
        light = 1 + uniform(rng, count, -0.3, 0.3) * torch.linspace(-1, 1, side).view(1, 1, 1, -1)
        goal = see(self.targets(numbers), grid, "zeros")[:, :, ::2, ::2]
        return grain(rng, (picture * light).clamp(0, 1), 0.04), goal[:, :2], torch.maximum(goal[:, 2:], 1 - there[:, :, ::2, ::2])

    def _chances(self) -> NDArray[np.float64]:
        """How often each picture is looked at: those without a face, of which there are more, more rarely."""
        weights = np.array([1.0 if len(marks) else WITHOUT for marks in self.marks])
        return weights / weights.sum()

    def cut_out(self, find_subject: Callable[[NDArray[np.uint8]], NDArray[np.float32]]) -> Faces:
        """The same with subjects found in the photos, of which none is known."""
        planes = self.planes.copy()
        for name, square in zip(self.names, planes, strict=True):
            if not name.startswith("cutouts/"):
                square[..., 3] = square[..., 3] * np.clip(2.5 * find_subject(square[..., :3]) - 0.75, 0, 1)
        return replace(self, planes=planes)


def store_faces(data: Path, work: Path) -> None:
    """Write ``faces.npz``: the marked pictures of the archives, and cut-outs of things without a face."""
    marked = json.loads(MARKS.read_text())
    names, planes, unsure = [], [], []
    marks: list[tuple[int, int, float, float, float]] = []
    for archive in (CUTOUTS, SAMPLE, PACS):
        for name, rgba in read(data / archive, "RGBA"):
            entry = {} if PurePosixPath(name).name.startswith(FACELESS) else marked.get(name)
            if entry is None:
                continue
            square, width, height = _squared(rgba)
            for kind, label in enumerate(KINDS):
                marks += [(len(names), kind, x * width, y * height, size * SIDE) for x, y, size in entry.get(label, ())]
            names.append(name)
            planes.append(square)
            unsure.append(bool(entry.get("unsure", False)))
    held_out = [is_held_out(name) for name in names]
    np.savez(work / "faces.npz", names=names, planes=np.stack(planes), marks=np.array(marks), unsure=unsure, held_out=held_out)


def load_faces(work: Path, held_out: bool) -> Faces:
    """The pictures for training, or those held out from it."""
    with np.load(work / "faces.npz") as stored:
        which = np.flatnonzero(stored["held_out"] == held_out)
        marks = stored["marks"]
        of_each = tuple(marks[marks[:, 0] == number, 1:] for number in which)
        return Faces(stored["names"][which], stored["planes"][which], of_each, stored["unsure"][which])


def _squared(rgba: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int, int]:
    """A picture in the upper left of a square of SIDE pixels, its longer side as long as that; its width and height there."""
    scale = SIDE / max(rgba.shape[:2])
    height, width = (max(1, round(length * scale)) for length in rgba.shape[:2])
    square = np.zeros((SIDE, SIDE, 4), np.uint8)
    square[:height, :width] = np.asarray(Image.fromarray(rgba).resize((width, height), Image.Resampling.BICUBIC))
    return square, width, height
