"""The net as it is trained: a trunk of five stages and a decoder for the subject's map, with batch normalization; another for faces.

:func:`fold` turns it into the plain convolutions that ``picasso_series.encoders.structure`` computes with.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS = (24, 48, 96, 160, 176)
"""Channels of the stages; each has half the resolution of the one before, the first half the picture's."""
BLOCKS = (0, 1, 2, 2, 1)
DECODER = (16, 32, 48, 48, 64)
"""Channels of the decoder at the resolution of each stage."""
FACES = (12, 16, 24, 32)
"""The same of the decoder for faces, which needs no last stage."""


class Folded(nn.Module):
    """A convolution without bias, then batch normalization."""

    def __init__(self, inside: int, outside: int, kernel: int = 3, stride: int = 1, gain: float = 1.0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outside)
        nn.init.constant_(self.norm.weight, gain)

    def forward(self, x: Tensor) -> Tensor:
        """Pictures (B, inside, H, W) to (B, outside, H / stride, W / stride)."""
        result: Tensor = self.norm(self.conv(x))
        return result

    def plain(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the one convolution that does the same once the statistics are fixed."""
        variance, mean = self.norm.running_var, self.norm.running_mean
        assert variance is not None
        assert mean is not None
        scale = self.norm.weight * (variance + self.norm.eps).rsqrt()
        return self.conv.weight * scale[:, None, None, None], self.norm.bias - mean * scale


class Block(nn.Module):
    """Two convolutions around which their input is carried; they begin as a slight change of it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = Folded(channels, channels)
        self.second = Folded(channels, channels, gain=0.2)

    def forward(self, x: Tensor) -> Tensor:
        """The same shape out as in."""
        return F.relu(x + self.second(F.relu(self.first(x))))


class Stage(nn.Module):
    """Half the resolution, then residual blocks."""

    def __init__(self, inside: int, outside: int, blocks: int, kernel: int) -> None:
        super().__init__()
        self.down = Folded(inside, outside, kernel, stride=2)
        self.blocks = nn.ModuleList([Block(outside) for _ in range(blocks)])

    def forward(self, x: Tensor) -> Tensor:
        """(B, inside, H, W) to (B, outside, H / 2, W / 2)."""
        x = F.relu(self.down(x))
        for block in self.blocks:
            x = block(x)
        return x


class Net(nn.Module):
    """The joint net; ``embed`` and ``classify`` serve training alone."""

    def __init__(self, classes: int = 7, embedding: int = 128) -> None:
        super().__init__()
        inside = (3, *CHANNELS[:-1])
        kernels = (5, 3, 3, 3, 3)
        self.stages = nn.ModuleList([Stage(i, o, n, k) for i, o, n, k in zip(inside, CHANNELS, BLOCKS, kernels, strict=True)])
        self.laterals = nn.ModuleList([nn.Conv2d(c, d, 1) for c, d in zip(CHANNELS, DECODER, strict=True)])
        self.narrows = nn.ModuleList([nn.Conv2d(DECODER[i + 1], DECODER[i], 3, padding=1) for i in range(4)])
        self.merges = nn.ModuleList([nn.Conv2d(DECODER[i], DECODER[i], 3, padding=1) for i in range(4)])
        self.head = nn.Conv2d(DECODER[0], 1, 1)
        self.embed = nn.Linear(CHANNELS[-1], embedding)
        self.classify = nn.Linear(CHANNELS[-1], classes)
        self.faces = FaceFinder()

    def trunk(self, pictures: Tensor) -> list[Tensor]:
        """Features of all stages, of pictures (B, 3, H, W) in [0, 1]."""
        x = ((pictures - 0.5) * 2).contiguous(memory_format=torch.channels_last)
        found = []
        for stage in self.stages:
            x = stage(x)
            found.append(x)
        return found

    def subject(self, stages: list[Tensor]) -> Tensor:
        """Logits of the subject's map at the first stage's resolution, (B, 1, H / 2, W / 2)."""
        result: Tensor = self.head(_decoded(stages, self.laterals, self.narrows, self.merges))
        return result


class FaceFinder(nn.Module):
    """Marks eyes and noses in what a net's first four stages see."""

    def __init__(self) -> None:
        super().__init__()
        self.laterals = nn.ModuleList([nn.Conv2d(c, d, 1) for c, d in zip(CHANNELS[:4], FACES, strict=True)])
        self.narrows = nn.ModuleList([nn.Conv2d(FACES[i + 1], FACES[i], 3, padding=1) for i in range(3)])
        self.merges = nn.ModuleList([nn.Conv2d(FACES[i], FACES[i], 3, padding=1) for i in range(3)])
        self.head = nn.Conv2d(FACES[0], 2, 1)

    def forward(self, stages: list[Tensor]) -> Tensor:
        """Logits of the two kinds of marks at the first stage's resolution, (B, 2, H / 2, W / 2)."""
        result: Tensor = self.head(_decoded(stages[:4], self.laterals, self.narrows, self.merges))
        return result


def _decoded(stages: list[Tensor], laterals: nn.ModuleList, narrows: nn.ModuleList, merges: nn.ModuleList) -> Tensor:
    """The stages merged from the coarsest up, at the first one's resolution."""
    x: Tensor = laterals[-1](stages[-1])
    for finer, lateral, narrow, merge in reversed(list(zip(stages[:-1], laterals[:-1], narrows, merges, strict=True))):
        x = F.relu(narrow(x))
        x = F.interpolate(x, size=finer.shape[2:], mode="bilinear", align_corners=False) + lateral(finer)
        x = F.relu(merge(x))
    return x


def fresh_net() -> Net:
    """A net before its training, its weights in the order in which a processor's convolutions are fastest."""
    net = Net()
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last)
    return net


@torch.no_grad()
def fold(net: Net) -> dict[str, Tensor]:
    """The net's weights by the names under which the encoder reads them."""
    found: dict[str, Tensor] = {}

    def add(name: str, weight: Tensor, bias: Tensor | None) -> None:
        assert bias is not None
        found[f"{name}.weight"], found[f"{name}.bias"] = weight.clone(), bias.clone()

    for number, stage in enumerate(net.stages, start=1):
        assert isinstance(stage, Stage)
        add(f"stage{number}.down", *stage.down.plain())
        for index, block in enumerate(stage.blocks, start=1):
            assert isinstance(block, Block)
            add(f"stage{number}.block{index}.first", *block.first.plain())
            add(f"stage{number}.block{index}.second", *block.second.plain())
    for prefix, decoder in (("", net), ("face.", net.faces)):
        for kind, layers in (("lateral", decoder.laterals), ("narrow", decoder.narrows), ("merge", decoder.merges)):
            for number, layer in enumerate(layers, start=1):
                assert isinstance(layer, nn.Conv2d)
                add(f"{prefix}{kind}{number}", layer.weight, layer.bias)
        add(f"{prefix}head", decoder.head.weight, decoder.head.bias)
    add("embed", net.embed.weight, net.embed.bias)
    return found
