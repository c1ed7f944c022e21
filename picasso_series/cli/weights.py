"""``picasso-series weights``: the CLIP weights on this machine."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from picasso_series.cli.help import CONTEXT, Command, Option, write_examples
from picasso_series.cli.output import Output, output_options
from picasso_series.errors import BadInputError

if TYPE_CHECKING:
    from picasso_series.encoders.weights import Record

_EXAMPLES = (
    ("picasso-series weights list", "which weights there are, and which of them are on this machine"),
    ("picasso-series weights fetch", "fetch the two models of CLIPasso, RN101 and ViT-B-32"),
    ("picasso-series weights fetch RN50x4", "fetch another model, for --encoder clip:RN50x4"),
    ("picasso-series weights verify", "check all that is cached against the hashes kept beside it"),
    ("picasso-series weights import RN101.pt", "take a file that came by another way, for machines without network"),
    ("picasso-series weights import open_clip_model.safetensors --name ViT-B-32/laion2b_s34b_b79k", "the same, with open_clip's name"),
)


class _WeightsGroup(click.Group):
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(formatter, _EXAMPLES)


@click.group(cls=_WeightsGroup, context_settings=CONTEXT)
def weights() -> None:
    """List, fetch, verify or import the weights of CLIP.

    They are kept in the system's cache folder, or where the environment variable PICASSO_SERIES_CACHE says.
    """


@weights.command("list", cls=Command, examples=_EXAMPLES[:1])
@output_options
def list_weights(quiet: bool, verbose: bool, as_json: bool) -> None:
    """List the weights that are known by name, and those that were imported under other names."""
    output = Output.of(quiet, verbose, as_json)
    from picasso_series.encoders.weights import cache_folder, cached, known_models

    there = {record.name: record for record in cached()}
    names = list(dict.fromkeys([entry.name for entry in known_models()] + list(there)))
    width = max(map(len, names))
    absent = {entry.name: f"not here{f', {entry.size} to fetch' if entry.size else ''}" for entry in known_models()}
    lines = [f"{name:<{width}}  {_state(there[name]) if name in there else absent[name]}" for name in names]
    record = [{"name": name, "cached": asdict(there[name]) if name in there else None} for name in names]
    output.detail(f"kept in {cache_folder()}")
    output.result(lines, {"folder": str(cache_folder()), "weights": record})


@weights.command("fetch", cls=Command, examples=_EXAMPLES[1:3])
@click.argument("names", metavar="[NAME]...", nargs=-1)
@output_options
def fetch_weights(names: tuple[str, ...], quiet: bool, verbose: bool, as_json: bool) -> None:
    """Fetch weights, verify them by their hash and keep them; go on where an earlier fetch was stopped."""
    output = Output.of(quiet, verbose, as_json)
    from picasso_series.cli.fetching import download_bar
    from picasso_series.encoders.fetching import fetch
    from picasso_series.encoders.weights_table import CLIPASSO, resolve

    paths = {}
    for entry in [resolve(name) for name in names or CLIPASSO]:
        with download_bar(output, entry.name) as show:
            paths[entry.name] = str(fetch(entry, show))
    output.result(paths.values(), {"weights": paths})


@weights.command("verify", cls=Command, examples=_EXAMPLES[3:4])
@click.argument("names", metavar="[NAME]...", nargs=-1)
@output_options
def verify_weights(names: tuple[str, ...], quiet: bool, verbose: bool, as_json: bool) -> None:
    """Check cached weights, all of them by default, against the hashes kept beside them."""
    output = Output.of(quiet, verbose, as_json)
    from picasso_series.encoders.weights import cached, verify, verify_text

    whole, troubles = [], []
    for name in names or [record.name for record in cached()]:
        try:
            record = verify(name)
            whole.append(verify_text(name) if record.text_sha256 else record)
        except BadInputError as error:
            troubles.append(str(error))
    if troubles:
        raise BadInputError("; ".join(troubles))
    lines = [f"{record.name}  {_state(record)}" for record in whole]
    output.result(lines or ["no weights are on this machine"], {"weights": [asdict(record) for record in whole]})


@weights.command("import", cls=Command, examples=_EXAMPLES[4:])
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--name", metavar="NAME", cls=Option, section="Weights", help="What they are called; found out where it can be.")
@output_options
def import_weights(file: Path, name: str | None, quiet: bool, verbose: bool, as_json: bool) -> None:
    """Take the towers out of a weights file: OpenAI's .pt or open_clip's .safetensors; nothing in the file is run."""
    output = Output.of(quiet, verbose, as_json)
    from picasso_series.encoders.importing import import_file

    record = import_file(file, name)
    output.result([f"{record.name}  {_state(record)}"], asdict(record))


def _state(record: Record) -> str:
    origin = "verified" if record.verified else "imported from a file whose hash is not known"
    towers = "image and text tower" if record.text_sha256 else "image tower"
    return f"{(record.bytes + record.text_bytes) / 1e6:.1f} MB, {towers}, {origin}"
