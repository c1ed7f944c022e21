"""Fetching weights: through thick and thin, never half there, and every trouble told in time."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file
from sample_clip import Clip, assert_is_tower
from weights_server import Server

import picasso_series
from picasso_series.encoders import download as download_module
from picasso_series.encoders import weights
from picasso_series.encoders.fetching import fetch, is_offline
from picasso_series.encoders.importing import import_file
from picasso_series.encoders.weights_table import Entry
from picasso_series.errors import BadInputError, MissingError

HOME = Path(picasso_series.__file__).parents[1]
LIMIT = 10.0
"""Seconds within which every trouble has to be told."""

pytestmark = pytest.mark.usefixtures("online")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a tenth as long before each new try."""
    monkeypatch.setattr(download_module, "_PAUSE", 0.04)


def assert_nothing_but_weights(folder: Path) -> None:
    """Check that the cache holds what was asked for, and nothing that is unfinished."""
    names = {file.name for file in folder.iterdir()}
    assert names >= {"tiny.json", "tiny.safetensors"}
    assert not [name for name in names if not re.fullmatch(r"tiny(\.\w+)?\.(json|safetensors)", name)]


def sentence_of(entry: Entry) -> str:
    """What is said of a fetch that fails, in time and without a trace in the cache but the part."""
    began = time.monotonic()
    with pytest.raises(MissingError) as caught:
        fetch(entry)
    assert time.monotonic() - began < LIMIT
    text = str(caught.value)
    assert "\n" not in text
    assert entry.name in text
    assert weights.find(entry) is None
    assert {path.suffix for path in weights.cache_folder().glob("*")} <= {".part"}
    return text


def test_a_fetch_ends_with_the_tower_and_its_record_and_nothing_else(entry: Entry, server: Server, cache_folder: Path, model: Clip) -> None:
    seen: list[tuple[int, int | None]] = []
    assert weights.find(entry) is None
    path = fetch(entry, lambda done, total: seen.append((done, total)))
    assert path == weights.find(entry) == cache_folder / "tiny.safetensors"
    assert_is_tower(weights.load_visual(entry), model)
    assert_is_tower(load_file(path), model)
    record = weights.verify(entry)
    assert (record.verified, record.source, record.source_sha256) == (True, server.url, entry.sha256)
    assert record.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert weights.record_of(entry) == record
    assert_nothing_but_weights(cache_folder)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (len(server.content), len(server.content))
    assert {total for _, total in seen} == {len(server.content)}


def test_what_is_there_is_not_fetched_again_unless_it_is_damaged(entry: Entry, server: Server, model: Clip) -> None:
    path = fetch(entry)
    fetch(entry)
    assert len(server.asked) == 1
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(BadInputError, match="damaged"):
        weights.verify(entry)
    fetch(entry)
    assert len(server.asked) == 2
    assert_is_tower(weights.load_visual(entry), model)


@pytest.mark.usefixtures("hasty")
def test_a_cut_transfer_goes_on_where_it_was(entry: Entry, server: Server, model: Clip) -> None:
    server.cuts = [5000, 0, 0, 7000]
    fetch(entry)
    assert server.asked == ["", "bytes=5000-", "bytes=5000-", "bytes=5000-", "bytes=12000-"]
    assert_is_tower(weights.load_visual(entry), model)


@pytest.mark.usefixtures("hasty")
def test_a_later_call_goes_on_where_an_earlier_one_gave_up(entry: Entry, server: Server, cache_folder: Path) -> None:
    server.cuts = [5000] + [0] * 10
    sentence_of(entry)
    assert (cache_folder / "tiny.part").read_bytes() == server.content[:5000]
    server.cuts = []
    server.asked.clear()
    fetch(entry)
    assert server.asked == ["bytes=5000-"]


@pytest.mark.usefixtures("hasty")
def test_a_server_that_ignores_ranges_is_borne(entry: Entry, server: Server, model: Clip) -> None:
    server.ranges = False
    server.cuts = [5000, 3000]
    fetch(entry)
    assert_is_tower(weights.load_visual(entry), model)


@pytest.mark.usefixtures("hasty")
def test_a_server_that_always_breaks_off_at_the_same_place_is_given_up(entry: Entry, server: Server) -> None:
    server.ranges = False
    server.cuts = [5000] * 50
    assert "breaks off" in sentence_of(entry)
    assert len(server.asked) < 10


def test_a_server_that_does_not_say_how_much_is_to_come_is_borne(entry: Entry, server: Server, model: Clip) -> None:
    server.lengths = False
    seen: list[int | None] = []
    fetch(entry, lambda done, total: seen.append(total))
    assert set(seen) == {None}
    assert_is_tower(weights.load_visual(entry), model)


