"""What the user sees: results on stdout, everything else on stderr.

Knows quiet, verbose and JSON; knows nothing of what is reported.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from picasso_series.cli.help import Option
from picasso_series.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Output:
    """How much to say, and in which form results are given."""

    quiet: bool = False
    verbose: bool = False
    as_json: bool = False

    @classmethod
    def of(cls, quiet: bool, verbose: bool, as_json: bool) -> Output:
        """Check the flags against each other and let the library's log speak as loud as they say.

        Raises:
            UsageError: both quiet and verbose are asked for.
        """
        if quiet and verbose:
            raise UsageError("-q and -v exclude each other; leave one out")
        level = logging.ERROR if quiet else logging.INFO if verbose else logging.WARNING
        logging.basicConfig(stream=sys.stderr, format="%(message)s")
        logging.getLogger("picasso_series").setLevel(level)
        return cls(quiet, verbose, as_json)

    def note(self, text: str) -> None:
        """Say something on stderr, unless quiet."""
        if not self.quiet:
            click.echo(text, err=True)

    def detail(self, text: str) -> None:
        """Say something on stderr when verbose."""
        if self.verbose:
            click.echo(text, err=True)

    def result(self, lines: Iterable[str], record: Any) -> None:
        """Give the result on stdout: one JSON object, or lines, or nothing when quiet."""
        if self.as_json:
            click.echo(json.dumps(record, indent=1))
        elif not self.quiet:
            for line in lines:
                click.echo(line)


def output_options(function: F) -> F:
    """Add ``--json``, ``-q`` and ``-v`` to a command."""
    for names, text in (
        (("-v", "--verbose"), "Say more on stderr."),
        (("-q", "--quiet"), "Say nothing but errors."),
        (("--json", "as_json"), "Give the result as one JSON object on stdout."),
    ):
        function = click.option(*names, is_flag=True, cls=Option, section="Output", help=text)(function)
    return function
