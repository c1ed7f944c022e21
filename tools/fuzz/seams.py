"""Where the program is cut off, so that a case takes milliseconds: after everything is read, before anything is drawn.

- Drawing ends where the run folder is begun and its first file would be written: photo, mask, settings, plan, subject, and a run that
  is taken up again are real; the encoder is not loaded, and where the eye goes is said to be the middle.
- Films end where their first frame would be drawn; plates where the sheet, laid out, would be written.
- A gallery is built in full but for its cards, which are drawn, and for the stills of its films unless it is films that are damaged.
- ``still`` makes single stills, and ends where all of them would be made for a sheet.
- ``evaluate`` ends where the judges would be asked, ``bench`` where time would be taken, ``doctor`` makes its first check alone.
- The reader ``drawn`` is cut nowhere but at the beginning of a new drawing.
- Nothing is fetched: the environment forbids it, and the cache is an empty folder of the case's own.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, NoReturn
from unittest.mock import patch

import click
import numpy as np

_CHOICES = {
    name: {"value": value, "reason": "asked for"} for name, value in (("encoder", "structure"), ("rasterizer", "torch"), ("device", "cpu"))
}


_WHOLE: dict[tuple[str, str], Callable[..., Any]] = {}
"""What draws, as it is before it is cut off."""


def _middle(rgb: Any) -> Any:
    height, width = rgb.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.exp(-3 * (x * x + y * y)).astype(np.float32)


@dataclass(frozen=True)
class _Studio:
    """What drawing would be done with."""

    choices: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: _CHOICES)
    find_subject: Callable[[Any], Any] = _middle
    threads: int = 1


def _reached(*args: Any, **more: Any) -> NoReturn:
    """All has been read and found good."""
    raise click.exceptions.Exit(0)


def _series() -> types.ModuleType:
    module = types.ModuleType("picasso_series.series")
    module.__dict__.update(choose_studio=lambda *args, **more: _Studio(), computing_threads=nullcontext, draw_levels=_reached)
    return module


@contextmanager
def no_stills() -> Iterator[None]:
    """Films whose stills nobody looks for, for as long as the block lasts: each would start ffmpeg once more for a sound film."""
    import picasso_series.gallery.page

    with patch.object(picasso_series.gallery.page, "poster", lambda path, first=False: None):
        yield


_DRAWERS = (
    *(("show", "write_films"), ("show", "write_plate"), ("prints", "plate_svg"), ("prints", "sheet_pdf"), ("prints", "sheet_png")),
    *(("gallery.site", "series_card"), ("gallery.site", "gallery_card")),
)
"""What draws runs that were read: module and name."""


@contextmanager
def drawing_too() -> Iterator[None]:
    """What draws runs put back in its place, for as long as the block lasts."""
    with ExitStack() as stack:
        for (module, name), function in _WHOLE.items():
            stack.enter_context(patch.object(import_module(f"picasso_series.{module}"), name, function))
        yield


@contextmanager
def cut_off() -> Iterator[None]:
    """The program with its seams cut for as long as the block lasts."""
    import picasso_series
    import picasso_series.benchmark
    import picasso_series.clip_benchmark
    import picasso_series.doctor
    import picasso_series.evaluate
    import picasso_series.gallery.site
    import picasso_series.make
    import picasso_series.prints
    import picasso_series.run_writer
    import picasso_series.show
    import picasso_series.stills

    module = _series()
    for place, name in _DRAWERS:
        _WHOLE.setdefault((place, name), getattr(import_module(f"picasso_series.{place}"), name))
    with ExitStack() as stack:
        stack.enter_context(patch.dict(sys.modules, {"picasso_series.series": module}))
        stack.enter_context(patch.object(picasso_series, "series", module, create=True))
        stack.enter_context(patch.object(picasso_series.make, "_count", _reached))
        for holder, name in (
            (picasso_series.run_writer.RunWriter, "save_subject"),
            (picasso_series.show, "write_films"),
            (picasso_series.show, "write_plate"),
            (picasso_series.prints, "plate_svg"),
            (picasso_series.prints, "sheet_pdf"),
            (picasso_series.prints, "sheet_png"),
            (picasso_series.evaluate, "evaluate_runs"),
            (picasso_series.stills, "contact_sheet"),
            (picasso_series.benchmark, "time_rasterizers"),
            (picasso_series.clip_benchmark, "time_clip"),
        ):
            stack.enter_context(patch.object(holder, name, _reached))
        for name in ("series_card", "gallery_card"):
            stack.enter_context(patch.object(picasso_series.gallery.site, name, lambda *args: b""))
        stack.enter_context(patch.object(picasso_series.doctor, "CHECKS", picasso_series.doctor.CHECKS[:1]))
        yield
