"""What sees: encoders behind one protocol, and the choice between them.

An encoder turns pictures into features in which a photo and a drawing of it lie close together; a watcher says where the eye goes in a
photo. Knows the protocols and which of either is to be had on this machine; knows no strokes and no optimizer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from picasso_series.encoders.weights_table import CLIPASSO, Entry, resolve
from picasso_series.errors import BadInputError, MissingError, PicassoError, UsageError

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

LOSS_MODEL, ATTENTION_MODEL = CLIPASSO
"""CLIPasso's models for the loss and for where the eye goes."""

Fetch = Callable[[Entry], object]
"""What brings weights into the cache, or raises MissingError with the reason why it cannot; it may show how far it is."""


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


class Watcher(Protocol):
    """A frozen network that knows where the eye goes; ``name`` and ``sha256`` as an encoder's."""

    name: str
    sha256: str

    def saliency(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Where the eye goes in a photo (H, W, 3): float32 (H, W) in [0, 1]."""
        ...


class Finder(Watcher, Protocol):
    """A watcher that knows the subject of a scene, faces, and what is telling."""

    def faces(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Where a picture (H, W, 3) of a subject alone has eyes and noses: float32 (H, W) in [0, 1]."""
        ...

    def telling(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How telling a line at each place of such a picture is: float32 (H, W), log odds."""
        ...


@dataclass(frozen=True)
class Eyes:
    """What looks in a run.

    Attributes:
        encoder: for the loss.
        watcher: for where strokes start.
        finder: for the subject of a scene, its eyes and noses and its telling lines; always the embedded encoder, trained for that, where
            CLIP's attention marks where the eye goes.
        reason: why these do, in a few words.
    """

    encoder: Encoder
    watcher: Watcher
    finder: Finder
    reason: str


def choose_eyes(name: str, device: str = "cpu", *, attentive: bool = False, fetch: Fetch | None = None) -> Eyes:
    """Choose what the encoder's ``name`` ("auto", "clip", "clip:<model>" or "structure") asks for, on ``device``.

    The watcher is CLIP's only where strokes start where the eye goes (``attentive``) and CLIP is the encoder: all its weights are there, or
    none is used. Weights that are missing or damaged are fetched by ``fetch``; without it only those in the cache are taken.

    Raises:
        UsageError: there is no encoder of that name.
        MissingError: the encoder asked for needs weights that are not there and cannot be fetched.
        BadInputError: its weights are damaged, or of another kind.
    """
    from picasso_series.encoders.structure import StructureEncoder

    embedded = StructureEncoder.load(device)

    def clip(entries: list[Entry]) -> tuple[Encoder, Watcher]:
        from picasso_series.encoders.clip import ClipAttention, ClipEncoder

        encoder = _load(ClipEncoder.load, entries[0], device, fetch)
        return encoder, _load(ClipAttention.load, entries[1], device, fetch) if attentive else embedded

    (encoder, watcher), reason = _prefer(name, weights_of(name, attentive=attentive), clip, lambda: (embedded, embedded))
    return Eyes(encoder, watcher, embedded, reason)


def choose_watcher(name: str, device: str = "cpu") -> tuple[Watcher, str]:
    """Choose what says where the eye goes when ``name`` is the encoder, of what is on this machine, and the reason in a few words.

    Raises:
        UsageError: there is no encoder of that name.
        MissingError: CLIP is asked for and its weights are not there.
        BadInputError: its weights are damaged, or of another kind.
    """
    from picasso_series.encoders.structure import StructureEncoder

    def clip(entries: list[Entry]) -> Watcher:
        from picasso_series.encoders.clip import ClipAttention

        return _load(ClipAttention.load, entries[-1], device, None)

    return _prefer(name, weights_of(name, attentive=True), clip, lambda: StructureEncoder.load(device))


def weights_of(name: str, *, attentive: bool = False) -> list[Entry]:
    """The weights that CLIP would look with where ``name`` is the encoder, the loss's first; empty where CLIP would not.

    Raises:
        UsageError: there is no encoder, or there are no weights, of that name.
    """
    if name == "structure":
        return []
    if name not in ("auto", "clip") and not name.startswith("clip:"):
        raise UsageError(f"there is no encoder {name!r}; use auto, structure, clip or clip:<model>")
    return [resolve(name.partition(":")[2] or LOSS_MODEL), *([resolve(ATTENTION_MODEL)] if attentive else [])]


def _prefer(name: str, entries: list[Entry], clip: Callable[[list[Entry]], T], structure: Callable[[], T]) -> tuple[T, str]:
    """CLIP where it is asked for, or left open and to be had; and the reason for the choice."""
    if name != "auto":
        return (clip(entries) if entries else structure()), "asked for"
    from picasso_series.encoders.weights import WeightsError

    try:
        return clip(entries), "CLIP's weights are on this machine"
    except PicassoError as error:
        return structure(), f"the embedded encoder draws, as {error.clause if isinstance(error, WeightsError) else error}"


def _load(load: Callable[[Entry, str], T], entry: Entry, device: str, fetch: Fetch | None) -> T:
    """What ``load`` makes of the cached weights, which are fetched first where they are missing or damaged."""
    try:
        return load(entry, device)
    except (MissingError, BadInputError):
        if fetch is None or not entry.url:
            raise
    fetch(entry)
    return load(entry, device)
