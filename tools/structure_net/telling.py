"""Fits how the trained net tells which lines of a subject an artist would draw.

The lines in ``lines.json`` were found by the program in some of the training's pictures and judged for this project by looking at them:
by a picture's path in its archive, each line as how telling it is (2: an artist would draw it; 1: does no harm; 0: texture, a reflection,
a line that follows nothing), its contrast in hundredths, and a few points x, y, ... in thousandths of the picture's longer side.

The judgment is a ridge logistic regression of what is told with 2 on the mean, along the line, of what the second and third stage see.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from picasso_series.curves import arc_length, resample
from picasso_series.encoders.structure import TELLING_SIZE, StructureEncoder
from picasso_series.errors import BadInputError
from picasso_series.levels import Subject
from picasso_series.lines import Line
from picasso_series.strokes import CANVAS
from picasso_series.subject import prepare_subject
from picasso_series.telling import own_odds
from tools.structure_net.archives import CUTOUTS, SAMPLE, as_photo, read
from tools.structure_net.net import Net
from tools.structure_net.regression import regress
from tools.structure_net.split import is_held_out

LINES = Path(__file__).with_name("lines.json")
DRAWN = 2
"""How lines are judged that an artist would draw."""
RIDGE = 300.0
"""How much a weight of one, of a feature with deviation one, costs against the lines' log loss."""
STEP = 2.0
"""Pixels of the canvas between the places at which a line is looked at."""

Judged = tuple[Line, bool]
"""A line on the canvas, whose weight is its contrast, and whether an artist would draw it."""


def fit_telling(net: Net, encoder: StructureEncoder, data: Path) -> dict[str, Tensor]:
    """Weights of the two stages' convolutions and their biases by the names under which the encoder reads them.

    Args:
        net: the trained net, in evaluation mode.
        encoder: finds the subjects of the photos.
        data: folder with the archives.
    """
    features, own, truth = [], [], []
    for subject, lines in judged_pictures(data, encoder, held_out=False):
        seen = look(net, subject.rgb)
        for line, drawn in lines:
            features.append(np.concatenate([along(stage, line.chain) for stage in seen]))
            own.append(own_odds(line))
            truth.append(drawn)
    print(f"{sum(truth)} of {len(truth)} lines are told")
    table = np.array(features)
    middle, spread = table.mean(0), table.std(0) + 1e-6
    weight, bias = regress((table - middle) / spread, np.array(truth), RIDGE, np.array(own))
    weight = weight / spread
    fine = seen[0].shape[1]
    found = {"line.fine.weight": weight[None, :fine], "line.coarse.weight": weight[None, fine:]}
    tensors = {name: torch.from_numpy(value.astype(np.float32))[..., None, None] for name, value in found.items()}
    return tensors | {"line.fine.bias": torch.tensor([bias - weight @ middle]).float(), "line.coarse.bias": torch.zeros(1)}


def judged_pictures(data: Path, encoder: StructureEncoder, held_out: bool) -> Iterator[tuple[Subject, list[Judged]]]:
    """The subjects of the pictures in which lines are judged, for training or held out from it, and those lines.

    Photos in which the encoder finds no subject are passed over, as the program asks nobody about their lines.
    """
    judged = {name: lines for name, lines in json.loads(LINES.read_text()).items() if is_held_out(name) == held_out}
    for archive, mode in ((CUTOUTS, "RGBA"), (SAMPLE, "RGB")):
        for name, pixels in read(data / archive, mode):
            lines = judged.pop(name, None)
            if lines is None:
                continue
            try:
                subject = prepare_subject(as_photo(pixels, name), "auto", encoder.saliency, lambda: None)
            except BadInputError:
                continue
            if subject.source != "none":
                yield subject, [_line(stored, subject, max(pixels.shape[:2])) for stored in lines]
    if judged:
        raise SystemExit(f"{len(judged)} pictures in which lines are judged are not in the archives, such as {min(judged)}")


def _line(stored: list[int], subject: Subject, longest: int) -> Judged:
    label, contrast, *flat = stored
    place = subject.placement
    points = np.array(flat, np.float64).reshape(-1, 2) * longest / 1000
    chain = (points - (place.left, place.top)) * CANVAS / place.side
    count = max(6, int(arc_length(chain)[-1] / STEP))
    return Line(resample(chain, count), contrast / 100, False), label == DRAWN


@torch.no_grad()
def look(net: Net, rgb: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
    """What the second and third stage see in a subject's picture, (1, C, h, w) each: the mean of it and its mirror image."""
    picture = torch.from_numpy(rgb.copy()).permute(2, 0, 1)[None].float() / 255
    large = F.interpolate(picture, size=(TELLING_SIZE, TELLING_SIZE), mode="bilinear", align_corners=False, antialias=True)
    _, fine, coarse, *_ = net.trunk(torch.cat([large, large.flip(3)]))
    return (fine[:1] + fine[1:].flip(3)) / 2, (coarse[:1] + coarse[1:].flip(3)) / 2


def along(stage: Tensor, chain: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean (C,) of what a stage sees along a line."""
    places = torch.from_numpy(2 * chain / CANVAS - 1).float()[None, None]
    return F.grid_sample(stage, places, padding_mode="border", align_corners=False)[0, :, 0].mean(1).double().numpy()
