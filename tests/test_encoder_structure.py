"""The embedded encoder: what it returns, that it is the same each time, and that it knows a subject when it sees one."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from picasso_series.encoders import choose_eyes, structure
from picasso_series.encoders.structure import WEIGHTS, StructureEncoder
from picasso_series.errors import MissingError, UsageError
from picasso_series.faces import find_marks
from picasso_series.photo import load_photo
from picasso_series.subject import prepare_subject

HORSE = Path(__file__).parents[1] / "gallery" / "photos" / "horse.jpg"
SEED = 11


@pytest.fixture(scope="module")
def encoder() -> StructureEncoder:
    return StructureEncoder.load()


def pictures(count: int = 3) -> torch.Tensor:
    print(f"seed {SEED}")
    side = StructureEncoder.resolution
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(SEED))


def test_features_are_three_finer_to_coarser_layers_and_an_embedding(encoder: StructureEncoder) -> None:
    found = encoder.features(pictures())
    sides = [layer.shape[2] for layer in found.layers]
    assert sides == [28, 14, 7]
    assert all(layer.shape[0] == 3 and layer.shape[2] == layer.shape[3] for layer in found.layers)
    assert found.embedding.ndim == 2
    assert len(found.embedding) == 3
    for part in (*found.layers, found.embedding):
        assert torch.isfinite(part).all()
        assert (part != 0).any()


def test_features_are_the_same_each_time_and_for_a_fresh_encoder(encoder: StructureEncoder) -> None:
    one, again, fresh = encoder.features(pictures()), encoder.features(pictures()), StructureEncoder.load().features(pictures())
    for a, b, c in zip((*one.layers, one.embedding), (*again.layers, again.embedding), (*fresh.layers, fresh.embedding), strict=True):
        assert torch.equal(a, b)
        assert torch.equal(a, c)


def test_a_picture_looks_the_same_alone_and_among_others(encoder: StructureEncoder) -> None:
    together = encoder.features(pictures())
    for i in range(3):
        alone = encoder.features(pictures()[i : i + 1])
        for a, b in zip((*together.layers, together.embedding), (*alone.layers, alone.embedding), strict=True):
            torch.testing.assert_close(a[i : i + 1], b, rtol=1e-4, atol=1e-5)


def test_different_pictures_have_different_features(encoder: StructureEncoder) -> None:
    found = encoder.features(pictures(2))
    assert all((layer[0] - layer[1]).abs().max() > 1e-3 for layer in found.layers)


@pytest.mark.parametrize("part", [0, 1, 2, "embedding"])
def test_gradients_flow_to_the_picture(encoder: StructureEncoder, part: int | str) -> None:
    seen = pictures(1).requires_grad_()
    found = encoder.features(seen)
    value = found.embedding if part == "embedding" else found.layers[int(part)]
    (gradient,) = torch.autograd.grad(value.square().sum(), seen)
    assert torch.isfinite(gradient).all()
    # Every region of the picture counts.
    assert (gradient.abs().sum(1).view(4, 28, 4, 28).sum((1, 3)) > 0).all()


def test_the_weights_in_use_are_named_by_their_hash(encoder: StructureEncoder) -> None:
    data = resources.files("picasso_series.encoders").joinpath(WEIGHTS).read_bytes()
    assert encoder.sha256 == hashlib.sha256(data).hexdigest()
    assert len(data) < 5_000_000


def test_looking_draws_no_random_numbers(encoder: StructureEncoder) -> None:
    before, numpys = torch.random.get_rng_state(), repr(np.random.get_state())
    encoder.features(pictures(1))
    encoder.saliency(np.zeros((32, 32, 3), np.uint8))
    encoder.faces(np.zeros((32, 32, 3), np.uint8))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert repr(np.random.get_state()) == numpys


# Saliency


def test_a_horse_is_more_salient_than_the_white_around_it(encoder: StructureEncoder) -> None:
    subject = prepare_subject(load_photo(HORSE))
    found = encoder.saliency(subject.rgb)
    assert found.shape == subject.mask.shape
    assert found.dtype == np.float32
    assert 0 <= found.min() <= found.max() <= 1
    on = subject.mask > 0.5
    assert found[on].mean() > found[~on].mean() + 0.4
    both = (found > 0.5) & on
    assert both.sum() / ((found > 0.5) | on).sum() > 0.7


def test_a_photos_mirror_image_has_the_mirrored_map(encoder: StructureEncoder) -> None:
    rgb = np.array(Image.open(HORSE).convert("RGB").resize((200, 160)))
    np.testing.assert_allclose(encoder.saliency(rgb[:, ::-1])[:, ::-1], encoder.saliency(rgb), atol=2e-3)


@pytest.mark.parametrize("shape", [(224, 224), (50, 80), (300, 20), (1, 1)])
@pytest.mark.parametrize("tone", [0, 255])
def test_a_map_has_the_photos_size_and_lies_in_range(encoder: StructureEncoder, shape: tuple[int, int], tone: int) -> None:
    found = encoder.saliency(np.full((*shape, 3), tone, np.uint8))
    assert found.shape == shape
    assert np.isfinite(found).all()
    assert 0 <= found.min() <= found.max() <= 1


# Eyes and noses


def test_an_eye_is_found_where_one_is_painted(encoder: StructureEncoder) -> None:
    """A head such as children draw them, for there is no photo of a face among the project's own."""
    y, x = np.mgrid[:448, :448] + 0.5
    head = np.full((448, 448, 3), 255, np.uint8)
    head[np.hypot((x - 224) / 1.1, y - 240) < 130] = (190, 140, 90)
    for ear in (130, 318):
        head[(np.hypot(x - ear, y - 110) < 45)] = (170, 120, 75)
    for eye in (170, 278):
        head[np.hypot(x - eye, y - 210) < 20] = (250, 250, 240)
        head[np.hypot(x - eye, y - 210) < 14] = (20, 15, 10)
    found = encoder.faces(head)
    near = np.minimum(np.hypot(x - 170, y - 210), np.hypot(x - 278, y - 210)) < 12
    far = np.minimum(np.hypot(x - 170, y - 210), np.hypot(x - 278, y - 210)) > 40
    assert found[near].max() > found[far & (y < 300)].max() + 0.2


