"""A stopped or killed program: what it says, and that the same command goes on to the same drawing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import HOME, QUICK, environment, wait_for

from picasso_series.run import open_run, read_manifest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no such signals there")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_with_130_and_the_same_command_goes_on(photo: Path, number: signal.Signals, drawn_once: Path) -> None:
    line = [sys.executable, str(HOME / "tests" / "fake_core.py"), photo.name, *QUICK, "-o", "out"]
    with subprocess.Popen(line, env=environment(FAKE_HALT="6:8"), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        wait_for(Path("out") / "6" / "snapshot.npz")
        program.send_signal(number)
        out, err = program.communicate(timeout=60)
    assert program.returncode == 130, err
    assert out == ""
    assert err.splitlines()[-1] == "picasso-series: stopped; run the same command to go on"
    assert "Traceback" not in err
    assert read_manifest(Path("out"))["status"] == "drawing"
    _goes_on(line, drawn_once)


def test_a_killed_run_goes_on_and_ends_as_an_unkilled_one(photo: Path, drawn_once: Path) -> None:
    line = [sys.executable, str(HOME / "tests" / "fake_core.py"), photo.name, *QUICK, "-o", "out"]
    with subprocess.Popen(line, env=environment(FAKE_HALT="6:8"), stderr=subprocess.DEVNULL) as program:
        wait_for(Path("out") / "6" / "snapshot.npz")
        second = subprocess.run(line, env=environment(), capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert "another picasso-series is at work" in second.stderr
        program.kill()
    _goes_on(line, drawn_once)


@pytest.mark.slow
def test_the_real_core_goes_on_exactly_where_it_was_killed(photo: Path) -> None:
    line = [
        sys.executable,
        "-m",
        "picasso_series",
        photo.name,
        "--levels",
        "6,3",
        "--iterations",
        "30",
        "--size",
        "64x64",
        "--formats",
        "svg",
    ]
    whole = subprocess.run([*line, "-o", "whole", "-q"], env=environment(), capture_output=True, text=True, check=False)
    assert (whole.returncode, whole.stderr) == (0, "")
    with subprocess.Popen([*line, "-o", "out", "-q"], env=environment()) as program:
        wait_for(Path("out") / "6" / "snapshot.npz")
        program.kill()
    # The run was begun on one thread; that the environment now offers two must not matter.
    done = subprocess.run([*line, "-o", "out"], env=environment(OMP_NUM_THREADS="2"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "going on" in done.stderr
    for name in ("6/trajectory.npz", "3/trajectory.npz", "6/sketch.svg", "3/sketch.svg"):
        assert (Path("out") / name).read_bytes() == (Path("whole") / name).read_bytes(), name


def _goes_on(line: list[str], drawn_once: Path) -> None:
    done = subprocess.run(line, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "going on" in done.stderr
    for mine, whole in zip(open_run(Path("out")).series.levels, open_run(drawn_once).series.levels, strict=True):
        np.testing.assert_array_equal(mine.trajectory.points, whole.trajectory.points)
    assert {path.name for path in Path("out").rglob("*")} == {path.name for path in drawn_once.rglob("*")}
