"""``picasso-series gallery RUN… -o SITE``: a small site of several runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from picasso_series.cli.help import Command, Option
from picasso_series.cli.output import Output, complain, output_options
from picasso_series.errors import BadInputError, PartialError, PicassoError

if TYPE_CHECKING:
    from picasso_series.run import Run

_EXAMPLES = (
    ("picasso-series gallery horse-series bull-series -o site", "a page for each run and an index; open site/index.html"),
    ("picasso-series gallery *-series -o site", "every run of this folder"),
    ("picasso-series gallery *-series -o site --title Animals --url https://example.org/animals", "a site to put online"),
)


@click.command(cls=Command, examples=_EXAMPLES, short_help="Build a web site of several runs.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN…", type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, metavar="SITE", type=click.Path(path_type=Path), cls=Option, help="Folder of the site.")
@click.option("--title", metavar="TEXT", cls=Option, section="Site", default="Gallery", help="What the index is called [Gallery].")
@click.option("--credit", metavar="TEXT", cls=Option, section="Site", default="", help="Whose photos these are, at the foot of every page.")
@click.option("--url", metavar="URL", cls=Option, section="Site", default="", help="Where the site will lie, for previews of its links.")
@output_options
def gallery(runs: tuple[Path, ...], out: Path, title: str, credit: str, url: str, quiet: bool, verbose: bool, as_json: bool) -> None:
    """Build a web site of finished RUN folders that opens without a server."""
    output = Output.of(quiet, verbose, as_json)
    from picasso_series.gallery import build_site

    good: list[Run] = []
    failures: dict[str, PicassoError] = {}
    for folder in runs:
        try:
            good.append(_open(folder))
        except PicassoError as error:
            failures[str(folder)] = error
            if len(runs) > 1:
                complain(str(error))
    if not good:
        if len(runs) == 1:
            raise failures[str(runs[0])]
        raise PicassoError(f"none of the {len(runs)} runs could be shown, for the reasons above; no gallery was built")
    pages = [str(page) for page in build_site(good, out, title=title, credit=credit, address=url)]
    failed = [{"folder": folder, "error": str(error)} for folder, error in failures.items()]
    output.result(pages, {"site": str(out), "pages": pages, "failed": failed})
    if failed:
        raise PartialError(f"{len(failed)} of {len(runs)} runs could not be shown, for the reasons above; {out} holds the others")


def _open(folder: Path) -> Run:
    """The run in ``folder``, sure to be one that a gallery can show; PicassoError when it is not."""
    from picasso_series.gallery import public_run
    from picasso_series.run import open_run

    try:
        run = open_run(folder)
        if not run.finished:
            raise BadInputError(f"{folder} is not finished; run its command again first: {run.manifest['command']}")
        public_run(run)
    except OSError as error:
        place, reason = error.filename or folder, error.strerror or error
        raise PicassoError(f"{place} cannot be read ({reason}); change its permissions or check the disk") from error
    return run
