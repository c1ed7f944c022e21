"""Runs whose drawings are the photos' own lines, and models that see nothing of meaning, for the tests of judging."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from sample_subjects import SUBJECTS

from picasso_series.levels import Level, Lineage, Series, Subject, Trajectory
from picasso_series.lines import trace_lines
from picasso_series.motif import find_motif
from picasso_series.run import Run
from picasso_series.start import contour_pieces, contour_starts
from picasso_series.strokes import CANVAS

MODEL = "tiny-quickgelu/random"


@lru_cache
def traced(name: str, strokes: int) -> Level:
    """One of the synthetic subjects along its own lines."""
    lines = [line for line in trace_lines(SUBJECTS[name]) if line.weight > 0.3]
    points = next(contour_starts(contour_pieces(find_motif(lines, SUBJECTS[name], strokes)), strokes))[None] / CANVAS
    track = Trajectory(points, np.array([0]), np.array([0.5]), np.arange(strokes) + 1, np.linspace(1, 0.1, strokes))
    return Level(track, Lineage(), {"lines": 0.3, "total": 1 / strokes}, "contour", 1.0)


def run_of(name: str, levels: tuple[int, ...] = (8, 4), *, encoder: str = "structure", folder: str = "", photo: str = "") -> Run:
    """A run of a synthetic subject, drawn along its own lines."""
    subject: Subject = SUBJECTS[name]
    manifest = {
        "photo": {"name": photo or f"{name}.jpg", "sha256": name},
        "choices": {"encoder": {"value": encoder, "reason": "a sample"}},
        "command": f"picasso-series {name}.jpg",
    }
    return Run(Path(folder or f"{name}-series"), manifest, Series(subject, tuple(traced(name, n) for n in levels)), name)
