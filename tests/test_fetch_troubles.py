"""Weights that cannot be fetched: every trouble is told in one sentence, in time, and leaves nothing but what has arrived."""

from __future__ import annotations

import errno
import os
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from weights_server import LIMIT, Server, nowhere, sentence_of

from picasso_series.encoders import download as download_module
from picasso_series.encoders import weights
from picasso_series.encoders.fetching import fetch, is_offline
from picasso_series.encoders.importing import import_file
from picasso_series.encoders.weights_table import Entry
from picasso_series.errors import MissingError

pytestmark = pytest.mark.usefixtures("online")


def test_a_wrong_hash_is_told_and_nothing_kept(entry: Entry, server: Server, cache_folder: Path) -> None:
    server.content = server.content[:-1] + b"?"
    assert "sha256" in sentence_of(entry)
    assert list(cache_folder.iterdir()) == []
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [404, 403, 410])
def test_a_refusal_is_told_at_once(entry: Entry, server: Server, status: int) -> None:
    server.status = status
    assert str(status) in sentence_of(entry)
    assert len(server.asked) == 1


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_in_trouble_is_asked_a_few_times(entry: Entry, server: Server, status: int) -> None:
    server.status = status
    assert str(status) in sentence_of(entry)
    assert len(server.asked) == download_module.RETRIES + 1


def test_a_proxy_that_refuses_is_told_at_once(entry: Entry, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"http://me:secret@127.0.0.1:{server.server_address[1]}")
    text = sentence_of(replace(entry, url="https://example.invalid/tiny.pt"))
    assert f"the proxy 127.0.0.1:{server.server_address[1]} refuses (403" in text
    assert "secret" not in text


@pytest.mark.parametrize("status", [403, 407])
def test_a_proxy_that_refuses_plain_http_is_told_at_once(
    entry: Entry, server: Server, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setenv("http_proxy", f"127.0.0.1:{server.server_address[1]}")
    server.status = status
    assert f"the proxy 127.0.0.1:{server.server_address[1]} refuses ({status}" in sentence_of(
        replace(entry, url="http://example.invalid/tiny.pt")
    )


def test_a_refused_connection_is_told_at_once(entry: Entry, opened: list[str]) -> None:
    for url in (nowhere(), "https://example.invalid/tiny.pt"):
        opened.clear()
        assert "cannot be reached" in sentence_of(replace(entry, url=url))
        assert opened == [url]


def test_silence_is_told_after_one_wait_whatever_else_might_be_asked(
    entry: Entry, server: Server, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "STALL", 0.3)
    server.silence = -1
    assert "does not answer" in sentence_of(replace(entry, mirror=f"{server.url}.too"))
    assert opened == [server.url]


def test_where_all_sources_fail_the_first_is_told(entry: Entry, opened: list[str]) -> None:
    text = sentence_of(replace(entry, url="https://one.invalid/tiny.pt", mirror="https://two.invalid/tiny.pt"))
    assert "one.invalid cannot be reached" in text
    assert len(opened) == 2


@pytest.mark.parametrize("value", ["1", "true", "yes"])
def test_whoever_is_offline_asks_nobody(entry: Entry, opened: list[str], monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PICASSO_SERIES_OFFLINE", value)
    assert "PICASSO_SERIES_OFFLINE" in sentence_of(entry)
    assert opened == []
    for allowed in ("", "0", "false", "No"):
        monkeypatch.setenv("PICASSO_SERIES_OFFLINE", allowed)
        assert not is_offline()


def test_no_network_is_told_in_time(entry: Entry, server: Server) -> None:
    assert "cannot be reached" in sentence_of(replace(entry, url=nowhere()))


def test_a_name_that_is_never_looked_up_is_told_in_time(entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def lookup(*args: object, **more: object) -> object:
        release.wait(60)
        raise OSError

    monkeypatch.setattr("socket.getaddrinfo", lookup)
    monkeypatch.setattr(download_module, "PATIENCE", 1.0)
    assert "does not answer" in sentence_of(entry)
    release.set()


def test_a_server_that_falls_silent_is_told_in_time(entry: Entry, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "PATIENCE", 1.0)
    monkeypatch.setattr(download_module, "STALL", 0.3)
    server.silence = 4000
    assert "does not answer" in sentence_of(entry)
    assert weights.cache_folder().joinpath("tiny.part").read_bytes() == server.content[:4000]


def test_the_patience_in_force_is_within_the_limit() -> None:
    assert download_module.PATIENCE < LIMIT
    assert download_module.STALL < download_module.PATIENCE


def test_a_disk_too_small_is_told_before_it_is_full(
    entry: Entry, server: Server, monkeypatch: pytest.MonkeyPatch, cache_folder: Path
) -> None:
    usage = type("usage", (), {"free": len(server.content)})
    monkeypatch.setattr(download_module.shutil, "disk_usage", lambda folder: usage)
    text = sentence_of(entry)
    assert "disk is full" in text
    assert "PICASSO_SERIES_CACHE" in text


def test_a_disk_that_fills_up_is_told_and_the_part_is_kept(entry: Entry, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    # How much arrives at a time differs from one Python to the next: without this the whole file may come at once.
    monkeypatch.setattr(download_module, "_BLOCK", 1000)
    append = download_module._Part.append

    def full(part: download_module._Part, *args: object) -> None:
        if part.size >= 4000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        append(part, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(download_module._Part, "append", full)
    assert "disk is full" in sentence_of(entry)
    monkeypatch.setattr(download_module._Part, "append", append)
    fetch(entry)
    assert server.asked[0] == ""
    assert server.asked[1].startswith("bytes=")


def test_a_disk_that_is_really_full_is_told(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(place)], capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        monkeypatch.setenv("PICASSO_SERIES_CACHE", str(place))
        with pytest.raises(MissingError, match="disk is full"):
            import_file(archive, "tiny/openai")
        assert weights.cached() == []
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_cache_that_cannot_be_made_is_told(entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PICASSO_SERIES_CACHE", str(tmp_path / "file"))
    with pytest.raises(MissingError, match="PICASSO_SERIES_CACHE"):
        fetch(entry)
