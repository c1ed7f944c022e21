"""CLIP's words and its text tower: the numbers that OpenAI's tokenizer gives, and what a plain tower and open_clip's see."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sample_clip import openai_archive, tiny_clip
from sample_text import clip_file, plain_text, text_state
from torch import Tensor

from picasso_series.encoders import weights
from picasso_series.encoders.fetching import fetch
from picasso_series.encoders.importing import import_file
from picasso_series.encoders.text import TextTower
from picasso_series.encoders.tokens import CONTEXT, Tokenizer
from picasso_series.encoders.weights_table import resolve
from picasso_series.errors import BadInputError, MissingError

TOKENIZER = Tokenizer.load()
SENTENCES = ("a sketch of a horse.", "a photo of a cat", "none of these things at all, really not one", "")
SEED = 3
NAME = "tiny/random-quickgelu"
NUMBERS = ("input_resolution", "context_length", "vocab_size")
"""What OpenAI's archives hold beside the towers."""


# Words


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        # Seen in open_clip 3.3.0's SimpleTokenizer.
        ("a sketch of a horse", [320, 5269, 539, 320, 4558]),
        ("a photo of a zebra.", [320, 1125, 539, 320, 22548, 269]),
        ("None of these", [8906, 539, 1071]),
        ("don't draw it's 32 strokes", [847, 713, 4001, 585, 568, 274, 273, 26595]),
        ("", []),
    ],
)
def test_words_get_the_numbers_that_openais_tokenizer_gives(text: str, numbers: list[int]) -> None:
    assert TOKENIZER.encode(text) == numbers


def test_the_vocabulary_has_49408_numbers() -> None:
    assert (TOKENIZER.start, TOKENIZER.end) == (49406, 49407)


@pytest.mark.parametrize(
    ("one", "other"),
    [("A  Sketch\tof ", "a sketch of"), ("caf\u00e9", "cafe\u0301"), ("a &amp; b", "a & b"), ("a &amp;amp; b", "a & b")],
)
def test_case_spaces_accents_and_entities_make_no_difference(one: str, other: str) -> None:
    assert TOKENIZER.encode(one) == TOKENIZER.encode(other)


@given(st.lists(st.text(max_size=60), min_size=1, max_size=3), st.integers(3, CONTEXT))
def test_every_row_runs_from_start_to_end_and_is_empty_after(texts: list[str], context: int) -> None:
    rows = TOKENIZER(texts, context)
    assert rows.shape == (len(texts), context)
    for row in rows:
        end = int(row.argmax())
        assert (row[0], row[end]) == (TOKENIZER.start, TOKENIZER.end)
        assert (row[1:end] < TOKENIZER.start).all()
        assert (row[end + 1 :] == 0).all()


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=30), st.text("abc 1.!", max_size=10))
def test_words_on_either_side_of_a_space_do_not_touch_each_other(one: str, other: str) -> None:
    assert TOKENIZER.encode(f"{one} {other}") == TOKENIZER.encode(one) + TOKENIZER.encode(other)


def test_what_is_too_long_loses_its_last_words() -> None:
    row = TOKENIZER(["horse " * 200])[0]
    assert row.tolist() == [TOKENIZER.start, *[4558] * 75, TOKENIZER.end]


def test_numbers_are_those_of_open_clip() -> None:
    theirs = pytest.importorskip("open_clip").tokenizer.SimpleTokenizer()
    texts = [*SENTENCES, "naïve Straße", "C++ & C#", "漢字 かな", "🐴!!!", "it'sall I'd've"]
    assert (TOKENIZER(texts) == theirs(texts).numpy()).all()


# The tower


def rows() -> Tensor:
    return torch.from_numpy(TOKENIZER(SENTENCES))


def error(found: Tensor, expected: Tensor) -> float:
    assert found.shape == expected.shape
    return ((found - expected).norm() / expected.norm()).item()


@pytest.mark.parametrize(("depth", "width"), [(1, 64), (3, 128)])
def test_embeddings_are_those_of_the_plain_tower(depth: int, width: int) -> None:
    print(f"seed {SEED}")
    state = text_state(depth, width, seed=SEED)
    tower = TextTower(state)
    assert tower.context == CONTEXT
    assert error(tower.embedding(rows()), plain_text(state, rows())) < 2e-6


def test_a_text_is_seen_alike_alone_and_among_longer_ones() -> None:
    tower = TextTower(text_state(seed=SEED))
    together = tower.embedding(rows())
    for index, row in enumerate(rows()):
        assert error(tower.embedding(row[None])[0], together[index]) < 2e-6


def test_half_precision_is_taken() -> None:
    state = text_state(seed=SEED)
    half = {name: value.half() for name, value in state.items()}
    found = TextTower(half).embedding(rows())
    assert found.dtype == torch.float32
    assert error(found, plain_text(state, rows())) < 0.02


