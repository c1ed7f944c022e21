"""CLIP's two kinds of image tower, frozen and lean: a residual net with attention pooling, and a vision transformer.

Both are made from the visual part of OpenAI's state dict (the names that OpenAI's package and open_clip give its tensors, without
"visual."), and every size is read off the tensors. Batch and layer normalizations are folded into the weights beside them, and where one
token is asked for, no other is computed; in float32 none of this changes a feature by more than rounding. Architectures: Radford et al.,
"Learning transferable visual models from natural language supervision", 2021, section 2.4. Knows pictures that are normalized already;
knows no files and no text.
"""

from __future__ import annotations

import re
from copy import copy
from typing import Protocol, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from picasso_series.encoders import Features
from picasso_series.encoders.blocks import HEAD, NORM_EPSILON, State, count_children, depth_of, folded_blocks, run_block
from picasso_series.encoders.tower_state import ReadState
from picasso_series.errors import BadInputError

WIDEST = 1024
"""Channels up to which open_clip's vision transformers have heads of the size of OpenAI's."""
WIDE_HEADS = {1280: 80, 1408: 88, 1664: 104, 1792: 112}
"""Channels of one attention head in its wider ones (ViT-H, -g, -bigG and -e), by those of the transformer."""
LAYERS = (2, 3)
"""Stages of a residual tower that are compared: CLIPasso's, at 1/8 and 1/16 of the picture (it counts the stem and says 3 and 4)."""
DEPTHS = (1 / 3, 2 / 3)
"""How deep in a transformer lie the two blocks whose patch tokens are compared: after 4 and 8 of 12, the middle as in a residual tower."""


class Tower(Protocol):
    """A frozen image tower for square pictures of ``resolution`` pixels; weights are kept and features computed in ``dtype``."""

    resolution: int
    dtype: torch.dtype

    def features(self, pictures: Tensor) -> Features:
        """Middle layers and embedding, in ``dtype``, of normalized pictures (B, 3, resolution, resolution)."""
        ...

    def converted(self, dtype: torch.dtype) -> Tower:
        """The same tower in other numbers."""
        ...


def make_tower(state: State, device: str = "cpu", *, quick_gelu: bool = True) -> ResidualTower | TransformerTower:
    """The tower whose state dict this is, of either kind, in float32.

    ``quick_gelu`` says that a transformer was trained with OpenAI's x sigmoid(1.702 x) in place of GELU, which no tensor tells.

    Raises:
        BadInputError: the tensors are not those of a CLIP image tower of either kind.
    """
    read = ReadState(state)
    tower: ResidualTower | TransformerTower
    try:
        tower = TransformerTower(read, device, quick_gelu) if "class_embedding" in state else ResidualTower(read, device)
    except KeyError as error:
        raise _foreign(f"there is no tensor {error.args[0]}") from error
    except (IndexError, ValueError, RuntimeError) as error:
        raise _foreign(str(error).splitlines()[0]) from error
    # A tensor that nobody asked for belongs to a layer that is not known here: without it all would seem well and be wrong.
    left = [name for name in read.unread() if not name.endswith("num_batches_tracked")]
    if left:
        raise _foreign(f"the tensor {left[0]} is of no known part")
    return tower


def check_tower(state: State) -> None:
    """Check that a tower can be made of ``state`` and can look, by shapes alone: nothing is computed.

    Raises:
        BadInputError: it cannot.
    """
    tower = make_tower({name: torch.empty_like(value, device="meta") for name, value in state.items()}, "meta")
    try:
        tower.features(torch.empty(1, 3, tower.resolution, tower.resolution, device="meta"))
    except (IndexError, ValueError, RuntimeError) as error:
        raise _foreign(str(error).splitlines()[0]) from error


def _foreign(why: str) -> BadInputError:
    return BadInputError(
        f"these weights are not those of a CLIP image tower that is known here ({why}); look what there is with picasso-series weights list"
    )


