"""Small files of weights to begin with: image towers of CLIP's two kinds in the layouts that ``weights import`` reads.

Knows torch; knows no damage.
"""

from __future__ import annotations

import io
import warnings
from functools import cache

import torch
from torch import Tensor


@cache
def towers() -> tuple[tuple[str, bytes], ...]:
    """Sound files as (suffix, content), and two that are not: with numbers that many share, and with a key that takes long to hash."""
    from safetensors.torch import save

    state = {f"visual.{name}": value for name, value in _transformer().items()}
    text = {"token_embedding.weight": torch.ones(16, 8), "positional_embedding": torch.ones(4, 8), "logit_scale": torch.tensor(1.0)}
    found = [(".safetensors", save(state)), (".safetensors", save({**state, **text}))]
    shared = {f"visual.{name}": state["visual.proj"] for name in range(200)}
    key: tuple[object, ...] = ()
    for _ in range(20):
        key = (key, key)
    keyed: dict[object, Tensor] = {key: text["logit_scale"]}
    keyed.update(state.items())
    wrapped = {"state_dict": {f"module.{name}": value.half() for name, value in state.items()}, "epoch": 3}
    for content in (state, wrapped, {"x": [1, "y"]}, {**state, **shared}, keyed):
        buffer = io.BytesIO()
        torch.save(content, buffer)
        found.append((".pt", buffer.getvalue()))
    return (*found, (".pt", _scripted(state)))


def _transformer(width: int = 64, patch: int = 16, depth: int = 3) -> dict[str, Tensor]:
    """The tensors of a vision transformer that looks at 32 pixels."""
    chance = torch.Generator().manual_seed(0)

    def tensor(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=chance) * 0.02

    state = {
        "conv1.weight": tensor(width, 3, patch, patch),
        "class_embedding": tensor(width),
        "positional_embedding": tensor(5, width),
        "proj": tensor(width, 8),
    }
    for name in ("ln_pre", "ln_post"):
        state |= {f"{name}.weight": tensor(width), f"{name}.bias": tensor(width)}
    for block in range(depth):
        place = f"transformer.resblocks.{block}"
        shapes = {"attn.in_proj_": (3 * width, width), "attn.out_proj.": (width, width), "mlp.c_fc.": (2 * width, width)}
        for name, (to, start) in {**shapes, "mlp.c_proj.": (width, 2 * width)}.items():
            state |= {f"{place}.{name}weight": tensor(to, start), f"{place}.{name}bias": tensor(to)}
        for name in ("ln_1", "ln_2"):
            state |= {f"{place}.{name}.weight": tensor(width), f"{place}.{name}.bias": tensor(width)}
    return state


class _Holder(torch.nn.Module):
    """A module that holds tensors and says nothing."""

    def __init__(self, state: dict[str, Tensor]) -> None:
        super().__init__()
        children = sorted({name.partition(".")[0] for name in state if "." in name})
        for name, value in state.items():
            if "." not in name:
                self.register_buffer(name, value)
        for child in children:
            inner = {name.partition(".")[2]: value for name, value in state.items() if name.startswith(f"{child}.")}
            self.add_module(child, _Holder(inner))

    def forward(self, x: Tensor) -> Tensor:
        return x


def _scripted(state: dict[str, Tensor]) -> bytes:
    """A TorchScript archive, as OpenAI publishes them."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # That torch would rather write another layout does not change what OpenAI published.
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(_Holder(state)), buffer)
    return buffer.getvalue()
