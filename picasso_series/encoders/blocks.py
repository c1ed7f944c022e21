"""The blocks that all of CLIP's transformers are made of, of pictures and of text alike: attention and a widening product, pre-normalized.

Weights go by open_clip's names, with the layer normalizations folded into the products after them. Knows neither what the tokens are
nor what becomes of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

State = Mapping[str, Tensor]

HEAD = 64
"""Channels of one attention head, in every tower of OpenAI's and every text tower of open_clip's."""
NORM_EPSILON = 1e-5

_BLOCKS = "transformer.resblocks."


def folded_blocks(state: State, head: int = HEAD) -> dict[str, Tensor]:
    """The weights of all blocks in ``state`` as :func:`run_block` takes them, in float32; ``state`` is left as it is.

    Raises:
        ValueError: there are no blocks, or their channels cannot be parted among heads of ``head`` channels.
    """
    depth = count_children(state, _BLOCKS)
    if not depth:
        raise ValueError("there are no blocks")
    width = len(state[f"{_BLOCKS}0.ln_1.weight"])
    if not head or width % head:
        raise ValueError(f"it is not known how {width} channels are parted among heads")
    weights: dict[str, Tensor] = {}
    for index in range(depth):
        block = f"{_BLOCKS}{index}."
        for name, norm in (("attn.in_proj_", "ln_1"), ("mlp.c_fc.", "ln_2")):
            folded = _fold_layer_norm(state, block + name, block + norm)
            weights[f"{index}.{name}weight"], weights[f"{index}.{name}bias"] = folded
        for name in ("attn.out_proj.", "mlp.c_proj."):
            weights |= {f"{index}.{name}{kind}": state[f"{block}{name}{kind}"].float() for kind in ("weight", "bias")}
    return weights


def depth_of(state: State) -> int:
    """How many blocks a state dict holds."""
    return count_children(state, _BLOCKS)


def run_block(
    weights: State, index: int, x: Tensor, *, quick_gelu: bool, head: int = HEAD, causal: bool = False, watched: bool = False
) -> tuple[Tensor, Tensor]:
    """The tokens (B, tokens, C) after a block, and where ``watched`` its attention (B, heads, tokens, tokens), else nothing (0,).

    ``causal`` tokens see those before them alone; no such block can be watched.
    """
    batch, count, channels = x.shape
    packed = _linear(weights, f"{index}.attn.in_proj_", F.layer_norm(x, x.shape[2:], eps=NORM_EPSILON))
    query, key, value = packed.view(batch, count, 3, channels // head, head).permute(2, 0, 3, 1, 4)
    probabilities = x.new_zeros(0)
    if watched:
        probabilities = (query @ key.transpose(2, 3) * head**-0.5).softmax(-1)
        gathered = probabilities @ value
    else:
        gathered = F.scaled_dot_product_attention(query, key, value, is_causal=causal)
    x = x + _linear(weights, f"{index}.attn.out_proj.", gathered.transpose(1, 2).reshape(batch, count, channels))
    inner = _linear(weights, f"{index}.mlp.c_fc.", F.layer_norm(x, x.shape[2:], eps=NORM_EPSILON))
    bent = inner * torch.sigmoid(1.702 * inner) if quick_gelu else F.gelu(inner)
    return x + _linear(weights, f"{index}.mlp.c_proj.", bent), probabilities


def count_children(state: State, prefix: str) -> int:
    """How many numbered children stand under ``prefix``."""
    numbers = {name[len(prefix) :].split(".")[0] for name in state if name.startswith(prefix)}
    return 1 + max((int(number) for number in numbers), default=-1)


def _linear(weights: State, name: str, x: Tensor) -> Tensor:
    weight, bias = weights[f"{name}weight"], weights[f"{name}bias"]
    if x.device.type != "cpu":
        return F.linear(x, weight, bias)
    # As a convolution of many one-pixel pictures: on one thread torch hands few rows to a matrix product that some processors do at a
    # third of oneDNN's speed.
    return F.conv2d(x.reshape(-1, x.shape[2], 1, 1), weight[:, :, None, None], bias).view(*x.shape[:2], -1)


def _fold_layer_norm(state: State, product: str, norm: str) -> tuple[Tensor, Tensor]:
    """Weight and bias of a product that takes the bare normalized tokens in place of scaled and shifted ones."""
    weight = state[f"{product}weight"].double()
    bias = state[f"{product}bias"].double() + weight @ state[f"{norm}.bias"].double()
    return (weight * state[f"{norm}.weight"].double()).float(), bias.float()
