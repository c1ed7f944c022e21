"""A file from the web, whole and of a known hash, or a clause that says why not, within seconds.

Knows HTTP: resuming with ranges, trying again, a second source, proxies of the environment, and how long to be patient. Knows nothing of
what is in the file. What has arrived stays in the part file, whatever happens, so that the next call goes on from there.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import queue
import re
import shutil
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.error import HTTPError

from picasso_series.encoders.network_troubles import describe, host_of, is_final, is_silence, is_unreachable, proxy_of
from picasso_series.errors import MissingError

if TYPE_CHECKING:
    from hashlib import _Hash

OnProgress = Callable[[int, "int | None"], None]
"""Called with the bytes that are there and the bytes of the whole file, None where that is not known."""

PATIENCE = 8.0
"""Seconds without a new byte after which there is nothing more to hope for."""
STALL = 4.0
"""Seconds of silence after which a connection is given up: the first one for good, a later one for a new one."""
RETRIES = 3
"""How often in a row to try again without having got a new byte."""
_PAUSE = 0.4
"""Seconds before the first new try; each further one waits twice as long."""
_BLOCK = 1 << 16
_PASSING = (408, 425, 429, 500, 502, 503, 504)
"""HTTP's answers that may be others a second later."""


class DownloadError(MissingError):
    """The file cannot be had; the message is a clause that says why."""


class _SilenceError(DownloadError):
    """Nobody answers: what swallows all that is sent to one host swallows what is sent to another."""


class _CutError(Exception):
    """The transfer failed in a way that may pass."""


class _UnreachableError(_CutError):
    """There was no connection at all; ``silent`` when none was refused either."""

    def __init__(self, message: str, *, silent: bool) -> None:
        super().__init__(message)
        self.silent = silent


@dataclass
class _Part:
    """What has arrived so far, its hash, how much there ever was of it, and when that last grew."""

    path: Path
    size: int = 0
    digest: _Hash = field(default_factory=hashlib.sha256)
    furthest: int = 0
    since: float = field(default_factory=time.monotonic)

    @classmethod
    def found(cls, path: Path) -> _Part:
        """What an earlier transfer left."""
        part = cls(path)
        if path.exists():
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    part.digest.update(block)
                    part.size += len(block)
        part.furthest, part.since = part.size, time.monotonic()
        return part

    @property
    def patience(self) -> float:
        """Seconds that are left to wait for a new byte."""
        return PATIENCE - (time.monotonic() - self.since)

    def rewind(self) -> None:
        """Begin again; what comes is no news until it is more than there ever was."""
        self.path.unlink(missing_ok=True)
        self.size, self.digest = 0, hashlib.sha256()

    def forget(self) -> None:
        """Begin again, as if there had never been anything."""
        self.rewind()
        self.furthest, self.since = 0, time.monotonic()

    def append(self, file: IO[bytes], block: bytes) -> None:
        """Add a block."""
        file.write(block)
        self.digest.update(block)
        self.size += len(block)
        if self.size > self.furthest:
            self.furthest, self.since = self.size, time.monotonic()


def download(urls: Sequence[str], sha256: str, path: Path, on_progress: OnProgress) -> None:
    """Bring the file that the first of ``urls`` has, or the next, to ``path``, going on with what is there; its hash is then ``sha256``.

    A network that refuses is told at once, one that is silent from the beginning after four seconds, one that falls silent later after
    eight, whatever the number of ``urls``.

    Raises:
        DownloadError: the network, a proxy, the server or the file's hash does not allow it.
        OSError: the disk does not take it.
    """
    part = _Part.found(path)
    first: DownloadError | None = None
    for url in urls:
        try:
            _download_from(url, sha256, part, on_progress)
        except DownloadError as error:
            first = first or error
            if isinstance(error, _SilenceError) or part.patience < 0:
                break
        else:
            return
    if first is not None:
        raise first


