"""CLIP weights: fetched through thick and thin, never half there, never run."""

from __future__ import annotations

import errno
import hashlib
import http.server
import io
import os
import pickle
import re
import subprocess
import sys
import threading
import time
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from sample_clip import TINY_RESNET, TINY_VIT, Clip, entry_of, open_clip_safetensors, openai_archive, tiny_clip

import picasso_series
from picasso_series import doctor
from picasso_series.cli.app import run
from picasso_series.encoders import download as download_module
from picasso_series.encoders import weights, weights_table
from picasso_series.encoders.checkpoint import read_visual
from picasso_series.encoders.weights_table import CLIPASSO, TABLE, Architecture, Entry, resolve
from picasso_series.errors import BadInputError, MissingError, UsageError

HOME = Path(picasso_series.__file__).parents[1]
LIMIT = 10.0
"""Seconds within which every trouble has to be told."""


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where weights are kept, and no proxy on the way to the server."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return weights.cache_folder()


class Server(http.server.ThreadingHTTPServer):
    """Serves one file, as badly as it is told to."""

    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.cuts: list[int] = []
        """After how many bytes to break off the first answers, one number each."""
        self.ranges = True
        self.lengths = True
        self.status = 200
        self.slowness = 0.0
        self.silence = sys.maxsize
        """From which byte on nothing more is said."""
        self.asked: list[str] = []
        """The range of each request."""
        self.ended = threading.Event()

    def handle_error(self, *args: object) -> None:
        """Clients that hang up are what these tests are about."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/tiny.pt"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server, content = self.server, self.server.content
        server.asked.append(self.headers.get("Range", ""))
        if server.status != 200:
            self.send_error(server.status)
            return
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(match[1]) if match and server.ranges else 0
        if start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if server.lengths:
            self.send_header("Content-Length", str(len(content) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        end = start + server.cuts.pop(0) if server.cuts else len(content)
        for place in range(start, min(end, len(content)), 2000):
            if place >= server.silence:
                server.ended.wait(60)
                return
            self.wfile.write(content[place : min(place + 2000, end)])
            time.sleep(server.slowness)

    def do_CONNECT(self) -> None:
        self.send_error(403, "not from here")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def model() -> Clip:
    return tiny_clip()


@pytest.fixture
def archive(tmp_path: Path, model: Clip) -> Path:
    return openai_archive(tmp_path / "tiny.pt", model)


@pytest.fixture
def server(archive: Path) -> Iterator[Server]:
    with Server(archive.read_bytes()) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.ended.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def entry(archive: Path, server: Server) -> Entry:
    return entry_of(archive, server.url)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a tenth as long before each new try."""
    monkeypatch.setattr(download_module, "_PAUSE", 0.04)


def assert_is_tower(loaded: dict[str, torch.Tensor], model: Clip) -> None:
    expected = model.visual.state_dict()
    assert set(loaded) == set(expected)
    for name, tensor in loaded.items():
        assert tensor.dtype == (torch.float32 if expected[name].is_floating_point() else torch.int64), name
        torch.testing.assert_close(tensor, expected[name], rtol=0, atol=0)


def sentence_of(entry: Entry) -> str:
    """What is said of a fetch that fails, in time and without a trace in the cache but the part."""
    began = time.monotonic()
    with pytest.raises(MissingError) as caught:
        weights.fetch(entry)
    assert time.monotonic() - began < LIMIT
    text = str(caught.value)
    assert "\n" not in text
    assert entry.name in text
    assert weights.find(entry) is None
    assert {path.suffix for path in weights.cache_folder().glob("*")} <= {".part"}
    return text


# The table


def test_the_table_is_well_formed() -> None:
    assert [entry.name for entry in TABLE[:2]] == list(CLIPASSO)
    for entry in TABLE:
        assert re.fullmatch(r"[0-9a-f]{64}", entry.sha256), entry.name
        assert re.fullmatch(rf"https://[\w./-]+/{entry.sha256}/{entry.name}(px)?\.pt", entry.url)
        assert re.fullmatch(r"timm/\w+\.openai", entry.hub)
        assert entry.pretrained == "openai"
        assert entry.architecture is not None
        assert entry.architecture.kind == ("resnet" if entry.name.startswith("RN") else "vit")
    for field in ("name", "url", "sha256", "hub", "architecture", "stem"):
        assert len({getattr(entry, field) for entry in TABLE}) == len(TABLE), field


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("RN101", "RN101"),
        ("RN101/openai", "RN101"),
        ("RN101-quickgelu/openai", "RN101"),
        ("ViT-B/32", "ViT-B-32"),
        ("ViT-L/14@336px", "ViT-L-14-336"),
        ("ViT-B-32/laion2b_s34b_b79k", "ViT-B-32/laion2b_s34b_b79k"),
    ],
)
def test_names_in_every_form_mean_what_they_say(written: str, meant: str) -> None:
    assert resolve(written).name == meant
    assert resolve(resolve(written)) == resolve(written)