@pytest.mark.parametrize("damage", ["ln_final.bias", "text_projection", "transformer.resblocks.1.mlp.c_fc.weight", "positional_embedding"])
def test_other_tensors_are_refused_in_one_sentence(damage: str) -> None:
    state = text_state()
    cut = state[damage][:-1] if damage == "text_projection" else state[damage][..., :-1]
    for wrong in ({name: value for name, value in state.items() if name != damage}, {**state, damage: cut}):
        with pytest.raises(BadInputError, match="text tower"):
            TextTower(wrong)


@pytest.mark.parametrize("quick", [True, False])
def test_a_tower_sees_what_open_clips_sees(quick: bool) -> None:
    pytest.importorskip("open_clip")
    from open_clip.transformer import QuickGELU, TextTransformer

    torch.manual_seed(SEED)
    theirs = TextTransformer(77, 49408, 128, 2, 3, output_dim=40, act_layer=QuickGELU if quick else torch.nn.GELU).eval()
    found = TextTower(dict(theirs.state_dict()), quick_gelu=quick).embedding(rows())
    assert error(found, theirs(rows())) < 2e-6


# The cache


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A model of both towers in the cache, by name ``NAME``; its text tower's file."""
    import_file(clip_file(tmp_path / "model.safetensors", SEED), NAME)
    return weights.cache_folder() / f"{resolve(NAME).stem}.text.safetensors"


def test_both_towers_are_kept_apart_and_found_again(kept: Path) -> None:
    record = weights.verify_text(NAME)
    assert (record.text_bytes, bool(record.text_sha256)) == (kept.stat().st_size, True)
    stored = weights.load_text(NAME)
    expected = text_state(seed=SEED)
    assert stored.keys() == expected.keys()
    assert all(torch.equal(stored[name], expected[name]) for name in stored)
    assert not {name for name in weights.load_visual(NAME) if "token" in name or "text" in name or "final" in name}
    assert [found.name for found in weights.cached()] == [NAME]


def test_drawing_never_reads_the_text_tower(kept: Path) -> None:
    from picasso_series.encoders.clip import ClipEncoder

    kept.write_bytes(b"nothing that could be read")
    assert ClipEncoder.load(NAME).resolution == 64


def test_a_damaged_text_tower_is_refused(kept: Path) -> None:
    data = bytearray(kept.read_bytes())
    data[-1] ^= 1
    kept.write_bytes(data)
    with pytest.raises(BadInputError, match="damaged"):
        weights.load_text(NAME)


def test_a_model_without_a_text_tower_says_so(tmp_path: Path, kept: Path) -> None:
    # The text tower of the weights that were there before goes too.
    import_file(clip_file(tmp_path / "image.safetensors", SEED, text=False), NAME)
    assert not kept.exists()
    assert weights.verify(NAME).text_sha256 == ""
    with pytest.raises(MissingError, match="text tower"):
        weights.load_text(NAME)


def test_openais_archive_gives_both_towers(tmp_path: Path) -> None:
    model = tiny_clip()
    record = import_file(openai_archive(tmp_path / "tiny.pt", model), NAME)
    assert record.text_sha256
    expected = {name: value for name, value in model.state_dict().items() if not name.startswith(("visual.", *NUMBERS))}
    stored = weights.load_text(NAME)
    assert stored.keys() == expected.keys()
    assert all(torch.equal(stored[name].float(), expected[name]) for name in stored)


def test_weights_kept_without_their_text_tower_by_an_earlier_version_are_fetched_anew(kept: Path) -> None:
    record_file = kept.with_name(kept.name.removesuffix(".text.safetensors") + ".json")
    record = json.loads(record_file.read_text(encoding="utf-8"))
    record_file.write_text(json.dumps({name: value for name, value in record.items() if not name.startswith("text_")}), encoding="utf-8")
    assert weights.verify(NAME).sha256 == record["sha256"]
    with pytest.raises(MissingError, match="import"):
        weights.load_text(NAME)
    with pytest.raises(MissingError, match="cannot be fetched by name"):
        fetch(NAME)


def test_numbers_stay_as_small_as_they_came(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    whole = load_file(clip_file(tmp_path / "model.safetensors", SEED))
    save_file({name: value.half() for name, value in whole.items()}, tmp_path / "half.safetensors")
    import_file(tmp_path / "half.safetensors", NAME)
    assert {value.dtype for value in weights.load_text(NAME).values()} == {torch.float16}
    assert {value.dtype for value in weights.load_visual(NAME).values()} == {torch.float32}
    assert np.isfinite(TextTower(weights.load_text(NAME)).embedding(rows()).numpy()).all()
