"""CLIP behind the encoder protocol: what CLIPasso looks with.

Middle layers and embedding of one of OpenAI's image towers, for the loss; the attention of its ViT-B/32, for where the eye goes. Knows
how pictures are normalized and by which names models go; where weights lie is the business of ``weights``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from picasso_series.encoders import Features
from picasso_series.encoders.towers import Tower, TransformerTower, make_tower
from picasso_series.encoders.weights_table import resolve
from picasso_series.errors import BadInputError

DEFAULT_MODEL = "RN101"
"""CLIPasso's model for the loss."""
ATTENTION_MODEL = "ViT-B-32"
"""CLIPasso's model for where the eye goes."""
MEAN = (0.48145466, 0.4578275, 0.40821073)
SPREAD = (0.26862954, 0.26130258, 0.27577711)
"""Mean and standard deviation by which CLIP's pictures are normalized (openai/CLIP, clip/clip.py)."""


AT_ONCE = {"cpu": 5, "other": 160}
"""Pictures that are looked at together: a processor gains nothing by more than the five views of one drawing, and RN101 keeps some
150 MB for each in float32."""


class ClipEncoder:
    """Features of one of CLIP's image towers, and the attention of ViT-B/32 as saliency."""

    distance: Literal["cosine", "squared"] = "squared"
    views: Literal["affine", "perspective"] = "perspective"
    quick = False
    threads: int | None = None

    def __init__(self, model: str, tower: Tower, sha256: str, attention: Callable[[], Tower], device: str = "cpu") -> None:
        """Look through ``tower``; ``attention`` gives a ViT-B/32 when saliency is first asked for. ``sha256`` is the weight file's."""
        self.name = f"clip:{model}"
        self.resolution = tower.resolution
        self.sha256 = sha256
        self.at_once: int | None = AT_ONCE["cpu" if device == "cpu" else "other"]
        self._model, self._tower, self._attention, self._device = model, tower, attention, device
        self._watching: TransformerTower | None = None
        self._mean, self._spread = (torch.tensor(values, device=device).view(1, 3, 1, 1) for values in (MEAN, SPREAD))

    @classmethod
    def load(cls, model: str, device: str = "cpu") -> ClipEncoder:
        """Read a model's cached weights.

        Any weights in the cache will do, open_clip's ``model/pretrained`` too, so long as they are those of a residual tower or a vision
        transformer of CLIP's kind.

        Raises:
            UsageError: there are no weights of that name.
            MissingError: they are not in the cache.
            BadInputError: they are damaged, or of another kind.
        """
        from picasso_series.encoders import weights

        entry = resolve(model)
        record = weights.verify(entry)
        # OpenAI trained with QuickGELU; open_clip says so in the model's name where others did.
        quick = entry.pretrained == "openai" or entry.model.endswith("-quickgelu")
        tower = make_tower(weights.load_visual(entry), device, quick_gelu=quick)
        return cls(entry.name, tower, record.sha256, lambda: make_tower(weights.load_visual(ATTENTION_MODEL), device), device)

    @property
    def dtype(self) -> torch.dtype:
        """In which numbers features are computed; they are given as float32."""
        return self._tower.dtype

    def converted(self, dtype: torch.dtype) -> ClipEncoder:
        """The same encoder, computing in other numbers."""
        other = ClipEncoder(self._model, self._tower.converted(dtype), self.sha256, self._attention, self._device)
        other._watching = self._watching
        return other

    def features(self, pictures: Tensor) -> Features:
        """See :class:`~picasso_series.encoders.Encoder`; the layers are those of :mod:`~picasso_series.encoders.towers`."""
        found = self._tower.features((pictures - self._mean) / self._spread)
        return Features(tuple(layer.float() for layer in found.layers), found.embedding.float())

    @torch.no_grad()
    def saliency(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How much ViT-B/32's class token attends to each place, mean over heads and blocks (CLIPasso), from lowest 0 to highest 1.

        Raises:
            MissingError: its weights are not in the cache.
            BadInputError: its weights are damaged.
        """
        tower = self._watching = self._watching or self._watching_tower()
        photo = torch.from_numpy(np.ascontiguousarray(rgb)).to(self._device).permute(2, 0, 1)[None].float() / 255
        size = (tower.resolution, tower.resolution)
        small = F.interpolate(photo, size=size, mode="bicubic", align_corners=False, antialias=True).clamp(0, 1)
        attended = tower.attention((small - self._mean) / self._spread)[:, None]
        large = F.interpolate(attended, size=photo.shape[2:], mode="bicubic", align_corners=False)[0, 0]
        spread = (large.max() - large.min()).clamp_min(1e-12)
        result: NDArray[np.float32] = ((large - large.min()) / spread).cpu().numpy()
        return result

    def _watching_tower(self) -> TransformerTower:
        if isinstance(self._tower, TransformerTower) and self._model == ATTENTION_MODEL:
            return self._tower
        tower = self._attention()
        if not isinstance(tower, TransformerTower):
            raise BadInputError(f"the weights of CLIP's {ATTENTION_MODEL} are those of another model; fetch them again")
        return tower
