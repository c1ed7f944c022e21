"""CLIP's image towers and CLIPasso's loss as plainly as they can be said, to compare the fast ones with: nothing folded, pooled or fused.

Also random weights in the very layout of OpenAI's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from picasso_series.views import PerspectiveDraw

State = dict[str, Tensor]

MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(1, 3, 1, 1)
SPREAD = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(1, 3, 1, 1)


def residual_state(blocks: Sequence[int] = (1, 1, 2, 1), width: int = 8, side: int = 2, out: int = 16, seed: int = 0) -> State:
    """Random weights of a residual tower; the defaults make a small one for pictures of 64 pixels, (3, 4, 23, 3), 64, 7, 512 RN101."""
    rng = torch.Generator().manual_seed(seed)
    state: State = {}

    def conv(name: str, into: int, channels: int, size: int) -> None:
        state[f"{name}.weight"] = torch.randn(into, channels, size, size, generator=rng) * (2 / (channels * size * size)) ** 0.5

    def norm(name: str, channels: int, scale: float = 1.0) -> None:
        state[f"{name}.weight"] = scale * (0.8 + 0.4 * torch.rand(channels, generator=rng))
        state[f"{name}.bias"] = 0.1 * torch.randn(channels, generator=rng)
        state[f"{name}.running_mean"] = 0.1 * torch.randn(channels, generator=rng)
        state[f"{name}.running_var"] = 0.5 + torch.rand(channels, generator=rng)
        state[f"{name}.num_batches_tracked"] = torch.tensor(1)

    for index, (channels, into) in enumerate([(3, width // 2), (width // 2, width // 2), (width // 2, width)], start=1):
        conv(f"conv{index}", into, channels, 3)
        norm(f"bn{index}", into)
    channels = width
    for stage, count in enumerate(blocks, start=1):
        inner = width * 2 ** (stage - 1)
        for block in range(count):
            place = f"layer{stage}.{block}"
            for index, (size, into, source) in enumerate([(1, inner, channels), (3, inner, inner), (1, 4 * inner, inner)], start=1):
                conv(f"{place}.conv{index}", into, source, size)
                norm(f"{place}.bn{index}", into, 0.3 if index == 3 else 1.0)
            if block == 0:
                conv(f"{place}.downsample.0", 4 * inner, channels, 1)
                norm(f"{place}.downsample.1", 4 * inner)
            channels = 4 * inner
    state["attnpool.positional_embedding"] = torch.randn(side * side + 1, channels, generator=rng) * channels**-0.5
    for part, into in [("q", channels), ("k", channels), ("v", channels), ("c", out)]:
        state[f"attnpool.{part}_proj.weight"] = torch.randn(into, channels, generator=rng) * channels**-0.5
        state[f"attnpool.{part}_proj.bias"] = 0.1 * torch.randn(into, generator=rng)
    return state


def transformer_state(depth: int = 3, width: int = 128, patch: int = 16, side: int = 4, out: int = 16, seed: int = 0) -> State:
    """Random weights of a vision transformer; the defaults make a small one for pictures of 64 pixels, 12, 768, 32, 7, 512 ViT-B/32."""
    rng = torch.Generator().manual_seed(seed)

    def normal(*shape: int, scale: float = 1.0) -> Tensor:
        return scale * torch.randn(*shape, generator=rng)

    state: State = {
        "class_embedding": normal(width, scale=width**-0.5),
        "positional_embedding": normal(side * side + 1, width, scale=width**-0.5),
        "proj": normal(width, out, scale=width**-0.5),
        "conv1.weight": normal(width, 3, patch, patch, scale=(3 * patch * patch) ** -0.5),
    }
    norms = ["ln_pre", "ln_post"]
    for index in range(depth):
        block = f"transformer.resblocks.{index}"
        norms += [f"{block}.ln_1", f"{block}.ln_2"]
        for name, into, source in [("attn.in_proj_", 3, 1), ("attn.out_proj.", 1, 1), ("mlp.c_fc.", 4, 1), ("mlp.c_proj.", 1, 4)]:
            state[f"{block}.{name}weight"] = normal(into * width, source * width, scale=(source * width) ** -0.5)
            state[f"{block}.{name}bias"] = normal(into * width, scale=0.1)
    for name in norms:
        state[f"{name}.weight"] = 0.8 + 0.4 * torch.rand(width, generator=rng)
        state[f"{name}.bias"] = normal(width, scale=0.1)
    return state


def plain_residual(state: State, pictures: Tensor) -> tuple[list[Tensor], Tensor]:
    """Stages 1 to 4 and the embedding of normalized pictures."""

    def conv(name: str, x: Tensor, stride: int = 1) -> Tensor:
        weight = state[f"{name}.weight"]
        return F.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2)

    def norm(name: str, x: Tensor) -> Tensor:
        average, variance, scale, shift = (state[f"{name}.{kind}"] for kind in ("running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(x, average, variance, scale, shift)

    x = pictures
    for index in (1, 2, 3):
        x = F.relu(norm(f"bn{index}", conv(f"conv{index}", x, 2 if index == 1 else 1)))
    x = F.avg_pool2d(x, 2)
    stages = []
    for stage in (1, 2, 3, 4):
        block = 0
        while f"layer{stage}.{block}.conv1.weight" in state:
            place, stride = f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1
            inner = F.relu(norm(f"{place}.bn1", conv(f"{place}.conv1", x)))
            inner = F.avg_pool2d(F.relu(norm(f"{place}.bn2", conv(f"{place}.conv2", inner))), stride)
            inner = norm(f"{place}.bn3", conv(f"{place}.conv3", inner))
            if block == 0:
                x = norm(f"{place}.downsample.1", conv(f"{place}.downsample.0", F.avg_pool2d(x, stride)))
            x = F.relu(inner + x)
            block += 1
        stages.append(x)
    tokens = x.flatten(2).permute(2, 0, 1)
    tokens = torch.cat([tokens.mean(0, keepdim=True), tokens]) + state["attnpool.positional_embedding"][:, None]
    parts = {part: (state[f"attnpool.{part}_proj.weight"], state[f"attnpool.{part}_proj.bias"]) for part in "qkvc"}
    pooled, _ = F.multi_head_attention_forward(
        tokens,
        tokens,
        tokens,
        tokens.shape[2],
        tokens.shape[2] // 64,
        None,
        torch.cat([parts[part][1] for part in "qkv"]),
        None,
        None,
        False,
        0.0,
        *parts["c"],
        use_separate_proj_weight=True,
        q_proj_weight=parts["q"][0],
        k_proj_weight=parts["k"][0],
        v_proj_weight=parts["v"][0],
    )
    return stages, pooled[0]


def plain_transformer(state: State, pictures: Tensor) -> tuple[list[Tensor], Tensor, list[Tensor]]:
    """The tokens (B, T, C) after each block, the embedding, and each block's attention (B, heads, T, T) of normalized pictures."""
    width = len(state["class_embedding"])

    def norm(name: str, x: Tensor) -> Tensor:
        return F.layer_norm(x, (width,), state[f"{name}.weight"], state[f"{name}.bias"])

    def product(name: str, x: Tensor) -> Tensor:
        return x @ state[f"{name}weight"].T + state[f"{name}bias"]

    patches = F.conv2d(pictures, state["conv1.weight"], stride=state["conv1.weight"].shape[-1]).flatten(2).transpose(1, 2)
    x = torch.cat([state["class_embedding"].expand(len(pictures), 1, width), patches], 1) + state["positional_embedding"]
    x = norm("ln_pre", x)
    tokens, attentions = [], []
    while f"transformer.resblocks.{len(tokens)}.ln_1.weight" in state:
        block = f"transformer.resblocks.{len(tokens)}"
        query, key, value = (
            part.view(len(x), -1, width // 64, 64).transpose(1, 2)
            for part in product(f"{block}.attn.in_proj_", norm(f"{block}.ln_1", x)).split(width, 2)
        )
        attentions.append((query @ key.transpose(2, 3) / 8).softmax(-1))
        x = x + product(f"{block}.attn.out_proj.", (attentions[-1] @ value).transpose(1, 2).flatten(2))
        inner = product(f"{block}.mlp.c_fc.", norm(f"{block}.ln_2", x))
        x = x + product(f"{block}.mlp.c_proj.", inner * torch.sigmoid(1.702 * inner))
        tokens.append(x)
    return tokens, norm("ln_post", x[:, 0]) @ state["proj"], attentions


def plain_features(state: State, pictures: Tensor) -> tuple[list[Tensor], Tensor]:
    """What the loss compares: stages 2 and 3, or the patch tokens of the blocks at a third and two thirds; and the embedding."""
    normal = (pictures - MEAN) / SPREAD
    if "class_embedding" not in state:
        stages, embedding = plain_residual(state, normal)
        return stages[1:3], embedding
    tokens, embedding, _ = plain_transformer(state, normal)
    count = len(tokens)
    return [tokens[round(count / 3) - 1][:, 1:], tokens[round(2 * count / 3) - 1][:, 1:]], embedding


def plain_view(picture: Tensor, draw: PerspectiveDraw) -> Tensor:
    """One picture (C, H, H) in a random perspective on black, cropped to 0.8 of its area and brought back to its size, bilinearly."""
    side = picture.shape[-1]
    cut = round((0.8 * side**2) ** 0.5)
    rows, columns = torch.meshgrid(torch.arange(side) + 0.5, torch.arange(side) + 0.5, indexing="ij")
    x, y = columns * cut / side + draw.crop[0], rows * cut / side + draw.crop[1]
    # The map from the moved corners back to the true ones is the null vector of eight equations (direct linear transform).
    last = side - 1.0
    equations = []
    for (u, v), (p, q) in zip(draw.corners, [(0.0, 0.0), (last, 0.0), (last, last), (0.0, last)], strict=True):
        equations.append([u, v, 1, 0, 0, 0, -p * u, -p * v, -p])
        equations.append([0, 0, 0, u, v, 1, -q * u, -q * v, -q])
    m = np.linalg.svd(np.array(equations))[2][-1].tolist()
    depth = m[6] * x.double() + m[7] * y.double() + m[8]
    across = (m[0] * x.double() + m[1] * y.double() + m[2]) / depth - 0.5
    down = (m[3] * x.double() + m[4] * y.double() + m[5]) / depth - 0.5
    left, top = across.floor(), down.floor()
    seen = torch.zeros_like(picture)
    for i in (0, 1):
        for j in (0, 1):
            column, row = left + i, top + j
            share = (1 - (across - column).abs()) * (1 - (down - row).abs())
            inside = (column >= 0) & (column < side) & (row >= 0) & (row < side)
            value = picture[:, row.clamp(0, last).long(), column.clamp(0, last).long()]
            seen = seen + torch.where(inside, share, 0.0).float() * value
    return seen


def plain_loss(state: State, photo: Tensor, drawing: Tensor, draws: Sequence[PerspectiveDraw]) -> Tensor:
    """CLIPasso's loss of a drawing (H, H) of a photo (3, H, H): a clean pair and one for each draw."""
    sketch = drawing.expand(3, -1, -1)
    mine = plain_features(state, torch.stack([sketch, *(plain_view(sketch, draw) for draw in draws)]))
    theirs = plain_features(state, torch.stack([photo, *(plain_view(photo, draw) for draw in draws)]))
    loss = sum(F.mse_loss(one, other) for one, other in zip(mine[0], theirs[0], strict=True))
    return loss + 0.1 * (1 - F.cosine_similarity(mine[1], theirs[1])).mean()
