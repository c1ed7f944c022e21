"""A stopped or killed program: what it says, and that the same command goes on to the same drawing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from command_line import HOME, QUICK, Caught, environment, one_sentence, started, wait_for

from picasso_series.cli.app import run
from picasso_series.run import open_run, read_manifest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no such signals there")


LINE = ["pear.png", *QUICK, "-o", "out"]
FAKE = [sys.executable, str(HOME / "tests" / "fake_core.py"), *LINE]
SNAPSHOT = Path("out") / "6" / "snapshot.npz"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_with_130_and_the_same_command_goes_on(
    photo: Path, number: signal.Signals, drawn_once: Path, fake_core: None, capsys: Caught
) -> None:
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE}
    with started(FAKE, env=environment(FAKE_HALT="6:8"), **pipes) as program:
        wait_for(program, SNAPSHOT)
        program.send_signal(number)
        out, err = program.communicate(timeout=60)
    assert program.returncode == 130, err
    assert out == ""
    assert err.splitlines()[-1] == "picasso-series: stopped; run the same command to go on"
    assert "Traceback" not in err
    assert read_manifest(Path("out"))["status"] == "drawing"
    _goes_on(drawn_once, capsys)


def test_a_killed_run_goes_on_and_ends_as_an_unkilled_one(photo: Path, drawn_once: Path, fake_core: None, capsys: Caught) -> None:
    with started(FAKE, env=environment(FAKE_HALT="6:8"), stderr=subprocess.DEVNULL) as program:
        wait_for(program, SNAPSHOT)
        assert run([*LINE, "-q"]) == 1
        assert "another picasso-series is at work" in one_sentence(capsys)
        program.kill()
    _goes_on(drawn_once, capsys)


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    """How many threads torch may use, until the test is over."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.heavy
def test_the_real_core_goes_on_exactly_where_it_was_killed(photo: Path, threads: Callable[[int], None], capsys: Caught) -> None:
    # The first level has one start, the second several that compete.
    line = ["pear.png", "--encoder", "structure", "--levels", "9,2", "--iterations", "8", "--size", "64x64", "--formats", "svg"]
    threads(1)
    assert run([*line, "-o", "whole", "-q"]) == 0
    with started([sys.executable, "-m", "picasso_series", *line, "-o", "out", "-q"], env=environment(OMP_NUM_THREADS="1")) as program:
        # Should the machine be so slow that the snapshot is gone again when we look, the level is there.
        wait_for(program, Path("out") / "9" / "snapshot.npz", Path("out") / "9" / "sketch.svg")
        program.kill()
    # The run was begun on one thread; that there are two now must not matter.
    threads(2)
    assert run([*line, "-o", "out"]) == 0
    assert "going on" in capsys.readouterr().err
    for name in ("9/trajectory.npz", "2/trajectory.npz", "9/sketch.svg", "2/sketch.svg"):
        assert (Path("out") / name).read_bytes() == (Path("whole") / name).read_bytes(), name


def _goes_on(drawn_once: Path, capsys: Caught) -> None:
    assert run(LINE) == 0
    assert "going on" in capsys.readouterr().err
    for mine, whole in zip(open_run(Path("out")).series.levels, open_run(drawn_once).series.levels, strict=True):
        np.testing.assert_array_equal(mine.trajectory.points, whole.trajectory.points)
    assert {path.name for path in Path("out").rglob("*")} == {path.name for path in drawn_once.rglob("*")}
