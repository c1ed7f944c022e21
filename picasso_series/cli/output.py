"""What the user sees: results on stdout, everything else on stderr.

Knows quiet, verbose and JSON, and the sentences for what disks say; knows nothing of what is reported.
"""

from __future__ import annotations

import errno
import json
import logging
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from picasso_series.cli.help import Option
from picasso_series.errors import UsageError

# What moves the cursor, begins a line or turns the writing around, in a name or a value that came from elsewhere.
_CONTROLS = {code: ascii(chr(code))[1:-1] for code in (*range(32), *range(127, 160), *range(0x2028, 0x202F), *range(0x2066, 0x206A))}
_LAYOUT = {ord("\n"): "\n", ord("\t"): "\t"}

F = TypeVar("F", bound=Callable[..., Any])


class _OneLine(logging.Formatter):
    """What the library logs, as safe for a terminal as everything else that is said."""

    def format(self, record: logging.LogRecord) -> str:
        return one_line(super().format(record))


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
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_OneLine("%(message)s"))
        logging.basicConfig(handlers=[handler])
        logging.getLogger("picasso_series").setLevel(level)
        return cls(quiet, verbose, as_json)

    def note(self, text: str) -> None:
        """Say something on stderr, unless quiet."""
        if not self.quiet:
            click.echo(printable(text), err=True)

    def detail(self, text: str) -> None:
        """Say something on stderr when verbose."""
        if self.verbose:
            click.echo(printable(text), err=True)

    def result(self, lines: Iterable[str], record: Any) -> None:
        """Give the result on stdout: one JSON object, or lines, or nothing when quiet."""
        if self.as_json:
            click.echo(json.dumps(record, indent=1))
        elif not self.quiet:
            for line in lines:
                click.echo(printable(line))


def complain(sentence: str) -> None:
    """Say on stderr, in one line, what went wrong."""
    click.echo(f"picasso-series: {one_line(sentence)}", err=True)


def printable(text: str) -> str:
    """The text as a terminal may show it: controls, but for ends of lines and tabs, and what is no character written out."""
    return text.translate(_CONTROLS | _LAYOUT).encode("utf-8", "backslashreplace").decode("utf-8")


def one_line(text: str) -> str:
    """The text as :func:`printable`, in one line."""
    return printable(text.translate(_CONTROLS))


def os_sentence(error: OSError) -> str:
    """What went wrong with a file or disk, and the fix, in one sentence."""
    place = str(error.filename) if error.filename is not None else "a file"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full (while writing {place}); free some space, then run the same command to go on"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{place} may not be read or written; change its permissions or choose another folder with --out"
    if error.errno == errno.ENAMETOOLONG:
        return f"{place} is too long a name for this disk; choose a shorter folder with --out"
    if error.errno == errno.EROFS:
        return f"{place} lies on a read-only disk; choose another folder with --out"
    return f"{place}: {error.strerror or error}; check the disk, then run the same command to go on"


def output_options(function: F) -> F:
    """Add ``--json``, ``-q`` and ``-v`` to a command."""
    for names, text in (
        (("-v", "--verbose"), "Say more on stderr."),
        (("-q", "--quiet"), "Say nothing but errors."),
        (("--json", "as_json"), "Give the result as one JSON object on stdout."),
    ):
        function = click.option(*names, is_flag=True, cls=Option, section="Output", help=text)(function)
    return function