def test_a_whole_part_needs_no_network(entry: Entry, server: Server, cache_folder: Path) -> None:
    cache_folder.mkdir(parents=True)
    (cache_folder / "tiny.part").write_bytes(server.content)
    fetch(entry)
    assert server.asked == []


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("length", [300, 10**5])
def test_a_part_that_is_of_something_else_is_thrown_away(entry: Entry, server: Server, cache_folder: Path, length: int) -> None:
    cache_folder.mkdir(parents=True)
    (cache_folder / "tiny.part").write_bytes(b"x" * length)
    fetch(entry)
    assert server.asked == [f"bytes={length}-", ""]


# Troubles


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


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that connections were sought to."""
    found: list[str] = []
    seek = download_module._open
    monkeypatch.setattr(download_module, "_open", lambda url, *more: found.append(url) or seek(url, *more))
    return found


def nowhere() -> str:
    """An address where nobody listens."""
    with Server(b"") as gone:
        return gone.url


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


@pytest.mark.parametrize("trouble", ["refused", "unknown", "wrong", "gone"])
def test_where_one_source_fails_the_mirror_is_asked(entry: Entry, server: Server, opened: list[str], model: Clip, trouble: str) -> None:
    server.files["/wrong"] = server.content[:-1] + b"?"
    server.files["/gone"] = b""
    place = server.url.rpartition("/")[0]
    url = {"refused": nowhere(), "unknown": "https://example.invalid/tiny.pt"}.get(trouble, f"{place}/{trouble}")
    fetch(replace(entry, url=url, mirror=server.url))
    assert opened == [url, server.url]
    assert_is_tower(weights.load_visual(entry), model)


def test_where_all_sources_fail_the_first_is_told(entry: Entry, opened: list[str]) -> None:
    text = sentence_of(replace(entry, url="https://one.invalid/tiny.pt", mirror="https://two.invalid/tiny.pt"))
    assert "one.invalid cannot be reached" in text
    assert len(opened) == 2


@pytest.mark.usefixtures("hasty")
def test_a_transfer_that_one_source_began_may_be_ended_by_another(entry: Entry, server: Server, cache_folder: Path) -> None:
    server.cuts = [5000, 0, 0, 0, 0]
    fetch(replace(entry, mirror=f"{server.url}.too"))
    assert server.paths[-1] == "/tiny.pt.too"
    assert server.asked[-1] == "bytes=5000-"


@pytest.mark.parametrize("value", ["1", "true", "yes"])
def test_whoever_is_offline_asks_nobody(entry: Entry, opened: list[str], monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PICASSO_SERIES_OFFLINE", value)
    assert "PICASSO_SERIES_OFFLINE" in sentence_of(entry)
    assert opened == []
    for allowed in ("", "0", "false", "No"):
        monkeypatch.setenv("PICASSO_SERIES_OFFLINE", allowed)
        assert not is_offline()


def test_no_network_is_told_in_time(entry: Entry, server: Server) -> None:
    with Server(b"") as gone:
        port = gone.server_address[1]
    assert "cannot be reached" in sentence_of(replace(entry, url=f"http://127.0.0.1:{port}/tiny.pt"))


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


def test_an_interruption_leaves_the_part_and_nothing_else(
    entry: Entry, server: Server, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "_BLOCK", 1000)

    def stop(done: int, total: int | None) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(entry, stop)
    assert [path.name for path in cache_folder.iterdir()] == ["tiny.part"]
    fetch(entry)
    assert server.asked[1].startswith("bytes=")


def test_what_a_killed_conversion_left_is_swept(entry: Entry, cache_folder: Path) -> None:
    cache_folder.mkdir(parents=True)
    (cache_folder / ".tiny.99999.part.safetensors").write_bytes(b"half")
    fetch(entry)
    assert_nothing_but_weights(cache_folder)


def test_two_processes_at_once_share_one_transfer(entry: Entry, server: Server, cache_folder: Path, model: Clip) -> None:
    server.slowness = 0.005
    program = (
        "import sys\nfrom picasso_series.encoders.fetching import fetch\nfrom picasso_series.encoders.weights_table import Entry\n"
        f"print(fetch(Entry('tiny', 'tiny', 'openai', {entry.url!r}, {entry.sha256!r})))"
    )
    environment = {**os.environ, "PYTHONPATH": str(HOME), "OMP_NUM_THREADS": "1"}
    both = [subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate(timeout=60)[0].strip() for process in both] == [str(cache_folder / "tiny.safetensors")] * 2
    assert [process.returncode for process in both] == [0, 0]
    assert server.asked == [""]
    assert_is_tower(weights.load_visual(entry), model)
    assert_nothing_but_weights(cache_folder)
