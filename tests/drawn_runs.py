"""Runs that the fake core draws, stopped and finished, and what the tests of run folders ask of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from picasso_series.make import Chosen, Drawn, Finished, Resumed, make_run
from picasso_series.presets import resolve
from picasso_series.run import MANIFEST, Run

FLAGS = {"levels": "6,3", "iterations": "12", "size": "64x64", "formats": "svg"}
"""The settings of ``drawn_once``."""


def make(photo: Path, out: str = "out", *, force: bool = False, **flags: Any) -> list[Any]:
    """All events of a run but the steps."""
    events = list(make_run(photo, resolve({**FLAGS, **flags}), Path(out), force=force))
    return [event for event in events if isinstance(event, (Resumed, Chosen, Drawn, Finished))]


def stop_after(photo: Path, steps: int, out: str = "out", **flags: Any) -> None:
    """Begin a run and leave it after this many steps, as a signal would."""
    events = make_run(photo, resolve({**FLAGS, **flags}), Path(out))
    seen = 0
    for event in events:
        seen += hasattr(event, "iteration")
        if seen == steps:
            events.close()  # type: ignore[attr-defined]
            return
    raise AssertionError(f"the run has fewer than {steps} steps")


def finished(photo: Path, out: str = "out", **flags: Any) -> Run:
    run = make(photo, out, **flags)[-1].run
    assert isinstance(run, Run)
    return run


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def assert_same_drawing(first: Run, second: Run) -> None:
    for a, b in zip(first.series.levels, second.series.levels, strict=True):
        assert a.lineage == b.lineage
        for name in ("points", "iterations", "loss", "ids", "salience"):
            np.testing.assert_array_equal(getattr(a.trajectory, name), getattr(b.trajectory, name))


def change_manifest(folder: Path, change: Any) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))
