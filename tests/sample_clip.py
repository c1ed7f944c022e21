"""Small randomly initialized models in the very layout of the CLIP weights that are published."""

from __future__ import annotations

import hashlib
import warnings
import zipfile
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from picasso_series.encoders.weights_table import Architecture, Entry

TINY_VIT = Architecture("vit", 8, (2,), 16, 6, 4)
TINY_RESNET = Architecture("resnet", 4, (1, 2, 1, 1), 64, 10)


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.Linear(4 * width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.mlp(self.ln_1(x))


class _Transformer(nn.Module):
    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.resblocks = nn.Sequential(*(_Block(width) for _ in range(depth)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.resblocks(x)


class VisionTransformer(nn.Module):
    """Parameters named and shaped as those of CLIP's transformer."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.class_embedding = nn.Parameter(torch.randn(shape.width))
        self.positional_embedding = nn.Parameter(torch.randn((shape.resolution // shape.patch) ** 2 + 1, shape.width))
        self.proj = nn.Parameter(torch.randn(shape.width, shape.dimension))
        self.conv1 = nn.Conv2d(3, shape.width, shape.patch, shape.patch, bias=False)
        self.transformer = _Transformer(shape.width, shape.layers[0])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = self.conv1(x).flatten(2).transpose(1, 2) + self.positional_embedding[1:] + self.class_embedding
        return self.transformer(tokens)[:, 0] @ self.proj


class _Bottleneck(nn.Module):
    def __init__(self, before: int, planes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, 4 * planes, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv3(self.bn1(self.conv1(x)))


class _AttentionPool(nn.Module):
    def __init__(self, side: int, width: int, dimension: int) -> None:
        super().__init__()
        self.positional_embedding = nn.Parameter(torch.randn(side**2 + 1, width))
        self.c_proj = nn.Linear(width, dimension)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.c_proj(x.flatten(2).mean(2) + self.positional_embedding[0])


class ResNet(nn.Module):
    """Parameters named and shaped as those of CLIP's residual network."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, shape.width, 3, bias=False)
        before = shape.width
        for number, (depth, planes) in enumerate(zip(shape.layers, (shape.width * 2**stage for stage in range(4)), strict=True), 1):
            blocks = [_Bottleneck(before if first else 4 * planes, planes) for first in [True, *[False] * (depth - 1)]]
            setattr(self, f"layer{number}", nn.Sequential(*blocks))
            before = 4 * planes
        self.attnpool = _AttentionPool(shape.resolution // 32, before, shape.dimension)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.attnpool(self.layer4(self.layer3(self.layer2(self.layer1(self.conv1(x))))))


class Clip(nn.Module):
    """An image tower, and a text tower of a few words."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.visual = VisionTransformer(shape) if shape.kind == "vit" else ResNet(shape)
        self.transformer = _Transformer(4, 1)
        self.token_embedding = nn.Embedding(9, 4)
        self.positional_embedding = nn.Parameter(torch.randn(5, 4))
        self.ln_final = nn.LayerNorm(4)
        self.text_projection = nn.Parameter(torch.randn(4, shape.dimension))
        self.register_buffer("input_resolution", torch.tensor(shape.resolution))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.visual(x)


def tiny_clip(shape: Architecture = TINY_VIT, seed: int = 0, *, half: bool = True) -> Clip:
    """A random model; OpenAI's convolutions, linear layers and projections were of half precision."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = Clip(shape).eval()
    return model.half().float() if half else model


def openai_archive(path: Path, model: Clip) -> Path:
    """Write the model as OpenAI did: a TorchScript archive of half precision, saved on a GPU by an old torch."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scripted = torch.jit.script(model.half())
        model.float()
        torch.jit.save(scripted, str(path))
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist() if "/byteorder" not in name and "/.data/" not in name}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            if name.endswith("/data.pkl"):
                assert b"X\x03\x00\x00\x00cpu" in data
                data = data.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0")
            archive.writestr(name, data)
    return path


def open_clip_safetensors(path: Path, model: Clip) -> Path:
    """Write the model as open_clip does for the hub."""
    save_file(model.state_dict(), path)
    return path


def entry_of(file: Path, url: str, name: str = "tiny", shape: Architecture | None = TINY_VIT) -> Entry:
    """An entry whose hash is that of ``file``."""
    return Entry(name, name, "openai", url, hashlib.sha256(file.read_bytes()).hexdigest(), "", shape)
