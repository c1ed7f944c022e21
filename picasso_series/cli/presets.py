"""``picasso-series presets``: the named settings that come with the program."""

from __future__ import annotations

import click

from picasso_series.cli.help import CONTEXT, Command, write_examples
from picasso_series.cli.output import Output, output_options
from picasso_series.presets import load_preset, preset_names

_EXAMPLES = (
    ("picasso-series presets list", "names and what each is for"),
    ("picasso-series presets show fine > mine.toml", "begin a preset of your own; use it with --preset mine.toml"),
)


class _PresetsGroup(click.Group):
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(formatter, _EXAMPLES)


@click.group(cls=_PresetsGroup, context_settings=CONTEXT)
def presets() -> None:
    """List the presets, or show one with its reasons."""


@presets.command("list", cls=Command, examples=_EXAMPLES[:1])
@output_options
def list_presets(quiet: bool, verbose: bool, as_json: bool) -> None:
    """List the presets that come with the program."""
    output = Output.of(quiet, verbose, as_json)
    found = [load_preset(name) for name in preset_names()]
    width = max(len(preset.name) for preset in found)
    output.result(
        [f"{preset.name:<{width}}  {preset.description}" for preset in found],
        {"presets": [{"name": preset.name, "description": preset.description, "settings": preset.values} for preset in found]},
    )


@presets.command("show", cls=Command, examples=_EXAMPLES[1:])
@click.argument("name", metavar="NAME|FILE.toml")
@output_options
def show_preset(name: str, quiet: bool, verbose: bool, as_json: bool) -> None:
    """Show a preset as the TOML file that it is."""
    output = Output.of(quiet, verbose, as_json)
    preset = load_preset(name)
    output.result(preset.text.splitlines(), {"name": preset.name, "description": preset.description, "settings": preset.values})
