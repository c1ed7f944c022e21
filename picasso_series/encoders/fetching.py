"""CLIP weights from the web into the cache, once.

Knows the order of things (look, ask, download, convert, keep) and when it is forbidden to ask; knows nothing of HTTP.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from picasso_series.encoders.download import DownloadError, OnProgress, download
from picasso_series.encoders.weights import WeightsError, at_work, how_to_get, how_to_import, is_whole, keep, part_file, tower_file
from picasso_series.encoders.weights_table import Entry, resolve
from picasso_series.errors import BadInputError

if TYPE_CHECKING:
    from torch import Tensor

OFFLINE_VARIABLE = "PICASSO_SERIES_OFFLINE"
"""Environment variable that forbids to fetch anything when it is set, to anything but 0, false, no or off."""


def is_offline() -> bool:
    """Whether the environment forbids to fetch anything."""
    return os.environ.get(OFFLINE_VARIABLE, "").strip().lower() not in ("", "0", "false", "no", "off")


def fetch(name: str | Entry, on_progress: OnProgress | None = None) -> Path:
    """Make sure that the weights ``name`` are in the cache and whole, downloading them where they are not; return their file.

    Several processes may ask at once: one works, the others wait. A download that was cut goes on where it was.

    Args:
        name: a model's name, or an entry that is not in the table.
        on_progress: called with the bytes that have arrived and their full number, None where that is not known.

    Raises:
        UsageError: there are no weights of that name.
        WeightsError: they cannot be had, and why, within ten seconds of the last byte.
    """
    entry = resolve(name)
    part = part_file(entry)

    def tell(done: int, total: int | None) -> None:
        if on_progress is not None:
            on_progress(done, total)

    if is_whole(entry):
        # What a process left that was killed right after its work; where it cannot go it harms nobody.
        if part.exists():
            with suppress(WeightsError), at_work(entry):
                part.unlink(missing_ok=True)
        return tower_file(entry)
    if not entry.url:
        raise WeightsError(f"the weights of {entry.name} cannot be fetched by name", how_to_get(entry))
    if is_offline():
        clause = f"the weights of {entry.name} are not on this machine, and {OFFLINE_VARIABLE} forbids to fetch them"
        raise WeightsError(clause, f"unset it, or {how_to_import(entry)}")
    with at_work(entry, lambda: tell(part.stat().st_size if part.exists() else 0, None)):
        if not is_whole(entry):
            try:
                download([url for url in (entry.url, entry.mirror) if url], entry.sha256, part, tell)
            except DownloadError as error:
                clause = f"the weights of {entry.name} cannot be fetched: {error}"
                raise WeightsError(clause, f"try again later, or {how_to_import(entry)}") from error
            keep(entry, *_towers(entry, part), entry.url, entry.sha256)
            part.unlink()
    return tower_file(entry)


def _towers(entry: Entry, part: Path) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The image tower and the text tower in a file that came whole."""
    from picasso_series.encoders.checkpoint import read_text, read_visual

    try:
        return read_visual(part), read_text(part)
    except BadInputError as error:
        raise WeightsError(f"the weights of {entry.name} were fetched but cannot be read ({error})", how_to_import(entry)) from error
