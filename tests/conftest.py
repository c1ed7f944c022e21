"""Fixtures that several tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from fake_core import fake_module
from PIL import Image, ImageDraw

import picasso_series


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test depends on the environment of whoever runs it, or on the weights on the machine."""
    for name in [name for name in os.environ if name.startswith("PICASSO_SERIES_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PICASSO_SERIES_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder as the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def draw_pear(path: Path) -> Path:
    """A dark pear on nothing, as a PNG with alpha; always the same file."""
    picture = Image.new("RGBA", (160, 200), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((30, 80, 130, 190), fill=(120, 150, 40, 255))
    draw.ellipse((55, 30, 105, 120), fill=(120, 150, 40, 255))
    draw.line((80, 35, 90, 8), fill=(70, 40, 10, 255), width=6)
    picture.save(path)
    return path


@pytest.fixture
def photo(workplace: Path) -> Path:
    """``pear.png`` in the current folder."""
    return draw_pear(workplace / "pear.png")


@pytest.fixture
def fake_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw with the fake core in place of the real one."""
    module = fake_module()
    monkeypatch.setitem(sys.modules, "picasso_series.series", module)
    monkeypatch.setattr(picasso_series, "series", module, raising=False)