def _download_from(url: str, sha256: str, part: _Part, on_progress: OnProgress) -> None:
    """Complete the part from one source."""
    failures, answered = 0, False
    while part.digest.hexdigest() != sha256:
        before = part.furthest
        try:
            fresh = _receive(url, part, on_progress)
        except _CutError as error:
            if isinstance(error, _UnreachableError) and not answered:
                raise (_SilenceError if error.silent else DownloadError)(str(error)) from error
            answered = True
            if part.furthest > before:
                failures = 0
            pause = _PAUSE * 2**failures
            failures += 1
            if failures > RETRIES or pause > part.patience:
                raise DownloadError(str(error)) from error
            time.sleep(pause)
            continue
        answered = True
        if part.digest.hexdigest() != sha256:
            # What was there before may have been the wrong half.
            part.forget()
            if fresh:
                raise DownloadError(f"what {host_of(url)} sends has another sha256 than the known one, so it is not used")


def _receive(url: str, part: _Part, on_progress: OnProgress) -> bool:
    """One connection: append what it brings to the part; return whether all of the part is from it."""
    with _open(url, part.size, min(part.patience, STALL)) as response:
        if response.status == 416:
            # There is nothing beyond what we have, and yet it has not the right hash.
            part.rewind()
            raise _CutError(f"{host_of(url)} has a file of another length")
        if response.status == 206 and _first_byte(response) == part.size:
            total = _length(response, part.size)
        elif response.status == 200:
            part.rewind()
            total = _length(response, 0)
        else:
            raise DownloadError(f"{host_of(url)} answers {response.status} where a file was asked for")
        if total is not None:
            _ask_for_room(part, total)
        fresh = part.size == 0
        with part.path.open("ab") as file:
            on_progress(part.size, total)
            while total is None or part.size < total:
                try:
                    block = response.read1(_BLOCK if total is None else min(_BLOCK, total - part.size))
                except (OSError, http.client.HTTPException) as error:
                    raise _CutError(describe(url, error)) from error
                if not block:
                    break
                part.append(file, block)
                on_progress(part.size, total)
    if total is not None and part.size < total:
        raise _CutError(f"the connection to {host_of(url)} breaks off")
    return fresh


def _open(url: str, start: int, seconds: float) -> http.client.HTTPResponse:
    """Ask for the file from byte ``start`` on."""
    headers = {"User-Agent": "picasso-series", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    request = urllib.request.Request(url, headers=headers)
    # An opener of our own: urlopen keeps the proxies that the environment named when it was first called.
    opener = urllib.request.build_opener()
    try:
        answer: http.client.HTTPResponse = _within(seconds, lambda: opener.open(request, timeout=STALL))
    except HTTPError as error:
        if error.code == 416 and start:
            return error  # type: ignore[return-value]
        error.close()
        why = f"{host_of(url)} answers {error.code} {error.reason}".rstrip()
        if error.code == 407 or (error.code in (401, 403) and proxy_of(url)):
            why = f"the proxy {proxy_of(url)} refuses ({error.code} {error.reason})"
        raise (_CutError if error.code in _PASSING else DownloadError)(why) from error
    except (OSError, http.client.HTTPException) as error:
        if is_final(error):
            raise DownloadError(describe(url, error)) from error
        if is_unreachable(error):
            raise _UnreachableError(describe(url, error), silent=is_silence(error)) from error
        raise _CutError(describe(url, error)) from error
    return answer


def _within(seconds: float, call: Callable[[], Any]) -> Any:
    """What ``call`` returns or raises, or TimeoutError: the lookup of a name in a dead network has no timeout of its own."""
    answers: queue.SimpleQueue[tuple[Any, Exception | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put((call(), None))
        except Exception as error:
            answers.put((None, error))

    threading.Thread(target=work, daemon=True, name="picasso-series connection").start()
    try:
        answer, error = answers.get(timeout=max(seconds, 0.1))
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return answer


def _length(response: http.client.HTTPResponse, start: int) -> int | None:
    text = response.headers.get("Content-Length", "")
    return start + int(text) if text.isdigit() else None


def _first_byte(response: http.client.HTTPResponse) -> int:
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(match[1]) if match else -1


def _ask_for_room(part: _Part, total: int) -> None:
    """Refuse at once what would fill the disk in minutes: the rest of the file, and as much again for what is made of it."""
    if shutil.disk_usage(part.path.parent).free < 2 * total - part.size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(part.path))
