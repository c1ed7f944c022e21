"""The tools that train the embedded encoder: what they make, and that the encoder computes what was trained."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from picasso_series.encoders.structure import UNALIVE, StructureEncoder
from picasso_series.faces import Mark
from tools.structure_net import export, losses, telling, train
from tools.structure_net.alive import RIDGE, fit_alive
from tools.structure_net.archives import CUTOUTS, SAMPLE
from tools.structure_net.arrays import Shelf
from tools.structure_net.composites import LENT_SHARE, OWN_DOMAIN, Composer
from tools.structure_net.drawings import KINDS, SIDE, STROKES
from tools.structure_net.faces import KINDS as FACE_KINDS
from tools.structure_net.faces import MARKS, Faces
from tools.structure_net.measure import NEAR, count_marks, in_order, overlap
from tools.structure_net.net import CHANNELS, Net, fold
from tools.structure_net.outlines import Outlines, fill, load_outlines
from tools.structure_net.pairs import Pairer
from tools.structure_net.prepare import examine
from tools.structure_net.regression import regress
from tools.structure_net.split import HELD_OUT_SHARE, is_held_out
from tools.structure_net.teacher import Taught

SEED = 5


def box(side: int) -> np.ndarray:
    mask = np.zeros((side, side), np.float32)
    mask[side // 4 : 3 * side // 4, side // 3 : 2 * side // 3] = 1
    return mask


def shelves(count: int = 10) -> tuple[Shelf, Shelf]:
    """Cut-outs (red boxes with their outline as drawing) and photos (noise in blue)."""
    print("seed", SEED)
    rng = np.random.default_rng(SEED)
    mask = box(224)
    cutout = np.dstack([mask * 255, mask * 20, mask * 20, mask * 255]).astype(np.uint8)
    ink = np.zeros((KINDS, SIDE, SIDE), np.uint8)
    ink[:, SIDE // 4 : 3 * SIDE // 4, SIDE // 3 : SIDE // 3 + 2] = 255
    photos = rng.integers(0, 120, (count, 160, 160, 3), dtype=np.uint8)
    photos[..., 0] = 0
    names = np.array([f"p{i}" for i in range(count)])
    label, inks = np.arange(count) % 7, np.repeat(ink[None], count, 0)
    own = Shelf(np.repeat(cutout[None], count, 0), inks, np.full(count, -1), np.full(count, OWN_DOMAIN), names)
    return own, Shelf(photos, inks, label, np.arange(count) % 5, names)


def trained_a_little() -> Net:
    """A net whose normalization statistics are not those of a fresh one."""
    torch.manual_seed(SEED)
    net = Net()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
    return net.eval()


@torch.no_grad()
def test_the_encoder_computes_what_was_trained() -> None:
    net = trained_a_little()
    encoder = StructureEncoder(fold(net), "")
    pictures = torch.rand(2, 3, 112, 112)
    stages = net.trunk(pictures)
    found = encoder.features(pictures)
    for mine, theirs in zip(found.layers, stages[1:4], strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found.embedding, net.embed(stages[4].mean((2, 3))), rtol=1e-4, atol=1e-4)
    rgb = (255 * torch.rand(224, 224, 3)).byte().numpy()
    seen = torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255
    torch.testing.assert_close(encoder._subject(seen), net.subject(net.trunk(seen)), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(encoder._faces(seen), net.faces(net.trunk(seen)), rtol=1e-3, atol=1e-3)


def test_the_net_is_small_enough() -> None:
    assert sum(value.numel() for value in fold(Net()).values()) + CHANNELS[3] + 1 <= 2_500_000


# The split


def test_the_split_holds_out_its_share_and_the_projects_own_examples() -> None:
    names = [f"pacs/photo/dog/{i:04d}.jpg" for i in range(4000)]
    held = [name for name in names if is_held_out(name)]
    assert len(held) / len(names) == pytest.approx(HELD_OUT_SHARE, abs=0.02)
    assert held == [name for name in names if is_held_out(name)]
    assert is_held_out("cutouts/animals__mammals__equines__horse.png")
    assert is_held_out("cutouts/household__Lightbulb.png")


# What the net learns from


def test_composites_show_the_subject_where_their_mask_says() -> None:
    composer = Composer(*shelves())
    redness = []
    for number in range(3):
        pictures, masks = composer.batch(np.random.default_rng([SEED, number]), 12, 64)
        assert pictures.shape == (12, 3, 64, 64)
        assert masks.shape == (12, 1, 64, 64)
        for values in (pictures, masks):
            assert torch.isfinite(values).all()
            assert 0 <= values.min() <= values.max() <= 1
        red = pictures[:, :1] - pictures[:, 1:].mean(1, keepdim=True)
        redness.append(((red * masks).sum() / masks.sum() - (red * (1 - masks)).sum() / (1 - masks).sum()).item())
    assert min(redness) > 0.1


def test_subjects_of_real_photos_are_lent_without_their_background() -> None:
    _, photos = shelves()
    photos.pixels[:, 40:120, 50:100] = (250, 10, 0)
    maps = np.zeros((10, 160, 160), np.uint8)
    maps[:, 38:122, 48:102] = 255
    # Two are cut through by the photo's border.
    maps[:2, 38:, 30:130] = 255
    assert len(Taught(photos, maps[:2].repeat(5, axis=0)).cutouts().pixels) == 0
    lent = Taught(photos, maps).cutouts()
    assert lent.name.tolist() == [f"p{i}" for i in range(2, 10)]
    alpha, red, blue = (lent.pixels[..., channel].astype(int) for channel in (3, 0, 2))
    assert alpha[:, 60:165, 75:140].min() > 250
    assert alpha[:, :45].max() == 0
    # Around the subject a strip of the photo's blue was marked, too: it got the subject's color.
    assert (blue <= 0.1 * alpha + 2).all()
    assert (red >= 0.9 * alpha - 2).all()


def test_a_ring_within_another_is_a_hole() -> None:
    outer, inner = [100, 200, 900, 200, 900, 800, 100, 800], [400, 400, 600, 400, 600, 600, 400, 600]
    map_ = fill([outer, inner], 100)
    assert map_[20:80, 10:40].min() == 255
    assert map_[40:60, 41:60].max() == 0
    assert map_[:19].max() == map_[:, 92:].max() == 0
    assert abs(map_.mean() / 255 - (0.8 * 0.6 - 0.2 * 0.2)) < 0.01


def test_outlined_photos_are_those_of_the_shelf_in_its_order_with_their_own_maps() -> None:
    _, photos = shelves()
    left, upper = [0, 0, 500, 0, 500, 1000, 0, 1000], [0, 0, 1000, 0, 1000, 500, 0, 500]
    found = Outlines({"p7": [left], "p2": [upper], "elsewhere": [left]}, frozenset()).of(photos)
    assert found.photos.name.tolist() == ["p2", "p7"]
    assert (found.photos.pixels == photos.pixels[[2, 7]]).all()
    assert found.maps[0, :79].min() == found.maps[1, :, :79].min() == 255
    assert found.maps[0, 81:].max() == found.maps[1, :, 81:].max() == 0


def test_maps_that_somebody_found_wrong_are_left_out() -> None:
    _, photos = shelves()
    maps = np.arange(10, dtype=np.uint8)[:, None, None].repeat(160, 1).repeat(160, 2)
    left = Taught(photos, maps).without({"p3", "p9", "elsewhere"})
    assert left.photos.name.tolist() == ["p0", "p1", "p2", "p4", "p5", "p6", "p7", "p8"]
    assert left.maps[:, 0, 0].tolist() == [0, 1, 2, 4, 5, 6, 7, 8]


def test_outlines_of_the_archives_are_closed_shapes_within_their_photos() -> None:
    outlines = load_outlines()
    assert len(outlines.rings) > 200
    for name, rings in outlines.rings.items():
        assert name.split("/")[0] in {"pacs", "imagenet-sample"}
        assert rings, name
        for ring in rings:
            assert len(ring) >= 6, name
            assert len(ring) % 2 == 0, name
            assert min(ring) >= 0, name
            assert max(ring) <= 1000, name
        assert 0.005 < fill(rings, 40).mean() / 255 < 0.97, name
    assert {name.split("/")[0] for name in outlines.wrong} == {"pacs", "imagenet-sample"}
    assert not any(is_held_out(name) for name in outlines.wrong), "training never sees those anyway"


def test_composites_show_lent_subjects_too() -> None:
    cutouts, photos = shelves()
    lent = replace(cutouts, pixels=cutouts.pixels[..., [1, 0, 2, 3]], domain=np.zeros_like(cutouts.domain))
    chosen = Composer(cutouts, photos, lent).choose(np.random.default_rng(SEED), 2000)
    print("seed", SEED)
    assert (chosen >= len(cutouts.pixels)).mean() == pytest.approx(LENT_SHARE, abs=0.05)
    assert chosen.max() < len(cutouts.pixels) + len(lent.pixels)


def test_batches_are_decided_by_their_generator() -> None:
    composer, pairer = Composer(*shelves()), Pairer(*shelves())
    for a, b in zip(composer.batch(np.random.default_rng(1), 6, 48), composer.batch(np.random.default_rng(1), 6, 48), strict=True):
        assert torch.equal(a, b)
    one, again = pairer.batch(np.random.default_rng(2), 6), pairer.batch(np.random.default_rng(2), 6)
    assert torch.equal(one.pictures, again.pictures)
    assert torch.equal(one.ink, again.ink)
    assert not torch.equal(one.pictures, pairer.batch(np.random.default_rng(3), 6).pictures)


def test_a_picture_and_its_drawing_move_together() -> None:
    """The line lies on the box's left or, mirrored, right edge, wherever both were moved."""
    pairs = Pairer(*shelves()).batch(np.random.default_rng(SEED), 16)
    cut = slice(2, 8)
    green = pairs.pictures[cut, 1]
    edges = (green[:, :, 1:] - green[:, :, :-1]).abs()
    ink = pairs.ink[cut, 0, :, 1:]
    on, off = (edges * ink).sum() / ink.sum(), (edges * (1 - ink)).sum() / (1 - ink).sum()
    assert on > 4 * off


