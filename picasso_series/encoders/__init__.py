"""What sees: encoders behind one protocol, and the choice between them.

An encoder turns pictures into features in which a photo and a drawing of it lie close together. Knows the protocol and which encoder
is to be had on this machine; knows no strokes and no optimizer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from picasso_series.errors import PicassoError, UsageError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Features:
    """What an encoder sees in B pictures: middle layers, each (B, C, H, W), and an embedding (B, D)."""

    layers: tuple[torch.Tensor, ...]
    embedding: torch.Tensor


class Encoder(Protocol):
    """A frozen network that looks at pictures.

    Attributes:
        name: what it is called in a manifest.
        resolution: side in pixels of the square pictures that it takes.
        distance: how two pictures' layers are compared: "cosine" of the channels at each place, or "squared" difference.
        views: what kind of views photo and drawing are compared through, "affine" or "perspective".
        sha256: hash of the weights in use, for the manifest.
        quick: whether looking at a picture takes milliseconds, so that it may look at every candidate of a reduction too.
        at_once: how many pictures it looks at together, so that memory lasts; None for any number.
        threads: with how many CPU threads its drawings are best computed, None for as many as torch takes.
    """

    name: str
    resolution: int
    distance: Literal["cosine", "squared"]
    views: Literal["affine", "perspective"]
    sha256: str
    quick: bool
    at_once: int | None
    threads: int | None

    def features(self, pictures: torch.Tensor) -> Features:
        """Look at pictures (B, 3, resolution, resolution) in [0, 1]; differentiable."""
        ...

    def saliency(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Where the subject of a photo (H, W, 3) is: float32 (H, W) in [0, 1]."""
        ...


def choose_encoder(name: str, device: str = "cpu") -> tuple[Encoder, str]:
    """Return the encoder that ``name`` asks for, on ``device``, and the reason for the choice in a few words.

    Raises:
        UsageError: there is no encoder of that name.
        MissingError: the encoder needs weights that are not there.
        BadInputError: the encoder's weights are damaged.
    """
    from picasso_series.encoders.structure import StructureEncoder

    if name == "structure":
        return StructureEncoder.load(device), "asked for"
    from picasso_series.encoders.clip import DEFAULT_MODEL, ClipEncoder

    if name == "clip" or name.startswith("clip:"):
        return ClipEncoder.load(name.partition(":")[2] or DEFAULT_MODEL, device), "asked for"
    if name != "auto":
        raise UsageError(f"there is no encoder {name!r}; use auto, structure, clip or clip:<model>")
    from picasso_series.encoders import weights

    reason = f"CLIP's weights are not on this machine (picasso-series weights fetch {DEFAULT_MODEL}), so the embedded encoder draws"
    if weights.find(DEFAULT_MODEL) is not None:
        try:
            return ClipEncoder.load(DEFAULT_MODEL, device), "CLIP's weights are on this machine"
        except PicassoError as error:
            reason = f"CLIP cannot be used ({error}), so the embedded encoder draws"
    return StructureEncoder.load(device), reason
