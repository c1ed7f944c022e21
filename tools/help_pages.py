"""Writes docs/commands.md: the help pages of all commands, as the program itself shows them.

Run it by ``python -m tools.help_pages`` (``make docs``); a test fails where the file is stale.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from picasso_series.cli.app import PROGRAM, app

PAGES = Path(__file__).parents[1] / "docs" / "commands.md"
WIDTH = 100


def pages() -> str:
    """The whole document."""
    parts = ["# Commands\n\nMade from the program's own help pages by `make docs`: what `picasso-series COMMAND --help` shows.\n"]
    for context in _contexts(PROGRAM, app, None):
        text = "\n".join(line.rstrip() for line in context.get_help().splitlines())
        parts.append(f"## {context.command_path}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def _contexts(name: str, command: click.Command, parent: click.Context | None) -> Iterator[click.Context]:
    """A command and all that it holds, in the order in which its help page names them."""
    context = command.make_context(name, [], parent, resilient_parsing=True, terminal_width=WIDTH, max_content_width=WIDTH)
    yield context
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from _contexts(inner, found, context)


if __name__ == "__main__":
    PAGES.write_text(pages(), encoding="utf-8")