def test_a_cut_out_gives_drawings_of_fewer_and_fewer_strokes() -> None:
    y, x = np.mgrid[:150, :200]
    alpha = ((y - 75) ** 2 / 3000 + (x - 100) ** 2 / 7000 < 1).astype(np.uint8)
    tone = (120 + 60 * np.sin(x / 9.0)).astype(np.uint8)
    found = examine("cutouts/thing.png", np.dstack([tone, tone, tone, 255 * alpha]), True)
    assert found.pixels.shape == (224, 224, 4)
    assert found.ink.shape == (KINDS, SIDE, SIDE)
    amounts = [int((ink > 128).sum()) for ink in found.ink[-len(STROKES) :]]
    assert amounts[0] > amounts[-1] > 0


# Losses and figures


def test_places_that_agree_cost_less_than_places_that_do_not() -> None:
    generator = torch.Generator().manual_seed(SEED)
    found = torch.randn(4, 32, 8, 8, generator=generator)
    ink = torch.ones(4, 1, 16, 16)
    same = losses.places(found, found, ink, 12, np.random.default_rng(SEED))
    moved = losses.places(found, found.roll(1, 3), ink, 12, np.random.default_rng(SEED))
    assert same < 0.1 < moved
    whole = torch.randn(6, 32, generator=generator)
    assert losses.wholes(whole, whole) < 0.1 < losses.wholes(whole, whole.roll(1, 0))


