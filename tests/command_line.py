"""Running the program as its users do, and what the tests of the command line share."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

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


def wait_for(path: Path) -> None:
    """Until a program has written that."""
    for _ in range(1200):
        if path.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} never came")
