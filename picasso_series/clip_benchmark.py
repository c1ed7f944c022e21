"""How long one iteration with CLIP takes on this machine, stage by stage, beside what CLIPasso's own code was measured to take.

Knows the stages and how time is taken. Speed does not depend on what weights hold, so random ones in RN101's layout do.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
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
from picasso_series.optimize import FINAL_PEN, Moment, Schedule, stepped
from picasso_series.raster import choose_rasterizer
from picasso_series.strokes import CANVAS
from picasso_series.views import AUGMENTED, PerspectiveViews, Views

STROKES = 32
CLIPASSO = {
    "strokes": 0.07,
    "views": 0.02,
    "CLIP on the drawing": 0.85,
    "CLIP on the photo": 0.84,
    "back through CLIP": 3.69,
    "back through the strokes": 0.24,
    "Adam": 0.002,
    "iteration": 5.75,
}
"""Seconds of the stages of CLIPasso's own code at 32 strokes in float32, on one thread of a processor with AVX-512."""
CLIPASSO_MEMORY = 4.75
"""Gigabytes that it took at most."""
_WARM_UP = 1


@dataclass(frozen=True)
class ClipTiming:
    """Median seconds of each stage of an iteration in numbers of one kind, and the gigabytes that the process took at most till then."""

    precision: str
    seconds: Mapping[str, float]
    memory: float | None


class _TimedViews:
    """Views that tell how long they took."""

    def __init__(self, views: Views) -> None:
        self.count, self.judges, self.draw = views.count, views.judges, views.draw
        self.seconds = 0.0
        self._views = views

    def see(self, pictures: Tensor, views: Sequence[int]) -> Tensor:
        began = time.perf_counter()
        seen = self._views.see(pictures, views)
        self.seconds = time.perf_counter() - began
        return seen


def time_clip(repeats: int) -> Iterator[ClipTiming]:
    """Time iterations of 32 strokes seen through five views by RN101 at full size, in bfloat16 and float32."""
    rasterizer, _ = choose_rasterizer("torch")
    schedule = Schedule(1 + repeats, 1.0, False, FINAL_PEN)
    tower = make_tower(random_weights())
    encoder = ClipEncoder(resolve("RN101"), tower, "")
    photo = np.random.default_rng(0).integers(0, 256, (CANVAS, CANVAS, 3)).astype(np.uint8)
    subject = Subject(photo, np.ones((CANVAS, CANVAS), np.float32), Placement(0.0, 0.0, CANVAS, CANVAS, CANVAS), "none")
    # What takes less memory goes first: a process only ever tells the most that it took.
    for dtype in (torch.bfloat16, torch.float32):
        views = _TimedViews(PerspectiveViews(encoder.resolution, 0, count=1 + AUGMENTED))
        term = EncoderTerm(Sight(encoder.converted(dtype), subject, views), 1.0, 0.1)
        moment = Moment.start(torch.from_numpy(sample_points(STROKES, (30.0, 90.0)))[None] * CANVAS)
        rows = []
        for _ in range(_WARM_UP + repeats):
            points = moment.points.detach().requires_grad_()
            clock = [time.perf_counter()]
            picture = rasterizer.render(points / CANVAS)
            clock.append(time.perf_counter())
            seen = picture.detach().requires_grad_()
            cost = term(seen, range(views.count)).sum()
            clock.append(time.perf_counter())
            (upstream,) = torch.autograd.grad(cost, seen)
            clock.append(time.perf_counter())
            (gradient,) = torch.autograd.grad(picture, points, upstream)
            clock.append(time.perf_counter())
            moment = stepped(moment, gradient, schedule)
            clock.append(time.perf_counter())
            strokes, looking, clip_back, strokes_back, adam = (after - before for before, after in pairwise(clock))
            # The photo's features come from before: in an iteration they take no time.
            row = (strokes, views.seconds, looking - views.seconds, 0.0, clip_back, strokes_back, adam, clock[-1] - clock[0])
            rows.append(row)
        stages = zip(CLIPASSO, zip(*rows[_WARM_UP:], strict=True), strict=True)
        yield ClipTiming(str(dtype).removeprefix("torch."), {stage: median(seconds) for stage, seconds in stages}, peak_memory())


def peak_memory() -> float | None:
    """The gigabytes of memory that this process took at most so far; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e9 if sys.platform == "darwin" else most * 1024 / 1e9


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
