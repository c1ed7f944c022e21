"""The embedded encoder: one small convolutional net that ships inside the package.

Its first four stages were trained so that a photo's middle features and those of a line drawing of it agree place by place; a fifth and
a decoder mark a photo's subject, another decoder its eyes and noses. Batch normalization is folded into the stored convolutions.
``structure.md`` beside this file tells what it was trained on. Knows its own weights; knows nothing of strokes or objectives.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from picasso_series.encoders import Features
from picasso_series.errors import MissingError
from picasso_series.finding import REINSTALL

WEIGHTS = "structure.npz"
STAGE_BLOCKS = (0, 1, 2, 2, 1)
SALIENCY_SIZES = (256, 320)
"""Longest sides in pixels at which a photo's subject is looked for; the maps are averaged."""
FACES_SIZES = (544, 768)
"""Longest sides in pixels at which eyes and noses, which are small, are looked for; the maps are averaged."""
ALIVE_SIZE = 224
"""Longest side in pixels at which a picture is looked at as a whole, for whether it shows anything that has a face."""
TELLING_SIZE = 448
"""Longest side in pixels at which a subject is looked at for its telling lines."""
UNALIVE = 0.2
"""How much less sure an eye is in a picture of a thing: wheels have hubs, and guitars knobs."""
CLOSER = 0.6
"""A subject whose box, with a margin, is smaller than this share of the photo's longest side is looked at again."""
COARSEST = 32
"""Pixels of the picture to one of the last stage: the sides of what is looked at are multiples of it."""


