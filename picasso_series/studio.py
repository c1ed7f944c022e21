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

from picasso_series.encoders import Encoder, Fetch, Watcher, choose_eyes
from picasso_series.encoders.clip import ClipEncoder
from picasso_series.errors import BadInputError, MissingError
from picasso_series.faces import FindFaces
from picasso_series.precision import settle_precision, take_precision
from picasso_series.raster import Rasterizer, choose_rasterizer
from picasso_series.settings import Settings
from picasso_series.strokes import CANVAS
from picasso_series.telling import FindTelling

Choices = Mapping[str, Mapping[str, str]]
"""What was chosen and why: name -> {"value", "reason", ...}."""


@dataclass(frozen=True)
class Studio:
    """The machinery that draws, and why it was chosen.

    ``watcher`` knows where the eye goes, for strokes that start there.
    ``judge`` rasterizes at half the size: what a stroke is worth is asked many hundred times and seen as well on small pictures.
    ``threads`` is the number of CPU threads that compute: sums depend on their order, so a run keeps to one number. ``find_subject``
    marks the subject of a photo (H, W, 3) by a map (H, W) in [0, 1], ``find_faces`` its eyes and noses, ``find_telling`` which of its lines
    are telling; all are always the embedded encoder's, trained for it, where CLIP's attention marks where the eye goes.
    """

    encoder: Encoder
    watcher: Watcher
    rasterizer: Rasterizer
    judge: Rasterizer
    device: str
    threads: int
    find_subject: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
    find_faces: FindFaces
    find_telling: FindTelling
    choices: Choices = field(default_factory=dict)


def choose_studio(settings: Settings, *, fetch: Fetch | None = None, begun: Choices | None = None) -> Studio:
    """Choose device, encoder and rasterizer.

    Args:
        settings: what is asked for.
        fetch: brings weights into the cache that are not there; without it only those that are there are taken.
        begun: the choices of the run that goes on, if one does. ``settings`` ask for the same by name; what no setting names is taken from
            there, so that the run ends as it would have without the stop.

    Raises:
        UsageError: a name is unknown.
        MissingError: what was asked for is not on this machine and cannot be fetched.
        BadInputError: weights are damaged, or others than those that the run was begun with.
    """
    device, device_reason = choose_device(settings.device)
    attentive = settings.start == "saliency"
    eyes = choose_eyes(settings.encoder, device, attentive=attentive, fetch=fetch)
    rasterizer, rasterizer_reason = choose_rasterizer(settings.rasterizer, device=device)
    choices: dict[str, Mapping[str, str]] = {
        "device": {"value": device, "reason": device_reason},
        "encoder": {"value": eyes.encoder.name, "reason": eyes.reason, "sha256": eyes.encoder.sha256},
        "rasterizer": {"value": rasterizer.name, "reason": rasterizer_reason},
    }
    if attentive:
        choices["saliency"] = {"value": eyes.watcher.name, "reason": "strokes start where it looks", "sha256": eyes.watcher.sha256}
    finder = eyes.finder
    if finder.sha256 != eyes.encoder.sha256:
        choices["finder"] = {"value": finder.name, "reason": "it knows subjects, faces and telling lines", "sha256": finder.sha256}
    if begun is not None:
        _check_weights(choices, begun)
        choices |= begun
    encoder = eyes.encoder
    if isinstance(encoder, ClipEncoder):
        if "precision" in choices:
            encoder = take_precision(encoder, choices["precision"]["value"])
        else:
            encoder, choices["precision"] = settle_precision(encoder, rasterizer, device)
    judge, _ = choose_rasterizer(settings.rasterizer, size=CANVAS // 2, device=device)
    threads = encoder.threads or torch.get_num_threads()
    return Studio(encoder, eyes.watcher, rasterizer, judge, device, threads, finder.saliency, finder.faces, finder.telling, choices)


def _check_weights(choices: Choices, begun: Choices) -> None:
    """Make sure that what looks now is what looked when the run was begun."""
    for role, choice in choices.items():
        before = begun.get(role, {}).get("sha256")
        if before and choice.get("sha256") != before:
            raise BadInputError(
                f"the weights of {choice['value']} are others than those that the run was begun with; bring those back, "
                "or draw the series again with --force"
            )


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
