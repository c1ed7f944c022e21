"""The bar of a download on stderr; plain lines where there is no terminal.

Knows bytes and seconds; knows nothing of what is downloaded.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from picasso_series.cli.output import Output
from picasso_series.encoders.fetching import fetch
from picasso_series.encoders.weights import cache_folder
from picasso_series.encoders.weights_table import Entry

_PLAIN_EVERY = 5.0
"""Seconds between two plain lines."""


def fetch_showing(output: Output) -> Callable[[Entry], None]:
    """Give what fetches weights for a drawing: it says what comes, how large it is and how to do without, and shows how far it is."""

    def fetch_entry(entry: Entry) -> None:
        told = False
        with download_bar(output, entry.name) as show:

            def tell(done: int, total: int | None) -> None:
                nonlocal told
                if not told:
                    told = True
                    size = f"{total / 1e6:.0f} MB" if total else entry.size or "of unknown size"
                    output.note(f"fetching CLIP's {entry.name} once, {size}, into {cache_folder()}; --encoder structure draws without it")
                show(done, total)

            fetch(entry, tell)

    return fetch_entry


@contextmanager
def download_bar(output: Output, name: str) -> Iterator[Callable[[int, int | None], None]]:
    """Give the function that shows how far the download of ``name`` is: to be called with the bytes there and the bytes in all."""
    if output.quiet:
        yield lambda done, total: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

        columns = (
            TextColumn("{task.description:>14}"),
            BarColumn(bar_width=24),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(compact=True),
        )
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task(name, total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)
    else:
        yield _lines(output, name)


def _lines(output: Output, name: str) -> Callable[[int, int | None], None]:
    told = float("-inf")

    def show(done: int, total: int | None) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= _PLAIN_EVERY:
            told = now
            whole = f" of {total / 1e6:.1f}" if total else ""
            output.note(f"fetching {name}: {done / 1e6:.1f}{whole} MB")

    return show
