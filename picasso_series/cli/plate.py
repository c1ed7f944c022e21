"""``picasso-series plate RUN…``: a drawn series on paper, to print or to plot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from picasso_series.cli.help import Command, Option
from picasso_series.cli.output import Output, output_options
from picasso_series.cli.several import for_each
from picasso_series.errors import UsageError
from picasso_series.settings import AutoLevels, parse_setting

F = TypeVar("F", bound=Callable[..., Any])

_EXAMPLES = (
    ("picasso-series plate horse-series", "A4 as SVG, PDF and PNG at 300 dpi, into horse-series/prints/"),
    ("picasso-series plate horse-series --paper a3 --style chalk --title Stallion --formats pdf", "a poster, white on slate"),
    ("picasso-series plate horse-series --plotter --paper a5", "an SVG for a pen plotter, a layer a level"),
    ("picasso-series plate horse-series --plotter --paper a6 --levels 4", "a postcard to plot, four strokes"),
)

_LOOK = ("style", "ink", "ground", "width", "margin", "title", "caption", "counted")
_PRINT_ONLY = {*_LOOK, "formats", "dpi"}


def _option(section: str, name: str, metavar: str | None, text: str, **more: Any) -> Callable[[F], F]:
    return click.option(f"--{name}", metavar=metavar, cls=Option, section=section, help=text, **more)


@click.command(cls=Command, examples=_EXAMPLES, short_help="Set drawn runs on paper, to print or to plot.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN…", type=click.Path(path_type=Path))
@_option("Paper", "paper", "a6…a3|letter|WxH", "The sheet; millimeters for WxH [a4, to plot a5].")
@_option("Paper", "levels", "N,N,…", "The levels to show, by their strokes [all].")
@_option("Look", "style", "NAME|FILE.toml", "ink, brush, chalk, pencil, or your own [ink on bare paper].")
@_option("Look", "ink", "COLOR", "Color of strokes and letters [the style's].")
@_option("Look", "ground", "COLOR", "Color that is printed under everything [the style's].")
@_option("Look", "width", "W", "Width of strokes in 224ths of a drawing [the style's].", type=float)
@_option("Look", "margin", "M", "Space around everything, 0 to 0.4 of the sheet [the style's].", type=float)
@_option("Look", "title", "TEXT", "Words at the head [the run's name].")
@_option("Look", "caption", "TEXT", "Words at the foot [none].")
@click.option(
    "--count/--no-count", "counted", default=None, cls=Option, section="Look", help="Number the states and tell their strokes [count]."
)
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

    def set_on_paper(folder: Path) -> list[str]:
        return [path.relative_to(folder).as_posix() for path in print_run(folder, order)]

    for_each(runs, set_on_paper, output, made="files", done="set on paper")


def _order(plotter: bool, flags: dict[str, Any]) -> Any:
    """What the flags order; UsageError when they do not go together or make no sense."""
    foreign = sorted(set(flags) & (_PRINT_ONLY if plotter else {"layers"}))
    if foreign:
        with_it = "has no place with --plotter: the pen decides" if plotter else "goes with --plotter only"
        raise UsageError(f"--{foreign[0].replace('counted', 'count')} {with_it}; leave it out")
    from picasso_series.look import load_look
    from picasso_series.printing import PLAIN
    from picasso_series.prints import Order, PlotOrder

    if "levels" in flags:
        flags["levels"] = _strokes(flags["levels"])
    if plotter:
        return PlotOrder(**flags)
    if "formats" in flags:
        flags["formats"] = parse_setting("formats", flags["formats"])
    look = {name: flags.pop(name) for name in _LOOK if name in flags}
    # Paper that is bare needs no printing of its color.
    changes = {} if "style" in look else {"paper": PLAIN.paper, "ink": PLAIN.ink}
    changes |= {"paper" if name == "ground" else name: value for name, value in look.items() if name != "style"}
    return Order(load_look(look.get("style", PLAIN.name), **changes), **flags)


def _strokes(text: str) -> tuple[int, ...]:
    levels: tuple[int, ...] = parse_setting("levels", text)
    if isinstance(levels, AutoLevels):
        raise UsageError(f"--levels takes numbers of strokes that the run has, such as 8,4, not {text!r}")
    return levels
