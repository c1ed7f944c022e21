"""The same photo, settings and seed draw the same bytes, whatever is drawn before, after or beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from picasso_series import Series, draw_series
from picasso_series.cli.app import run
from picasso_series.levels import Level

pytestmark = pytest.mark.heavy
QUICK = {"encoder": "structure", "iterations": 5, "rivals": 1}


def drawn(level: Level) -> dict[str, object]:
    """All of a level but the time that it took."""
    track = level.trajectory
    arrays = {name: getattr(track, name).tobytes() for name in ("points", "iterations", "loss", "ids", "salience")}
    return {**arrays, "rest": replace(level, seconds=0.0, trajectory=None), "svg": level.sketch.to_svg()}  # type: ignore[arg-type]


@pytest.fixture
def scene(photo: Path) -> Path:
    """A photo with a ground, whose subject the net has to find."""
    ground = np.random.default_rng(4).normal(128, 20, (96, 128, 3)).clip(0, 255).astype(np.uint8)
    picture = Image.fromarray(ground)
    ImageDraw.Draw(picture).ellipse((40, 20, 90, 80), fill=(220, 40, 30))
    picture.save("scene.png")
    return Path("scene.png")


@pytest.fixture
def first(photo: Path, scene: Path) -> Series:
    """The pear with three levels, before anything else was drawn."""
    return draw_series(photo, (12, 6, 3), **QUICK)  # type: ignore[arg-type]


def test_levels_are_the_same_however_many_are_asked_for_and_whatever_was_drawn_before(photo: Path, scene: Path, first: Series) -> None:
    draw_series(scene, (3,), **QUICK)  # type: ignore[arg-type]
    torch.manual_seed(1)
    np.random.seed(1)  # what somebody else does to the global state must not matter
    threads = torch.get_num_threads()
    torch.set_num_threads(threads + 1)
    try:
        two = draw_series(photo, (12, 6), **QUICK)  # type: ignore[arg-type]
        assert torch.get_num_threads() == threads + 1
    finally:
        torch.set_num_threads(threads)
    assert [drawn(level) for level in two.levels] == [drawn(level) for level in first.levels[:2]]


def test_a_run_repeated_from_its_manifest_has_the_same_bytes(scene: Path) -> None:
    line = [scene.name, "--encoder", "structure", "--levels", "6,3", "--iterations", "5", "--size", "64x64", "--formats", "svg"]
    assert run([*line, "-o", "out", "-q"]) == 0
    assert run(["--from", "out", "-o", "again", "-q"]) == 0
    names = [f"{level}/{name}" for level in (6, 3) for name in ("sketch.svg", "sketch.png", "trajectory.npz")]
    for name in (*names, "photo.png", "mask.png", "plate.svg", "films/series.svg"):
        assert (Path("again") / name).read_bytes() == (Path("out") / name).read_bytes(), name
