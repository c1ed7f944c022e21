"""A drawing core that draws nothing worth seeing, at once: the events, checkpoints and resuming of the real one, without torch.

Run as a program it is ``picasso-series`` with this core, so that tests can stop and kill it: it waits before the step that ``FAKE_HALT``
names, such as ``6:7`` for the seventh of the level of six strokes, until it is stopped.
"""

from __future__ import annotations

import os
import sys
import time
import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from picasso_series.events import Checkpoint, LevelDone, Step
from picasso_series.levels import Level, Lineage, Subject, Trajectory
from picasso_series.settings import Settings

if TYPE_CHECKING:
    import pytest


def _everywhere(rgb: Any) -> Any:
    return np.ones(rgb.shape[:2], np.float32)


@dataclass(frozen=True)
class Studio:
    choices: Mapping[str, Mapping[str, str]]
    find_subject: Any = _everywhere
    threads: int = 1


def choose_studio(settings: Settings, **_: Any) -> Studio:
    values = {"encoder": "structure", "rasterizer": "torch", "device": "cpu"}
    return Studio(
        {name: {"value": value, "reason": "asked for" if getattr(settings, name) != "auto" else "a fake"} for name, value in values.items()}
    )


@contextmanager
def computing_threads(count: int) -> Iterator[None]:
    yield


def draw_levels(
    subject: Subject, settings: Settings, studio: Studio, *, done: Sequence[Level] = (), checkpoint: Checkpoint | None = None
) -> Iterator[Step | Checkpoint | LevelDone]:
    before = done[-1] if done else None
    for index in range(len(done), len(settings.levels)):
        strokes, steps = settings.levels[index], settings.iterations_at(index)
        ids = tuple(range(1, strokes + 1)) if before is None else before.sketch.ids[:strokes]
        if checkpoint is not None and checkpoint.strokes == strokes:
            rows, first = list(checkpoint.arrays["rows"]), int(checkpoint.notes["iteration"])
        else:
            rows, first = [np.random.default_rng([settings.seed, strokes]).random((strokes, 4, 2))], 0
        for iteration in range(first + 1, steps + 1):
            while os.environ.get("FAKE_HALT") == f"{strokes}:{iteration}":
                time.sleep(60)
            rows.append(rows[-1] + np.random.default_rng([settings.seed, strokes, iteration]).normal(0, 0.01, (strokes, 4, 2)))
            yield Step(index, strokes, "optimize", iteration, steps, 1 / iteration)
            if iteration % 5 == 0 and iteration < steps:
                yield Checkpoint(strokes, {"rows": np.stack(rows)}, {"iteration": iteration})
        iterations = np.arange(len(rows))
        track = Trajectory(np.stack(rows), iterations, 1 / (1 + iterations), np.array(ids), np.linspace(1, 0.1, strokes))
        lineage = Lineage() if before is None else Lineage(kept=ids, dropped=before.sketch.ids[strokes:])
        before = Level(track, lineage, {"total": 1 / steps}, "contour" if index == 0 else "warm", 0.5)
        yield LevelDone(index, before)


def fake_module() -> types.ModuleType:
    """A stand-in for ``picasso_series.series``."""
    module = types.ModuleType("picasso_series.series")
    for name in ("Step", "Checkpoint", "LevelDone", "Studio", "choose_studio", "computing_threads", "draw_levels"):
        setattr(module, name, globals()[name])
    return module


def install(patch: pytest.MonkeyPatch) -> Any:
    """Draw with this core in place of the real one, and return it.

    Also in haste: a test that draws so looks at no plate, and does not care how tightly a picture is packed.
    """
    import picasso_series
    from picasso_series import printing

    module = fake_module()
    patch.setitem(sys.modules, "picasso_series.series", module)
    patch.setattr(picasso_series, "series", module, raising=False)
    patch.setattr(printing, "PNG_WIDTH", 600)
    save = Image.Image.save

    def save_fast(picture: Image.Image, file: Any, kind: str | None = None, **options: Any) -> None:
        if kind in (None, "PNG") and options.pop("optimize", False):
            options["compress_level"] = 1
        save(picture, file, kind, **options)

    patch.setattr(Image.Image, "save", save_fast)
    return module


if __name__ == "__main__":
    sys.modules["picasso_series.series"] = fake_module()
    from picasso_series.cli.app import main

    main()
