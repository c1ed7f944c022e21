"""The prepared arrays in memory, split into what training may see and what is kept for measuring."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Shelf:
    """Pictures of one kind: pixels (N, H, W, channels), ink (N, kinds, h, w), labels, domains and names, each (N,)."""

    pixels: NDArray[np.uint8]
    ink: NDArray[np.uint8]
    label: NDArray[np.int64]
    domain: NDArray[np.int64]
    name: NDArray[np.str_]

    def only(self, which: NDArray[np.bool_]) -> Shelf:
        """The pictures that ``which`` (N,) marks."""
        return Shelf(self.pixels[which], self.ink[which], self.label[which], self.domain[which], self.name[which])

    def joined(self, more: Shelf) -> Shelf:
        """These pictures, then ``more``."""
        return Shelf(
            np.concatenate([self.pixels, more.pixels]),
            np.concatenate([self.ink, more.ink]),
            np.concatenate([self.label, more.label]),
            np.concatenate([self.domain, more.domain]),
            np.concatenate([self.name, more.name]),
        )

    def planes(self, numbers: NDArray[np.int64]) -> Tensor:
        """Pictures by number: float (B, channels, H, W) in [0, 1]."""
        return torch.from_numpy(self.pixels[numbers]).permute(0, 3, 1, 2).float().div_(255)

    def drawings(self, numbers: NDArray[np.int64], kinds: NDArray[np.int64]) -> Tensor:
        """Ink of pictures by number, one kind of drawing each: float (B, 1, h, w), 1 where it is black."""
        return torch.from_numpy(self.ink[numbers, kinds])[:, None].float().div_(255)


def load(work: Path, name: str, held_out: bool) -> Shelf:
    """The pictures of ``name`` ("cutouts" or "photos") for training, or those held out from it."""
    with np.load(work / f"{name}.npz") as stored:
        which = stored["held_out"] == held_out
        return Shelf(stored["pixels"], stored["ink"], stored["label"], stored["domain"], stored["name"]).only(which)
