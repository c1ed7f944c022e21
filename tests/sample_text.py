"""Random text towers in the very layout of OpenAI's, one as plainly as it can be said, and whole models as files."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from plain_clip import State, transformer_state
from safetensors.torch import save_file
from torch import Tensor

WORDS = 49408
"""Numbers that CLIP's vocabulary has."""


def text_state(depth: int = 2, width: int = 64, context: int = 77, out: int = 16, seed: int = 0) -> State:
    """Random weights of a text tower; ViT-B/32's has 12, 512, 77 and 512."""
    rng = torch.Generator().manual_seed(seed)
    blocks = transformer_state(depth, width, side=1, seed=seed)
    state = {name: value for name, value in blocks.items() if name.startswith("transformer.")}
    state["token_embedding.weight"] = 0.3 * torch.randn(WORDS, width, generator=rng)
    state["positional_embedding"] = 0.1 * torch.randn(context, width, generator=rng)
    state["ln_final.weight"] = 0.8 + 0.4 * torch.rand(width, generator=rng)
    state["ln_final.bias"] = 0.1 * torch.randn(width, generator=rng)
    state["text_projection"] = torch.randn(width, out, generator=rng) * width**-0.5
    state["logit_scale"] = torch.tensor(4.6)
    return state


def plain_text(state: State, tokens: Tensor) -> Tensor:
    """The embeddings of rows of tokens: every place computed, with a mask, and read at the largest number."""
    width = state["ln_final.weight"].shape[0]

    def norm(name: str, x: Tensor) -> Tensor:
        return F.layer_norm(x, (width,), state[f"{name}.weight"], state[f"{name}.bias"])

    def product(name: str, x: Tensor) -> Tensor:
        return x @ state[f"{name}weight"].T + state[f"{name}bias"]

    x = state["token_embedding.weight"][tokens] + state["positional_embedding"]
    count = tokens.shape[1]
    hidden = torch.full((count, count), float("-inf")).triu(1)
    index = 0
    while f"transformer.resblocks.{index}.ln_1.weight" in state:
        block = f"transformer.resblocks.{index}"
        parts = product(f"{block}.attn.in_proj_", norm(f"{block}.ln_1", x)).chunk(3, dim=2)
        query, key, value = (part.unflatten(2, (width // 64, 64)).transpose(1, 2) for part in parts)
        seen = (query @ key.transpose(2, 3) / 8 + hidden).softmax(-1)
        x = x + product(f"{block}.attn.out_proj.", (seen @ value).transpose(1, 2).flatten(2))
        inner = product(f"{block}.mlp.c_fc.", norm(f"{block}.ln_2", x))
        x = x + product(f"{block}.mlp.c_proj.", inner * torch.sigmoid(1.702 * inner))
        index += 1
    return norm("ln_final", x)[torch.arange(len(x)), tokens.argmax(1)] @ state["text_projection"]


def clip_file(path: Path, seed: int = 0, *, text: bool = True) -> Path:
    """Write a small random model of both towers as open_clip writes its own."""
    image = {f"visual.{name}": value for name, value in transformer_state(seed=seed).items()}
    save_file({**image, **(text_state(seed=seed) if text else {})}, path)
    return path
