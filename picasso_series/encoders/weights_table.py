"""The CLIP weights that are known by name: where they come from, their hashes, and the shape of their image towers.

Knows names, addresses and shapes; knows no files and no network. The addresses and hashes are those of OpenAI's own release, the shapes
those of open_clip's model configurations.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt
from typing import Literal

from picasso_series.errors import UsageError

CLIPASSO = ("RN101", "ViT-B-32")
"""The models of the paper: the first for the loss, the second for where the eye goes."""

_HOST = "https://openaipublic.azureedge.net/clip/models"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,99}/[A-Za-z0-9][\w.-]{0,99}", re.ASCII)


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


@dataclass(frozen=True)
class Entry:
    """Weights that have a name.

    Attributes:
        name: what they are called here: ``RN101``, or ``model/pretrained`` where they are not in the table.
        model: open_clip's name of the model.
        pretrained: open_clip's name of the training.
        url: where the file comes from, empty where it can only be imported.
        sha256: hash of that very file, empty where none is known.
        hub: repository of the Hugging Face hub whose ``open_clip_model.safetensors`` holds the same weights, empty where none is known.
        architecture: shape of the image tower, None where it is not known.
    """

    name: str
    model: str
    pretrained: str
    url: str = ""
    sha256: str = ""
    hub: str = ""
    architecture: Architecture | None = None

    @property
    def stem(self) -> str:
        """Its name as the beginning of a file's name."""
        return self.name.replace("/", ".")


def _openai(name: str, sha256: str, file: str, hub: str, architecture: Architecture) -> Entry:
    return Entry(name, name, "openai", f"{_HOST}/{sha256}/{file}", sha256, f"timm/{hub}.openai", architecture)


TABLE = (
    _openai(
        "RN101",
        "8fa8567bab74a42d41c5915025a8e4538c3bdbe8804a470a72f30b0d94fab599",
        "RN101.pt",
        "resnet101_clip",
        Architecture("resnet", 64, (3, 4, 23, 3), 224, 512),
    ),
    _openai(
        "ViT-B-32",
        "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af",
        "ViT-B-32.pt",
        "vit_base_patch32_clip_224",
        Architecture("vit", 768, (12,), 224, 512, 32),
    ),
    _openai(
        "RN50",
        "afeb0e10f9e5a86da6080e35cf09123aca3b358a0c3e3b6c78a7b63bc04b6762",
        "RN50.pt",
        "resnet50_clip",
        Architecture("resnet", 64, (3, 4, 6, 3), 224, 1024),
    ),
    _openai(
        "RN50x4",
        "7e526bd135e493cef0776de27d5f42653e6b4c8bf9e0f653bb11773263205fdd",
        "RN50x4.pt",
        "resnet50x4_clip",
        Architecture("resnet", 80, (4, 6, 10, 6), 288, 640),
    ),
    _openai(
        "RN50x16",
        "52378b407f34354e150460fe41077663dd5b39c54cd0bfd2b27167a4a06ec9aa",
        "RN50x16.pt",
        "resnet50x16_clip",
        Architecture("resnet", 96, (6, 8, 18, 8), 384, 768),
    ),
    _openai(
        "RN50x64",
        "be1cfb55d75a9666199fb2206c106743da0f6468c9d327f3e0d0a543a9919d9c",
        "RN50x64.pt",
        "resnet50x64_clip",
        Architecture("resnet", 128, (3, 15, 36, 10), 448, 1024),
    ),
    _openai(
        "ViT-B-16",
        "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f",
        "ViT-B-16.pt",
        "vit_base_patch16_clip_224",
        Architecture("vit", 768, (12,), 224, 512, 16),
    ),
    _openai(
        "ViT-L-14",
        "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836",
        "ViT-L-14.pt",
        "vit_large_patch14_clip_224",
        Architecture("vit", 1024, (24,), 224, 768, 14),
    ),
    _openai(
        "ViT-L-14-336",
        "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02",
        "ViT-L-14-336px.pt",
        "vit_large_patch14_clip_336",
        Architecture("vit", 1024, (24,), 336, 768, 14),
    ),
)


def resolve(name: str | Entry) -> Entry:
    """Return what ``name`` stands for: ``RN101``, ``RN101/openai``, OpenAI's ``ViT-B/32``, or any other ``model/pretrained``.

    Raises:
        UsageError: the name is none of these.
    """
    if isinstance(name, Entry):
        return name
    plain = name.removesuffix("/openai").removesuffix("-quickgelu").replace("@336px", "-336")
    for entry in TABLE:
        if entry.name in (plain, plain.replace("/", "-")):
            return entry
    if _NAME.fullmatch(name):
        model, pretrained = name.split("/")
        return Entry(name, model, pretrained)
    known = [entry.name for entry in TABLE]
    close = difflib.get_close_matches(plain, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"use {', '.join(known)}, or open_clip's model/pretrained"
    raise UsageError(f"no weights are called {name!r}; {hint}")


def _count(shapes: Mapping[str, tuple[int, ...]], prefix: str) -> int:
    """How many numbered blocks stand under ``prefix``."""
    return len({name[len(prefix) :].split(".")[0] for name in shapes if name.startswith(prefix)})