def test_a_perfect_map_costs_nothing_and_overlap_counts_pixels() -> None:
    mask = torch.from_numpy(box(32))[None, None]
    cost, agreed = losses.subjects(40 * (mask - 0.5), mask)
    assert cost < 1e-3
    assert agreed > 0.999
    assert losses.subjects(-40 * (mask - 0.5), mask)[1] < 0.01
    half = box(32) * (np.arange(32) < 16)
    assert overlap(half, box(32)) == pytest.approx(half.sum() / box(32).sum())
    assert overlap(None, box(32)) == 0


def test_what_has_a_face_is_told_from_what_has_none() -> None:
    net = trained_a_little()
    print("seed", SEED)
    rng = np.random.default_rng(SEED)
    planes = np.full((24, 224, 224, 4), 255, np.uint8)
    planes[..., :3] = rng.integers(0, 80, (24, 1, 1, 3))
    planes[::2, ::8, :, :3] = 255
    some, none = np.array([[0, 100, 80, 9.0]]), np.zeros((0, 4))
    faces = Faces(np.array([str(k) for k in range(24)]), planes, (some, none) * 12, np.zeros(24, bool))
    encoder = StructureEncoder(fold(net) | fit_alive(net, faces), "")
    sure = [float(encoder._alive(torch.from_numpy(square[..., :3].copy()).permute(2, 0, 1)[None] / 255)) for square in planes]
    assert min(sure[::2]) > 0 > max(sure[1::2])


