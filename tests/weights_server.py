"""A server of weights on this machine, which can do all that servers and proxies do wrong; and what is said of it."""

from __future__ import annotations

import http.server
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from picasso_series.encoders import weights
from picasso_series.encoders.fetching import fetch
from picasso_series.encoders.weights_table import Entry
from picasso_series.errors import MissingError

LIMIT = 10.0
"""Seconds within which every trouble has to be told, on a machine that is not busy with other things."""
ENDLESS = 45.0
"""Seconds after which even a busy machine must be waiting for the server, which gives up after 60."""


class Server(http.server.ThreadingHTTPServer):
    """Serves one file, as badly as it is told to."""

    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.files: dict[str, bytes] = {}
        """What is served in place of that under certain paths."""
        self.cuts: list[int] = []
        """After how many bytes to break off the first answers, one number each."""
        self.ranges = True
        self.lengths = True
        self.status = 200
        self.slowness = 0.0
        self.silence = sys.maxsize
        """From which byte on nothing more is said; below 0 not even an answer."""
        self.asked: list[str] = []
        """The range of each request."""
        self.paths: list[str] = []
        """The path of each request."""
        self.ended = threading.Event()

    def handle_error(self, *args: object) -> None:
        """Clients that hang up are what these tests are about."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/tiny.pt"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        content = server.files.get(self.path, server.content)
        server.paths.append(self.path)
        server.asked.append(self.headers.get("Range", ""))
        if server.silence < 0:
            server.ended.wait(60)
            return
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


@contextmanager
def serving(content: bytes) -> Iterator[Server]:
    """A server at work."""
    with Server(content) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.ended.set()
        server.shutdown()
        thread.join()


def nowhere() -> str:
    """An address where nobody listens."""
    with Server(b"") as gone:
        return gone.url


def sentence_of(entry: Entry) -> str:
    """What is said of a fetch that fails, in time and without a trace in the cache but the part."""
    began = time.monotonic()
    with pytest.raises(MissingError) as caught:
        fetch(entry)
    assert time.monotonic() - began < ENDLESS
    text = str(caught.value)
    assert "\n" not in text
    assert entry.name in text
    assert weights.find(entry) is None
    assert {path.suffix for path in weights.cache_folder().glob("*")} <= {".part"}
    return text


def assert_nothing_but_weights(folder: Path) -> None:
    """Check that the cache holds what was asked for, and nothing that is unfinished."""
    names = {file.name for file in folder.iterdir()}
    assert names >= {"tiny.json", "tiny.safetensors"}
    assert not [name for name in names if not re.fullmatch(r"tiny(\.\w+)?\.(json|safetensors)", name)]
