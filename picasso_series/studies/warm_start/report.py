"""The summary as text: tables in Markdown for people, CSV and JSON for programs.

Knows how numbers are written; computes none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from picasso_series.studies.warm_start.arms import ARMS, CONTRASTS
from picasso_series.studies.warm_start.results import Draw
from picasso_series.studies.warm_start.summary import Cell, Summary

_NONE = "–"


def to_markdown(summary: Summary) -> str:
    """Three tables: the loss of each arm, the differences between arms, and what each arm did and cost."""
    levels, later = summary.levels, summary.levels[1:]
    scope = f"{_count(len(summary.photos), 'photo')}, {_count(len(summary.seeds), 'seed')}"
    parts = [f"Final loss, lower is better: mean ± deviation over photos (± over the seeds of a photo). {scope}."]
    rows = [[arm.title, *(_loss(summary.cell(arm, strokes)) for strokes in levels)] for arm in ARMS]
    parts.append(_table(["start", *(f"{strokes} strokes" for strokes in levels)], rows))
    if later:
        parts.append(
            "Differences of the loss, paired by photo, below 0 where what is named helps: mean [95 % interval], in percent of the loss "
            "without it, photos that got better."
        )
        found = {(difference.contrast, difference.strokes): difference for difference in summary.differences}
        rows = []
        for contrast in CONTRASTS:
            texts = []
            for strokes in later:
                it = found[contrast, strokes]
                between = "" if it.low is None or it.high is None else f" [{it.low:+.4f}, {it.high:+.4f}]"
                texts.append(f"{it.mean:+.4f}{between}, {100 * it.relative:+.1f} %, {it.better} of {it.photos}")
            rows.append([contrast.question, *texts])
        parts.append(_table(["what is asked", *(f"{strokes} strokes" for strokes in later)], rows))
    parts.append(
        "What a level cost and did: iterations of the optimizer; all work in iterations; CPU seconds; drift, the canvas pixels between its "
        "strokes and those of the level before."
    )
    rows = [[arm.title, *(_effort(summary.cell(arm, strokes)) for strokes in levels)] for arm in ARMS]
    parts.append(_table(["start", *(f"{strokes} strokes" for strokes in levels)], rows))
    parts.append("\\* at its own budget; all others at one budget a level. A first level has no strokes before it, so no warm start.")
    return "\n\n".join(parts) + "\n"


def to_csv(draws: Sequence[Draw]) -> str:
    """Every entry, one a line, without its points."""
    file = io.StringIO()
    names = list(draws[0].entries[0].losses)
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["photo", "seed", "arm", "strokes", "iterations", "work", "seconds", "start", "drift", *names])
    for draw in draws:
        for entry in draw.entries:
            effort = [entry.iterations, f"{entry.work:.2f}", f"{entry.seconds:.3f}"]
            drift = "" if entry.drift is None else f"{entry.drift:.3f}"
            losses = [f"{entry.losses[name]:.6f}" for name in names]
            writer.writerow([draw.photo, draw.seed, entry.arm, entry.strokes, *effort, entry.start, drift, *losses])
    return file.getvalue()


def to_record(summary: Summary) -> dict[str, Any]:
    """The summary as plain values."""
    return {
        "photos": list(summary.photos),
        "seeds": list(summary.seeds),
        "cells": [{**vars(cell), "arm": cell.arm.name, "photos": list(cell.photos)} for cell in summary.cells],
        "differences": [
            {
                **vars(difference),
                "contrast": {
                    "question": difference.contrast.question,
                    "arm": difference.contrast.arm.name,
                    "against": difference.contrast.against.name,
                },
            }
            for difference in summary.differences
        ],
    }


def _loss(cell: Cell | None) -> str:
    if cell is None:
        return _NONE
    photos = "" if cell.over_photos is None else f" ± {cell.over_photos:.4f}"
    seeds = "" if cell.over_seeds is None else f" (± {cell.over_seeds:.4f})"
    return f"{cell.mean:.4f}{photos}{seeds}"


def _effort(cell: Cell | None) -> str:
    if cell is None:
        return _NONE
    drift = "" if cell.drift is None else f"; {cell.drift:.1f} px"
    return f"{cell.iterations:.0f}; {cell.work:.0f}; {cell.seconds:.1f} s{drift}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown whose columns also line up as plain text."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |" for line in lines)
