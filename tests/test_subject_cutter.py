"""A cutter that the user installed finds the subject of a photo with a real background; without it everything goes on as before."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from picasso_series.cutter import MODELS, Rembg, find_cutter
from picasso_series.photo import Photo
from picasso_series.subject import prepare_subject

SEED = 9


def scene() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A box on noise, and its mask."""
    print("seed", SEED)
    rgb = np.random.default_rng(SEED).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    mask = np.zeros((90, 120), np.float32)
    mask[20:70, 30:80] = 1
    rgb[mask > 0.5] = (200, 60, 30)
    return rgb, mask


def photo(alpha: NDArray[np.float32] | None = None) -> Photo:
    rgb, _ = scene()
    return Photo(rgb, alpha, rgb.shape[1], rgb.shape[0], "0" * 64, "test")


def truth(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The mask, as a saliency that knows it."""
    assert rgb.shape == (90, 120, 3)
    return scene()[1]


def install(monkeypatch: pytest.MonkeyPatch, mask: Image.Image | Exception | SystemExit) -> list[tuple[str, str]]:
    """Put a module in rembg's place that gives ``mask`` or fails so; returns the sessions that are asked for."""
    asked: list[tuple[str, str]] = []
    fake = types.ModuleType("rembg")
    fake.__spec__ = types.SimpleNamespace()  # type: ignore[assignment]

    def new_session(name: str, model_path: str) -> str:
        asked.append((name, model_path))
        return name

    def remove(picture: Image.Image, session: str, only_mask: bool) -> Image.Image:
        assert (session, only_mask) == (asked[-1][0], True)
        if not isinstance(mask, Image.Image):
            raise mask
        return mask.resize(picture.size, Image.Resampling.NEAREST)

    fake.new_session, fake.remove = new_session, remove  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rembg", fake)
    return asked


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("U2NET_HOME", "REMBG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


def model(folder: Path, name: str = "u2net") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.onnx").touch()
    return folder / f"{name}.onnx"


def test_without_rembg_there_is_no_cutter(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    model(home / ".u2net")
    monkeypatch.setitem(sys.modules, "rembg", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert find_cutter() is None


def test_a_run_with_rembg_says_so_and_takes_its_mask(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    file = model(home / ".u2net")
    asked = install(monkeypatch, Image.fromarray((255 * scene()[1]).astype(np.uint8)))
    subject = prepare_subject(photo(), saliency=lambda rgb: pytest.fail("the saliency is not needed"))
    assert subject.source == "rembg"
    assert asked == [("u2net_custom", str(file))]
    place = subject.placement
    assert (place.left + place.side / 2, place.top + place.side / 2) == pytest.approx((55, 45), abs=1)
    assert (subject.rgb[subject.mask < 0.01] >= 250).all()


@pytest.mark.parametrize(
    ("variable", "folder"),
    [
        (None, ".u2net"),
        (None, ".rembg/models/u2net"),
        ("U2NET_HOME", "elsewhere"),
        ("REMBG_HOME", "elsewhere/models/u2net"),
        ("XDG_DATA_HOME", "elsewhere/rembg/models/u2net"),
        ("XDG_DATA_HOME", "elsewhere/.u2net"),
    ],
)
def test_models_are_found_where_rembg_keeps_them(monkeypatch: pytest.MonkeyPatch, home: Path, variable: str | None, folder: str) -> None:
    install(monkeypatch, Image.new("L", (8, 8), 255))
    if variable:
        monkeypatch.setenv(variable, str(home / "elsewhere"))
    file = model(home / folder)
    assert find_cutter() == Rembg("u2net", file)


def test_the_best_model_that_is_there_is_taken(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    install(monkeypatch, Image.new("L", (8, 8), 255))
    for name in reversed(MODELS):
        file = model(home / ".u2net", name)
        assert find_cutter() == Rembg(name, file)


def test_rembg_without_a_model_leaves_the_subject_to_the_saliency(
    monkeypatch: pytest.MonkeyPatch, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asked = install(monkeypatch, Image.new("L", (8, 8), 255))
    assert prepare_subject(photo(), saliency=truth).source == "saliency"
    assert not asked, "nothing that might be fetched is asked for"
    (record,) = caplog.records
    assert "rembg d u2net" in record.getMessage()


@pytest.mark.parametrize("failure", [RuntimeError("the model is damaged\nline 2"), OSError(), SystemExit(1)])
def test_rembg_that_fails_leaves_the_subject_to_the_saliency(
    monkeypatch: pytest.MonkeyPatch, home: Path, caplog: pytest.LogCaptureFixture, failure: Exception | SystemExit
) -> None:
    model(home / ".u2net")
    install(monkeypatch, failure)
    assert prepare_subject(photo(), saliency=truth).source == "saliency"
    (record,) = caplog.records
    assert "rembg failed" in record.getMessage()
    assert "\n" not in record.getMessage()


def test_rembg_that_sees_nothing_leaves_the_subject_to_the_saliency(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    model(home / ".u2net")
    install(monkeypatch, Image.new("L", (8, 8), 0))
    assert prepare_subject(photo(), saliency=truth).source == "saliency"


def test_alpha_and_none_ask_no_cutter(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    model(home / ".u2net")
    asked = install(monkeypatch, Image.new("L", (8, 8), 255))
    assert prepare_subject(photo(scene()[1])).source == "alpha"
    assert prepare_subject(photo(), "none").source == "none"
    assert not asked
