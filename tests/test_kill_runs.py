"""A few of the kills that ``python -m tools.kill_runs`` deals out by the hundred."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import HOME, environment
from PIL import Image

pytest.importorskip("tools.kill_runs", reason="the tools are not part of what is installed")
if sys.platform == "win32":
    pytest.skip("there are no such signals there", allow_module_level=True)

from tools.kill_runs.same import differences  # noqa: E402
from tools.kill_runs.sound import faults  # noqa: E402


@pytest.mark.heavy
def test_what_is_killed_ends_as_if_it_had_not_been(workplace: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    line = [sys.executable, "-m", "tools.kill_runs", "--kills", "8", "--seed", str(seed)]
    done = subprocess.run(line, cwd=HOME, env=environment(PICASSO_SERIES_OFFLINE="0"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" lives") == 4
    assert int(done.stdout.splitlines()[-1].removesuffix(" kills")) >= 8


@pytest.mark.parametrize("name", ["3/sketch.svg", "6/sketch.png", "6/trajectory.npz", "films/series.svg", "index.html", "series.json"])
def test_a_file_that_is_cut_does_not_pass_for_whole(stored: Path, name: str) -> None:
    assert not list(faults(stored))
    data = (stored / name).read_bytes()
    (stored / name).write_bytes(data[: len(data) // 2])
    assert any(name.rpartition("/")[2] in fault for fault in faults(stored))


def test_only_the_clock_may_tell_two_runs_apart(stored: Path, drawn_once: Path) -> None:
    assert not list(differences(drawn_once, stored))
    page = (stored / "index.html").read_text(encoding="utf-8")
    (stored / "index.html").write_text(page.replace("0.5 s</td>", "9.5 s</td>").replace("1.0 s<br>", "7.0 s<br>"), encoding="utf-8")
    assert page != (stored / "index.html").read_text(encoding="utf-8")
    assert not list(differences(drawn_once, stored))
    Image.new("L", (896, 896), 255).save(stored / "6" / "sketch.png")
    (stored / "3" / "snapshot.npz").write_bytes(b"")
    (stored / "plate.svg").unlink()
    assert list(differences(drawn_once, stored)) == [
        "3/snapshot.npz is left over",
        "plate.svg is missing",
        "6/sketch.png is another one",
    ]
