"""Fetching weights: through thick and thin, once, and never half there."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file
from sample_clip import Clip, assert_is_tower
from weights_server import Server, assert_nothing_but_weights, nowhere, sentence_of

import picasso_series
from picasso_series.encoders import download as download_module
from picasso_series.encoders import weights
from picasso_series.encoders.fetching import fetch
from picasso_series.encoders.weights_table import Entry
from picasso_series.errors import BadInputError

HOME = Path(picasso_series.__file__).parents[1]

pytestmark = pytest.mark.usefixtures("online")


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


@pytest.mark.parametrize("trouble", ["refused", "unknown", "wrong", "gone"])
def test_where_one_source_fails_the_mirror_is_asked(entry: Entry, server: Server, opened: list[str], model: Clip, trouble: str) -> None:
    server.files["/wrong"] = server.content[:-1] + b"?"
    server.files["/gone"] = b""
    place = server.url.rpartition("/")[0]
    url = {"refused": nowhere(), "unknown": "https://example.invalid/tiny.pt"}.get(trouble, f"{place}/{trouble}")
    fetch(replace(entry, url=url, mirror=server.url))
    assert opened == [url, server.url]
    assert_is_tower(weights.load_visual(entry), model)


@pytest.mark.usefixtures("hasty")
def test_a_transfer_that_one_source_began_may_be_ended_by_another(entry: Entry, server: Server, cache_folder: Path) -> None:
    server.cuts = [5000, 0, 0, 0, 0]
    fetch(replace(entry, mirror=f"{server.url}.too"))
    assert server.paths[-1] == "/tiny.pt.too"
    assert server.asked[-1] == "bytes=5000-"


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
    for name in (".tiny.99999.part.safetensors", ".tiny.99999.part.json"):
        (cache_folder / name).write_bytes(b"half")
    fetch(entry)
    assert_nothing_but_weights(cache_folder)


def test_a_download_that_a_process_left_that_was_killed_at_its_end_goes(entry: Entry, cache_folder: Path, server: Server) -> None:
    fetch(entry)
    (cache_folder / "tiny.part").write_bytes(server.content)
    fetch(entry)
    assert_nothing_but_weights(cache_folder)
    assert len(server.asked) == 1


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
