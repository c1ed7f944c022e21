"""``picasso-series evaluate RUN…``: how recognizable each level of drawn runs is."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from picasso_series.cli.help import Command, Option
from picasso_series.cli.output import Output, output_options
from picasso_series.errors import UsageError
from picasso_series.settings import DEVICES

if TYPE_CHECKING:
    from picasso_series.evaluate import Report
    from picasso_series.run import Run

_EXAMPLES = (
    ("picasso-series evaluate *-series -o report", "every run of this folder, with table, JSON, CSV and plot in report/"),
    ("picasso-series evaluate a-series=horse b-series=cat --labels horse,cat,dog,cow", "what the runs show, and what may be said"),
    ("picasso-series evaluate horse-series bull-series --clip ViT-B-32,RN50x4 --json", "with two CLIP models by name"),
)


@click.command(cls=Command, examples=_EXAMPLES, short_help="Tell how recognizable drawn runs are.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN[=LABEL]…")
@click.option("--labels", metavar="NAME,NAME,…", cls=Option, section="Judging", help="What may be said [a hundred everyday things].")
@click.option(
    "--clip",
    metavar="MODEL[,MODEL…]",
    cls=Option,
    section="Judging",
    help="Who names the drawings [ViT-B-32, and another that did not draw; those on this machine].",
)
@click.option("--device", type=click.Choice(DEVICES), default="auto", cls=Option, section="Judging", help="Where CLIP computes [auto].")
@click.option(
    "-o", "--out", metavar="DIR", type=click.Path(path_type=Path), cls=Option, help="Folder for evaluation.json, csv, svg and png."
)
@output_options
def evaluate(
    runs: tuple[str, ...],
    labels: str | None,
    clip: str | None,
    device: str,
    out: Path | None,
    quiet: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Tell how recognizable each level of the RUNs is: named by CLIP, found among the photos, and by measures that need no weights.

    What a run shows is taken from its photo's name where that is among the labels, or from RUN=LABEL.
    """
    output = Output.of(quiet, verbose, as_json)
    from picasso_series.evaluate.labels import parse_labels

    names = None if labels is None else parse_labels(labels)
    models = None if clip is None else [part.strip() for part in clip.split(",")]
    asked = [_parted(text) for text in runs]
    for text, (_, truth) in zip(runs, asked, strict=True):
        if truth and names and truth not in names:
            raise UsageError(f"{text} has a label that is not among --labels; add {truth} to them")
    opened = [_open(folder) for folder, _ in asked]
    from picasso_series.evaluate import evaluate_runs
    from picasso_series.studio import choose_device

    report = evaluate_runs(opened, names, [truth for _, truth in asked], models, choose_device(device)[0])
    for note in report.notes:
        output.note(note)
    for judge, drawn in report.drew.items():
        output.note(f"{judge} drew {', '.join(drawn)} itself: its word on its own drawings counts for less")
    files = [] if out is None else _write(report, out)
    output.result([*_tables(report), *map(str, files)], {**report.to_json(), "files": [str(path) for path in files]})


def _parted(text: str) -> tuple[Path, str | None]:
    """A run's folder and its label, where one is given."""
    folder, mark, label = text.rpartition("=")
    if not mark or Path(text).is_dir():
        return Path(text), None
    return Path(folder), " ".join(label.lower().split()) or None


def _open(folder: Path) -> Run:
    from picasso_series.run import open_run

    run = open_run(folder)
    if not run.series.levels:
        raise UsageError(f"{folder} has no level that is done; run its command again first: {run.manifest['command']}")
    return run


def _write(report: Report, out: Path) -> list[Path]:
    from picasso_series.atomic import whole_file, write_whole
    from picasso_series.evaluate.plot import plot_svg, write_png

    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / "evaluation.json", json.dumps(report.to_json(), indent=1) + "\n")
    write_whole(out / "evaluation.csv", report.to_csv())
    write_whole(out / "evaluation.svg", plot_svg(report))
    with whole_file(out / "evaluation.png") as temporary:
        write_png(report, temporary)
    return [out / f"evaluation.{ending}" for ending in ("json", "csv", "svg", "png")]


def _tables(report: Report) -> list[str]:
    """The means of all levels, as lines of text."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    lines = []
    for found in report.tables():
        table = Table("", box=SIMPLE_HEAD, pad_edge=False)
        for head in found.heads:
            table.add_column(head, justify="right", overflow="fold")
        for row in found.rows:
            table.add_row(*row)
        buffer = io.StringIO()
        Console(file=buffer, width=120, no_color=True).print(table)
        lines += [found.title, *(line.rstrip() for line in buffer.getvalue().splitlines() if line.strip()), ""]
    return lines
