"""Prints of a finished run: its plate on paper, and files for pen plotters.

Knows which files an order makes, their names in the run's folder, and that the page shows them; knows neither layouts nor how anything
is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from picasso_series.atomic import write_whole
from picasso_series.errors import BadInputError, PicassoError, UsageError
from picasso_series.gallery import write_page
from picasso_series.gallery.words import capitalized, in_strokes
from picasso_series.look import DEFAULT_STYLE, Look
from picasso_series.paper import MM_PER_INCH, parse_paper
from picasso_series.plate import State, all_states, lay_sheet
from picasso_series.plotter import LAYERS, plotter_svg
from picasso_series.printing import plate_svg, plate_words, sheet_pdf, sheet_png
from picasso_series.run import Run, open_run
from picasso_series.run_writer import open_writer

PRINTS = "prints"
"""The folder of a run that holds its prints."""

FORMATS = ("svg", "pdf", "png")
DPI = (30, 1200)
_MOST_PIXELS = 150_000_000
"""More than 600 dpi on A3; the picture lies in memory several times while it is made."""
_LONGEST_SIDE = 32767
"""The most that cairo can draw."""


@dataclass(frozen=True)
class Order:
    """What to print.

    Attributes:
        look: paper, ink and words; without a title the run's own is taken.
        paper: the name of a sheet, or its size in millimeters.
        formats: of ``FORMATS``.
        dpi: dots an inch of the PNG.
        levels: the levels to show, by their strokes; None for all.

    Raises:
        UsageError: a value makes no sense.
    """

    look: Look
    paper: str = "a4"
    formats: tuple[str, ...] = FORMATS
    dpi: int = 300
    levels: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if not self.formats or not set(self.formats) <= set(FORMATS):
            raise UsageError(f"formats takes some of {','.join(FORMATS)}, not {','.join(self.formats) or 'none'}")
        if not DPI[0] <= self.dpi <= DPI[1]:
            raise UsageError(f"dpi takes a number from {DPI[0]} to {DPI[1]}, not {self.dpi}")
        sheet = parse_paper(self.paper)[0]
        across, down = (side / MM_PER_INCH * self.dpi for side in (sheet.width, sheet.height))
        if "png" in self.formats and (across * down > _MOST_PIXELS or max(across, down) > _LONGEST_SIDE):
            raise UsageError(
                f"a PNG of {across:.0f}x{down:.0f} pixels is more than can be drawn; take fewer dpi or leave png out of formats"
            )


@dataclass(frozen=True)
class PlotOrder:
    """What to plot: the sheet, what a layer holds (of ``plotter.LAYERS``), and the levels, None for all.

    Raises:
        UsageError: a value makes no sense.
    """

    paper: str = "a5"
    layers: str = LAYERS[0]
    levels: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        parse_paper(self.paper)
        if self.layers not in LAYERS:
            raise UsageError(f"layers takes {' or '.join(LAYERS)}, not {self.layers!r}")


def print_run(folder: Path, order: Order | PlotOrder) -> list[Path]:
    """Write what is ordered into a drawn run's folder, record it, and return the paths.

    Raises:
        UsageError: the run has no level of a number asked for.
        BadInputError: the folder is no run, it is damaged, or it is not drawn to its end.
        MissingError: libcairo is not there.
        PicassoError: a file cannot be written.
    """
    with open_writer(folder) as writer:
        run = open_run(folder)
        if not run.complete:
            raise BadInputError(f"{folder} is not drawn to its end; run its command again: {run.manifest['command']}")
        states = _chosen(run, order.levels)
        files = _plate(run, states, order) if isinstance(order, Order) else _plot(run, states, order)
        try:
            (folder / PRINTS).mkdir(exist_ok=True)
            for name, content in files.items():
                write_whole(folder / name, content)
        except OSError as error:
            reason = error.strerror or str(error)
            raise PicassoError(f"the prints of {folder} could not be written ({reason}); check the folder and the free space") from error
        writer.record_files(files)
        films = [record["path"] for record in writer.manifest["files"] if record["path"].startswith("films/")]
        write_page(open_run(folder), films=films)
        writer.record_files(["index.html"])
    return [folder / name for name in files]


def _chosen(run: Run, levels: Sequence[int] | None) -> tuple[State, ...]:
    states = all_states(run.series)
    if levels is None:
        return states
    there = [state.level.strokes for state in states]
    for strokes in levels:
        if strokes not in there:
            raise UsageError(f"{run.folder} has no level of {strokes} strokes; choose among {','.join(map(str, there))}")
    return tuple(state for state in states if state.level.strokes in levels)


def _plate(run: Run, states: Sequence[State], order: Order) -> dict[str, str | bytes]:
    title = order.look.title if order.look.title is not None else capitalized(run.title)
    look = replace(order.look, title=title)
    subject = run.series.subject
    plan = lay_sheet(subject, states, look, parse_paper(order.paper), in_strokes([state.level.strokes for state in states]))
    words = plate_words(replace(run.series, levels=tuple(state.level for state in states)), title)
    stem = _stem("plate", order.paper, order.levels, look.name)
    made: dict[str, str | bytes] = {}
    for kind in order.formats:
        if kind == "svg":
            made[f"{stem}.svg"] = plate_svg(plan, subject, look, words, "mm")
        elif kind == "pdf":
            made[f"{stem}.pdf"] = sheet_pdf(plan, subject, look, title)
        else:
            made[f"{stem}.png"] = sheet_png(plan, subject, look, order.dpi)
    return made


def _plot(run: Run, states: Sequence[State], order: PlotOrder) -> dict[str, str | bytes]:
    text = plotter_svg(states, parse_paper(order.paper), capitalized(run.title), order.layers)
    return {f"{_stem('plotter', order.paper, order.levels)}.svg": text}


def _stem(kind: str, paper: str, levels: Sequence[int] | None, style: str = DEFAULT_STYLE) -> str:
    """The name of a print: what it is, on what, and what of it is not as usual."""
    strokes = [] if levels is None else sorted(set(levels), reverse=True)
    parts = [kind, parse_paper(paper)[0].name, *([style] if style != DEFAULT_STYLE else []), *map(str, strokes)]
    return f"{PRINTS}/{'-'.join(parts)}"
