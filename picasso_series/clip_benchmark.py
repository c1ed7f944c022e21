"""How long one iteration with CLIP takes on this machine, stage by stage, beside what CLIPasso's own code was measured to take.

Knows the stages and how time is taken. Speed does not depend on what weights hold, so random ones in RN101's layout do.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np
import torch
from torch import Tensor

from picasso_series.benchmark import sample_points
from picasso_series.encoders.clip import ClipEncoder
from picasso_series.encoders.towers import make_tower
from picasso_series.encoders.weights_table import resolve
from picasso_series.levels import Placement, Subject
from picasso_series.objective import EncoderTerm, Sight
from picasso_series.raster import choose_rasterizer
from picasso_series.strokes import CANVAS
from picasso_series.views import AUGMENTED, PerspectiveViews

STROKES = 32
STAGES = ("strokes", "views and features", "backward", "iteration")
CLIPASSO = {"strokes": 0.07, "views and features": 1.71, "backward": 3.93, "iteration": 5.75}
"""Seconds of CLIPasso's own code at 32 strokes in float32, one thread of a processor with AVX-512; its photo's features are among them."""
_WARM_UP = 1


@dataclass(frozen=True)
class ClipTiming:
    """Median seconds of one stage in numbers of one kind."""

    precision: str
    stage: str
    seconds: float


def time_clip(repeats: int) -> Iterator[ClipTiming]:
    """Time iterations of 32 strokes seen through five views by RN101 at full size, in float32 and bfloat16."""
    rasterizer, _ = choose_rasterizer("torch")
    points = torch.from_numpy(sample_points(STROKES, (30.0, 90.0)))[None]
    tower = make_tower(random_weights())
    encoder = ClipEncoder(resolve("RN101"), tower, "")
    photo = np.random.default_rng(0).integers(0, 256, (CANVAS, CANVAS, 3)).astype(np.uint8)
    subject = Subject(photo, np.ones((CANVAS, CANVAS), np.float32), Placement(0.0, 0.0, CANVAS, CANVAS, CANVAS), "none")
    for dtype in (torch.float32, torch.bfloat16):
        views = PerspectiveViews(encoder.resolution, 0, count=1 + AUGMENTED)
        term = EncoderTerm(Sight(encoder.converted(dtype), subject, views), 1.0, 0.1)
        rows = []
        for repeat in range(_WARM_UP + repeats):
            start = points.clone().requires_grad_()
            began = time.perf_counter()
            picture = rasterizer.render(start)
            drawn = time.perf_counter()
            cost = term(picture, range(views.count)).sum()
            seen = time.perf_counter()
            torch.autograd.grad(cost, start)
            ended = time.perf_counter()
            if repeat >= _WARM_UP:
                rows.append((drawn - began, seen - drawn, ended - seen, ended - began))
        for stage, seconds in zip(STAGES, zip(*rows, strict=True), strict=True):
            yield ClipTiming(str(dtype).removeprefix("torch."), stage, median(seconds))


def random_weights(blocks: tuple[int, ...] = (3, 4, 23, 3), width: int = 64, side: int = 7, out: int = 512) -> dict[str, Tensor]:
    """Random weights in the layout of a residual tower; RN101's by default."""
    rng = torch.Generator().manual_seed(0)
    weights: dict[str, Tensor] = {}

    def layer(conv: str, norm: str, into: int, channels: int, size: int, scale: float = 1.0) -> None:
        weights[f"{conv}.weight"] = torch.randn(into, channels, size, size, generator=rng) * (2 / (channels * size * size)) ** 0.5
        for kind, value in (("weight", scale), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
            weights[f"{norm}.{kind}"] = torch.full((into,), value)

    half = width // 2
    for index, (into, channels) in enumerate([(half, 3), (half, half), (width, half)], start=1):
        layer(f"conv{index}", f"bn{index}", into, channels, 3)
    channels = width
    for stage, count in enumerate(blocks):
        inner = width << stage
        for block in range(count):
            place = f"layer{stage + 1}.{block}."
            if block == 0:
                layer(f"{place}downsample.0", f"{place}downsample.1", 4 * inner, channels, 1)
            layer(f"{place}conv1", f"{place}bn1", inner, channels, 1)
            layer(f"{place}conv2", f"{place}bn2", inner, inner, 3)
            # Small steps beside the shortcut keep features within bounds through all blocks.
            layer(f"{place}conv3", f"{place}bn3", 4 * inner, inner, 1, 0.2)
            channels = 4 * inner
    weights["attnpool.positional_embedding"] = torch.randn(side * side + 1, channels, generator=rng) * channels**-0.5
    for part, into in (("q", channels), ("k", channels), ("v", channels), ("c", out)):
        weights[f"attnpool.{part}_proj.weight"] = torch.randn(into, channels, generator=rng) * channels**-0.5
        weights[f"attnpool.{part}_proj.bias"] = torch.zeros(into)
    return weights
