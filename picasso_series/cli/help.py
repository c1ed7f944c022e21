"""How help pages look: options in named sections, examples at the end.

Knows click's formatter; knows no command.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class Option(click.Option):
    """An option that stands in a named section of the help page."""

    def __init__(self, *args: Any, section: str = "Output", **attributes: Any) -> None:
        """As click's, with the section's title."""
        super().__init__(*args, **attributes)
        self.section = section

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What a shell offers on Tab: the words that the help page names, or files and folders where it asks for them."""
        parts = (self.metavar or "").split("|")
        words = [part for part in parts if re.fullmatch(r"[a-z][a-z0-9-]*", part) and part.startswith(incomplete)]
        named = {"FILE": "file", "FILE.toml": "file", "DIR": "dir", "SITE": "dir"}
        kinds = [named[part] for part in parts if part in named]
        found = [CompletionItem(word) for word in words] or [CompletionItem(incomplete, type=kind) for kind in kinds]
        return found or super().shell_complete(ctx, incomplete)


class Command(click.Command):
    """A command whose help page shows its options by section and ends with examples."""

    def __init__(self, *args: Any, examples: Sequence[tuple[str, str]] = (), **attributes: Any) -> None:
        """As click's, with examples: pairs of a command line and what it does."""
        super().__init__(*args, **{"context_settings": CONTEXT, **attributes})
        self.examples = tuple(examples)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section for each section that an option names, in the order of the options."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                sections.setdefault(getattr(parameter, "section", "Output"), []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records, col_max=34)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        write_examples(formatter, self.examples)


def write_examples(formatter: click.HelpFormatter, examples: Sequence[tuple[str, str]]) -> None:
    """Write command lines, each with what it does below it; lines are never wrapped, so that they can be copied."""
    with formatter.section("Examples"):
        for line, meaning in examples:
            formatter.write(f"{'':>{formatter.current_indent}}{line}\n{'':>{formatter.current_indent + 4}}{meaning}\n")
