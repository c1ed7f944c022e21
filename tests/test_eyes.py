"""Who looks in a run: how encoder and watcher are chosen, fetched, and kept when a run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from sample_eyes import STATES, Cache, photo, pictures

from picasso_series import precision
from picasso_series.encoders import choose_eyes, choose_watcher, weights, weights_of
from picasso_series.encoders.clip import ClipAttention, ClipEncoder
from picasso_series.encoders.weights_table import Entry, resolve
from picasso_series.errors import BadInputError, MissingError, PicassoError, UsageError
from picasso_series.settings import Settings
from picasso_series.studio import choose_studio


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    cache = Cache(tmp_path)
    for name in ("find", "verify", "load_visual"):
        monkeypatch.setattr(weights, name, getattr(cache, name))
    return cache


@pytest.mark.parametrize(
    ("name", "model"), [("clip", "RN101"), ("clip:RN50", "RN50"), ("clip:ViT-B/32", "ViT-B-32"), ("clip:RN50/yfcc15m", "RN50/yfcc15m")]
)
def test_the_model_asked_for_is_loaded_and_named_with_the_hash_of_its_weights(cache: Cache, name: str, model: str) -> None:
    path = cache.put(resolve(model).stem)
    eyes = choose_eyes(name)
    assert (eyes.encoder.name, eyes.reason, eyes.encoder.sha256) == (f"clip:{model}", "asked for", path.name[::-1])
    assert weights_of(name) == [resolve(model)]


def test_only_openais_transformers_and_those_that_say_so_have_quickgelu(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STATES, "ViT-B-32-quickgelu", STATES["ViT-B-32"])
    found = {}
    for model in ("ViT-B-32", "ViT-B-32/laion2b_e16", "ViT-B-32-quickgelu/metaclip_400m"):
        cache.put(resolve(model).stem)
        found[model] = choose_eyes(f"clip:{model}").encoder.features(pictures()).embedding
    assert torch.equal(found["ViT-B-32"], found["ViT-B-32-quickgelu/metaclip_400m"])
    assert not torch.allclose(found["ViT-B-32"], found["ViT-B-32/laion2b_e16"], rtol=1e-3)


@pytest.mark.parametrize("name", ["clip", "clip:RN50"])
def test_weights_that_are_asked_for_and_missing_are_an_error(cache: Cache, name: str) -> None:
    with pytest.raises(MissingError, match="weights fetch"):
        choose_eyes(name)


@pytest.mark.parametrize(("name", "hint"), [("clip:RN52", "RN50"), ("clip:rn50", "RN50"), ("clap", "structure")])
def test_unknown_models_are_refused_with_those_that_there_are(cache: Cache, name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        choose_eyes(name)


def test_auto_takes_clip_where_its_weights_are(cache: Cache) -> None:
    eyes = choose_eyes("auto")
    assert eyes.encoder.name == "structure"
    assert "weights fetch" in eyes.reason
    cache.put("RN101")
    eyes = choose_eyes("auto")
    assert eyes.encoder.name == "clip:RN101"
    assert eyes.reason == "CLIP's weights are on this machine"


@pytest.mark.parametrize("damaged", [False, True])
def test_auto_and_clip_take_what_can_be_fetched_and_fetch_only_what_they_need(cache: Cache, damaged: bool) -> None:
    asked: list[str] = []

    def fetch(entry: Entry) -> None:
        asked.append(entry.name)
        cache.damaged = False
        cache.put(entry.stem)

    if damaged:
        cache.put("RN101")
        cache.damaged = True
    for name in ("auto", "clip", "structure"):
        assert choose_eyes(name, fetch=fetch).encoder.name == ("structure" if name == "structure" else "clip:RN101")
    assert asked == ["RN101"]
    eyes = choose_eyes("auto", attentive=True, fetch=fetch)
    assert asked == ["RN101", "ViT-B-32"]
    assert (eyes.encoder.name, eyes.watcher.name, eyes.finder.name) == ("clip:RN101", "clip:ViT-B-32", "structure")
    assert eyes.watcher.sha256 == "ViT-B-32"[::-1]


def test_where_fetching_fails_auto_goes_on_without_and_clip_does_not(cache: Cache) -> None:
    def fetch(entry: Entry) -> None:
        raise weights.WeightsError(f"the weights of {entry.name} cannot be fetched: the cat sleeps on it", "wake the cat")

    eyes = choose_eyes("auto", attentive=True, fetch=fetch)
    assert (eyes.encoder.name, eyes.watcher.name) == ("structure", "structure")
    assert eyes.reason == "the embedded encoder draws, as the weights of RN101 cannot be fetched: the cat sleeps on it"
    for name in ("clip", "clip:RN50"):
        with pytest.raises(MissingError, match="wake the cat"):
            choose_eyes(name, fetch=fetch)


def test_auto_takes_all_of_clip_or_nothing(cache: Cache) -> None:
    cache.put("RN101")
    eyes = choose_eyes("auto", attentive=True)
    assert (eyes.encoder.name, eyes.watcher.name) == ("structure", "structure")
    assert "ViT-B-32" in eyes.reason


def test_what_says_where_the_eye_goes_needs_no_other_weights(cache: Cache) -> None:
    assert choose_watcher("auto")[0].name == "structure"
    cache.put("ViT-B-32")
    for name, reason in (("auto", "CLIP's weights are on this machine"), ("clip", "asked for"), ("clip:RN50", "asked for")):
        watcher, why = choose_watcher(name)
        assert (watcher.name, why) == ("clip:ViT-B-32", reason)
    assert choose_watcher("structure")[0].name == "structure"


def test_auto_says_what_is_wrong_with_clips_weights_and_goes_on(cache: Cache) -> None:
    cache.put("RN101")
    cache.damaged = True
    eyes = choose_eyes("auto")
    assert eyes.encoder.name == "structure"
    assert "not those of a CLIP image tower" in eyes.reason
    with pytest.raises(PicassoError, match="not those of a CLIP image tower"):
        choose_eyes("clip")


@pytest.mark.parametrize("start", ["contour", "saliency"])
def test_a_missing_transformer_is_missed_only_by_who_needs_it_and_before_anything_is_drawn(cache: Cache, start: str) -> None:
    cache.put("RN101")
    settings = Settings(encoder="clip", start=start)
    if start == "contour":
        studio = choose_studio(settings)
        assert studio.encoder.name == "clip:RN101"
        assert "saliency" not in studio.choices
        # The subject is found by the embedded encoder, and so are first strokes where there are no lines.
        assert studio.find_subject(photo()).shape == (90, 70)
        assert studio.watcher.name == "structure"
    else:
        with pytest.raises(MissingError, match="ViT-B-32"):
            choose_studio(settings)


def test_whoever_says_where_the_eye_goes_is_told_with_the_hash_of_its_weights(cache: Cache) -> None:
    cache.put("RN101")
    cache.put("ViT-B-32")
    choices = choose_studio(Settings(encoder="auto", start="saliency")).choices
    assert (choices["saliency"]["value"], choices["saliency"]["sha256"]) == ("clip:ViT-B-32", "ViT-B-32"[::-1])
    assert choices["encoder"]["sha256"] == "RN101"[::-1]
    finder = choices["finder"]
    choices = choose_studio(Settings(encoder="structure", start="saliency")).choices
    assert choices["saliency"]["sha256"] == choices["encoder"]["sha256"] == finder["sha256"]
    assert "finder" not in choices, "the encoder is it"


# Going on with a run


def test_a_run_that_goes_on_keeps_its_numbers_and_reasons_without_measuring_again(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.put("RN101")
    monkeypatch.setattr(precision, "gradient_agreement", lambda *_: pytest.fail("measured again"))
    for value in ("bfloat16", "float32"):
        begun = {
            "encoder": {"value": "clip:RN101", "reason": "it was Tuesday", "sha256": "RN101"[::-1]},
            "precision": {"value": value, "reason": "measured"},
            "levels": {"value": "9", "reason": "counted"},
        }
        studio = choose_studio(Settings(encoder="clip:RN101"), begun=begun)
        assert isinstance(studio.encoder, ClipEncoder)
        assert str(studio.encoder.dtype) == f"torch.{value}"
        assert {name: studio.choices[name] for name in begun} == begun


@pytest.mark.parametrize("role", ["encoder", "saliency", "finder"])
def test_a_run_does_not_go_on_with_other_weights(cache: Cache, role: str) -> None:
    cache.put("RN101")
    cache.put("ViT-B-32")
    settings = Settings(encoder="clip:RN101", start="saliency")
    begun = {name: dict(choice) for name, choice in choose_studio(settings).choices.items()}
    assert choose_studio(settings, begun=begun).choices == begun
    begun[role]["sha256"] = "f" * 64
    with pytest.raises(BadInputError, match=f"{begun[role]['value']} are others .* --force"):
        choose_studio(settings, begun=begun)


def test_another_tower_in_place_of_the_transformer_is_refused(cache: Cache) -> None:
    cache.put("RN50")
    with pytest.raises(BadInputError, match="RN50"):
        ClipAttention.load("RN50")


def test_the_studio_tells_the_numbers_that_clip_computes_in_and_nothing_for_the_embedded_encoder(cache: Cache) -> None:
    cache.put("RN101")
    choice = choose_studio(Settings(encoder="clip")).choices["precision"]
    assert choice["value"] in ("float32", "bfloat16")
    assert choice["reason"]
    assert "precision" not in choose_studio(Settings(encoder="structure")).choices
