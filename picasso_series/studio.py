"""The machinery that draws, and why it was chosen.

Knows how device, encoder and rasterizer are picked together; knows no photo and no level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from picasso_series.encoders import Encoder, choose_encoder
from picasso_series.errors import MissingError
from picasso_series.raster import Rasterizer, choose_rasterizer
from picasso_series.settings import Settings
from picasso_series.strokes import CANVAS


@dataclass(frozen=True)
class Studio:
    """The machinery that draws, and why it was chosen: name -> {"value", "reason"}.

    ``judge`` rasterizes at half the size: what a stroke is worth is asked many hundred times and seen as well on small pictures.
    """

    encoder: Encoder
    rasterizer: Rasterizer
    judge: Rasterizer
    device: str
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def choose_studio(settings: Settings) -> Studio:
    """Choose device, encoder and rasterizer.

    Raises:
        UsageError: a name is unknown.
        MissingError: what was asked for is not on this machine.
    """
    device, device_reason = choose_device(settings.device)
    encoder, encoder_reason = choose_encoder(settings.encoder, device)
    rasterizer, rasterizer_reason = choose_rasterizer(settings.rasterizer)
    choices = {
        "device": {"value": device, "reason": device_reason},
        "encoder": {"value": encoder.name, "reason": encoder_reason, "sha256": encoder.sha256},
        "rasterizer": {"value": rasterizer.name, "reason": rasterizer_reason},
    }
    judge, _ = choose_rasterizer(settings.rasterizer, size=CANVAS // 2)
    return Studio(encoder, rasterizer, judge, device, choices)


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
