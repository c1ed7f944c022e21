"""Fits how the trained net tells what has a face from what has none.

A wheel's hub, a knob and a stopper look like eyes from nearby; whether the whole picture shows an animal or a person decides. The
judgment is a logistic regression on the fourth stage's mean over the marked pictures, cut out and before paper, as the program has them.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tools.structure_net.faces import Faces
from tools.structure_net.net import Net
from tools.structure_net.regression import regress

RIDGE = 30.0
"""How much a weight of one, of a feature with deviation one, costs against the pictures' log loss."""
AT_ONCE = 32


def fit_alive(net: Net, faces: Faces) -> dict[str, Tensor]:
    """Weight (1, C) and bias (1,) by the names under which the encoder reads them."""
    seen = _means(net, faces)
    middle, spread = seen.mean(0), seen.std(0) + 1e-6
    weight, bias = regress((seen - middle) / spread, np.array([len(marks) > 0 for marks in faces.marks]), RIDGE)
    weight = weight / spread
    found = {"face.alive.weight": weight[None], "face.alive.bias": np.array([bias - weight @ middle])}
    return {name: torch.from_numpy(value.astype(np.float32)) for name, value in found.items()}


@torch.no_grad()
def _means(net: Net, faces: Faces) -> NDArray[np.float64]:
    found = []
    for planes in np.array_split(faces.planes, max(1, len(faces.planes) // AT_ONCE)):
        square = torch.from_numpy(planes).permute(0, 3, 1, 2).float() / 255
        found.append(net.trunk(torch.lerp(torch.ones(3, 1, 1), square[:, :3], square[:, 3:]))[3].mean((2, 3)))
    return torch.cat(found).double().numpy()