@pytest.mark.parametrize("name", ["RN102", "", "/", "../../etc/passwd", "a/b/c", "RN101/../x", "a/..", "ViT-B-32/\n"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        resolve(name)


def test_a_slip_of_the_pen_is_guessed() -> None:
    with pytest.raises(UsageError, match="did you mean RN101"):
        resolve("RN10")


@pytest.mark.parametrize("shape", [TINY_VIT, TINY_RESNET])
def test_an_architecture_is_read_off_the_shapes(shape: Architecture) -> None:
    tensors = tiny_clip(shape).visual.state_dict()
    assert Architecture.of({name: tuple(tensor.shape) for name, tensor in tensors.items()}) == shape
    assert Architecture.of({"conv1.weight": (1, 2, 3, 4)}) is None


# Reading without running


@pytest.mark.parametrize("shape", [TINY_VIT, TINY_RESNET])
def test_every_layout_gives_the_same_tower(tmp_path: Path, shape: Architecture) -> None:
    model = tiny_clip(shape)
    files = [openai_archive(tmp_path / "a.pt", model), open_clip_safetensors(tmp_path / "b.safetensors", model)]
    torch.save(model.state_dict(), tmp_path / "c.bin")
    torch.save({"epoch": 3, "state_dict": {f"module.{k}": v for k, v in model.state_dict().items()}}, tmp_path / "d.pt")
    save_file(model.visual.state_dict(), tmp_path / "e.safetensors")
    for path in [*files, tmp_path / "c.bin", tmp_path / "d.pt", tmp_path / "e.safetensors"]:
        assert_is_tower(read_visual(path), model)


def test_tensors_that_share_numbers_or_lie_askew_are_read_right(tmp_path: Path) -> None:
    model = tiny_clip()
    state = OrderedDict(model.state_dict())
    pool = torch.randn(200)
    state["visual.conv1.weight"] = pool[7 : 7 + 96].view(4, 3, 2, 4).transpose(0, 2)
    state["visual.proj"] = pool[50:98].view(6, 8).t()
    torch.save(state, tmp_path / "views.pt")
    tower = read_visual(tmp_path / "views.pt")
    for name in ("conv1.weight", "proj"):
        torch.testing.assert_close(tower[name], state[f"visual.{name}"], rtol=0, atol=0)
        assert tower[name].is_contiguous()


class _Evil:
    def __init__(self, call: object, *args: object) -> None:
        self.reduced = (call, args)

    def __reduce__(self) -> object:
        return self.reduced


def poisoned(path: Path, source: Path, data: bytes) -> Path:
    """The archive ``source`` with another ``data.pkl``."""
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(path, "w") as archive:
        for name in whole.namelist():
            archive.writestr(name, data if name.endswith("/data.pkl") else whole.read(name))
    return path


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("call", ["system", "eval", "getattr"])
def test_a_pickle_that_would_run_code_is_refused_and_not_run(tmp_path: Path, archive: Path, call: str, protocol: int) -> None:
    mark = tmp_path / "it ran"
    evil = {
        "system": _Evil(os.system, f"touch '{mark}'"),
        "eval": _Evil(eval, f"open({str(mark)!r}, 'w')"),
        "getattr": _Evil(getattr, OrderedDict, "fromkeys"),
    }[call]
    path = poisoned(tmp_path / "evil.pt", archive, pickle.dumps({"visual": evil}, protocol=protocol))
    with pytest.raises(BadInputError, match="could run code") as caught:
        weights.import_file(path, "tiny/openai")
    assert "\n" not in str(caught.value)
    assert not mark.exists()
    assert weights.cached() == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        pickle.dumps([1, 2], 2),
        # BUILD on a function that the pickle may call: nothing of ours can be changed.
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x01\x00\x00\x00ak\x88sb.".replace(b"k\x88", b"\x88"),
        b"\x80\x02c__torch__\nX\n}X\x01\x00\x00\x00a\x88sb.",
        b"\x80\x02X\x01\x00\x00\x00aQ.",
        b"\x80\x02K\x05Q.",
    ],
)
def test_a_damaged_pickle_is_refused_in_one_sentence(tmp_path: Path, archive: Path, data: bytes) -> None:
    with pytest.raises(BadInputError) as caught:
        read_visual(poisoned(tmp_path / "bad.pt", archive, data))
    assert "\n" not in str(caught.value)


