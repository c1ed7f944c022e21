"""Small towers of CLIP's kinds, a cache that holds them, and something to look at."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from plain_clip import State, residual_state, transformer_state
from torch import Tensor

from picasso_series.encoders.weights_table import Entry, resolve
from picasso_series.errors import MissingError

SEED = 3
STATES: dict[str, State] = {"RN101": residual_state(), "RN50": residual_state(seed=1), "ViT-B-32": transformer_state()}


def pictures() -> Tensor:
    print(f"seed {SEED}")
    return torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(SEED))


def photo(height: int = 90, width: int = 70) -> np.ndarray:
    print(f"seed {SEED}")
    return np.random.default_rng(SEED).integers(0, 256, (height, width, 3), np.uint8)


class Cache:
    """Weights in place of the program's: those of ``STATES`` that are cached, by file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.damaged = False

    def put(self, name: str) -> Path:
        path = self._folder / name
        path.write_text(name)
        return path

    def find(self, name: str | Entry) -> Path | None:
        path = self._folder / resolve(name).stem
        return path if path.exists() else None

    def verify(self, name: str | Entry) -> SimpleNamespace:
        path = self.find(name)
        if path is None:
            raise MissingError(f"the weights of {resolve(name).name} are not here; run picasso-series weights fetch")
        return SimpleNamespace(sha256=path.name[::-1])

    def load_visual(self, name: str | Entry) -> State:
        self.verify(name)
        return {} if self.damaged else STATES[resolve(name).model]
