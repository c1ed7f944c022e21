"""The run folder: what is believed when it is read back."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn_runs import FLAGS, assert_same_drawing, change_manifest, make
from sample_series import sample_series

from picasso_series.atomic import file_sha256
from picasso_series.cli.app import run as run_program
from picasso_series.errors import BadInputError
from picasso_series.make import Drawn
from picasso_series.run import MANIFEST, open_run

pytestmark = pytest.mark.usefixtures("fake_core")

DAMAGE = [
    lambda m: m.pop("tool"),
    lambda m: m.update(tool="x"),
    lambda m: m["levels"][0].pop("kept"),
    lambda m: m["levels"][0].update(kept=5),
    lambda m: m["levels"][0].update(joined={"x": [1]}),
    lambda m: m["levels"][0].update(losses=[]),
    lambda m: m["levels"][0].update(losses={}),
    lambda m: m["levels"][0].update(losses={"total": None}),
    lambda m: m["levels"][0].update(seconds="x"),
    lambda m: m["levels"][0].update(seconds=float("nan")),
    lambda m: m["levels"][0].pop("files"),
    lambda m: m["levels"].__setitem__(0, 6),
    lambda m: m["settings"].pop("size"),
    lambda m: m["settings"].pop("formats"),
    lambda m: m["settings"].update(seed=5),
    lambda m: m["settings"]["seed"].pop("value"),
    lambda m: m["settings"]["seed"].pop("from"),
    lambda m: m["settings"]["seed"].update(value="x"),
    lambda m: m["settings"]["size"].update(value="3x3"),
    lambda m: m.update(threads=0),
    lambda m: m.update(threads=10**12),
    lambda m: m.update(threads=True),
    lambda m: m["choices"].update(encoder=5),
    lambda m: m["photo"].pop("name"),
]
"""Damage to a manifest that would surface only while a run goes on."""


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.clear(),
        lambda m: m.update(schema=2),
        lambda m: m.update(levels={}),
        lambda m: m["levels"][0].update(strokes="../6"),
        lambda m: m["levels"][0].update(strokes=7),
        lambda m: m["levels"][0].update(ids=[1, 2, 3]),
        lambda m: m["levels"][0].pop("kept"),
        lambda m: m["levels"][1].update(joined=[1]),
        lambda m: m["levels"].reverse(),
        lambda m: m["placement"].pop("side"),
        lambda m: m.pop("settings"),
        lambda m: m["settings"].update(levels={"value": "x"}),
        lambda m: m.update(title=None),
        *DAMAGE,
    ],
)
def test_a_manifest_that_does_not_hold_together_is_refused(stored: Path, change: Any) -> None:
    change_manifest(stored, change)
    with pytest.raises(BadInputError) as error:
        open_run(stored)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("change", DAMAGE)
def test_a_damaged_unfinished_run_is_refused_in_one_sentence(photo: Path, stored: Path, change: Any, capsys: Any) -> None:
    change_manifest(stored, lambda m: m.update(status="drawing"))
    change_manifest(stored, change)
    assert run_program([photo.name, *(word for name, value in FLAGS.items() for word in (f"--{name}", value)), "-o", "out", "-q"]) == 1
    output = capsys.readouterr()
    assert output.err.count("\n") == 1
    assert "is damaged" in output.err
    assert "--force" in output.err


def test_files_that_are_no_level_though_the_manifest_names_them_are_drawn_again(photo: Path, stored: Path, drawn_once: Path) -> None:
    np.savez(stored / "3" / "trajectory.npz", **_arrays())
    (stored / "photo.png").unlink()
    change_manifest(stored, lambda m: m["levels"][1]["files"][2].update(sha256=file_sha256(stored / "3" / "trajectory.npz")))
    events = make(photo)
    assert [event.level.strokes for event in events if isinstance(event, Drawn)] == [3]
    assert_same_drawing(events[-1].run, open_run(drawn_once))


@pytest.mark.parametrize("side", [10_000, 60_000])
@pytest.mark.parametrize("name", ["photo.png", "mask.png"])
def test_an_oversized_picture_is_refused_before_it_is_decoded(stored: Path, name: str, side: int, recwarn: Any) -> None:
    head = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = (head, b"IDAT" + bytes(8))
    packed = [struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks]
    (stored / name).write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(packed))
    with pytest.raises(BadInputError, match=f"{name} is no square of 224 to 4096 pixels a side; draw the series again"):
        open_run(stored)
    assert not recwarn.list


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"schema": 1}', "\ufeff{}"])
def test_a_manifest_that_is_no_manifest_is_refused(stored: Path, text: str) -> None:
    (stored / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError):
        open_run(stored)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "films/../../x", "C:\\x", "films\\x", ""])
def test_files_outside_the_run_are_never_touched(stored: Path, name: str) -> None:
    change_manifest(stored, lambda m: m["files"].append({"path": name, "bytes": 1, "sha256": "0"}))
    with pytest.raises(BadInputError, match="outside the run"):
        open_run(stored)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_out_of_the_run_is_not_followed(stored: Path) -> None:
    secret = stored.parent / "secret.npz"
    (stored / "6" / "trajectory.npz").rename(secret)
    (stored / "6" / "trajectory.npz").symlink_to(secret.resolve())
    with pytest.raises(BadInputError, match="is a link"):
        open_run(stored)


def _arrays(**changes: Any) -> dict[str, Any]:
    track = sample_series((8,)).levels[0].trajectory
    arrays = {name: getattr(track, name)[..., :] for name in ("points", "iterations", "loss", "ids", "salience")}
    arrays["points"], arrays["ids"], arrays["salience"] = arrays["points"][:, :6], np.arange(1, 7), arrays["salience"][:6]
    return {**arrays, **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"points": np.zeros((13, 6, 4))},
        {"points": np.zeros((0, 6, 4, 2))},
        {"points": np.full((13, 6, 4, 2), np.nan)},
        {"points": np.full((13, 6, 4, 2), "x")},
        {"ids": np.array([1, 1, 2, 3, 4, 5])},
        {"ids": np.array([0, 1, 2, 3, 4, 5])},
        {"iterations": np.zeros(13, int)},
        {"iterations": np.arange(4)},
        {"loss": np.zeros(2)},
        {"salience": np.zeros((6, 2))},
        {"ids": np.array([{"a": 1}] * 6, object)},
    ],
    ids=lambda changes: "-".join(f"{k}{v.shape}" for k, v in changes.items()),
)
def test_a_trajectory_that_is_none_is_refused(stored: Path, changes: dict[str, Any]) -> None:
    np.savez(stored / "6" / "trajectory.npz", allow_pickle=True, **_arrays(**changes))
    with pytest.raises(BadInputError, match=r"trajectory\.npz"):
        open_run(stored)


@pytest.mark.parametrize("data", [b"", b"PK", b"\x93NUMPY", b"\x80\x04."])
def test_a_file_that_is_no_archive_is_refused(stored: Path, data: bytes) -> None:
    (stored / "3" / "trajectory.npz").write_bytes(data)
    with pytest.raises(BadInputError, match="damaged"):
        open_run(stored)


def test_a_folder_without_a_manifest_is_no_run(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(BadInputError, match="no run folder"):
            open_run(folder)
