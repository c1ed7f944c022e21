"""``picasso-series plate RUN…``: a drawn series on paper, to print or to plot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from picasso_series.cli.help import Command, Option
from picasso_series.cli.output import Output, os_sentence, output_options
from picasso_series.errors import PartialError, PicassoError, UsageError
from picasso_series.settings import parse_setting

F = TypeVar("F", bound=Callable[..., Any])

_EXAMPLES = (
    ("picasso-series plate horse-series", "A4 as SVG, PDF and PNG at 300 dpi, into horse-series/prints/"),
    ("picasso-series plate horse-series --paper a3 --style chalk --title Stallion --formats pdf", "a poster, white on slate"),
    ("picasso-series plate horse-series --plotter --paper a5", "an SVG for a pen plotter, a layer a level"),
    ("picasso-series plate horse-series --plotter --paper a6 --levels 4", "a postcard to plot, four strokes"),
)


def _option(section: str, name: str, metavar: str | None, text: str, **more: Any) -> Callable[[F], F]:
    return click.option(f"--{name}", metavar=metavar, cls=Option, section=section, help=text, **more)


@click.command(cls=Command, examples=_EXAMPLES, short_help="Set drawn runs on paper, to print or to plot.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN…", type=click.Path(path_type=Path))
@_option("Paper", "paper", "a6…a3|letter|WxH", "The sheet; millimeters for WxH [a4, to plot a5].")
@_option("Paper", "levels", "N,N,…", "The levels to show, by their strokes [all].")
@_option("Print", "style", "NAME|FILE.toml", "Paper, ink and line: ink, brush, chalk, pencil or your own [ink on bare paper].")
@_option("Print", "title", "TEXT", "Words at the head [the run's name].")
@_option("Print", "caption", "TEXT", "Words at the foot [none].")
@_option("Print", "formats", "LIST", "Of svg,pdf,png [all].")
@_option("Print", "dpi", "N", "Resolution of the PNG [300].", type=int)
@_option("Plot", "plotter", None, "An SVG in millimeters for a pen plotter, in place of a print.", is_flag=True)
@_option("Plot", "layers", "levels|pens", "What a layer of it holds [levels].")
@output_options
def plate(runs: tuple[Path, ...], plotter: bool, quiet: bool, verbose: bool, as_json: bool, **flags: Any) -> None:
    """Set the drawings of each RUN on a sheet of paper, into the run's folder; nothing is drawn again."""
    output = Output.of(quiet, verbose, as_json)
    order = _order(plotter, {name: value for name, value in flags.items() if value is not None})
    from picasso_series.prints import print_run

    records: list[dict[str, Any]] = []
    errors: list[Exception] = []
    lines = []
    for folder in runs:
        try:
            files = [path.relative_to(folder).as_posix() for path in print_run(folder, order)]
        except (PicassoError, OSError) as error:
            sentence = os_sentence(error) if isinstance(error, OSError) else str(error)
            errors.append(error)
            records.append({"folder": str(folder), "error": sentence})
            if len(runs) > 1:
                click.echo(f"picasso-series: {sentence}", err=True)
            continue
        records.append({"folder": str(folder), "files": files})
        lines += [str(folder / name) for name in files]
    if errors and len(runs) == 1:
        raise errors[0]
    output.result(lines, {"runs": records})
    if len(errors) == len(runs):
        raise PicassoError(f"none of the {len(runs)} runs could be set on paper, for the reasons above")
    if errors:
        raise PartialError(f"{len(errors)} of {len(runs)} runs could not be set on paper, for the reasons above; the others are done")


def _order(plotter: bool, flags: dict[str, Any]) -> Any:
    """What the flags order; UsageError when they do not go together or make no sense."""
    foreign = sorted(set(flags) & ({"style", "title", "caption", "formats", "dpi"} if plotter else {"layers"}))
    if foreign:
        with_it = "has no place with --plotter: the pen decides" if plotter else "goes with --plotter only"
        raise UsageError(f"--{foreign[0]} {with_it}; leave it out")
    from picasso_series.look import load_look
    from picasso_series.printing import PLAIN
    from picasso_series.prints import Order, PlotOrder

    if "levels" in flags:
        flags["levels"] = parse_setting("levels", flags["levels"])
    if plotter:
        return PlotOrder(**flags)
    if "formats" in flags:
        flags["formats"] = parse_setting("formats", flags["formats"])
    words = {name: flags.pop(name) for name in ("title", "caption") if name in flags}
    style = flags.pop("style", None)
    look = replace(PLAIN, **words) if style is None else load_look(style, **words)
    return Order(look, **flags)