class StructureEncoder:
    """Features at 1/4 to 1/16 of a 112-pixel picture, and a map of the subject."""

    name = "structure"
    resolution = 112
    distance: Literal["cosine", "squared"] = "cosine"
    views: Literal["affine", "perspective"] = "affine"
    quick = True
    at_once: int | None = None
    # Its pictures are so small that threads wait for each other longer than they compute, many times longer on a busy machine; and
    # one thread draws the same on every machine of a kind, however many cores it has.
    threads: int | None = 1

    def __init__(self, weights: Mapping[str, Tensor], sha256: str) -> None:
        """Use folded convolutions ``<layer>.weight`` and ``.bias``; ``sha256`` names the file they came from."""
        # Channels last is the order in which a CPU's convolutions are fastest.
        self._weights = {
            name: value.contiguous(memory_format=torch.channels_last) if value.ndim == 4 else value for name, value in weights.items()
        }
        self.sha256 = sha256

    @classmethod
    def load(cls, device: str = "cpu") -> StructureEncoder:
        """Read the weights that ship with the package.

        Raises:
            MissingError: the package's weight file is missing or damaged.
        """
        try:
            data = resources.files(__package__).joinpath(WEIGHTS).read_bytes()
            with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                weights = {name: torch.from_numpy(stored[name].astype(np.float32)).to(device) for name in stored.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise MissingError(f"the embedded encoder's weights cannot be read; run `{REINSTALL}`") from error
        return cls(weights, hashlib.sha256(data).hexdigest())

    def features(self, pictures: Tensor) -> Features:
        """Middle features of stages 2 to 4 and the last stage's embedding; see :class:`~picasso_series.encoders.Encoder`."""
        stages = self._stages(pictures)
        whole = stages[4].mean((2, 3))
        return Features(stages[1:4], F.linear(whole, self._weights["embed.weight"], self._weights["embed.bias"]))

    @torch.no_grad()
    def saliency(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The subject's map: the mean of looks at two sizes; a subject that is small in its photo is looked at again, closer."""
        photo = self._photo(rgb)
        found = torch.stack([self._look(self._subject, photo, longest) for longest in SALIENCY_SIZES]).mean(0)
        rows, columns = _around(found[0, 0])
        if max(rows.stop - rows.start, columns.stop - columns.start) < CLOSER * max(rgb.shape[:2]):
            closer = self._look(self._subject, photo[:, :, rows, columns], SALIENCY_SIZES[-1])
            found[:, :, rows, columns] = (found[:, :, rows, columns] + closer) / 2
        result: NDArray[np.float32] = found[0, 0].cpu().numpy()
        return result

    @torch.no_grad()
    def faces(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Where a picture (H, W, 3) of a subject alone has eyes and noses: a map (H, W) in [0, 1].

        All of it is lower by up to :data:`UNALIVE` the less the picture looks like one of an animal or a person.
        """
        photo = self._photo(rgb)
        found = torch.stack([self._look(self._faces, photo, longest) for longest in FACES_SIZES]).mean(0)[0].amax(0)
        alive = self._look(self._alive, photo, ALIVE_SIZE).mean()
        result: NDArray[np.float32] = (found - UNALIVE * (1 - alive)).clamp(min=0).cpu().numpy()
        return result

    @torch.no_grad()
    def telling(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How telling a line at each place of a picture (H, W, 3) of a subject alone is: log odds (H, W), for a line's own to be added."""
        result: NDArray[np.float32] = self._look(self._telling, self._photo(rgb), TELLING_SIZE, torch.nn.Identity())[0, 0].cpu().numpy()
        return result

    def _photo(self, rgb: NDArray[np.uint8]) -> Tensor:
        device = self._weights["head.bias"].device
        return torch.from_numpy(rgb.copy()).to(device).permute(2, 0, 1)[None].float() / 255

    def _look(
        self, see: Callable[[Tensor], Tensor], photo: Tensor, longest: int, scale: Callable[[Tensor], Tensor] = torch.sigmoid
    ) -> Tensor:
        """The maps (1, k, H, W) of a photo (1, 3, H, W) seen with so many pixels, the mean of its own and its mirror image's.

        What is seen are log odds; ``scale`` makes of them what is averaged, chances as a rule.
        """
        height, width = (max(1, round(longest * side / max(photo.shape[2:]) / COARSEST)) * COARSEST for side in photo.shape[2:])
        small = F.interpolate(photo, size=(height, width), mode="bilinear", align_corners=False, antialias=True)
        both = scale(see(torch.cat([small, small.flip(3)])))
        mean = (both[:1] + both[1:].flip(3)) / 2
        return F.interpolate(mean, size=photo.shape[2:], mode="bilinear", align_corners=False)

    def _conv(self, name: str, x: Tensor, stride: int = 1) -> Tensor:
        weight = self._weights[f"{name}.weight"]
        return F.conv2d(x, weight, self._weights[f"{name}.bias"], stride=stride, padding=weight.shape[-1] // 2)

    def _stages(self, pictures: Tensor) -> tuple[Tensor, ...]:
        x = ((pictures - 0.5) * 2).contiguous(memory_format=torch.channels_last)
        found = []
        for stage, blocks in enumerate(STAGE_BLOCKS, start=1):
            x = F.relu(self._conv(f"stage{stage}.down", x, stride=2))
            for block in range(1, blocks + 1):
                inner = F.relu(self._conv(f"stage{stage}.block{block}.first", x))
                x = F.relu(x + self._conv(f"stage{stage}.block{block}.second", inner))
            found.append(x)
        return tuple(found)

    def _subject(self, pictures: Tensor) -> Tensor:
        """Logits of the subject's map at half the pictures' resolution."""
        return self._decoded(self._stages(pictures), "")

    def _faces(self, pictures: Tensor) -> Tensor:
        """Logits of the maps of eyes and noses at half the pictures' resolution; the last stage is not needed for them."""
        return self._decoded(self._stages(pictures)[:4], "face.")

    def _alive(self, pictures: Tensor) -> Tensor:
        """How much whole pictures are of what has a face, logits (B, 1, 1, 1)."""
        whole = self._stages(pictures)[3].mean((2, 3))
        return F.linear(whole, self._weights["face.alive.weight"], self._weights["face.alive.bias"])[..., None, None]

    def _telling(self, pictures: Tensor) -> Tensor:
        """How telling lines at each place are, log odds at a quarter of the pictures' resolution."""
        _, fine, coarse, *_ = self._stages(pictures)
        seen = F.interpolate(self._conv("line.coarse", coarse), size=fine.shape[2:], mode="bilinear", align_corners=False)
        return self._conv("line.fine", fine) + seen

    def _decoded(self, stages: Sequence[Tensor], decoder: str) -> Tensor:
        """The stages merged from the coarsest up."""
        x = self._conv(f"{decoder}lateral{len(stages)}", stages[-1])
        for level in range(len(stages) - 1, 0, -1):
            finer = stages[level - 1]
            x = F.relu(self._conv(f"{decoder}narrow{level}", x))
            x = F.interpolate(x, size=finer.shape[2:], mode="bilinear", align_corners=False) + self._conv(f"{decoder}lateral{level}", finer)
            x = F.relu(self._conv(f"{decoder}merge{level}", x))
        return self._conv(f"{decoder}head", x)


def _around(found: Tensor) -> tuple[slice, slice]:
    """Rows and columns of what stands out in a map (H, W), with a margin; all of them when nothing does."""
    there = found >= 0.5 * found.max()
    rows, columns = there.any(1).nonzero(), there.any(0).nonzero()
    first, last = (rows.min(), columns.min()), (rows.max(), columns.max())
    margin = 4 + int(0.2 * max(int(b - a) for a, b in zip(first, last, strict=True)))
    top, left = (max(0, int(a) - margin) for a in first)
    bottom, right = (min(side, int(b) + 1 + margin) for side, b in zip(found.shape, last, strict=True))
    return slice(top, bottom), slice(left, right)
