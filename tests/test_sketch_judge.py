"""The judge that drawings are tuned by: what it is shown, and that nothing it is measured by was ever learned from."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sample_series import sample_series

pytest.importorskip("tools.sketch_judge", reason="the tools are not part of what is installed")

from tools.sketch_judge.chains import trace  # noqa: E402
from tools.sketch_judge.data import CLASSES, HELD_PHOTOS, examples, held_photos  # noqa: E402
from tools.sketch_judge.measure import Drawn, report  # noqa: E402
from tools.sketch_judge.net import WEIGHTS, Judge, load, probabilities, save  # noqa: E402
from tools.sketch_judge.pictures import SIDE, framed, strokes_of, varied  # noqa: E402

Y, X = np.mgrid[:120, :120]
DUCK = sample_series().levels[0].sketch.points


# Chains


def test_a_line_is_one_chain_along_it() -> None:
    (chain,) = trace((abs(Y - 60) < 2) & (abs(X - 60) < 40))
    x = chain[:, 0] * 120
    assert (np.diff(x) > 0).all() or (np.diff(x) < 0).all()
    assert np.abs(chain[:, 1] * 120 - 60.5).max() <= 1
    assert np.ptp(x) > 70


def test_lines_are_cut_where_they_cross_and_reach_the_crossing() -> None:
    chains = trace(((abs(Y - X) < 2) | (abs(Y + X - 120) < 2)) & (abs(X - 60) < 40))
    assert len(chains) == 4
    middle = np.array([60.5, 60.5]) / 120
    assert all(np.linalg.norm(chain[[0, -1]] - middle, axis=1).min() < 4 / 120 for chain in chains)


def test_a_ring_is_one_chain_around_it() -> None:
    (chain,) = trace(abs(np.hypot(X - 60, Y - 60) - 40) < 1.5)
    length = np.linalg.norm(np.diff(chain, axis=0), axis=1).sum() * 120
    # A walk from pixel to pixel is longer than the circle by less than the 8 % that an octagon's steps make.
    assert 0.95 * 2 * np.pi * 40 < length < 1.1 * 2 * np.pi * 40


def test_empty_paper_has_no_chains() -> None:
    assert trace(np.zeros((50, 50), bool)) == []


# Pictures


@given(st.floats(0.1, 9), st.floats(-5, 5), st.floats(-5, 5))
def test_neither_place_nor_size_is_seen(scale: float, x: float, y: float) -> None:
    moved = scale * DUCK.astype(float) + (x, y)
    there, here = (framed(strokes_of(points)).astype(int) for points in (moved, DUCK))
    assert np.abs(there - here).max() <= 2


def test_a_drawing_fills_the_frame_and_keeps_its_shape() -> None:
    rows, columns = np.nonzero(framed([np.array([[0.2, 0.4], [0.8, 0.4]]), np.array([[0.2, 0.7], [0.8, 0.7]])]) > 128)
    width, height = np.ptp(columns) + 1, np.ptp(rows) + 1
    assert 0.8 * SIDE < width < SIDE
    assert height / width == pytest.approx(0.5, abs=0.06)
    assert framed([]).max() == 0


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_varied_drawings_are_drawings_and_repeat_with_the_seed(seed: int) -> None:
    chains = strokes_of(DUCK)
    one, again = (varied(chains, np.random.default_rng(seed)) for _ in range(2))
    assert np.array_equal(one, again)
    assert one.shape == (SIDE, SIDE)


# What it learns from


@pytest.fixture(scope="module")
def archive() -> zipfile.ZipFile:
    """An archive in the layout of PACS: for every class 20 photos, and sketches that were drawn of half of them and of other photos."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for label in CLASSES:
            buffer = io.BytesIO()
            Image.new("RGB", (8, 8), "white").save(buffer, "JPEG")
            names = [f"photo/{label}/{label}_{i}" for i in range(20)]
            names += [f"sketch/{label}/{label}_{i}-{k}" for i in range(10, 60) for k in (1, 2)] + [f"art_painting/{label}/x"]
            for name in names:
                made.writestr(f"pacs/{name}.jpg", buffer.getvalue())
    return zipfile.ZipFile(data)


def test_nothing_is_learned_that_shows_what_is_held_out(archive: zipfile.ZipFile) -> None:
    found = examples(archive)

    def shown(held: bool) -> set[str]:
        return {Path(example.name).stem.split("-")[0] for example in found if example.held == held}

    assert not shown(True) & shown(False)
    assert {example.domain for example in found} == {"photo", "sketch"}
    for label in range(len(CLASSES)):
        photos = [example for example in found if example.label == label and example.domain == "photo"]
        sketches = [example for example in found if example.label == label and example.domain == "sketch"]
        assert HELD_PHOTOS <= sum(example.held for example in photos) < len(photos)
        assert 0 < sum(example.held for example in sketches) < len(sketches) / 2


def test_drawings_are_measured_on_held_out_photos_alone(archive: zipfile.ZipFile) -> None:
    held = {Path(example.name).stem for example in examples(archive) if example.held and example.domain == "photo"}
    given_out = list(held_photos(archive, 3))
    assert sorted(label for label, _, _ in given_out) == sorted([*CLASSES] * 3)
    assert {name for _, name, _ in given_out} <= held
    assert {name for _, name, _ in held_photos(archive, 99)} == held


# The net


def test_weights_are_kept_in_half_precision_and_found_again(tmp_path: Path) -> None:
    with torch.random.fork_rng():
        torch.random.manual_seed(0)
        judge = Judge().eval()
    save(judge, tmp_path / "judge.npz")
    pictures = np.stack([framed(strokes_of(DUCK)), framed(strokes_of(DUCK[:3]))])
    one, other = probabilities(judge, pictures), probabilities(load(tmp_path / "judge.npz"), pictures)
    assert one.sum(1) == pytest.approx(1)
    assert np.abs(one - other).max() < 0.01
    # Mirror images are one to it.
    assert np.allclose(probabilities(judge, pictures[:, :, ::-1].copy()), one, atol=1e-6)


def test_the_trained_judge_is_small_and_knows_its_classes() -> None:
    assert WEIGHTS.stat().st_size < 2**20 + 2**17
    said = probabilities(load(), np.stack([framed(strokes_of(DUCK))]))
    assert said.shape == (1, len(CLASSES))


def test_the_report_counts_what_is_right_at_each_level() -> None:
    drawings = [Drawn(f"p{i}", label, strokes, DUCK) for i, label in enumerate(("dog", "house")) for strokes in (8, 4)]
    said = np.full((4, len(CLASSES)), 0.1, np.float32)
    said[[0, 1, 2], [0, 0, CLASSES.index("house")]] = 0.4
    many, few = report(drawings, said)
    assert "8 strokes: top-1 100% of 2, true class 0.40  (dog 1/1, house 1/1)" in many
    assert "4 strokes: top-1  50% of 2, true class 0.25  (dog 1/1, house 0/1)" in few
    assert len(list(report(drawings, said, every=True))) == 6
