"""``picasso-series film RUN…``: the films of drawn runs, made anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from picasso_series.cli.help import Command, Option
from picasso_series.cli.output import Output, os_sentence, output_options
from picasso_series.errors import PartialError, PicassoError
from picasso_series.settings import parse_setting, size_pixels

_EXAMPLES = (
    ("picasso-series film horse-series", "make the run's films again"),
    ("picasso-series film horse-series --size story --formats mp4", "1080x1920, as MP4 only"),
    ("picasso-series film *-series --formats gif", "GIFs of several runs"),
)


@click.command(cls=Command, examples=_EXAMPLES, short_help="Make the films of drawn runs anew.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN…", type=click.Path(path_type=Path))
@click.option("--size", metavar="square|portrait|story|WxH", cls=Option, section="Films", help="Size of the films [the run's].")
@click.option("--formats", metavar="LIST", cls=Option, section="Films", help="Formats, of mp4,gif,webp,svg [the run's].")
@output_options
def film(runs: tuple[Path, ...], size: str | None, formats: str | None, quiet: bool, verbose: bool, as_json: bool) -> None:
    """Make the films of each RUN anew, from what its folder holds; nothing is drawn again."""
    output = Output.of(quiet, verbose, as_json)
    if size is not None:
        size_pixels(size)
    kinds = None if formats is None else parse_setting("formats", formats)
    from picasso_series.cli.progress import follow
    from picasso_series.show import remake_films

    records: list[dict[str, Any]] = []
    errors: list[Exception] = []
    lines = []
    for folder in runs:
        try:
            with follow(output) as progress:
                run = remake_films(folder, size=size, formats=kinds, on_film=progress.film)
        except (PicassoError, OSError) as error:
            sentence = os_sentence(error) if isinstance(error, OSError) else str(error)
            errors.append(error)
            records.append({"folder": str(folder), "error": sentence})
            if len(runs) > 1:
                click.echo(f"picasso-series: {sentence}", err=True)
            continue
        films = [record["path"] for record in run.manifest["files"] if record["path"].startswith("films/")]
        records.append({"folder": str(folder), "films": films})
        lines += [str(folder / name) for name in films]
    if errors and len(runs) == 1:
        raise errors[0]
    output.result(lines, {"runs": records})
    if len(errors) == len(runs):
        raise PicassoError(f"none of the {len(runs)} runs could be filmed, for the reasons above")
    if errors:
        raise PartialError(f"{len(errors)} of {len(runs)} runs could not be filmed, for the reasons above; the others are done")
