"""The shapes of CLIP's image towers: what can be read off a tower's tensors, and what each model's name promises.

Knows shapes and names of models; knows no weights. The shapes are those of open_clip's model configurations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt
from typing import Literal


@dataclass(frozen=True)
class Architecture:
    """The shape of an image tower, as far as it can be read off its tensors.

    Attributes:
        kind: a residual network with attention pooling, or a vision transformer.
        width: channels of the first stage, or of the transformer.
        layers: blocks of each stage; one number for a transformer.
        resolution: side in pixels of its pictures.
        dimension: length of its embedding.
        patch: side in pixels of a transformer's patches, 0 for a residual network.
    """

    kind: Literal["resnet", "vit"]
    width: int
    layers: tuple[int, ...]
    resolution: int
    dimension: int
    patch: int = 0

    @classmethod
    def of(cls, shapes: Mapping[str, tuple[int, ...]]) -> Architecture | None:
        """The architecture of a tower whose tensors have these ``shapes``, or None where it is of no kind that is known here."""
        try:
            if "proj" in shapes:
                width, _, patch, _ = shapes["conv1.weight"]
                side = isqrt(shapes["positional_embedding"][0] - 1)
                depth = _count(shapes, "transformer.resblocks.")
                return cls("vit", width, (depth,), side * patch, shapes["proj"][1], patch)
            stages = tuple(_count(shapes, f"layer{stage}.") for stage in (1, 2, 3, 4))
            side = isqrt(shapes["attnpool.positional_embedding"][0] - 1)
            return cls("resnet", shapes["layer1.0.conv1.weight"][0], stages, side * 32, shapes["attnpool.c_proj.weight"][0])
        except (KeyError, IndexError, ValueError):
            return None


def _residual(width: int, layers: tuple[int, ...], resolution: int, dimension: int) -> Architecture:
    return Architecture("resnet", width, layers, resolution, dimension)


def _base(patch: int, resolution: int = 224) -> Architecture:
    return Architecture("vit", 768, (12,), resolution, 512, patch)


def _large(patch: int, resolution: int = 224) -> Architecture:
    return Architecture("vit", 1024, (24,), resolution, 768, patch)


def _huge(resolution: int = 224) -> Architecture:
    return Architecture("vit", 1280, (32,), resolution, 1024, 14)


def _gigantic(resolution: int = 224) -> Architecture:
    return Architecture("vit", 1664, (48,), resolution, 1280, 14)


MODELS: Mapping[str, Architecture] = {
    "RN50": _residual(64, (3, 4, 6, 3), 224, 1024),
    "RN101": _residual(64, (3, 4, 23, 3), 224, 512),
    "RN50x4": _residual(80, (4, 6, 10, 6), 288, 640),
    "RN50x16": _residual(96, (6, 8, 18, 8), 384, 768),
    "RN50x64": _residual(128, (3, 15, 36, 10), 448, 1024),
    "ViT-B-32": _base(32),
    "ViT-B-32-256": _base(32, 256),
    "ViT-B-16": _base(16),
    "ViT-B-16-plus-240": Architecture("vit", 896, (12,), 240, 640, 16),
    "ViT-L-14": _large(14),
    "ViT-L-14-336": _large(14, 336),
    "ViT-L-14-worldwide": _large(14),
    "ViT-H-14": _huge(),
    "ViT-H-14-378": _huge(378),
    "ViT-H-14-worldwide": _huge(),
    "ViT-H-14-worldwide-378": _huge(378),
    "ViT-g-14": Architecture("vit", 1408, (40,), 224, 1024, 14),
    "ViT-bigG-14": _gigantic(),
    "ViT-bigG-14-worldwide": _gigantic(),
    "ViT-bigG-14-worldwide-378": _gigantic(378),
    "roberta-ViT-B-32": _base(32),
    "xlm-roberta-base-ViT-B-32": _base(32),
    "xlm-roberta-large-ViT-H-14": _huge(),
    "nllb-clip-base": _base(32),
    "nllb-clip-large": _huge(),
}
"""open_clip's models whose image towers are of the two kinds that :mod:`~picasso_series.encoders.towers` knows."""


def _count(shapes: Mapping[str, tuple[int, ...]], prefix: str) -> int:
    """How many numbered blocks stand under ``prefix``."""
    return len({name[len(prefix) :].split(".")[0] for name in shapes if name.startswith(prefix)})
