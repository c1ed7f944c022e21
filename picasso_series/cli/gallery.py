"""``picasso-series gallery RUN… -o SITE``: a small site of several runs."""

from __future__ import annotations

from pathlib import Path

import click

from picasso_series.cli.help import Command, Option
from picasso_series.cli.output import Output, output_options
from picasso_series.errors import BadInputError

_EXAMPLES = (
    ("picasso-series gallery horse-series bull-series -o site", "a page for each run and an index; open site/index.html"),
    ("picasso-series gallery *-series -o site", "every run of this folder"),
)


@click.command(cls=Command, examples=_EXAMPLES, short_help="Build a web site of several runs.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN…", type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, metavar="SITE", type=click.Path(path_type=Path), cls=Option, help="Folder of the site.")
@output_options
def gallery(runs: tuple[Path, ...], out: Path, quiet: bool, verbose: bool, as_json: bool) -> None:
    """Build a web site of finished RUN folders that opens without a server."""
    output = Output.of(quiet, verbose, as_json)
    from picasso_series.gallery import build_site
    from picasso_series.run import open_run

    opened = [open_run(folder) for folder in runs]
    for run in opened:
        if not run.finished:
            raise BadInputError(f"{run.folder} is not finished; run its command again first: {run.manifest['command']}")
    pages = build_site(opened, out)
    output.result(map(str, pages), {"site": str(out), "pages": [str(page) for page in pages]})