def test_the_regression_finds_what_the_truth_depends_on() -> None:
    print("seed", SEED)
    rng = np.random.default_rng(SEED)
    features = rng.normal(size=(4000, 3))
    truth = rng.random(4000) < 1 / (1 + np.exp(-(2 * features[:, 1] - 1)))
    weight, bias = regress(features, truth, RIDGE)
    assert weight == pytest.approx([0, 2, 0], abs=0.2)
    assert bias == pytest.approx(-1, abs=0.15)


def test_what_is_known_of_each_case_is_not_learned_again() -> None:
    print("seed", SEED)
    rng = np.random.default_rng(SEED)
    features, known = rng.normal(size=(4000, 2)), rng.normal(size=4000)
    truth = rng.random(4000) < 1 / (1 + np.exp(-(1.5 * features[:, 0] + 2 * known - 1)))
    weight, bias = regress(features, truth, 1.0, 2 * known)
    assert (*weight, bias) == pytest.approx((1.5, 0, -1), abs=0.2)


def test_judged_lines_lie_in_their_subjects_where_somebody_saw_them_and_the_encoder_judges_them_as_was_fitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = np.zeros((80, 160, 4), np.uint8)
    picture[10:70, 20:140] = (220, 200, 40, 255)
    picture[38:42, 20:140, :3] = 0
    picture[10:70, 58:62, :3] = (0, 0, 255)
    with zipfile.ZipFile(tmp_path / CUTOUTS, "w") as archive:
        png = io.BytesIO()
        Image.fromarray(picture).save(png, "PNG")
        archive.writestr("cutouts/box.png", png.getvalue())
    with zipfile.ZipFile(tmp_path / SAMPLE, "w"):
        pass
    # Thousandths of 160 pixels: along the black bar, and along the blue one.
    lines = {"cutouts/box.png": [[2, 80, 150, 250, 850, 250], [0, 90, 375, 80, 375, 420], [1, 10, 200, 100, 800, 100]]}
    (tmp_path / "lines.json").write_text(json.dumps(lines))
    monkeypatch.setattr(telling, "LINES", tmp_path / "lines.json")
    monkeypatch.setattr(telling, "RIDGE", 0.1)
    net = trained_a_little()
    ((subject, found),) = telling.judged_pictures(tmp_path, StructureEncoder(fold(net), ""), held_out=False)
    chains = [line.chain for line, _ in found]
    black, blue, _ = (subject.rgb[tuple(chain.astype(int).T[::-1])].astype(int) for chain in chains)
    assert black[:, :2].max() < 60
    assert np.median(blue[:, 2]) > 200
    assert [drawn for _, drawn in found] == [True, False, False]
    weights = telling.fit_telling(net, StructureEncoder(fold(net), ""), tmp_path)
    seen = StructureEncoder(fold(net) | weights, "").telling(subject.rgb)
    weight = torch.cat([weights["line.fine.weight"].flatten(), weights["line.coarse.weight"].flatten()]).double().numpy()
    for chain in chains:
        features = np.concatenate([telling.along(stage, chain) for stage in telling.look(net, subject.rgb)])
        expected = features @ weight + float(weights["line.fine.bias"])
        assert seen[tuple(chain.astype(int).T[::-1])].mean() == pytest.approx(expected, abs=0.05 * float(np.ptp(seen)))


def test_lines_are_in_order_when_those_that_are_drawn_are_the_likelier() -> None:
    drawn = np.array([True, True, False, False])
    assert in_order([(np.array([4.0, 3.0, 2.0, 1.0]), drawn)]) == 1
    assert in_order([(np.array([1.0, 2.0, 3.0, 4.0]), drawn)]) == 0
    assert in_order([(np.array([4.0, 1.0, 2.0, 1.0]), drawn), (np.array([1.0, 2.0]), np.array([True, True]))]) == pytest.approx(2.5 / 4)
    # Every picture counts alike, however many lines it has.
    assert in_order([(np.array([4.0, 3.0, 2.0, 1.0]), drawn), (np.array([1.0, 2.0]), np.array([True, False]))]) == 0.5


def test_judged_lines_of_the_archives_are_lines() -> None:
    judged = json.loads(telling.LINES.read_text())
    assert len(judged) > 200
    for name, lines in judged.items():
        assert name.split("/")[0] in {"cutouts", "imagenet-sample"}
        for label, contrast, *points in lines:
            assert label in (0, 1, 2), name
            assert 0 < contrast <= 100, name
            assert len(points) >= 4, name
            assert len(points) % 2 == 0, name
            assert -20 <= min(points) <= max(points) <= 1020, name


