"""Running the program as its users do, and what the tests of the command line share."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import picasso_series

HOME = Path(picasso_series.__file__).parents[1]
QUICK = ["--levels", "6,3", "--iterations", "12", "--size", "64x64", "--formats", "svg"]
"""The settings of the runs that tests draw: small and short."""

Caught = pytest.CaptureFixture[str]


def environment(**more: str) -> dict[str, str]:
    """What a process of the program needs to find it, and ``more``."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(HOME), str(HOME / "tests")]), "OMP_NUM_THREADS": "1", **more}


def call(*args: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the real program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "picasso_series", *args], capture_output=True, text=True, env=environment(**more), timeout=120, check=False
    )


def one_sentence(caught: Caught) -> str:
    """What a failed command said: one line on stderr, nothing on stdout."""
    output = caught.readouterr()
    assert output.out == ""
    lines = output.err.splitlines()
    assert len(lines) == 1, output.err
    assert lines[0].startswith("picasso-series: ")
    assert "Traceback" not in output.err
    return lines[0]


@contextmanager
def started(line: list[str], **more: Any) -> Iterator[subprocess.Popen[str]]:
    """A process that may be stopped in the middle, and is gone in the end whatever happens."""

    def listen() -> None:
        # Who started the tests in the background has them ignore Ctrl-C, and what they start would too.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(line, text=True, preexec_fn=listen, **more) as program:
        try:
            yield program
        finally:
            program.kill()


def wait_for(program: subprocess.Popen[str], *paths: Path) -> None:
    """Until the program has written one of the paths."""
    for _ in range(2400):
        if any(path.exists() for path in paths):
            return
        assert program.poll() is None, f"{paths} never came"
        time.sleep(0.05)
    raise AssertionError(f"{paths} took too long")
