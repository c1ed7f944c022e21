"""The first drawing with CLIP: its weights are fetched by the way, and where they cannot be had that is said, in time and once."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_core import install
from tiny_table import tiny_files, tiny_table, to_json
from weights_server import ENDLESS, Server, nowhere, serving

import picasso_series
from picasso_series import draw_series
from picasso_series.cli.app import run
from picasso_series.encoders import download as download_module
from picasso_series.encoders import weights, weights_table
from picasso_series.run import read_manifest
from picasso_series.studio import choose_studio

HOME = Path(picasso_series.__file__).parents[1]
QUICK = ["pear.png", "--levels", "2", "--iterations", "2", "--size", "64x64", "--formats", "svg"]

pytestmark = pytest.mark.usefixtures("online", "photo")

Caught = pytest.CaptureFixture[str]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of tiny models, and a table that names them."""
    with serving(b"") as server:
        server.files = {f"/{name}.pt": data for name, data in tiny_files().items()}
        monkeypatch.setattr(weights_table, "TABLE", tiny_table(server.url.rpartition("/")[0]))
        yield server


@pytest.fixture(autouse=True)
def core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw with the fake core, but let it choose its eyes as the real one does."""
    install(monkeypatch).choose_studio = choose_studio


@pytest.fixture
def saliency() -> list[str]:
    """A command line whose strokes start where the eye goes."""
    Path("mine.toml").write_text('start = "saliency"\n')
    return [*QUICK, "--preset", "mine.toml"]


def choices(folder: str = "pear-series") -> dict[str, Any]:
    found: dict[str, Any] = read_manifest(Path(folder))["choices"]
    return found


# Where there is a network


def test_auto_fetches_what_it_needs_once_says_so_and_draws_with_it(server: Server, capsys: Caught) -> None:
    assert run([*QUICK, "--json"]) == 0
    output = capsys.readouterr()
    assert json.loads(output.out)["folder"] == "pear-series"
    size = f"{len(tiny_files()['RN101']) / 1e6:.0f} MB"
    told = [line for line in output.err.splitlines() if "fetching CLIP's RN101 once" in line]
    assert len(told) == 1
    assert size in told[0]
    assert "--encoder structure" in told[0]
    assert server.paths == ["/RN101.pt"]
    record = weights.record_of("RN101")
    assert record is not None
    assert record.verified
    assert choices()["encoder"] == {"value": "clip:RN101", "reason": "CLIP's weights are on this machine", "sha256": record.sha256}
    assert run([*QUICK, "-o", "again", "--encoder", "clip"]) == 0
    assert len(server.paths) == 1
    assert "fetching" not in capsys.readouterr().err


def test_clip_fetches_too_and_quietly_where_it_is_asked_to_be_quiet(server: Server, capsys: Caught) -> None:
    assert run([*QUICK, "--encoder", "clip", "-q"]) == 0
    assert tuple(capsys.readouterr()) == ("", "")
    assert choices()["encoder"]["value"] == "clip:RN101"


def test_a_terminal_gets_a_bar_before_those_of_the_levels(server: Server, capsys: Caught, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run([*QUICK, "--encoder", "clip"]) == 0
    text = capsys.readouterr().err
    assert "fetching CLIP's RN101 once" in text
    assert text.index("RN101 ") < text.index("encoder clip:RN101") < text.index("2 strokes")


def test_where_strokes_start_where_the_eye_goes_both_models_are_fetched_and_noted(server: Server, saliency: list[str]) -> None:
    assert run([*saliency, "-q"]) == 0
    assert server.paths == ["/RN101.pt", "/ViT-B-32.pt"]
    for role, name in (("encoder", "RN101"), ("saliency", "ViT-B-32")):
        record = weights.record_of(name)
        assert record is not None
        assert (choices()[role]["value"], choices()[role]["sha256"]) == (f"clip:{name}", record.sha256)


@pytest.mark.parametrize("encoder", ["structure", "auto"])
def test_nothing_is_asked_of_the_network_by_who_wants_nothing_of_it(
    server: Server, capsys: Caught, monkeypatch: pytest.MonkeyPatch, encoder: str
) -> None:
    if encoder == "auto":
        monkeypatch.setenv("PICASSO_SERIES_OFFLINE", "1")
    assert run([*QUICK, "--encoder", encoder]) == 0
    assert server.paths == []
    assert choices()["encoder"]["value"] == "structure"
    assert ("PICASSO_SERIES_OFFLINE forbids" in choices()["encoder"]["reason"]) == (encoder == "auto")


def test_a_dry_run_says_what_would_be_fetched_and_fetches_nothing(
    server: Server, saliency: list[str], capsys: Caught, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run([*saliency, "--dry-run"]) == 0
    text = capsys.readouterr().out
    assert "would fetch CLIP's RN101" in text
    assert "ViT-B-32" in text
    assert " MB)" in text
    assert run([*QUICK, "--dry-run", "--json"]) == 0
    fetched = json.loads(capsys.readouterr().out)["fetch"]
    assert fetched == [{"name": "RN101", "bytes": len(tiny_files()["RN101"]), "url": weights_table.TABLE[0].url}]
    assert run([*QUICK, "--dry-run", "--json", "--encoder", "structure"]) == 0
    assert json.loads(capsys.readouterr().out)["fetch"] == []
    monkeypatch.setenv("PICASSO_SERIES_OFFLINE", "1")
    assert run([*QUICK, "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["fetch"] == []
    assert server.paths == []


def test_the_library_fetches_too_and_says_nothing(server: Server, capfd: Caught) -> None:
    series = draw_series("pear.png", levels=2, iterations=2)
    assert series.choices["encoder"]["value"] == "clip:RN101"
    assert server.paths == ["/RN101.pt"]
    assert tuple(capfd.readouterr()) == ("", "")


def test_a_fetch_that_is_stopped_goes_on_with_the_same_command(server: Server, capsys: Caught, monkeypatch: pytest.MonkeyPatch) -> None:
    append = download_module._Part.append

    def stop(part: download_module._Part, *args: Any) -> None:
        append(part, *args)
        if part.size > 5000:
            raise KeyboardInterrupt

    monkeypatch.setattr(download_module, "_BLOCK", 4000)
    with monkeypatch.context() as patch:
        patch.setattr(download_module._Part, "append", stop)
        assert run(QUICK) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "picasso-series: stopped; run the same command to go on"
    assert not Path("pear-series").exists()
    assert run(QUICK) == 0
    assert server.asked[1].startswith("bytes=")
    assert choices()["encoder"]["value"] == "clip:RN101"


def test_two_runs_at_once_share_one_transfer(server: Server, tmp_path: Path) -> None:
    server.slowness = 0.005
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HOME), str(HOME / "tests")]), "OMP_NUM_THREADS": "1"}
    environment["TINY_TABLE"] = to_json(weights_table.TABLE)
    lines = [[sys.executable, str(HOME / "tests" / "tiny_table.py"), *QUICK, "-o", folder] for folder in ("one", "two")]
    both = [subprocess.Popen(line, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) for line in lines]
    told = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert server.asked == [""]
    assert [choices(folder)["encoder"]["value"] for folder in ("one", "two")] == ["clip:RN101"] * 2


# Where there is none, or worse


def _refused(server: Server, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(weights_table, "TABLE", tiny_table(nowhere().rpartition("/")[0]))


def _unknown(server: Server, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(weights_table, "TABLE", tiny_table("https://example.invalid"))


def _silent(server: Server, patch: pytest.MonkeyPatch) -> None:
    server.silence = -1


def _cut(server: Server, patch: pytest.MonkeyPatch) -> None:
    server.cuts = [5000] + [0] * 20


def _proxy(server: Server, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(weights_table, "TABLE", tiny_table("https://example.invalid"))
    patch.setenv("https_proxy", server.url.rpartition("/")[0])


def _wrong(server: Server, patch: pytest.MonkeyPatch) -> None:
    server.files = {path: data[:-1] + b"?" for path, data in server.files.items()}


def _full(server: Server, patch: pytest.MonkeyPatch) -> None:
    def append(part: object, file: object, block: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    patch.setattr(download_module._Part, "append", append)


TROUBLES = {
    "cannot be reached": _refused,
    "example.invalid cannot be reached": _unknown,
    "does not answer": _silent,
    "breaks off": _cut,
    "refuses (403": _proxy,
    "another sha256": _wrong,
    "the disk is full": _full,
}


@pytest.mark.parametrize("told", TROUBLES)
def test_what_hinders_a_fetch_is_told_in_time_and_auto_draws_without(
    server: Server, capsys: Caught, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    TROUBLES[told](server, monkeypatch)
    began = time.monotonic()
    assert run([*QUICK, "--encoder", "clip"]) == 4
    assert time.monotonic() - began < ENDLESS
    output = capsys.readouterr()
    assert output.out == ""
    assert told in output.err.splitlines()[-1]
    assert "Traceback" not in output.err
    assert not Path("pear-series").exists()
    assert weights.cached() == []
    assert run([*QUICK, "--encoder", "auto"]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("encoder ")]
    assert len(lines) == 1
    assert lines[0].startswith("encoder structure: the embedded encoder draws, as the weights of RN101 cannot be")
    assert told in lines[0]
    assert choices()["encoder"]["value"] == "structure"
    assert told in choices()["encoder"]["reason"]
