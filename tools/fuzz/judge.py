"""One case: run, watched, and judged.

Knows the contract of the command line (exit codes, one sentence, nothing of Python's) and a process's memory and time; knows no reader.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import re
import resource
import signal
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from picasso_series.cli.app import PROGRAM, app, run

CODES = frozenset({0, 1, 2, 3, 4, 130})
MOST_MEMORY = 1_500_000_000
"""Bytes that a case's process may hold at its worst."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_STATUS = Path("/proc/self/status")
_REFERENCES = Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Answer:
    """What a command line came to: its exit code, what it said, and the most bytes of memory that it took besides what was there."""

    code: int
    out: str
    err: str
    memory: int


def limit_memory() -> None:
    """Let this process have no more addresses than its own, the most that a case may take, and as much again."""
    if _STATUS.exists():
        size = _status("VmSize")
        resource.setrlimit(resource.RLIMIT_AS, (size + 2 * MOST_MEMORY, resource.RLIM_INFINITY))


def watch_time(seconds: float) -> None:
    """End this process, with its stack on stderr, once it has computed for ``seconds`` longer; 0 calls the watch off."""
    if seconds:
        faulthandler.register(signal.SIGPROF, file=sys.__stderr__, chain=True)
    signal.setitimer(signal.ITIMER_PROF, seconds)


def answer(args: Sequence[str], command: click.Command = app) -> Answer:
    """Run a command line of the program in this process, with streams like those of a terminal's."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors=errors) for errors in ("strict", "backslashreplace"))
    _forget_peak()
    # A process has what its parent had, which may be a test's that computed before.
    before = _status("VmRSS") if _STATUS.exists() else 0
    # A warning that has been given once would not be given again, and a case would depend on those before it.
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = _tell
        code = run(args, command=command)
    texts = []
    for stream in (out, err):
        stream.flush()
        raw = stream.buffer
        assert isinstance(raw, io.BytesIO)
        texts.append(raw.getvalue().decode("utf-8", "replace"))
    return Answer(code, texts[0], texts[1], _status("VmHWM") - before if _STATUS.exists() else 0)


def fault_of(found: Answer) -> str | None:
    """What is wrong with an answer, in a few words; None when nothing is."""
    if found.code not in CODES:
        return f"the exit code is {found.code}"
    if "this is a bug of" in found.err or "Traceback" in found.err:
        return "it is a bug by its own word"
    if "Warning" in found.err:
        return "a warning of Python's"
    if found.memory > MOST_MEMORY:
        return f"{found.memory / 1e9:.2f} GB of memory"
    lines = [line for line in found.err.splitlines() if line.strip()]
    if found.code == 2 and found.err.startswith("Usage: "):
        # A group without a command shows its help page.
        return None
    if found.code and not (lines and lines[-1].startswith(f"{PROGRAM}: ")):
        return "it fails without one sentence at the end"
    if found.code and len(lines[-1]) < len(PROGRAM) + 10:
        return "its sentence says nothing"
    if _CONTROL.search(found.err) or _CONTROL.search(found.out):
        return "it sends control characters to the terminal"
    return None


def _tell(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, file: object = None, line: str | None = None
) -> None:
    """Tell a warning on stderr, also where somebody else collects them."""
    sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))


def _forget_peak() -> None:
    with contextlib.suppress(OSError):
        _REFERENCES.write_text("5")


def _status(name: str) -> int:
    """A size of this process in bytes, as the kernel tells it."""
    match = re.search(rf"^{name}:\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE)
    return 1024 * int(match[1]) if match else 0
