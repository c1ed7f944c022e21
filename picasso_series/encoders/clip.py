"""CLIP behind the protocols: what CLIPasso looks with.

Middle layers and embedding of one of CLIP's image towers, for the loss; the attention of OpenAI's ViT-B/32, for where the eye goes. Where
weights lie is the business of ``weights``.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from picasso_series.encoders import Features, weights
from picasso_series.encoders.towers import ResidualTower, Tower, TransformerTower, make_tower
from picasso_series.encoders.weights_table import Entry, Normalization, resolve
from picasso_series.errors import BadInputError

AT_ONCE = {"cpu": 5, "other": 160}
"""Pictures that are looked at together: a processor gains nothing by more than the five views of one drawing, and RN101 keeps some
150 MB for each in float32."""


class ClipEncoder:
    """Features of one of CLIP's image towers."""

    distance: Literal["cosine", "squared"] = "squared"
    views: Literal["affine", "perspective"] = "perspective"
    quick = False
    threads: int | None = None

    def __init__(self, entry: Entry, tower: Tower, sha256: str, device: str = "cpu") -> None:
        """Look through ``tower``, made of the weights ``entry`` in the file of hash ``sha256``."""
        self.name = f"clip:{entry.name}"
        self.resolution = tower.resolution
        self.sha256 = sha256
        self.at_once: int | None = AT_ONCE["cpu" if device == "cpu" else "other"]
        self._entry, self._tower, self._device = entry, tower, device
        self._mean, self._spread = _normalization(entry.normalization, device)

    @classmethod
    def load(cls, model: str | Entry, device: str = "cpu") -> ClipEncoder:
        """Read a model's cached weights.

        Any weights in the cache will do, open_clip's ``model/pretrained`` too, so long as they are those of a residual tower or a vision
        transformer of CLIP's kind.

        Raises:
            UsageError: there are no weights of that name.
            MissingError: they are not in the cache.
            BadInputError: they are damaged, or of another kind.
        """
        entry = resolve(model)
        tower, sha256 = _load_tower(entry, device)
        return cls(entry, tower, sha256, device)

    @property
    def dtype(self) -> torch.dtype:
        """In which numbers features are computed; they are given as float32."""
        return self._tower.dtype

    def converted(self, dtype: torch.dtype) -> ClipEncoder:
        """The same encoder, computing in other numbers."""
        return ClipEncoder(self._entry, self._tower.converted(dtype), self.sha256, self._device)

    def features(self, pictures: Tensor) -> Features:
        """See :class:`~picasso_series.encoders.Encoder`; the layers are those of :mod:`~picasso_series.encoders.towers`."""
        found = self._tower.features((pictures - self._mean) / self._spread)
        return Features(tuple(layer.float() for layer in found.layers), found.embedding.float())


class ClipAttention:
    """The attention of a vision transformer's class token, as saliency."""

    def __init__(self, entry: Entry, tower: TransformerTower, sha256: str, device: str = "cpu") -> None:
        """Look through ``tower``, made of the weights ``entry`` in the file of hash ``sha256``."""
        self.name, self.sha256 = f"clip:{entry.name}", sha256
        self._tower, self._device = tower, device
        self._mean, self._spread = _normalization(entry.normalization, device)

    @classmethod
    def load(cls, model: str | Entry, device: str = "cpu") -> ClipAttention:
        """Read a model's cached weights.

        Raises:
            UsageError: there are no weights of that name.
            MissingError: they are not in the cache.
            BadInputError: they are damaged, or not those of a vision transformer.
        """
        entry = resolve(model)
        tower, sha256 = _load_tower(entry, device)
        if not isinstance(tower, TransformerTower):
            raise BadInputError(f"the weights of CLIP's {entry.name} are those of another model; fetch them again")
        return cls(entry, tower, sha256, device)

    @torch.no_grad()
    def saliency(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How much the class token attends to each place of a photo (H, W, 3), mean over heads and blocks: float32 (H, W), 0 to 1."""
        tower = self._tower
        photo = torch.from_numpy(np.ascontiguousarray(rgb)).to(self._device).permute(2, 0, 1)[None].float() / 255
        size = (tower.resolution, tower.resolution)
        small = F.interpolate(photo, size=size, mode="bicubic", align_corners=False, antialias=True).clamp(0, 1)
        attended = tower.attention((small - self._mean) / self._spread)[:, None]
        large = F.interpolate(attended, size=photo.shape[2:], mode="bicubic", align_corners=False)[0, 0]
        spread = (large.max() - large.min()).clamp_min(1e-12)
        result: NDArray[np.float32] = ((large - large.min()) / spread).cpu().numpy()
        return result


def _load_tower(entry: Entry, device: str) -> tuple[ResidualTower | TransformerTower, str]:
    """The tower of cached weights, and the hash of their file."""
    record = weights.verify(entry)
    return make_tower(weights.load_visual(entry), device, quick_gelu=entry.quick_gelu), record.sha256


def _normalization(of: Normalization, device: str) -> tuple[Tensor, Tensor]:
    mean, spread = (torch.tensor(values, device=device).view(1, 3, 1, 1) for values in (of.mean, of.spread))
    return mean, spread