def described(path: Path, size: tuple[int, ...], stride: tuple[int, ...], offset: int) -> Path:
    """An archive with one tensor of 200 numbers, described as it is asked for."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, thing: object) -> object:
            return ("storage", torch.FloatStorage, "0", "cpu", 200) if thing == "numbers" else None

    buffer = io.BytesIO()
    record = _Evil(torch._utils._rebuild_tensor_v2, "numbers", offset, size, stride, False, OrderedDict())
    Pickler(buffer, 2).dump({"visual.conv1.weight": record})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("far/data.pkl", buffer.getvalue())
        archive.writestr("far/data/0", torch.arange(200.0).numpy().tobytes())
    return path


@pytest.mark.parametrize(
    ("size", "stride", "offset"),
    [
        ((10**9, 10**9), (0, 0), 0),
        ((200,), (1,), 150),
        ((150,), (2,), 0),
        ((2,), (-1,), 0),
        ((2,), (1,), -1),
        ((2, 2), (1,), 0),
        ((0,), (1,), 0),
    ],
)
def test_a_tensor_that_reaches_beyond_its_numbers_is_refused(
    tmp_path: Path, size: tuple[int, ...], stride: tuple[int, ...], offset: int
) -> None:
    fine = read_visual(described(tmp_path / "near.pt", (50, 2), (4, 1), 2))["conv1.weight"]
    assert fine[-1].tolist() == [198.0, 199.0]
    with pytest.raises(BadInputError, match="damaged"):
        read_visual(described(tmp_path / "far.pt", size, stride, offset))


def test_any_cut_of_a_file_is_noticed(tmp_path: Path, archive: Path, model: Clip) -> None:
    for whole in (archive, open_clip_safetensors(tmp_path / "whole.safetensors", model)):
        data = whole.read_bytes()
        for length in (0, 1, 8, 9, 100, len(data) // 2, len(data) - 1):
            (tmp_path / "cut.bin").write_bytes(data[:length])
            with pytest.raises(BadInputError):
                read_visual(tmp_path / "cut.bin")


def test_what_is_no_tower_or_not_finite_is_refused(tmp_path: Path, model: Clip) -> None:
    save_file({"weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(BadInputError, match="no image tower"):
        read_visual(tmp_path / "other.safetensors")
    state = model.state_dict()
    state["visual.proj"][0, 0] = float("nan")
    save_file(state, tmp_path / "nan.safetensors")
    with pytest.raises(BadInputError, match="not finite"):
        read_visual(tmp_path / "nan.safetensors")


# Fetching


def test_a_fetch_ends_with_the_tower_and_its_record_and_nothing_else(entry: Entry, server: Server, cache: Path, model: Clip) -> None:
    seen: list[tuple[int, int | None]] = []
    assert weights.find(entry) is None
    path = weights.fetch(entry, lambda done, total: seen.append((done, total)))
    assert path == weights.find(entry) == cache / "tiny.safetensors"
    assert_is_tower(weights.load_visual(entry), model)
    assert_is_tower(load_file(path), model)
    record = weights.verify(entry)
    assert (record.verified, record.source, record.source_sha256) == (True, server.url, entry.sha256)
    assert record.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert weights.record_of(entry) == record
    assert sorted(file.name for file in cache.iterdir()) == ["tiny.json", "tiny.safetensors", "tiny.text.safetensors"]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (len(server.content), len(server.content))
    assert {total for _, total in seen} == {len(server.content)}


def test_what_is_there_is_not_fetched_again_unless_it_is_damaged(entry: Entry, server: Server, model: Clip) -> None:
    path = weights.fetch(entry)
    weights.fetch(entry)
    assert len(server.asked) == 1
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(BadInputError, match="damaged"):
        weights.verify(entry)
    weights.fetch(entry)
    assert len(server.asked) == 2
    assert_is_tower(weights.load_visual(entry), model)


@pytest.mark.usefixtures("hasty")
def test_a_cut_transfer_goes_on_where_it_was(entry: Entry, server: Server, model: Clip) -> None:
    server.cuts = [5000, 0, 0, 7000]
    weights.fetch(entry)
    assert server.asked == ["", "bytes=5000-", "bytes=5000-", "bytes=5000-", "bytes=12000-"]
    assert_is_tower(weights.load_visual(entry), model)


@pytest.mark.usefixtures("hasty")
def test_a_later_call_goes_on_where_an_earlier_one_gave_up(entry: Entry, server: Server, cache: Path) -> None:
    server.cuts = [5000] + [0] * 10
    sentence_of(entry)
    assert (cache / "tiny.part").read_bytes() == server.content[:5000]
    server.cuts = []
    server.asked.clear()
    weights.fetch(entry)
    assert server.asked == ["bytes=5000-"]


@pytest.mark.usefixtures("hasty")
def test_a_server_that_ignores_ranges_is_borne(entry: Entry, server: Server, model: Clip) -> None:
    server.ranges = False
    server.cuts = [5000, 3000]
    weights.fetch(entry)
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
    weights.fetch(entry, lambda done, total: seen.append(total))
    assert set(seen) == {None}
    assert_is_tower(weights.load_visual(entry), model)


def test_a_whole_part_needs_no_network(entry: Entry, server: Server, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "tiny.part").write_bytes(server.content)
    weights.fetch(entry)
    assert server.asked == []


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("length", [300, 10**5])
def test_a_part_that_is_of_something_else_is_thrown_away(entry: Entry, server: Server, cache: Path, length: int) -> None:
    cache.mkdir(parents=True)
    (cache / "tiny.part").write_bytes(b"x" * length)
    weights.fetch(entry)
    assert server.asked == [f"bytes={length}-", ""]


# Troubles


def test_a_wrong_hash_is_told_and_nothing_kept(entry: Entry, server: Server, cache: Path) -> None:
    server.content = server.content[:-1] + b"?"
    assert "sha256" in sentence_of(entry)
    assert list(cache.iterdir()) == []
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


def test_a_disk_too_small_is_told_before_it_is_full(entry: Entry, server: Server, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
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
    weights.fetch(entry)
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
            weights.import_file(archive, "tiny/openai")
        assert weights.cached() == []
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_cache_that_cannot_be_made_is_told(entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PICASSO_SERIES_CACHE", str(tmp_path / "file"))
    with pytest.raises(MissingError, match="PICASSO_SERIES_CACHE"):
        weights.fetch(entry)


def test_an_interruption_leaves_the_part_and_nothing_else(
    entry: Entry, server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "_BLOCK", 1000)

    def stop(done: int, total: int | None) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        weights.fetch(entry, stop)
    assert [path.name for path in cache.iterdir()] == ["tiny.part"]
    weights.fetch(entry)
    assert server.asked[1].startswith("bytes=")


def test_what_a_killed_conversion_left_is_swept(entry: Entry, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / ".tiny.99999.part.safetensors").write_bytes(b"half")
    weights.fetch(entry)
    assert sorted(file.name for file in cache.iterdir()) == ["tiny.json", "tiny.safetensors", "tiny.text.safetensors"]


def test_two_processes_at_once_share_one_transfer(entry: Entry, server: Server, cache: Path, model: Clip) -> None:
    server.slowness = 0.05
    program = (
        "import sys\nfrom picasso_series.encoders.weights import fetch\nfrom picasso_series.encoders.weights_table import Entry\n"
        f"print(fetch(Entry('tiny', 'tiny', 'openai', {entry.url!r}, {entry.sha256!r})))"
    )
    environment = {**os.environ, "PYTHONPATH": str(HOME), "OMP_NUM_THREADS": "1"}
    both = [subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate(timeout=60)[0].strip() for process in both] == [str(cache / "tiny.safetensors")] * 2
    assert [process.returncode for process in both] == [0, 0]
    assert server.asked == [""]
    assert_is_tower(weights.load_visual(entry), model)
    assert sorted(file.name for file in cache.iterdir()) == ["tiny.json", "tiny.safetensors", "tiny.text.safetensors"]


# Importing


@pytest.fixture
def known(archive: Path, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """A table with one small model in it."""
    entry = entry_of(archive, "https://example.invalid/tiny.pt")
    monkeypatch.setattr(weights_table, "TABLE", (entry,))
    return entry


def test_openais_own_file_is_recognized_by_its_hash(archive: Path, known: Entry, model: Clip) -> None:
    record = weights.import_file(archive, known=[known])
    assert (record.name, record.verified, record.source) == ("tiny", True, "tiny.pt")
    assert_is_tower(weights.load_visual("tiny"), model)


def test_open_clips_file_is_recognized_by_its_shapes_and_not_called_verified(tmp_path: Path, known: Entry, model: Clip) -> None:
    record = weights.import_file(open_clip_safetensors(tmp_path / "open_clip_model.safetensors", model), known=[known])
    assert (record.name, record.verified) == ("tiny", False)
    assert_is_tower(weights.load_visual("tiny"), model)


def test_another_training_of_the_same_shapes_has_to_be_named(tmp_path: Path, known: Entry) -> None:
    other = tiny_clip(half=False)
    path = open_clip_safetensors(tmp_path / "laion.safetensors", other)
    for name in (None, "tiny"):
        with pytest.raises(BadInputError, match="--name tiny/PRETRAINED"):
            weights.import_file(path, name, known=[known])
    assert weights.cached() == []
    assert weights.import_file(path, "tiny/laion", known=[known]).name == "tiny/laion"
    assert_is_tower(weights.load_visual("tiny/laion"), other)
    assert weights.find("tiny") is None


def test_a_file_is_not_taken_for_what_it_is_not(tmp_path: Path, archive: Path, known: Entry) -> None:
    with pytest.raises(BadInputError, match="does not hold tiny/laion"):
        weights.import_file(archive, "tiny/laion", known=[known])
    path = open_clip_safetensors(tmp_path / "resnet.safetensors", tiny_clip(TINY_RESNET))
    with pytest.raises(BadInputError, match="does not hold tiny"):
        weights.import_file(path, "tiny", known=[known])
    with pytest.raises(BadInputError, match="--name"):
        weights.import_file(path, known=[known])
    with pytest.raises(BadInputError, match="cannot be read"):
        weights.import_file(tmp_path / "nowhere.pt")
    with pytest.raises(BadInputError, match="cannot be read"):
        weights.import_file(tmp_path)
    assert weights.cached() == []


def test_what_is_not_in_the_table_cannot_be_fetched_and_says_so() -> None:
    with pytest.raises(MissingError, match="weights import FILE"):
        weights.fetch("ViT-B-32/laion2b_s34b_b79k")
    for function in (weights.verify, weights.load_visual):
        with pytest.raises(MissingError, match="weights fetch RN101"):
            function("RN101")


def test_a_damaged_tower_is_told_when_it_is_loaded(archive: Path, known: Entry, cache: Path) -> None:
    weights.import_file(archive, known=[known])
    (cache / "tiny.safetensors").write_bytes(b"nothing")
    with pytest.raises(BadInputError, match="damaged"):
        weights.load_visual("tiny")


def test_without_the_variable_the_cache_is_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PICASSO_SERIES_CACHE")
    assert weights.cache_folder().parts[-2:] == ("picasso-series", "weights") or os.name == "nt"


# The command


def test_fetch_on_the_command_line_says_how_far_it_is(
    entry: Entry, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cache: Path
) -> None:
    monkeypatch.setattr(weights_table, "TABLE", (entry,))
    for terminal in (False, True):
        monkeypatch.setattr(sys.stderr, "isatty", lambda terminal=terminal: terminal)
        assert run(["weights", "fetch", "tiny"]) == 0
        output = capsys.readouterr()
        assert output.out == f"{cache / 'tiny.safetensors'}\n"
        assert "tiny" in output.err
        (cache / "tiny.json").unlink()


def test_no_network_on_the_command_line_is_one_sentence_and_4(
    entry: Entry, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.status = 404
    monkeypatch.setattr(weights_table, "TABLE", (entry,))
    assert run(["weights", "fetch", "tiny"]) == 4
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_verify_on_the_command_line_names_what_is_damaged(
    archive: Path, cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["weights", "verify"]) == 0
    assert "no weights" in capsys.readouterr().out
    assert run(["weights", "import", str(archive), "--name", "tiny/one"]) == 0
    assert run(["weights", "import", str(archive), "--name", "tiny/two"]) == 0
    assert run(["weights", "verify"]) == 0
    assert run(["weights", "list"]) == 0
    assert "tiny/two" in capsys.readouterr().out
    (cache / "tiny.two.safetensors").write_bytes(b"nothing")
    assert run(["weights", "verify"]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert "tiny/two are damaged" in output.err
    assert "tiny/one" not in output.err


# The doctor


def test_the_doctor_tells_what_there_is_of_clip(archive: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = doctor.check_clip()
    assert finding.status is doctor.Status.OPTIONAL
    assert finding.mend == "picasso-series weights fetch"
    monkeypatch.setattr(weights_table, "CLIPASSO", ("tiny/one",))
    weights.import_file(archive, "tiny/one")
    assert doctor.check_clip().status is doctor.Status.OK
    (cache / "tiny.one.safetensors").write_bytes(b"nothing")
    assert doctor.check_clip().status is doctor.Status.WARNING
