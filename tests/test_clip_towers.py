"""CLIP's image towers: the lean ones do what the plain ones do, and what open_clip's do."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from plain_clip import State, plain_residual, plain_transformer, residual_state, transformer_state
from torch import Tensor

from picasso_series.encoders.towers import ResidualTower, TransformerTower, make_tower
from picasso_series.errors import BadInputError

SEED = 7
STATES: dict[str, State] = {
    "residual": residual_state(),
    "wide residual": residual_state((1, 2, 1, 2), width=10, side=3, out=24, seed=1),
    "transformer": transformer_state(),
    "deep transformer": transformer_state(depth=7, width=192, patch=8, side=3, seed=1),
}


def pictures(state: State, count: int = 3) -> Tensor:
    print(f"seed {SEED}")
    side = make_tower(state).resolution
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(SEED))


def error(found: Tensor, expected: Tensor) -> float:
    assert found.shape == expected.shape
    return ((found - expected).norm() / expected.norm()).item()


def plain(state: State, seen: Tensor) -> list[Tensor]:
    """Both layers and the embedding."""
    if "class_embedding" not in state:
        stages, embedding = plain_residual(state, seen)
        return [stages[1], stages[2], embedding]
    tokens, embedding, _ = plain_transformer(state, seen)
    side = round((tokens[0].shape[1] - 1) ** 0.5)
    chosen = (tokens[round(len(tokens) / 3) - 1], tokens[round(2 * len(tokens) / 3) - 1])
    return [*(block[:, 1:].transpose(1, 2).unflatten(2, (side, side)) for block in chosen), embedding]


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("count", [1, 3])
def test_features_are_those_of_the_plain_tower(name: str, count: int) -> None:
    seen = pictures(STATES[name], count)
    found = make_tower(STATES[name]).features(seen)
    for mine, theirs in zip([*found.layers, found.embedding], plain(STATES[name], seen), strict=True):
        assert error(mine, theirs) < 2e-6


@pytest.mark.parametrize("name", STATES)
def test_the_gradient_is_that_of_the_plain_tower(name: str) -> None:
    def gradient(features: list[Tensor], seen: Tensor) -> Tensor:
        return torch.autograd.grad(sum((part.square().mean() for part in features), torch.zeros(())), seen)[0]

    seen = pictures(STATES[name]).requires_grad_()
    found = make_tower(STATES[name]).features(seen)
    assert error(gradient([*found.layers, found.embedding], seen), gradient(plain(STATES[name], seen), seen)) < 1e-5


@pytest.mark.parametrize("name", ["transformer", "deep transformer"])
def test_attention_is_the_class_tokens_mean_over_heads_and_blocks(name: str) -> None:
    state = STATES[name]
    seen = pictures(state)
    tower = make_tower(state)
    assert isinstance(tower, TransformerTower)
    found = tower.attention(seen)
    expected = torch.stack([block[:, :, 0, 1:].mean(1) for block in plain_transformer(state, seen)[2]]).mean(0)
    assert error(found.flatten(1), expected) < 1e-5
    # The rest of each row's attention goes to the class token itself.
    assert (found.sum((1, 2)) < 1).all()


@pytest.mark.parametrize(
    ("name", "kind", "side"), [("residual", ResidualTower, 64), ("wide residual", ResidualTower, 96), ("transformer", TransformerTower, 64)]
)
def test_kind_and_resolution_are_read_off_the_tensors(name: str, kind: type, side: int) -> None:
    tower = make_tower(STATES[name])
    assert isinstance(tower, kind)
    assert tower.resolution == side


@pytest.mark.parametrize("name", ["residual", "transformer"])
def test_half_precision_weights_are_taken_and_left_as_they_are(name: str) -> None:
    half = {key: value.half() if value.is_floating_point() else value for key, value in STATES[name].items()}
    before = {key: value.clone() for key, value in half.items()}
    found = make_tower(half).features(pictures(STATES[name]))
    assert found.embedding.dtype == torch.float32
    assert error(found.embedding, plain(STATES[name], pictures(STATES[name]))[2]) < 0.01
    assert all(torch.equal(half[key], before[key]) for key in half)


@pytest.mark.parametrize("name", ["residual", "transformer"])
def test_in_bfloat16_features_are_nearly_the_same(name: str) -> None:
    tower = make_tower(STATES[name])
    lower = tower.converted(torch.bfloat16)
    seen = pictures(STATES[name])
    one, other = tower.features(seen), lower.features(seen)
    assert (tower.dtype, lower.dtype, other.embedding.dtype) == (torch.float32, torch.bfloat16, torch.bfloat16)
    for mine, theirs in zip(one.layers, other.layers, strict=True):
        assert 1e-6 < error(theirs.float(), mine) < 0.05


@pytest.mark.parametrize("name", ["residual", "transformer"])
@pytest.mark.parametrize("damage", ["nothing", "a tensor missing", "a tensor of another shape"])
def test_other_tensors_are_refused_in_one_sentence(name: str, damage: str) -> None:
    state = {} if damage == "nothing" else dict(STATES[name])
    key = "layer2.0.bn2.running_var" if name == "residual" else "transformer.resblocks.1.ln_2.bias"
    if damage == "a tensor missing":
        del state[key]
    elif damage == "a tensor of another shape":
        state[key] = state[key][:-1]
    with pytest.raises(BadInputError, match="weights list"):
        make_tower(state)


def shaken(tower: Any) -> State:
    """Give an untrained open_clip tower norms that are not the identity; its state dict."""
    rng = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for name, value in tower.state_dict().items():
            if "bn" in name or "ln" in name or "downsample.1" in name:
                value.add_(0.2 * torch.rand(value.shape, generator=rng) if value.is_floating_point() else 0)
    return dict(tower.eval().state_dict())


def test_a_residual_tower_sees_what_open_clips_sees() -> None:
    pytest.importorskip("open_clip")
    from open_clip.modified_resnet import ModifiedResNet

    torch.manual_seed(SEED)
    theirs = ModifiedResNet(layers=(1, 2, 2, 1), output_dim=32, heads=8, image_size=64, width=16)
    state = shaken(theirs)
    seen = pictures(state)
    found = make_tower(state).features(seen)
    # Open_clip's flag is inverted for this kind of tower: without it the last stage is left out.
    expected = theirs.forward_intermediates(seen, indices=[2, 3], stop_early=True)
    for mine, other in zip(found.layers, expected["image_intermediates"], strict=True):
        assert error(mine, other) < 2e-6
    assert error(found.embedding, theirs(seen)) < 2e-6


def test_a_transformer_of_unknown_heads_is_refused() -> None:
    with pytest.raises(BadInputError, match="heads"):
        make_tower(transformer_state(depth=1, width=1344, patch=4, side=1))


@pytest.mark.parametrize(
    ("width", "heads", "quick"), [(128, 2, True), (128, 2, False), (1280, 16, False), (1408, 16, False), (1664, 16, True)]
)
def test_a_transformer_sees_what_open_clips_sees(width: int, heads: int, quick: bool) -> None:
    pytest.importorskip("open_clip")
    from open_clip.transformer import QuickGELU, VisionTransformer

    torch.manual_seed(SEED)
    depth = 6 if width < 1000 else 3
    theirs = VisionTransformer(64, 16, width, depth, heads, 4.0, output_dim=32, act_layer=QuickGELU if quick else torch.nn.GELU)
    state = shaken(theirs)
    seen = pictures(state)
    found = make_tower(state, quick_gelu=quick).features(seen)
    expected = theirs.forward_intermediates(seen, indices=[depth // 3 - 1, 2 * depth // 3 - 1])
    for mine, other in zip(found.layers, expected["image_intermediates"], strict=True):
        assert error(mine, other) < 2e-6
    assert error(found.embedding, theirs(seen)) < 2e-6
    assert F.cosine_similarity(found.embedding, theirs(seen)).min() > 0.99999
