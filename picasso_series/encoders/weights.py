"""CLIP weights on this machine: verified, converted and kept, whichever way they came.

Knows the cache folder and what lies in it: the image tower of each model as ``<name>.safetensors``, which cannot run code, its text
tower as ``<name>.text.safetensors``, which drawing never reads, and beside them ``<name>.json``, which says where they came from.
Knows no encoder, and neither the network nor other files' layouts.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from picasso_series.atomic import PART, file_sha256, write_whole
from picasso_series.encoders.weights_table import TABLE, Entry, resolve
from picasso_series.errors import BadInputError, MissingError
from picasso_series.lock import waiting_lock

if TYPE_CHECKING:
    from torch import Tensor

CACHE_VARIABLE = "PICASSO_SERIES_CACHE"
"""Environment variable that names another folder than the system's for what is kept between runs."""


class WeightsError(MissingError):
    """Weights cannot be fetched or kept; ``clause`` says why without saying how to mend it."""

    def __init__(self, clause: str, mend: str) -> None:
        super().__init__(f"{clause}; {mend}")
        self.clause = clause


@dataclass(frozen=True)
class Record:
    """What is known of weights in the cache.

    Attributes:
        name: what they are called.
        source: the address or the name of the file that they were made from.
        source_sha256: that file's hash.
        verified: whether that file is the very one whose hash is known beforehand.
        sha256: hash of the ``.safetensors`` file in the cache.
        bytes: its length.
        text_sha256: hash of the text tower's ``.text.safetensors``; empty where the model came without one, None where an earlier
            version left it out.
        text_bytes: its length.
    """

    name: str
    source: str
    source_sha256: str
    verified: bool
    sha256: str
    bytes: int
    text_sha256: str | None = None
    text_bytes: int = 0


def known_models() -> list[Entry]:
    """The weights that can be fetched by name, those of the paper first."""
    return list(TABLE)


def cache_folder() -> Path:
    """Where weights are kept; it need not exist."""
    place = os.environ.get(CACHE_VARIABLE)
    if place:
        return Path(place).expanduser() / "weights"
    from platformdirs import user_cache_path

    return user_cache_path("picasso-series", appauthor=False) / "weights"


def find(name: str | Entry) -> Path | None:
    """The file of the image tower ``name`` in the cache, or None.

    Raises:
        UsageError: there are no weights of that name.
    """
    entry = resolve(name)
    return tower_file(entry) if record_of(entry) is not None else None


def record_of(name: str | Entry) -> Record | None:
    """What is known of the cached weights ``name``, without checking them; None where they are not in the cache.

    Raises:
        UsageError: there are no weights of that name.
    """
    path = tower_file(resolve(name))
    return _read_record(path) if path.is_file() else None


def cached() -> list[Record]:
    """What the cache holds, by name."""
    records = (_read_record(path) for path in sorted(cache_folder().glob("*.safetensors")))
    return [record for record in records if record is not None]


def verify(name: str | Entry) -> Record:
    """Check that the cached weights ``name`` are what was once stored, by their hash.

    Raises:
        UsageError: there are no weights of that name.
        MissingError: they are not in the cache.
        BadInputError: they are damaged.
    """
    entry = resolve(name)
    path = tower_file(entry)
    record = record_of(entry)
    if record is None:
        raise MissingError(f"the weights of {entry.name} are not on this machine; {how_to_get(entry)}")
    if path.stat().st_size != record.bytes or file_sha256(path) != record.sha256:
        raise BadInputError(f"the weights of {entry.name} are damaged; {how_to_get(entry)}")
    return record


def verify_text(name: str | Entry) -> Record:
    """Check that the cached text tower of ``name`` is what was once stored, by its hash.

    Raises:
        UsageError: there are no weights of that name.
        MissingError: it is not in the cache.
        BadInputError: it is damaged.
    """
    entry = resolve(name)
    record, path = record_of(entry), _text_path(tower_file(entry))
    if record is None or not record.text_sha256 or not path.is_file():
        raise MissingError(f"the text tower of {entry.name} is not on this machine; {how_to_get(entry)}")
    if path.stat().st_size != record.text_bytes or file_sha256(path) != record.text_sha256:
        raise BadInputError(f"the text tower of {entry.name} is damaged ({path}); {how_to_get(entry)}")
    return record


