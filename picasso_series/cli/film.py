"""``picasso-series film RUN…``: the films of drawn runs, made anew."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from picasso_series.cli.help import Command, Option
from picasso_series.cli.output import Output, output_options
from picasso_series.cli.several import for_each
from picasso_series.settings import parse_setting
from picasso_series.sizes import SIZES

_EXAMPLES = (
    ("picasso-series film horse-series", "make the run's films again"),
    ("picasso-series film horse-series --size story --formats mp4", "1080x1920, as MP4 only"),
    ("picasso-series film horse-series --style chalk --title Horse", "white on slate, with words above"),
    ("picasso-series film horse-series --kind draw-on --style brush --hold", "a brush at work, as a film that ends"),
    ("picasso-series film *-series --formats gif --max-bytes 2M", "GIFs of several runs that weigh little"),
)


def _bytes(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """A number of bytes such as 800k or 5M; k and M are thousands and millions."""
    if value is None:
        return None
    match = re.fullmatch(r"(\d{1,15}(?:\.\d{1,15})?)\s*([kKmM]?)[bB]?", value.strip())
    if match is None or float(match[1]) == 0:
        raise click.BadParameter(f"takes a number of bytes such as 800k or 5M, not {value!r}")
    return round(float(match[1]) * {"": 1, "k": 1_000, "m": 1_000_000}[match[2].lower()])


def _listed(ctx: click.Context, param: click.Parameter, value: str | None) -> list[str] | None:
    return None if value is None else [part.strip().lower() for part in value.split(",")]


@click.command(cls=Command, examples=_EXAMPLES, short_help="Make the films of drawn runs anew.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN…", type=click.Path(path_type=Path))
@click.option(
    *("--kind", "kinds"),
    metavar="LIST",
    callback=_listed,
    cls=Option,
    section="Films",
    help="Which films, of series,trajectory,draw-on [those that the run has].",
)
@click.option("--size", metavar="|".join((*SIZES, "WxH")), cls=Option, section="Films", help="Size of the films [the run's].")
@click.option("--formats", metavar="LIST", cls=Option, section="Films", help="Formats, of mp4,gif,webp,svg [the run's].")
@click.option(
    "--max-bytes", metavar="N[k|M]", callback=_bytes, cls=Option, section="Films", help="The most that a GIF or WebP may weigh [any]."
)
@click.option(
    "--story", metavar="simplify|grow|pingpong", cls=Option, section="Films", help="How the series film is told [as it was; simplify]."
)
@click.option(
    "--loop/--hold", default=None, cls=Option, section="Films", help="Lead over to the beginning, or hold the last frame [as it was; loop]."
)
@click.option(
    "--loss-curve/--no-loss-curve",
    default=None,
    cls=Option,
    section="Films",
    help="Show the loss in the trajectory film, but not in SVG [as it was; no].",
)
@click.option(
    "--style", metavar="NAME|FILE.toml", cls=Option, section="Look", help="ink, chalk, brush, pencil, or your own [as it was; ink]."
)
@click.option("--ink", metavar="COLOR", cls=Option, section="Look", help="Color of strokes and letters [the style's].")
@click.option("--paper", metavar="COLOR", cls=Option, section="Look", help="Color of the ground [the style's].")
@click.option(
    "--width", metavar="W", type=float, cls=Option, section="Look", help="Width of strokes in 224ths of the drawing [the style's]."
)
@click.option(
    "--margin", metavar="M", type=float, cls=Option, section="Look", help="Space around the drawing, 0 to 0.4 of the frame [0.08]."
)
@click.option("--title", metavar="TEXT", cls=Option, section="Look", help="Words above the drawing [as they were; none].")
@click.option("--caption", metavar="TEXT", cls=Option, section="Look", help="Words below the drawing [as they were; none].")
@click.option(
    *("--count/--no-count", "counted"),
    default=None,
    cls=Option,
    section="Look",
    help="Number the states and tell their strokes [as it was; count].",
)
@output_options
def film(
    runs: tuple[Path, ...],
    kinds: list[str] | None,
    size: str | None,
    formats: str | None,
    quiet: bool,
    verbose: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Make the films of each RUN anew, from what its folder holds; nothing is drawn again.

    A film that is made again looks and tells as it did before, but for what you say.
    """
    output = Output.of(quiet, verbose, as_json)
    from picasso_series.cli.progress import follow
    from picasso_series.film import film_names, plan_filming
    from picasso_series.show import remake_films

    forms = None if formats is None else parse_setting("formats", formats)
    film_names(kinds or (), forms or ())
    given = {name: value for name, value in options.items() if value is not None}
    plan_filming(**given, size=size)

    def remake(folder: Path) -> list[str]:
        with follow(output) as progress:
            run = remake_films(folder, size=size, formats=forms, kinds=kinds, options=given, on_film=progress.film)
        return [record["path"] for record in run.manifest["files"] if record["path"].startswith("films/")]

    for_each(runs, remake, output, made="films", done="filmed")