def test_an_eye_is_less_sure_in_a_picture_of_a_thing() -> None:
    print("seed", SEED)
    weights = fold(trained_a_little()) | {"face.alive.weight": torch.zeros(1, 160)}
    rgb = np.random.default_rng(SEED).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    living, thing = (StructureEncoder(weights | {"face.alive.bias": torch.tensor([bias])}, "").faces(rgb) for bias in (20.0, -20.0))
    assert living.shape == (96, 96)
    np.testing.assert_allclose(thing, np.maximum(living - UNALIVE, 0), atol=1e-5)
    assert living.max() > 0.1


def test_marks_are_right_near_a_true_one() -> None:
    def at(x: float, y: float) -> Mark:
        return Mark(x, y, 4.0)

    truth = np.array([[0, 50, 60, 8.0], [1, 80, 90, 9.0]])
    near = 0.9 * NEAR * 200
    pictures = [([at(50, 60 + near), at(80 + 1.2 * near, 90)], truth), ([at(10, 10)], np.zeros((0, 4))), ([], truth[:1])]
    assert count_marks(iter(pictures), 200) == (3, 1, 3)


def test_where_nobody_knows_of_marks_nothing_is_lost_and_a_missed_one_weighs_more_than_a_place_without() -> None:
    goal, logits = torch.zeros(1, 2, 8, 8), torch.zeros(1, 2, 8, 8)
    goal[0, 0, 4, 4] = 1
    logits[0, 0, 6, 6] = 9
    counts = torch.ones(1, 1, 8, 8)
    wrong = counts.clone()
    wrong[0, 0, 6, 6] = 0
    everywhere = losses.faces(logits, goal, counts)
    assert losses.faces(logits, goal, 0 * counts) == 0
    assert losses.faces(logits, goal, wrong) < everywhere
    right = logits.clone()
    right[0, 0, 4, 4] = 9
    elsewhere = logits.clone()
    elsewhere[0, 0, 2, 2] = -9
    assert everywhere - losses.faces(right, goal, counts) > 5 * (everywhere - losses.faces(elsewhere, goal, counts)) > 0


def test_marks_move_with_their_pictures_and_count_where_somebody_looked() -> None:
    print("seed", SEED)
    planes = np.zeros((2, 224, 224, 4), np.uint8)
    planes[..., 3] = 255
    planes[..., :3] = (90, 120, 90)
    y, x = np.mgrid[:224, :224] + 0.5
    planes[:, np.hypot(x - 120, y - 90) < 14, :3] = (255, 0, 0)
    marks = (np.array([[0, 120, 90, 24.0]]), np.array([[1, 120, 90, 24.0]]))
    faces = Faces(np.array(["eye.jpg", "nose.jpg"]), planes, marks, np.array([False, True]))
    away = []
    for number in range(4):
        pictures, goal, counts = faces.batch(np.random.default_rng([SEED, number]), 16, 128)
        assert goal.shape == (16, 2, 64, 64)
        assert counts.shape == (16, 1, 64, 64)
        for picture, bumps, count in zip(pictures, goal, counts, strict=True):
            if bumps.max() < 0.9:
                continue
            kind = int(bumps.amax((1, 2)).argmax())
            row, column = divmod(int(bumps[kind].argmax()), 64)
            assert bumps[1 - kind].max() == 0
            # Of the picture with the nose only what is near the mark counts.
            assert count[0, row, column] > 0.9
            assert (count.mean() > 0.99) == (kind == 0)
            red = picture[0] - picture[1:].mean(0)
            away.append(float(red[2 * row, 2 * column] - red.median()))
    assert len(away) > 20
    assert np.median(away) > 0.2


def test_marks_of_the_archives_are_all_within_their_pictures() -> None:
    for name, entry in json.loads(MARKS.read_text()).items():
        assert set(entry) <= {*FACE_KINDS, "unsure"}, name
        for kind in FACE_KINDS:
            for x, y, size in entry[kind]:
                assert 0 <= x <= 1, name
                assert 0 <= y <= 1, name
                assert 0 < size <= 0.3, name


