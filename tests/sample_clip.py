"""Small randomly initialized models in the very layout of the CLIP weights that are published."""

from __future__ import annotations

import hashlib
import warnings
import zipfile
from collections import OrderedDict
from copy import deepcopy
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

from picasso_series.encoders.architectures import Architecture
from picasso_series.encoders.weights_table import Entry

TINY_VIT = Architecture("vit", 64, (3,), 16, 6, 4)
TINY_RESNET = Architecture("resnet", 4, (1, 2, 1, 1), 64, 10)


class _QuickGELU(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.sigmoid(1.702 * x)


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.attn = nn.MultiheadAttention(width, max(1, width // 64))
        self.ln_1 = nn.LayerNorm(width)
        parts = [("c_fc", nn.Linear(width, 4 * width)), ("gelu", _QuickGELU()), ("c_proj", nn.Linear(4 * width, width))]
        self.mlp = nn.Sequential(OrderedDict(parts))
        self.ln_2 = nn.LayerNorm(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        normal = self.ln_1(x)
        x = x + self.attn(normal, normal, normal, need_weights=False)[0]
        return x + self.mlp(self.ln_2(x))


class _Transformer(nn.Module):
    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.resblocks = nn.Sequential(*(_Block(width) for _ in range(depth)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.resblocks(x)


class VisionTransformer(nn.Module):
    """Parameters named and shaped as those of CLIP's transformer, which does what CLIP's does."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        scale = shape.width**-0.5
        self.conv1 = nn.Conv2d(3, shape.width, shape.patch, shape.patch, bias=False)
        self.class_embedding = nn.Parameter(scale * torch.randn(shape.width))
        self.positional_embedding = nn.Parameter(scale * torch.randn((shape.resolution // shape.patch) ** 2 + 1, shape.width))
        self.ln_pre = nn.LayerNorm(shape.width)
        self.transformer = _Transformer(shape.width, shape.layers[0])
        self.ln_post = nn.LayerNorm(shape.width)
        self.proj = nn.Parameter(scale * torch.randn(shape.width, shape.dimension))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        patches = self.conv1(x).flatten(2).permute(0, 2, 1)
        first = self.class_embedding + torch.zeros_like(patches[:, :1])
        tokens = self.ln_pre(torch.cat([first, patches], 1) + self.positional_embedding)
        tokens = self.transformer(tokens.permute(1, 0, 2)).permute(1, 0, 2)
        return self.ln_post(tokens[:, 0]) @ self.proj


class _Bottleneck(nn.Module):
    def __init__(self, before: int, planes: int, stride: int, shortcut: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.avgpool = nn.AvgPool2d(stride)
        self.conv3 = nn.Conv2d(planes, 4 * planes, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * planes)
        self.relu = nn.ReLU(inplace=True)
        parts: list[tuple[str, nn.Module]] = [
            ("-1", nn.AvgPool2d(stride)),
            ("0", nn.Conv2d(before, 4 * planes, 1, bias=False)),
            ("1", nn.BatchNorm2d(4 * planes)),
        ]
        self.downsample = nn.Sequential(OrderedDict(parts)) if shortcut else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = self.relu(self.bn1(self.conv1(x)))
        inner = self.avgpool(self.relu(self.bn2(self.conv2(inner))))
        inner = self.bn3(self.conv3(inner))
        if self.downsample is not None:
            x = self.downsample(x)
        return self.relu(inner + x)


class _AttentionPool(nn.Module):
    def __init__(self, side: int, width: int, dimension: int) -> None:
        super().__init__()
        self.positional_embedding = nn.Parameter(torch.randn(side**2 + 1, width) / width**0.5)
        self.k_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.c_proj = nn.Linear(width, dimension)
        self.num_heads = width // 64

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = x.flatten(2).permute(0, 2, 1)
        tokens = torch.cat([tokens.mean(1, keepdim=True), tokens], 1) + self.positional_embedding
        count, heads = tokens.shape[1], self.num_heads
        query = self.q_proj(tokens[:, :1]).view(len(x), 1, heads, 64).transpose(1, 2)
        key = self.k_proj(tokens).view(len(x), count, heads, 64).transpose(1, 2)
        value = self.v_proj(tokens).view(len(x), count, heads, 64).transpose(1, 2)
        return self.c_proj(((query @ key.transpose(2, 3) / 8).softmax(-1) @ value).flatten(1))


class ResNet(nn.Module):
    """Parameters named and shaped as those of CLIP's residual network, which does what CLIP's does."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        half = shape.width // 2
        self.conv1 = nn.Conv2d(3, half, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(half)
        self.conv2 = nn.Conv2d(half, half, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(half)
        self.conv3 = nn.Conv2d(half, shape.width, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(shape.width)
        before = shape.width
        for stage, depth in enumerate(shape.layers, 1):
            planes = shape.width * 2 ** (stage - 1)
            blocks = []
            for first in [True, *[False] * (depth - 1)]:
                blocks.append(_Bottleneck(before, planes, 2 if first and stage > 1 else 1, first))
                before = 4 * planes
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.attnpool = _AttentionPool(shape.resolution // 32, before, shape.dimension)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        x = F.avg_pool2d(F.relu(self.bn3(self.conv3(x))), 2)
        return self.attnpool(self.layer4(self.layer3(self.layer2(self.layer1(x)))))


class Clip(nn.Module):
    """An image tower, a text tower of a few words, and numbers that nobody wants."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.visual = VisionTransformer(shape) if shape.kind == "vit" else ResNet(shape)
        self.transformer = _Transformer(8, 1)
        self.token_embedding = nn.Embedding(12, 8)
        self.positional_embedding = nn.Parameter(torch.randn(5, 8))
        self.ln_final = nn.LayerNorm(8)
        self.text_projection = nn.Parameter(torch.randn(8, shape.dimension))
        self.logit_scale = nn.Parameter(torch.ones([]))
        for name, number in (("input_resolution", shape.resolution), ("context_length", 5), ("vocab_size", 12)):
            self.register_buffer(name, torch.tensor(number))
        # What a scripted module may hold beside tensors.
        self.names: dict[str, int] = {"a": 1}
        self.sizes: list[int] = [1, 2]

    def forward(self, image: torch.Tensor, text: torch.Tensor) -> torch.Tensor:
        words = self.transformer(self.token_embedding(text) + self.positional_embedding)
        return self.logit_scale * self.visual(image) @ (self.ln_final(words)[:, -1] @ self.text_projection).t()


def tiny_clip(shape: Architecture = TINY_VIT, seed: int = 0, *, half: bool = True) -> Clip:
    """A random model, its norms no identities, of numbers that half precision can hold."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = Clip(shape).eval()
        for part in model.modules():
            if isinstance(part, (nn.LayerNorm, nn.BatchNorm2d)):
                nn.init.uniform_(part.weight, 0.8, 1.2)
                nn.init.normal_(part.bias, 0, 0.1)
            if isinstance(part, nn.BatchNorm2d):
                nn.init.normal_(part.running_mean, 0, 0.1)
                nn.init.uniform_(part.running_var, 0.5, 1.5)
    return model.half().float() if half else model


def openai_archive(path: Path, model: Clip) -> Path:
    """Write the model as OpenAI did: a TorchScript archive, saved on a GPU by an old torch, with norms alone of full precision."""
    halved = deepcopy(model).half()
    for part in halved.modules():
        if isinstance(part, (nn.LayerNorm, nn.BatchNorm2d)):
            part.float()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(halved), str(path))
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist() if "/byteorder" not in name and "/.data/" not in name}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            if name.endswith("/data.pkl"):
                assert b"X\x03\x00\x00\x00cpu" in data
                data = data.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0")
            archive.writestr(name, data)
    return path


def traced_archive(path: Path, model: Clip) -> Path:
    """Write the model as it is when it is traced and saved by the torch that is installed."""
    side = int(model.input_resolution)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inputs = {"forward": (torch.zeros(1, 3, side, side), torch.zeros(1, 5, dtype=torch.int64))}
        torch.jit.save(torch.jit.trace_module(model, inputs, check_trace=False), str(path))
    return path


def open_clip_safetensors(path: Path, model: Clip) -> Path:
    """Write the model as open_clip does for the hub."""
    save_file(model.state_dict(), path)
    return path


def entry_of(file: Path, url: str, name: str = "tiny", shape: Architecture | None = TINY_VIT) -> Entry:
    """An entry whose hash is that of ``file``."""
    return Entry(name, name, "openai", url, hashlib.sha256(file.read_bytes()).hexdigest(), "", shape)


def assert_is_tower(loaded: dict[str, torch.Tensor], model: Clip) -> None:
    """Check that tensors are those of the model's image tower, in full precision."""
    expected = model.visual.state_dict()
    assert set(loaded) == set(expected)
    for name, tensor in loaded.items():
        assert tensor.dtype == (torch.float32 if expected[name].is_floating_point() else torch.int64), name
        torch.testing.assert_close(tensor, expected[name], rtol=0, atol=0)