class ResidualTower:
    """OpenAI's modified ResNet: a stem of three convolutions, four stages of bottlenecks, attention pooling with one query."""

    def __init__(self, state: State, device: str = "cpu") -> None:
        """Fold each batch normalization into its convolution; ``state`` is left as it is."""
        self.dtype = torch.float32
        weights: dict[str, Tensor] = {}
        for name in state:
            # A convolution is "<place>conv<k>.weight" beside "<place>bn<k>", or a shortcut's "<place>0.weight" beside "<place>1".
            if re.search(r"(conv\d|downsample\.0)\.weight$", name):
                conv = name[: -len(".weight")]
                norm = conv[:-1] + "1" if conv.endswith("downsample.0") else conv[:-5] + "bn" + conv[-1]
                weights[f"{conv}.weight"], weights[f"{conv}.bias"] = _fold_batch_norm(state, conv, norm)
        self._blocks = [count_children(state, f"layer{stage}.") for stage in range(1, 5)]
        for part in ("q", "k", "v", "c"):
            weights |= {f"{part}.{kind}": state[f"attnpool.{part}_proj.{kind}"].float() for kind in ("weight", "bias")}
        weights["positions"] = state["attnpool.positional_embedding"].float()
        if not all(self._blocks):
            raise ValueError("a stage has no blocks")
        self.resolution = 32 * round((len(weights["positions"]) - 1) ** 0.5)
        self._weights = {name: _placed(value, device) for name, value in weights.items()}

    def features(self, pictures: Tensor) -> Features:
        """Stages 2 and 3 as CLIPasso compares them, (B, C, H/8, W/8) and (B, 2 C, H/16, W/16), and the pooled embedding (B, D)."""
        x = pictures.to(self.dtype).contiguous(memory_format=torch.channels_last)
        x = self._conv("conv1", x, stride=2)
        x = self._conv("conv2", x)
        x = F.avg_pool2d(self._conv("conv3", x), 2)
        stages = []
        for stage, blocks in enumerate(self._blocks, start=1):
            for block in range(blocks):
                x = self._bottleneck(f"layer{stage}.{block}", x, 2 if block == 0 and stage > 1 else 1)
            stages.append(x)
        return Features(tuple(stages[stage - 1] for stage in LAYERS), self._pool(x))

    def converted(self, dtype: torch.dtype) -> ResidualTower:
        """See :class:`Tower`."""
        return _converted(self, dtype)

    def _conv(self, name: str, x: Tensor, stride: int = 1) -> Tensor:
        """A convolution, cut off at zero."""
        weight = self._weights[f"{name}.weight"]
        if weight.shape[-1] == 1:
            return _pictures(F.relu_(self._product(name, _rows(x))), x)
        return F.relu_(F.conv2d(x, weight, self._weights[f"{name}.bias"], stride=stride, padding=1))

    def _product(self, name: str, rows: Tensor) -> Tensor:
        return F.conv2d(rows, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _bottleneck(self, name: str, x: Tensor, stride: int) -> Tensor:
        inner = self._conv(f"{name}.conv2", self._conv(f"{name}.conv1", x))
        if stride > 1:
            inner, x = F.avg_pool2d(inner, stride), F.avg_pool2d(x, stride)
        shortcut = _rows(x)
        if f"{name}.downsample.0.weight" in self._weights:
            shortcut = self._product(f"{name}.downsample.0", shortcut)
        # What is changed in place must be no view of something else, or its gradient is copied: hence rows to the end.
        return _pictures(F.relu_(self._product(f"{name}.conv3", _rows(inner)).add_(shortcut)), x)

    def _pool(self, x: Tensor) -> Tensor:
        """Multi-head attention of one query, the mean token, over mean and places.

        With one query q, keys and values need not be computed: q . (K x) = (K' q) . x, and the weighted sum of V x is V of the weighted
        sum of x. The keys' bias adds the same to every score and falls out of the softmax.
        """
        w = self._weights
        tokens = x.flatten(2).transpose(1, 2)
        tokens = torch.cat([tokens.mean(1, keepdim=True), tokens], 1) + w["positions"]
        batch, _, channels = tokens.shape
        heads = channels // HEAD
        query = F.linear(tokens[:, 0], w["q.weight"], w["q.bias"]).view(batch, heads, HEAD)
        sought = torch.einsum("bhd,hdc->bhc", query, w["k.weight"].view(heads, HEAD, channels))
        scores = sought @ tokens.transpose(1, 2) * HEAD**-0.5
        found = scores.float().softmax(-1).to(tokens.dtype) @ tokens
        value = torch.einsum("bhc,hdc->bhd", found, w["v.weight"].view(heads, HEAD, channels)).flatten(1) + w["v.bias"]
        return F.linear(value, w["c.weight"], w["c.bias"])


class TransformerTower:
    """OpenAI's vision transformer: patches, a class token, pre-normalized blocks with QuickGELU or GELU."""

    def __init__(self, state: State, device: str = "cpu", quick_gelu: bool = True) -> None:
        """Fold each layer normalization's scale and shift into the product after it; ``state`` is left as it is."""
        self.dtype = torch.float32
        weights = {name: state[name].float() for name in ("ln_pre.weight", "ln_pre.bias", "conv1.weight")}
        width, _, _, self._patch = weights["conv1.weight"].shape
        self._head = HEAD if width <= WIDEST else WIDE_HEADS.get(width, 0)
        self._quick_gelu = quick_gelu
        positions = state["positional_embedding"].float()
        self._side = round((len(positions) - 1) ** 0.5)
        self.resolution = self._side * self._patch
        weights["class"] = state["class_embedding"].float() + positions[0]
        weights["places"] = positions[1:]
        self._depth = depth_of(state)
        weights |= folded_blocks(state, self._head)
        final = state["proj"].float().T
        weights["proj.weight"], weights["proj.bias"] = final * state["ln_post.weight"].float(), final @ state["ln_post.bias"].float()
        self._weights = {name: _placed(value, device) for name, value in weights.items()}
        self._compared = [round(depth * self._depth) for depth in DEPTHS]

    def features(self, pictures: Tensor) -> Features:
        """Patch tokens after a third and two thirds of the blocks, each (B, C, H / patch, W / patch), and the embedding (B, D)."""
        x = self._tokens(pictures)
        layers = []
        for index in range(self._depth):
            x, _ = self._block(index, x)
            if index + 1 in self._compared:
                layers.append(x[:, 1:].transpose(1, 2).reshape(len(x), -1, self._side, self._side))
        w = self._weights
        embedding = F.linear(F.layer_norm(x[:, 0], x.shape[2:], eps=NORM_EPSILON), w["proj.weight"], w["proj.bias"])
        return Features(tuple(layers), embedding)

    @torch.no_grad()
    def attention(self, pictures: Tensor) -> Tensor:
        """How much the class token attends to each patch, mean over heads and blocks: (B, H / patch, W / patch)."""
        x = self._tokens(pictures)
        total = x.new_zeros(len(x), self._side**2, dtype=torch.float32)
        for index in range(self._depth):
            x, probabilities = self._block(index, x, watched=True)
            total += probabilities[:, :, 0, 1:].float().mean(1)
        return (total / self._depth).view(-1, self._side, self._side)

    def converted(self, dtype: torch.dtype) -> TransformerTower:
        """See :class:`Tower`."""
        return _converted(self, dtype)

    def _tokens(self, pictures: Tensor) -> Tensor:
        w = self._weights
        patches = F.conv2d(pictures.to(self.dtype), w["conv1.weight"], stride=self._patch).flatten(2).transpose(1, 2)
        tokens = torch.cat([w["class"].expand(len(patches), 1, -1), patches + w["places"]], 1)
        return F.layer_norm(tokens, tokens.shape[2:], w["ln_pre.weight"], w["ln_pre.bias"], NORM_EPSILON)

    def _block(self, index: int, x: Tensor, watched: bool = False) -> tuple[Tensor, Tensor]:
        return run_block(self._weights, index, x, quick_gelu=self._quick_gelu, head=self._head, watched=watched)


AnyTower = TypeVar("AnyTower", ResidualTower, TransformerTower)


def _converted(tower: AnyTower, dtype: torch.dtype) -> AnyTower:
    other = copy(tower)
    other.dtype = dtype
    other._weights = {name: value.to(dtype) for name, value in tower._weights.items()}
    return other


def _rows(x: Tensor) -> Tensor:
    """Pictures (B, C, H, W) in channels-last order as (B * H, C, 1, W): every row a picture of its own, without a copy.

    On one thread torch hands 1x1 convolutions of fewer than 16 pictures to a matrix product that some processors do at a third of
    oneDNN's speed. Of rows there are enough.
    """
    if x.device.type != "cpu":
        return x
    batch, channels, height, width = x.shape
    return x.permute(0, 2, 3, 1).reshape(batch * height, 1, width, channels).permute(0, 3, 1, 2)


def _pictures(rows: Tensor, like: Tensor) -> Tensor:
    """Rows back as pictures, as many and as large as ``like``."""
    if rows.device.type != "cpu":
        return rows
    batch, _, height, width = like.shape
    return rows.permute(0, 2, 3, 1).reshape(batch, height, width, -1).permute(0, 3, 1, 2)


def _placed(value: Tensor, device: str) -> Tensor:
    value = value.detach().to(device)
    # Channels last is the order in which a processor's convolutions are fastest.
    return value.contiguous(memory_format=torch.channels_last) if value.ndim == 4 else value.contiguous()


def _fold_batch_norm(state: State, conv: str, norm: str) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution that does what ``conv`` and then ``norm`` with its running averages do."""
    scale = state[f"{norm}.weight"].double() / (state[f"{norm}.running_var"].double() + NORM_EPSILON).sqrt()
    bias = state[f"{norm}.bias"].double() - state[f"{norm}.running_mean"].double() * scale
    return (state[f"{conv}.weight"].double() * scale[:, None, None, None]).float(), bias.float()
