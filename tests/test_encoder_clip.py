"""CLIP as an encoder: how pictures reach it, where it looks, and in which numbers it computes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from plain_clip import MEAN, SPREAD, State, plain_features, plain_transformer
from sample_eyes import STATES, photo, pictures

from picasso_series import precision
from picasso_series.encoders.clip import ClipAttention, ClipEncoder
from picasso_series.encoders.towers import TransformerTower, make_tower
from picasso_series.encoders.weights_table import resolve
from picasso_series.precision import AGREEMENT, gradient_agreement, settle_precision
from picasso_series.raster import Rasterizer, choose_rasterizer


def encoder_of(model: str) -> ClipEncoder:
    return ClipEncoder(resolve(model), make_tower(STATES[model]), "")


def watcher_of(state: State) -> ClipAttention:
    tower = make_tower(state)
    assert isinstance(tower, TransformerTower)
    return ClipAttention(resolve("ViT-B-32"), tower, "")


# What it sees


@pytest.mark.parametrize("model", STATES)
def test_pictures_are_normalized_and_seen_as_the_plain_tower_sees_them(model: str) -> None:
    found = encoder_of(model).features(pictures())
    layers, embedding = plain_features(STATES[model], pictures())
    for mine, theirs in zip(found.layers, layers, strict=True):
        theirs = theirs if theirs.ndim == 4 else theirs.transpose(1, 2).reshape(mine.shape)
        torch.testing.assert_close(mine, theirs, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(found.embedding, embedding, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("model", STATES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gradients_flow_to_pictures_and_to_nothing_else(model: str, dtype: torch.dtype) -> None:
    encoder = encoder_of(model).converted(dtype)
    assert not encoder.features(pictures()).embedding.requires_grad
    seen = pictures().requires_grad_()
    found = encoder.features(seen)
    assert {layer.dtype for layer in (*found.layers, found.embedding)} == {torch.float32}
    (gradient,) = torch.autograd.grad(found.embedding.sum(), seen)
    assert gradient.abs().sum() > 0


def test_what_is_converted_is_the_same_encoder_otherwise() -> None:
    encoder = encoder_of("RN101")
    lower = encoder.converted(torch.bfloat16)
    assert (lower.name, lower.resolution, lower.dtype) == ("clip:RN101", 64, torch.bfloat16)
    assert encoder.dtype == torch.float32


def test_pictures_are_normalized_as_the_training_was(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = resolve("ViT-L-14/laion2b_s32b_b82k")
    tower = make_tower(STATES["ViT-B-32"])
    found = ClipEncoder(entry, tower, "").features(pictures()).embedding
    torch.testing.assert_close(found, tower.features(2 * pictures() - 1).embedding, atol=1e-5, rtol=1e-5)


# Where the eye goes


def test_saliency_has_the_photos_size_and_goes_from_none_to_one() -> None:
    found = watcher_of(STATES["ViT-B-32"]).saliency(photo())
    assert found.shape == (90, 70)
    assert found.dtype == np.float32
    assert (found.min(), found.max()) == (0, 1)


def test_saliency_is_the_attention_of_the_transformer() -> None:
    seen = photo(64, 64)
    one = watcher_of(STATES["ViT-B-32"]).saliency(seen)
    normal = (torch.from_numpy(seen).permute(2, 0, 1)[None].float() / 255 - MEAN) / SPREAD
    attention = torch.stack([block[0, :, 0, 1:].mean(0) for block in plain_transformer(STATES["ViT-B-32"], normal)[2]]).mean(0).view(4, 4)
    # The patch that is looked at most is the brightest quarter of the map or lies beside it.
    place = np.array(np.unravel_index(one.argmax(), one.shape)) // 16
    assert abs(place - np.array(np.unravel_index(int(attention.argmax()), (4, 4)))).max() <= 1
    patches = one.reshape(4, 16, 4, 16).mean((1, 3))
    assert np.corrcoef(patches.ravel(), attention.numpy().ravel())[0, 1] > 0.9


def test_an_even_attention_is_no_error() -> None:
    state = {name: torch.zeros_like(value) for name, value in STATES["ViT-B-32"].items()}
    found = watcher_of(state).saliency(photo())
    assert np.isfinite(found).all()


# In which numbers


@pytest.fixture
def rasterizer() -> Rasterizer:
    return choose_rasterizer("torch")[0]


def test_an_encoder_agrees_with_itself_and_not_with_another(rasterizer: Rasterizer) -> None:
    one, other = encoder_of("RN101"), encoder_of("RN50")
    assert gradient_agreement(one, one, rasterizer, "cpu") == pytest.approx(1)
    assert gradient_agreement(one, other, rasterizer, "cpu") < 0.9


def test_float32_stays_where_bfloat16_is_slow(rasterizer: Rasterizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda device: False)
    encoder = encoder_of("RN101")
    found, choice = settle_precision(encoder, rasterizer, "cpu")
    assert found is encoder
    assert choice == {"value": "float32", "reason": "this machine is slow at bfloat16"}


@pytest.mark.parametrize(("agreement", "value"), [(AGREEMENT - 0.001, "float32"), (AGREEMENT, "bfloat16")])
def test_bfloat16_is_taken_where_its_gradient_agrees_and_the_figure_is_told(
    rasterizer: Rasterizer, monkeypatch: pytest.MonkeyPatch, agreement: float, value: str
) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda device: True)
    monkeypatch.setattr(precision, "gradient_agreement", lambda *_: agreement)
    found, choice = settle_precision(encoder_of("RN101"), rasterizer, "cpu")
    assert (choice["value"], str(found.dtype)) == (value, f"torch.{value}")
    assert f"{agreement:.3f}" in choice["reason"]
