"""The embedded encoder: two small convolutional nets that ship inside the package.

One net was trained so that a photo's middle features and those of a line drawing of it agree place by place; the other marks a photo's
subject. Both have the same four stages of residual blocks, stored with their batch normalization folded into the convolutions.
``structure.md`` beside this file tells what they were trained on. Knows its own weights; knows nothing of strokes or objectives.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping
from importlib import resources
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from picasso_series.encoders import Features
from picasso_series.errors import MissingError

WEIGHTS = "structure.npz"
STAGE_BLOCKS = (1, 1, 2, 1)
SALIENCY_SIZES = (112, 144)


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
        """Use folded convolutions ``<net>.<layer>.weight`` and ``.bias``; ``sha256`` names the file they came from."""
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
            raise MissingError("the embedded encoder's weights cannot be read; install picasso-series again") from error
        return cls(weights, hashlib.sha256(data).hexdigest())

    def features(self, pictures: Tensor) -> Features:
        """Middle features of stages 2 to 4 and their mean over the picture as embedding; see :class:`~picasso_series.encoders.Encoder`."""
        stages = self._stages("features", pictures)
        return Features(stages[1:], stages[3].mean((2, 3)))

    @torch.no_grad()
    def saliency(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Mean of the maps of two sizes of the photo, each with its mirror image."""
        device = self._weights["saliency.head.bias"].device
        photo = torch.from_numpy(rgb.copy()).to(device).permute(2, 0, 1)[None].float() / 255
        total = torch.zeros(1, 1, *photo.shape[2:], device=device)
        for size in SALIENCY_SIZES:
            small = F.interpolate(photo, size=(size, size), mode="bilinear", align_corners=False, antialias=True)
            both = torch.sigmoid(self._subject(torch.cat([small, small.flip(3)])))
            mean = (both[:1] + both[1:].flip(3)) / 2
            total += F.interpolate(mean, size=photo.shape[2:], mode="bilinear", align_corners=False)
        result: NDArray[np.float32] = (total / len(SALIENCY_SIZES))[0, 0].cpu().numpy()
        return result

    def _conv(self, name: str, x: Tensor, stride: int = 1) -> Tensor:
        weight = self._weights[f"{name}.weight"]
        return F.conv2d(x, weight, self._weights[f"{name}.bias"], stride=stride, padding=weight.shape[-1] // 2)

    def _stages(self, net: str, pictures: Tensor) -> tuple[Tensor, ...]:
        x = ((pictures - 0.5) * 2).contiguous(memory_format=torch.channels_last)
        found = []
        for stage, blocks in enumerate(STAGE_BLOCKS, start=1):
            x = F.relu(self._conv(f"{net}.stage{stage}.down", x, stride=2))
            for block in range(1, blocks + 1):
                inner = F.relu(self._conv(f"{net}.stage{stage}.block{block}.first", x))
                x = F.relu(x + self._conv(f"{net}.stage{stage}.block{block}.second", inner))
            found.append(x)
        return tuple(found)

    def _subject(self, pictures: Tensor) -> Tensor:
        """Logits of the subject's map: the stages merged from the coarsest up."""
        stages = self._stages("saliency", pictures)
        x = self._conv("saliency.lateral4", stages[3])
        for level in (3, 2, 1):
            finer = stages[level - 1]
            x = F.interpolate(x, size=finer.shape[2:], mode="bilinear", align_corners=False) + self._conv(f"saliency.lateral{level}", finer)
            x = F.relu(self._conv(f"saliency.merge{level}", x))
        return self._conv("saliency.head", x)
