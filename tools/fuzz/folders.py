"""A small finished run to begin with, written by the program's own writer and shown by its own films.

Knows a series of three levels; knows no damage.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from picasso_series import __version__
from picasso_series.levels import Level, Lineage, Placement, Subject, Trajectory
from picasso_series.presets import resolve
from picasso_series.run import MANIFEST, SCHEMA
from picasso_series.run_plan import Identity
from picasso_series.run_writer import begin_run, manifest_settings, setting_value
from picasso_series.settings import SETTING_NAMES
from picasso_series.show import show_run
from picasso_series.strokes import CANVAS
from tools.fuzz.pictures import drawing, png

LEVELS = (4, 2, 1)
FLAGS = ("--levels", "4,2,1", "--encoder", "structure", "--iterations", "3", "--size", "64x64", "--formats", "mp4,gif,webp,svg")


def write_run(folder: Path, photo: Path) -> None:
    """Write the photo and the finished run that the program would have drawn of it with ``FLAGS``."""
    photo.write_bytes(png(drawing("RGBA")))
    resolved = resolve(dict(zip([flag[2:] for flag in FLAGS[::2]], FLAGS[1::2], strict=True)))
    digest = _digest(photo)
    values = {name: setting_value(resolved.settings, name) for name in SETTING_NAMES}
    settings = manifest_settings(resolved.settings, {name: "flag" for name in SETTING_NAMES})
    header = {
        "schema": SCHEMA,
        "tool": {"name": "picasso-series", "version": __version__},
        "title": "photo",
        "created": "2026-01-02T03:04:05+00:00",
        "command": "picasso-series photo.png",
        "photo": {"name": photo.name, "sha256": digest, "width": 48, "height": 40},
        "placement": {},
        "mask": {"source": "", "sha256": None},
        "settings": settings,
        "choices": {name: {"value": value, "reason": "asked for"} for name, value in (("encoder", "structure"), ("rasterizer", "torch"))},
        "seed": 0,
        "threads": 1,
        "versions": {"python": "3", "torch": "2", "numpy": "1"},
    }
    with begin_run(folder, Identity(digest, None, values, __version__), header) as writer:
        writer.save_subject(_subject())
        before: Sequence[int] = ()
        for index, strokes in enumerate(LEVELS):
            writer.save_level(_level(index, strokes, before))
            before = range(1, strokes + 1)
        show_run(writer, {name: settings[name] for name in ("size", "formats")})


def _digest(path: Path) -> str:
    from picasso_series.atomic import file_sha256

    return file_sha256(path)


def _subject() -> Subject:
    side = np.linspace(-1, 1, CANVAS)
    inside = (side[:, None] ** 2 + side[None] ** 2 < 0.5).astype(np.float32)
    rgb = np.repeat((255 - 180 * inside)[..., None], 3, axis=2).astype(np.uint8)
    return Subject(rgb, inside, Placement(-2.0, -4.0, 52.0, 48, 40), "alpha")


def _level(index: int, strokes: int, before: Sequence[int]) -> Level:
    chance = np.random.default_rng(strokes)
    points = chance.uniform(0.1, 0.9, (strokes, 4, 2)) + chance.normal(0, 0.01, (4, strokes, 4, 2))
    ids = np.arange(1, strokes + 1)
    track = Trajectory(points, np.arange(4), 1 / np.arange(1, 5), ids, np.linspace(1, 0.1, strokes))
    gone = tuple(id for id in before if id > strokes)
    lineage = Lineage(kept=tuple(ids.tolist())[1:], joined={1: gone[:1]}, dropped=gone[1:]) if before else Lineage()
    return Level(track, lineage, {"total": 0.5}, "warm" if index else "contour", 0.25)


def read_manifest_text(folder: Path) -> str:
    """The manifest as it stands in the folder, sure to be JSON."""
    text = (folder / MANIFEST).read_text(encoding="utf-8")
    json.loads(text)
    return text
