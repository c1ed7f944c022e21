"""The program in processes that are killed.

Knows how to start a command line in a forked copy of this warm process, so that a start costs no import, and two ways to kill it: from
outside after some seconds, or from inside right before its n-th change of a file. Knows nothing of what the commands do.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CHANGES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink"})
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True)
class End:
    """How a process ended: its exit code (None where it was killed), what it said, seconds of computing, and its changes of files."""

    code: int | None
    said: str
    seconds: float
    changes: int


class Victim:
    """A command line of picasso-series at work in a process of its own.

    Attributes:
        pid: the process.
    """

    def __init__(self, line: Sequence[str], place: Path, *, die_before: int = 0) -> None:
        """Start it in the folder ``place``; it kills itself before its change number ``die_before``, where that is above 0."""
        self._said = place.parent / f"{place.name}.said"
        self._counted = place.parent / f"{place.name}.counted"
        self._counted.write_bytes(b"0")
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _live(line, place, die_before, self._said, self._counted)

    def alive(self) -> bool:
        """Whether it has neither ended nor been killed; it is left as it is."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def computed(self) -> float:
        """For how many seconds it has computed, as far as it lives; on a busy machine that says more than a clock."""
        try:
            # The clock of a process has this number in Linux.
            return time.clock_gettime(~self.pid << 3 | 2)
        except OSError:
            return float("inf")

    def kill(self) -> End:
        """Kill it, if it has not ended by itself, and tell how it ended."""
        os.kill(self.pid, signal.SIGKILL)
        return self.wait()

    def wait(self) -> End:
        """Wait until it ends."""
        _, status, usage = os.wait4(self.pid, 0)
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        text = self._said.read_text(encoding="utf-8", errors="replace")
        return End(code, text, usage.ru_utime + usage.ru_stime, int(self._counted.read_bytes() or b"0"))


def _live(line: Sequence[str], place: Path, die_before: int, said: Path, counted: Path) -> None:
    """Be the program; does not return."""
    code = 70
    try:
        words = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for number in (1, 2):
            os.dup2(words, number)
        tally = os.open(counted, os.O_WRONLY)
        os.chdir(place)
        sys.addaudithook(_counter(place, die_before, tally))
        from picasso_series.cli.app import run

        code = run(line)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _counter(place: Path, die_before: int, tally: int) -> Callable[[str, tuple[Any, ...]], None]:
    """Count what is about to change a file in ``place``; at the chosen change the process dies of SIGKILL, before it is made."""
    done = 0

    def heed(event: str, details: tuple[Any, ...]) -> None:
        nonlocal done
        writes = event == "open" and bool(int(details[2] or 0) & _WRITING)
        if not (writes or event in _CHANGES or event == "subprocess.Popen"):
            return
        if event != "subprocess.Popen" and not _inside(details[0], place):
            return
        done += 1
        if done == die_before:
            os.kill(os.getpid(), signal.SIGKILL)
        os.pwrite(tally, b"%d" % done, 0)

    return heed


def _inside(path: object, place: Path) -> bool:
    if not isinstance(path, (str, bytes, os.PathLike)):
        return False
    # The working folder is the place itself, so a relative path lies in it.
    return not os.path.isabs(os.fsdecode(path)) or os.fsdecode(path).startswith(f"{place}{os.sep}")