@pytest.mark.parametrize("shape", [(224, 224), (50, 80), (1, 1)])
def test_what_is_telling_is_judged_all_over_a_picture_and_mirrored_in_its_mirror_image(
    encoder: StructureEncoder, shape: tuple[int, int]
) -> None:
    rgb = np.array(Image.open(HORSE).convert("RGB").resize(shape[::-1]))
    found = encoder.telling(rgb)
    assert found.shape == shape
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    np.testing.assert_allclose(encoder.telling(rgb[:, ::-1])[:, ::-1], found, atol=0.02)


def test_an_animals_face_tells_more_than_its_flank(encoder: StructureEncoder) -> None:
    subject = prepare_subject(load_photo(HORSE))
    found = encoder.telling(subject.rgb)
    rows, columns = np.nonzero(subject.mask > 0.9)
    right, left = columns.max(), columns.min()
    head = columns > right - 0.2 * (right - left)
    flank = (columns > left + 0.25 * (right - left)) & (columns < left + 0.6 * (right - left)) & (rows < np.median(rows))
    assert found[rows[head], columns[head]].mean() > found[rows[flank], columns[flank]].mean()


@pytest.mark.parametrize("name", ["cello.png", "daffodil.png"])
def test_what_has_no_face_gets_none(encoder: StructureEncoder, name: str) -> None:
    assert find_marks(prepare_subject(load_photo(HORSE.with_name(name))), encoder.faces) == ()


def test_a_mirror_image_has_its_eyes_mirrored(encoder: StructureEncoder) -> None:
    rgb = np.array(Image.open(HORSE).convert("RGB").resize((160, 160)))
    np.testing.assert_allclose(encoder.faces(rgb[:, ::-1])[:, ::-1], encoder.faces(rgb), atol=5e-3)


@pytest.mark.parametrize("shape", [(224, 224), (300, 20), (1, 1)])
@pytest.mark.parametrize("tone", [0, 255])
def test_eyes_are_sought_in_pictures_of_any_shape(encoder: StructureEncoder, shape: tuple[int, int], tone: int) -> None:
    found = encoder.faces(np.full((*shape, 3), tone, np.uint8))
    assert found.shape == shape
    assert np.isfinite(found).all()
    assert 0 <= found.min() <= found.max() <= 1


# Choice, and weights that cannot be read


def test_the_choice_comes_with_its_reason() -> None:
    asked = choose_eyes("structure")
    assert (asked.encoder.name, asked.reason) == ("structure", "asked for")
    found = choose_eyes("auto")
    assert found.encoder.name == "structure"
    assert found.reason != asked.reason


@pytest.mark.parametrize("name", ["eye", ""])
def test_an_encoder_that_there_is_not_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(UsageError, match="structure"):
        choose_eyes(name)


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "cut", "changed"])
def test_damaged_weights_are_told_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    data = resources.files("picasso_series.encoders").joinpath(WEIGHTS).read_bytes()
    middle = len(data) // 3
    damaged = {
        "empty": b"",
        "text": b"version https://git-lfs.github.com/spec/v1\n",
        "cut": data[: len(data) // 2],
        "changed": data[:middle] + bytes(64) + data[middle + 64 :],
    }
    if damage in damaged:
        (tmp_path / WEIGHTS).write_bytes(damaged[damage])
    monkeypatch.setattr(structure.resources, "files", lambda package: tmp_path)
    with pytest.raises(MissingError, match="pip install"):
        StructureEncoder.load()