def test_faces_are_cut_out_of_photos_and_cut_outs_stay() -> None:
    planes = np.full((2, 224, 224, 4), 255, np.uint8)
    planes[1, :100, :, 3] = 0
    faces = Faces(np.array(["a/photo.jpg", "cutouts/horse.png"]), planes, (np.zeros((0, 4)), np.zeros((0, 4))), np.array([False, False]))
    found = faces.cut_out(lambda rgb: np.where(np.arange(224) < 112, 0.1, 0.9)[None].repeat(224, 0).astype(np.float32))
    assert found.planes[0, :, :112, 3].max() == 0
    assert found.planes[0, :, 112:, 3].min() == 255
    assert (found.planes[1] == planes[1]).all()


def test_training_goes_on_from_its_checkpoint_and_is_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, shelf in zip(("cutouts", "photos"), shelves(), strict=True):
        stored = {"pixels": shelf.pixels, "ink": shelf.ink, "label": shelf.label, "domain": shelf.domain, "name": shelf.name}
        np.savez(tmp_path / f"{name}.npz", held_out=np.zeros(len(shelf.name), bool), **stored)
    for name, value in {
        "COMPOSITES": 9,
        "TAUGHT": 2,
        "BESIDE_FACES": 9,
        "PAIRS": 4,
        "SIDES": ((1.0, 64),),
        "EVERY": 1,
        "FACES": 2,
        "OUTLINED": 1,
        "FACES_SIDES": (64,),
    }.items():
        monkeypatch.setattr(train, name, value)
    planes, marks = np.full((2, 224, 224, 4), 200, np.uint8), np.array([[0, 1, 100, 80, 9.0]])
    np.savez(tmp_path / "faces.npz", names=["a.jpg", "b.png"], planes=planes, marks=marks, unsure=[False, False], held_out=[False, False])
    train.Training(tmp_path, 1, ()).run()
    maps = np.zeros((10, 160, 160), np.uint8)
    maps[:, 40:120, 50:100] = 255
    monkeypatch.setattr(train, "teach", lambda net, photos: Taught(photos, maps))
    lent = []
    monkeypatch.setattr(train, "Composer", lambda *shelves: lent.append(shelves[2:]) or Composer(*shelves))
    outlines = Outlines({"p3": [[250, 250, 750, 250, 750, 750]]}, frozenset({"p5", "p6"}))
    monkeypatch.setattr(train, "load_outlines", lambda: outlines)
    plain, learning = train.Round(1, (64,)), train.Round(2, (64,), lends=True, faces=1)
    last = replace(learning, faces=2, outlined=True, back=0.5)
    going_on = train.Training(tmp_path, 1, (plain, learning))
    assert going_on.step == 1
    going_on.run()
    stored = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert stored["step"] == 4
    looked = []
    taught_batch, faces_batch = Taught.batch, Faces.batch
    monkeypatch.setattr(Taught, "batch", lambda self, *args: looked.append(self.photos.name.tolist()) or taught_batch(self, *args))
    monkeypatch.setattr(Faces, "batch", lambda self, *args: looked.append("faces") or faces_batch(self, *args))
    train.Training(tmp_path, 1, (plain, learning, last)).run()
    # In each step of the last round its own maps that nobody found wrong, and what is outlined; faces in every second.
    right = [f"p{i}" for i in (0, 1, 2, 4, 7, 8, 9)]
    assert looked == [right, ["p3"], "faces", right, ["p3"]]
    ended = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert ended["step"] == 6
    # The last round begins half way back to what the round before it began with.
    for name, value in stored["before"].items():
        if value.is_floating_point():
            torch.testing.assert_close(ended["before"][name], (value + stored["mean"][name]) / 2)
    # The first round borrows nothing, the second all ten subjects, the third none that was outlined or found wrong.
    assert [[len(shelf.pixels) for shelf in more if shelf is not None] for more in lent[1:] if more] == [[], [10], [7]]
    judgment = {"line.fine.weight": torch.ones(1, 48, 1, 1)}
    monkeypatch.setattr(export, "fit_telling", lambda net, finder, data: judgment)
    monkeypatch.setattr(sys, "argv", ["export", "data", str(tmp_path), "--to", str(tmp_path / "net.npz")])
    export.main()
    with np.load(tmp_path / "net.npz") as stored_net:
        shapes = (
            {name: value.shape for name, value in fold(Net()).items()}
            | {"face.alive.weight": (1, 160), "face.alive.bias": (1,)}
            | {"line.fine.weight": (1, 48, 1, 1)}
        )
        assert shapes == {name: stored_net[name].shape for name in stored_net.files}
