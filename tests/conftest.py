"""Fixtures that several tests share."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from browser import started
from command_line import QUICK
from fake_core import install
from PIL import Image, ImageDraw
from weights_server import Server, serving

from picasso_series.encoders import download as download_module

if TYPE_CHECKING:
    from sample_clip import Clip

    from picasso_series.encoders.weights_table import Entry


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test depends on the environment of whoever runs it, or on the weights on the machine; nor do runs that many tests share."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("PICASSO_SERIES_")]:
            patch.delenv(name)
        patch.setenv("PICASSO_SERIES_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("PICASSO_SERIES_OFFLINE", "1")
        yield


@pytest.fixture(autouse=True)
def _a_cache_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test finds what another has put into the cache."""
    monkeypatch.setenv("PICASSO_SERIES_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches further than this machine, whatever it asks for."""
    look_up = socket.getaddrinfo

    def only_here(host: str | bytes | None, *args: Any, **more: Any) -> Any:
        if host not in (None, "", "localhost", "127.0.0.1", "::1", b"localhost"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", only_here)


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetching is allowed, and there is no proxy on the way to a server on this machine."""
    monkeypatch.delenv("PICASSO_SERIES_OFFLINE")
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def cache_folder() -> Path:
    """Where weights are kept."""
    from picasso_series.encoders import weights

    return weights.cache_folder()


@pytest.fixture
def model() -> Clip:
    """A small CLIP model with a vision transformer."""
    from sample_clip import tiny_clip

    return tiny_clip()


@cache
def _archive() -> bytes:
    from sample_clip import openai_archive, tiny_clip

    with TemporaryDirectory() as folder:
        return openai_archive(Path(folder) / "tiny.pt", tiny_clip()).read_bytes()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A file of the very layout of OpenAI's that holds ``model``."""
    path = tmp_path / "tiny.pt"
    path.write_bytes(_archive())
    return path


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of that file."""
    with serving(_archive()) as server:
        yield server


@pytest.fixture
def entry(archive: Path, server: Server) -> Entry:
    """Weights called ``tiny`` that the server has."""
    from sample_clip import entry_of

    return entry_of(archive, server.url)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A headless Chromium; who asks for it is skipped where there is none."""
    yield from started(tmp_path_factory.mktemp("profile"))


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
    install(monkeypatch)


@pytest.fixture(scope="session")
def drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the pear that the fake core drew, at the settings of ``QUICK``; not to be changed."""
    from picasso_series.cli.app import run

    place = tmp_path_factory.mktemp("once")
    with pytest.MonkeyPatch.context() as patch:
        install(patch)
        assert run([str(draw_pear(place / "pear.png")), *QUICK, "-q", "-o", str(place / "run")]) == 0
    return place / "run"


@pytest.fixture
def stored(photo: Path, drawn_once: Path) -> Path:
    """A copy of that run as ``out`` in the current folder, beside its photo."""
    shutil.copytree(drawn_once, "out")
    return Path("out")


@pytest.fixture
def place(photo: Path, drawn_once: Path, fake_core: None) -> Path:
    """``pear.png`` and a finished ``run`` of it in the current folder, the fake core, and a small model, also in the cache."""
    from sample_clip import open_clip_safetensors, tiny_clip

    from picasso_series.encoders.importing import import_file

    shutil.copytree(drawn_once, "run")
    open_clip_safetensors(Path("tiny.safetensors"), tiny_clip())
    import_file(Path("tiny.safetensors"), "tiny/one")
    return photo.parent


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a tenth as long before each new try."""
    monkeypatch.setattr(download_module, "_PAUSE", 0.04)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that connections were sought to."""
    found: list[str] = []
    seek = download_module._open
    monkeypatch.setattr(download_module, "_open", lambda url, *more: found.append(url) or seek(url, *more))
    return found