@contextmanager
def at_work(entry: Entry, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Be the only one to change the weights ``entry`` in the cache.

    As long as another process is at work, ``waiting`` is called several times a second.

    Raises:
        WeightsError: the disk does not allow what is done within the block.
    """
    try:
        path = tower_file(entry)
        path.parent.mkdir(parents=True, exist_ok=True)
        with waiting_lock(_lock(path), waiting):
            yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        why = "the disk is full" if full else f"the cache cannot be written ({error.strerror or error})"
        deed = "free some space in" if full else "change the permissions of"
        mend = f"{deed} {cache_folder()}, or name another folder in {CACHE_VARIABLE}"
        raise WeightsError(f"the weights of {entry.name} cannot be stored: {why}", mend) from error


def part_file(entry: Entry) -> Path:
    """The file for what has arrived of the weights ``entry`` in part."""
    return tower_file(entry).with_suffix(".part")


def load_visual(name: str | Entry) -> dict[str, Tensor]:
    """Load the image tower ``name`` from the cache: its tensors by the names that open_clip has for them, floats as float32 on the CPU.

    Raises:
        UsageError: there are no weights of that name.
        MissingError: they are not in the cache.
        BadInputError: they are damaged.
    """
    entry = resolve(name)
    path = find(entry)
    if path is None:
        raise MissingError(f"the weights of {entry.name} are not on this machine; {how_to_get(entry)}")
    return _load(entry, path)


def load_text(name: str | Entry) -> dict[str, Tensor]:
    """Load the text tower of ``name`` from the cache, verified: its tensors by open_clip's names, in the numbers that they came in.

    Raises:
        UsageError: there are no weights of that name.
        MissingError: it is not in the cache.
        BadInputError: it is damaged.
    """
    entry = resolve(name)
    verify_text(entry)
    return _load(entry, _text_path(tower_file(entry)))


def _load(entry: Entry, path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise BadInputError(f"the weights of {entry.name} are damaged; {how_to_get(entry)}") from error


def keep(entry: Entry, tower: dict[str, Tensor], text: dict[str, Tensor], source: str, source_sha256: str) -> Record:
    """Write an image tower and a text tower, empty where there is none, into the cache; for whoever is :func:`at_work`.

    Args:
        entry: what the weights are called.
        tower: tensors by open_clip's names, without the prefix of the image tower.
        text: likewise.
        source: the address or the name of the file that they come from.
        source_sha256: its hash.
    """
    path = tower_file(entry)
    for left in path.parent.glob(f".{entry.stem}.*{PART}.*"):  # by a process that was killed; we hold the lock
        left.unlink()
    # Towers and record are several files: without its record none counts, so the old record goes first and the new one comes last.
    _record_path(path).unlink(missing_ok=True)
    sha256, size = _save(path, tower)
    _text_path(path).unlink(missing_ok=True)
    text_sha256, text_size = _save(_text_path(path), text) if text else ("", 0)
    verified = bool(entry.sha256) and source_sha256 == entry.sha256
    record = Record(entry.name, source, source_sha256, verified, sha256, size, text_sha256, text_size)
    write_whole(_record_path(path), json.dumps(asdict(record), indent=1) + "\n")
    return record


def _save(path: Path, tower: dict[str, Tensor]) -> tuple[str, int]:
    """Write a tower's file, the same for the same tensors wherever they come from; its hash and length."""
    from safetensors.torch import save

    # Written by ourselves: the library's own way leaves a file of a name that nobody knows when it is killed.
    data = save(tower)
    write_whole(path, data)
    return hashlib.sha256(data).hexdigest(), len(data)


def tower_file(entry: Entry) -> Path:
    """The file of an image tower in the cache, there or not."""
    return cache_folder() / f"{entry.stem}.safetensors"


def _text_path(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".safetensors") + ".text.safetensors")


def _record_path(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".safetensors") + ".json")


def _lock(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")


def _read_record(path: Path) -> Record | None:
    """The record beside a file of the cache; None where there is none that makes sense."""
    try:
        return Record(**json.loads(_record_path(path).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def is_whole(entry: Entry) -> bool:
    """Whether both towers are as they were stored; weights that an earlier version stored without the text tower are fetched anew."""
    try:
        record = verify(entry)
        if record.text_sha256:
            verify_text(entry)
    except (MissingError, BadInputError, OSError):
        return False
    return record.text_sha256 is not None


def how_to_get(entry: Entry) -> str:
    """The deed that brings the weights here, as the end of a sentence."""
    return f"run picasso-series weights fetch {entry.name}" if entry.url else how_to_import(entry)


def how_to_import(entry: Entry) -> str:
    """The deed for machines without network."""
    files = [entry.url.rpartition("/")[2]] if entry.url else []
    files += [f"the open_clip_model.safetensors of {entry.hub}"] if entry.hub else []
    return f"run picasso-series weights import FILE with {' or '.join(files) or f'a file of open_clip and --name {entry.name}'}"
