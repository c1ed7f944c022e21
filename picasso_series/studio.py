"""The machinery that draws, and why it was chosen.

Knows how device, encoder and rasterizer are picked together; knows no photo and no level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from picasso_series.encoders import Encoder, choose_encoder
from picasso_series.encoders.clip import ClipEncoder
from picasso_series.encoders.structure import StructureEncoder
from picasso_series.errors import MissingError
from picasso_series.precision import settle_precision
from picasso_series.raster import Rasterizer, choose_rasterizer
from picasso_series.settings import Settings
from picasso_series.strokes import CANVAS


@dataclass(frozen=True)
class Studio:
    """The machinery that draws, and why it was chosen: name -> {"value", "reason"}.

    ``judge`` rasterizes at half the size: what a stroke is worth is asked many hundred times and seen as well on small pictures.
    ``threads`` is the number of CPU threads that compute: sums depend on their order, so a run keeps to one number. ``find_subject``
    marks the subject of a photo (H, W, 3) by a map (H, W) in [0, 1]; that is always the embedded encoder's, trained for it, where CLIP's
    attention marks what is telling.
    """

    encoder: Encoder
    rasterizer: Rasterizer
    judge: Rasterizer
    device: str
    threads: int
    find_subject: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def choose_studio(settings: Settings) -> Studio:
    """Choose device, encoder and rasterizer.

    Raises:
        UsageError: a name is unknown.
        MissingError: what was asked for is not on this machine.
    """
    device, device_reason = choose_device(settings.device)
    encoder, encoder_reason = choose_encoder(settings.encoder, device)
    rasterizer, rasterizer_reason = choose_rasterizer(settings.rasterizer, device=device)
    choices = {
        "device": {"value": device, "reason": device_reason},
        "encoder": {"value": encoder.name, "reason": encoder_reason, "sha256": encoder.sha256},
        "rasterizer": {"value": rasterizer.name, "reason": rasterizer_reason},
    }
    if settings.start == "saliency":
        # Weights that its saliency lacks are missed here, before anything is drawn.
        encoder.saliency(np.full((CANVAS, CANVAS, 3), 255, np.uint8))
    finder: Encoder = encoder
    if isinstance(encoder, ClipEncoder):
        encoder, choices["precision"] = settle_precision(encoder, rasterizer, device)
        finder = StructureEncoder.load(device)
    judge, _ = choose_rasterizer(settings.rasterizer, size=CANVAS // 2, device=device)
    return Studio(encoder, rasterizer, judge, device, encoder.threads or torch.get_num_threads(), finder.saliency, choices)


@contextmanager
def computing_threads(count: int) -> Iterator[None]:
    """Have torch compute with ``count`` CPU threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def choose_device(name: str) -> tuple[str, str]:
    """The device that ``name`` stands for, and why.

    Raises:
        MissingError: the device asked for is not there.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return ("cuda", "a CUDA device is there") if there["cuda"] else ("cpu", "no CUDA device is there")
    if not there.get(name, False):
        raise MissingError(f"torch sees no device {name!r} here; use --device cpu")
    return name, "asked for"
