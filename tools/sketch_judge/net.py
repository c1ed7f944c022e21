"""The judge: a small convolutional net from a framed drawing to the classes it may show.

Knows its own layers and how they are stored; knows no drawings and no training.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from tools.sketch_judge.data import CLASSES

WEIGHTS = Path(__file__).parent / "judge.npz"
CHANNELS = (24, 48, 96, 160)


class Judge(nn.Module):
    """Four stages, each a convolution that halves the picture and a residual one; then the mean over places, and one product."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in zip((1, *CHANNELS), CHANNELS, strict=False):
            layers += [_Halving(before, after), _Residual(after)]
        self.stages = nn.Sequential(*layers)
        self.head = nn.Linear(2 * CHANNELS[-1], len(CLASSES))

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits (B, 7) of pictures (B, 80, 80), ink 1 on 0."""
        x = self.stages(pictures[:, None].contiguous(memory_format=torch.channels_last))
        logits: Tensor = self.head(F.dropout(torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1), 0.3, self.training))
        return logits


class _Halving(nn.Sequential):
    def __init__(self, before: int, after: int) -> None:
        super().__init__(nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True))


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.norm(self.conv(x)))


def save(judge: Judge, path: Path = WEIGHTS) -> None:
    """Store the weights in half precision."""
    half = {name: value.numpy().astype(np.float16) for name, value in judge.state_dict().items() if "tracked" not in name}
    np.savez_compressed(path, **half)  # type: ignore[arg-type]


def load(path: Path = WEIGHTS) -> Judge:
    """The trained judge."""
    judge = Judge()
    with np.load(path, allow_pickle=False) as stored:
        judge.load_state_dict({name: torch.from_numpy(stored[name].astype(np.float32)) for name in stored.files}, strict=False)
    return judge.eval()


@torch.no_grad()
def probabilities(judge: Judge, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How likely each class is (B, 7), for pictures (B, 80, 80); each is asked with its mirror image."""
    seen = torch.from_numpy(pictures).float() / 255
    both = judge(seen).softmax(1) + judge(seen.flip(2)).softmax(1)
    found: NDArray[np.float32] = (both / 2).numpy()
    return found
